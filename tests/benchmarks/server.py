"""A raw asyncio server with canned bytes, in a process of its own: as little work as can be.

The base path tells what to serve: `/PAGES/SIZE/MILLISECONDS` in front of `/v1/...`.
"""

import asyncio
import os
import re
import sys
from functools import lru_cache
from urllib.parse import unquote

import orjson

from . import pages

_REQUEST = re.compile(rb"GET /(\d+)/(\d+)/(\d+)(/v1/[^ ?]*)(?:\?([^ ]*))? ")


@lru_cache(maxsize=4096)
def answer(count: int, size: int, path: str, page: int) -> bytes:
    """Return the whole answer, head and body."""
    if path == "/v1/chats":
        body = pages.chat_page(page, size, last=page + 1 >= count)
    elif path.endswith("/messages"):
        chat_id = unquote(path.split("/")[3])
        body = pages.message_page(page, size, chat_id, last=page + 1 >= count)
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


class Raw(asyncio.Protocol):
    """Answers each GET as soon as its head is whole, after the latency asked for."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            found = _REQUEST.match(head)
            assert found is not None, head
            count, size, delay = (int(found[n]) for n in (1, 2, 3))
            cursor = re.search(rb"cursor=(\d+)", found[5] or b"")
            page = int(cursor[1]) if cursor else 0
            body = answer(count, size, found[4].decode(), page)
            if delay:
                asyncio.get_running_loop().call_later(delay / 1000, self._write, body)
            else:
                self._write(body)

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
