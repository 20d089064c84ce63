"""What a chat supports, according to its network.

Chats of one network share these objects, so whatever they hold can't be changed.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, TypeAlias

from attrs import frozen

from .base import Model

CapabilityLevel: TypeAlias = Literal[-2, -1, 0, 1, 2] | int
"""How well a feature is supported, from -2 (rejected) to 2 (fully supported)."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class StateCapability(Model):
    """{level}; used four times in ChatStateCapabilities."""

    level: CapabilityLevel


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ChatStateCapabilities(Model):
    """Which parts of a chat's state can be changed."""

    avatar: StateCapability | None = None
    description: StateCapability | None = None
    disappearing_timer: StateCapability | None = None
    title: StateCapability | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ChatMessageRequestCapability(Model):
    """How a message request can be accepted."""

    accept_with_button: CapabilityLevel | None = None
    accept_with_message: CapabilityLevel | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ChatParticipantActionsCapability(Model):
    """What may be done to participants."""

    ban: CapabilityLevel | None = None
    invite: CapabilityLevel | None = None
    kick: CapabilityLevel | None = None
    leave: CapabilityLevel | None = None
    revoke_invite: CapabilityLevel | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ChatDisappearingTimerCapability(Model):
    """CamelCase names and values, unlike DisappearingTimerCapability."""

    omit_empty_timer: bool | None = None
    timers: Sequence[int] | None = None
    """MILLISECONDS; absent = any value."""
    types: Sequence[Literal["afterRead", "afterReadByRecipient", "afterSend"] | str] | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class AttachmentCapabilities(Model):
    """What attachments of one kind may be."""

    mime_types: Mapping[str, CapabilityLevel]
    """Keyed by MIME type or pattern; missing = rejected."""
    caption: CapabilityLevel | None = None
    max_caption_length: int | None = None
    max_duration: int | None = None
    """Seconds."""
    max_height: int | None = None
    """Pixels."""
    max_size: int | None = None
    """Bytes."""
    max_width: int | None = None
    """Pixels."""
    view_once: bool | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ChatCapabilities(Model):
    """What a chat supports. Levels run from -2 (rejected) to 2 (fully supported).

    Chats of one client that support the same things share one of these; its maps and sequences
    can't be changed.
    """

    is_shared: ClassVar[bool] = True

    allowed_reactions: Sequence[str] | None = None
    """Absent = every emoji allowed."""
    archive: bool | None = None
    attachments: Mapping[str, AttachmentCapabilities] | None = None
    """Keyed by Matrix msgtype, e.g. m.image, m.video, org.matrix.msc3245.voice; missing = rejected.
    """
    custom_emoji_reactions: bool | None = None
    delete: CapabilityLevel | None = None
    delete_chat: bool | None = None
    delete_chat_for_everyone: bool | None = None
    delete_for_me: bool | None = None
    delete_max_age: int | None = None
    """Seconds."""
    disappearing_timer: ChatDisappearingTimerCapability | None = None
    edit: CapabilityLevel | None = None
    edit_max_age: int | None = None
    """Seconds."""
    edit_max_count: int | None = None
    formatting: Mapping[str, CapabilityLevel] | None = None
    """Keyed by feature name, e.g. bold, inline_code; absent = none advertised."""
    location_message: CapabilityLevel | None = None
    mark_as_unread: bool | None = None
    max_text_length: int | None = None
    message_request: ChatMessageRequestCapability | None = None
    participant_actions: ChatParticipantActionsCapability | None = None
    poll: CapabilityLevel | None = None
    reaction: CapabilityLevel | None = None
    reaction_count: int | None = None
    """Max reactions per message."""
    read_receipts: bool | None = None
    reply: CapabilityLevel | None = None
    state: ChatStateCapabilities | None = None
    thread: CapabilityLevel | None = None
    typing_notifications: bool | None = None
