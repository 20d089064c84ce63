"""A checkpoint is a value: it can be written down, compared, and brought up to date."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given, strategies as st

from beeper_async import Checkpoint, InvalidInputError
from beeper_async.events.checkpoint import HEADER, CheckpointChange

texts = st.text(st.characters(exclude_categories=["Cs"]))
checkpoints = st.dictionaries(texts, texts, max_size=6).map(
    lambda records: Checkpoint({HEADER: "{}", **records})
)
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | texts | st.floats(),
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=6,
)


@given(checkpoints)
def test_it_can_be_written_down(checkpoint: Checkpoint) -> None:
    text = checkpoint.to_json()
    assert Checkpoint.from_json(text) == checkpoint
    assert Checkpoint.from_json(text.encode()) == checkpoint


@given(
    st.binary()
    | json.map(orjson.dumps)
    | st.fixed_dictionaries({"version": st.just(2), "records": json}).map(orjson.dumps)
    | st.fixed_dictionaries(
        {
            "version": st.sampled_from([1, 2, 3]),
            "records": st.dictionaries(texts, json).map(lambda one: {HEADER: "{}", **one}),
        }
    ).map(orjson.dumps)
)
def test_anything_else_is_refused(text: bytes) -> None:
    try:
        read = Checkpoint.from_json(text)
    except InvalidInputError as error:
        assert str(error) == "This is not a checkpoint of an event stream."
    else:
        assert HEADER in read.records
        assert all(isinstance(one, str) for one in read.records.values())
        assert orjson.loads(text)["version"] == 2


@pytest.mark.parametrize(
    "text",
    [
        "", "{}", "[]", "null", "7", '{"version": 2, "records": {}}',
        '{"version": 1, "records": {"": "{}"}}', '{"version": 2, "records": {"": 5}}',
        '{"base": "2026-05-11T09:00:00Z", "places": {}}',
    ],
)  # fmt: skip
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(InvalidInputError):
        Checkpoint.from_json(text)


def test_it_shows_no_chats() -> None:
    checkpoint = Checkpoint({HEADER: "{}", "c!chat:beeper.com": "secret"})
    change = checkpoint.change_from(None)
    assert "chat" not in repr(checkpoint) + repr(change)
    assert "secret" not in repr(checkpoint) + repr(change)


@given(earlier=checkpoints, later=checkpoints)
def test_a_change_leads_from_one_to_another(earlier: Checkpoint, later: Checkpoint) -> None:
    change = later.change_from(earlier)
    assert earlier.with_change(change) == later
    assert bool(change) == (earlier != later)
    for key, text in change.written.items():
        assert earlier.records.get(key) != text == later.records[key]
    assert set(change.removed) == earlier.records.keys() - later.records.keys()


@given(checkpoints)
def test_a_change_from_nothing_is_the_whole(checkpoint: Checkpoint) -> None:
    change = checkpoint.change_from(None)
    assert change == CheckpointChange(checkpoint.records)
    assert Checkpoint({}).with_change(change) == checkpoint


@given(checkpoints, checkpoints)
def test_a_change_leaves_the_earlier_one_as_it_was(earlier: Checkpoint, later: Checkpoint) -> None:
    before = dict(earlier.records)
    earlier.with_change(later.change_from(earlier))
    assert earlier.records == before
