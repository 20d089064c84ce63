"""Events in words: when, what, where, who."""

from datetime import UTC, datetime
from typing import Any, Final

from attrs import frozen

from beeper_async import (
    APIError,
    AsyncBeeperDesktop,
    ChatDeleted,
    ChatUpserted,
    Event,
    MessageChanged,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    NotFoundError,
    ReactionAdded,
    ReactionRemoved,
    SendStatusChanged,
    UnknownEvent,
)
from beeper_async.bots.about import chat_of, message_of, person_of
from beeper_async.models import Chat, Message

from .message_text import content_of

_MESSAGES: Final[dict[type[Event], str]] = {
    MessageCreated: "created",
    MessageEdited: "edited",
    MessageDeleted: "deleted",
    ReactionAdded: "reaction added",
    ReactionRemoved: "reaction removed",
}
_OTHERS: Final[dict[type[Event], str]] = {
    SendStatusChanged: "status",
    MessageChanged: "changed",
    ChatUpserted: "chat upserted",
    ChatDeleted: "chat deleted",
}


@frozen
class Happening:
    """An event, ready to be shown. The texts of strangers in it are not clean yet."""

    time: datetime
    what: str
    chat: str
    who: str
    detail: str
    """The reaction, or the send status."""
    text: str
    is_recovered: bool
    event: Event


class Describer:
    """Finds words for events; it asks once for each chat, for its title and people.

    Args:
        client: For asking.
        everything: Also describe what is not about messages and what people do to them.
    """

    def __init__(self, client: AsyncBeeperDesktop, *, everything: bool) -> None:
        self._client = client
        self._names: dict[type[Event], str] = _MESSAGES | (_OTHERS if everything else {})
        self._everything = everything
        self._chats: dict[str, Chat | None] = {}

    async def describe(self, event: Event) -> Happening | None:
        """Describe an event; None if this one is not wanted."""
        what = self._names.get(type(event))
        if what is None and self._everything:
            what = event.type if isinstance(event, UnknownEvent) else type(event).__name__
        if what is None:
            return None
        chat_id, message = chat_of(event), message_of(event)
        chat = await self._chat(chat_id) if chat_id is not None else None
        return Happening(
            time=_time(event, message),
            what=what,
            chat=(chat.title if chat else chat_id) or "",
            who=_who(event, message, chat),
            detail=_detail(event),
            text=content_of(message) if message is not None else "",
            is_recovered=event.recovered,
            event=event,
        )

    async def _chat(self, chat_id: str) -> Chat | None:
        if chat_id not in self._chats:
            try:
                self._chats[chat_id] = await self._client.chats.retrieve(chat_id)
            except NotFoundError:
                self._chats[chat_id] = None
            except APIError:
                return None  # its ID will do for this time
        return self._chats[chat_id]


def _time(event: Event, message: Message | None) -> datetime:
    if event.at is not None:
        return event.at
    if isinstance(event, MessageCreated) and message is not None:
        return message.timestamp
    return datetime.now(UTC)


def _who(event: Event, message: Message | None, chat: Chat | None) -> str:
    person_id = person_of(event)
    if message is not None and person_id == message.sender_id:
        return "You" if message.is_sender else message.sender_name or message.sender_id
    for person in chat.participants.items if chat else ():
        if person.id == person_id:
            return "You" if person.is_self else person.full_name or person.id
    return person_id or ""


def _detail(event: Event) -> str:
    if isinstance(event, ReactionAdded | ReactionRemoved):
        return event.reaction.reaction_key
    if isinstance(event, SendStatusChanged):
        status = event.message.send_status
        return status.status if status else ""
    return ""


def wire_form(event: Event) -> dict[str, Any]:
    """Return an event as a JSON object; what the app sent has the names that the app gave it."""
    told: dict[str, Any] = {
        "event": type(event).__name__,
        "chatID": chat_of(event),
        "at": event.at.isoformat() if event.at else None,
        "recovered": event.recovered,
    }
    if isinstance(event, MessageDeleted):
        told["messageID"] = event.message_id
    elif isinstance(event, UnknownEvent):
        told["data"] = dict(event.data)
    if isinstance(event, ReactionAdded | ReactionRemoved):
        told["reaction"] = event.reaction.to_dict()
    message = message_of(event)
    if message is not None:
        told["message"] = message.to_dict()
    return told
