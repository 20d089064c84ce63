"""Listing and searching chats."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..listings.cursors import write_chat_cursor, write_page
from ..server.paging import read_page
from ..server.routing import Route, RoutedRequest, RouteResponse
from ..server.versions import CHAT_LIST_LIMIT, FULL_CHATS
from ..server.views import LISTING_PARTICIPANTS, show_chat, show_listed_chat
from ..world.clock import to_milliseconds
from ..world.positions import chat_position
from .text_search import has_all, person_text, query_words

Json = dict[str, Any]
Test = Callable[[Json], bool]

LIST_SIZE = 25
SEARCH_SIZE = 50
MAX_SIZE = 200


def list_chats(request: RoutedRequest) -> RouteResponse:
    """All chats of all accounts, or of some accounts."""
    accounts = request.query.texts("accountIDs")
    usual = request.default_size(LIST_SIZE)
    limit = usual
    if request.version >= CHAT_LIST_LIMIT:
        limit = request.query.integer("limit", minimum=1, maximum=MAX_SIZE, default=usual)
    chats = request.world.by_activity()
    if accounts is not None:
        chats = [chat for chat in chats if chat["accountID"] in accounts]
    page = read_page(request, chats, chat_position, limit)
    shown = [show_listed_chat(request.world, chat, request.version) for chat in page.items]
    return RouteResponse(page.finished(write_page(page, write_chat_cursor, shown)))


def search_chats(request: RoutedRequest) -> RouteResponse:
    """The chats that pass every given filter."""
    usual = request.default_size(SEARCH_SIZE)
    limit = request.query.integer("limit", minimum=1, maximum=MAX_SIZE, default=usual)
    tests = _search_tests(request)
    chats = [chat for chat in request.world.by_activity() if all(test(chat) for test in tests)]
    page = read_page(request, chats, chat_position, limit)
    shown = [
        show_chat(request.world, chat, request.version, LISTING_PARTICIPANTS) for chat in page.items
    ]
    return RouteResponse(page.finished(write_page(page, write_chat_cursor, shown)))


def _search_tests(request: RoutedRequest) -> list[Test]:
    query = request.query
    tests: list[Test] = []
    accounts = query.texts("accountIDs")
    if accounts is not None:
        tests.append(lambda chat: chat["accountID"] in accounts)
    kind = query.choice("type", ("single", "group", "any"))
    if kind in ("single", "group"):
        tests.append(lambda chat: bool(chat["type"] == kind))
    if not query.flag("includeMuted", default=True):
        tests.append(lambda chat: not chat.get("isMuted"))
    if query.flag("unreadOnly", default=False):
        tests.append(lambda chat: bool(chat["unreadCount"] or chat.get("isMarkedUnread")))
    inbox = query.choice("inbox", tuple(_INBOXES))
    if inbox is not None:
        tests.append(_INBOXES[inbox])
    label = query.text("labelID") if request.version >= FULL_CHATS else None
    if label is not None:
        tests.append(lambda chat: any(has["id"] == label for has in chat.get("labels") or ()))
    tests += _activity_tests(query.moment("lastActivityAfter"), query.moment("lastActivityBefore"))
    scope = query.choice("scope", ("titles", "participants")) or "titles"
    words = query_words(query.text("query", min_length=1))
    if words:
        text_of = title_text if scope == "titles" else participants_text
        tests.append(lambda chat: has_all(words, text_of(chat)))
    return tests


_INBOXES: dict[str, Test] = {
    "primary": lambda chat: not chat.get("isArchived") and not chat.get("isLowPriority"),
    "low-priority": lambda chat: bool(chat.get("isLowPriority")) and not chat.get("isArchived"),
    "archive": lambda chat: bool(chat.get("isArchived")),
}


def _activity_tests(after: datetime | None, before: datetime | None) -> list[Test]:
    def milliseconds(chat: Json) -> int:
        return to_milliseconds(chat.get("lastActivity"))

    tests: list[Test] = []
    if after is not None:
        earliest = after.timestamp() * 1000
        tests.append(lambda chat: milliseconds(chat) > earliest)
    if before is not None:
        latest = before.timestamp() * 1000
        tests.append(lambda chat: milliseconds(chat) < latest)
    return tests


def title_text(chat: Json) -> str:
    """What a search of titles looks at."""
    return f"{chat['title']} {chat.get('network', '')}"


def participants_text(chat: Json) -> str:
    """What a search of participants looks at."""
    return " ".join(person_text(person) for person in chat["participants"]["items"])


ROUTES = [
    Route(method="GET", path="/v1/chats", handler=list_chats, listing="chats.list"),
    Route(method="GET", path="/v1/chats/search", handler=search_chats, listing="chats.search"),
]
