"""A message in one line."""

from beeper_async.bots.text import plain_text
from beeper_async.models import Attachment, Chat, ChatListResponse, Message

from .text import clean


def preview(chat: Chat) -> str:
    """Describe the last message of a chat: who said what."""
    message = chat.preview if isinstance(chat, ChatListResponse) else None
    if message is None:
        return ""
    sender = ""
    if message.is_sender:
        sender = "You: "
    elif chat.type == "group" and message.sender_name:
        sender = f"{message.sender_name}: "
    return clean(sender + content_of(message))


def content_of(message: Message) -> str:
    """Describe what is in a message: its files, its text."""
    if message.is_deleted:
        return "[deleted]"
    parts = [f"[{_describe(attachment)}]" for attachment in message.attachments or []]
    if message.text:
        parts.append(plain_text(message.text))
    return " ".join(parts) or f"[{(message.type or 'message').lower()}]"


def _describe(attachment: Attachment) -> str:
    if attachment.is_sticker:
        return "sticker"
    if attachment.is_gif:
        return "gif"
    if attachment.is_voice_note:
        return f"voice {_length(attachment.duration)}".rstrip()
    if attachment.type == "img":
        return "photo"
    if attachment.type in ("video", "audio"):
        return f"{attachment.type} {_length(attachment.duration)}".rstrip()
    return f"file {attachment.file_name or ''}".rstrip()


def _length(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}" if minutes else f"{rest} s"
