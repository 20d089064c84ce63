"""The rule that leads from one page to the next. Pure: pages in, cursors out.

Apps end a listing in many ways, and some don't end it: they serve their first or last page again
and again, or report that more follows without a cursor. A `CursorState` tells the true end from a
cycle, and drops the items that a page repeats from the pages before it.

The rule is the table `_STEPS`. It looks at items as raw JSON, so an item that can't be decoded
counts like any other.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from enum import Enum, auto
from types import NoneType
from typing import Any, Final, TypeAlias, cast

from attrs import evolve, field, frozen

_ItemKey: TypeAlias = tuple[Any, Any]
_PageKeys: TypeAlias = frozenset[_ItemKey]

# Cursors, and pages of item keys, that are remembered. Bounded, so that memory does not grow with
# the length of a listing.
_REMEMBERED_CURSORS: Final = 64
_REMEMBERED_PAGES: Final = 8
# Pages in a row without a new item after which the listing is given up.
_MAX_PAGES_WITHOUT_NEW_ITEMS: Final = 3


class _Brings(Enum):
    """What a page brings, compared with the pages before it."""

    NEW_ITEMS = auto()
    NO_ITEMS = auto()
    LAST_PAGE = auto()
    """Only items of the last page that had new ones."""
    LAST_PAGE_AGAIN = auto()
    """Nothing, or the last page once more, after the last page came under a new cursor."""
    EARLIER_PAGES = auto()
    """No new items, and some from in front of the last page."""


class _Cursor(Enum):
    """The cursor of a page."""

    NEW = auto()
    SEEN = auto()
    MISSING = auto()


class _Step(Enum):
    """What follows after a page. The value of a problem is what the app did."""

    FOLLOW = auto()
    END = auto()
    NO_CURSOR = "says that more follows, but not where"
    CYCLE = "returned a cursor that leads back to a page that was already read"
    NOTHING_NEW = f"sent {_MAX_PAGES_WITHOUT_NEW_ITEMS} pages in a row without anything new"


# Live apps report `hasMore: true` on every page. The history ends there with an empty page without
# a cursor, or with its last page, repeated under cursors that count down. One such repeat can also
# be a page that was moved by new items in front of it, so one more page is read before the end.
_STEPS: Final[Mapping[tuple[_Brings, _Cursor], _Step]] = {
    (_Brings.NEW_ITEMS, _Cursor.NEW): _Step.FOLLOW,
    (_Brings.NEW_ITEMS, _Cursor.SEEN): _Step.CYCLE,
    (_Brings.NEW_ITEMS, _Cursor.MISSING): _Step.NO_CURSOR,
    (_Brings.NO_ITEMS, _Cursor.NEW): _Step.FOLLOW,
    (_Brings.NO_ITEMS, _Cursor.SEEN): _Step.CYCLE,
    (_Brings.NO_ITEMS, _Cursor.MISSING): _Step.END,
    (_Brings.LAST_PAGE, _Cursor.NEW): _Step.FOLLOW,
    (_Brings.LAST_PAGE, _Cursor.SEEN): _Step.CYCLE,
    (_Brings.LAST_PAGE, _Cursor.MISSING): _Step.NO_CURSOR,
    (_Brings.LAST_PAGE_AGAIN, _Cursor.NEW): _Step.END,
    (_Brings.LAST_PAGE_AGAIN, _Cursor.SEEN): _Step.END,
    (_Brings.LAST_PAGE_AGAIN, _Cursor.MISSING): _Step.END,
    (_Brings.EARLIER_PAGES, _Cursor.NEW): _Step.FOLLOW,
    (_Brings.EARLIER_PAGES, _Cursor.SEEN): _Step.CYCLE,
    (_Brings.EARLIER_PAGES, _Cursor.MISSING): _Step.NO_CURSOR,
}
# Without `hasMore` a page without items, or without a cursor, is the end.
_STEPS_WITHOUT_HAS_MORE: Final = {
    key: _Step.END if key[0] is _Brings.NO_ITEMS or key[1] is _Cursor.MISSING else step
    for key, step in _STEPS.items()
}


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
    _recent: tuple[_PageKeys, ...] = field(default=(), alias="recent", repr=False)
    """The keys of the last pages that had new items."""
    _since: tuple[_Brings, ...] = field(default=(), alias="since", repr=False)
    """What the pages brought after the last one that had new items."""

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
        items = _items_of(page)
        new_items, keys = self._new_items(items)
        brings = self._brings(items, new_items, keys)
        is_new = brings is _Brings.NEW_ITEMS
        since = () if is_new else (*self._since, brings)
        cursor = self._cursor_in(page, items)
        step = self._step(page.get("hasMore"), brings, cursor, len(since))
        follows = step is _Step.FOLLOW and cursor is not None
        state = evolve(
            self,
            cursor=cursor if follows else None,
            problem=step.value if isinstance(step.value, str) else None,
            visited=(*self._visited, *([cursor] if cursor else ()))[-_REMEMBERED_CURSORS:],
            recent=(*self._recent, keys)[-_REMEMBERED_PAGES:] if is_new else self._recent,
            since=since,
        )
        return state, new_items

    def _step(self, has_more: Any, brings: _Brings, cursor: str | None, without_new: int) -> _Step:
        if has_more is False:
            return _Step.END
        steps = _STEPS if has_more is True else _STEPS_WITHOUT_HAS_MORE
        step = steps[brings, self._kind_of(cursor)]
        is_too_long = step is _Step.FOLLOW and without_new >= _MAX_PAGES_WITHOUT_NEW_ITEMS
        return _Step.NOTHING_NEW if is_too_long else step

    def _brings(self, items: list[Any], new_items: list[Any], keys: _PageKeys) -> _Brings:
        if new_items:
            return _Brings.NEW_ITEMS
        if items and not (self._recent and keys <= self._recent[-1]):
            return _Brings.EARLIER_PAGES
        if _Brings.LAST_PAGE in self._since and _Brings.EARLIER_PAGES not in self._since:
            return _Brings.LAST_PAGE_AGAIN
        return _Brings.LAST_PAGE if items else _Brings.NO_ITEMS

    def _new_items(self, items: list[Any]) -> tuple[list[Any], _PageKeys]:
        """Return the items that were not on the pages before, and the keys of this page."""
        keys = _keys_of(items)
        page = frozenset(keys)
        # Nearly always no item is repeated, which is quickly seen.
        if len(page) == len(items) and all(page.isdisjoint(other) for other in self._recent):
            return items, page
        known = frozenset[_ItemKey]().union(*self._recent)
        if page <= known:
            return [], page
        new_items: list[Any] = []
        seen = set[_ItemKey]()
        for item, key in zip(items, keys, strict=True):
            # Two items without an ID can be alike and still be two.
            if not _has_id(key) or (key not in known and key not in seen):
                new_items.append(item)
            seen.add(key)
        return new_items, page

    def _kind_of(self, cursor: str | None) -> _Cursor:
        if cursor is None:
            return _Cursor.MISSING
        return _Cursor.SEEN if cursor in self._visited else _Cursor.NEW

    def _cursor_in(self, page: Mapping[str, Any], items: list[Any]) -> str | None:
        return cursor_in(page, items, self.item_cursor, forward=self.forward)


def cursor_in(
    page: Mapping[str, Any], items: list[Any], item_cursor: str | None, *, forward: bool
) -> str | None:
    """Return the cursor of a page that leads to newer items, or to older ones.

    Args:
        page: The page as JSON.
        items: Its items, the newest first.
        item_cursor: Field of an item that serves as a cursor where the app sends none.
        forward: Whether to newer items.
    """
    name = "newestCursor" if forward else "oldestCursor"
    if name in page or item_cursor is None:
        return _first_cursor([page.get(name)])
    # The outermost item may be one that can't be read; its neighbour leads to the same place.
    outermost_first = items if forward else reversed(items)
    return _first_cursor(_object(item).get(item_cursor) for item in outermost_first)


def _first_cursor(values: Iterable[Any]) -> str | None:
    """Return the first value that can be a cursor. Some count down, so a number is one too."""
    texts = (str(value) if type(value) is int else value for value in values)
    return next((text for text in texts if isinstance(text, str) and text), None)


def _keys_of(items: list[Any]) -> list[_ItemKey]:
    # Nearly always each item is an object with an ID, which is quickly seen.
    with suppress(LookupError, TypeError, AttributeError):
        ids = [item["id"] for item in items]
        chat_ids = [item.get("chatID") for item in items]
        if set(map(type, ids)) <= {str} and set(map(type, chat_ids)) <= {str, NoneType}:
            return list(zip(ids, chat_ids, strict=True))
    return [_key_of(item) for item in items]


def _key_of(item: Any) -> _ItemKey:
    """Return what an item is recognised by: its ID and chat, else its content."""
    fields = _object(item)
    item_id, chat_id = fields.get("id"), fields.get("chatID")
    if not isinstance(item_id, str):
        return None, _fingerprint(item)
    # Messages of different chats may share an ID.
    return item_id, chat_id if isinstance(chat_id, str) else None


def _has_id(key: _ItemKey) -> bool:
    return key[0] is not None


def _fingerprint(value: Any) -> int:
    try:
        return hash(repr(value))
    except RecursionError:
        return 0


def _items_of(page: Mapping[str, Any]) -> list[Any]:
    value = page.get("items")
    items: list[Any] = cast("Any", value) if isinstance(value, list) else []
    return items


def _object(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
