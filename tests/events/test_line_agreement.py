"""How a connection begins: ready, subscription, answer; and whose turn it is afterwards."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import orjson
import pytest

from beeper_async import APIConnectionError
from beeper_async._http.websocket import WebSocket
from beeper_async.events.inbox import Inbox, Mark
from beeper_async.events.line import Line, Subscription

from ..live import DEADLINE, settled, until

pytestmark = pytest.mark.asyncio

Json = dict[str, Any]
READY = {"type": "ready", "version": 1}


class Wire(WebSocket):
    """A socket whose other side is the test."""

    def __init__(self) -> None:
        self.heard = asyncio.get_running_loop().time()
        self.said: list[Json] = []
        self.closed = False
        self._coming: asyncio.Queue[bytes | None] = asyncio.Queue()

    def tell(self, *frames: Json | None) -> None:
        for frame in frames:
            self._coming.put_nowait(None if frame is None else orjson.dumps(frame))

    async def receive(self) -> bytes | None:
        return await self._coming.get()

    async def send(self, text: str) -> None:
        self.said.append(orjson.loads(text))

    async def close(self) -> None:
        self.closed = True


def line_over(wire: Wire, inbox: Inbox | None = None) -> Line:
    async def open_socket() -> WebSocket:
        return wire

    return Line(open_socket, inbox or Inbox(1000), Subscription(), heartbeat=DEADLINE)


async def test_nothing_is_asked_for_before_the_app_is_ready() -> None:
    wire = Wire()
    line = line_over(wire)
    async with asyncio.timeout(DEADLINE):
        opening = asyncio.create_task(line.open(1))
        wire.tell({"type": "chat.upserted", "chatID": "x"}, {"type": "subscriptions.updated"})
        await settled()
        assert wire.said == []
        wire.tell(READY)
        await until(lambda: len(wire.said) == 1)
        assert not opening.done()
        wire.tell({"type": "subscriptions.updated", "requestID": wire.said[0]["requestID"]})
        await opening
    assert line.connected


async def test_an_answer_need_not_name_what_it_answers() -> None:
    wire = Wire()
    line = line_over(wire)
    async with asyncio.timeout(DEADLINE):
        wire.tell(READY, {"type": "subscriptions.updated"})
        await line.open(1)
        assert line.connected
        running = asyncio.create_task(line.run())
        changing = asyncio.create_task(line.subscribe(Subscription(("a",))))
        await until(lambda: len(wire.said) == 2)
        wire.tell({"type": "subscriptions.updated"})
        await changing
        running.cancel()
        await asyncio.wait([running])


async def test_an_answer_to_something_else_is_passed_over() -> None:
    wire, inbox = Wire(), Inbox(1000)
    line = line_over(wire, inbox)
    async with asyncio.timeout(DEADLINE):
        opening = asyncio.create_task(line.open(1))
        late = {"type": "error", "requestID": "late", "code": "INVALID_PAYLOAD"}
        wire.tell(READY, late, {**late, "type": "subscriptions.updated"})
        await settled()
        assert not opening.done()
        wire.tell({"type": "subscriptions.updated", "requestID": wire.said[0]["requestID"]})
        await opening
        running = asyncio.create_task(line.run())
        changing = asyncio.create_task(line.subscribe(Subscription(("a",))))
        await until(lambda: len(wire.said) == 2)
        wire.tell(late, {**late, "type": "subscriptions.updated"})
        await settled()
        assert not changing.done()
        wire.tell({"type": "subscriptions.updated", "requestID": wire.said[1]["requestID"]})
        await changing
        assert line.subscription == Subscription(("a",))
        # Once nobody waits for an answer, what looks like one is left to the pump.
        wire.tell(late)
        await settled()
        running.cancel()
        await asyncio.wait([running])
    assert await inbox.get() is Mark.CONNECTED
    assert await inbox.get() == orjson.dumps(late)


async def test_an_app_that_leaves_before_it_is_ready() -> None:
    wire = Wire()
    wire.tell(None)
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(APIConnectionError, match="before it was ready"):
            await line_over(wire).open(1)
    assert wire.closed


async def test_a_loud_app_keeps_nobody_from_their_turn() -> None:
    wire = Wire()
    inbox = Inbox(1000)
    line = line_over(wire, inbox)
    async with asyncio.timeout(DEADLINE):
        wire.tell(READY, {"type": "subscriptions.updated"})
        await line.open(1)
        # All of it is there, so that receiving never waits by itself.
        wire.tell(*({"type": "chat.upserted", "seq": seq} for seq in range(500)))
        running = asyncio.create_task(line.run())
        seen = [inbox.arrived]
        while inbox.arrived < 501:
            await asyncio.sleep(0)
            seen.append(inbox.arrived)
        running.cancel()
        await asyncio.wait([running])
    steps = [after - before for before, after in itertools.pairwise(seen)]
    assert max(steps) <= 64
    assert max(steps) > 1


async def test_a_full_inbox_gives_its_owner_a_turn_at_each_frame() -> None:
    wire = Wire()
    inbox = Inbox(2)
    line = line_over(wire, inbox)
    got: list[bytes | Mark] = []

    async def empty() -> None:
        while True:
            got.append(await inbox.get())

    async with asyncio.timeout(DEADLINE):
        wire.tell(READY, {"type": "subscriptions.updated"})
        await line.open(1)
        emptying = asyncio.create_task(empty())
        wire.tell(*({"type": "chat.upserted", "seq": seq} for seq in range(50)))
        running = asyncio.create_task(line.run())
        await until(lambda: len(got) == 51)
        for task in (running, emptying):
            task.cancel()
        await asyncio.wait([running, emptying])
    assert Mark.OVERFLOW not in got
