"""Cursor paging for handlers: from the query of a call to one page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from ..listings.cursors import Direction, Position, Slice, read_cursor, write_cursor
from ..listings.listing_faults import misbehaving_page
from ..listings.page_request import PageRequest
from .routing import Call

Json = dict[str, Any]


def read_page(
    call: Call,
    items: Sequence[Json],
    position_of: Callable[[Json], Position],
    limit: int,
    *,
    read: Callable[[str], Position] = read_cursor,
    write: Callable[[Position], str] = write_cursor,
) -> Slice:
    """Take the page the query asks for; this was the last thing to read from it."""
    cursor = call.query.text("cursor")
    direction = cast(Direction, call.query.choice("direction", ("after", "before")) or "before")
    call.query.finish()
    request = PageRequest(
        world=call.world,
        path=call.path,
        walk=f"{call.path} {direction} {call.query.without('cursor', 'direction')}",
        items=items,
        position_of=position_of,
        write=write,
        cursor=cursor,
        at=None if cursor is None else read(cursor),
        direction=direction,
        size=limit,
    )
    return misbehaving_page(call.misbehaviours, request)
