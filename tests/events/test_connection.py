"""How a connection begins, what it passes on, and when it is given up."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any

import orjson
import pytest

from beeper_async import APIConnectionError, SubscriptionError
from beeper_async._http.websocket import WebSocket
from beeper_async.events.connection import Connection, Subscription, chats_of
from beeper_async.events.refusals import Refusals

from .. import reference
from ..live import DEADLINE, settled, until

pytestmark = pytest.mark.asyncio

Json = dict[str, Any]
READY = {"type": "ready", "version": 1}
AGREED = {"type": "subscriptions.updated"}
REFUSED = {"type": "error", "code": "INVALID_PAYLOAD"}
AT_ONCE = 32


class Wire(WebSocket):
    """A socket whose other side is the test."""

    def __init__(self, *frames: Json | None) -> None:
        self.heard = asyncio.get_running_loop().time()
        self.said: list[Json] = []
        self.is_closed = False
        self._coming: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.tell(*frames)

    def tell(self, *frames: Json | None) -> None:
        for frame in frames:
            self._coming.put_nowait(None if frame is None else orjson.dumps(frame))

    async def receive(self) -> bytes | None:
        return await self._coming.get()

    async def send(self, text: str) -> None:
        self.said.append(orjson.loads(text))

    async def close(self) -> None:
        self.is_closed = True
        self.tell(None)


class Notes:
    """A receiver that notes what it gets."""

    def __init__(self) -> None:
        self.got: list[str | Json] = []

    def connected(self) -> None:
        self.got.append("connected")

    def disconnected(self) -> None:
        self.got.append("disconnected")

    def take(self, text: bytes) -> None:
        self.got.append(orjson.loads(text))


class Line:
    """A connection over one socket after the other, which runs for the length of a test."""

    def __init__(self, *wires: Wire, heartbeat: float = DEADLINE) -> None:
        self.notes = Notes()
        self._wires = iter(wires)
        self.connection = Connection(
            self._open, self.notes, Subscription(), Refusals(), heartbeat=heartbeat
        )
        self._running: asyncio.Task[None] | None = None

    async def _open(self) -> WebSocket:
        wire = next(self._wires, None)
        return Wire() if wire is None else wire

    async def __aenter__(self) -> Connection:
        async with asyncio.timeout(DEADLINE):
            await self.connection.open(1)
        self._running = asyncio.create_task(self.connection.run())
        return self.connection

    async def __aexit__(self, *_: object) -> None:
        assert self._running is not None
        self._running.cancel()
        await asyncio.wait([self._running])


# -- beginning ----------------------------------------------------------------------------------


async def test_nothing_is_asked_for_before_the_app_is_ready() -> None:
    wire = Wire({"type": "chat.upserted", "chatID": "x"}, AGREED)
    connection = Line(wire).connection
    opening = asyncio.create_task(connection.open(1))
    await settled()
    assert wire.said == []
    wire.tell(READY)
    await until(lambda: len(wire.said) == 1)
    assert not opening.done()
    wire.tell(AGREED | {"requestID": wire.said[0]["requestID"]})
    await opening
    assert connection.is_open


async def test_an_answer_need_not_name_what_it_answers() -> None:
    wire = Wire(READY, AGREED)
    async with Line(wire) as connection:
        assert connection.is_open
        changing = asyncio.create_task(connection.subscribe(Subscription(("a",))))
        await until(lambda: len(wire.said) == 2)
        wire.tell(AGREED)
        await changing


async def test_an_answer_to_something_else_is_passed_over() -> None:
    late = REFUSED | {"requestID": "late"}
    wire = Wire(READY, late, {**late, "type": "subscriptions.updated"})
    line = Line(wire)
    opening = asyncio.create_task(line.__aenter__())
    await until(lambda: len(wire.said) == 1)
    await settled()
    assert not opening.done()
    wire.tell(AGREED | {"requestID": wire.said[0]["requestID"]})
    connection = await opening
    changing = asyncio.create_task(connection.subscribe(Subscription(("a",))))
    await until(lambda: len(wire.said) == 2)
    wire.tell(late, {**late, "type": "subscriptions.updated"})
    await settled()
    assert not changing.done()
    wire.tell(AGREED | {"requestID": wire.said[1]["requestID"]})
    await changing
    assert connection.subscription == Subscription(("a",))
    wire.tell(late)
    await until(lambda: len(line.notes.got) == 2)
    await line.__aexit__()
    assert line.notes.got[:2] == ["connected", late], "once nobody waits, it is like any frame"


async def test_a_refused_change_leaves_what_was_agreed() -> None:
    wire = Wire(READY, AGREED)
    async with Line(wire) as connection:
        changing = asyncio.create_task(connection.subscribe(Subscription(("a",))))
        await until(lambda: len(wire.said) == 2)
        wire.tell(REFUSED | {"requestID": wire.said[1]["requestID"]})
        with pytest.raises(SubscriptionError) as caught:
            await changing
        assert caught.value.code == "INVALID_PAYLOAD"
        assert connection.subscription == Subscription()
        assert connection.is_open


async def test_an_app_that_leaves_before_it_is_ready() -> None:
    wire = Wire(None)
    with pytest.raises(APIConnectionError, match="before it was ready"):
        await Line(wire).connection.open(1)
    assert wire.is_closed


async def test_a_refusal_at_the_first_connection_is_raised_at_once() -> None:
    wire, unused = Wire(READY, REFUSED), Wire(READY, AGREED)
    line = Line(wire, unused)
    with pytest.raises(SubscriptionError):
        await line.connection.open(9)
    assert (wire.is_closed, unused.said, line.notes.got) == (True, [], [])


# -- again --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_pauses")
async def test_what_is_received_is_framed_by_the_connections_it_came_over() -> None:
    one, other = Wire(READY, AGREED), Wire(READY, AGREED)
    line = Line(one, other)
    async with line as connection:
        one.tell({"seq": 1}, {"seq": 2}, None)
        other.tell({"seq": 1})
        await until(lambda: len(line.notes.got) == 6)
        assert line.notes.got == [
            "connected", {"seq": 1}, {"seq": 2}, "disconnected", "connected", {"seq": 1},
        ]  # fmt: skip
        assert connection.reconnects == 1
        assert one.is_closed


@pytest.mark.usefixtures("no_pauses")
async def test_a_refusal_after_the_first_connection_is_no_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    first, refusing = Wire(READY, AGREED), [Wire(READY, REFUSED) for _ in range(5)]
    async with Line(first, *refusing, Wire(READY, AGREED)) as connection:
        first.tell(None)
        await until(lambda: connection.reconnects == 1)
        assert connection.is_open
    assert all(wire.is_closed for wire in refusing)
    ours = [record for record in caplog.records if record.name == "beeper_async"]
    assert [record.levelname for record in ours] == ["WARNING", *["INFO"] * 5]


# -- turns --------------------------------------------------------------------------------------


async def test_a_loud_app_keeps_nobody_from_their_turn() -> None:
    wire = Wire(READY, AGREED)
    line = Line(wire)
    async with line:
        # All of it is there, so that receiving never waits by itself.
        wire.tell(*({"type": "chat.upserted", "seq": seq} for seq in range(500)))
        seen = [len(line.notes.got)]
        while len(line.notes.got) < 501:
            await asyncio.sleep(0)
            seen.append(len(line.notes.got))
    steps = [after - before for before, after in itertools.pairwise(seen)]
    assert 1 < max(steps) <= AT_ONCE


class Deaf(Wire):
    """A socket whose other side answers pings, but whose answers are read late, or never."""

    def __init__(self, *, blocks: bool) -> None:
        super().__init__(READY, AGREED)
        self.pings = 0
        self.is_given_up = False
        self._blocks = blocks

    async def ping(self) -> None:
        self.pings += 1
        if self._blocks:
            time.sleep(0.2)  # noqa: ASYNC251 - somebody else does, while it waits for the answer

    async def give_up(self) -> None:
        self.is_given_up = True
        self.tell(None)


@pytest.mark.parametrize("blocks", [False, True])
async def test_a_blocked_loop_has_also_kept_answers_from_being_read(blocks: bool) -> None:
    wire = Deaf(blocks=blocks)
    async with Line(wire, heartbeat=0.15):
        # A busy machine blocks the loop as well, so without that it may take more than two pings.
        await until(lambda: wire.is_given_up or (blocks and wire.pings > 2))
    assert wire.is_given_up != blocks


# -- what is asked for --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chat_ids", "app_state", "file"),
    [
        (None, False, "subscriptions_set_all"),
        (["*"], False, "subscriptions_set_all"),
        (None, True, "subscriptions_set_app"),
        ([], False, "subscriptions_pause"),
        (reference.example("ws.client.subscriptions_set_some.json")["chatIDs"], False,
         "subscriptions_set_some"),
    ],
)  # fmt: skip
async def test_commands_are_those_of_the_reference(
    chat_ids: list[str] | None, app_state: bool, file: str
) -> None:
    expected = reference.example(f"ws.client.{file}.json")
    command = Subscription(chats_of(chat_ids), app_state).command(expected["requestID"])
    assert orjson.loads(command) == expected
