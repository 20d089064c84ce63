"""What a stream tells of what happens, while nothing goes wrong with the connection."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from beeper_async import ClientUseError, InvalidInputError
from beeper_async.events.kinds import (
    AppStateUpdated,
    ChatDeleted,
    ChatUpserted,
    MessageChanged,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    ReactionAdded,
    ReactionRemoved,
    SendStatusChanged,
    UnknownEvent,
)
from beeper_async.testing import Simulator

from .listening import Json, Room, client_of, kinds, of_type, texts, turns, until, upto

pytestmark = pytest.mark.asyncio


async def test_messages_are_told_as_they_are_written(room: Room) -> None:
    async with room.listening() as events:
        said = room.say("Has anybody seen my keys?")
        created, chat = await room.take(events, 2)
        assert isinstance(created, MessageCreated)
        assert created.message.to_dict() == said
        assert (created.chat_id, created.message_id) == (room.chat_id, said["id"])
        assert (created.is_own, created.before, created.recovered) == (False, None, False)
        assert created.at is not None
        assert isinstance(created.seq, int)
        assert chat == ChatUpserted(chat_id=room.chat_id, at=chat.at, seq=created.seq + 1)
        assert events.connected
        assert (events.reconnects, events.last_gap) == (0, None)
    assert not events.connected


async def test_what_happens_to_a_message(room: Room) -> None:
    others, chat_id = room.world.people, room.chat_id
    async with room.listening() as events:
        said = room.say("six")["id"]
        others.edit(chat_id, said, "seven")
        others.react(chat_id, said, "👍")
        others.unreact(chat_id, said, "👍")
        room.world.mark_read(room.world.chats[chat_id])
        others.delete(chat_id, said)
        heard = [event for event in await room.heard(events) if not isinstance(event, ChatUpserted)]
    changed = [MessageCreated, MessageEdited, ReactionAdded, ReactionRemoved, MessageChanged]
    about = [event for event in heard if getattr(event, "message_id", None) == said]
    assert [type(event) for event in about] == [*changed, MessageDeleted]
    _, edited, added, removed, _, deleted = about
    assert isinstance(edited, MessageEdited)
    assert edited.before is not None
    assert (edited.before.text, edited.message.text) == ("six", "seven")
    assert isinstance(added, ReactionAdded)
    assert isinstance(removed, ReactionRemoved)
    assert added.reaction.reaction_key == removed.reaction.reaction_key == "👍"
    assert isinstance(deleted, MessageDeleted)
    assert deleted.before is not None
    assert deleted.before.text == "seven"


async def test_what_happens_to_a_message_from_before(room: Room) -> None:
    """Nobody knows how it was, and so what happened to it."""
    old = room.world.messages[room.chat_id][-1]["id"]
    async with room.listening() as events:
        room.world.people.react(room.chat_id, old, "👍")
        room.world.people.react(room.chat_id, old, "🎉")
        first, second = await room.take(events, 2)
    assert isinstance(first, MessageChanged)
    assert first.before is None
    assert isinstance(second, ReactionAdded)


async def test_a_change_to_an_old_message_makes_nothing_new(room: Room) -> None:
    """Else all that was written after it would seem to be."""
    chat_id = room.idle_id
    old = room.world.messages[chat_id][0]["id"]
    async with room.listening() as events:
        room.world.people.react(chat_id, old, "👍")
        await room.heard(events)
        room.sim.sockets.lose_next(2)
        room.say("the only new one", chat_id=chat_id)
        assert texts(await room.heard(events)) == ["the only new one"]
        saved = events.checkpoint()
    async with room.client.events(since=saved) as again:
        assert texts(await room.heard(again, live=False)) == []


async def test_own_messages_and_what_becomes_of_them(room: Room) -> None:
    room.world.hold_sends = True
    async with room.listening() as events:
        # Alike, and both under way: they are two all the same.
        first, second = room.send("pong")[1], room.send("pong")[1]
        room.world.fail_send(room.chat_id, first)
        room.world.confirm_send(room.chat_id, second)
        heard = await room.heard(events)
    assert kinds(heard) == ["MessageCreated"] * 2 + ["SendStatusChanged"] * 2
    assert [one.message_id for one in of_type(heard, MessageCreated)] == [first, second]
    assert all(one.is_own for one in of_type(heard, MessageCreated))
    failed, arrived = of_type(heard, SendStatusChanged)
    assert (failed.message_id, failed.previous_id) == (first, None)
    assert arrived.previous_id == second
    assert arrived.message_id == room.world.messages[room.chat_id][-1]["id"]


async def test_a_pending_message_that_is_told_after_its_final_id(room: Room) -> None:
    room.world.hold_sends = True
    async with room.listening() as events:
        room.sim.sockets.lose_next(2)
        pending, pending_id = room.send("once")
        told: Json = {"type": "message.upserted", "chatID": room.chat_id, "ids": [pending_id]}
        told["entries"] = [dict(pending)]
        final = room.world.confirm_send(room.chat_id, pending_id)
        room.sim.sockets.send(told, numbered=True)
        heard = await room.heard(events)
    assert kinds(heard) == ["MessageCreated"]
    assert [one.message_id for one in of_type(heard, MessageCreated)] == [final["id"]]


@pytest.mark.parametrize("version", ["4.3.73", "4.2.600"])
@pytest.mark.parametrize("entries", ["full", "partial", "none"])
async def test_however_much_an_event_has_of_a_message(
    entries: Literal["full", "partial", "none"], version: str, no_pauses: None
) -> None:
    """The rest is fetched; where the app has no call for one message, with the chat."""
    async with Simulator(app_version=version) as sim, client_of(sim) as client:
        room = Room(sim, client)
        sim.sockets.entries = entries
        async with asyncio.timeout(20), client.events() as events:
            room.say("one", "two")
            assert texts(await upto(events, "two")) == ["one", "two"]
            said = room.say("three")["id"]
            await upto(events, "three")
            room.world.people.react(room.chat_id, said, "👍")
            room.world.people.edit(room.chat_id, said, "four")
            room.say("five")
            heard = await upto(events, "five")
            assert len(of_type(heard, ReactionAdded)) == 1
            assert len(of_type(heard, MessageEdited)) == 1
            assert texts(heard) == ["five"]


async def test_an_event_that_names_messages_which_are_gone(room: Room) -> None:
    async with room.listening() as events:
        said = room.say("here")
        await room.heard(events)
        room.say(*map(str, range(30)))  # so that it is on no page that is read again
        await room.heard(events)
        with room.world.lock:
            said["text"] = "there"
        named = {"type": "message.upserted", "chatID": room.chat_id}
        room.sim.sockets.send({**named, "ids": ["gone", said["id"]]}, numbered=True)
        heard = await room.heard(events)
    assert kinds(heard) == ["MessageEdited"], "the first must not hide the second"


async def test_names_of_messages_that_the_app_can_not_tell_at_the_moment(room: Room) -> None:
    room.sim.sockets.entries = "none"
    async with room.listening() as events:
        path = f"/v1/chats/{room.chat_id}/messages/*"
        room.sim.respond_next(503, headers={"Retry-After": "0.001"}, times=5, path=path)
        room.say("patience")
        assert texts(await room.heard(events)) == ["patience"]


@pytest.mark.parametrize("renumbered", [False, True])
async def test_what_is_told_twice_comes_once(renumbered: bool, room: Room) -> None:
    async with room.listening() as events:
        room.sim.sockets.repeat_next(6, renumbered=renumbered)
        said = room.say("once")
        room.world.people.react(room.chat_id, said["id"], "👍")
        room.world.people.delete(room.chat_id, said["id"])
        heard = await room.heard(events)
    assert kinds(heard) == ["MessageCreated", "ReactionAdded", "MessageDeleted"]


async def test_what_is_told_in_the_wrong_order_comes_in_the_right_one(room: Room) -> None:
    async with room.listening() as events:
        room.world.change_chat(room.chat_id, isMuted=True)
        await room.heard(events)
        with room.world.lock:
            for text in ("one", "two", "three", "four"):
                room.sim.sockets.reorder_next()
                room.say(text)
        assert texts(await room.heard(events)) == ["one", "two", "three", "four"]


@pytest.mark.parametrize("timestamps", ["text", "milliseconds", "mixed"])
async def test_times_in_either_form(
    timestamps: Literal["text", "milliseconds", "mixed"], room: Room
) -> None:
    room.sim.sockets.timestamps = timestamps
    async with room.listening() as events:
        before = room.world.clock.now()
        room.say("now")
        first, second = await room.take(events, 2)
    for event in (first, second):
        assert event.at is not None
        assert before - timedelta(seconds=1) < event.at <= room.world.clock.now()


async def test_chats_and_the_app(room: Room) -> None:
    async with room.listening(app_state=True) as events:
        room.world.change_chat(room.chat_id, isMuted=True)
        room.world.remove_chat(room.idle_id)
        room.world.setup.reset()
        muted, removed, state = await room.take(events, 3)
    assert isinstance(muted, ChatUpserted)
    assert isinstance(removed, ChatDeleted)
    assert (muted.chat_id, removed.chat_id) == (room.chat_id, room.idle_id)
    assert isinstance(state, AppStateUpdated)
    assert state.state.state == "needs-login"


async def test_events_that_are_unknown_or_malformed(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "the old mill"
    odd: list[Any] = [
        {"type": "message.stream", "chatID": room.chat_id, "delta": secret},
        {"type": "message.upserted", "ids": ["no chat"], "text": secret},
        {"type": "message.upserted", "chatID": room.chat_id, "ids": 7, "entries": secret},
        {"type": "message.upserted", "chatID": room.chat_id, "entries": [secret, 1, None, {}]},
        {"type": "message.deleted", "chatID": room.chat_id, "ids": [secret, None]},
        {"type": "app.state.updated", "appState": secret},
        {"type": "chat.upserted", "chatID": 5, "ts": secret, "seq": "7"},
        {"type": "chat.upserted", "chatID": "c", "ts": 10**18, "seq": 1.5},
        {"type": "message.upserted", "chatID": room.chat_id, "ids": ["", ".", "a/../b", "?"]},
        {"type": "message.upserted", "chatID": "..", "ids": ["1"]},
        {"type": 5},
        {"type": "error", "code": "INTERNAL_ERROR", "message": secret},
        {"type": "subscriptions.updated", "requestID": "s99"},
        [secret],
        None,
    ]
    caplog.set_level(logging.INFO)
    async with room.listening() as events:
        for one in odd:
            room.sim.sockets.send(one)
        room.sim.sockets.send_raw(secret)
        room.sim.sockets.send_raw(secret.encode() + b"\xff")
        room.say("still here")
        heard = await room.heard(events)
    assert texts(heard) == ["still here"]
    unknown = of_type(heard, UnknownEvent)
    assert [one.type for one in unknown] == [
        "message.stream", "message.upserted", "app.state.updated", "chat.upserted",
        "message.upserted",
    ]  # fmt: skip
    assert unknown[0].data["delta"] == secret
    assert unknown[0].chat_id == room.chat_id
    assert secret not in caplog.text + repr(unknown)


async def test_late_messages_are_new_all_the_same(room: Room) -> None:
    """Networks deliver messages of the night in the morning, with the times of the night."""
    before = room.world.clock.now() - timedelta(hours=7)
    async with room.listening() as events:
        room.say("of the night", chat_id=room.idle_id, timestamp=wire(before))
        assert texts(await room.heard(events)) == ["of the night"]
        saved = events.checkpoint()
    room.say("of the night too", chat_id=room.idle_id, timestamp=wire(before))
    async with asyncio.timeout(20), room.client.events(since=saved) as again:
        assert texts(await room.heard(again)) == ["of the night too"]


async def test_a_message_that_belongs_before_others(room: Room) -> None:
    async with room.listening() as events:
        first = room.say("first")
        room.say("third")
        between = str(int(first["sortKey"]) + 1)
        second = room.say("second", sortKey=between, timestamp=first["timestamp"])
        assert texts(await room.heard(events)) == ["first", "third", "second"]
        room.world.people.react(room.chat_id, second["id"], "👍")
        room.sim.sockets.drop()
        room.say("fourth")
        assert texts(await room.heard(events)) == ["fourth"]


async def test_a_message_of_the_future_hides_nothing(no_pauses: None) -> None:
    async with Simulator(now=datetime.now(UTC)) as sim, client_of(sim) as client:
        room = Room(sim, client)
        async with room.listening() as events:
            room.say("of the future", timestamp=wire(datetime(2199, 1, 1, tzinfo=UTC)))
            room.say("of the present")
            room.say("elsewhere", chat_id=room.idle_id)
            assert len(texts(await room.heard(events))) == 3
            saved = events.checkpoint()
        assert saved.base < sim.world.clock.now() - timedelta(hours=1)
        room.say("a", chat_id=room.idle_id)
        room.say("b")
        async with asyncio.timeout(20), client.events(since=saved) as again:
            assert sorted(map(str, texts(await room.heard(again)))) == ["a", "b"]


def wire(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def test_a_slow_consumer_costs_a_recovery_and_no_message(room: Room) -> None:
    written = [str(number) for number in range(60)]
    async with room.listening(buffer=5) as events:
        for text in written:
            room.say(text)
        await until(lambda: events._inbox.last_dropped is not None)
        assert events._inbox.is_full
        assert events._inbox._items.qsize() <= 6
        assert events._outbox.qsize() <= 5
        assert texts(await room.heard(events), room.chat_id) == written
        assert events.last_gap is not None
        assert events.last_gap.reason in ("overflow", "sequence")


async def test_a_message_lost_right_behind_what_was_dropped(room: Room) -> None:
    """What was dropped had numbers too, or the next gap would not show."""
    async with room.listening(buffer=5) as events:
        for number in range(60):
            room.say(str(number))
        await turns()  # all of it is here, or dropped
        heard = await upto(events, "59")
        await until(lambda: events.last_gap is not None)
        room.sim.sockets.lose_next(2)
        room.say("lost")
        room.say("not lost")
        heard += await upto(events, "not lost")
    assert texts(heard, room.chat_id)[-3:] == ["59", "lost", "not lost"]


async def test_what_waited_while_it_was_read_anew_tells_nothing(room: Room) -> None:
    """An event of a state before one that was told already would take things back."""
    async with room.listening(buffer=20) as events:
        for number in range(11):
            room.say(
                str(number)
            )  # with the chat's these are two more than the consumer's queue has
        await until(lambda: events._outbox.full())
        arrived = events._inbox.arrived
        room.sim.sockets.lose_next()
        room.world.change_chat(room.other_id, isMuted=True)
        said = room.say("hello", chat_id=room.other_id)
        room.world.people.react(room.other_id, said["id"], "👍")
        await until(lambda: events._inbox.arrived == arrived + 3)
        heard = [event for event in await room.heard(events) if event.recovered]
        late = await room.heard(events)
    assert [type(event) for event in heard] == [MessageCreated, ChatUpserted]
    assert late == []


async def test_what_makes_no_sense_is_refused(room: Room) -> None:
    for wrong in (
        {"heartbeat": 0.5}, {"heartbeat": None}, {"check_every": 0}, {"check_every": float("nan")},
        {"buffer": 0}, {"buffer": None}, {"buffer": 1.5},
    ):  # fmt: skip
        with pytest.raises(InvalidInputError):
            room.client.events(**wrong)
    with pytest.raises(InvalidInputError, match="time zone"):
        room.client.follow(room.chat_id, since=datetime(2026, 1, 1))
    outside = room.client.events()
    for wrong_use in (
        outside.wait_for(MessageCreated),
        outside.subscribe([]),
        anext(outside),
    ):
        with pytest.raises(ClientUseError, match="async with"):
            await wrong_use
    with pytest.raises(ClientUseError):
        outside.checkpoint()
    assert room.sim.requests == []
