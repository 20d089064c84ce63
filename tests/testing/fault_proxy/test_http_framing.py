"""Where messages end, however the stream is cut into pieces."""

from __future__ import annotations

import pytest

from beeper_async.testing.fault_proxy.http_framing import (
    Body,
    Framer,
    Head,
    request_body,
    response_body,
)

REQUESTS = [
    b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /b HTTP/1.1\r\ncontent-length: 4\r\n\r\nGET ",
    b"POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab\r\nc\r\nA;x\r\n0123456789\r\n"
    b"0\r\n\r\n",
    b"PUT /d HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
]


def messages(framer: Framer, stream: bytes, step: int) -> list[bytes]:
    """The messages of a stream that comes in pieces of `step` bytes."""
    found, current = list[bytes](), b""
    for start in range(0, len(stream), step):
        for piece in framer.feed(stream[start : start + step]):
            current += piece.data
            if piece.ends:
                found.append(current)
                current = b""
    rest = current + framer.rest()
    return [*found, rest] if rest else found


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_requests_are_told_apart(step: int) -> None:
    assert messages(Framer(request_body), b"".join(REQUESTS), step) == REQUESTS


@pytest.mark.parametrize("step", [1, 5, 1000])
def test_the_interim_answer_belongs_to_the_final_one(step: int) -> None:
    answers = [
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nall that follows\r\n\r\n",
    ]
    framer = Framer(lambda head: response_body(head, "GET"))
    assert messages(framer, b"".join(answers), step) == answers


def test_an_answer_to_head_has_no_body() -> None:
    head = Head("HTTP/1.1 200 OK", {"content-length": "5"})
    assert response_body(head, "HEAD") == 0
    assert response_body(head, "GET") == 5


@pytest.mark.parametrize(
    ("line", "headers", "body"),
    [
        ("HTTP/1.1 101 Switching Protocols", {}, "rest"),
        ("HTTP/1.1 103 Early Hints", {}, "interim"),
        ("HTTP/1.1 200 OK", {"transfer-encoding": "gzip, Chunked"}, "chunked"),
        ("HTTP/1.1 200 OK", {"content-length": "many"}, "rest"),
        ("ICY 200 OK", {"content-length": "5"}, "rest"),
    ],
)
def test_how_answers_go_on(line: str, headers: dict[str, str], body: Body) -> None:
    assert response_body(Head(line, headers), "GET") == body


@pytest.mark.parametrize("step", [1, 1000])
@pytest.mark.parametrize(
    "stream",
    [
        b"\x16\x03\x01 anything\r\n\r\n GET",
        b"SSH-2.0\n",
        b"HELLO\r\n\r\nworld",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n\r\n",
    ],
)
def test_what_makes_no_sense_is_one_long_message(stream: bytes, step: int) -> None:
    assert messages(Framer(request_body), stream, step) == [stream]


def test_an_endless_first_line_is_not_held_back() -> None:
    framer = Framer(request_body)
    assert sum(len(piece.data) for piece in framer.feed(b"x" * 2**21)) == 2**21
