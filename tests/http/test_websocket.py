"""A live socket over a connection that does what a test says."""

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMessage, WSMsgType
from attrs import define, field

from beeper_async._http.websocket import WebSocket

pytestmark = pytest.mark.asyncio

ENDS = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)


@define
class Connection:
    """Hands out frames, and notes what is sent."""

    frames: list[WSMessage] = field(factory=list[WSMessage])
    failure: Exception | None = None
    hangs: bool = False
    sent: list[tuple[str, Any]] = field(factory=list[tuple[str, Any]])

    async def receive(self) -> WSMessage:
        return self.frames.pop(0)

    async def _send(self, kind: str, data: Any = None) -> None:
        self.sent.append((kind, data))
        if self.failure is not None:
            raise self.failure

    async def pong(self, data: bytes) -> None:
        await self._send("pong", data)

    async def ping(self) -> None:
        await self._send("ping")

    async def send_str(self, text: str) -> None:
        await self._send("text", text)

    async def close(self) -> None:
        self.sent.append(("close", None))
        if self.hangs:
            await asyncio.Event().wait()


def socket_of(connection: Any) -> WebSocket:
    return WebSocket(connection)


def frame(kind: WSMsgType, data: Any = None) -> WSMessage:
    return WSMessage(kind, data, None)


@pytest.mark.parametrize("failure", [None, aiohttp.ClientError(), ConnectionResetError()])
async def test_texts_are_received_and_pings_answered(failure: Exception | None) -> None:
    frames = [
        frame(WSMsgType.PING, b"1"), frame(WSMsgType.TEXT, b"a"), frame(WSMsgType.PONG, b""),
        frame(WSMsgType.BINARY, b"x"), frame(WSMsgType.TEXT, b""), frame(WSMsgType.CLOSED),
    ]  # fmt: skip
    connection = Connection(frames, failure)
    socket = socket_of(connection)
    assert [await socket.receive() for _ in range(3)] == [b"a", b"", None]
    assert connection.sent == [("pong", b"1")]


@pytest.mark.parametrize("kind", ENDS)
async def test_each_kind_of_end(kind: WSMsgType) -> None:
    assert await socket_of(Connection([frame(kind)])).receive() is None


async def test_any_frame_is_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([5.0, 6.0, 7.0])
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: next(times))
    socket = socket_of(Connection([frame(WSMsgType.PONG), frame(WSMsgType.TEXT, b"")]))
    heard = [socket.heard]
    await socket.receive()
    heard.append(socket.heard)
    monkeypatch.undo()
    assert heard == [5.0, 7.0]


@pytest.mark.parametrize("failure", [None, aiohttp.ClientError(), ConnectionResetError()])
async def test_sending_into_a_connection_that_has_ended_does_nothing(
    failure: Exception | None,
) -> None:
    connection = Connection(failure=failure)
    socket = socket_of(connection)
    await socket.send("a")
    await socket.ping()
    assert connection.sent == [("text", "a"), ("ping", None)]


async def test_a_goodbye_is_said_once_if_it_is_heard() -> None:
    connection = Connection()
    await socket_of(connection).close()
    assert connection.sent == [("close", None)]


async def test_nobody_waits_for_the_goodbye_of_one_who_is_not_there() -> None:
    connection = Connection(hangs=True)
    await socket_of(connection).give_up()
    assert connection.sent == [("close", None)] * 2
