"""What comes of each lie of an app: everything is delivered once, and nothing else.

The simulator plays the lies (docs/lying_app.md). Each test is one that a live app told.
"""

from __future__ import annotations

import asyncio
import logging

import pytest

from beeper_async import Checkpoint
from beeper_async.events import stream
from beeper_async.events.kinds import (
    Event,
    MessageChanged,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    ReactionAdded,
    ReactionRemoved,
    UnknownEvent,
)
from beeper_async.events.schedule import Schedule
from beeper_async.events.stream import EventStream
from beeper_async.testing.world.sort_keys import SORT_KEYS, SortKeys

from ..live import DEADLINE, Scene, caught_up, kinds, of_type, settled, texts, until, upto

pytestmark = pytest.mark.asyncio


@pytest.fixture(autouse=True)
def _quick(no_pauses: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let streams check soon what they check after seconds otherwise."""
    quick = Schedule(
        looks=(0.02, 0.2),
        look_gap=0.01,
        deep_every=0.05,
        shortest_backoff=0.001,
        longest_backoff=0.02,
    )
    monkeypatch.setattr(stream, "USUAL", quick)


async def rest(events: EventStream) -> list[Event]:
    """What a stream delivers until no read is planned any more, but that of the list of chats."""
    core = events._core
    assert core is not None
    found = await caught_up(events)
    async with asyncio.timeout(DEADLINE):
        while core.reconciler._agenda._due:
            await asyncio.sleep(0.01)
            found += await caught_up(events)
    return found


async def some(events: EventStream, number: int) -> list[Event]:
    """What a stream delivers up to so many new messages, and the rest."""
    found: list[Event] = []
    async for event in events:
        found.append(event)
        if len(of_type(found, MessageCreated)) == number:
            return found + await rest(events)
    raise AssertionError("the stream ended")


def found_later(events: list[Event]) -> dict[str | None, bool]:
    """Which of the new messages were backfilled, by text."""
    created = of_type(events, MessageCreated)
    return {one.message.text: one.recovered for one in created}


# -- events that are missing ----------------------------------------------------------------


async def test_an_event_that_was_never_sent_though_the_next_one_was(scene: Scene) -> None:
    async with scene.listening() as events:
        scene.sim.sockets.lose_next(4, silently=True)
        scene.say("one", "two", "three")
        heard = await some(events, 3)
        assert sorted(filter(None, texts(heard))) == ["one", "three", "two"]
        assert found_later(heard) == {"one": True, "two": True, "three": False}
        assert events.last_gap is not None
        assert events.last_gap.reason == "check"
        saved = events.checkpoint()
    async with scene.client.events(since=saved) as again:
        assert texts(await rest(again)) == []


async def test_an_event_that_was_never_sent_and_none_after_it(scene: Scene) -> None:
    async with scene.listening(check_every=1) as events:
        scene.sim.sockets.lose_next(2, silently=True)
        scene.say("the last one")
        heard = await some(events, 1)
    assert found_later(heard) == {"the last one": True}


async def test_a_silent_account_is_found_by_the_list_of_chats(scene: Scene) -> None:
    """Once it has shown that it is silent, the list is read for it more often."""
    account_id = scene.world.chats[scene.chat_id]["accountID"]
    scene.sim.sockets.silent_accounts.add(account_id)
    async with asyncio.timeout(DEADLINE), scene.client.events(check_silent_every=1) as events:
        await rest(events)
        scene.sim.sockets.drop()
        scene.say("one")
        heard = await some(events, 1)
        scene.say("two", "three")
        heard += await some(events, 2)
    assert texts(heard, scene.chat_id) == ["one", "two", "three"]
    assert all(found_later(heard).values())


async def test_an_account_that_pushes_events_is_not_silent(scene: Scene) -> None:
    """Else the list is read every 30 seconds once any message of it was in a gap."""
    async with scene.listening() as events:
        scene.say("live")
        await some(events, 1)
        scene.sim.sockets.drop()
        scene.say("in a gap")
        await some(events, 1)
        scene.say("live again")
        await some(events, 1)
        core = events._core
        assert core is not None
        assert core.chat_list._silent == set()


async def test_changes_in_a_gap_are_found_behind_the_newest_page(scene: Scene) -> None:
    chat_id, people = scene.chat_id, scene.world.people
    old = [one["id"] for one in scene.world.history.backfill(chat_id, 70)]
    async with scene.listening() as events:
        await rest(events)
        scene.sim.sockets.drop()
        people.edit(chat_id, old[5], "edited")
        people.react(chat_id, old[15], "🎉")
        people.delete(chat_id, old[25])
        scene.say("new")
        heard = await some(events, 1)
    assert sorted(kinds(heard)) == [
        *("MessageCreated", "MessageDeleted", "MessageEdited", "ReactionAdded")
    ]
    (edited,) = of_type(heard, MessageEdited)
    assert (edited.message_id, edited.message.text) == (old[5], "edited")
    (added,) = of_type(heard, ReactionAdded)
    assert (added.message_id, added.reaction.reaction_key) == (old[15], "🎉")
    assert [one.message_id for one in of_type(heard, MessageDeleted)] == [old[25]]
    assert edited.recovered
    assert added.recovered


# -- messages that arrive late, and odd sort keys ---------------------------------------------


@pytest.mark.parametrize("is_lost", [False, True])
@pytest.mark.parametrize("newer", [1, 3])
async def test_a_late_message_is_new(scene: Scene, newer: int, is_lost: bool) -> None:
    history = scene.world.history
    async with scene.listening() as events:
        scene.say(*"abcd")
        await some(events, 4)
        if is_lost:
            scene.sim.sockets.lose_next(2, silently=True)
        late = history.receive_below(scene.chat_id, "late", newer=newer)
        scene.say("next")
        heard = await some(events, 2)
    assert kinds(heard) == ["MessageCreated"] * 2
    assert found_later(heard) == {"late": is_lost, "next": False}
    assert late["id"] in [one.message_id for one in of_type(heard, MessageCreated)]


@pytest.mark.parametrize("is_lost", [False, True])
async def test_a_message_with_an_old_time_is_new(scene: Scene, is_lost: bool) -> None:
    async with scene.listening() as events:
        scene.say("before")
        await some(events, 1)
        if is_lost:
            scene.sim.sockets.lose_next(2, silently=True)
        scene.world.history.receive_old(scene.chat_id, "from yesterday")
        scene.say("next")
        heard = await some(events, 2)
    assert kinds(heard) == ["MessageCreated"] * 2
    assert found_later(heard) == {"from yesterday": is_lost, "next": False}


@pytest.mark.parametrize("kind", SORT_KEYS)
async def test_sort_keys_neither_lose_nor_replay(scene: Scene, kind: SortKeys) -> None:
    world, chat_id = scene.world, scene.chat_id
    world.history.backfill(chat_id, 30)
    world.sort_keys[chat_id] = kind
    async with scene.listening() as events:
        scene.say("live")
        heard = await some(events, 1)
        scene.sim.sockets.drop()
        scene.say("in a gap", "and another")
        heard += await some(events, 2)
        scene.sim.sockets.lose_next(2, silently=True)
        scene.say("lost", "told")
        heard += await some(events, 2)
        saved = events.checkpoint()
    scene.say("while away")
    async with scene.client.events(since=saved) as again:
        heard += await some(again, 1)
    assert kinds(heard) == ["MessageCreated"] * 6
    assert set(texts(heard)) == {
        *("live", "in a gap", "and another", "lost", "told", "while away"),
    }


async def test_other_sort_keys_for_known_messages_are_no_events(scene: Scene) -> None:
    chat_id = scene.chat_id
    async with scene.listening() as events:
        scene.say("one", "two")
        await some(events, 2)
        for kind in SORT_KEYS:
            scene.world.sort_keys[chat_id] = kind
            scene.sim.sockets.drop()
            scene.say(kind)
            assert kinds(await some(events, 1)) == ["MessageCreated"]
        saved = events.checkpoint()
    del scene.world.sort_keys[chat_id]
    async with scene.client.events(since=saved) as again:
        assert kinds(await rest(again)) == []


# -- apps and chats that fail -----------------------------------------------------------------


async def test_one_chat_that_fails_stops_no_other(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    broken, other = scene.chat_id, scene.other_id
    async with scene.listening() as events:
        scene.sim.fail_chat(broken)
        scene.sim.sockets.drop()
        scene.say("lost in the broken one", chat_id=broken)
        scene.say("lost in another", chat_id=other)
        found = await upto(events, "lost in another")
        await until(lambda: broken in events.behind)
        assert dict(events.behind) == {broken: "InternalServerError (500)"}
        scene.say("live in the broken one", chat_id=broken)
        live = (await upto(events, "live in the broken one"))[-1]
        assert isinstance(live, MessageCreated)
        assert not live.recovered
        scene.sim.heal_chat(broken)
        found += await upto(events, "lost in the broken one")
        found += await rest(events)
        assert dict(events.behind) == {}
    assert set(texts(found)) == {"lost in another", "lost in the broken one"}
    assert len(texts(found)) == 2
    warnings = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert len([one for one in warnings if "caught up" in one.getMessage()]) == 1


@pytest.mark.parametrize("path", ["/v1/ws", "/v1/chats*"])
async def test_an_app_that_starts_again_ends_nothing(scene: Scene, path: str) -> None:
    """Neither does a refused connection, nor a refused read of what is missing."""
    async with scene.listening() as events:
        scene.sim.clear_requests()
        scene.sim.refuse_while_starting(10, path)
        scene.sim.sockets.drop()
        scene.say("while it was away")
        assert texts(await some(events, 1)) == ["while it was away"]
        scene.say("live again")
        heard = await some(events, 1)
        assert found_later(heard) == {"live again": False}
        assert events.connected
    refused = [one for one in scene.sim.requests if one.path.startswith(path.rstrip("*"))]
    assert len(refused) > 10


async def test_a_record_that_cannot_be_decoded_until_it_can(scene: Scene) -> None:
    history, chat_id = scene.world.history, scene.chat_id
    async with scene.listening() as events:
        damaged = history.receive_damaged(chat_id, "hardly readable")
        scene.say("next")
        heard = await some(events, 1)
        assert sorted(kinds(heard)) == ["MessageCreated", "UnknownEvent"]
        (unknown,) = of_type(heard, UnknownEvent)
        assert unknown.data["id"] == damaged["id"]
        scene.sim.sockets.drop()
        assert kinds(await rest(events)) == []
        history.heal(chat_id, damaged["id"])
        heard = await some(events, 1)
        assert kinds(heard) == ["MessageCreated"]
        assert texts(heard) == ["hardly readable"]


# -- reactions --------------------------------------------------------------------------------


async def test_recovery_invents_no_removed_reactions(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page is on its way, and older than the event that arrives before it."""
    monkeypatch.setattr(
        stream, "USUAL", Schedule(looks=(0.02, 0.2), look_gap=0.01, just_read=0.001)
    )
    chat_id, sim = scene.chat_id, scene.sim
    path = f"/v1/chats/{chat_id}/messages"
    async with scene.listening() as events:
        said = scene.say("Cake?")["id"]
        await some(events, 1)
        sim.clear_requests()
        sim.respond_next(None, delay=0.2, path=path)
        scene.say("next")
        # The page is written as soon as its request is noted, and then held back.
        await until(lambda: path in [one.path for one in sim.requests])
        scene.world.people.react(chat_id, said, "👍")
        heard = await some(events, 1)
        sim.sockets.drop()
        heard += await rest(events)
    assert kinds(heard) == ["MessageCreated", "ReactionAdded"]
    (added,) = of_type(heard, ReactionAdded)
    assert (added.message_id, added.recovered) == (said, False)


async def test_a_slow_handler_loses_no_reaction(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only states in between may be missing, so the last one has to be right."""
    monkeypatch.setattr(stream, "USUAL", Schedule(just_read=0.001))  # no read helps
    chat_id, people, faces = scene.chat_id, scene.world.people, "👍🎉👀😂"
    others = scene.people(chat_id)[:3]
    async with scene.listening(buffer=5) as events:
        said = [scene.say(f"number {number}")["id"] for number in range(12)]
        for turn in range(60):
            one, face, person_id = said[turn % 12], faces[turn % 4], others[turn % 3]
            people.react(chat_id, one, face, person_id=person_id)
            if turn % 5 == 4:
                people.unreact(chat_id, one, face, person_id=person_id)
        await until(lambda: bool(events._outbox.is_full))
        await settled()
        picture = reactions_by(await upto(events, "number 11") + await caught_up(events))
    messages = {one["id"]: one for one in scene.world.messages[chat_id]}
    assert picture == {
        one: {(r["participantID"], r["reactionKey"]) for r in messages[one].get("reactions", ())}
        for one in said
    }


def reactions_by(events: list[Event]) -> dict[str, set[tuple[str, str]]]:
    """The reactions of new messages that events lead to, by the ID of the message."""
    found: dict[str, set[tuple[str, str]]] = {}
    for event in events:
        if isinstance(event, MessageCreated):
            reactions = event.message.reactions or ()
            found[event.message_id] = {(r.participant_id, r.reaction_key) for r in reactions}
        elif isinstance(event, ReactionAdded | ReactionRemoved):
            key = event.reaction.participant_id, event.reaction.reaction_key
            if isinstance(event, ReactionAdded):
                found[event.message_id].add(key)
            else:
                found[event.message_id].remove(key)
    return found


@pytest.mark.parametrize("lost", ["none", "target", "reaction", "both"])
async def test_a_reaction_that_is_also_a_message(scene: Scene, lost: str) -> None:
    chat_id, sockets = scene.chat_id, scene.sim.sockets
    scene.world.reaction_messages = True
    async with scene.listening(check_every=1) as events:
        said = scene.say("Cake?")["id"]
        await some(events, 1)
        if lost in ("target", "both"):
            sockets.lose_next(1, silently=True)
        if lost == "reaction":
            sockets.delay_next(0.001)
            sockets.lose_next(1, silently=True)
        if lost == "both":
            sockets.lose_next(1, silently=True)
        scene.world.people.react(chat_id, said, "👍")
        heard: list[Event] = []
        while not of_type(heard, ReactionAdded):
            heard.append(await anext(events))
        heard += await rest(events)
        heard += await scene.heard(events)  # acknowledges what was handed out last
        saved = Checkpoint.from_json(events.checkpoint().to_json())
    assert kinds(heard) == ["ReactionAdded"]
    (added,) = of_type(heard, ReactionAdded)
    assert (added.message_id, added.reaction.reaction_key) == (said, "👍")
    async with scene.client.events(since=saved) as again:
        assert of_type(await rest(again), ReactionAdded) == []


# -- events that are out of date --------------------------------------------------------------


async def test_an_event_that_is_out_of_date_undoes_nothing(scene: Scene) -> None:
    chat_id, people, sockets = scene.chat_id, scene.world.people, scene.sim.sockets
    async with scene.listening() as events:
        said = scene.say("six")["id"]
        await some(events, 1)
        sockets.hold_next(1)
        people.edit(chat_id, said, "seven")
        people.edit(chat_id, said, "eight")
        scene.say("next")
        heard = await some(events, 1)
        sockets.release()
        scene.say("and next")
        heard += await some(events, 1)
    assert [one.message.text for one in of_type(heard, MessageEdited)] == ["eight"]
    assert of_type(heard, MessageChanged) == []
