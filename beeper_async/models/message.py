"""Messages and what sending or editing one answers."""

from datetime import datetime
from typing import Literal, TypeAlias

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
class Message(Model):
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
    """RFC 3339."""
    attachments: list[Attachment] | None = None
    edited_timestamp: datetime | None = None
    """Present = edited."""
    is_deleted: bool | None = None
    """Tombstone flag."""
    is_hidden: bool | None = None
    """Not shown normally."""
    is_sender: bool | None = None
    """Sent by the user."""
    is_unread: bool | None = None
    """May be absent."""
    linked_message_id: str | None = None
    """Message this one replies to."""
    links: list[LinkPreview] | None = None
    """Link previews."""
    mentions: list[str] | None = None
    """Null (not absent) = legacy message, scan the text; may hold "@room"."""
    reactions: list[Reaction] | None = None
    seen: MessageSeen | None = None
    """True/false, or a time, or a map participantID -> true/false/time."""
    sender_name: str | None = None
    """Resolved display name."""
    send_status: SendStatus | None = None
    """Only when the bridge reports it."""
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
