"""The checker can fail: each kind of fault is planted by hand, and has to be found."""

from collections.abc import Callable
from functools import cache
from typing import TypeVar

import pytest
from attrs import evolve

from beeper_async import (
    Event,
    MessageChanged,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    MessageUpserted,
    ReactionAdded,
    ReactionRemoved,
    SendStatusChanged,
)

from .lies import Lies
from .picture import Delivered, compare
from .player import Game, Result, play
from .store import Message

E = TypeVar("E", bound=Event)


@cache
def game() -> Result:
    """Play a game in which nothing goes wrong, and much happens."""
    lies = evolve(Lies.none(), own=0.1, late_below=0.05, new_chats=0.03, marked_deleted=0.5)
    result = play(Game(seed=5, acts=300, lies=lies))
    assert result.findings.faults == []
    return result


def message_of(one: Delivered) -> Message:
    """Return the message that an event is about."""
    assert isinstance(one.event, MessageUpserted | MessageDeleted)
    message = game().facts.store.chats[one.event.chat_id].find(one.event.message_id)
    assert message is not None
    return message


def story_of(message: Message) -> list[Delivered]:
    """Return all that was delivered about a message."""
    kinds = (MessageUpserted, MessageDeleted)
    found = [one for one in game().delivered if isinstance(one.event, kinds)]
    return [one for one in found if message_of(one) is message]


def last(kind: type[Event], fits: Callable[[Delivered], bool] = lambda _: True) -> Delivered:
    """Return the last event of a class that fits, about a message that is still there."""
    found = [one for one in game().delivered if type(one.event) is kind]
    alive = [one for one in found if kind is MessageDeleted or not message_of(one).is_deleted]
    return [one for one in alive if fits(one)][-1]


def is_alone(one: Delivered) -> bool:
    """Whether nothing else was delivered about a message."""
    return len(story_of(message_of(one))) == 1


def is_latest(one: Delivered) -> bool:
    """Whether nothing was delivered about a message later on."""
    return story_of(message_of(one))[-1] is one


def kinds_with(delivered: list[Delivered]) -> dict[str, int]:
    """Return what is found in such a list of events."""
    return dict(compare(delivered, game().facts).counts)


def without(*left_out: Delivered) -> list[Delivered]:
    """Return the events of the game without some."""
    return [one for one in game().delivered if one not in left_out]


def instead(one: Delivered, *events: Event) -> list[Delivered]:
    """Return the events of the game with others in the place of one."""
    place = game().delivered.index(one)
    others = [evolve(one, event=event) for event in events]
    return [*game().delivered[:place], *others, *game().delivered[place + 1 :]]


def test_what_was_delivered_is_right() -> None:
    assert kinds_with(list(game().delivered)) == {}


def test_a_message_that_is_never_delivered_is_missing() -> None:
    assert kinds_with(without(last(MessageCreated, is_alone))) == {"missing": 1}


def test_a_message_without_its_creation_has_a_wrong_label() -> None:
    edited = last(MessageEdited, lambda one: game().facts.is_news(message_of(one)))
    created = story_of(message_of(edited))[0]
    assert kinds_with(without(created)) == {"label": 1}


def test_a_message_created_a_second_time_is_found() -> None:
    created = last(MessageCreated, is_alone)
    assert kinds_with(instead(created, created.event, created.event)) == {"twice": 1}


def test_a_message_created_again_under_its_final_id_is_found() -> None:
    arrived = last(SendStatusChanged, is_latest)
    assert isinstance(arrived.event, SendStatusChanged)
    assert arrived.event.previous_id is not None
    created = MessageCreated(message=arrived.event.message)
    assert kinds_with(instead(arrived, created)) == {"twice": 1}


def test_a_final_id_that_is_never_delivered_is_found() -> None:
    assert kinds_with(without(last(SendStatusChanged, is_latest))) == {"state": 1}


@pytest.mark.parametrize("kind", [MessageEdited, ReactionAdded, ReactionRemoved])
def test_a_lost_change_is_found(kind: type[Event]) -> None:
    assert kinds_with(without(last(kind, is_latest))) == {"state": 1}


def test_a_lost_deletion_is_found() -> None:
    assert kinds_with(without(last(MessageDeleted))) == {"deletion": 1}


def test_a_deletion_that_never_was_is_found() -> None:
    created = last(MessageCreated, is_alone)
    message = message_of(created)
    deleted = MessageDeleted(chat_id=message.chat.id, message_id=message.id)
    assert kinds_with(instead(created, created.event, deleted)) == {"invented": 1}


def test_a_message_that_comes_back_is_found() -> None:
    deleted = last(MessageDeleted, lambda one: len(story_of(message_of(one))) > 1)
    before = story_of(message_of(deleted))[-2].event
    assert isinstance(before, MessageUpserted)
    back = MessageChanged(message=before.message)
    assert kinds_with(instead(deleted, deleted.event, back)) == {"invented": 1, "deletion": 1}


@pytest.mark.parametrize("kind", [ReactionAdded, ReactionRemoved])
def test_a_reaction_that_changes_too_often_is_found(kind: type[Event]) -> None:
    one = last(kind)
    assert kinds_with(instead(one, one.event, one.event)) == {"invented": 1}


def test_a_removed_reaction_that_never_was_is_found() -> None:
    added = last(ReactionAdded)
    assert isinstance(added.event, ReactionAdded)
    reaction = evolve(added.event.reaction, participant_id="nobody")
    removed = ReactionRemoved(message=added.event.message, reaction=reaction)
    assert kinds_with(instead(added, added.event, removed)) == {"invented": 1}


def test_an_edit_that_never_was_is_found() -> None:
    created = last(MessageCreated, is_alone)
    assert isinstance(created.event, MessageCreated)
    message = evolve(created.event.message, text="never written")
    found = kinds_with(instead(created, created.event, MessageEdited(message=message)))
    assert found == {"invented": 1, "state": 1}


def test_history_that_is_delivered_as_new_is_found() -> None:
    created = last(MessageCreated, is_alone)
    assert isinstance(created.event, MessageCreated)
    old = next(
        one
        for one in game().facts.store.messages
        if one.made_at < 0 and len(one.log) == 1 and not one.reactions and not one.is_deleted
    )
    model = evolve(created.event.message, id=old.id, chat_id=old.chat.id, text=old.text)
    history = MessageCreated(message=model, recovered=False)
    assert kinds_with(instead(created, created.event, history))["invented"] == 1


def test_a_message_that_never_was_is_found() -> None:
    created = last(MessageCreated)
    assert isinstance(created.event, MessageCreated)
    other = MessageCreated(message=evolve(created.event.message, id="never"))
    assert kinds_with(instead(created, created.event, other)) == {"invented": 1}


def test_an_edit_under_a_wrong_label_is_found() -> None:
    edited = last(MessageEdited, lambda one: getattr(one.event, "before", None) is not None)
    assert isinstance(edited.event, MessageEdited)
    changed = MessageChanged(message=edited.event.message, before=edited.event.before)
    assert kinds_with(instead(edited, changed)) == {"label": 1}


def came_before_it_was_served(one: Delivered) -> bool:
    served = message_of(one).first_served
    return served is None or served > one.at


def test_a_live_message_marked_as_recovered_is_found() -> None:
    created = last(MessageCreated, came_before_it_was_served)
    assert kinds_with(instead(created, evolve(created.event, recovered=True))) == {"label": 1}


def test_a_message_that_no_frame_brought_is_not_live() -> None:
    created = last(MessageCreated, is_alone)
    message = message_of(created)
    sent, message.sent = message.sent, []
    try:
        assert kinds_with(list(game().delivered)) == {"label": 1}
    finally:
        message.sent = sent


def test_a_message_deleted_a_second_time_is_found() -> None:
    deleted = last(MessageDeleted)
    assert kinds_with(instead(deleted, deleted.event, deleted.event)) == {"twice": 1}


def test_a_lost_change_of_an_old_message_is_found() -> None:
    facts = game().facts
    changed = last(MessageChanged, lambda one: is_alone(one) and not facts.is_news(message_of(one)))
    assert kinds_with(without(changed)) == {"state": 1}
