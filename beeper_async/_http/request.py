"""A call as a value: what would be sent, without sending it. Pure.

Resource methods build a `Request`; the transport sends it. Nothing here does I/O, so every endpoint
can be looked at and tested as data.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from types import UnionType
from typing import Any, Final, Generic, Literal, TypeVar, Union, get_args, get_origin

import attrs
from attrs import field, frozen

from .._omit import Omit, omit
from .._validation import hides_values
from ..errors import InvalidInputError
from ..models.base import Model
from .query import encode_pairs, query_pairs

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Idempotency(Enum):
    """What a second delivery of the same request does (RFC 9110, 9.2)."""

    SAFE = "safe"
    """Nothing: the request only reads."""
    IDEMPOTENT = "idempotent"
    """Nothing: the request sets a state that is there already."""
    UNSAFE = "unsafe"
    """Something: a message is sent twice."""


@frozen
class Form:
    """A body of URL-encoded fields, as OAuth wants it. Its repr does not show them."""

    fields: Mapping[str, str] = field(repr=False)


@frozen
class Request(Generic[T_co]):
    """One call, ready to be sent. Its repr shows neither path nor body.

    Attributes:
        name: Name for errors and logs, e.g. `chats.retrieve`.
        method: HTTP method.
        path: Path below the base URL with its query, both already escaped.
        result_type: Type that the response is decoded to; `type(None)` if it has no body.
        body: JSON value, `Form` or upload to send, or `omit`.
        idempotency: What a second delivery does, and so whether the call may be retried.
        auth: Whether the token is sent.
        gone: Result of a 404, if an earlier attempt may already have removed the thing.
        problem: Reads out of a successful response why it is none, for calls that fail with 200.
        headers: Headers of this call alone.
    """

    name: str
    method: str
    # Words searched for and messages are in these, recovery keys and cookies too.
    path: str = field(repr=False)
    result_type: type[T_co]
    body: Any = field(default=omit, repr=False)
    idempotency: Idempotency = Idempotency.SAFE
    auth: bool = True
    gone: T_co | Omit = field(default=omit, repr=False)
    problem: Callable[[T_co], str | None] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)


def removal(name: str, path: str, result_type: type[T], gone: T) -> Request[T]:
    """Make a DELETE, whose retry takes "there is no such thing" for success.

    Args:
        name: Name for errors and logs.
        path: Path of the thing to remove.
        result_type: Type that the response is decoded to.
        gone: Result of a 404, if an earlier attempt may have removed the thing.
    """
    return Request(name, "DELETE", path, result_type, idempotency=Idempotency.IDEMPOTENT, gone=gone)


@hides_values
def raw_request(
    method: str,
    path: str,
    result_type: type[T],
    query: Mapping[str, Any] | None,
    body: Any,
    *,
    idempotency: Idempotency | None = None,
) -> Request[T]:
    """Make a request of a path as the user wrote it, for endpoints without a method."""
    if not isinstance(path, str):
        raise InvalidInputError(f"path must be text, not {type(path).__name__}.")
    if not path.startswith("/") or path.startswith("//") or not path.isprintable():
        raise InvalidInputError("path must start with one slash, e.g. /v1/spec, not be a full URL.")
    if not path.isascii() or " " in path or "#" in path:
        raise InvalidInputError("path must be escaped: see urllib.parse.quote.")
    if any(part in (".", "..") for part in path.partition("?")[0].split("/")):
        raise InvalidInputError("path must not hold `.` or `..`: they change which call it is.")
    if query is not None and not isinstance(query, Mapping):
        raise InvalidInputError("query must be a dict.")
    pairs = query_pairs((str(name), str(name), value) for name, value in (query or {}).items())
    if pairs:
        path += ("&" if "?" in path else "?") + encode_pairs(pairs)
    if result_type is not bytes and not _is_json_type(result_type):
        raise InvalidInputError(
            "cast_to must be a model of this library, a list of one, dict, list, str, bytes, "
            "object or type(None); others can be made from a dict."
        )
    if idempotency is None:
        idempotency = Idempotency.SAFE if method == "GET" else Idempotency.UNSAFE
    name = f"{method} {path.partition('?')[0]}"
    return Request(name, method, path, result_type, body=body, idempotency=idempotency)


_PLAIN: Final = (object, Any, str, bool, int, float, datetime, dict, list, type(None))


def _is_json_type(tp: Any) -> bool:
    """Whether JSON can be decoded to a type: plain ones, models, and containers of them."""
    origin, args = get_origin(tp), get_args(tp)
    if origin is dict:
        return args[0] is str and _is_json_type(args[1])
    if origin in (list, Union, UnionType):
        return all(map(_is_json_type, args))
    if attrs.has(origin or tp):
        known = issubclass(origin or tp, Model) and "__dict__" not in dir(origin or tp)
        return known and all(map(_is_json_type, args))
    return origin is Literal or tp in _PLAIN
