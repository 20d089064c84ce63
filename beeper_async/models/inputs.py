"""Values handed in as parts of a request."""

from datetime import datetime
from typing import Literal

from attrs import field, frozen

from .base import Model


@frozen(kw_only=True, weakref_slot=False, repr=False)
class SizeInput(Model):
    """Both fields required, unlike MediaSize."""

    height: float
    """Pixels."""
    width: float
    """Pixels."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class AttachmentInput(Model):
    """Body part of messages.send."""

    upload_id: str
    """From an upload call."""
    duration: float | None = None
    """Seconds; overrides the uploaded value."""
    file_name: str | None = None
    """Overrides the uploaded value."""
    mime_type: str | None = None
    """Overrides the uploaded value."""
    size: SizeInput | None = None
    """Overrides the uploaded value."""
    type: (
        Literal["image", "video", "audio", "file", "gif", "voice-note", "sticker"] | str | None
    ) = None
    """Hint; absent = from the MIME type."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class DraftAttachmentInput(Model):
    """Value of DraftInput.attachments."""

    upload_id: str
    """From an upload call."""
    id: str | None = None
    """Absent = generated."""
    duration: float | None = None
    """Seconds; overrides the uploaded value."""
    file_name: str | None = None
    """Overrides the uploaded value."""
    mime_type: str | None = None
    """Overrides the uploaded value."""
    size: SizeInput | None = None
    """Overrides the uploaded value."""
    type: (
        Literal["image", "video", "audio", "file", "gif", "voice-note", "sticker"] | str | None
    ) = None
    """Hint; absent = from the MIME type."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class DraftInput(Model):
    """Body part of chats.update."""

    text: str = field(repr=False)
    """Plain text or Markdown."""
    attachments: dict[str, DraftAttachmentInput] | None = None
    """Keyed by attachment ID."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ReminderInput(Model):
    """Body part of chats.reminders.create."""

    remind_at: datetime
    """RFC 3339 time (before 5.0.0: remindAtMs, number)."""
    dismiss_on_incoming_message: bool | None = None
    """Cancel on incoming message."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class StartChatUserInput(Model):
    """Body part of chats.start; every field is only a hint."""

    id: str | None = None
    """Known user ID."""
    email: str | None = None
    """Candidate."""
    full_name: str | None = None
    """Ranking hint only."""
    phone_number: str | None = None
    """Candidate, E.164 preferred."""
    username: str | None = None
    """Candidate."""
