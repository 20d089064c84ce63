"""Both ends of a connection without any HTTP library, to see every byte and how it ended."""

from __future__ import annotations

import asyncio
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from beeper_async.testing.hosting.listener import HOST, Listener

PATIENCE = 10.0
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def get(path: str = "/v1/chats", *, method: str = "GET", body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class RawApp:
    """Answers each request (as long as it has no body) with the same bytes."""

    def __init__(self, answer: bytes = OK, *, closes: bool = False) -> None:
        self.answer = answer
        self.closes = closes
        self.received = bytearray()
        """All that came in, over all connections."""
        self.ended = asyncio.Event()
        """Set when a connection came to its end."""
        self.url = ""

    @property
    def requests(self) -> int:
        """How many heads came in whole."""
        return bytes(self.received).count(b"\r\n\r\n")

    async def _serve(self, accepted: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=accepted)
        answered = self.requests
        try:
            while data := await reader.read(65_536):
                self.received += data
                while answered < self.requests:
                    answered += 1
                    writer.write(self.answer)
                    await writer.drain()
                    if self.closes:
                        return
        except OSError:
            pass
        finally:
            self.ended.set()
            writer.close()

    async def __aenter__(self) -> RawApp:
        self._listener = Listener(self._serve)
        self.url = f"http://{HOST}:{self._listener.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener.close()
        await self._listener.cancel_served()
        await asyncio.sleep(0)  # a transport closes its socket a turn later


class RawClient:
    """One connection to a server."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def read(self, size: int) -> bytes:
        """Exactly so many bytes."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readexactly(size)

    async def read_to_end(self) -> bytes:
        """All bytes until the other side closes; a reset raises."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.read()

    async def hears_nothing(self) -> bool:
        """Whether the connection stays open but silent for a moment."""
        try:
            await asyncio.wait_for(self.reader.read(1), 0.1)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[RawClient]:
    """A client that is connected to the host and port of a URL."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


async def until(true: Callable[[], bool]) -> None:
    """Wait for something that is about to come true."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - what it waits for has no event
            await asyncio.sleep(0.005)
