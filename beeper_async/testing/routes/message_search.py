"""Searching messages, and searching everything at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..listings.cursors import Position, Slice, cut, write_cursor, write_page
from ..server.paging import read_page
from ..server.routing import Answer, Call, Route
from ..server.views import LISTING_PARTICIPANTS, show_chat, show_message
from ..world.clock import to_milliseconds
from .chat_listings import SEARCH_SIZE, participants_text, title_text
from .text_search import has_all, plain_text, words_of

Json = dict[str, Any]
Test = Callable[[Json], bool]

PAGE_SIZE = 20
MAX_SIZE = 20
_MEDIA = ("any", "video", "image", "link", "file")
_ATTACHMENTS = {"video": "video", "image": "img", "file": "unknown"}


def search_messages(call: Call) -> Answer:
    """The messages that pass every given filter, newest first."""
    usual = call.default_size(PAGE_SIZE)
    limit = call.query.integer("limit", minimum=1, maximum=MAX_SIZE, default=usual)
    chat_tests, tests = _chat_tests(call), _message_tests(call)
    found = _matching(call, chat_tests, tests)
    page = read_page(call, found, _position, limit)
    return Answer(page.finished(_written(call, page)))


def search_everything(call: Call) -> Answer:
    """Chats by title, groups by their people, and the first page of messages."""
    words = words_of(call.query.text("query", required=True, min_length=1))
    call.query.finish()
    chats = call.world.by_activity()
    named = [chat for chat in chats if has_all(words, title_text(chat))]
    groups = [chat for chat in chats if chat["type"] == "group"]
    joined = [chat for chat in groups if has_all(words, participants_text(chat))]
    messages = _matching(call, [_is_not_low_priority], [_has_words(words)])
    size = call.default_size(PAGE_SIZE)
    page = cut(messages, _position, at=None, direction="before", size=size)
    results = {
        "chats": _shown(call, named),
        "in_groups": _shown(call, joined),
        "messages": _written(call, page),
    }
    return Answer({"results": results})


def _shown(call: Call, chats: list[Json]) -> list[Json]:
    size = call.default_size(SEARCH_SIZE)
    return [show_chat(chat, call.version, LISTING_PARTICIPANTS) for chat in chats[:size]]


def _written(call: Call, page: Slice) -> Json:
    shown = [show_message(message, call.version) for message in page.items]
    ids = {message["chatID"]: None for message in page.items}
    chats = _shown(call, [call.world.chats[one] for one in ids])
    return write_page(page, _cursor, shown) | {"chats": {chat["id"]: chat for chat in chats}}


def _matching(call: Call, chat_tests: list[Test], tests: list[Test]) -> list[Json]:
    found: list[Json] = []
    for chat_id, messages in call.world.messages.items():
        if all(test(call.world.chats[chat_id]) for test in chat_tests):
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


def _chat_tests(call: Call) -> list[Test]:
    query = call.query
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


def _message_tests(call: Call) -> list[Test]:
    query = call.query
    tests: list[Test] = []
    words = words_of(query.text("query"))
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
    return lambda message: has_all(words, plain_text(message.get("text", "")))


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
