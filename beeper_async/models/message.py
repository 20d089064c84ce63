"""Messages and what sending or editing one answers."""

from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from attrs import field, frozen

from .attachment import Attachment, MediaSize
from .base import Model
from .reaction import Reaction

MessageSeen: TypeAlias = bool | datetime | str | dict[str, bool | datetime | str]
"""Seen or not, or the time it was seen, or one of these for each participant ID."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class SendStatus(Model):
    """How far a sent message has come."""

    status: Literal["SUCCESS", "PENDING", "FAIL_RETRIABLE", "FAIL_PERMANENT"] | str
    timestamp: datetime
    """Time of this status."""
    delivered_to_users: list[str] | None = None
    """User IDs."""
    internal_error: str | None = None
    """Diagnostic only, never show to users."""
    message: str | None = None
    reason: str | None = None
    """Machine-readable, on failures."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class LinkPreview(Model):
    """The preview of a link in a message."""

    title: str = field(repr=False)
    url: str = field(repr=False)
    """Final URL."""
    favicon: str | None = None
    img: str | None = None
    img_size: MediaSize | None = None
    original_url: str | None = field(default=None, repr=False)
    """URL before redirects/shortening."""
    summary: str | None = field(default=None, repr=False)


@frozen(kw_only=True, weakref_slot=False, repr=False)
class MessageDetails(Model):
    """Everything about a message that some apps or answers leave out."""

    usual: ClassVar[tuple[str, ...]] = (
        "attachments", "is_sender", "is_unread", "reactions", "sender_name", "text", "type"
    )  # fmt: skip

    attachments: list[Attachment] | None = None
    edited_timestamp: datetime | None = None
    """When it was last edited; None if it never was."""
    is_deleted: bool | None = None
    """True for what is left of a deleted message."""
    is_hidden: bool | None = None
    """Not shown normally."""
    is_sender: bool | None = field(default=None, metadata={"vital": True})
    """Sent by the user. A message in which it is no boolean is unreadable: a bot that took its own
    message for another's would answer itself."""
    is_unread: bool | None = None
    """Some apps leave it out."""
    linked_message_id: str | None = None
    """Message this one replies to."""
    links: list[LinkPreview] | None = None
    """Link previews."""
    mentions: list[str] | None = None
    """User IDs, or `@room`. Sent as null (see `is_null`) by old messages: scan their text."""
    reactions: list[Reaction] | None = None
    seen: MessageSeen | None = None
    """True/false, or a time, or a map participantID -> true/false/time."""
    sender_name: str | None = None
    """Resolved display name."""
    send_status: SendStatus | None = None
    """How far an own message has come; only some networks report it."""
    text: str | None = field(default=None, repr=False)
    """Rich text (Matrix HTML), not plain text."""
    type: (
        Literal[
            "TEXT",
            "NOTICE",
            "IMAGE",
            "VIDEO",
            "VOICE",
            "AUDIO",
            "FILE",
            "STICKER",
            "LOCATION",
            "REACTION",
        ]
        | str
        | None
    ) = None
    """Content type; absent possible."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class Message(MessageDetails):
    """One message."""

    id: str
    """Opaque; may be a pending ID until confirmed."""
    account_id: str
    chat_id: str
    """Owning chat."""
    sender_id: str
    """Fully qualified user ID."""
    sort_key: str
    """Unique sort key; sort by this, not by timestamp."""
    timestamp: datetime
    """When it was sent."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class MessageSendResponse(Model):
    """What `messages.send` answers: the message is queued, not yet delivered."""

    chat_id: str
    """The chat it really went to: for a merged chat, the chosen member."""
    pending_message_id: str
    """Temporary ID; `messages.retrieve` takes it until the final one is known, and after."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class MessageUpdateResponse(MessageDetails):
    """The edited message.

    Apps before 4.2.808 answer with `chat_id`, `message_id` and `success` alone: then everything
    else is None, and `messages.retrieve` tells the rest.
    """

    message_id: str
    """The message's ID; every app sends it."""
    success: bool
    """Always True. Deprecated by the app."""
    chat_id: str
    """The chat it is in."""
    id: str | None = None
    """The same as `message_id`, from app 4.2.808 on."""
    account_id: str | None = None
    sender_id: str | None = None
    """Fully qualified user ID."""
    sort_key: str | None = None
    """Unique sort key."""
    timestamp: datetime | None = None
