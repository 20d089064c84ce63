"""A TCP proxy that injects faults of the network, which an HTTP server can't."""

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
    """Forwards connections to a server, and injects the faults that you plan.

    ``async with FaultProxy(sim.url) as proxy:`` runs it in the current event loop. ``with
    FaultProxy(sim.url) as proxy:`` runs it in a thread of its own, for blocking code. The methods
    may be called from any thread and take effect before they return.

    Args:
        target: The http:// URL to forward to, such as that of a running `Simulator`.
        port: Port to listen on, 0 to 65535. 0 picks a free one.

    Raises:
        ValueError: `target` is not an http:// URL.

    Example:
        from beeper_async.testing import Fault, FaultProxy, Simulator

        async with Simulator() as sim, FaultProxy(sim.url) as proxy:
            proxy.plan(Fault.reset_after_request(), method="POST")
            async with AsyncBeeperDesktop(base_url=proxy.url, access_token=sim.token) as client:
                chats = await client.chats.search(query="tomas")
                try:
                    await client.messages.send(chats.items[0].id, text="See you at seven")
                except OutcomeUnknownError as error:
                    print(error)
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
        """The base URL, with the path of the target and without a slash at its end.

        Raises:
            RuntimeError: The proxy is not running.
        """
        if self._port is None:
            raise RuntimeError("the proxy is not running; enter it with 'with' or 'async with'")
        return f"http://{HOST}:{self._port}{self._base_path}"

    @property
    def stats(self) -> ProxyStats:
        """A copy of what the proxy has counted so far."""
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
        """Inject a fault into matching requests.

        Args:
            fault: What goes wrong.
            method: HTTP method of the requests. None means all methods.
            path: Path of the requests, percent-encoded or decoded, with or without the path of the
                target. ``*`` matches any text. None means all paths.
            nth: Which matching request is hit first, from 1. The ones before it are forwarded.
            times: Number of requests in a row that are hit, at least 1. None means every one until
                `clear`.

        Raises:
            ValueError: `nth` or `times` is less than 1.
        """
        self._faults.add(PlannedFault(fault=fault, method=method, path=path, nth=nth, times=times))

    def clear(self) -> None:
        """Forget the planned faults that were not used. Running faults continue."""
        self._faults.clear()

    # -- what happens to connections --------------------------------------------------------

    @property
    def connections(self) -> list[ProxiedConnection]:
        """The live connections, oldest first.

        They belong to the event loop of the proxy. From another thread use `kill_all` and the other
        methods that end in ``_all``.
        """
        return [connection for connection in self._connections if not connection.killed]

    def kill_all(self, *, reset: bool = False) -> int:
        """Close all live connections.

        Args:
            reset: True resets the client's connections. False closes them cleanly.

        Returns:
            The number of connections.

        Raises:
            RuntimeError: The proxy is not running.
        """
        return self._in_loop(lambda: self._each(lambda one: one.kill(reset=reset)))

    def drop_connections(self) -> int:
        """Close all live connections cleanly.

        Returns:
            The number of connections.

        Raises:
            RuntimeError: The proxy is not running.
        """
        return self.kill_all()

    def freeze_all(self) -> int:
        """Stop forwarding on all live connections without closing them: they are half-open.

        Returns:
            The number of connections.

        Raises:
            RuntimeError: The proxy is not running.
        """
        return self._in_loop(lambda: self._each(ProxiedConnection.freeze))

    def thaw_all(self) -> int:
        """Resume forwarding on the frozen connections, with all that arrived meanwhile.

        Returns:
            The number of connections.

        Raises:
            RuntimeError: The proxy is not running.
        """
        return self._in_loop(lambda: self._each(ProxiedConnection.thaw))

    def black_hole_all(self) -> int:
        """Discard what arrives on the live connections from now on, in both directions.

        Returns:
            The number of connections.

        Raises:
            RuntimeError: The proxy is not running.
        """
        return self._in_loop(lambda: self._each(ProxiedConnection.black_hole))

    def refuse(self, *, seconds: float | None = None) -> None:
        """Refuse new connections until `accept`, or for some time.

        Live connections stay open. To simulate an app that quit, call `drop_connections` too.

        Args:
            seconds: Seconds after which connections are accepted again. None means until `accept`.

        Raises:
            RuntimeError: The proxy is not running.
        """
        self._in_loop(lambda: self._refuse(seconds))

    def accept(self) -> None:
        """Accept connections again, on the same port as before.

        Raises:
            RuntimeError: The proxy is not running.
            OSError: Another program uses the port by now.
        """
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
