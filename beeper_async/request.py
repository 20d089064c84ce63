"""A call as a value: what would be sent, without sending it.

Resource methods build a `Request`; the transport carries it out. Nothing here does I/O, so every
endpoint can be looked at and tested as data. Whatever the app would refuse is refused here.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import attrs
from attrs import field, frozen

from .errors import InvalidInputError
from .fields import wire_name
from .models.base import Model
from .omit import Omit, omit
from .parameters import time_text
from .wire import encode

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

# Stays as it is inside a path segment; everything else is percent-encoded.
_SEGMENT_SAFE = "!$&'()*+,;=:@"


class Repeat(Enum):
    """What a second delivery of the same request does."""

    SAFE = "safe"
    """It only reads."""
    REPEATABLE = "repeatable"
    """It sets a state; the second time changes nothing."""
    UNSAFE = "unsafe"
    """It does it twice: a message is sent twice."""


@frozen
class Request(Generic[T_co]):
    """One call, ready to be sent. Its repr shows neither path nor body.

    Attributes:
        name: Name for errors and logs, e.g. `chats.retrieve`.
        method: HTTP method.
        path: Path below the base URL with its query, both already escaped.
        answer: Type that the answer is decoded to; None when there is no body to decode.
        body: JSON value or form to send, or `omit`.
        repeat: Whether the call may be sent again when its outcome is unknown.
        auth: Whether the token goes along.
        gone: What a 404 means if an earlier attempt may already have removed the thing.
        problem: Reads out of a successful answer why it is none, for calls that answer 200 then.
        headers: Headers of this call alone.
    """

    name: str
    method: str
    # Words searched for and messages are in these, recovery keys and cookies too.
    path: str = field(repr=False)
    answer: type[T_co]
    body: Any = field(default=omit, repr=False)
    repeat: Repeat = Repeat.SAFE
    auth: bool = True
    gone: T_co | Omit = field(default=omit, repr=False)
    problem: Callable[[T_co], str | None] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(factory=dict, repr=False)


def removal(name: str, path: str, answer: type[T], gone: T) -> Request[T]:
    """Make a DELETE, whose repeat takes "there is no such thing" for success.

    Args:
        name: Name for errors and logs.
        path: Path of the thing to remove.
        answer: Type that the answer is decoded to.
        gone: The answer in the place of a 404, when an earlier attempt may have removed it.
    """
    return Request(name, "DELETE", path, answer, repeat=Repeat.REPEATABLE, gone=gone)


def path_of(template: str, *ids: str) -> str:
    """Fill `{}` of a path template, each ID becoming exactly one path segment."""
    return template.format(*(segment(value) for value in ids))


def segment(value: str) -> str:
    """Percent-encode an ID so that it is exactly one path segment, or refuse it."""
    if not isinstance(value, str):
        raise InvalidInputError(f"An ID must be text, not {type(value).__name__}.")
    if value in ("", ".", ".."):
        raise InvalidInputError(f"{value!r} can't be an ID: it would change the path of the call.")
    try:
        return _quoted(value)
    except UnicodeEncodeError:
        raise InvalidInputError("An ID holds a character that UTF-8 can't encode.") from None


@lru_cache(maxsize=1024)
def _quoted(value: str) -> str:
    return quote(value, safe=_SEGMENT_SAFE)


def with_query(path: str, query: Mapping[str, Any]) -> str:
    """Append parameters, named as in Python, as a query. Omitted ones and None are not sent."""
    pairs = query_pairs((wire_name(name), name, value) for name, value in query.items())
    return f"{path}?{_encoded(pairs)}" if pairs else path


def _encoded(pairs: Sequence[tuple[str, str]]) -> str:
    try:
        return urlencode(pairs)
    except UnicodeEncodeError:
        raise InvalidInputError("A parameter holds a character that UTF-8 can't encode.") from None


def query_pairs(values: Any) -> list[tuple[str, str]]:
    """Turn (wire name, name in messages, value) into pairs; a sequence repeats its key."""
    pairs: list[tuple[str, str]] = []
    for wire, name, value in values:
        if value is None or isinstance(value, Omit):
            continue
        if isinstance(value, Sequence) and not isinstance(value, str):
            pairs += [(wire, _query_text(name, item)) for item in value]
        else:
            pairs.append((wire, _query_text(name, value)))
    return pairs


def _query_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return str(time_text(name, value))
    if isinstance(value, str | int | float):
        return str(value)
    raise InvalidInputError(f"{name} can't be {type(value).__name__} in a query.")


def json_body(**values: Any) -> dict[str, Any]:
    """Make a JSON body of parameters named as in Python. None is sent as null."""
    return {
        wire_name(name): time_text(name, value) if isinstance(value, datetime) else encode(value)
        for name, value in values.items()
        if not isinstance(value, Omit)
    }


def raw_request(
    method: str,
    path: str,
    answer: type[T],
    query: Mapping[str, Any] | None,
    body: Any,
    *,
    repeat: Repeat | None = None,
) -> Request[T]:
    """Make a request of a path as the user wrote it, for endpoints without a method."""
    if not path.startswith("/") or path.startswith("//") or not path.isprintable():
        raise InvalidInputError("path must start with one slash, e.g. /v1/spec, not be a full URL.")
    if not path.isascii() or " " in path or "#" in path:
        raise InvalidInputError("path must be escaped: see urllib.parse.quote.")
    if any(part in (".", "..") for part in path.partition("?")[0].split("/")):
        raise InvalidInputError("path must not hold `.` or `..`: they change which call it is.")
    pairs = query_pairs((name, name, value) for name, value in (query or {}).items())
    if pairs:
        path += ("&" if "?" in path else "?") + _encoded(pairs)
    if attrs.has(answer) and not (issubclass(answer, Model) and "__dict__" not in dir(answer)):
        raise InvalidInputError(
            "cast_to must be a model of this library, a list of one, dict, str, bytes or "
            "type(None); others can be made from a dict."
        )
    if repeat is None:
        repeat = Repeat.SAFE if method == "GET" else Repeat.UNSAFE
    name = f"{method} {path.partition('?')[0]}"
    return Request(name, method, path, answer, body=body, repeat=repeat)
