"""A server that sends whatever bytes a test wants, in a thread, so that blocking calls reach it."""

import re
import socketserver
import threading
import time
from collections.abc import Callable
from typing import Any, Self

from attrs import define

Reply = bytes | Callable[[str], bytes]


@define
class Received:
    """A request as it came."""

    line: str
    head: str
    body: bytes
    at: float


def response(status: int | str = 200, body: bytes | str = b"", **headers: str) -> bytes:
    """Write a response; a keyword `Content_Length` overrides what is true."""
    raw = body.encode() if isinstance(body, str) else body
    lines = {"Content-Length": str(len(raw)), "Connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode("latin-1") + raw


class LyingServer:
    """Answers each request with the next of some replies, and the last one for ever after."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.received: list[Received] = []
        lock, outer = threading.Lock(), self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                line = self.rfile.readline().decode("latin-1").strip()
                head = ""
                while (more := self.rfile.readline().decode("latin-1")).strip():
                    head += more
                length = re.search(r"(?i)^content-length: (\d+)", head, re.M)
                body = self.rfile.read(int(length[1])) if length else b""
                if not line:
                    return
                with lock:
                    outer.received.append(Received(line, head, body, time.monotonic()))
                    now = len(outer.replies) > 1
                    reply = outer.replies.pop(0) if now else outer.replies[0]
                self.wfile.write(reply(line) if callable(reply) else reply)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Keep silent about clients that go away."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
