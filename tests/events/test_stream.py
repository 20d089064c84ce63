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

from ..live import Json, Scene, client_of, kinds, of_type, settled, texts, upto

pytestmark = pytest.mark.asyncio


async def test_messages_are_told_as_they_are_written(scene: Scene) -> None:
    async with scene.listening() as events:
        said = scene.say("Has anybody seen my keys?")
        created, chat = await scene.take(events, 2)
        assert isinstance(created, MessageCreated)
        assert created.message.to_dict() == said
        assert (created.chat_id, created.message_id) == (scene.chat_id, said["id"])
        assert (created.is_own, created.before, created.recovered) == (False, None, False)
        assert created.at is not None
        assert isinstance(created.seq, int)
        assert chat == ChatUpserted(chat_id=scene.chat_id, at=chat.at, seq=created.seq + 1)
        assert events.connected
        assert (events.reconnects, events.last_gap) == (0, None)
    assert not events.connected


async def test_what_happens_to_a_message(scene: Scene) -> None:
    others, chat_id = scene.world.people, scene.chat_id
    async with scene.listening() as events:
        said = scene.say("six")["id"]
        others.edit(chat_id, said, "seven")
        others.react(chat_id, said, "👍")
        others.unreact(chat_id, said, "👍")
        scene.world.mark_read(scene.world.chats[chat_id])
        others.delete(chat_id, said)
        heard = [
            event for event in await scene.heard(events) if not isinstance(event, ChatUpserted)
        ]
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


async def test_what_happens_to_a_message_from_before(scene: Scene) -> None:
    """Its chat was read after the start, so what happened to it is known, but not how it was."""
    old = scene.world.messages[scene.chat_id][-1]["id"]
    async with scene.listening() as events:
        scene.world.people.react(scene.chat_id, old, "👍")
        (first,) = of_type(await scene.heard(events), ReactionAdded)
        scene.world.people.react(scene.chat_id, old, "🎉")
        (second,) = of_type(await scene.heard(events), ReactionAdded)
    assert first.before is None
    assert second.before is not None


async def test_a_change_to_an_old_message_makes_nothing_new(scene: Scene) -> None:
    """Else all that was written after it would seem to be."""
    chat_id = scene.idle_id
    old = scene.world.messages[chat_id][0]["id"]
    async with scene.listening() as events:
        scene.world.people.react(chat_id, old, "👍")
        await scene.heard(events)
        scene.sim.sockets.lose_next(2)
        scene.say("the only new one", chat_id=chat_id)
        assert texts(await scene.heard(events)) == ["the only new one"]
        saved = events.checkpoint()
    async with scene.client.events(since=saved) as again:
        assert texts(await scene.heard(again, live=False)) == []


async def test_own_messages_and_what_becomes_of_them(scene: Scene) -> None:
    scene.world.hold_sends = True
    async with scene.listening() as events:
        # Alike, and both under way: they are two all the same.
        first, second = scene.send("pong")[1], scene.send("pong")[1]
        heard = await scene.heard(events)
        scene.world.fail_send(scene.chat_id, first)
        scene.world.confirm_send(scene.chat_id, second)
        heard += await scene.heard(events)
    assert kinds(heard) == ["MessageCreated"] * 2 + ["SendStatusChanged"] * 2
    assert [one.message_id for one in of_type(heard, MessageCreated)] == [first, second]
    assert all(one.is_own for one in of_type(heard, MessageCreated))
    failed, arrived = of_type(heard, SendStatusChanged)
    assert (failed.message_id, failed.previous_id) == (first, None)
    assert arrived.previous_id == second
    assert arrived.message_id == scene.world.messages[scene.chat_id][-1]["id"]


async def test_own_messages_that_are_through_at_once(scene: Scene) -> None:
    """What became of them may be known before they are delivered: then that comes at once."""
    scene.world.hold_sends = True
    async with scene.listening() as events:
        first, second = scene.send("pong")[1], scene.send("pong")[1]
        scene.world.fail_send(scene.chat_id, first)
        final = scene.world.confirm_send(scene.chat_id, second)["id"]
        heard = await scene.heard(events)
    ids = {one.message_id: one.message_id for one in of_type(heard, MessageCreated)}
    assert len(of_type(heard, MessageCreated)) == 2
    for sent in of_type(heard, SendStatusChanged):
        ids[sent.previous_id or sent.message_id] = sent.message_id
    assert set(ids.values()) == {first, final}


async def test_a_pending_message_that_is_told_after_its_final_id(scene: Scene) -> None:
    scene.world.hold_sends = True
    async with scene.listening() as events:
        scene.sim.sockets.lose_next(2)
        pending, pending_id = scene.send("once")
        told: Json = {"type": "message.upserted", "chatID": scene.chat_id, "ids": [pending_id]}
        told["entries"] = [dict(pending)]
        final = scene.world.confirm_send(scene.chat_id, pending_id)
        scene.sim.sockets.send(told, numbered=True)
        heard = await scene.heard(events)
    assert kinds(heard) == ["MessageCreated"]
    assert [one.message_id for one in of_type(heard, MessageCreated)] == [final["id"]]


@pytest.mark.parametrize("version", ["4.3.73", "4.2.600"])
@pytest.mark.parametrize("entries", ["full", "partial", "none"])
async def test_however_much_an_event_has_of_a_message(
    entries: Literal["full", "partial", "none"], version: str, no_pauses: None
) -> None:
    """The rest is fetched; where the app has no call for one message, with the chat."""
    async with Simulator(app_version=version) as sim, client_of(sim) as client:
        scene = Scene(sim, client)
        sim.sockets.entries = entries
        async with asyncio.timeout(20), client.events() as events:
            scene.say("one", "two")
            assert texts(await upto(events, "two")) == ["one", "two"]
            said = scene.say("three")["id"]
            await upto(events, "three")
            scene.world.people.react(scene.chat_id, said, "👍")
            scene.world.people.edit(scene.chat_id, said, "four")
            scene.say("five")
            heard = await upto(events, "five")
            assert len(of_type(heard, ReactionAdded)) == 1
            assert len(of_type(heard, MessageEdited)) == 1
            assert texts(heard) == ["five"]


async def test_an_event_that_names_messages_which_are_gone(scene: Scene) -> None:
    async with scene.listening() as events:
        said = scene.say("here")
        await scene.heard(events)
        scene.say(*map(str, range(30)))  # so that it is on no page that is read again
        await scene.heard(events)
        with scene.world.lock:
            said["text"] = "there"
        named = {"type": "message.upserted", "chatID": scene.chat_id}
        scene.sim.sockets.send({**named, "ids": ["gone", said["id"]]}, numbered=True)
        heard = await scene.heard(events)
    assert kinds(heard) == ["MessageEdited"], "the first must not hide the second"


async def test_names_of_messages_that_the_app_can_not_tell_at_the_moment(scene: Scene) -> None:
    scene.sim.sockets.entries = "none"
    async with scene.listening() as events:
        path = f"/v1/chats/{scene.chat_id}/messages/*"
        scene.sim.respond_next(503, headers={"Retry-After": "0.001"}, times=5, path=path)
        scene.say("patience")
        assert texts(await scene.heard(events)) == ["patience"]


@pytest.mark.parametrize("renumbered", [False, True])
async def test_what_is_told_twice_comes_once(renumbered: bool, scene: Scene) -> None:
    async with scene.listening() as events:
        scene.sim.sockets.repeat_next(6, renumbered=renumbered)
        said = scene.say("once")
        scene.world.people.react(scene.chat_id, said["id"], "👍")
        scene.world.people.delete(scene.chat_id, said["id"])
        heard = await scene.heard(events)
    assert kinds(heard) == ["MessageCreated", "ReactionAdded", "MessageDeleted"]


async def test_what_is_told_in_the_wrong_order_comes_in_the_right_one(scene: Scene) -> None:
    async with scene.listening() as events:
        scene.world.change_chat(scene.chat_id, isMuted=True)
        await scene.heard(events)
        with scene.world.lock:
            for text in ("one", "two", "three", "four"):
                scene.sim.sockets.reorder_next()
                scene.say(text)
        assert texts(await scene.heard(events)) == ["one", "two", "three", "four"]


@pytest.mark.parametrize("timestamps", ["text", "milliseconds", "mixed"])
async def test_times_in_either_form(
    timestamps: Literal["text", "milliseconds", "mixed"], scene: Scene
) -> None:
    scene.sim.sockets.timestamps = timestamps
    async with scene.listening() as events:
        before = scene.world.clock.now()
        scene.say("now")
        first, second = await scene.take(events, 2)
    for event in (first, second):
        assert event.at is not None
        assert before - timedelta(seconds=1) < event.at <= scene.world.clock.now()


async def test_chats_and_the_app(scene: Scene) -> None:
    async with scene.listening(app_state=True) as events:
        scene.world.change_chat(scene.chat_id, isMuted=True)
        scene.world.remove_chat(scene.idle_id)
        scene.world.setup.reset()
        muted, removed, state = await scene.take(events, 3)
    assert isinstance(muted, ChatUpserted)
    assert isinstance(removed, ChatDeleted)
    assert (muted.chat_id, removed.chat_id) == (scene.chat_id, scene.idle_id)
    assert isinstance(state, AppStateUpdated)
    assert state.state.state == "needs-login"


async def test_events_that_are_unknown_or_malformed(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "the old mill"
    odd: list[Any] = [
        {"type": "message.stream", "chatID": scene.chat_id, "delta": secret},
        {"type": "message.upserted", "ids": ["no chat"], "text": secret},
        {"type": "message.upserted", "chatID": scene.chat_id, "ids": 7, "entries": secret},
        {"type": "message.upserted", "chatID": scene.chat_id, "entries": [secret, 1, None, {}]},
        {"type": "message.deleted", "chatID": scene.chat_id, "ids": [secret, None]},
        {"type": "app.state.updated", "appState": secret},
        {"type": "chat.upserted", "chatID": 5, "ts": secret, "seq": "7"},
        {"type": "chat.upserted", "chatID": "c", "ts": 10**18, "seq": 1.5},
        {"type": "message.upserted", "chatID": scene.chat_id, "ids": ["", ".", "a/../b", "?"]},
        {"type": "message.upserted", "chatID": "..", "ids": ["1"]},
        {"type": 5},
        {"type": "error", "code": "INTERNAL_ERROR", "message": secret},
        {"type": "subscriptions.updated", "requestID": "s99"},
        [secret],
        None,
    ]
    caplog.set_level(logging.INFO)
    async with scene.listening() as events:
        for one in odd:
            scene.sim.sockets.send(one)
        scene.sim.sockets.send_raw(secret)
        scene.sim.sockets.send_raw(secret.encode() + b"\xff")
        scene.say("still here")
        heard = await scene.heard(events)
    assert texts(heard) == ["still here"]
    unknown = of_type(heard, UnknownEvent)
    assert [one.type for one in unknown] == [
        "message.stream", "message.upserted", "app.state.updated", "chat.upserted",
        "message.upserted",
    ]  # fmt: skip
    assert unknown[0].data["delta"] == secret
    assert unknown[0].chat_id == scene.chat_id
    assert secret not in caplog.text + repr(unknown)


async def test_integers_beyond_64_bits_are_exact(scene: Scene) -> None:
    files = [{"type": "img", "id": "mxc://x/1", "fileSize": 10**30}]
    async with scene.listening() as events:
        message_id = scene.say("huge", attachments=files)["id"]
        (created,) = of_type(await scene.heard(events), MessageCreated)
        scene.world.people.react(scene.chat_id, message_id, "👍")
        (reacted,) = of_type(await scene.heard(events), ReactionAdded)
    assert created.message.to_dict()["attachments"] == files
    assert reacted.message.to_dict()["attachments"] == files
    assert reacted.before == created.message


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("extra", [10**30, nested(400)], ids=["large", "nested"])
@pytest.mark.parametrize("together", [False, True])
async def test_fields_that_are_unknown_and_odd(extra: Any, together: bool, scene: Scene) -> None:
    """Messages that hold them are read on pages, and come several in one event."""
    async with scene.listening() as events:
        scene.sim.sockets.lose_next(4)
        entries = [scene.say("one", extra=extra), scene.say("two")]
        if together:
            told: Json = {"type": "message.upserted", "chatID": scene.chat_id}
            told["ids"] = [entry["id"] for entry in entries]
            scene.sim.sockets.send({**told, "entries": entries}, numbered=True)
        heard = await scene.heard(events)
    assert sorted(map(str, texts(heard))) == ["one", "two"]


async def test_late_messages_are_new_all_the_same(scene: Scene) -> None:
    """Networks deliver messages of the night in the morning, with the times of the night."""
    before = scene.world.clock.now() - timedelta(hours=7)
    async with scene.listening() as events:
        scene.say("of the night", chat_id=scene.idle_id, timestamp=wire(before))
        assert texts(await scene.heard(events)) == ["of the night"]
        await scene.heard(events)  # the last event is acknowledged when another one is asked for
        saved = events.checkpoint()
    scene.say("of the night too", chat_id=scene.idle_id, timestamp=wire(before))
    async with asyncio.timeout(20), scene.client.events(since=saved) as again:
        assert texts(await scene.heard(again)) == ["of the night too"]


async def test_a_message_that_belongs_before_others(scene: Scene) -> None:
    async with scene.listening() as events:
        first = scene.say("first")
        scene.say("third")
        between = str(int(first["sortKey"]) + 1)
        second = scene.say("second", sortKey=between, timestamp=first["timestamp"])
        assert texts(await scene.heard(events)) == ["first", "third", "second"]
        scene.world.people.react(scene.chat_id, second["id"], "👍")
        scene.sim.sockets.drop()
        scene.say("fourth")
        assert texts(await scene.heard(events)) == ["fourth"]


async def test_a_message_of_the_future_hides_nothing(no_pauses: None) -> None:
    async with Simulator(now=datetime.now(UTC)) as sim, client_of(sim) as client:
        scene = Scene(sim, client)
        async with scene.listening() as events:
            scene.say("of the future", timestamp=wire(datetime(2199, 1, 1, tzinfo=UTC)))
            scene.say("of the present")
            scene.say("elsewhere", chat_id=scene.idle_id)
            assert len(texts(await scene.heard(events))) == 3
            await scene.heard(events)  # which acknowledges all of them
            saved = events.checkpoint()
        scene.say("a", chat_id=scene.idle_id)
        scene.say("b")
        async with asyncio.timeout(20), client.events(since=saved) as again:
            assert sorted(map(str, texts(await scene.heard(again)))) == ["a", "b"]


def wire(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def test_a_slow_consumer_costs_neither_a_message_nor_a_recovery(scene: Scene) -> None:
    written = [str(number) for number in range(60)]
    async with scene.listening(buffer=5) as events:
        for text in written:
            scene.say(text)
        await settled()
        assert len(events._outbox) <= 5
        heard = await scene.heard(events)
        assert texts(heard, scene.chat_id) == written
        assert scene.chat_id in [one.chat_id for one in of_type(heard, ChatUpserted)]
        assert events.last_gap is None


async def test_a_slow_consumer_loses_only_passing_states(scene: Scene) -> None:
    async with scene.listening(buffer=5) as events:
        said = scene.say("here")
        for number in range(60):
            scene.say(str(number))
            scene.world.people.edit(scene.chat_id, said["id"], f"edit {number}")
        await settled()
        heard = await scene.heard(events)
    edits = [one.message.text for one in of_type(heard, MessageEdited)]
    assert edits[-1] == "edit 59"
    assert len(edits) < 60
    assert texts(heard, scene.chat_id)[1:] == [str(number) for number in range(60)]


async def test_what_makes_no_sense_is_refused(scene: Scene) -> None:
    wrong: dict[str, Any]
    for wrong in (
        {"heartbeat": 0.5}, {"heartbeat": None}, {"check_every": 0}, {"check_every": float("nan")},
        {"buffer": 0}, {"buffer": None}, {"buffer": 1.5},
    ):  # fmt: skip
        with pytest.raises(InvalidInputError):
            scene.client.events(**wrong)
    with pytest.raises(InvalidInputError, match="time zone"):
        scene.client.follow(scene.chat_id, since=datetime(2026, 1, 1))
    outside = scene.client.events()
    for wrong_use in (outside.subscribe([]), anext(outside)):
        with pytest.raises(ClientUseError, match="async with"):
            await wrong_use
    with pytest.raises(ClientUseError):
        outside.checkpoint()
    with pytest.raises(ClientUseError):
        await outside.wait_for(MessageCreated)
    assert scene.sim.requests == []
