"""What an event stream delivers: one class for each thing that can happen.

Event
├── ChatUpserted            a chat is new or changed
├── ChatDeleted             a chat left the inbox
├── MessageUpserted         a message is new or changed; always as one of these:
│   ├── MessageCreated          it is new
│   ├── MessageEdited           its text or its files changed
│   ├── ReactionAdded           somebody reacted
│   ├── ReactionRemoved         somebody took a reaction back
│   ├── SendStatusChanged       an own message went on its way, or failed
│   └── MessageChanged          anything else: read, link previews, or not known before
├── MessageDeleted          a message is gone
├── AppStateUpdated         the app's sign-in or encryption went on
└── UnknownEvent            a type that this release has no class for
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from ..models.message import Message
from ..models.reaction import Reaction
from ..models.setup import AppStateSnapshot


@frozen(kw_only=True)
class Event:
    """Something happened."""

    recovered: bool = False
    """False as it happens; True when it was found afterwards, because the connection or the program
    was not there."""
    at: datetime | None = None
    """When the app told it; None for what was recovered."""
    seq: int | None = field(default=None, repr=False)
    """Its number on its connection; None for what was recovered."""


@frozen(kw_only=True)
class ChatUpserted(Event):
    """A chat is new or changed; `chats.retrieve` tells how it is now."""

    chat_id: str


@frozen(kw_only=True)
class ChatDeleted(Event):
    """A chat left the inbox or was removed."""

    chat_id: str


@frozen(kw_only=True)
class MessageUpserted(Event):
    """A message is new or changed."""

    message: Message
    """As it is now."""
    before: Message | None = field(default=None, repr=False)
    """As it was when last seen; None for a new message, or one that was not known before."""

    @property
    def chat_id(self) -> str:
        """The chat that the message is in."""
        return self.message.chat_id

    @property
    def message_id(self) -> str:
        """The message's ID."""
        return self.message.id

    @property
    def is_own(self) -> bool:
        """Whether the user sent it, with this client or with any other."""
        return bool(self.message.is_sender)


@frozen(kw_only=True)
class MessageCreated(MessageUpserted):
    """A message is new. Delivered once for each message, own ones included (see `is_own`)."""


@frozen(kw_only=True)
class MessageEdited(MessageUpserted):
    """A message's text or files changed. `before` is None if it was not known before."""


@frozen(kw_only=True)
class ReactionAdded(MessageUpserted):
    """Somebody reacted to a message."""

    reaction: Reaction


@frozen(kw_only=True)
class ReactionRemoved(MessageUpserted):
    """Somebody took back a reaction to a message."""

    reaction: Reaction


@frozen(kw_only=True)
class SendStatusChanged(MessageUpserted):
    """An own message went on its way: its `send_status` changed, or it got its final ID."""

    previous_id: str | None = None
    """The pending ID that it had until now, if this event gave it its final one."""


@frozen(kw_only=True)
class MessageChanged(MessageUpserted):
    """A message changed in another way, or in an unknown way because `before` is None."""


@frozen(kw_only=True)
class MessageDeleted(Event):
    """A message is gone. Deletions while the connection was lost are not always told."""

    chat_id: str
    message_id: str
    before: Message | None = field(default=None, repr=False)
    """As it was, if it was known."""


@frozen(kw_only=True)
class AppStateUpdated(Event):
    """The app's sign-in or encryption went on; only with `app_state=True`."""

    state: AppStateSnapshot


@frozen(kw_only=True)
class UnknownEvent(Event):
    """An event of a type that this release has no class for."""

    type: str
    chat_id: str | None = None
    data: Mapping[str, Any] = field(repr=False)
    """The whole event as it came."""
