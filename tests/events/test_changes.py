"""What happened to a message, told from how it was and how it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, strategies as st

from beeper_async.events.changes import Known, happenings
from beeper_async.events.kinds import (
    MessageChanged,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    MessageUpserted,
    ReactionAdded,
    ReactionRemoved,
    SendStatusChanged,
)
from beeper_async.models import Message
from beeper_async.models.attachment import Attachment
from beeper_async.models.message import SendStatus
from beeper_async.models.reaction import Reaction

from ..live import NOON, message, of_type


def status(name: str) -> SendStatus:
    return SendStatus(status=name, timestamp=NOON)


def own(number: int = 1, state: str | None = "PENDING", **fields: Any) -> Message:
    told = None if state is None else status(state)
    return message(number, **{"is_sender": True, "send_status": told, "text": "hi", **fields})


people = st.sampled_from("abc")
reactions = st.dictionaries(st.tuples(people, st.sampled_from("👍🎉")), st.booleans()).map(
    lambda given: [
        Reaction(id=who + key, participant_id=who, reaction_key=key, emoji=emoji)
        for (who, key), emoji in given.items()
    ]
)
messages = st.builds(
    message,
    text=st.sampled_from([None, "", "one", "two"]),
    reactions=st.none() | reactions,
    edited_timestamp=st.sampled_from([None, NOON, NOON + timedelta(minutes=1)]),
    attachments=st.sampled_from(
        [None, [], [Attachment(type="img", id="mxc://x/1"), Attachment(type="unknown")]]
    ),
    is_unread=st.booleans() | st.none(),
    seen=st.none() | st.booleans(),
    send_status=st.sampled_from([None, status("PENDING"), status("SUCCESS")]),
    is_deleted=st.sampled_from([None, None, False, True]),
)


@given(message=messages, is_new=st.booleans())
def test_a_message_that_was_not_known(message: Message, is_new: bool) -> None:
    (event,) = happenings(message, None, is_new=is_new, at=NOON, seq=7, recovered=True)
    assert (event.at, event.seq, event.recovered) == (NOON, 7, True)
    if message.is_deleted:
        assert isinstance(event, MessageDeleted)
        assert event.message_id == message.id
    else:
        assert type(event) is (MessageCreated if is_new else MessageChanged)
        assert isinstance(event, MessageUpserted)
        assert event.message is message
        assert event.before is None


@given(before=messages, message=messages)
def test_the_events_lead_from_how_it_was_to_how_it_is(before: Message, message: Message) -> None:
    events = happenings(message, before, is_new=False)
    assert happenings(message, message, is_new=False) == []
    assert not of_type(events, MessageCreated)
    if message.is_deleted:
        assert len(events) == (0 if before.is_deleted else 1)
        return
    assert bool(events) == (message != before)
    for event in events:
        assert isinstance(event, MessageUpserted)
        assert (event.message, event.before) == (message, before)
    keys = {(r.participant_id, r.reaction_key) for r in before.reactions or ()}
    for event in events:
        if isinstance(event, ReactionAdded):
            keys.add((event.reaction.participant_id, event.reaction.reaction_key))
        elif isinstance(event, ReactionRemoved):
            keys.remove((event.reaction.participant_id, event.reaction.reaction_key))
    assert keys == {(r.participant_id, r.reaction_key) for r in message.reactions or ()}
    edited = (message.text, message.edited_timestamp) != (before.text, before.edited_timestamp)
    assert edited <= bool(of_type(events, MessageEdited))
    told = bool(of_type(events, SendStatusChanged))
    assert told == (message.send_status != before.send_status)
    assert len(of_type(events, MessageChanged)) in (0, int(len(events) == 1))


def test_addresses_of_files_change_without_an_edit() -> None:
    before = message(attachments=[Attachment(type="img", id="mxc://x/1", src_url="file:///a")])
    after = message(attachments=[Attachment(type="img", id="mxc://x/1", src_url="file:///b")])
    assert [type(e) for e in happenings(after, before, is_new=False)] == [MessageChanged]
    gone = message(attachments=[])
    assert [type(e) for e in happenings(gone, before, is_new=False)] == [MessageEdited]


def test_the_final_id_of_a_sent_message() -> None:
    pending, final = own(1), own(2, "SUCCESS")
    (event,) = happenings(final, pending, is_new=False)
    assert isinstance(event, SendStatusChanged)
    assert (event.previous_id, event.message_id) == ("1", "2")


# -- what is remembered -------------------------------------------------------------------------


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["put", "put", "remove"]), st.integers(0, 12), st.integers(0, 9)),
        max_size=60,
    ),
    most=st.integers(1, 8),
)
def test_what_is_forgotten_is_known_to_be_forgotten(
    steps: list[tuple[str, int, int]], most: int
) -> None:
    known, seen = Known(most), dict[str, Message | None]()
    for step, number, minutes in steps:
        one = message(number, timestamp=NOON + timedelta(minutes=minutes))
        if step == "put":
            known.put(one, known.get(one), 0)
            seen[one.id] = one
        else:
            before = seen.get(one.id)
            assert known.remove(one.chat_id, one.id) in (before, None)
            seen[one.id] = None
        assert len(known._messages) <= most
    for message_id, latest in seen.items():
        if latest is None:
            continue
        assert known.get(message(int(message_id))) in (latest, None)
        assert not known.is_gone(latest.chat_id, latest.id)
        if latest.timestamp > known.horizon:
            assert known.get(latest) == latest


def test_sent_messages_are_known_by_either_id() -> None:
    known = Known(10)
    known.put(own(1), None, 0)
    assert known.get(own(9, "SUCCESS", sort_key="1000")) == own(1), "the same place"
    assert known.get(own(9, "SUCCESS")) == own(1), "alike"
    assert known.get(own(9)) is None, "alike, but under way itself"
    assert known.get(own(9, "SUCCESS", text="other")) is None
    assert known.get(own(9, "SUCCESS", chat_id="elsewhere")) is None
    assert known.get(own(9, "SUCCESS", timestamp=NOON + timedelta(hours=1))) is None
    assert known.get(message(9, sort_key="1000", text="hi")) is None, "not an own one"
    known.put(own(9, "SUCCESS"), own(1), 0)
    assert known.get(own(8, "SUCCESS")) is None, "it has arrived"
    assert known.get(own(7, None, sort_key="9000")) == own(9, "SUCCESS"), "an old app tells less"


def test_who_sends_without_end_fills_no_memory() -> None:
    known = Known(10)
    for number in range(2500):
        known.put(own(number), None, 0)
    assert max(len(known._messages), len(known._own), len(known._pending)) <= 1000


LATER = NOON + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("before", "told", "number", "outdated"),
    [
        (message(), message(text="x"), 5, True),
        (message(), message(text="x"), 6, False),
        (message(edited_timestamp=NOON), message(), 6, True),
        (message(edited_timestamp=LATER), message(edited_timestamp=NOON), 6, True),
        (message(edited_timestamp=NOON), message(edited_timestamp=LATER), 6, False),
        (message(edited_timestamp=NOON), message(is_deleted=True), 6, False),
        (own(1, "SUCCESS"), own(1, "PENDING"), 6, True),
        (own(1, "SUCCESS"), own(2, "PENDING", sort_key="1000"), 6, True),
        (own(1, "FAIL_RETRIABLE"), own(1, "PENDING"), 6, False),
        (own(1, "PENDING"), own(1, "SUCCESS"), 6, False),
    ],
)
def test_which_states_were_overtaken(
    before: Message, told: Message, number: int, outdated: bool
) -> None:
    known = Known(10)
    known.put(before, None, as_of=5)
    assert known.get(told) == before
    assert known.is_outdated(told, before, number) == outdated


@given(offset=st.integers(0, 100))
def test_the_horizon_only_rises(offset: int) -> None:
    known, last = Known(1), datetime.min
    for number in (offset, 50, 3):
        one = message(number, timestamp=NOON + timedelta(minutes=number))
        known.put(evolve(one), None, 0)
        assert known.horizon.replace(tzinfo=None) >= last
        last = known.horizon.replace(tzinfo=None)
