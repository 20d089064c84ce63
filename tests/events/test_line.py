"""What is received waits in a bounded inbox, which never loses anything without saying where."""

from __future__ import annotations

import asyncio
import time

import orjson
import pytest
from hypothesis import given, strategies as st

from beeper_async._http.websocket import WebSocket
from beeper_async.events.inbox import Inbox, Mark
from beeper_async.events.line import Line, Subscription, chats_of

from .. import reference
from ..live import until


@given(
    steps=st.lists(st.sampled_from(["frame", "frame", "frame", "check", "get"]), max_size=80),
    size=st.integers(1, 6),
)
def test_nothing_is_lost_without_a_mark(steps: list[str], size: int) -> None:
    async def main() -> None:
        inbox, came, next_out = Inbox(size), 0, 0
        marked = False
        for step in [*steps, *["get"] * (size + 1)]:
            if step == "frame":
                inbox.put(b"%d" % came)
                came += 1
            elif step == "check":
                inbox.put(Mark.CHECK)
            elif not inbox._items.empty():
                item = await inbox.get()
                if item is Mark.OVERFLOW:
                    last = inbox.last_dropped
                    lost = int(last) + 1 - next_out if isinstance(last, bytes) else 0
                    assert next_out + lost == came, "all from one point on, up to now"
                    next_out = came
                elif isinstance(item, bytes):
                    assert int(item) == next_out
                    next_out += 1
            marked = inbox._items.qsize() > size
            assert inbox._items.qsize() <= size + 1
            assert inbox.arrived == inbox.taken + inbox._items.qsize()
        assert not marked
        assert next_out == came

    asyncio.run(main())


@pytest.mark.asyncio
async def test_what_was_dropped_last() -> None:
    inbox = Inbox(1)
    for dropped, last in (
        ([b"2", b"3"], b"3"),
        ([Mark.CHECK], None),
        ([b"4", Mark.CONNECTED, Mark.CHECK], Mark.CONNECTED),
        ([Mark.CONNECTED, b"5"], b"5"),
    ):
        for item in [b"1", *dropped]:
            inbox.put(item)
        assert [await inbox.get(), await inbox.get()] == [b"1", Mark.OVERFLOW]
        assert inbox.last_dropped == last


class Deaf:
    """A socket whose other side answers pings, but whose answers are read late, or never."""

    def __init__(self, blocks: bool) -> None:
        self.heard = asyncio.get_running_loop().time()
        self.pings = 0
        self.given_up = asyncio.Event()
        self._blocks = blocks

    async def ping(self) -> None:
        self.pings += 1
        if self._blocks:
            time.sleep(0.2)  # noqa: ASYNC251 - somebody else does that, while it waits for the answer

    async def give_up(self) -> None:
        self.given_up.set()


async def never() -> WebSocket:
    raise NotImplementedError


@pytest.mark.asyncio
@pytest.mark.parametrize("blocks", [False, True])
async def test_whoever_blocks_the_loop_has_also_kept_answers_from_being_read(blocks: bool) -> None:
    socket = Deaf(blocks)
    line = Line(never, Inbox(1), Subscription(), heartbeat=0.15)
    watching = asyncio.create_task(line._watch(socket))  # type: ignore[arg-type]
    # A busy machine blocks the loop as well, so without that it may take more than two pings.
    await until(lambda: socket.given_up.is_set() or (blocks and socket.pings > 2))
    watching.cancel()
    await asyncio.wait([watching])
    assert socket.given_up.is_set() != blocks


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
def test_commands_are_those_of_the_reference(
    chat_ids: list[str] | None, app_state: bool, file: str
) -> None:
    expected = reference.example(f"ws.client.{file}.json")
    command = Subscription(chats_of(chat_ids), app_state).command(expected["requestID"])
    assert orjson.loads(command) == expected
