"""What happened to a message, told from how it was and how it is. Pure."""

from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from ..models.message import Message
from ..models.reaction import Reaction
from .kinds import (
    Event,
    MessageChanged,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    ReactionAdded,
    ReactionRemoved,
    SendStatusChanged,
)

_Key: TypeAlias = tuple[str, str]

_SAME_SENDING: Final = timedelta(minutes=1)
_OWN: Final = 1000


class Known:
    """The messages seen last, as they were; the oldest go when there are too many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._messages: OrderedDict[_Key, tuple[Message | None, int]] = OrderedDict()
        self._pending: OrderedDict[_Key, Message] = OrderedDict()
        self._own: OrderedDict[_Key, str] = OrderedDict()
        self.horizon: datetime = datetime.min.replace(tzinfo=UTC)
        """Messages after this time are known, if they were ever seen: none was forgotten."""

    def get(self, message: Message) -> Message | None:
        """Return a message as it was; an own one also by the pending ID that it had before."""
        known, _ = self._messages.get((message.chat_id, message.id), _NEVER)
        if known is None and message.is_sender:
            return self._by_other_id(message)
        return known

    def is_gone(self, chat_id: str, message_id: str) -> bool:
        """Tell whether a message is known to be deleted."""
        entry = self._messages.get((chat_id, message_id))
        return entry is not None and entry[0] is None

    def is_outdated(self, message: Message, before: Message, number: int) -> bool:
        """Tell whether a message that was told is older than it is known to be.

        Args:
            message: As it was told.
            before: As it is known.
            number: That of the frame that told it.
        """
        _, as_of = self._messages.get((before.chat_id, before.id), _NEVER)
        return number <= as_of or _is_earlier(message, before)

    def put(self, message: Message, before: Message | None, as_of: int) -> None:
        """Remember how a message is.

        Args:
            message: As it is.
            before: What `get` gave for it.
            as_of: The number of the last frame that can only tell how it was earlier.
        """
        key = message.chat_id, message.id
        self._messages[key] = message, as_of
        if message.is_sender:
            self._note_sending(key, message)
            if before is not None and before.id != message.id:
                self._pending.pop((before.chat_id, before.id), None)
        self._trim()

    def remove(self, chat_id: str, message_id: str) -> Message | None:
        """Remember that a message is deleted; gives how it was."""
        before, _ = self._messages.pop((chat_id, message_id), _NEVER)
        self._messages[chat_id, message_id] = None, 0
        self._trim()
        return before

    def _trim(self) -> None:
        while len(self._messages) > self._most:
            _, (oldest, _) = self._messages.popitem(last=False)
            if oldest is not None:
                self.horizon = max(self.horizon, oldest.timestamp)

    def _note_sending(self, key: _Key, message: Message) -> None:
        self._own[message.chat_id, message.sort_key] = message.id
        if len(self._own) > _OWN:
            self._own.popitem(last=False)
        if _is_pending(message):
            self._pending[key] = message
            if len(self._pending) > _OWN:
                self._pending.popitem(last=False)
        else:
            self._pending.pop(key, None)

    def _by_other_id(self, message: Message) -> Message | None:
        """Find an own message under another ID: it gets its final one when the network takes it."""
        other = self._own.get((message.chat_id, message.sort_key))
        if other is not None:
            known, _ = self._messages.get((message.chat_id, other), _NEVER)
            return known
        if _is_pending(message):
            return None  # it can be alike and still be another one
        return next((m for m in self._pending.values() if _is_same_sending(m, message)), None)


_NEVER: Final[tuple[Message | None, int]] = (None, 0)


def _status(message: Message) -> str | None:
    return None if message.send_status is None else message.send_status.status


def _is_pending(message: Message) -> bool:
    return _status(message) == "PENDING"


def _is_earlier(message: Message, before: Message) -> bool:
    """Tell whether a message shows a state that it can't come back to."""
    if message.is_deleted:
        return False
    if _is_pending(message) and _status(before) == "SUCCESS":
        return True
    edited, edited_before = message.edited_timestamp, before.edited_timestamp
    return edited_before is not None and (edited is None or edited < edited_before)


def _is_same_sending(pending: Message, message: Message) -> bool:
    return (
        pending.chat_id == message.chat_id
        and pending.text == message.text
        and pending.linked_message_id == message.linked_message_id
        and abs(pending.timestamp - message.timestamp) < _SAME_SENDING
    )


def happenings(
    message: Message, before: Message | None, *, is_new: bool, **told: Any
) -> list[Event]:
    """Return the events that lead from how a message was to how it is; none if nothing changed.

    Args:
        message: As it is.
        before: As it was; None if it was not known.
        is_new: Whether it counts as new, if it was not known.
        told: What every event tells besides: `recovered`, `at`, `seq`.
    """
    if message.is_deleted:
        if before is not None and before.is_deleted:
            return []
        return [
            MessageDeleted(chat_id=message.chat_id, message_id=message.id, before=before, **told)
        ]
    if before is None:
        kind = MessageCreated if is_new else MessageChanged
        return [kind(message=message, **told)]
    if message == before:
        return []
    told.update(message=message, before=before)
    events: list[Event] = []
    if _content(message) != _content(before):
        events.append(MessageEdited(**told))
    events += _reactions(message, before, told)
    if message.id != before.id:
        events.append(SendStatusChanged(previous_id=before.id, **told))
    elif message.send_status != before.send_status:
        events.append(SendStatusChanged(**told))
    return events or [MessageChanged(**told)]


def _content(message: Message) -> tuple[object, ...]:
    # Addresses of files change without anybody's doing, so the names of files count.
    files = [(file.id or file.file_name, file.type) for file in message.attachments or ()]
    return message.text, message.edited_timestamp, files


def _reactions(message: Message, before: Message, told: dict[str, Any]) -> list[Event]:
    now, then = _by_key(message), _by_key(before)
    return [
        *(ReactionAdded(reaction=now[key], **told) for key in now if key not in then),
        *(ReactionRemoved(reaction=then[key], **told) for key in then if key not in now),
    ]


def _by_key(message: Message) -> dict[_Key, Reaction]:
    return {(r.participant_id, r.reaction_key): r for r in message.reactions or ()}
