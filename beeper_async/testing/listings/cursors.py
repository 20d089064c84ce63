"""Cursor paging over a listing that is sorted newest first."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar, overload

import attrs

from ..world.positions import Position, chat_position

T = TypeVar("T")


class InvalidCursorError(ValueError):
    """Raised for a cursor that this app did not return."""


Direction = Literal["before", "after"]
Edit = Callable[[dict[str, Any]], dict[str, Any]]


class NewestFirst(Sequence[T]):
    """A list the other way round, without a copy: a page of a long chat costs no more than others.

    Args:
        oldest_first: The list.
    """

    def __init__(self, oldest_first: Sequence[T]) -> None:
        self._oldest_first = oldest_first

    def __len__(self) -> int:
        return len(self._oldest_first)

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...

    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, int):
            return self._oldest_first[-1 - index]
        size = len(self)
        start, stop, step = index.indices(size)
        part = self._oldest_first[size - max(start, stop) : size - start]
        return part[::-1][::step]


@attrs.frozen
class Slice:
    """One page of a listing, before it is written out."""

    items: list[dict[str, Any]]
    has_more: bool
    cursors: Mapping[str, str] = attrs.field(factory=dict[str, str])
    """Cursors to write instead of the real ones, by their names on the wire."""
    edits: tuple[Edit, ...] = ()
    """What is still to be done to the body when it is written out."""

    def finished(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body with this page in it, after all edits."""
        for edit in self.edits:
            body = edit(body)
        return body

    def edited(self, edit: Edit) -> Slice:
        """The same page with one more edit."""
        return attrs.evolve(self, edits=(*self.edits, edit))


def cut(
    items: Sequence[dict[str, Any]],
    position_of: Callable[[dict[str, Any]], Position],
    *,
    at: Position | None,
    direction: Direction,
    size: int,
) -> Slice:
    """Take the page next to the position `at`, which itself is on no page.

    Without a position the page is the newest one; nothing is newer than that, so going "after"
    from there ends at once.
    """
    if at is None:
        page = list(items[:size])
        return Slice(page, direction == "before" and len(items) > size)
    if direction == "before":
        start = bisect_right(items, at, key=position_of)
        return Slice(list(items[start : start + size]), start + size < len(items))
    end = bisect_left(items, at, key=position_of)
    return Slice(list(items[max(0, end - size) : end]), end > size)


def write_chat_cursor(chat: dict[str, Any]) -> str:
    """The opaque cursor that points at a chat."""
    return write_cursor(chat_position(chat))


def write_cursor(position: Position) -> str:
    """The opaque cursor for a position."""
    number, text = position
    token = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return f"{-number}|{token}"


def read_cursor(cursor: str) -> Position:
    """The position that a cursor points at.

    Raises:
        InvalidCursorError: The cursor was not written by `write_cursor`.
    """
    number, _, token = cursor.partition("|")
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True).decode()
        return -int(number), text
    except (ValueError, binascii.Error):
        raise InvalidCursorError(cursor) from None


def write_page(
    page: Slice, cursor_of: Callable[[dict[str, Any]], str], rendered: list[dict[str, Any]]
) -> dict[str, Any]:
    """The page envelope, with `rendered` standing for the page's items."""
    return {
        "items": rendered,
        "hasMore": page.has_more,
        "oldestCursor": cursor_of(page.items[-1]) if page.items else None,
        "newestCursor": cursor_of(page.items[0]) if page.items else None,
        **page.cursors,
    }
