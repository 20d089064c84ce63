"""States: objects of the bot's own classes, kept over restarts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from attrs import define

from .values import decode, encode, fresh

T = TypeVar("T")


def is_of_message(name: str) -> bool:
    """Return whether the name of a state is that of a state of a message."""
    parts: list[str] = json.loads(name)
    return parts[1] == "message"


@define(eq=False)
class _Open:
    value: Any
    before: str
    holders: int = 0


class States:
    """The states that are open, or changed and not stored yet.

    Args:
        load: Reads the JSON of a stored state.
    """

    def __init__(self, load: Callable[[str], str | None]) -> None:
        self._load = load
        self._changed: dict[str, str | None] = {}
        self._unstored: Counter[str] = Counter()
        self._open: dict[str, _Open] = {}

    @contextmanager
    def use(
        self, kind: type[T], key: tuple[str, ...], note: Callable[[str], object]
    ) -> Generator[T]:
        """Open a state.

        Whoever opens it while it is open gets the same object, so that nobody overwrites what
        somebody else has changed meanwhile.

        Args:
            kind: Its class.
            key: What it belongs to.
            note: Called with its name, at the end, if it has changed.
        """
        name = encode([f"{kind.__module__}.{kind.__qualname__}", *key])
        one = self._open.get(name)
        if one is None:
            one = self._open[name] = self._opened(kind, name)
        one.holders += 1
        try:
            yield one.value
            after = encode(one.value, kind)
            if after != one.before:
                one.before = after
                self._changed[name] = None if after == encode(fresh(kind), kind) else after
                note(name)
        finally:
            one.holders -= 1
            if not one.holders:
                del self._open[name]

    def _opened(self, kind: type[Any], name: str) -> _Open:
        text = self._changed[name] if name in self._changed else self._load(name)
        value = fresh(kind) if text is None else decode(text, kind)
        return _Open(value, encode(value, kind))

    def note(self, name: str) -> None:
        """Keep a change in memory until it is stored."""
        self._unstored[name] += 1

    def stored(self, names: set[str]) -> None:
        """Forget changes that were stored, unless somebody has changed them again."""
        for name in names:
            self._unstored[name] -= 1
            if self._unstored[name] <= 0:
                del self._unstored[name]
                self._changed.pop(name, None)

    def json(self, name: str) -> str | None:
        """Return the JSON of a changed state; None if it is one that is removed."""
        return self._changed.get(name)
