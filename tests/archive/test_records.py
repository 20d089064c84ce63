"""What is stored of a record: its JSON as received, and columns that agree with the models."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from beeper_async import sort_order
from beeper_async._codec.decoder import decode_leniently
from beeper_async._codec.errors import DecodeError
from beeper_async.archive.storage.records import (
    UnreadableRecordError,
    dump,
    is_same_content,
    message_hash,
    message_id,
    read_chat,
    read_message,
)
from beeper_async.models import Message

from .. import reference
from ..damage import damaged

MESSAGES: list[dict[str, Any]] = [
    item
    for entry in reference.EXAMPLES
    if entry["file"] and entry["model"] == "CursorPage" and entry["endpoint"] == "messages.list"
    for item in reference.example(entry["file"])["items"]
]
CHATS: list[dict[str, Any]] = [
    item
    for entry in reference.EXAMPLES
    if entry["file"] and entry["model"] == "CursorPage" and entry["endpoint"] == "chats.list"
    for item in reference.example(entry["file"])["items"]
]


def without_surrogates(value: Any) -> Any:
    """As `loads` gives it: no half of a surrogate pair gets as far as a record."""
    return json.loads(json.dumps(value).replace("\\udc00", "\\ufffd"))


@settings(max_examples=300)
@given(st.data())
def test_a_record_is_readable_if_the_model_is(data: st.DataObject) -> None:
    raw = without_surrogates(damaged(data, data.draw(st.sampled_from(MESSAGES))))
    if message_id(raw) is None:
        return  # it is a problem for want of an ID, whatever else there is
    message = record = None
    with suppress(DecodeError):
        message = decode_leniently(Message, raw).value
    with suppress(UnreadableRecordError):
        record = read_message(raw, message_hash(raw))
    assert (record is None) == (message is None)
    if record is not None and message is not None:
        assert json.loads(record.raw) == raw
        assert (record.id, record.sender) == (message.id, message.sender_id)
        assert record.pos == sort_order(message.sort_key)
        assert record.time == round(message.timestamp.timestamp() * 1000)
        assert record.is_deleted == (raw.get("isDeleted") is True)


@settings(max_examples=300)
@given(st.data())
def test_every_chat_with_an_id_is_stored(data: st.DataObject) -> None:
    raw = without_surrogates(damaged(data, data.draw(st.sampled_from(CHATS))))
    record = read_chat(raw)
    assert (record is None) == (message_id(raw) is None)
    if record is not None:
        assert json.loads(record.raw) == raw


@pytest.mark.parametrize("field", ["seen", "isUnread", "sendStatus"])
def test_what_passes_by_is_another_hash_of_the_same_content(field: str) -> None:
    before = message_hash(MESSAGES[0])
    after = message_hash({**MESSAGES[0], field: {"status": "SUCCESS"}})
    assert before != after
    assert is_same_content(before, after)
    assert not is_same_content(before, message_hash({**MESSAGES[0], "text": "another"}))


def test_large_integers_and_deep_values_are_kept() -> None:
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    for value in ({"n": 2**70, "id": "x"}, {"deep": deep, "id": "x"}):
        assert json.loads(dump(value)) == value
        assert message_hash(value)
