"""One chat: reading it and changing its state."""

from __future__ import annotations

from typing import Any

from ..server.inputs import BodyReader
from ..server.refusals import RefusalError
from ..server.routing import NO_CONTENT, Route, RoutedRequest, RouteResponse
from ..server.versions import CONFLICT_STATUS, FULL_CHATS
from ..server.views import EVERYONE, default_participant_cap, show_chat
from ..world.assets import Asset

Json = dict[str, Any]

_FLAGS = ("isArchived", "isLowPriority", "isMuted", "isPinned")
_UPLOAD_KINDS = ("image", "video", "audio", "file", "gif", "voice-note", "sticker")
_DRAFT_KINDS = {"gif": "gif", "voice-note": "recorded_audio"}


def retrieve(request: RoutedRequest) -> RouteResponse:
    """One chat."""
    cap = request.query.integer(
        "maxParticipantCount",
        minimum=EVERYONE,
        maximum=500,
        default=default_participant_cap(request.version),
    )
    request.query.finish()
    return RouteResponse(show_chat(request.world, request.chat(), request.version, cap))


def update(request: RoutedRequest) -> RouteResponse:
    """Change what was sent and nothing else."""
    chat = request.chat()
    body = request.body()
    changes: Json = {name: body.boolean(name) for name in _FLAGS if name in body}
    for name in ("description", "imgURL"):
        if name in body:
            changes[name] = body.text(name, nullable=True)
    if "messageExpirySeconds" in body:
        changes["messageExpirySeconds"] = body.integer(
            "messageExpirySeconds", minimum=0, nullable=True
        )
    if "title" in body:
        title = body.text("title", nullable=True)
        changes["title"] = request.world.computed_title(chat["id"]) if title is None else title
    if "draft" in body:
        changes["draft"] = read_draft(request, body)
    body.finish()
    if changes.get("draft") and chat.get("draft"):
        status = 409 if request.version >= CONFLICT_STATUS else 400
        raise RefusalError(status, "A draft already exists", code="CONFLICT")
    request.world.change_chat(chat["id"], **changes)
    return _shown(request, chat)


def read_draft(request: RoutedRequest, body: BodyReader) -> Json | None:
    """The draft of an update; an empty one means none."""
    given = body.child("draft", nullable=True)
    if given is None:
        return None
    draft: Json = {"text": given.text("text", required=True) or ""}
    attachments = given.child("attachments")
    for key in () if attachments is None else attachments.values:
        entry = attachments.child(key) if attachments is not None else None
        if entry is not None:
            parts = draft.setdefault("attachments", {})
            parts[key] = _draft_attachment(request, entry, key)
    return draft if draft["text"] or draft.get("attachments") else None


def _draft_attachment(request: RoutedRequest, given: BodyReader, key: str) -> Json:
    upload_id = given.text("uploadID", required=True, min_length=1)
    kind = given.choice("type", _UPLOAD_KINDS)
    attachment: Json = {"id": given.text("id") or key, "type": _DRAFT_KINDS.get(kind or "", "file")}
    if upload_id:
        attachment |= _from_upload(request.upload(upload_id))
    texts = {name: given.text(name) for name in ("fileName", "mimeType")}
    attachment |= {name: value for name, value in texts.items() if value is not None}
    duration = given.number("duration")
    if duration is not None:
        attachment["audioDurationSeconds"] = duration
    size = given.child("size")
    if size is not None:
        attachment["size"] = {
            name: size.number(name, required=True) for name in ("width", "height")
        }
    return attachment


def _from_upload(upload: Asset) -> Json:
    found: Json = {
        "filePath": str(upload.path),
        "fileName": upload.file_name,
        "fileSize": upload.size,
        "mimeType": upload.mime_type,
    }
    if upload.pixels is not None:
        found["size"] = dict(zip(("width", "height"), upload.pixels, strict=True))
    return found


def archive(request: RoutedRequest) -> RouteResponse:
    """Archive a chat or bring it back."""
    chat = request.chat()
    body = request.body()
    archived = body.boolean("archived")
    body.finish()
    request.world.change_chat(chat["id"], isArchived=archived is not False)
    return NO_CONTENT


def mark_read(request: RoutedRequest) -> RouteResponse:
    """Mark a chat read."""
    chat, message = _chat_and_message(request)
    request.world.mark_read(chat, message)
    return _shown(request, chat)


def mark_unread(request: RoutedRequest) -> RouteResponse:
    """Mark a chat unread."""
    chat, message = _chat_and_message(request)
    request.world.mark_unread(chat, message)
    return _shown(request, chat)


def notify_anyway(request: RoutedRequest) -> RouteResponse:
    """Break through a focus mode, which only one network can."""
    chat = request.chat()
    if chat.get("network") != "iMessage":
        message = f"Notify anyway is not supported on {chat.get('network')}"
        raise RefusalError(400, message, code="NOT_SUPPORTED")
    request.world.notified.append(chat["id"])
    return _shown(request, chat)


def _chat_and_message(request: RoutedRequest) -> tuple[Json, Json | None]:
    chat = request.chat()
    body = request.body()
    message_id = body.text("messageID", min_length=1)
    body.finish()
    return chat, None if message_id is None else request.message(chat, message_id)


def _shown(request: RoutedRequest, chat: Json) -> RouteResponse:
    return RouteResponse(
        show_chat(request.world, chat, request.version, default_participant_cap(request.version))
    )


_ONE = "/v1/chats/{chatID}"

ROUTES = [
    Route(method="GET", path=_ONE, handler=retrieve),
    Route(method="PATCH", path=_ONE, handler=update, since=FULL_CHATS),
    Route(method="POST", path=f"{_ONE}/archive", handler=archive),
    Route(method="POST", path=f"{_ONE}/read", handler=mark_read, since=FULL_CHATS),
    Route(method="POST", path=f"{_ONE}/unread", handler=mark_unread, since=FULL_CHATS),
    Route(method="POST", path=f"{_ONE}/notify-anyway", handler=notify_anyway, since=FULL_CHATS),
]
