"""The rule that leads from one page to the next. Pure: pages in, cursors out.

Apps end a listing in many ways, and some don't end it: they serve their first or last page again
and again, or report that more follows without a cursor. A `CursorState` tells the true end from a
cycle, and drops the items that a page repeats from the pages before it.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, TypeAlias, cast

from attrs import evolve, field, frozen

_ItemKey: TypeAlias = tuple[str, Any]

# Cursors, and pages of item keys, that are remembered. Bounded, so that memory does not grow with
# the length of a listing.
_REMEMBERED_CURSORS: Final = 64
_REMEMBERED_PAGES: Final = 8
# Pages in a row without a new item after which the listing is given up.
_MAX_PAGES_WITHOUT_NEW_ITEMS: Final = 3


@frozen
class CursorState:
    """The position in a listing, in front of a page. Each page makes a new one."""

    forward: bool = False
    """True follows the newest cursor to newer items; False the oldest cursor to older ones."""
    item_cursor: str | None = None
    """Field of an item that serves as a cursor where an old app sends none, e.g. `sortKey`."""
    cursor: str | None = None
    """Cursor of the next page; None before the first page and after the last."""
    problem: str | None = None
    """Why the next page can't be requested, although the app reports one."""
    _visited: tuple[str, ...] = field(default=(), alias="visited", repr=False)
    _recent: tuple[frozenset[_ItemKey], ...] = field(default=(), alias="recent", repr=False)
    _pages_without_new_items: int = field(default=0, alias="pages_without_new_items", repr=False)

    @classmethod
    def start(cls, query: Mapping[str, Any], item_cursor: str | None = None) -> "CursorState":
        """Return the position in front of the first page of what the caller asked for."""
        cursor = query.get("cursor")
        visited = (cursor,) if isinstance(cursor, str) else ()
        forward = query.get("direction") == "after"
        return cls(forward=forward, item_cursor=item_cursor, visited=visited)

    @property
    def has_next(self) -> bool:
        """Whether a page follows, be it one that can't be requested."""
        return self.cursor is not None or self.problem is not None

    def advance(self, page: Mapping[str, Any]) -> "tuple[CursorState, list[Any]]":
        """Return the position after a page, given as JSON, and the items that are new in it."""
        new_items, keys = self._new_items(_items_of(page))
        without = 0 if new_items else self._pages_without_new_items + 1
        cursor, problem = self._next_cursor(page, without)
        visited = self._visited if cursor is None else (*self._visited, cursor)
        state = evolve(
            self,
            cursor=cursor,
            problem=problem,
            visited=visited[-_REMEMBERED_CURSORS:],
            recent=(*self._recent, keys)[-_REMEMBERED_PAGES:],
            pages_without_new_items=without,
        )
        return state, new_items

    def _new_items(self, items: list[Any]) -> tuple[list[Any], frozenset[_ItemKey]]:
        """Return the items that were not on the pages before, and the keys of this page."""
        keys = frozenset[_ItemKey]()
        # Nearly always no item is repeated, which is quickly seen.
        with suppress(LookupError, TypeError, AttributeError):
            keys = frozenset([(item["id"], item.get("chatID")) for item in items])
        if len(keys) == len(items) and all(keys.isdisjoint(page) for page in self._recent):
            return items, keys
        new_items: list[Any] = []
        seen = set[_ItemKey]()
        for item in items:
            key = _key_of(item)
            if key is not None:
                if key in seen or any(key in page for page in self._recent):
                    continue
                seen.add(key)
            new_items.append(item)
        return new_items, frozenset(seen)

    def _next_cursor(
        self, page: Mapping[str, Any], pages_without_new_items: int
    ) -> tuple[str | None, str | None]:
        """Return the next cursor, or None and the problem if there ought to be one."""
        has_more, items = page.get("hasMore"), _items_of(page)
        if has_more is False or (has_more is None and not items):
            return None, None
        cursor = self._cursor_in(page, items)
        if not cursor:
            return None, None if has_more is None else "says that more follows, but not where"
        if cursor in self._visited:
            return None, "returned a cursor that leads back to a page that was already read"
        if pages_without_new_items >= _MAX_PAGES_WITHOUT_NEW_ITEMS:
            return None, f"sent {pages_without_new_items} pages in a row without anything new"
        return cursor, None

    def _cursor_in(self, page: Mapping[str, Any], items: list[Any]) -> str | None:
        name = "newestCursor" if self.forward else "oldestCursor"
        if name in page or self.item_cursor is None or not items:
            return page.get(name)
        last = items[0 if self.forward else -1]
        return _object(last).get(self.item_cursor)


def _key_of(item: Any) -> _ItemKey | None:
    fields = _object(item)
    if isinstance(item_id := fields.get("id"), str):
        # Messages of different chats may share an ID.
        return item_id, fields.get("chatID")
    return None


def _items_of(page: Mapping[str, Any]) -> list[Any]:
    value = page.get("items")
    items: list[Any] = cast("Any", value) if isinstance(value, list) else []
    return items


def _object(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
