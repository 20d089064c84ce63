"""What happened to a message, from how it was and how it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from beeper_async.events.changes import (
    RECOVERED,
    Source,
    is_earlier,
    is_pending,
    is_same,
    steps,
    unknown_change,
)
from beeper_async.events.kinds import (
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
from beeper_async.events.states import (
    UNDELIVERED,
    State,
    digest_in,
    digest_of,
    message_in,
    state_of,
    unreadable_state,
)
from beeper_async.models import Message
from beeper_async.models.attachment import Attachment

from ..live import NOON, message, of_type
from .material import at, messages, own, reaction

LIVE = Source(NOON, 7)
sources = st.sampled_from([LIVE, RECOVERED])


def happened(one: Message, state: State, source: Source = LIVE) -> list[Event]:
    return [event for event, _ in steps(one, state, source)]


def keys(of: Message) -> set[tuple[str, str]]:
    return {(one.participant_id, one.reaction_key) for one in of.reactions or ()}


@given(before=messages, now=messages, source=sources)
def test_the_events_lead_from_how_it_was_to_how_it_is(
    before: Message, now: Message, source: Source
) -> None:
    events = happened(now, state_of(before), source)
    assert happened(now, state_of(now), source) == []
    assert not of_type(events, MessageCreated)
    if before.is_deleted:
        assert events == []
        return
    if now.is_deleted:
        (gone,) = events
        assert isinstance(gone, MessageDeleted)
        assert (gone.message_id, gone.before) == (now.id, before)
        return
    is_different = digest_of(now).pack()[9:] != digest_of(before).pack()[9:]  # except the time
    assert bool(events) == (is_different or (source is LIVE and now != before))
    reactions = keys(before)
    for event in events:
        assert isinstance(event, MessageUpserted)
        assert (event.message, event.before) == (now, before)
        assert (event.at, event.seq, event.recovered) == (source.at, source.seq, source.recovered)
        if isinstance(event, ReactionAdded):
            assert event.reaction in (now.reactions or ())
            reactions.add((event.reaction.participant_id, event.reaction.reaction_key))
        elif isinstance(event, ReactionRemoved):
            reactions.remove((event.reaction.participant_id, event.reaction.reaction_key))
    assert reactions == keys(now)
    edited = (now.text, now.edited_timestamp) != (before.text, before.edited_timestamp)
    assert edited <= bool(of_type(events, MessageEdited))
    status = now.send_status and now.send_status.status
    status_before = before.send_status and before.send_status.status
    assert len(of_type(events, SendStatusChanged)) == (status != status_before)
    assert len(of_type(events, MessageChanged)) in (0, int(len(events) == 1))


@given(before=messages, now=messages, source=sources)
def test_a_digest_shows_the_same_except_how_it_was(
    before: Message, now: Message, source: Source
) -> None:
    """Which reaction was removed is not known any more, so that is a `MessageChanged`."""
    events = happened(now, digest_of(before).pack(), source)
    full = happened(now, state_of(before), source)
    if now.is_deleted or before.is_deleted:
        assert [type(event) for event in events] == [type(event) for event in full]
        return
    kinds = MessageEdited, ReactionAdded, SendStatusChanged
    for kind in kinds:
        assert len(of_type(events, kind)) == len(of_type(full, kind))
    assert not of_type(events, ReactionRemoved)
    assert len(of_type(events, MessageChanged)) == bool(of_type(full, ReactionRemoved))
    assert all(isinstance(one, MessageUpserted) and one.before is None for one in events)


@given(before=messages, now=messages, source=sources, as_digest=st.booleans())
def test_each_event_has_the_state_before_it(
    before: Message, now: Message, source: Source, as_digest: bool
) -> None:
    """A stream that resumes before any of them gets exactly that one and those after it again."""
    state = digest_of(before).pack() if as_digest else state_of(before)
    found = steps(now, state, source)
    assert [known for _, known in found][:1] == [state][: len(found)]
    for at_step in range(1, len(found)):
        rest = steps(now, found[at_step][1], source)
        kinds = [MessageChanged if type(e) is ReactionRemoved else type(e) for e, _ in rest]
        wanted = [
            MessageChanged if type(e) is ReactionRemoved else type(e) for e, _ in found[at_step:]
        ]
        # Of a digest, all removed reactions together are one change.
        assert list(dict.fromkeys(kinds)) == list(dict.fromkeys(wanted))


def test_read_receipts_are_compared_with_live_events_only() -> None:
    seen, unseen = message(seen=True), message(seen=False)
    assert [type(event) for event in happened(seen, state_of(unseen))] == [MessageChanged]
    assert happened(seen, state_of(unseen), RECOVERED) == []
    assert happened(seen, digest_of(unseen).pack()) == []


@pytest.mark.parametrize("state", [UNDELIVERED, unreadable_state({"id": "1"}, is_old=True)])
def test_what_could_not_be_read_has_no_changes(state: State) -> None:
    assert happened(message(), state) == []


def test_addresses_of_files_change_without_an_edit() -> None:
    before = message(attachments=[Attachment(type="img", id="mxc://x/1", src_url="file:///a")])
    after = message(attachments=[Attachment(type="img", id="mxc://x/1", src_url="file:///b")])
    assert [type(event) for event in happened(after, state_of(before))] == [MessageChanged]
    gone = message(attachments=[])
    assert [type(event) for event in happened(gone, state_of(before))] == [MessageEdited]


def test_the_final_id_of_a_sent_message() -> None:
    pending, final = own(1), own(2, "SUCCESS")
    ((event, before),) = steps(final, state_of(pending), LIVE, previous_id="1")
    assert isinstance(event, SendStatusChanged)
    assert (event.previous_id, event.message_id) == ("1", "2")
    assert message_in(before) == pending


def test_a_final_id_without_a_status_is_reported_too() -> None:
    ((event, _),) = steps(own(2, None), state_of(own(1, None)), LIVE, previous_id="1")
    assert isinstance(event, SendStatusChanged)
    assert event.previous_id == "1"


def test_several_changes_come_in_one_order() -> None:
    before = own(1, reactions=[reaction("a", "👍")])
    now = own(1, "SUCCESS", text="ho", reactions=[reaction("a", "🎉")])
    found = steps(now, state_of(before), LIVE)
    assert [type(event) for event, _ in found] == [
        MessageEdited, ReactionAdded, ReactionRemoved, SendStatusChanged,
    ]  # fmt: skip
    last = digest_in(found[-1][1])
    assert last is not None
    assert last.reactions == digest_of(now).reactions
    assert last.status == digest_of(before).status


@given(one=messages, other=messages)
def test_the_same_is_what_a_response_can_not_tell_apart(one: Message, other: Message) -> None:
    assert is_same(one, state_of(one))
    assert is_same(one, digest_of(one).pack())
    assert is_same(one, state_of(other)) == is_same(one, digest_of(other).pack())
    if is_same(one, state_of(other)):
        assert happened(one, state_of(other), RECOVERED) == []


LATER = NOON + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("before", "now", "is_so"),
    [
        (message(), message(text="x"), False),
        (message(edited_timestamp=NOON), message(), True),
        (message(edited_timestamp=LATER), message(edited_timestamp=NOON), True),
        (message(edited_timestamp=NOON), message(edited_timestamp=LATER), False),
        (message(edited_timestamp=NOON), message(is_deleted=True), False),
        (own(1, "SUCCESS"), own(1, "PENDING"), True),
        (own(1, "FAIL_RETRIABLE"), own(1, "PENDING"), False),
        (own(1, "PENDING"), own(1, "SUCCESS"), False),
    ],
)
def test_which_states_seem_to_be_overtaken(before: Message, now: Message, is_so: bool) -> None:
    assert is_earlier(now, state_of(before)) == is_so
    assert not is_earlier(now, digest_of(before).pack()), "a digest has no times of edits"


def test_which_messages_are_pending() -> None:
    assert is_pending(own(1, "PENDING"))
    assert not any(map(is_pending, (own(1, "SUCCESS"), own(1, None), message())))


@pytest.mark.parametrize(
    ("now", "kind"),
    [
        (message(), MessageChanged),
        (message(edited_timestamp=at(-900)), MessageChanged),
        (message(edited_timestamp=at(1)), MessageEdited),
        (message(edited_timestamp=at(1), is_deleted=True), MessageDeleted),
    ],
)
def test_a_change_of_a_message_that_was_not_known(now: Message, kind: type[Event]) -> None:
    event = unknown_change(now, LIVE, NOON, may_be_forgotten=False)
    assert type(event) is kind
    assert (event.at, event.seq, event.recovered) == (NOON, 7, False)
    if isinstance(event, MessageUpserted):
        assert (event.message, event.before) == (now, None)


def test_a_change_of_a_message_that_was_forgotten_tells_all_of_it() -> None:
    """Whatever else happened to it since it was delivered is in it, too."""
    now = message(edited_timestamp=at(1))
    assert type(unknown_change(now, LIVE, NOON, may_be_forgotten=True)) is MessageChanged
