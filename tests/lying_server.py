"""A server that answers byte by byte what a test makes it answer, however wrong that is."""

import asyncio
import socket
import struct
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from attrs import frozen


@frozen
class Exchange:
    """One request on a connection, and the way to answer it."""

    number: int
    """0 for the first request of all."""
    method: str
    target: str
    headers: dict[str, str]
    """By names in lower case."""
    content: bytes
    """The body, if it has a length; one in chunks is still to be read."""
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def body(self) -> bytes:
        """Read a body in chunks to its end."""
        body = b""
        while size := int(await self.reader.readline(), 16):
            body += await self.reader.readexactly(size)
            await self.reader.readline()
        await self.reader.readline()
        return body

    async def file(self) -> bytes:
        """Read a form to its end, and return the content of its file."""
        body = await self.body()
        head, _, rest = body.partition(b'name="file"')
        boundary = head.rpartition(b"\r\n--")[2].split(b"\r\n")[0] if b"\r\n--" in head else b""
        boundary = boundary or head[2:].split(b"\r\n")[0]
        content = rest.partition(b"\r\n\r\n")[2]
        return content.rpartition(b"\r\n--" + boundary + b"--")[0]

    async def answer(self, status: str, body: bytes = b"", **headers: str) -> None:
        """Send a response; `Content_Type="a/b"` is a header, and a length is added if missing."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers.setdefault("Connection", "close")
        if not {"Content-Length", "Transfer-Encoding"} & headers.keys():
            headers["Content-Length"] = str(len(body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
        self.writer.write(f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body)
        await self.writer.drain()

    def reset(self) -> None:
        """Break the connection off, so that the other side sees a reset."""
        sock: socket.socket = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class LyingServer:
    """Runs in a thread of its own, so that blocking calls can reach it.

    Args:
        answer: Answers one request; the connection is closed when it returns.
    """

    def __init__(self, answer: Callable[[Exchange], Awaitable[object]]) -> None:
        self._answer = answer
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._writers: list[asyncio.StreamWriter] = []
        self.requests: list[Exchange] = []
        """All requests so far."""
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _stop(self) -> None:
        for sock in self._server.sockets:
            self._loop.remove_reader(sock)
        await asyncio.sleep(0)  # what was just accepted fails, unclosed, once the server is closed
        self._server.close()
        # Among them is perhaps one that accepts a connection.
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.sleep(0)  # a task that has not begun would leave its connection open
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        for _ in range(5):  # in which they close
            await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError, ValueError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, _ = head[0].split(" ")
            pairs = (line.partition(": ") for line in head[1:] if line)
            headers = {name.lower(): value for name, _, value in pairs}
            # Unread, it would turn the end of the connection into a reset.
            content = await reader.readexactly(int(headers.get("content-length", 0)))
            number = len(self.requests)
            exchange = Exchange(number, method, target, headers, content, reader, writer)
            self.requests.append(exchange)
            await self._answer(exchange)
        writer.close()
