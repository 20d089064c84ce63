"""What is remembered of a message tells what can be compared of it, and holds none of its text."""

from __future__ import annotations

from datetime import timedelta

import orjson
from hypothesis import given, strategies as st

from beeper_async.events.states import (
    UNDELIVERED,
    compact,
    digest_in,
    digest_of,
    entry_in,
    is_digest,
    is_new_unreadable,
    is_unreadable,
    message_in,
    reaction_digest,
    state_of,
    time_in,
    unreadable_state,
)
from beeper_async.models import Message
from beeper_async.models.attachment import Attachment

from ..live import NOON, message
from .material import messages, own, reaction

json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@given(messages)
def test_a_digest_survives_packing(one: Message) -> None:
    digest = digest_of(one)
    packed = digest.pack()
    assert is_digest(packed)
    assert digest_in(packed) == digest
    assert compact(packed) is packed
    assert (message_in(packed), entry_in(packed)) == (None, None)
    assert time_in(packed) == one.timestamp.timestamp()


@given(messages)
def test_a_message_and_its_frame_are_states_alike(one: Message) -> None:
    entry = one.to_dict()
    alone = state_of(one)
    frame = orjson.dumps({"type": "message.upserted", "chatID": one.chat_id, "entries": [entry]})
    for state in (alone, frame):
        assert not is_digest(state)
        assert not is_unreadable(state)
        assert message_in(state) == one
        assert entry_in(state) == entry
        assert digest_in(state) == digest_of(one)
        assert time_in(state) == one.timestamp.timestamp()
        assert compact(state) == digest_of(one).pack()


@given(one=messages, other=messages)
def test_digests_differ_where_what_is_compared_does(one: Message, other: Message) -> None:
    def compared(of: Message) -> object:
        files = [(file.id or file.file_name, file.type) for file in of.attachments or ()]
        reactions = {(r.participant_id, r.reaction_key) for r in of.reactions or ()}
        status = of.send_status and of.send_status.status
        times = of.timestamp, of.edited_timestamp
        return of.text, times, files, reactions, status, bool(of.is_deleted)

    assert (digest_of(one) == digest_of(other)) == (compared(one) == compared(other))


def test_a_digest_holds_no_text() -> None:
    one = message(text="the old mill", sender_name="Ada")
    assert b"mill" not in digest_of(one).pack()
    assert len(digest_of(one).pack()) < 30
    assert "mill" not in repr(digest_of(one))


def test_addresses_of_files_are_not_compared() -> None:
    one, other = (
        message(attachments=[Attachment(type="img", id="mxc://x/1", src_url=f"file:///{name}")])
        for name in "ab"
    )
    assert digest_of(one) == digest_of(other)
    assert digest_of(one) != digest_of(message(attachments=[]))


@given(raw=json, other=json)
def test_a_record_that_can_not_be_read(raw: object, other: object) -> None:
    new, old = unreadable_state(raw, is_old=False), unreadable_state(raw, is_old=True)
    for state in (new, old):
        assert is_unreadable(state)
        assert (digest_in(state), message_in(state), time_in(state)) == (None, None, None)
        assert compact(state) == state
    assert (is_new_unreadable(new), is_new_unreadable(old)) == (True, False)
    is_same = orjson.dumps(raw) == orjson.dumps(other)
    assert (unreadable_state(other, is_old=False) == new) == is_same


def test_what_was_not_delivered_is_new_when_it_can_be_read() -> None:
    assert is_new_unreadable(UNDELIVERED)
    assert digest_in(UNDELIVERED) is None


def test_a_sent_message_is_pending_until_the_network_has_it() -> None:
    assert digest_of(own(1, "PENDING")).is_pending
    for state in ("SUCCESS", "FAIL_RETRIABLE", None):
        assert not digest_of(own(1, state)).is_pending


def test_reactions_come_and_go() -> None:
    thumb = reaction("a", "👍")
    none, one = digest_of(message()), digest_of(message(reactions=[thumb]))
    assert none.with_reaction(reaction_digest(thumb)) == one
    assert one.without_reaction(reaction_digest(thumb)) == none
    assert reaction_digest(thumb) != reaction_digest(reaction("b", "👍"))
    assert reaction_digest(reaction("a", "b\0c")) == reaction_digest(reaction("a\0b", "c")), (
        "no participant has such an ID"
    )


def test_times_are_kept_to_the_microsecond() -> None:
    late = NOON + timedelta(microseconds=1)
    assert time_in(digest_of(message(timestamp=late)).pack()) == late.timestamp()
