"""A listening socket that loses no connection when it is closed."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine

HOST = "127.0.0.1"
_BACKLOG = 128
_PAUSE = 0.01

Serve = Callable[[socket.socket], Coroutine[object, object, None]]
"""Serves one accepted connection; from then on the socket belongs to it."""


class Listener:
    """Accepts connections in the running event loop until it is closed.

    The listening sockets of asyncio drop a connection that is being accepted while they are
    closed, and its socket is left to the garbage collector, which warns of it. Here every
    accepted connection is handed to `serve`.

    Args:
        serve: serves one connection, in a task of its own.
        port: the port to listen on, 0 to 65535; 0 picks a free one.

    Raises:
        OSError: The port is in use.
    """

    def __init__(self, serve: Serve, port: int = 0) -> None:
        self._serve = serve
        self._loop = asyncio.get_running_loop()
        # Connects succeed from here on, not only once the task below gets its turn.
        self._socket = socket.create_server((HOST, port), backlog=_BACKLOG)
        self._socket.setblocking(False)
        self.port: int = int(self._socket.getsockname()[1])
        """The port that it listens on."""
        self._closed = False
        self._accepting = self._loop.create_task(self._accept_all())
        self._connections: set[asyncio.Task[None]] = set()

    async def _accept_all(self) -> None:
        while not self._closed:
            try:
                accepted, _ = await self._loop.sock_accept(self._socket)
            except OSError:
                # The client is gone again, or the process has no file descriptor left.
                await asyncio.sleep(_PAUSE)
                continue
            # asyncio does this for sockets of its own making; small pieces would be held back.
            with contextlib.suppress(OSError):  # on macOS, if the client is gone again
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = self._loop.create_task(self._serve(accepted))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

    def close(self) -> None:
        """Accept no further connections. Those that were accepted go on."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(NotImplementedError):  # the event loop of Windows has no readers
            self._loop.remove_reader(self._socket)
        self._socket.close()
        # A connection that was accepted in this turn is on its way to the task, which to cancel
        # now would lose it. Callbacks run in order, so the task has it before it is cancelled.
        self._loop.call_soon(self._accepting.cancel)

    async def wait_served(self) -> None:
        """Wait until every accepted connection was served. Call `close` first."""
        await asyncio.wait([self._accepting])
        while self._connections:
            await asyncio.wait(self._connections)

    async def cancel_served(self) -> None:
        """Cancel the serving of all accepted connections, and wait for it. Call `close` first."""
        # Tasks begin in the order in which they were made, so all of them have begun after this.
        # To cancel one before would leave its socket to nobody.
        await asyncio.wait([self._accepting])
        for task in self._connections:
            task.cancel()
        await self.wait_served()
