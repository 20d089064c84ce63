"""A listing in memory, for tests of what happens between its pages."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import orjson

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
            return ParsedResponse(request, _info(), page, orjson.dumps(page), POLICY)
        finally:
            self.out -= 1

    def _page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        rows = [
            m for m in self.messages if m["accountID"] in query.get("accountIDs", m["accountID"])
        ]
        for name, keep in (("dateAfter", datetime.__gt__), ("dateBefore", datetime.__lt__)):
            if name in query:
                edge = datetime.fromisoformat(query[name][0])
                rows = [m for m in rows if keep(datetime.fromisoformat(m["timestamp"]), edge)]
        start = int(query["cursor"][0]) if "cursor" in query else 0
        end = start + self.page_size
        more = end < len(rows)
        cursor = str(end) if more else None
        return {"items": rows[start:end], "hasMore": more, "oldestCursor": cursor}


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
