"""A person, and the account on which they are known."""

from attrs import frozen

from .base import Model
from .user import User


@frozen(kw_only=True, weakref_slot=False, repr=False)
class Contact(Model):
    """A person on one account; `accounts.contacts.resolve` returns it."""

    account_id: str
    """The account, for `chats.start`."""
    user: User
    """The person."""
    network: str | None = None
    """Name of the account's network; None when unknown."""
