"""The rule that leads from one page to the next. Pure: pages in, cursors out.

Apps end a listing in many ways, and some don't end it at all: they serve their first or last page
again, for ever, or say that more follows without saying where. A `Trail` tells the true end from
going in circles, and drops what a page repeats of the pages before it.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from attrs import evolve, field, frozen

_Key: TypeAlias = tuple[str, Any]

# Cursors, and pages of IDs, that are remembered; a bound, so that memory doesn't grow with a walk.
_CURSORS: Final = 64
_PAGES: Final = 8
# Pages in a row without anything new before a walk is given up.
_PATIENCE: Final = 3


@frozen
class Trail:
    """Where a walk has come to. Each page makes a new one, so any page can be walked on from."""

    forward: bool = False
    """True walks to newer items, by the newest cursor; False to older ones."""
    own_cursor: str | None = None
    """Field that serves as a cursor where an old app sends none, e.g. `sortKey`."""
    cursor: str | None = None
    """Where the next page is; None at the end."""
    problem: str | None = None
    """Why the next page can't be asked for, although the app says there is one."""
    _visited: tuple[str, ...] = field(default=(), alias="visited", repr=False)
    _recent: tuple[frozenset[_Key], ...] = field(default=(), alias="recent", repr=False)
    _barren: int = field(default=0, alias="barren", repr=False)

    @classmethod
    def begin(cls, query: Mapping[str, Any], own_cursor: str | None = None) -> "Trail":
        """Start a walk at what the caller asked for."""
        start = query.get("cursor")
        visited = (start,) if isinstance(start, str) else ()
        forward = query.get("direction") == "after"
        return cls(forward=forward, own_cursor=own_cursor, visited=visited)

    def after(self, page: Mapping[str, Any]) -> "tuple[Trail, list[Any]]":
        """Take in a page as it came, and return the trail from there and the items new in it."""
        fresh, ids = self._new_items(_items_of(page))
        barren = 0 if fresh else self._barren + 1
        cursor, problem = self._way_on(page, barren)
        visited = self._visited if cursor is None else (*self._visited, cursor)[-_CURSORS:]
        trail = evolve(
            self,
            cursor=cursor,
            problem=problem,
            visited=visited,
            recent=(*self._recent, ids)[-_PAGES:],
            barren=barren,
        )
        return trail, fresh

    def _new_items(self, items: list[Any]) -> tuple[list[Any], frozenset[_Key]]:
        """Return the items that were not on the pages before, and what tells them apart."""
        try:  # nearly always nothing is repeated, which is quickly seen
            known = frozenset([(item["id"], item.get("chatID")) for item in items])
        except (LookupError, TypeError, AttributeError):
            known = frozenset()
        if len(known) == len(items) and all(known.isdisjoint(page) for page in self._recent):
            return items, known
        fresh, ids = [], set[_Key]()
        for item in items:
            key = _key_of(item)
            if key is not None:
                if key in ids or any(key in page for page in self._recent):
                    continue
                ids.add(key)
            fresh.append(item)
        return fresh, frozenset(ids)

    def _way_on(self, page: Mapping[str, Any], barren: int) -> tuple[str | None, str | None]:
        """Return the next cursor, or None with the reason why there ought to be one."""
        more, items = page.get("hasMore"), _items_of(page)
        if more is False or (more is None and not items):
            return None, None
        cursor = self._cursor_of(page, items)
        if not cursor:
            return None, None if more is None else "says that more follows, but not where"
        if cursor in self._visited:
            return None, "leads back to a page that was already read"
        if barren >= _PATIENCE:
            return None, f"sent {barren} pages in a row without anything new"
        return cursor, None

    def _cursor_of(self, page: Mapping[str, Any], items: list[Any]) -> str | None:
        name = "newestCursor" if self.forward else "oldestCursor"
        if name in page or self.own_cursor is None or not items:
            return page.get(name)
        last: Any = items[0 if self.forward else -1]
        return last.get(self.own_cursor) if isinstance(last, dict) else None


def _key_of(item: Any) -> _Key | None:
    if isinstance(item, dict) and isinstance(item.get("id"), str):
        # A message's ID need not differ from those of other chats.
        return item["id"], item.get("chatID")
    return None


def _items_of(page: Mapping[str, Any]) -> list[Any]:
    items = page.get("items")
    return items if isinstance(items, list) else []
