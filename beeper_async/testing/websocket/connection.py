"""One open socket: what it wants to hear, and what is still to be sent to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Callable
from typing import Any

import attrs
from aiohttp import WSMsgType, web

from ..hosting.json_text import json_bytes
from ..server.versions import Version
from .event_faults import EventFault
from .subscriptions import SocketSubscription

Json = dict[str, Any]
Heard = Callable[["SocketConnection", str | None], None]
"""Called with each text that a client sends, and with None for what is no text."""

_IN_A_ROW = 64
"""So many frames are sent before others get their turn."""


@attrs.frozen
class _Outgoing:
    data: bytes
    kind: WSMsgType = WSMsgType.TEXT
    delay: float = 0.0
    code: int = 0
    """The close code, where the kind is CLOSE."""


class SocketConnection:
    """One socket, from the upgrade to its end.

    `run` belongs to the loop that accepted it. The other methods may be called from any thread,
    by one thread at a time: the caller has locked the world.
    """

    def __init__(
        self, response: web.WebSocketResponse, transport: asyncio.Transport, version: Version
    ) -> None:
        self.version: Version = version
        """The app version whose rules the connection has."""
        self.subscription: SocketSubscription = SocketSubscription()
        self.app_state: bytes = b""
        """The state of the app that this socket last received, or could have requested."""
        self._response = response
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._queue: deque[_Outgoing] = deque()
        self._work = asyncio.Event()
        self._hurry = asyncio.Event()
        self._gone = asyncio.Event()
        self._nudged = False
        self._frozen = False
        self._closing = False
        self._seq = 0
        self._held_back: list[bytes] = []
        self._kept: list[Json] = []

    # -- sending ----------------------------------------------------------------------------

    def next_seq(self) -> int:
        """The number of the next event."""
        self._seq += 1
        return self._seq

    def deliver(self, number: Callable[[int], Json], fault: EventFault, limit: int) -> bool:
        """Number an event and queue it; false when the queue was full and the event is lost.

        It is written out at once, because what it refers to may change before it is sent.
        """
        if fault.lost:
            if not fault.silently:
                self.next_seq()
            return True
        if fault.held:
            self._kept.append(json.loads(json_bytes(number(0))))
            return True
        frames = [json_bytes(number(self.next_seq()))]
        if fault.copies > 1 and fault.renumbered:
            frames += [json_bytes(number(self.next_seq())) for _ in range(fault.copies - 1)]
        else:
            frames *= fault.copies
        if fault.swapped and not self._held_back:
            self._held_back = frames
            return True
        frames += self._held_back
        self._held_back = []
        if len(self._queue) + len(frames) > limit:
            return False
        for one in frames:
            self._put(_Outgoing(one, delay=fault.delay))
        return True

    def release(self) -> None:
        """Queue the events that were held."""
        kept, self._kept = self._kept, []
        for one in kept:
            self.say({**one, "seq": self.next_seq()})

    def say(self, message: Json) -> None:
        """Queue a message that is no event."""
        self.put(json_bytes(message))

    def put(self, data: bytes, *, binary: bool = False) -> None:
        """Queue a frame as it is."""
        self._put(_Outgoing(data, WSMsgType.BINARY if binary else WSMsgType.TEXT))

    def _put(self, outgoing: _Outgoing) -> None:
        self._queue.append(outgoing)
        # One nudge is enough for all that is queued until the loop takes notice.
        if not self._nudged:
            self._nudged = True
            self._loop.call_soon_threadsafe(self._notice)

    def _notice(self) -> None:
        self._nudged = False
        self._work.set()

    # -- ending -----------------------------------------------------------------------------

    def close(self, code: int, reason: str = "") -> None:
        """Close the socket properly, after all that is queued, which is late no longer."""
        self._put(_Outgoing(reason.encode(), WSMsgType.CLOSE, code=code))
        self._loop.call_soon_threadsafe(self._hurry.set)

    def abort(self) -> None:
        """Break the connection off."""
        self._loop.call_soon_threadsafe(self._abort)

    def _abort(self) -> None:
        self._transport.abort()
        self._gone.set()

    def freeze(self) -> None:
        """Neither send anything nor respond from now on, but stay connected."""
        self._frozen = True

    # -- running ----------------------------------------------------------------------------

    async def run(self, heard: Heard) -> None:
        """Send and listen until the connection ends."""
        sender = asyncio.create_task(self._send_queued())
        try:
            with contextlib.suppress(ConnectionError):
                await self._listen(heard)
            if self._frozen and not self._response.closed:
                await self._gone.wait()  # the client wants to close, to which nobody responds
            elif self._closing:
                await sender
        finally:
            sender.cancel()
            await asyncio.wait([sender])
        if not sender.cancelled():
            sender.result()

    async def _send_queued(self) -> None:
        with contextlib.suppress(ConnectionError):
            while not self._closing:
                await self._work.wait()
                self._work.clear()
                sent = 0
                while self._queue and not self._closing:
                    await self._send(self._queue.popleft())
                    sent += 1
                    if sent % _IN_A_ROW == 0:
                        await asyncio.sleep(0)

    async def _send(self, outgoing: _Outgoing) -> None:
        if outgoing.delay:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), outgoing.delay)
        if self._frozen:
            return
        if outgoing.kind is WSMsgType.CLOSE:
            self._closing = True
            await self._response.close(code=outgoing.code, message=outgoing.data)
        else:
            await self._response.send_frame(outgoing.data, outgoing.kind)

    async def _listen(self, heard: Heard) -> None:
        while True:
            message = await self._response.receive()
            if message.type in (WSMsgType.PING, WSMsgType.PONG):
                if message.type is WSMsgType.PING and not self._frozen:
                    await self._response.pong(message.data)
            elif message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                if not self._frozen:
                    heard(self, message.data if message.type is WSMsgType.TEXT else None)
            else:
                if message.type is WSMsgType.CLOSE and not self._frozen:
                    await self._response.close(code=message.data or 1000, drain=False)
                return
