"""Making messages, as plain JSON objects with the names of the wire."""

from __future__ import annotations

import html
from typing import Any

from .assets import Asset

_TYPE_OF_ATTACHMENT = {"img": "IMAGE", "video": "VIDEO", "audio": "AUDIO", "unknown": "FILE"}


def written(text: str, *, plain: bool) -> str:
    """A plain text as a message has it: as HTML, or as it is. No field tells which."""
    return text if plain else html.escape(text, quote=False)


def new_message(
    chat: dict[str, Any],
    sender: dict[str, Any],
    number: str,
    timestamp: str,
    text: str | None,
    *,
    plain: bool = False,
) -> dict[str, Any]:
    """A text message from `sender`; `text` is plain and becomes rich text unless it stays so."""
    message = {
        "id": number,
        "chatID": chat["id"],
        "accountID": chat["accountID"],
        "senderID": sender["id"],
        "senderName": sender.get("fullName") or sender["id"],
        "timestamp": timestamp,
        "sortKey": number + "000",
        "type": "TEXT",
    }
    if text is not None:
        message["text"] = written(text, plain=plain)
    return message


def message_type(attachment: dict[str, Any]) -> str:
    """The kind of message that an attachment makes."""
    if attachment.get("isVoiceNote"):
        return "VOICE"
    if attachment.get("isSticker"):
        return "STICKER"
    return _TYPE_OF_ATTACHMENT[attachment["type"]]


def sent_attachment(given: dict[str, Any], upload: Asset, url: str) -> dict[str, Any]:
    """The attachment of a sent message; what the send call says beats what the upload was."""
    mime_type: str = given.get("mimeType") or upload.mime_type
    hint = given.get("type") or mime_type.partition("/")[0]
    kinds = {"image": "img", "gif": "img", "sticker": "img", "voice-note": "audio"}
    attachment: dict[str, Any] = {
        "id": url,
        "type": kinds.get(hint, hint if hint in ("video", "audio") else "unknown"),
        "mimeType": mime_type,
        "fileName": given.get("fileName") or upload.file_name,
        "fileSize": upload.size,
    }
    if upload.pixels is not None:
        attachment["size"] = dict(zip(("width", "height"), upload.pixels, strict=True))
    attachment |= {name: given[name] for name in ("duration", "size") if name in given}
    marks = {"gif": "isGif", "sticker": "isSticker", "voice-note": "isVoiceNote"}
    if hint in marks:
        attachment[marks[hint]] = True
    return attachment


def is_emoji(reaction_key: str) -> bool:
    """Whether a reaction key is an emoji rather than the name of one."""
    return any(ord(character) >= 0x203C for character in reaction_key)
