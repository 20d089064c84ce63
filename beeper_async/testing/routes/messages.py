"""Messages of a chat: listing, reading and sending."""

from __future__ import annotations

from typing import Any, cast

from ..calls import Answer, Call, Route
from ..cursors import Direction, Position, cut, unreadable_cursor, write_page
from ..failures import RefusalError, impossible, issue
from ..inputs import BodyReader
from ..messages import sent_attachment
from ..versions import FULL_CHATS
from ..views import show_message

Json = dict[str, Any]

PAGE_SIZE = 20
_KINDS = ("image", "video", "audio", "file", "gif", "voice-note", "sticker")


def list_messages(call: Call) -> Answer:
    """The messages of a chat, newest first."""
    chat = call.chat()
    cursor = call.query.text("cursor")
    direction = call.query.choice("direction", ("after", "before")) or "before"
    call.query.finish()
    at = None if cursor is None else _position_at(call, chat, cursor)
    page = cut(
        call.world.messages[chat["id"]][::-1],
        _position,
        at=at,
        direction=cast(Direction, direction),
        size=call.default_size(PAGE_SIZE),
    )
    shown = [show_message(message, call.version) for message in page.items]
    if call.version < FULL_CHATS:
        return Answer({"items": shown, "hasMore": page.has_more})
    return Answer(write_page(page, lambda message: str(message["sortKey"]), shown))


def _position(message: Json) -> Position:
    return -int(message["sortKey"]), ""


def _position_at(call: Call, chat: Json, cursor: str) -> Position:
    # The usual cursor is a sort key, but clients in the wild pass message IDs too.
    message = call.world.find_message(chat["id"], cursor)
    if message is not None:
        return _position(message)
    if not (cursor.isascii() and cursor.isdigit()):
        raise unreadable_cursor()
    return -int(cursor), ""


def retrieve(call: Call) -> Answer:
    """One message."""
    return Answer(show_message(call.message(call.chat()), call.version))


def send(call: Call) -> Answer:
    """Send a message; the answer comes before the network has seen it."""
    chat = call.chat()
    body = call.body()
    text = body.text("text")
    reply_to = body.text("replyToMessageID", min_length=1)
    given = body.child("attachment")
    if given is not None:
        _check_attachment(given)
    body.finish()
    if not text and given is None:
        raise impossible(issue("custom", "Text or an attachment is needed", "body"))
    target = _send_target(call, chat)
    if reply_to is not None:
        call.message(target, reply_to)
    attachment = None if given is None else sent_attachment(given.values)
    _, pending_id = call.world.send(target, text or None, attachment, reply_to)
    return Answer({"chatID": target["id"], "pendingMessageID": pending_id})


def _send_target(call: Call, chat: Json) -> Json:
    merge = chat.get("merge")
    if merge:
        members: list[str] = merge["chatIDs"]
        newest = max(members, key=lambda one: str(call.world.chats[one].get("lastActivity", "")))
        chat = call.world.chats[merge.get("defaultChatID") or newest]
    if chat.get("isReadOnly"):
        raise RefusalError(400, "Chat is read-only", code="READ_ONLY")
    return chat


def _check_attachment(given: BodyReader) -> None:
    given.text("uploadID", required=True, min_length=1)
    given.text("fileName")
    given.text("mimeType")
    given.number("duration")
    given.choice("type", _KINDS)
    size = given.child("size")
    if size is not None:
        size.number("width", required=True)
        size.number("height", required=True)


_PATH = "/v1/chats/{chatID}/messages"

ROUTES = [
    Route(method="GET", path=_PATH, handler=list_messages),
    Route(method="POST", path=_PATH, handler=send),
    Route(method="GET", path=_PATH + "/{messageID}", handler=retrieve, since=FULL_CHATS),
]
