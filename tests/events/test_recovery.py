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

from ..live import DEADLINE, Scene, client_of, kinds, of_type, texts, until, upto

pytestmark = pytest.mark.asyncio


async def test_a_gap_in_the_numbers(scene: Scene) -> None:
    async with scene.listening() as events:
        scene.say("zero")
        await scene.heard(events)
        scene.sim.sockets.lose_next(4)
        scene.say("one", "two")
        scene.say("three")
        heard = await scene.heard(events)
        assert texts(heard) == ["one", "two", "three"]
        assert [event.recovered for event in of_type(heard, MessageCreated)] == [True] * 3
        assert events.last_gap is not None
        assert events.last_gap.reason == "sequence"
        assert events.last_gap.at <= datetime.now(UTC)


async def test_what_else_happened_to_the_last_messages(scene: Scene) -> None:
    others, chat_id = scene.world.people, scene.chat_id
    async with scene.listening() as events:
        first, second = scene.say("one")["id"], scene.say("two")["id"]
        await scene.heard(events)
        scene.sim.sockets.lose_next(6)
        others.edit(chat_id, first, "eins")
        others.delete(chat_id, second)
        others.delete(chat_id, scene.say("gone before anybody saw it")["id"])
        scene.say("three")
        heard = await scene.heard(events)
    assert texts(heard) == ["three"]
    assert [event.message.text for event in of_type(heard, MessageEdited)] == ["eins"]
    deleted = [event.message_id for event in of_type(heard, MessageDeleted)]
    assert second in deleted
    assert len(deleted) == 2


async def test_an_event_lost_at_the_very_end(scene: Scene) -> None:
    """No gap shows it, so the stream has a look now and then."""
    async with scene.listening(check_every=1) as events:
        scene.sim.sockets.lose_next(2)
        scene.say("anybody?")
        async with asyncio.timeout(DEADLINE):
            heard = await upto(events, "anybody?")
        assert texts(heard, scene.chat_id) == ["anybody?"]
        await until(lambda: events.last_gap is not None)
        assert events.last_gap is not None
        assert (events.last_gap.reason, events.last_gap.recovered) == ("check", 1)


async def test_looks_that_find_nothing_tell_nothing(scene: Scene) -> None:
    with scene.world.lock:
        empty = {**scene.world.chats[scene.chat_id], "id": "!empty:beeper.com", "localChatID": None}
        scene.world.add_chat(empty)  # active just now, without a message to compare
    async with scene.listening(check_every=1, heartbeat=1) as events:
        scene.sim.clear_requests()
        await until(lambda: len(scene.sim.requests) >= 2)
        assert [type(event) for event in await scene.heard(events)] == []
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
        scene = Scene(sim, client)
        async with scene.listening() as events:
            sim.sockets.drop()
            written = [str(number) for number in range(20)]
            scene.say(*written)
            assert texts(await scene.heard(events), scene.chat_id) == written


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
        scene = Scene(sim, client)
        async with scene.listening() as events:
            sim.set_listing_faults(mode(), listing="messages.list")
            sim.set_listing_faults(mode(), listing="chats.list")
            sim.sockets.drop()
            written = [str(number) for number in range(20)]
            scene.say(*written)
            assert texts(await scene.heard(events), scene.chat_id) == written


async def test_an_app_whose_pages_lead_in_circles(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """What can be read is delivered, and the log says that more may be missing."""
    async with scene.listening() as events:
        scene.sim.set_listing_faults(modes.StuckHead(), listing="messages.list")
        scene.sim.sockets.drop()
        scene.say(*map(str, range(40)))
        scene.say("meanwhile", chat_id=scene.other_id)
        await until(lambda: events.reconnects == 1)
        heard = await scene.heard(events)
        assert texts(heard, scene.chat_id) == [str(number) for number in range(20, 40)]
        assert texts(heard, scene.other_id) == ["meanwhile"], "others do not suffer from it"
        scene.sim.clear_listing_faults()
    scene.sim.set_listing_faults(modes.StuckHead(), listing="chats.list")
    async with asyncio.timeout(DEADLINE), scene.client.events(since=Checkpoint(EVER)) as events:
        scene.say("found all the same")
        assert "found all the same" in texts(await scene.heard(events))
    assert "circles" in caplog.text or "stopped" in caplog.text


async def test_a_chat_that_rises_while_chats_are_walked(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It falls between two pages; its live message must not hide what was missed before it."""
    monkeypatch.setattr(recovery, "_CHATS_AT_ONCE", 2)
    chats = [c["id"] for c in scene.world.by_activity() if not c.get("merge")]
    low = chats[6]
    async with scene.listening() as events:
        saved = events.checkpoint()
    scene.say("missed", chat_id=low)
    for chat_id in reversed(chats[:4]):
        scene.say("above it", chat_id=chat_id)
    async with asyncio.timeout(DEADLINE), scene.client.events(since=saved, buffer=1) as events:
        heard = await upto(events, "above it")
        scene.say("live", chat_id=low)
        heard += await upto(events, "live")
    assert texts(heard, low) == ["missed", "live"]


async def test_a_chat_that_is_gone(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [scene.chat_id, scene.other_id, scene.fence_id]
    async with scene.listening(wanted) as events:
        scene.world.remove_chat(scene.other_id)
        scene.sim.sockets.drop()
        scene.say("here")
        assert texts(await scene.heard(events)) == ["here"]
    monkeypatch.setattr(recovery, "_KEPT_PAGES", 1)
    scene.say(*map(str, range(100)))
    async with asyncio.timeout(DEADLINE), scene.client.follow(scene.chat_id) as events:
        await anext(events)  # of the oldest page; the others are to be fetched once more
        scene.world.remove_chat(scene.chat_id)
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


async def test_a_local_id_has_the_place_of_its_chat(scene: Scene) -> None:
    local = scene.world.chats[scene.chat_id]["localChatID"]
    now = await Recovery(scene.client).now((local,))
    assert set(now.places) == {scene.chat_id}
    messages = scene.world.messages[scene.chat_id]
    assert now.places[scene.chat_id].sort_key == messages[-1]["sortKey"]


async def test_a_long_history_is_not_held_in_memory(
    no_pauses: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "_KEPT_PAGES", 5)
    async with Simulator(page_size=1) as sim, client_of(sim) as client:
        scene = Scene(sim, client)
        scene.say(*map(str, range(120)))
        marks = Marks(Checkpoint(EVER))
        walked: list[str] = []
        messages = Recovery(client).messages_since(scene.chat_id, marks.is_new)
        sim.clear_requests()
        async for message in messages:
            marks.take(message)
            walked.append(message.id)
        written = [message["id"] for message in scene.world.messages[scene.chat_id]]
        assert sorted(set(walked), key=walked.index) == written
        assert len(sim.requests) < 2.1 * len(written)


async def test_late_is_seen_from_the_earlier_of_two_clocks() -> None:
    now = datetime.now(UTC)
    assert before_late(now - timedelta(days=5)) == now - timedelta(days=5) - LATE
    assert before_late(now + timedelta(days=5)) <= datetime.now(UTC) - LATE
    assert before_late(EVER) == EVER


async def test_chats_are_told_with_what_was_missed_in_them(scene: Scene) -> None:
    async with scene.listening() as events:
        scene.sim.sockets.drop()
        scene.say("missed")
        heard = await scene.heard(events)
    assert kinds(heard) == ["MessageCreated"]
    assert ChatUpserted(chat_id=scene.chat_id, recovered=True) in heard
