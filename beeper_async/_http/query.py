"""Paths, segments, queries and bodies, from parameters with their Python names. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from math import isfinite
from typing import Any, Final, cast
from urllib.parse import quote, urlencode

from .._codec.encoder import encode
from .._codec.fields import wire_name
from .._omit import Omit
from .._validation import check_time, hides_values
from ..errors import InvalidInputError

# Stays as it is inside a path segment; everything else is percent-encoded.
_SEGMENT_SAFE: Final = "!$&'()*+,;=:@"

_NO_LIST: Final = (str, bytes, bytearray, memoryview)


@hides_values
def path_of(template: str, **ids: str) -> str:
    """Fill a path template, e.g. `/v1/chats/{chat_id}`; each ID becomes one path segment.

    Raises:
        InvalidInputError: An ID is empty or would change the path. The error names the parameter.
    """
    return template.format_map({name: segment(name, value) for name, value in ids.items()})


@hides_values
def segment(name: str, value: str) -> str:
    """Percent-encode an ID so that it is exactly one path segment, or refuse it."""
    if not isinstance(value, str):
        raise InvalidInputError(f"{name} must be text, not {type(value).__name__}.")
    if not value:
        raise InvalidInputError(f"{name} must not be empty.")
    if value in (".", ".."):
        raise InvalidInputError(f"{name} can't be {value!r}: it would change the path of the call.")
    try:
        return _quoted(value)
    except UnicodeEncodeError:
        raise InvalidInputError(f"{name} holds a character that UTF-8 can't encode.") from None


@lru_cache(maxsize=1024)
def _quoted(value: str) -> str:
    return quote(value, safe=_SEGMENT_SAFE)


@hides_values
def with_query(path: str, query: Mapping[str, Any]) -> str:
    """Append parameters, named as in Python, as a query. Omitted ones and None are not sent."""
    pairs = query_pairs((wire_name(name), name, value) for name, value in query.items())
    return f"{path}?{encode_pairs(pairs)}" if pairs else path


@hides_values
def encode_pairs(pairs: Sequence[tuple[str, str]]) -> str:
    """Write pairs as a query."""
    try:
        return urlencode(pairs)
    except UnicodeEncodeError:
        raise InvalidInputError("A parameter holds a character that UTF-8 can't encode.") from None


@hides_values
def query_pairs(values: Any) -> list[tuple[str, str]]:
    """Turn (wire name, name in messages, value) into pairs; a sequence repeats its key.

    Raises:
        InvalidInputError: A value can't be sent, or is an empty list, which would not be sent.
    """
    pairs: list[tuple[str, str]] = []
    for wire, name, value in values:
        if value is None or isinstance(value, Omit):
            continue
        if isinstance(value, Sequence) and not isinstance(value, _NO_LIST):
            items = cast("list[Any]", value)
            if not items:
                raise InvalidInputError(f"{name} must not be empty: nothing of it would be sent.")
            pairs += [(wire, _query_text(name, item)) for item in items]
        else:
            pairs.append((wire, _query_text(name, value)))
    return pairs


def _query_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return str(check_time(name, value))
    if isinstance(value, float) and not isfinite(value):
        raise InvalidInputError(f"{name} must be a finite number.")
    if isinstance(value, str):
        return str.__str__(value)  # a member of an enumeration is sent as its value
    if isinstance(value, int | float):
        return str(value)
    raise InvalidInputError(f"{name} can't be {type(value).__name__} in a query.")


@hides_values
def json_body(**values: Any) -> dict[str, Any]:
    """Make a JSON body of parameters named as in Python. None is sent as null."""
    return {
        wire_name(name): check_time(name, value) if isinstance(value, datetime) else encode(value)
        for name, value in values.items()
        if not isinstance(value, Omit)
    }
