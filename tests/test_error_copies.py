"""Every exception survives pickling and copying with all it holds, except for what was received."""

import copy
import inspect
import pickle
from collections.abc import Callable, Iterator
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, strategies as st

import beeper_async
import beeper_sync
from beeper_async import (
    BeeperDesktopError,
    DeliveryFailedError,
    RequestInfo,
    ResponseInfo,
    auth,
    errors,
)
from beeper_async._codec.decoder import decode
from beeper_async.auth import FoundApp
from beeper_async.models import Message
from beeper_async.models.error import ValidationIssue

from . import reference

SECRET = "meet me at the old mill"
REQUEST = RequestInfo("chats.search", "GET", f"http://localhost/v1/chats/search?query={SECRET}")
RESPONSE = ResponseInfo(REQUEST, 429, {"X-A": SECRET}, 0.5, 1)

# What stays in the process, as the docs say, and what stands in its place.
STAYS: dict[str, Any] = {
    "body": None,
    "candidates": (),
    "items": (),
    "near": (),
    "request": REQUEST.without_query(),
    "response": RESPONSE.without_headers(),
    "sent": None,
    "sent_message": None,
}


def subclasses(cls: type[BaseException]) -> Iterator[type[BaseException]]:
    yield cls
    for child in cls.__subclasses__():
        yield from subclasses(child)


for _name in auth.__all__:
    getattr(auth, _name)  # loaded on first use, and only what is loaded is a subclass
CLASSES = sorted(
    {cls for cls in subclasses(BeeperDesktopError) if cls.__module__.startswith("beeper_")},
    key=lambda cls: cls.__qualname__,
)


def message() -> Message:
    status = {"status": "FAIL_RETRIABLE", "reason": "OFFLINE", "timestamp": "2026-05-05T12:00:00Z"}
    sent = reference.example("messages.retrieve.minimal.json")
    return decode(Message, {**sent, "text": SECRET, "sendStatus": status})


def issue(text: str) -> ValidationIssue:
    raw = {"code": "too_big", "message": text, "path": ["body", 1.0], "received": SECRET}
    return decode(ValidationIssue, raw)


texts = st.text(st.characters(codec="utf-8"))
FOUND = ("base_url", "name", "version", "bundle_id")
times = st.datetimes(timezones=st.just(UTC))
# Every parameter and attribute that an exception has, by name.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "message": texts,
    "text": texts,
    "code": texts,
    "pending_message_id": texts,
    "items": st.just([SECRET]),
    "candidates": st.just([SECRET]),
    "near": st.just([SECRET]),
    "sent_message": st.builds(message),
    "request": st.just(REQUEST),
    "response": st.just(RESPONSE),
    "body": st.just({"text": SECRET}),
    "sent": st.just({"text": SECRET}),
    "sent_at": st.none() | times,
    "never_sent": st.booleans(),
    "problems": st.lists(texts),
    "retry_after": st.none() | st.floats(0, 1e9),
    "chat_id": texts,
    "url": texts,
    "apps": st.lists(st.builds(FoundApp, **dict.fromkeys(FOUND, texts))),
    "chat_ids": st.lists(texts).map(tuple),
    "limit": st.integers(1, 100),
    "issues": st.lists(st.builds(issue, texts)),
}


PLAIN = [one.__init__ for one in (Exception, RuntimeError, ValueError, TimeoutError)]


def attributes(cls: type[BaseException]) -> set[str]:
    """List the attributes that are set after an exception was made."""
    named = {name for one in cls.__mro__ for name in getattr(one, "__annotations__", {})}
    return {name for name in named if not name.startswith("_")} | (
        {"issues"} if issubclass(cls, errors.APIStatusError) else set()
    )


def make(cls: Any, data: st.DataObject) -> Any:
    if cls.__init__ in PLAIN:
        error = cls(data.draw(texts))
    else:
        names = list(inspect.signature(cls).parameters)
        error = cls(**{name: data.draw(VALUES[name], name) for name in names})
    for name in sorted(attributes(cls)):
        setattr(error, name, data.draw(VALUES[name], name))
    for note in data.draw(st.lists(texts, max_size=2)):
        error.add_note(note)
    return error


COPIES: list[Callable[[Any], Any]] = [
    *(lambda error, p=p: pickle.loads(pickle.dumps(error, p)) for p in range(2, 6)),
    copy.copy,
    copy.deepcopy,
]


@pytest.mark.parametrize("cls", CLASSES)
@given(st.data())
def test_all_survives_but_what_was_received(cls: type[BaseException], data: st.DataObject) -> None:
    error = make(cls, data)
    held: dict[str, Any] = error.__dict__
    for make_copy in COPIES:
        twin = make_copy(error)
        assert type(twin) is cls
        assert (str(twin), twin.args) == (str(error), error.args)
        assert twin.__dict__ == held | {name: STAYS[name] for name in held.keys() & STAYS.keys()}
        assert error.__dict__ is held
        assert held.get("items", [SECRET]) == [SECRET]
    assert SECRET.encode() not in pickle.dumps(error)


@given(st.data())
def test_why_a_delivery_failed_survives_without_the_message(data: st.DataObject) -> None:
    twin = pickle.loads(pickle.dumps(make(DeliveryFailedError, data)))
    assert (twin.sent_message, twin.reason, twin.retriable) == (None, "OFFLINE", True)


def test_these_are_all_that_the_packages_export() -> None:
    exported = {
        value
        for package in (beeper_async, beeper_sync)
        for name in package.__all__
        if isinstance(value := getattr(package, name), type) and issubclass(value, BaseException)
    }
    assert exported - {beeper_async.Skip} <= set(CLASSES)  # which is no error
    assert len(CLASSES) > 30


def test_what_is_set_at_the_time_of_failing_is_known_here() -> None:
    assert set().union(*map(attributes, CLASSES)) <= VALUES.keys()
