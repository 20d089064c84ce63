"""People: users and the participants of a chat."""

from typing import ClassVar

from attrs import frozen

from .base import Model


@frozen(kw_only=True, weakref_slot=False, repr=False)
class User(Model):
    """A person."""

    usual: ClassVar[tuple[str, ...]] = (
        "cannot_message", "full_name", "img_url", "is_self", "phone_number"
    )  # fmt: skip

    id: str
    """Stable person key inside Beeper; opaque."""
    cannot_message: bool | None = None
    """True = Beeper cannot open a conversation with this person (they may still write first)."""
    email: str | None = None
    """Not guaranteed to be verified."""
    full_name: str | None = None
    """Display name, may hold emoji."""
    img_url: str | None = None
    """Avatar; may be http(s), mxc, data or file URL, often short-lived."""
    is_self: bool | None = None
    """True = the account owner."""
    phone_number: str | None = None
    """E.164."""
    username: str | None = None
    """Network handle, not globally unique."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class Participant(User):
    """User plus membership flags."""

    usual: ClassVar[tuple[str, ...]] = (*User.usual, "is_admin")

    is_admin: bool | None = None
    """Has admin rights in this chat."""
    is_network_bot: bool | None = None
    """Automated network/bridge account."""
    is_pending: bool | None = None
    """Invited, not joined yet."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class Participants(Model):
    """The people of a chat, or the first of them."""

    has_more: bool
    """True when items is a subset."""
    items: list[Participant]
    """May be a subset."""
    total: int
    """Full participant count."""
