"""How far a consumer has come, and what that makes of a message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given, strategies as st

from beeper_async import Checkpoint, InvalidInputError
from beeper_async.events.checkpoint import Marks, Place, order
from beeper_async.events.recovery import EVER
from beeper_async.models import Message

from ..live import NOON, message

times = st.datetimes(
    min_value=datetime(1, 1, 2),
    max_value=datetime(9999, 12, 30),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5, minutes=-30))]),
)
checkpoints = st.builds(
    Checkpoint,
    times | st.just(EVER),
    st.dictionaries(st.text(), st.builds(Place, st.text(), times), max_size=5),
)


@given(checkpoints)
def test_it_can_be_written_down(checkpoint: Checkpoint) -> None:
    text = checkpoint.to_json()
    assert Checkpoint.from_json(text) == checkpoint
    assert Checkpoint.from_json(text.encode()) == checkpoint
    assert Marks(checkpoint).checkpoint() == checkpoint


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text() | st.floats(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@given(
    st.binary()
    | json.map(orjson.dumps)
    | st.fixed_dictionaries({"base": json, "places": json}).map(orjson.dumps)
    | st.fixed_dictionaries(
        {"base": st.just("2026-05-11T09:00:00Z"), "places": st.dictionaries(st.text(), json)}
    ).map(orjson.dumps)
)
def test_anything_else_is_refused(text: bytes) -> None:
    try:
        read = Checkpoint.from_json(text)
    except InvalidInputError as error:
        assert str(error) == "This is no checkpoint of an event stream."
    else:
        assert read.base.tzinfo is not None
        assert all(place.timestamp.tzinfo is not None for place in read.places.values())


def test_it_shows_no_chats() -> None:
    checkpoint = Checkpoint(NOON, {"!chat:beeper.com": Place("1", NOON)})
    assert "!chat" not in repr(checkpoint)
    assert checkpoint.without(["!chat:beeper.com"]) == Checkpoint(NOON)
    assert checkpoint.without([]) == checkpoint


@given(st.integers(0, 10**30), st.integers(0, 10**30))
def test_numbers_are_sorted_as_numbers(one: int, other: int) -> None:
    assert (order(str(one)) < order(str(other))) == (one < other)
    assert (order(f"00{one}") < order(str(other))) == (one < other)


@given(st.lists(st.text() | st.sampled_from(["9" * 5000, "١٢", "-5", "1.5", ""]), min_size=2))
def test_anything_can_be_sorted(keys: list[str]) -> None:
    assert sorted(map(order, keys)) == [order(key) for key in sorted(keys, key=order)]


# Each chat has an order of its own; times go with it more or less, and may be far off.
chats = st.dictionaries(
    st.sampled_from(["a", "b", "c"]), st.lists(st.integers(-5000, 5000), max_size=12), min_size=1
)


@given(chats=chats, data=st.data())
def test_after_a_restart_exactly_the_rest_is_new(
    chats: dict[str, list[int]], data: st.DataObject
) -> None:
    left: dict[str, list[Message]] = {
        chat_id: [
            message(n + 1, chat_id=chat_id, timestamp=NOON + timedelta(minutes=minutes))
            for n, minutes in enumerate(given)
        ]
        for chat_id, given in chats.items()
    }
    marks, delivered = Marks(Checkpoint(EVER)), list[Message]()
    for chat_id in data.draw(st.lists(st.sampled_from(sorted(chats)), max_size=30)):
        if not left[chat_id]:
            continue
        one = left[chat_id].pop(0)
        assert marks.is_new(one)
        marks.take(one)
        delivered.append(one)
        if data.draw(st.booleans()):  # and now nothing older than that is to come
            coming = [m.timestamp for rest in left.values() for m in rest]
            marks.settle(min(coming, default=max(m.timestamp for m in delivered)))
    again = Marks(Checkpoint.from_json(marks.checkpoint().to_json()))
    assert all(again.is_new(one) for rest in left.values() for one in rest)
    assert not any(again.is_new(one) for one in delivered)


def test_a_change_to_an_old_message_moves_nothing() -> None:
    marks = Marks(Checkpoint(NOON))
    marks.take(message(1, timestamp=NOON - timedelta(days=30)))
    assert marks.checkpoint().places == {}
    assert not marks.is_new(message(2, timestamp=NOON - timedelta(days=20)))


def test_a_place_lasts_as_long_as_any_message_up_to_it_could_seem_new() -> None:
    marks = Marks(Checkpoint(EVER))
    late = message(1, timestamp=NOON + timedelta(hours=5))
    for one in (late, message(2, timestamp=NOON)):
        marks.take(one)
    marks.settle(NOON + timedelta(hours=1))
    assert not marks.is_new(late)
    marks.settle(NOON + timedelta(hours=6))
    assert marks.checkpoint().places == {}
    assert not marks.is_new(late)


def test_keys_of_two_kinds_are_compared_by_time() -> None:
    marks = Marks(Checkpoint(EVER))
    marks.take(message(1, sort_key="pending-1"))
    assert marks.is_new(message(2, timestamp=NOON + timedelta(seconds=1)))
    assert not marks.is_new(message(2, timestamp=NOON - timedelta(seconds=1)))


def test_further_chats_begin_where_they_are() -> None:
    marks = Marks(Checkpoint(NOON, {"a": Place("5", NOON), "b": Place("5", NOON)}))
    later = NOON + timedelta(days=1)
    marks.adopt(Checkpoint(later, {"b": Place("9", later), "c": Place("1", later)}))
    found = {chat_id: place.sort_key for chat_id, place in marks.checkpoint().places.items()}
    assert (marks.base, found) == (later, {"a": "5", "b": "9", "c": "1"})
    marks.settle(NOON)
    assert marks.base == later, "it never goes back"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"base": "today", "places": {}}'])
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(InvalidInputError):
        Checkpoint.from_json(text)
