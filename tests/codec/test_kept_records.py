"""Models from JSON that a program has kept, and JSON text of whatever a model can hold."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, strategies as st

from beeper_async import BeeperDesktopError, DecodeError
from beeper_async._codec.json_text import dumps, loads_exactly
from beeper_async.models import Chat, Message, User
from beeper_async.testing import Simulator

WIRE: dict[str, Any] = {
    "id": "1",
    "accountID": "a",
    "chatID": "c",
    "senderID": "s",
    "sortKey": "1000",
    "timestamp": "2026-05-11T10:00:00.000Z",
}
DEEP = 1000
LEAF = '{"leaf": [1, "é\\n", null, 1.5, true, {}, []]}'


def nested(depth: int) -> Any:
    value: Any = json.loads(LEAF)
    for level in range(depth):
        value = {"in": value} if level % 2 else [value, level]
    return value


def test_a_message_is_built_from_what_was_received() -> None:
    with Simulator() as sim:
        messages = [one for chat in sim.world.messages.values() for one in chat]
    assert messages
    for wire in messages:
        message = Message.from_dict(wire)
        assert message.to_dict() == wire
        for indent in (None, 2):
            assert Message.from_json(message.to_json(indent=indent), strict=True) == message
        assert Message.from_json(message.to_json().encode()) == message


def test_what_does_not_fit_is_left_out_unless_it_must_fit() -> None:
    wire = {**WIRE, "text": 7, "later": {"a": 1}}
    message = Message.from_dict(wire)
    assert (message.text, message.misfits, message.extra) == (
        None,
        {"text": 7},
        {"later": {"a": 1}},
    )
    assert message.to_dict() == wire
    with pytest.raises(DecodeError, match=r"^text: expected text, got an integer$") as caught:
        Message.from_dict(wire, strict=True)
    assert caught.value.problems == ["text: expected text, got an integer"]
    assert isinstance(caught.value, BeeperDesktopError)


def test_each_place_is_named_and_no_value() -> None:
    secret = "at the old mill"
    wire = {**WIRE, "senderID": None, "timestamp": secret, "text": secret}
    del wire["sortKey"]
    for text in (None, json.dumps(wire)):
        with pytest.raises(DecodeError) as caught:
            _ = Message.from_dict(wire) if text is None else Message.from_json(text)
        assert secret not in str(caught.value)
        places = {problem.partition(":")[0] for problem in caught.value.problems}
        assert places == {"senderID", "timestamp", "sortKey"}
        assert caught.value.__context__ is None


@pytest.mark.parametrize("data", [None, [], "text", 7, [WIRE]])
def test_what_is_no_object_is_refused(data: Any) -> None:
    with pytest.raises(DecodeError, match="expected an object, got"):
        Message.from_dict(data)
    with pytest.raises(DecodeError, match="expected an object, got"):
        Message.from_json(json.dumps(data))


@pytest.mark.parametrize("text", ["", "{", b"\xff", '{"id": NaN}', "[" * 5000])
def test_what_is_no_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(DecodeError, match="the text is not JSON"):
        Message.from_json(text)


def test_the_model_is_a_copy() -> None:
    wire: dict[str, Any] = {**WIRE, "later": {"list": [1]}, "mentions": ["x"]}
    message = Message.from_dict(wire)
    wire["later"]["list"].append(2)
    wire["mentions"].append("y")
    assert message.extra == {"later": {"list": [1]}}
    assert message.mentions == ["x"]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("depth", [10, 253, 254, 255, 300, DEEP])
def test_unknown_fields_are_written_however_deep_they_are(depth: int, indent: int | None) -> None:
    user = User.from_dict({"id": "a", "later": nested(depth)})
    text = user.to_json(indent=indent)
    assert ("\n" in text) is (indent is not None)
    again = User.from_json(text)
    assert again.to_json(indent=indent) == text
    # Comparing goes as deep as Python does, so one level at a time.
    one, other = again.extra["later"], nested(depth)
    for level in reversed(range(depth)):
        key: Any = "in" if level % 2 else 0
        assert one.__class__ is other.__class__
        assert len(one) == len(other)
        one, other = one[key], other[key]
    assert one == other == json.loads(LEAF)


def test_what_orjson_does_not_write_is_written() -> None:
    user = User.from_dict({"id": "a", "large": 2**100, "negative": -(2**80), "half": "\ud83d"})
    text = user.to_json(indent=None)
    assert json.loads(text) == {"id": "a", "large": 2**100, "negative": -(2**80), "half": "\ud83d"}
    assert User.from_json(text).extra["large"] == 2**100


def test_what_is_no_json_is_not_written() -> None:
    for extra in ({"x": object()}, {"x": {1: 2}}):
        with pytest.raises(TypeError):
            User(id="a", extra=extra).to_json()


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # Without halves of emoji, which reading replaces.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
)


@given(JSON_VALUES, st.booleans())
def test_both_ways_of_writing_are_alike(value: Any, indent: bool) -> None:
    # An integer that orjson refuses makes all of it be written the other way.
    text = dumps([value, 2**64], indent=indent)
    assert loads_exactly(text.encode()) == [value, 2**64]
    try:
        usual = orjson.dumps([value, 0], option=orjson.OPT_INDENT_2 if indent else 0).decode()
    except TypeError:
        return
    end = "\n]" if indent else "]"
    assert text.removesuffix(f"{2**64}{end}") == usual.removesuffix(f"0{end}")


def test_other_models_have_it_too() -> None:
    with Simulator() as sim:
        wire = sim.world.by_activity()[0]
    people = {**wire["participants"], "hasMore": False, "total": 1}
    chat = Chat.from_dict({**wire, "participants": people})
    assert chat.title == wire["title"]
