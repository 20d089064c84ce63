"""Cursor paging for handlers: from the query of a request to one page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from ..listings.cursors import Direction, InvalidCursorError, Slice, read_cursor, write_cursor
from ..listings.listing_faults import faulty_page
from ..listings.page_request import PageRequest
from ..world.positions import Position
from .refusals import issue, malformed
from .routing import RoutedRequest

Json = dict[str, Any]


def read_page(
    request: RoutedRequest,
    items: Sequence[Json],
    position_of: Callable[[Json], Position],
    limit: int,
    *,
    read: Callable[[str], Position] = read_cursor,
    write: Callable[[Position], str] = write_cursor,
) -> Slice:
    """Return the page that the query requests. Read all other parameters of the query first.

    Args:
        request: the request.
        items: the whole listing, newest first.
        position_of: returns where an item stands.
        limit: how many items a page has, at least 1.
        read: turns a cursor into a position; raises `InvalidCursorError`.
        write: turns a position into a cursor.

    Raises:
        RefusalError: A parameter is invalid.
    """
    cursor = request.query.text("cursor")
    direction = cast(Direction, request.query.choice("direction", ("after", "before")) or "before")
    request.query.finish()
    page_request = PageRequest(
        world=request.world,
        path=request.path,
        walk=f"{request.path} {direction} {request.query.without('cursor', 'direction')}",
        items=items,
        position_of=position_of,
        write=write,
        cursor=cursor,
        at=_position(cursor, read),
        direction=direction,
        size=limit,
    )
    return faulty_page(request.listing_faults, page_request)


def _position(cursor: str | None, read: Callable[[str], Position]) -> Position | None:
    try:
        return None if cursor is None else read(cursor)
    except InvalidCursorError:
        raise malformed(issue("invalid_string", "Invalid cursor", "query", "cursor")) from None
