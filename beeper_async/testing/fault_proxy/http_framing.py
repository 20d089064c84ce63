"""Where one HTTP/1.1 message ends and the next begins, in a stream of bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import attrs

Body = int | Literal["chunked", "rest", "interim"]
"""What follows a head: so many bytes, chunks, the rest of the stream, or (interim) another head
that belongs to the same message."""

_MAX_HEAD = 2**20


@attrs.frozen
class Head:
    """The first line and the headers of a message."""

    first_line: str
    headers: dict[str, str]
    """By lower-case names."""

    @property
    def method(self) -> str:
        """The method of a request."""
        return self.first_line.partition(" ")[0]

    @property
    def target(self) -> str:
        """The path and query of a request."""
        return [*self.first_line.split(" "), ""][1]

    @property
    def status(self) -> int:
        """The status of a response; 0 when it has none."""
        word = [*self.first_line.split(" "), ""][1]
        return int(word) if word.isascii() and word.isdigit() else 0


@attrs.frozen
class Piece:
    """Some bytes of one message; all pieces in a row are the stream."""

    data: bytes
    head: Head | None = None
    """Set on the piece that is the whole head."""
    ends: bool = False
    """Whether the message ends with this piece."""


class Framer:
    """Cuts a stream into pieces of messages; `body_of` returns what follows each head."""

    def __init__(self, body_of: Callable[[Head], Body]) -> None:
        self._body_of = body_of
        self._buffer = bytearray()
        self._left = 0
        self._chunks: _Chunks | None = None
        self.raw: bool = False
        """While true the rest of the stream is one message; set it after an upgrade."""

    def feed(self, data: bytes) -> Iterator[Piece]:
        """Yield the pieces that are complete by now."""
        self._buffer += data
        while self._buffer:
            piece = self._next_piece()
            if piece is None:
                return
            yield piece

    def rest(self) -> bytes:
        """Take what was held back because its message was not clear yet."""
        return self._take(len(self._buffer))

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _next_piece(self) -> Piece | None:
        if self.raw:
            return Piece(self.rest())
        if self._left:
            data = self._take(self._left)
            self._left -= len(data)
            return Piece(data, ends=self._left == 0)
        if self._chunks is not None:
            return self._chunk_piece(self._chunks)
        return self._head_piece()

    def _chunk_piece(self, chunks: _Chunks) -> Piece | None:
        try:
            size, ends = chunks.scan(self._buffer)
        except ValueError:
            self.raw = True
            return Piece(self.rest())
        if ends:
            self._chunks = None
        return Piece(self._take(size), ends=ends) if size else None

    def _head_piece(self) -> Piece | None:
        size = self._buffer.find(b"\r\n\r\n") + 4
        if size < 4:
            # A client with another protocol must not wait without end.
            if len(self._buffer) > _MAX_HEAD or not _may_be_head(self._buffer):
                self.raw = True
                return Piece(self.rest())
            return None
        data = self._take(size)
        head = _read_head(data)
        body = self._body_of(head)
        if body == "rest":
            self.raw = True
        elif body == "chunked":
            self._chunks = _Chunks()
        elif body != "interim":
            self._left = body
        return Piece(data, head, ends=body == 0)


def _may_be_head(data: bytearray) -> bool:
    line = bytes(data[:200]).partition(b"\r")[0]
    return all(byte >= 32 for byte in line)


def _read_head(data: bytes) -> Head:
    first, *lines = data.decode("latin-1").strip("\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Head(first, {name.strip().lower(): value.strip() for name, _, value in pairs})


class _Chunks:
    """Finds the end of a chunked body."""

    def __init__(self) -> None:
        self._left = 0
        self._in_trailers = False

    def scan(self, buffer: bytearray) -> tuple[int, bool]:
        """How many bytes of the buffer can be passed on, and whether the body ends with them."""
        at = 0
        while at < len(buffer):
            if self._left:
                step = min(self._left, len(buffer) - at)
                self._left -= step
                at += step
                continue
            end = buffer.find(b"\n", at)
            if end < 0:
                break
            line = bytes(buffer[at:end]).strip()
            at = end + 1
            if self._in_trailers and not line:
                return at, True
            if not self._in_trailers:
                size = int(line.partition(b";")[0], 16)
                self._in_trailers = size == 0
                self._left = size + 2 if size else 0
        return at, False


def request_body(head: Head) -> Body:
    """Return what follows the head of a request."""
    if " HTTP/1." not in head.first_line:
        return "rest"
    if "chunked" in head.headers.get("transfer-encoding", "").lower():
        return "chunked"
    return _content_length(head) or 0


def response_body(head: Head, method: str) -> Body:
    """Return what follows the head of the response to a request with this method."""
    status = head.status
    if status == 101 or not head.first_line.startswith("HTTP/1."):
        return "rest"
    if 100 <= status < 200:
        return "interim"
    if method == "HEAD" or status in (204, 304):
        return 0
    if "chunked" in head.headers.get("transfer-encoding", "").lower():
        return "chunked"
    length = _content_length(head)
    return "rest" if length is None else length


def _content_length(head: Head) -> int | None:
    text = head.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else None
