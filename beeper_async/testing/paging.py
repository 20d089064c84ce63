"""Cursor paging for handlers: from the query of a call to one page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from .calls import Call
from .cursors import Direction, Position, Slice, cut, read_cursor

Json = dict[str, Any]


def read_page(
    call: Call, items: Sequence[Json], position_of: Callable[[Json], Position], limit: int
) -> Slice:
    """Take the page the query asks for; this was the last thing to read from it."""
    cursor = call.query.text("cursor")
    direction = call.query.choice("direction", ("after", "before")) or "before"
    call.query.finish()
    at = None if cursor is None else read_cursor(cursor)
    return cut(items, position_of, at=at, direction=cast(Direction, direction), size=limit)
