"""What an archive returns about its content."""

from datetime import datetime
from typing import Any, Literal, TypeAlias

from attrs import field, frozen

from ..models.chat import Chat
from ..models.message import Message

Deleted: TypeAlias = Literal["show", "restore", "hide"]
"""How messages appear that the app no longer serves as they were.

`show` returns every message as it was last served: of one that its sender deleted, that is a
message without content whose `is_deleted` is True; one that vanished or expired looks like any
other. `restore` returns deleted messages with the content that they had before. `hide` leaves out
what was deleted, vanished or expired.
"""

VersionKind: TypeAlias = (
    Literal["edited", "deleted", "reactions", "changed", "vanished", "expired", "back"] | str
)
"""Why a version was replaced: the message was edited or deleted, its reactions or something else
changed, or it was served again (`back`) after it had vanished."""


@frozen(kw_only=True)
class ArchivedChat:
    """A chat of an archive, and how much of it there is."""

    id: str
    """ID of the chat."""
    local_id: str | None
    """Its `local_chat_id`."""
    account_id: str
    """ID of its account; empty if the app did not send it."""
    network: str | None
    """Name of the network, for display."""
    title: str = field(repr=False)
    """Display title, as last served; may be empty."""
    type: str | None
    """`single` or `group`."""
    is_merged: bool
    """Whether it is a merged chat: its messages are those of its members."""
    is_gone: bool
    """Whether the app no longer has it."""
    last_activity: datetime | None
    """Time of its newest activity, as last served."""
    messages: int
    """Number of its messages in the archive."""
    first_message: datetime | None
    """Time of its oldest message in the archive."""
    last_message: datetime | None
    """Time of its newest message in the archive."""
    swept_at: datetime | None
    """When it was last compared with the app as a whole; None if it never was."""
    chat: Chat | None = field(repr=False)
    """The chat as last served; None if this release can't read it."""


@frozen(kw_only=True)
class ArchivedPerson:
    """Somebody who is or was a participant of a chat."""

    id: str
    """User ID."""
    name: str | None = field(repr=False)
    """Full name, user name or phone number, whichever is known first."""
    is_self: bool
    """Whether this is the owner of the account."""
    last_run: int
    """The last run in which they were a participant."""
    raw: dict[str, Any] = field(repr=False)
    """The JSON object, as last served."""


@frozen(kw_only=True)
class Version:
    """An earlier state of a message or of a chat."""

    kind: VersionKind
    """Why it was replaced."""
    run: int
    """The run that replaced it."""
    at: datetime
    """When it was replaced in the archive, which is later than the change itself."""
    value: Message | Chat | None = field(repr=False)
    """The message or the chat as it was; None if this release can't read it."""
    raw: dict[str, Any] = field(repr=False)
    """The JSON object as it was received."""


@frozen(kw_only=True)
class ExportReport:
    """What an export wrote."""

    chats: int
    """Number of chats."""
    messages: int
    """Number of messages."""
    files: int
    """Number of attachments that are in the export; only HTML has any."""
    missing_files: int
    """Number of attachments that the archive does not have."""
