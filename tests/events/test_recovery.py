"""Reading over HTTP what the socket lost: nothing is passed over, whatever moves meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from beeper_async.events import recovery
from beeper_async.events.checkpoint import LATE, Checkpoint, Marks
from beeper_async.events.kinds import ChatUpserted, MessageCreated, MessageDeleted, MessageEdited
from beeper_async.events.recovery import EVER, Recovery, before_late
from beeper_async.testing import Simulator, listing_faults as modes

from .listening import DEADLINE, Room, client_of, kinds, of_type, texts, until, upto

pytestmark = pytest.mark.asyncio


async def test_a_gap_in_the_numbers(room: Room) -> None:
    async with room.listening() as events:
        room.say("zero")
        await room.heard(events)
        room.sim.sockets.lose_next(4)
        room.say("one", "two")
        room.say("three")
        heard = await room.heard(events)
        assert texts(heard) == ["one", "two", "three"]
        assert [event.recovered for event in of_type(heard, MessageCreated)] == [True] * 3
        assert events.last_gap is not None
        assert events.last_gap.reason == "sequence"
        assert events.last_gap.at <= datetime.now(UTC)


async def test_what_else_happened_to_the_last_messages(room: Room) -> None:
    others, chat_id = room.world.people, room.chat_id
    async with room.listening() as events:
        first, second = room.say("one")["id"], room.say("two")["id"]
        await room.heard(events)
        room.sim.sockets.lose_next(6)
        others.edit(chat_id, first, "eins")
        others.delete(chat_id, second)
        others.delete(chat_id, room.say("gone before anybody saw it")["id"])
        room.say("three")
        heard = await room.heard(events)
    assert texts(heard) == ["three"]
    assert [event.message.text for event in of_type(heard, MessageEdited)] == ["eins"]
    deleted = [event.message_id for event in of_type(heard, MessageDeleted)]
    assert second in deleted
    assert len(deleted) == 2


async def test_an_event_lost_at_the_very_end(room: Room) -> None:
    """No gap shows it, so the stream has a look now and then."""
    async with room.listening(check_every=1) as events:
        room.sim.sockets.lose_next(2)
        room.say("anybody?")
        async with asyncio.timeout(DEADLINE):
            heard = await upto(events, "anybody?")
        assert texts(heard, room.chat_id) == ["anybody?"]
        await until(lambda: events.last_gap is not None)
        assert events.last_gap is not None
        assert (events.last_gap.reason, events.last_gap.recovered) == ("check", 1)


async def test_looks_that_find_nothing_tell_nothing(room: Room) -> None:
    with room.world.lock:
        empty = {**room.world.chats[room.chat_id], "id": "!empty:beeper.com", "localChatID": None}
        room.world.add_chat(empty)  # active just now, without a message to compare
    async with room.listening(check_every=1, heartbeat=1) as events:
        room.sim.clear_requests()
        await until(lambda: len(room.sim.requests) >= 2)
        assert [type(event) for event in await room.heard(events)] == []
        assert (events.last_gap, events.reconnects) == (None, 0)


async def test_an_app_without_chats(no_pauses: None) -> None:
    async with Simulator(chats=1) as sim, client_of(sim) as client:
        ((chat_id, chat),) = sim.world.chats.items()
        sim.world.remove_chat(chat_id)
        async with asyncio.timeout(DEADLINE), client.events() as events:
            sim.world.add_chat(chat)
            sim.world.receive(chat_id, "the first")
            assert texts(await upto(events, "the first")) == ["the first"]
            saved = events.checkpoint()
        sim.world.receive(chat_id, "the second")
        async with asyncio.timeout(DEADLINE), client.events(since=saved) as events:
            assert texts(await upto(events, "the second")) == ["the second"]


@pytest.mark.parametrize("version", ["4.2.557", "4.3.73"])
async def test_more_than_a_page_was_missed(version: str, no_pauses: None) -> None:
    async with Simulator(app_version=version, page_size=3) as sim, client_of(sim) as client:
        room = Room(sim, client)
        async with room.listening() as events:
            sim.sockets.drop()
            written = [str(number) for number in range(20)]
            room.say(*written)
            assert texts(await room.heard(events), room.chat_id) == written


@pytest.mark.parametrize(
    "mode",
    [
        modes.StuckTail, modes.ReservedTail, modes.Overlap, modes.EmptyPage, modes.MissingCursors,
        modes.HasMoreMissing,
    ],
)  # fmt: skip
async def test_an_app_that_serves_its_listings_oddly(
    mode: Callable[[], modes.ListingFault], no_pauses: None
) -> None:
    async with Simulator(page_size=3) as sim, client_of(sim) as client:
        room = Room(sim, client)
        async with room.listening() as events:
            sim.set_listing_faults(mode(), listing="messages.list")
            sim.set_listing_faults(mode(), listing="chats.list")
            sim.sockets.drop()
            written = [str(number) for number in range(20)]
            room.say(*written)
            assert texts(await room.heard(events), room.chat_id) == written


async def test_an_app_whose_pages_lead_in_circles(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    """What can be read is delivered, and the log says that more may be missing."""
    async with room.listening() as events:
        room.sim.set_listing_faults(modes.StuckHead(), listing="messages.list")
        room.sim.sockets.drop()
        room.say(*map(str, range(40)))
        room.say("meanwhile", chat_id=room.other_id)
        await until(lambda: events.reconnects == 1)
        heard = await room.heard(events)
        assert texts(heard, room.chat_id) == [str(number) for number in range(20, 40)]
        assert texts(heard, room.other_id) == ["meanwhile"], "others do not suffer from it"
        room.sim.clear_listing_faults()
    room.sim.set_listing_faults(modes.StuckHead(), listing="chats.list")
    async with asyncio.timeout(DEADLINE), room.client.events(since=Checkpoint(EVER)) as events:
        room.say("found all the same")
        assert "found all the same" in texts(await room.heard(events))
    assert "circles" in caplog.text or "stopped" in caplog.text


async def test_a_chat_that_rises_while_chats_are_walked(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It falls between two pages; its live message must not hide what was missed before it."""
    monkeypatch.setattr(recovery, "_CHATS_AT_ONCE", 2)
    chats = [c["id"] for c in room.world.by_activity() if not c.get("merge")]
    low = chats[6]
    async with room.listening() as events:
        saved = events.checkpoint()
    room.say("missed", chat_id=low)
    for chat_id in reversed(chats[:4]):
        room.say("above it", chat_id=chat_id)
    async with asyncio.timeout(DEADLINE), room.client.events(since=saved, buffer=1) as events:
        heard = await upto(events, "above it")
        room.say("live", chat_id=low)
        heard += await upto(events, "live")
    assert texts(heard, low) == ["missed", "live"]


async def test_a_chat_that_is_gone(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [room.chat_id, room.other_id, room.fence_id]
    async with room.listening(wanted) as events:
        room.world.remove_chat(room.other_id)
        room.sim.sockets.drop()
        room.say("here")
        assert texts(await room.heard(events)) == ["here"]
    monkeypatch.setattr(recovery, "_KEPT_PAGES", 1)
    room.say(*map(str, range(100)))
    async with asyncio.timeout(DEADLINE), room.client.follow(room.chat_id) as events:
        await anext(events)  # of the oldest page; the others are to be fetched once more
        room.world.remove_chat(room.chat_id)
        async for event in events:
            if event.recovered is False:
                break  # it was told that the chat is gone, and did not end by it


async def test_everything_is_walked_page_by_page(no_pauses: None) -> None:
    async with Simulator(chats=230) as sim, client_of(sim) as client:
        there = Recovery(client)
        seen = [chat.id async for chat, _ in there.active_chats(EVER)]
        assert set(seen) == set(sim.world.chats)
        sim.clear_requests()
        now = await there.now(None)
        assert len(sim.requests) <= 6
        assert set(now.places) <= set(sim.world.chats)
        newest = sim.world.by_activity()[0]["id"]
        assert now.places[newest].sort_key == sim.world.messages[newest][-1]["sortKey"]
        lately = [chat.id async for chat, _ in there.active_chats(now.base)]
        assert set(lately) >= set(now.places)
        assert await there.now(()) == Checkpoint(EVER)


async def test_a_local_id_has_the_place_of_its_chat(room: Room) -> None:
    local = room.world.chats[room.chat_id]["localChatID"]
    now = await Recovery(room.client).now((local,))
    assert set(now.places) == {room.chat_id}
    messages = room.world.messages[room.chat_id]
    assert now.places[room.chat_id].sort_key == messages[-1]["sortKey"]


async def test_a_long_history_is_not_held_in_memory(
    no_pauses: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "_KEPT_PAGES", 5)
    async with Simulator(page_size=1) as sim, client_of(sim) as client:
        room = Room(sim, client)
        room.say(*map(str, range(120)))
        marks = Marks(Checkpoint(EVER))
        walked = []
        messages = Recovery(client).messages_since(room.chat_id, marks.is_new)
        sim.clear_requests()
        async for message in messages:
            marks.take(message)
            walked.append(message.id)
        written = [message["id"] for message in room.world.messages[room.chat_id]]
        assert sorted(set(walked), key=walked.index) == written
        assert len(sim.requests) < 2.1 * len(written)


async def test_late_is_seen_from_the_earlier_of_two_clocks() -> None:
    now = datetime.now(UTC)
    assert before_late(now - timedelta(days=5)) == now - timedelta(days=5) - LATE
    assert before_late(now + timedelta(days=5)) <= datetime.now(UTC) - LATE
    assert before_late(EVER) == EVER


async def test_chats_are_told_with_what_was_missed_in_them(room: Room) -> None:
    async with room.listening() as events:
        room.sim.sockets.drop()
        room.say("missed")
        heard = await room.heard(events)
    assert kinds(heard) == ["MessageCreated"]
    assert ChatUpserted(chat_id=room.chat_id, recovered=True) in heard
