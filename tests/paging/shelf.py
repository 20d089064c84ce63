"""A listing in memory, for tests of what happens between its pages."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import orjson
from attrs import frozen

from beeper_async._codec.sharing import SharedParts
from beeper_async._http.decoding import ParsedResponse
from beeper_async._http.request import Request
from beeper_async._http.unreadable import UnreadableLog, UnreadablePolicy
from beeper_async._paging.listing import Listing, TimeFilter
from beeper_async._paging.page import AsyncCursorSearch
from beeper_async._paging.paginator import AsyncPaginator
from beeper_async._response import RequestInfo, ResponseInfo
from beeper_async.models import Message
from beeper_async.models.page import CursorPage

START = datetime(2026, 5, 1, tzinfo=UTC)
POLICY = UnreadablePolicy("warn", UnreadableLog())


class Shelf:
    """A listing in memory that pages, filters and answers like the app, a step at a time."""

    def __init__(self, messages: list[dict[str, Any]], page_size: int) -> None:
        self.messages = messages
        self.page_size = page_size
        self.out = self.most_out = self.served = 0

    def listing(self, **query: Any) -> AsyncPaginator[Message, AsyncCursorSearch[Message]]:
        request = Request("shelf", "GET", "/shelf", CursorPage[Message])
        defaults: dict[str, Any] = {"account_ids": None, "date_after": None, "date_before": None}
        time_filter = TimeFilter("date_after", "date_before", "timestamp")
        shelf = Listing(request, {**defaults, **query}, time_filter=time_filter)
        return AsyncPaginator(AsyncCursorSearch, shelf, self.fetch)

    async def fetch(self, request: Request[Any]) -> ParsedResponse[Any]:
        self.out += 1
        self.served += 1
        self.most_out = max(self.most_out, self.out)
        try:
            await asyncio.sleep(0)
            page = self._page(parse_qs(request.path.partition("?")[2]))
            return ParsedResponse(request, _info(), page, orjson.dumps(page), POLICY, SharedParts())
        finally:
            self.out -= 1

    def _rows(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        rows = [
            m for m in self.messages if m["accountID"] in query.get("accountIDs", m["accountID"])
        ]
        for name, keep in (("dateAfter", datetime.__gt__), ("dateBefore", datetime.__lt__)):
            if name in query:
                edge = datetime.fromisoformat(query[name][0])
                rows = [m for m in rows if keep(datetime.fromisoformat(m["timestamp"]), edge)]
        return rows

    def _page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        rows = self._rows(query)
        start = int(query["cursor"][0]) if "cursor" in query else 0
        end = start + self.page_size
        more = end < len(rows)
        cursor = str(end) if more else None
        return {"items": rows[start:end], "hasMore": more, "oldestCursor": cursor}


@frozen
class Ways:
    """How a shelf ends its listings, and what its pages are like in the middle."""

    end: str
    """"told", "silent", "empty page" or "countdown"."""
    emptied: frozenset[int]
    """Where an empty page comes first."""
    doubled: frozenset[int]
    """Where the page before comes once more first."""
    overlap: int
    """How many items each page repeats of the one before."""


class OddShelf(Shelf):
    """A shelf that serves every item, but not as the reference says."""

    def __init__(self, messages: list[dict[str, Any]], page_size: int, ways: Ways) -> None:
        super().__init__(messages, page_size)
        self.ways = ways

    def _page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        rows, ways, size = self._rows(query), self.ways, self.page_size
        cursor = query.get("cursor", ["0"])[0]
        at = int(cursor)
        # With a zero in front a number reads the same, but it is another cursor.
        first_time = cursor == str(at)
        last = (max(len(rows), 1) - 1) // size * size
        if first_time and at and at in ways.emptied | ways.doubled and at <= last:
            items = [] if at in ways.emptied else rows[at - size : at]
            return self._written(query, items, f"0{at}", None if items == [] else True)
        if at > last and at > 0:
            if ways.end == "countdown" and rows:
                return self._written(query, rows[last:], str(at + 1), True)
            return self._written(query, [], None, None if ways.end == "silent" else True)
        page = rows[max(0, at - ways.overlap) : at + size]
        if not page and ways.end == "countdown":
            return self._written(query, [], None, True)  # there is nothing to count from
        if at == last and ways.end == "told":
            return self._written(query, page, str(at + size), False)
        if at == last and ways.end == "silent":
            return self._written(query, page, None, None)
        return self._written(query, page, str(at + size), True)

    def _written(
        self, query: dict[str, list[str]], items: list[Any], cursor: str | None, more: bool | None
    ) -> dict[str, Any]:
        forward = query.get("direction") == ["after"]
        ours, other = ("newestCursor", "oldestCursor")[:: 1 if forward else -1]
        # An empty page in the middle needs hasMore: nothing else says that it isn't the end.
        reported = True if cursor is not None and more is None else more
        page = {"items": items, ours: cursor, other: "n"}
        return page if reported is None else {**page, "hasMore": reported}


def _info() -> ResponseInfo:
    return ResponseInfo(RequestInfo("shelf", "GET", ""), 200, {}, 0.0, 0)


def message(number: int, account: str, seconds: int) -> dict[str, Any]:
    time = (START - timedelta(seconds=seconds)).isoformat(timespec="milliseconds")
    return {
        "id": str(number), "accountID": account, "chatID": "c", "senderID": "s",
        "sortKey": str(number), "timestamp": time,
    }  # fmt: skip


def numbered(count: int) -> list[dict[str, Any]]:
    return [message(number, "a", number) for number in range(count)]


def circling() -> AsyncPaginator[Message, Any]:
    shelf = Shelf(numbered(5), 5)
    page = {"items": shelf.messages, "hasMore": True, "oldestCursor": "0"}
    shelf._page = lambda query: page  # type: ignore[method-assign]
    return shelf.listing()
