"""One request for a page of a listing, read but not served yet."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from ..world.positions import Position
from ..world.world import World
from .cursors import Direction, Slice, cut

Json = dict[str, Any]


@attrs.frozen(kw_only=True)
class PageRequest:
    """Which page of which listing is wanted."""

    world: World
    path: str
    """The path as it was sent: one listing."""
    walk: str
    """The path, the direction and all parameters but the cursor: one walk through the listing."""
    items: Sequence[Json]
    """The whole listing, newest first."""
    position_of: Callable[[Json], Position]
    write: Callable[[Position], str]
    """Makes a cursor that points at a position."""
    cursor: str | None
    """The cursor as it was sent."""
    at: Position | None
    """Where the cursor points."""
    direction: Direction
    size: int

    def page(self) -> Slice:
        """The page that an honest app serves."""
        return cut(
            self.items, self.position_of, at=self.at, direction=self.direction, size=self.size
        )

    @property
    def end_name(self) -> str:
        """The name of the cursor that leads on."""
        return "oldestCursor" if self.direction == "before" else "newestCursor"

    def end_position(self, page: Slice) -> Position:
        """Where the walk continues after a page that has items."""
        return self.position_of(page.items[-1 if self.direction == "before" else 0])

    def passed(self, count: int) -> list[Json]:
        """The last items that the walk met before it came to this page, newest first."""
        if self.at is None or count < 1:
            return []
        if self.direction == "before":
            start = bisect_right(self.items, self.at, key=self.position_of)
            return list(self.items[max(0, start - count) : start])
        end = bisect_left(self.items, self.at, key=self.position_of)
        return list(self.items[end : end + count])

    def following(self, page: Slice) -> Json | None:
        """The item that the walk meets next after a page."""
        if not page.items:
            return None
        at = self.end_position(page)
        items = cut(self.items, self.position_of, at=at, direction=self.direction, size=1).items
        return items[0] if items else None

    def final_page(self) -> Slice:
        """The last page of the listing in this direction, whatever the cursor."""
        forward = self.direction == "after"
        return Slice(list(self.items[: self.size] if forward else self.items[-self.size :]), False)
