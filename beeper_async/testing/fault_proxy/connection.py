"""One connection through the fault proxy: two streams of bytes, and what goes wrong with them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from asyncio import StreamReader, StreamWriter
from collections import deque
from collections.abc import AsyncIterator, Callable

import attrs

from .faults import Fault
from .http_framing import Body, Framer, Head, Piece, request_body, response_body

_CHUNK = 65_536
_STEPS_PER_SECOND = 50
_PATIENCE = 1.0
_TIME_TO_GO = 5.0
# Windows has shorter numbers in this structure.
_NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_NO_FAULT = Fault(name="none")


@attrs.define
class ProxyStats:
    """Counts what a `FaultProxy` has forwarded."""

    connections: int = 0
    """Connections that were accepted and reached the app."""
    requests: int = 0
    """Requests whose head arrived at the proxy."""
    forwarded: int = 0
    """Requests that were forwarded to the app to the last byte."""
    responses: int = 0
    """Responses that were forwarded to the client to the last byte, without WebSockets."""
    faults: int = 0
    """Requests that were hit by a fault."""


@attrs.define(eq=False)
class _Exchange:
    """A request on its way and its response."""

    method: str
    fault: Fault
    request_sent: int = 0
    response_sent: int = 0


class ProxiedConnection:
    """A live connection between a client and the app.

    Its methods must be called in the event loop of the proxy.

    Args:
        client: The streams of the client's side.
        app: The streams of the app's side.
        take_fault: Returns the fault of a request, or None.
        stats: Where to count.
    """

    def __init__(
        self,
        client: tuple[StreamReader, StreamWriter],
        app: tuple[StreamReader, StreamWriter],
        take_fault: Callable[[Head], Fault | None],
        stats: ProxyStats,
    ) -> None:
        self._from_client, self._to_client = client
        self._from_app, self._to_app = app
        for writer in (self._to_client, self._to_app):
            # To drain then means that the bytes are gone before a cut or a reset comes.
            writer.transport.set_write_buffer_limits(high=0)
        self._take_fault = take_fault
        self._stats = stats
        self._exchanges: deque[_Exchange] = deque()
        self._latest: _Exchange | None = None
        self._requests = Framer(request_body)
        self._responses = Framer(self._response_body)
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._swallows: bool = False
        self._task: asyncio.Task[None] | None = None
        self.killed: bool = False
        """Whether it was closed by `kill` or by a fault."""
        self.upgraded: bool = False
        """Whether it became a WebSocket, or another protocol."""

    # -- what can be done to it ---------------------------------------------------------------

    def kill(self, *, reset: bool = False) -> None:
        """Close both sides.

        Args:
            reset: True resets the client's connection. False closes it cleanly.
        """
        self._swallows = self.killed = True
        self._flowing.set()
        self._to_app.close()
        if self._task is None:
            return
        if reset:
            _reset(self._to_client)
            self._task.cancel()
            return
        # Closed outright while input is unread, the system would send a reset instead: say that
        # nothing more comes, and leave the client some time to go.
        with contextlib.suppress(OSError):
            self._to_client.write_eof()
        self._task.get_loop().call_later(_TIME_TO_GO, self._task.cancel)

    def freeze(self) -> None:
        """Stop forwarding in both directions without closing anything. What arrives is kept."""
        self._flowing.clear()

    def thaw(self) -> None:
        """Resume forwarding after `freeze`, with all that arrived meanwhile."""
        self._flowing.set()

    def black_hole(self) -> None:
        """Discard everything that arrives from now on."""
        self._swallows = True

    # -- the streams --------------------------------------------------------------------------

    async def run(self) -> None:
        """Forward until either side is closed."""
        self._task = asyncio.current_task()
        upward = asyncio.create_task(self._pump_up())
        downward = asyncio.create_task(self._pump_down())
        pumps = (upward, downward)
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            if downward.done() and self._swallows:
                # The client learns nothing; it is up to it to leave.
                await asyncio.wait({upward})
            elif upward.done() and not self._swallows:
                # A client that only said that it is finished may still wait for its response.
                await asyncio.wait({downward})
        finally:
            for pump in pumps:
                pump.cancel()
            try:
                await asyncio.gather(*pumps, return_exceptions=True)
            finally:
                await _close(self._to_client, self._to_app)

    async def _pump_up(self) -> None:
        async for data in self._chunks(self._from_client):
            for piece in self._requests.feed(data):
                if self._swallows:
                    break
                await self._pass_request(piece)
        if not self._swallows:
            await self._write(self._to_app, self._requests.rest(), None)
            with contextlib.suppress(OSError):
                self._to_app.write_eof()

    async def _pump_down(self) -> None:
        async for data in self._chunks(self._from_app):
            for piece in self._responses.feed(data):
                if self._swallows:
                    break
                await self._pass_response(piece)
        if self._swallows:
            return
        await self._write(self._to_client, self._responses.rest(), None)
        if self._responses.raw and self._exchanges and not self.upgraded:
            self._stats.responses += 1

    async def _chunks(self, reader: StreamReader) -> AsyncIterator[bytes]:
        while True:
            try:
                data = await reader.read(_CHUNK)
            except OSError:
                return
            await self._flowing.wait()
            if not data:
                return
            if not self._swallows:
                yield data

    async def _pass_request(self, piece: Piece) -> None:
        if piece.head is not None:
            self._latest = self._begin(piece.head)
            await asyncio.sleep(self._latest.fault.delay_seconds)
            await self._flowing.wait()
        exchange = self._latest
        if exchange is None:
            await self._write(self._to_app, piece.data, None)
            return
        fault = exchange.fault
        data, is_last = _limited(piece.data, exchange.request_sent, fault.request_limit)
        await self._write(self._to_app, data, fault.bytes_per_second)
        exchange.request_sent += len(data)
        if piece.ends and len(data) == len(piece.data) and not self._swallows:
            self._stats.forwarded += 1
        if is_last:
            await self._end(fault)

    def _begin(self, head: Head) -> _Exchange:
        self._stats.requests += 1
        fault = self._take_fault(head)
        if fault is not None:
            self._stats.faults += 1
            if fault.freezes:
                self.freeze()
        exchange = _Exchange(head.method, fault or _NO_FAULT)
        self._exchanges.append(exchange)
        return exchange

    def _response_body(self, head: Head) -> Body:
        method = self._exchanges[0].method if self._exchanges else ""
        if head.status == 101:
            self.upgraded = True
            self._requests.raw = True
        return response_body(head, method)

    async def _pass_response(self, piece: Piece) -> None:
        if not self._exchanges:
            await self._write(self._to_client, piece.data, None)
            return
        exchange = self._exchanges[0]
        fault = exchange.fault
        data, is_last = _limited(piece.data, exchange.response_sent, fault.response_limit)
        await self._write(self._to_client, data, fault.bytes_per_second)
        exchange.response_sent += len(data)
        if piece.ends:
            self._exchanges.popleft()
            if len(data) == len(piece.data) and not self._swallows:
                self._stats.responses += 1
        if is_last:
            await self._end(fault)

    async def _write(self, writer: StreamWriter, data: bytes, rate: float | None) -> None:
        step = len(data) if rate is None else max(1, int(rate / _STEPS_PER_SECOND))
        for start in range(0, len(data), step or 1):
            part = data[start : start + step]
            if rate is not None:
                await asyncio.sleep(len(part) / rate)
            await self._flowing.wait()
            if self._swallows:
                return
            writer.write(part)
            await writer.drain()

    async def _end(self, fault: Fault) -> None:
        """Let the fault have its way; afterwards nothing of either side is forwarded."""
        if fault.garbage_bytes:
            await self._write(self._to_client, fault.garbage_bytes, None)
        if fault.ending == "hang":
            self.black_hole()
        else:
            self.kill(reset=fault.ending == "reset")


def _limited(data: bytes, sent: int, limit: int | None) -> tuple[bytes, bool]:
    """What may still be sent of the data, and whether the limit is reached with it."""
    if limit is None or sent + len(data) < limit:
        return data, False
    return data[: max(0, limit - sent)], True


def _reset(writer: StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    if connection is not None and not writer.transport.is_closing():
        # A close that lingers for no time at all makes the system send RST.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    writer.transport.abort()


async def _close(*writers: StreamWriter) -> None:
    for writer in writers:
        writer.close()
    try:
        async with asyncio.timeout(_PATIENCE):
            for writer in writers:
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except TimeoutError:
        # The other side doesn't read what is still to be sent.
        pass
    finally:
        for writer in writers:
            writer.transport.abort()
