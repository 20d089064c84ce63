"""What an event is about: its chat, its message, its text, and who is behind it. Pure."""

from ..events.kinds import Event, MessageDeleted, MessageUpserted, ReactionAdded, ReactionRemoved
from ..models.message import Message
from .text import plain_text


def chat_of(event: Event) -> str | None:
    """Return the chat that an event is about; None if it is about none."""
    return getattr(event, "chat_id", None)


def message_of(event: Event) -> Message | None:
    """Return the message of an event; None if there is none, or it is not known any more."""
    if isinstance(event, MessageUpserted):
        return event.message
    return event.before if isinstance(event, MessageDeleted) else None


def text_of(event: Event) -> str:
    """Return the plain text of an event's message; empty if it has none."""
    message = message_of(event)
    return plain_text(message.text) if message is not None and message.text else ""


def person_of(event: Event) -> str | None:
    """Return the ID of whoever wrote or reacted; None where the app doesn't tell."""
    if isinstance(event, ReactionAdded | ReactionRemoved):
        return event.reaction.participant_id
    message = message_of(event)
    return None if message is None else message.sender_id
