"""Equal parts of the answers of one client, built once and shared.

Chats of one network support the same things, so a client meets few kinds of `ChatCapabilities`, and
each of them is as large as the rest of a chat. Classes with `is_shared` are found by their JSON and
hold nothing that could be changed.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, ParamSpec, TypeVar

import orjson

P = ParamSpec("P")
T = TypeVar("T")

_MOST_KINDS: Final = 64


class SharedParts:
    """What one client has built of classes whose objects are shared; at most 64 kinds."""

    def __init__(self) -> None:
        self._built: dict[tuple[type, bytes], Any] = {}

    def __len__(self) -> int:
        return len(self._built)

    def get(self, cls: type, written: bytes) -> Any:
        """Return what was built from this JSON, or None."""
        return self._built.get((cls, written))

    def add(self, cls: type, written: bytes, built: Any) -> None:
        """Keep what was built; the kinds known before are forgotten when they are too many."""
        if len(self._built) >= _MOST_KINDS:
            self._built.clear()
        self._built[cls, written] = built


# Decoding is called through cattrs, which passes on nothing but values and types.
_CURRENT: Final[ContextVar[SharedParts | None]] = ContextVar("shared parts", default=None)


def sharing(parts: SharedParts, decode: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call what decodes, and let what it builds be shared."""
    token = _CURRENT.set(parts)
    try:
        return decode(*args, **kwargs)
    finally:
        _CURRENT.reset(token)


def shared_hook(cls: type, build: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a function that builds like another, but builds equal JSON only once."""

    def hook(value: Any, tp: Any) -> Any:
        parts = _CURRENT.get()
        if parts is None:
            return build(value, tp)
        try:
            written = orjson.dumps(value)
        except TypeError:  # an integer beyond 64 bits; not worth another way to find it
            return build(value, tp)
        if (found := parts.get(cls, written)) is None:
            found = build(value, tp)
            parts.add(cls, written, found)
        return found

    return hook
