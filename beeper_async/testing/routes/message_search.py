"""Searching messages, and searching everything at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..listings.cursors import Slice, cut, write_cursor, write_page
from ..server.paging import read_page
from ..server.routing import Route, RoutedRequest, RouteResponse
from ..server.views import LISTING_PARTICIPANTS, show_chat, show_message
from ..world.clock import to_milliseconds
from ..world.positions import Position
from .chat_listings import SEARCH_SIZE, participants_text, title_text
from .text_search import has_all, query_words, strip_markup

Json = dict[str, Any]
Test = Callable[[Json], bool]

PAGE_SIZE = 20
MAX_SIZE = 20
_MEDIA = ("any", "video", "image", "link", "file")
_ATTACHMENTS = {"video": "video", "image": "img", "file": "unknown"}


def search_messages(request: RoutedRequest) -> RouteResponse:
    """The messages that pass every given filter, newest first."""
    usual = request.default_size(PAGE_SIZE)
    limit = request.query.integer("limit", minimum=1, maximum=MAX_SIZE, default=usual)
    chat_tests, tests = _chat_tests(request), _message_tests(request)
    found = _matching(request, chat_tests, tests)
    page = read_page(request, found, _position, limit)
    return RouteResponse(page.finished(_written(request, page)))


def search_everything(request: RoutedRequest) -> RouteResponse:
    """Chats by title, groups by their people, and the first page of messages."""
    words = query_words(request.query.text("query", required=True, min_length=1))
    request.query.finish()
    chats = request.world.by_activity()
    named = [chat for chat in chats if has_all(words, title_text(chat))]
    groups = [chat for chat in chats if chat["type"] == "group"]
    joined = [chat for chat in groups if has_all(words, participants_text(chat))]
    messages = _matching(request, [_is_not_low_priority], [_has_words(words)])
    size = request.default_size(PAGE_SIZE)
    page = cut(messages, _position, at=None, direction="before", size=size)
    results = {
        "chats": _shown(request, named),
        "in_groups": _shown(request, joined),
        "messages": _written(request, page),
    }
    return RouteResponse({"results": results})


def _shown(request: RoutedRequest, chats: list[Json]) -> list[Json]:
    size = request.default_size(SEARCH_SIZE)
    return [
        show_chat(request.world, chat, request.version, LISTING_PARTICIPANTS)
        for chat in chats[:size]
    ]


def _written(request: RoutedRequest, page: Slice) -> Json:
    shown = [show_message(request.world, message, request.version) for message in page.items]
    ids = {message["chatID"]: None for message in page.items}
    chats = _shown(request, [request.world.chats[one] for one in ids])
    return write_page(page, _cursor, shown) | {"chats": {chat["id"]: chat for chat in chats}}


def _matching(request: RoutedRequest, chat_tests: list[Test], tests: list[Test]) -> list[Json]:
    found: list[Json] = []
    for chat_id, messages in request.world.messages.items():
        if all(test(request.world.chats[chat_id]) for test in chat_tests):
            found += [
                message
                for message in messages
                if not message.get("isDeleted") and all(test(message) for test in tests)
            ]
    return sorted(found, key=_position)


def _position(message: Json) -> Position:
    return -to_milliseconds(message["timestamp"]), f"{message['chatID']}\n{message['sortKey']}"


def _cursor(message: Json) -> str:
    return write_cursor(_position(message))


def _is_not_low_priority(chat: Json) -> bool:
    return not chat.get("isLowPriority")


def _chat_tests(request: RoutedRequest) -> list[Test]:
    query = request.query
    tests: list[Test] = []
    accounts = query.texts("accountIDs")
    if accounts is not None:
        tests.append(lambda chat: chat["accountID"] in accounts)
    ids = query.texts("chatIDs")
    if ids is not None:
        tests.append(lambda chat: chat["id"] in ids or chat.get("localChatID") in ids)
    kind = query.choice("chatType", ("group", "single"))
    if kind is not None:
        tests.append(lambda chat: bool(chat["type"] == kind))
    if query.flag("excludeLowPriority", default=True):
        tests.append(_is_not_low_priority)
    if not query.flag("includeMuted", default=True):
        tests.append(lambda chat: not chat.get("isMuted"))
    return tests


def _message_tests(request: RoutedRequest) -> list[Test]:
    query = request.query
    tests: list[Test] = []
    words = query_words(query.text("query"))
    if words:
        tests.append(_has_words(words))
    sender = query.text("sender")
    if sender is not None:
        tests.append(_sent_by(sender))
    tests += _time_tests(query.moment("dateAfter"), query.moment("dateBefore"))
    media = query.choices("mediaTypes", _MEDIA)
    if media is not None:
        tests.append(lambda message: any(_has_media(message, kind) for kind in media))
    return tests


def _has_words(words: list[str]) -> Test:
    return lambda message: has_all(words, strip_markup(message.get("text", "")))


def _sent_by(sender: str) -> Test:
    if sender in ("me", "others"):
        return lambda message: bool(message.get("isSender")) == (sender == "me")
    return lambda message: bool(message["senderID"] == sender)


def _time_tests(after: datetime | None, before: datetime | None) -> list[Test]:
    tests: list[Test] = []
    if after is not None:
        earliest = after.timestamp() * 1000
        tests.append(lambda message: to_milliseconds(message["timestamp"]) > earliest)
    if before is not None:
        latest = before.timestamp() * 1000
        tests.append(lambda message: to_milliseconds(message["timestamp"]) < latest)
    return tests


def _has_media(message: Json, kind: str) -> bool:
    attachments: list[Json] = message.get("attachments") or []
    if kind == "any":
        return bool(attachments or message.get("links"))
    if kind == "link":
        return bool(message.get("links"))
    return any(one["type"] == _ATTACHMENTS[kind] for one in attachments)


ROUTES = [
    Route(
        method="GET",
        path="/v1/messages/search",
        handler=search_messages,
        listing="messages.search",
    ),
    Route(method="GET", path="/v1/search", handler=search_everything),
]
