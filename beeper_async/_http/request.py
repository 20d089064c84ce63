"""A call as a value: what would be sent, without sending it. Pure.

Resource methods build a `Request`; the transport sends it. Nothing here does I/O, so every endpoint
can be looked at and tested as data.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Generic, TypeVar

import attrs
from attrs import field, frozen

from .._omit import Omit, omit
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
class Request(Generic[T_co]):
    """One call, ready to be sent. Its repr shows neither path nor body.

    Attributes:
        name: Name for errors and logs, e.g. `chats.retrieve`.
        method: HTTP method.
        path: Path below the base URL with its query, both already escaped.
        result_type: Type that the response is decoded to; `type(None)` if it has no body.
        body: JSON value or form to send, or `omit`.
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
    if not path.startswith("/") or path.startswith("//") or not path.isprintable():
        raise InvalidInputError("path must start with one slash, e.g. /v1/spec, not be a full URL.")
    if not path.isascii() or " " in path or "#" in path:
        raise InvalidInputError("path must be escaped: see urllib.parse.quote.")
    if any(part in (".", "..") for part in path.partition("?")[0].split("/")):
        raise InvalidInputError("path must not hold `.` or `..`: they change which call it is.")
    pairs = query_pairs((name, name, value) for name, value in (query or {}).items())
    if pairs:
        path += ("&" if "?" in path else "?") + encode_pairs(pairs)
    if attrs.has(result_type) and not (
        issubclass(result_type, Model) and "__dict__" not in dir(result_type)
    ):
        raise InvalidInputError(
            "cast_to must be a model of this library, a list of one, dict, str, bytes or "
            "type(None); others can be made from a dict."
        )
    if idempotency is None:
        idempotency = Idempotency.SAFE if method == "GET" else Idempotency.UNSAFE
    name = f"{method} {path.partition('?')[0]}"
    return Request(name, method, path, result_type, body=body, idempotency=idempotency)
