"""A TCP proxy that plays the faults of a network, which no HTTP server can play.

It goes between a client and a `Simulator`, or any other server that speaks HTTP.

    async with Simulator() as sim, FaultProxy(sim.url) as proxy:
        proxy.plan(Fault.reset_after_request(), method="POST", path="/v1/chats/*/messages")
        ...  # talk to proxy.url with sim.token
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

import attrs

from ..hosting.listener import HOST, Listener
from ..hosting.loop_thread import LoopThread
from .connection import ProxiedConnection, ProxyStats
from .faults import Fault, PlannedFault, PlannedFaults
from .http_framing import Head

_PATIENCE = 10.0

T = TypeVar("T")


class FaultProxy:
    """Stands between a client and a server, and lets go wrong what was planned.

    ``async with FaultProxy(sim.url) as proxy:`` runs it in the current event loop, ``with
    FaultProxy(sim.url) as proxy:`` in a thread of its own. The methods may be called from any
    thread and take effect before they return; `connections` gives objects that belong to the
    proxy's loop, so from elsewhere use `kill_all` and its like.

    Args:
        target: the URL to forward to, such as that of a running `Simulator`.
        port: the port to listen on; 0 picks a free one.
    """

    def __init__(self, target: str, *, port: int = 0) -> None:
        address = urlsplit(target)
        if address.scheme != "http" or address.hostname is None:
            raise ValueError(f"not a plain http:// URL: {target!r}")
        self._app = (address.hostname, address.port or 80)
        self._base_path = address.path.rstrip("/")
        self._wanted_port = port
        self._port: int | None = None
        self._faults = PlannedFaults()
        self._stats = ProxyStats()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listener: Listener | None = None
        self._closed_listeners: list[Listener] = []
        """Those whose connections may still be open."""
        self._reopening: asyncio.TimerHandle | None = None
        self._connections: list[ProxiedConnection] = []
        self._thread: LoopThread | None = None

    @property
    def url(self) -> str:
        """The base URL to talk to, with the path of the target and no slash at the end."""
        if self._port is None:
            raise RuntimeError("the proxy is not running; enter it with 'with' or 'async with'")
        return f"http://{HOST}:{self._port}{self._base_path}"

    @property
    def stats(self) -> ProxyStats:
        """What it counted so far, as a copy."""
        return attrs.evolve(self._stats)

    # -- what goes wrong with requests ------------------------------------------------------

    def plan(
        self,
        fault: Fault,
        *,
        method: str | None = None,
        path: str | None = None,
        nth: int = 1,
        times: int | None = 1,
    ) -> None:
        """Let the next matching request have this fault.

        Args:
            fault: what goes wrong.
            method: only requests with this method.
            path: only requests with this path; ``*`` stands for anything.
            nth: begin with the nth matching request from now; the ones before pass unharmed.
            times: how many requests are hit in a row; None for every one until `clear`.
        """
        self._faults.add(PlannedFault(fault=fault, method=method, path=path, nth=nth, times=times))

    def clear(self) -> None:
        """Forget the faults that were not used; what already went wrong stays as it is."""
        self._faults.clear()

    # -- what happens to connections --------------------------------------------------------

    @property
    def connections(self) -> list[ProxiedConnection]:
        """The live connections, oldest first."""
        return [connection for connection in self._connections if not connection.killed]

    def kill_all(self, *, reset: bool = False) -> int:
        """End all live connections, cleanly or with a reset; gives how many there were."""
        return self._in_loop(lambda: self._each(lambda one: one.kill(reset=reset)))

    def drop_connections(self) -> int:
        """Close all live connections cleanly; gives how many there were."""
        return self.kill_all()

    def freeze_all(self) -> int:
        """Stop forwarding on all live connections without closing them: they are half-open."""
        return self._in_loop(lambda: self._each(ProxiedConnection.freeze))

    def thaw_all(self) -> int:
        """Go on forwarding on the frozen connections; nothing was lost."""
        return self._in_loop(lambda: self._each(ProxiedConnection.thaw))

    def black_hole_all(self) -> int:
        """Swallow from now on what arrives on the live connections, both ways."""
        return self._in_loop(lambda: self._each(ProxiedConnection.black_hole))

    def refuse(self, *, seconds: float | None = None) -> None:
        """Refuse new connections until `accept`, or only for so many seconds.

        The live connections stay; use `drop_connections` too for an app that quit.
        """
        self._in_loop(lambda: self._refuse(seconds))

    def accept(self) -> None:
        """Take connections again, on the same port as before."""
        self._in_loop(self._listen)

    def _each(self, act: Callable[[ProxiedConnection], None]) -> int:
        connections = self.connections
        for connection in connections:
            act(connection)
        return len(connections)

    def _in_loop(self, act: Callable[[], T]) -> T:
        loop = self._loop
        if loop is None:
            raise RuntimeError("the proxy is not running; enter it with 'with' or 'async with'")
        with contextlib.suppress(RuntimeError):
            if asyncio.get_running_loop() is loop:
                return act()

        async def acted() -> T:
            return act()

        return asyncio.run_coroutine_threadsafe(acted(), loop).result(_PATIENCE)

    # -- listening --------------------------------------------------------------------------

    def _listen(self) -> None:
        self._cancel_reopening()
        if self._listener is None:
            port = self._wanted_port if self._port is None else self._port
            self._listener = Listener(self._serve, port)
            self._port = self._listener.port

    def _refuse(self, seconds: float | None) -> None:
        self._cancel_reopening()
        if self._listener is not None:
            self._listener.close()
            self._closed_listeners.append(self._listener)
            self._listener = None
        if seconds is not None:
            self._reopening = asyncio.get_running_loop().call_later(seconds, self._listen)

    def _cancel_reopening(self) -> None:
        if self._reopening is not None:
            self._reopening.cancel()
            self._reopening = None

    async def _serve(self, accepted: socket.socket) -> None:
        streams = await _streams(accepted, self._app)
        if streams is None:
            return
        connection = ProxiedConnection(*streams, self._take_fault, self._stats)
        self._stats.connections += 1
        self._connections.append(connection)
        try:
            await connection.run()
        finally:
            self._connections.remove(connection)

    def _take_fault(self, head: Head) -> Fault | None:
        return self._faults.take(head.method, head.target, self._base_path)

    # -- lifecycle --------------------------------------------------------------------------

    async def _start(self) -> None:
        if self._loop is not None:
            raise RuntimeError("the proxy is already running")
        self._listen()
        self._loop = asyncio.get_running_loop()

    async def _stop(self) -> None:
        self._refuse(None)
        closed, self._closed_listeners = self._closed_listeners, []
        for listener in closed:
            await listener.cancel_served()
        await asyncio.sleep(0)  # a transport that was aborted closes its socket a turn later
        self._loop = self._port = None

    async def __aenter__(self) -> Self:
        await self._start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stop()

    def __enter__(self) -> Self:
        if self._loop is not None:
            raise RuntimeError("the proxy is already running")
        thread = LoopThread("beeper-fault-proxy", self._start, self._stop)
        thread.start()
        self._thread = thread
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread is not None:
            thread, self._thread = self._thread, None
            thread.stop()


Streams = tuple[StreamReader, StreamWriter]


async def _streams(accepted: socket.socket, app: tuple[str, int]) -> tuple[Streams, Streams] | None:
    """The streams of both sides; None when the app could not be reached."""
    try:
        to_app = await asyncio.open_connection(*app)
    except BaseException as error:
        # Closed with input unread, which the client sees as a reset: nothing of it was served.
        accepted.close()
        if isinstance(error, OSError):
            return None
        raise
    try:
        return await asyncio.open_connection(sock=accepted), to_app
    except BaseException as error:
        accepted.close()
        to_app[1].transport.abort()
        if isinstance(error, OSError):
            return None
        raise
