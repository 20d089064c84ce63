"""Chats: one conversation and what hangs on it."""

from datetime import datetime
from typing import ClassVar, Literal

from attrs import field, frozen

from .attachment import MediaSize
from .base import Model
from .capabilities import ChatCapabilities
from .label import Label
from .message import Message
from .user import Participants


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ChatMerge(Model):
    """What a merged chat is made of."""

    chat_ids: list[str]
    """Member chats."""
    default_chat_id: str | None = None
    """The member that receives what is sent, per device; None means the most recently active."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ChatReminder(Model):
    """A reminder set on a chat."""

    dismiss_on_incoming_message: bool | None = None
    """Cancel on incoming message."""
    remind_at: datetime | None = None
    """When it fires."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ChatSnooze(Model):
    """Until when a chat is snoozed."""

    snooze_until: datetime | None = None
    user_snoozed_at: datetime | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class DraftAttachment(Model):
    """A file of a draft."""

    id: str
    type: Literal["file", "gif", "recorded_audio"] | str
    audio_duration_seconds: float | None = None
    """Seconds."""
    file_name: str | None = None
    file_path: str | None = None
    """Local path."""
    file_size: float | None = None
    """Bytes."""
    mime_type: str | None = None
    size: MediaSize | None = None
    sticker_id: str | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ChatDraft(Model):
    """The unsent text of a chat."""

    text: str = field(repr=False)
    """Rich text."""
    attachments: dict[str, DraftAttachment] | None = None
    """Keyed by attachment ID."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ChatDetails(Model):
    """Everything about a chat that some apps leave out."""

    usual: ClassVar[tuple[str, ...]] = (
        "network", "capabilities", "is_archived", "is_low_priority", "is_muted", "is_pinned",
        "is_read_only", "last_activity", "last_read_message_sort_key", "local_chat_id",
    )  # fmt: skip

    network: str | None = None
    """Name of the network, for display. Apps before 4.2.808 don't send it."""
    capabilities: ChatCapabilities | None = field(default=None, repr=False)
    """Per-chat feature support; absent when unknown."""
    description: str | None = field(default=None, repr=False)
    """Group topic."""
    draft: ChatDraft | None = None
    """None when there is no draft."""
    img_url: str | None = None
    """Local filesystem path of the avatar."""
    is_archived: bool | None = None
    is_low_priority: bool | None = None
    is_marked_unread: bool | None = None
    """Explicitly marked unread by the user."""
    is_muted: bool | None = None
    is_pinned: bool | None = None
    is_read_only: bool | None = None
    """True when nothing can be sent here."""
    labels: list[Label] | None = None
    """Missing for chats without labels and for users without the labels feature."""
    last_activity: datetime | None = None
    """Time of the newest activity; listings are sorted by it, newest first."""
    last_read_message_sort_key: str | None = None
    """Sort key of the last read message; compare with `Message.sort_key`."""
    local_chat_id: str | None = None
    """ID local to this installation; calls accept it wherever they accept a chat ID."""
    merge: ChatMerge | None = None
    """Set on a merged chat only: one person over several networks. It owns no messages itself."""
    merged_into_chat_id: str | None = None
    """Points to the merged chat this chat belongs to."""
    message_expiry_seconds: int | None = None
    """Disappearing-message timer, seconds."""
    reminder: ChatReminder | None = None
    """None when there is none."""
    snooze: ChatSnooze | None = None
    """None when there is none."""
    unread_mentions_count: int | None = None
    """Unread messages that mention the user or @room."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class Chat(ChatDetails):
    """One conversation."""

    id: str
    """Global chat ID, opaque."""
    account_id: str
    """Owning account."""
    participants: Participants
    """The people of the chat; listings and searches name at most 20 of them."""
    title: str
    """Display title."""
    type: Literal["single", "group"] | str
    """`single` is a direct chat."""
    unread_count: int


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ChatListResponse(Chat):
    """Chat plus preview; item of the chat list page."""

    usual: ClassVar[tuple[str, ...]] = (*ChatDetails.usual, "preview")

    preview: Message | None = None
    """Last message; only from the chat list call."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ChatCreateResponse(ChatDetails):
    """The chat that `chats.create` and `chats.start` made or found.

    Apps before 4.2.808 answer with `chat_id` and `status` alone: then everything else is None,
    and `chats.retrieve(answer.chat_id)` tells the rest.
    """

    chat_id: str
    """The chat's ID; the one field that every app sends."""
    status: Literal["existing", "created"] | str | None = None
    """Whether an existing chat was reused. Deprecated by the app."""
    id: str | None = None
    """The same as `chat_id`, from app 4.2.808 on."""
    account_id: str | None = None
    """Owning account."""
    participants: Participants | None = None
    """The people of the chat, or the first of them."""
    title: str | None = None
    """Display title."""
    type: Literal["single", "group"] | str | None = None
    """`single` is a direct chat."""
    unread_count: int | None = None


ChatStartResponse = ChatCreateResponse
"""The official SDK's name for the answer of `chats.start`."""
