"""Messages of a chat: listing, reading, sending, editing and deleting."""

from __future__ import annotations

from typing import Any

from ..listings.cursors import NewestFirst, write_page
from ..server.inputs import BodyReader
from ..server.paging import read_page
from ..server.refusals import RefusalError, impossible, issue, malformed, not_found
from ..server.routing import NO_CONTENT, Route, RoutedRequest, RouteResponse
from ..server.versions import EDITS_AND_UPLOADS, FULL_CHATS
from ..server.views import show_message
from ..world.edits import delete_for_everyone, delete_for_me, edit_message
from ..world.messages import sent_attachment
from ..world.positions import Position

Json = dict[str, Any]

PAGE_SIZE = 20
_KINDS = ("image", "video", "audio", "file", "gif", "voice-note", "sticker")


def list_messages(request: RoutedRequest) -> RouteResponse:
    """The messages of a chat, newest first."""
    chat, cursors = request.chat(), request.message_cursors
    page = read_page(
        request,
        NewestFirst(request.world.messages[chat["id"]]),
        _position,
        request.default_size(PAGE_SIZE),
        read=lambda cursor: cursors.read(request.world, chat["id"], cursor),
        write=cursors.write,
    )
    shown = [show_message(request.world, message, request.version) for message in page.items]
    if request.version < FULL_CHATS:
        return RouteResponse(page.finished({"items": shown, "hasMore": page.has_more}))
    written = write_page(page, lambda message: cursors.write(_position(message)), shown)
    return RouteResponse(page.finished(written))


def _position(message: Json) -> Position:
    return -int(message["sortKey"]), ""


def retrieve(request: RoutedRequest) -> RouteResponse:
    """One message."""
    return RouteResponse(
        show_message(request.world, request.message(request.chat()), request.version)
    )


def send(request: RoutedRequest) -> RouteResponse:
    """Send a message; the response comes before the network has seen it."""
    chat = request.chat()
    body = request.body()
    text = body.text("text")
    reply_to = body.text("replyToMessageID", min_length=1)
    given = body.child("attachment")
    if given is not None:
        _check_attachment(given)
    body.finish()
    if not text and given is None:
        raise impossible(issue("custom", "Text or an attachment is needed", "body"))
    target = _send_target(request, chat)
    if reply_to is not None:
        request.message(target, reply_to)
    attachment = None if given is None else _attachment(request, given.values)
    _, pending_id = request.world.send(target, text or None, attachment, reply_to)
    return RouteResponse({"chatID": target["id"], "pendingMessageID": pending_id})


def _send_target(request: RoutedRequest, chat: Json) -> Json:
    merge = chat.get("merge")
    if merge:
        members: list[str] = merge["chatIDs"]
        newest = max(members, key=lambda one: str(request.world.chats[one].get("lastActivity", "")))
        chat = request.world.chats[merge.get("defaultChatID") or newest]
    if chat.get("isReadOnly"):
        raise RefusalError(400, "Chat is read-only", code="READ_ONLY")
    return chat


def _attachment(request: RoutedRequest, given: Json) -> Json:
    upload = request.upload(given["uploadID"])
    return sent_attachment(given, upload, request.world.assets.publish(upload))


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


def update(request: RoutedRequest) -> RouteResponse:
    """Give an own text message another text."""
    chat = request.chat()
    message = _living_message(request, chat)
    body = request.body()
    text = body.text("text", required=True, min_length=1) or ""
    body.finish()
    if not message.get("isSender"):
        raise _unsupported("Only own messages can be edited")
    if message.get("attachments") or message.get("type") != "TEXT":
        raise _unsupported("Only text messages can be edited")
    if not _can(chat, "edit"):
        raise _unsupported("This network has no edits")
    edit_message(request.world, chat, message, text)
    old = {"messageID": message["id"], "success": True}
    if request.version < FULL_CHATS:
        return RouteResponse({"chatID": chat["id"], **old})
    return RouteResponse({**show_message(request.world, message, request.version), **old})


def delete(request: RoutedRequest) -> RouteResponse:
    """Delete a message for everyone, which is the default, or from the own view."""
    chat = request.chat()
    for_everyone = request.query.flag("forEveryone", default=True)
    request.query.finish()
    message_id = request.params["messageID"]
    if request.world.is_pending_id(chat["id"], message_id):
        raise malformed(issue("custom", "A pending ID cannot be deleted", "params", "messageID"))
    message = _living_message(request, chat)
    if not for_everyone:
        capabilities: Json = chat.get("capabilities") or {}
        if capabilities.get("deleteForMe") is False:
            raise _unsupported("This network deletes for everyone only")
        delete_for_me(request.world, chat, message)
        return NO_CONTENT
    if not message.get("isSender") and not _is_admin(chat):
        raise _unsupported("Only own messages can be deleted for everyone")
    if not _can(chat, "delete"):
        raise _unsupported("This network cannot delete for everyone")
    delete_for_everyone(request.world, chat, message)
    return NO_CONTENT


def _living_message(request: RoutedRequest, chat: Json) -> Json:
    message = request.message(chat)
    if message.get("isDeleted"):
        raise not_found("Message", chatID=chat["id"], messageID=message["id"])
    return message


def _can(chat: Json, what: str) -> bool:
    # A chat that announces nothing is taken to support everything.
    capabilities: Json = chat.get("capabilities") or {what: 1}
    return int(capabilities.get(what, 0)) > 0


def _is_admin(chat: Json) -> bool:
    people: list[Json] = chat["participants"]["items"]
    return any(person.get("isSelf") and person.get("isAdmin") for person in people)


def _unsupported(message: str) -> RefusalError:
    return RefusalError(400, message, code="NOT_SUPPORTED")


_PATH = "/v1/chats/{chatID}/messages"
_ONE = _PATH + "/{messageID}"

ROUTES = [
    Route(method="GET", path=_PATH, handler=list_messages, listing="messages.list"),
    Route(method="POST", path=_PATH, handler=send),
    Route(method="GET", path=_ONE, handler=retrieve, since=FULL_CHATS),
    Route(method="PUT", path=_ONE, handler=update, since=EDITS_AND_UPLOADS),
    Route(method="DELETE", path=_ONE, handler=delete, since=FULL_CHATS),
]
