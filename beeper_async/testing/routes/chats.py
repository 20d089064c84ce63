"""One chat: reading it and changing its state."""

from __future__ import annotations

from typing import Any

from ..server.inputs import BodyReader
from ..server.refusals import RefusalError
from ..server.routing import DONE, Answer, Call, Route
from ..server.versions import CONFLICT_STATUS, FULL_CHATS
from ..server.views import EVERYONE, default_participant_cap, show_chat
from ..world.assets import Asset

Json = dict[str, Any]

_FLAGS = ("isArchived", "isLowPriority", "isMuted", "isPinned")
_UPLOAD_KINDS = ("image", "video", "audio", "file", "gif", "voice-note", "sticker")
_DRAFT_KINDS = {"gif": "gif", "voice-note": "recorded_audio"}


def retrieve(call: Call) -> Answer:
    """One chat."""
    cap = call.query.integer(
        "maxParticipantCount",
        minimum=EVERYONE,
        maximum=500,
        default=default_participant_cap(call.version),
    )
    call.query.finish()
    return Answer(show_chat(call.chat(), call.version, cap))


def update(call: Call) -> Answer:
    """Change what was sent and nothing else."""
    chat = call.chat()
    body = call.body()
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
        changes["title"] = call.world.computed_title(chat["id"]) if title is None else title
    if "draft" in body:
        changes["draft"] = read_draft(call, body)
    body.finish()
    if changes.get("draft") and chat.get("draft"):
        status = 409 if call.version >= CONFLICT_STATUS else 400
        raise RefusalError(status, "A draft already exists", code="CONFLICT")
    call.world.change_chat(chat["id"], **changes)
    return _shown(call, chat)


def read_draft(call: Call, body: BodyReader) -> Json | None:
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
            parts[key] = _draft_attachment(call, entry, key)
    return draft if draft["text"] or draft.get("attachments") else None


def _draft_attachment(call: Call, given: BodyReader, key: str) -> Json:
    upload_id = given.text("uploadID", required=True, min_length=1)
    kind = given.choice("type", _UPLOAD_KINDS)
    attachment: Json = {"id": given.text("id") or key, "type": _DRAFT_KINDS.get(kind or "", "file")}
    if upload_id:
        attachment |= _from_upload(call.upload(upload_id))
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


def archive(call: Call) -> Answer:
    """Archive a chat or bring it back."""
    chat = call.chat()
    body = call.body()
    archived = body.boolean("archived")
    body.finish()
    call.world.change_chat(chat["id"], isArchived=archived is not False)
    return DONE


def mark_read(call: Call) -> Answer:
    """Mark a chat read."""
    chat, message = _chat_and_message(call)
    call.world.mark_read(chat, message)
    return _shown(call, chat)


def mark_unread(call: Call) -> Answer:
    """Mark a chat unread."""
    chat, message = _chat_and_message(call)
    call.world.mark_unread(chat, message)
    return _shown(call, chat)


def notify_anyway(call: Call) -> Answer:
    """Break through a focus mode, which only one network can."""
    chat = call.chat()
    if chat.get("network") != "iMessage":
        message = f"Notify anyway is not supported on {chat.get('network')}"
        raise RefusalError(400, message, code="NOT_SUPPORTED")
    call.world.notified.append(chat["id"])
    return _shown(call, chat)


def _chat_and_message(call: Call) -> tuple[Json, Json | None]:
    chat = call.chat()
    body = call.body()
    message_id = body.text("messageID", min_length=1)
    body.finish()
    return chat, None if message_id is None else call.message(chat, message_id)


def _shown(call: Call, chat: Json) -> Answer:
    return Answer(show_chat(chat, call.version, default_participant_cap(call.version)))


_ONE = "/v1/chats/{chatID}"

ROUTES = [
    Route(method="GET", path=_ONE, handler=retrieve),
    Route(method="PATCH", path=_ONE, handler=update, since=FULL_CHATS),
    Route(method="POST", path=f"{_ONE}/archive", handler=archive),
    Route(method="POST", path=f"{_ONE}/read", handler=mark_read, since=FULL_CHATS),
    Route(method="POST", path=f"{_ONE}/unread", handler=mark_unread, since=FULL_CHATS),
    Route(method="POST", path=f"{_ONE}/notify-anyway", handler=notify_anyway, since=FULL_CHATS),
]
