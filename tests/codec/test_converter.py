"""Decoding and encoding: nothing invented, nothing lost, wrong types named."""

import copy
import json
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

import attrs
import pytest
from hypothesis import given, strategies as st

from beeper_async import models
from beeper_async._codec import decoder
from beeper_async._codec.decoder import decode
from beeper_async._codec.encoder import encode
from beeper_async._codec.errors import DecodeError
from beeper_async._codec.fields import fields_of, format_time, parse_time, wire_name
from beeper_async.models import Chat, ChatListResponse, Message, Participants, User
from beeper_async.models.page import CursorPage

from .. import reference

USER = {"id": "@u:x"}
PAGES = ["chats.list.page1.json", "chats.list.forward_compat.json", "chats.list.page2_last.json"]
ITEMS = [item for page in PAGES for item in reference.example(page)["items"]]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("id", "id"), ("chat_id", "chatID"), ("participant_ids", "participantIDs"),
        ("img_url", "imgURL"), ("local_chat_id", "localChatID"), ("has_more", "hasMore"),
        ("last_read_message_sort_key", "lastReadMessageSortKey"),
        ("merged_into_chat_id", "mergedIntoChatID"),
    ],
)  # fmt: skip
def test_the_naming_rule(name: str, wire: str) -> None:
    assert wire_name(name) == wire


@given(extra=st.dictionaries(st.text(), json_values, max_size=4), item=st.sampled_from(ITEMS))
def test_unknown_fields_survive_a_round_trip(extra: dict[str, Any], item: dict[str, Any]) -> None:
    known = {field.wire for field in fields_of(ChatListResponse)}
    extra = {key: value for key, value in extra.items() if key not in known}
    body = {**extra, **item}
    chat = decode(ChatListResponse, body)
    assert encode(chat) == body
    assert all(chat.extra[key] == value for key, value in extra.items() if key not in item)


@given(data=st.data())
def test_null_and_absent_are_accepted_on_every_optional_field_and_told_apart(
    data: st.DataObject,
) -> None:
    name = data.draw(st.sampled_from(sorted(reference.MODELS)))
    cls = getattr(models, name, None)
    if cls is None:
        return
    optional = [field for field in fields_of(cls) if not field.required]
    required = {f.wire: _least(f.type) for f in fields_of(cls) if f.required}
    nulls = data.draw(st.lists(st.sampled_from(optional), unique=True)) if optional else []
    body = {**required, **{field.wire: None for field in nulls}}
    model = decode(cls, body)
    assert encode(model) == body
    for field in optional:
        assert getattr(model, field.name) is None
        assert model.is_null(field.name) == (field in nulls)


def _least(tp: Any) -> Any:
    """Return the smallest JSON value that fits a type."""
    from typing import get_args, get_origin

    if attrs.has(tp):
        return {field.wire: _least(field.type) for field in fields_of(tp) if field.required}
    if get_origin(tp) is Literal:
        return get_args(tp)[0]
    plain: dict[Any, Any] = {
        str: "",
        bool: False,
        int: 0,
        float: 0.5,
        datetime: "2026-05-05T20:20:12.497Z",
    }
    nothing: Any = [] if get_origin(tp) is list else {}
    return plain.get(tp, nothing)


WRONG: list[Any] = ["x", 5, 5.5, True, [], {}, ["x"], {"a": 1}]


@given(item=st.sampled_from(ITEMS), data=st.data())
def test_a_wrong_type_is_refused_by_name_or_kept_as_it_is(
    item: dict[str, Any], data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(sorted(item)))
    body = {**item, key: data.draw(st.sampled_from(WRONG))}
    try:
        chat = decode(ChatListResponse, body)
    except DecodeError as error:
        assert all(problem.startswith(key) for problem in error.problems)
        assert list(decoder.problems(ChatListResponse, body)) == error.problems
    else:
        assert encode(chat) == body
        assert list(decoder.problems(ChatListResponse, body)) == []


MISFITS: list[tuple[Any, Any, str]] = [
    (User, {"id": 5}, "id: expected text, got an integer"),
    (User, {"id": None}, "id: null, but required"),
    (User, {}, "id: missing, but required"),
    (User, [], "the response: expected an object, got a list"),
    (User, {**USER, "isSelf": "no"}, "isSelf: expected true or false, got text"),
    (User, {**USER, "isSelf": 1}, "isSelf: expected true or false, got an integer"),
    (
        Participants,
        {"items": [USER, {"id": []}], "hasMore": False, "total": 2},
        "items[1].id: expected text, got a list",
    ),
    (
        Participants,
        {"items": {}, "hasMore": False, "total": 2},
        "items: expected a list, got an object",
    ),
    (
        Participants,
        {"items": [], "hasMore": False, "total": True},
        "total: expected an integer, got true or false",
    ),
    (models.ChatReminder, {"remindAt": "soon"}, "remindAt: expected a time, got text"),
    (
        models.MessageDetails,
        {"seen": 5},
        "seen: expected true or false or a time or text or an object, got an integer",
    ),
    (models.MediaSize, {"width": "1"}, "width: expected a number, got text"),
    (models.ChatMerge, {"chatIDs": ["a", 5]}, "chatIDs[1]: expected text, got an integer"),
    (
        models.AttachmentCapabilities,
        {"mimeTypes": {"image/*": "all"}},
        "mimeTypes['image/*']: expected an integer, got text",
    ),
    (list[User], [USER, 7], "[1]: expected an object, got an integer"),
    (CursorPage[User], {"items": [{}]}, "items[0].id: missing, but required"),
]


@pytest.mark.parametrize(("cls", "body", "problem"), MISFITS)
def test_problems_name_the_place_on_the_wire(cls: Any, body: Any, problem: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(cls, body)
    assert caught.value.problems == [problem]
    assert str(caught.value) == problem


@pytest.mark.parametrize(
    "seen",
    [
        True,
        False,
        "2026-05-10T18:05:41.900Z",
        "2026-05-10T18:05:41+02:00",
        "a while ago",
        {},
        {"@a:x": True, "@b:x": "2026-05-10T18:41:11.000Z", "@c:x": "2026-05-10T18:41:11Z"},
    ],
)
def test_seen_takes_all_its_forms(seen: Any) -> None:
    body = {**reference.example("messages.retrieve.minimal.json"), "seen": seen}
    message = decode(Message, body)
    assert encode(message) == body
    if isinstance(seen, str) and seen.startswith("2026"):
        assert message.seen == datetime.fromisoformat(seen)


@pytest.mark.parametrize("tp", [str | datetime, datetime | str])
def test_a_text_that_is_a_time_is_taken_as_one_where_it_may_be(tp: Any) -> None:
    assert decode(tp, "2026-05-10T18:05:41Z") == datetime(2026, 5, 10, 18, 5, 41, tzinfo=UTC)
    assert decode(tp, "soon") == "soon"
    with pytest.raises(DecodeError):
        decode(tp, 5)


@pytest.mark.parametrize("tp", [str | Literal["a"], Literal["a"] | str])
def test_an_open_enum_takes_other_words(tp: Any) -> None:
    assert [decode(tp, word) for word in ("a", "b")] == ["a", "b"]
    optional: Any = tp | None
    assert decode(optional, None) is None
    for wrong in (5, True):
        with pytest.raises(DecodeError):
            decode(tp, wrong)


def test_numbers_keep_their_form() -> None:
    size = decode(models.MediaSize, {"width": 640, "height": 480.5})
    assert (type(size.width), type(size.height)) == (int, float)


times = st.datetimes(
    timezones=st.just(UTC) | st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m)))
)


@given(times)
def test_a_time_comes_back_as_it_was(time: datetime) -> None:
    assert parse_time(format_time(time)) == time


@given(times, st.sampled_from(["auto", "seconds", "milliseconds", "microseconds"]), st.booleans())
def test_every_spelling_of_a_time_survives(time: datetime, precision: str, zulu: bool) -> None:
    text = time.isoformat(timespec=precision)
    text = text.replace("+00:00", "Z") if zulu else text
    body = {"remindAt": text}
    reminder = decode(models.ChatReminder, body)
    assert encode(reminder) == body
    assert reminder.remind_at is not None
    assert reminder.remind_at.tzinfo is not None
    assert reminder.extra == {}


def test_a_time_without_an_offset_is_utc() -> None:
    assert parse_time("2026-05-10T18:05:41") == datetime(2026, 5, 10, 18, 5, 41, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-05-10t18:05:41z", "2026-05-10T18:05:41z"])
def test_a_time_may_be_written_in_small_letters(text: str) -> None:
    assert parse_time(text) == datetime(2026, 5, 10, 18, 5, 41, tzinfo=UTC)
    reminder = decode(models.ChatReminder, {"remindAt": text})
    assert reminder.remind_at == parse_time(text)
    assert encode(reminder) == {"remindAt": text}


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-05T20:20:12.4970",
        "2026-05-05 20:20:12.497Z",
        "2026-05-05T20:20:12,497Z",
        "2026-05-05T20:20:12.4975Z",
        "2026-05-05T20:20:12Z",
    ],
)
def test_a_time_that_is_nearly_in_the_usual_spelling_is_kept_as_it_came(text: str) -> None:
    body = reference.example("messages.retrieve.text.json") | {"timestamp": text, "seen": True}
    assert encode(decode(models.Message, body)) == body


def test_a_changed_copy_encodes_the_change_and_keeps_the_rest() -> None:
    body = reference.example("chats.list.forward_compat.json")["items"][0]
    chat = decode(ChatListResponse, body)
    changed = attrs.evolve(chat, title="New", last_activity=parse_time("2026-01-01T00:00:00Z"))
    assert encode(changed) == {
        **body,
        "title": "New",
        "lastActivity": "2026-01-01T00:00:00.000Z",
    }
    assert json.loads(changed.to_json()) == json.loads(changed.to_json(indent=None))


def test_containers_of_all_kinds_are_encoded_through_and_through() -> None:
    time = parse_time("2026-01-01T00:00:00Z")
    written = "2026-01-01T00:00:00.000Z"
    assert encode((time, [time], {"a": (User(id="b"),)})) == [
        *(written, [written], {"a": [{"id": "b"}]})
    ]
    assert [encode(value) for value in ("ab", b"ab", 5, None)] == ["ab", b"ab", 5, None]


def test_models_are_values() -> None:
    body = reference.example("chats.retrieve.group.json")
    chat = decode(Chat, body)
    assert type(chat) is Chat
    assert chat == decode(Chat, body)
    assert chat == pickle.loads(pickle.dumps(chat)) == copy.deepcopy(chat)
    assert encode(pickle.loads(pickle.dumps(chat))) == body
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        chat.title = "x"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        chat.is_null("nonsense")
    assert User(id="a", extra={"colour": "red"}).to_dict() == {"id": "a", "colour": "red"}
