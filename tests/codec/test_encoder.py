"""Encoding: what came in goes out, the same as before each class had a function of its own."""

import copy
import json
import pickle
from datetime import UTC, datetime, timedelta, timezone
from itertools import cycle, islice
from typing import Any

import attrs
import orjson
import pytest
from hypothesis import given, strategies as st

from beeper_async import models
from beeper_async._codec.decoder import decode, decode_leniently
from beeper_async._codec.encoder import encode
from beeper_async._codec.errors import DecodeError
from beeper_async._codec.fields import fields_of, format_time
from beeper_async.models import Chat, ChatListResponse, Message, User
from beeper_async.models.base import Model
from beeper_async.models.page import CursorPage

from .. import reference
from . import old_encoder
from .random_bodies import Bodies

TEXT = reference.example("messages.retrieve.text.json")
TYPES: list[Any] = [
    cls
    for name in sorted(dir(models))
    if attrs.has(cls := getattr(models, name)) and cls is not CursorPage
]
PAGES: list[Any] = [CursorPage[ChatListResponse], CursorPage[Message]]
BODIES = 5_000


def test_5000_random_bodies_come_back_as_they_were_received() -> None:
    bodies = Bodies(17)
    for tp in islice(cycle([*TYPES, *PAGES]), BODIES):
        body = bodies.body(tp)
        model = decode(tp, copy.deepcopy(body))
        assert encode(model) == old_encoder.encode(model) == body
        assert orjson.loads(model.to_json(indent=None)) == json.loads(model.to_json()) == body


def test_5000_damaged_bodies_are_encoded_as_before() -> None:
    bodies = Bodies(18, damage=0.05)
    misfits = 0
    for tp in islice(cycle(TYPES), BODIES):
        try:
            model = decode_leniently(tp, bodies.body(tp)).value
        except DecodeError:
            continue
        misfits += bool(model.misfits)
        for one in (model, copy.copy(model), pickle.loads(pickle.dumps(model))):
            assert encode(one) == old_encoder.encode(model)
    assert misfits > BODIES / 20


def test_5000_changed_copies_are_encoded_as_before() -> None:
    bodies = Bodies(19, damage=0.02)
    changes = [None, "x", 5, 1.5, True, [User(id="a")], {"a": datetime(2026, 1, 1, tzinfo=UTC)}]
    for tp in islice(cycle(TYPES), BODIES):
        try:
            model = decode_leniently(tp, bodies.body(tp)).value
        except DecodeError:
            continue
        names = [field.name for field in fields_of(type(model))]
        chosen = bodies.random.sample(names, min(2, len(names)))
        changed = attrs.evolve(model, **{one: bodies.random.choice(changes) for one in chosen})
        assert encode(changed) == old_encoder.encode(changed)


def test_keys_come_required_first_then_optional_then_the_rest() -> None:
    user = decode(User, {"later": 1, "email": None, "fullName": "B", "id": "a"})
    assert list(user.to_dict()) == ["id", "fullName", "later", "email"]


class Words(str):
    """Text of a class of its own."""


@attrs.frozen(kw_only=True)
class Marked(Message):
    """A message of a program, with something of its own."""

    colour: str | None = None
    seen_at: datetime | None = None


class Plain(User):
    """A model of a program without anything new."""


def test_subclasses_are_encoded_with_what_they_add() -> None:
    time = datetime(2026, 5, 10, 18, tzinfo=UTC)
    written = {**TEXT, "colour": "red", "seenAt": "2026-05-10T18:00:00.000Z"}
    message = attrs.evolve(decode(Marked, TEXT), colour="red", seen_at=time)
    assert encode(message) == old_encoder.encode(message) == written
    chat = decode(ChatListResponse, {**reference.example("chats.retrieve.group.json")})
    assert encode(attrs.evolve(chat, preview=message))["preview"] == written
    assert encode([Plain(id="a"), {"b": Words("c")}]) == [{"id": "a"}, {"b": "c"}]


@pytest.mark.parametrize("value", [Words("w"), User(id="b"), datetime(2026, 1, 1, tzinfo=UTC)])
def test_an_attribute_is_encoded_by_what_it_is(value: Any) -> None:
    message = attrs.evolve(decode(Message, TEXT), text=value, is_sender=value, timestamp=value)
    assert encode(message) == old_encoder.encode(message)


def test_what_is_written_is_a_copy() -> None:
    body: dict[str, Any] = reference.example("chats.retrieve.group.json")
    body |= {"later": {"a": [1]}, "labels": []}
    chat = decode(Chat, copy.deepcopy(body))
    written = chat.to_dict()
    written["later"]["a"].append(2)
    written["labels"].append({})
    written["participants"]["items"].clear()
    assert chat.to_dict() == body


OFFSETS = st.just(UTC) | st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m)))


@given(st.datetimes(timezones=OFFSETS | st.none()), st.sampled_from([1, 1000, 10**6]))
def test_times_are_written_as_before(time: datetime, step: int) -> None:
    time = time.replace(microsecond=time.microsecond // step * step)
    assert encode(time) == format_time(time)


@pytest.mark.parametrize("year", [1, 999, 1970, 9999])
@pytest.mark.parametrize("microsecond", [0, 1, 999, 1000, 4000, 999_000, 999_999])
def test_times_at_the_edges_are_written_as_before(year: int, microsecond: int) -> None:
    time = datetime(year, 1, 31, 23, 59, 59, microsecond, UTC)
    assert encode(time) == format_time(time)


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("odd", [2**70, nested(400), "\ud800"], ids=["long", "deep", "half"])
@pytest.mark.parametrize("indent", [2, None])
def test_json_that_orjson_refuses_is_written_by_the_standard_library(
    odd: Any, indent: int | None
) -> None:
    user = User(id="ä", extra={"odd": odd})
    text = user.to_json(indent=indent)
    assert text.encode()
    assert json.loads(text) == {"id": "ä", "odd": odd}
    assert text.startswith('{\n  "id": ' if indent else '{"id":')


def test_what_is_no_json_is_refused() -> None:
    model: Model = User(id="a", extra={"odd": object()})
    with pytest.raises(TypeError):
        model.to_json()
