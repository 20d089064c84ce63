"""A raw asyncio server with canned bytes, in a process of its own: as little work as can be.

The base path tells what to serve: `/PAGES/SIZE/MILLISECONDS` in front of `/v1/...`. Sockets at
`/v1/ws` tell 20,000 new messages when a chat with the ID `tell` is asked for.
"""

import asyncio
import base64
import hashlib
import os
import re
import sys
from functools import lru_cache
from typing import ClassVar
from urllib.parse import unquote

import orjson

from . import pages

_REQUEST = re.compile(rb"GET /(\d+)/(\d+)/(\d+)(/v1/[^ ?]*)(?:\?([^ ]*))? ")
_KEY = re.compile(rb"sec-websocket-key: *([^\r]+)", re.IGNORECASE)
_SALT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _CLOSE = 1, 8
_READY = pages.frame(b'{"type":"ready","version":1,"chatIDs":[]}')
_AGREED = pages.frame(b'{"type":"subscriptions.updated","chatIDs":["*"]}')
# What comes through to a handler tells that it is there.
_FIRST = pages.frame(b'{"type":"chat.upserted","seq":0,"ts":0,"chatID":"0","ids":["0"]}')
_GOODBYE = b"\x88\x00"


@lru_cache(maxsize=4096)
def answer(count: int, size: int, path: str, page: int) -> bytes:
    """Return the whole answer, head and body."""
    if path == "/v1/chats":
        body = pages.chat_page(page, size, last=page + 1 >= count)
    elif path.endswith("/messages"):
        chat_id = unquote(path.split("/")[3])
        body = pages.message_page(page, size, chat_id, last=page + 1 >= count)
    elif path == "/v1/info":
        body = pages.info()
    else:
        small = pages.chat(1)
        del small["preview"]
        small["participants"]["items"] = small["participants"]["items"][:3]
        body = orjson.dumps(small)
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        "X-Beeper-Desktop-Version: 4.3.73\r\n\r\n"
    )
    return head.encode() + body


@lru_cache(maxsize=1)
def frames() -> bytes:
    """Return all that a socket tells."""
    return pages.frames()


def upgrade(head: bytes) -> bytes:
    """Return the answer to whoever asks for a socket, with its first frame."""
    key = _KEY.search(head)
    assert key is not None, head
    accept = base64.b64encode(hashlib.sha1(key[1] + _SALT).digest())
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return answer + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n" + _READY


class Raw(asyncio.Protocol):
    """Answers each GET as soon as its head is whole, after the latency asked for."""

    sockets: ClassVar[set["Raw"]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer = b""
        self._is_socket = False

    def data_received(self, data: bytes) -> None:
        if self._is_socket:
            self._frame_received(data[0] & 15)
            return
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            found = _REQUEST.match(head)
            assert found is not None, head
            if found[4] == b"/v1/ws":
                self._is_socket = True
                self._write(upgrade(head))
                return
            if found[4] == b"/v1/chats/tell":
                for one in self.sockets:
                    one._write(frames())
            count, size, delay = (int(found[n]) for n in (1, 2, 3))
            cursor = re.search(rb"cursor=(\d+)", found[5] or b"")
            page = int(cursor[1]) if cursor else 0
            body = answer(count, size, found[4].decode(), page)
            if delay:
                asyncio.get_running_loop().call_later(delay / 1000, self._write, body)
            else:
                self._write(body)

    def connection_lost(self, exc: Exception | None) -> None:
        self.sockets.discard(self)

    def _frame_received(self, kind: int) -> None:
        # What clients send here is short, so each frame comes in one piece; what it says is known.
        if kind == _TEXT:
            self.sockets.add(self)
            self._write(_AGREED + _FIRST)
        elif kind == _CLOSE:
            self._write(_GOODBYE)
            self._transport.close()

    def _write(self, body: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(body)


async def main() -> None:
    """Serve until standard input is closed; an argument names the core to work on."""
    if len(sys.argv) > 1:
        os.sched_setaffinity(0, {int(sys.argv[1])})
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Raw, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
