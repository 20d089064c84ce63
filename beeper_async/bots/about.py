"""What an event is about: its chat, its message, its text, and who did it. Pure."""

import hashlib
from datetime import datetime
from typing import Final

from ..events.kinds import (
    Event,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    MessageUpserted,
    ReactionAdded,
    ReactionRemoved,
    SendStatusChanged,
)
from ..models.message import Message
from .text import plain_text

_TEMPLATE: Final = "{{sender}}"


def chat_of(event: Event) -> str | None:
    """Return the chat that an event is about; None if it is about none."""
    return getattr(event, "chat_id", None)


def message_of(event: Event) -> Message | None:
    """Return the message of an event; None if there is none, or it is not known any more."""
    if isinstance(event, MessageUpserted):
        return event.message
    return event.before if isinstance(event, MessageDeleted) else None


def message_id_of(event: Event) -> str | None:
    """Return the ID of the message that an event is about; None if it is about none."""
    return getattr(event, "message_id", None)


def text_of(event: Event) -> str:
    """Return the plain text of an event's message; empty if it has none."""
    message = message_of(event)
    if message is None or not message.text:
        return ""
    text = plain_text(message.text)
    return text.replace(_TEMPLATE, message.sender_name or "") if _TEMPLATE in text else text


def person_of(event: Event) -> str | None:
    """Return the ID of the person who wrote or reacted; None where the app doesn't say."""
    if isinstance(event, ReactionAdded | ReactionRemoved):
        return event.reaction.participant_id
    message = message_of(event)
    return getattr(event, "person_id", None) if message is None else message.sender_id


def time_of(event: Event) -> datetime | None:
    """Return when an event happened; None if it doesn't say."""
    message = message_of(event)
    if message is None or (event.at is not None and not isinstance(event, MessageCreated)):
        return event.at
    return message.timestamp  # the app may push a message long after it was written


def is_reaction_message(event: Event) -> bool:
    """Return whether a message is only the other face of a reaction, which has its own event."""
    return isinstance(event, MessageUpserted) and event.message.type == "REACTION"


def identity_of(event: Event) -> tuple[str, str, str, str]:
    """Return what an event is recognised by when it comes again after a restart.

    The chat, the message, the kind, and a digest of what a second event of that kind would differ
    in. No text can be read from it.
    """
    message = message_of(event)
    differs = ""
    if isinstance(event, ReactionAdded | ReactionRemoved):
        differs = f"{event.reaction.participant_id} {event.reaction.reaction_key}"
    elif isinstance(event, MessageEdited) and message is not None:
        differs = message.text or ""
    elif isinstance(event, SendStatusChanged) and message is not None:
        differs = message.send_status.status if message.send_status else ""
    elif (due := getattr(event, "due", None)) is not None:
        differs = str(due)
    digest = ""
    if differs:
        coded = differs.encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(coded, digest_size=8).hexdigest()
    return chat_of(event) or "", message_id_of(event) or "", type(event).__name__, digest
