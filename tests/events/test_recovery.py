"""Reading over HTTP what the socket lost: nothing is passed over, whatever moves meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from beeper_async import NotFoundError
from beeper_async.events import reader
from beeper_async.events.kinds import ChatUpserted, MessageCreated, MessageDeleted, MessageEdited
from beeper_async.events.ledger import Ledger, no_time
from beeper_async.events.placement import place
from beeper_async.events.reader import Reader
from beeper_async.testing import Simulator, listing_faults as modes

from ..live import DEADLINE, Scene, caught_up, client_of, kinds, of_type, texts, until, upto

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
        # The last one came as it happened, and waited until the others were there.
        recovered = [event.recovered for event in of_type(heard, MessageCreated)]
        assert recovered == [True, True, False]
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
    assert deleted == [second], "what came and went within the gap is nothing"


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
    async with scene.client.events(check_every=1, heartbeat=1) as events:
        await caught_up(events)
        scene.sim.clear_requests()
        await until(lambda: len(scene.sim.requests) >= 2)
        assert await caught_up(events) == []
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
            # The first was handed out last, so it was not acknowledged.
            assert texts(await upto(events, "the second")) == ["the first", "the second"]


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
    """Others do not suffer from it, its live events come, and the rest does when it can be read."""
    async with scene.listening() as events:
        scene.sim.set_listing_faults(modes.StuckHead(), listing="messages.list")
        scene.sim.sockets.drop()
        scene.say(*map(str, range(40)))
        scene.say("meanwhile", chat_id=scene.other_id)
        async with asyncio.timeout(DEADLINE):
            heard = await upto(events, "meanwhile")
            await until(lambda: scene.chat_id in events.behind)
            scene.say("live")
            heard += await upto(events, "live")
        assert set(events.behind) == {scene.chat_id}
        assert texts(heard, scene.chat_id)[-1] == "live"
        scene.sim.clear_listing_faults()
        heard += await scene.heard(events)
        everything = sorted([*map(str, range(40)), "live"])
        assert sorted(map(str, texts(heard, scene.chat_id))) == everything
        assert events.behind == {}
    warnings = [one for one in caplog.records if "caught up" in one.message]
    assert [one.levelname for one in warnings] == ["WARNING"]


async def test_a_list_of_chats_that_leads_in_circles(scene: Scene) -> None:
    async with scene.listening() as events:
        saved = events.checkpoint()
    scene.say("missed")
    scene.sim.set_listing_faults(modes.StuckHead(), listing="chats.list")
    async with asyncio.timeout(DEADLINE), scene.client.events(since=saved) as events:
        scene.say("found all the same")
        heard = await upto(events, "found all the same")
        assert texts(heard, scene.chat_id) == ["missed", "found all the same"]


async def test_a_chat_that_rises_while_chats_are_walked(scene: Scene) -> None:
    """It falls between two pages; its live message must not hide what was missed before it."""
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


async def test_a_chat_that_is_gone(scene: Scene) -> None:
    wanted = [scene.chat_id, scene.other_id, scene.fence_id]
    async with scene.listening(wanted) as events:
        scene.world.remove_chat(scene.other_id)
        scene.sim.sockets.drop()
        scene.say("here")
        assert texts(await scene.heard(events)) == ["here"]
        assert events.behind == {}


async def test_a_chat_that_goes_while_its_history_is_read(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_KEPT_PAGES", 1)
    scene.say(*map(str, range(100)))
    async with asyncio.timeout(DEADLINE), scene.client.follow(scene.chat_id) as events:
        await anext(events)  # of the oldest page; the others are to be fetched once more
        scene.world.remove_chat(scene.chat_id)
        async for event in events:
            if event.recovered is False:
                break  # that the chat is gone arrived, and the stream did not end by it


async def test_all_chats_are_read_page_by_page(no_pauses: None) -> None:
    async with Simulator(chats=230) as sim, client_of(sim) as client:
        scene = Scene(sim, client)
        async with scene.listening() as events:
            saved = events.checkpoint()
        all_chats = [chat["id"] for chat in sim.world.by_activity() if not chat.get("merge")]
        chats = [one for one in all_chats if one != scene.fence_id][::23]
        for chat_id in chats:
            scene.say("missed", chat_id=chat_id)
        async with asyncio.timeout(DEADLINE), client.events(since=saved) as events:
            heard = of_type(await scene.heard(events), MessageCreated)
        found = [one.chat_id for one in heard if one.message.text == "missed"]
        assert sorted(found) == sorted(chats)


async def test_a_new_stream_reads_little_before_it_is_there(no_pauses: None) -> None:
    async with Simulator(chats=230) as sim, client_of(sim) as client:
        async with client.events():
            paths = [one.path for one in sim.requests]
        assert len([one for one in paths if one == "/v1/chats"]) <= 2
        assert len(paths) <= 20


async def test_a_chat_by_its_local_id(scene: Scene) -> None:
    local = scene.world.chats[scene.chat_id]["localChatID"]
    async with scene.listening([local, scene.fence_id]) as events:
        scene.say("live")
        assert texts(await scene.heard(events)) == ["live"]
        scene.sim.sockets.drop()
        scene.say("missed")
        assert texts(await scene.heard(events)) == ["missed"]


async def test_a_long_history_is_not_held_in_memory(
    no_pauses: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_KEPT_PAGES", 5)
    async with Simulator(page_size=1) as sim, client_of(sim) as client:
        scene = Scene(sim, client)
        scene.say(*map(str, range(120)))
        ledger = Ledger(scene.chat_id, no_time())
        created: list[str] = []
        longest = 0
        sim.clear_requests()
        async for stretch in Reader(client, lambda: 0.0, 10.0).newest(ledger, is_deep=False):
            longest = max(longest, len(stretch.items))
            created += [item.id for item in place(ledger, stretch).created]
        written = [message["id"] for message in scene.world.messages[scene.chat_id]]
        assert created == written
        assert longest <= 6
        assert len(sim.requests) < 2.1 * len(written)


async def test_chats_are_told_with_what_was_missed_in_them(scene: Scene) -> None:
    async with scene.listening() as events:
        scene.sim.sockets.drop()
        scene.say("missed")
        heard = await scene.heard(events)
    assert kinds(heard) == ["MessageCreated"]
    assert ChatUpserted(chat_id=scene.chat_id, recovered=True) in heard


async def test_an_app_is_not_too_old_because_a_known_message_is_gone(scene: Scene) -> None:
    """A first 404 may come from an app without the call for single messages, so that is checked."""
    async with scene.listening() as events:
        newest = scene.say("one")["id"]
        await scene.heard(events)
        core = events._core
        assert core is not None
        ledger = core.ledgers.of(scene.chat_id)
        await core.reconciler.read(ledger)
        scene.sim.sockets.lose_next(2)
        with scene.world.lock:
            scene.world.messages[scene.chat_id].pop()
        with pytest.raises(NotFoundError):
            await core.reader.message(ledger, "no such message")
        with pytest.raises(NotFoundError):
            await core.reader.message(ledger, newest)
