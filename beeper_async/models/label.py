"""Labels that group chats."""

from attrs import frozen

from .base import Model


@frozen(kw_only=True, weakref_slot=False, repr=False)
class Label(Model):
    """A label that chats can carry."""

    id: str
    """Use as labelID in chats.search."""
    name: str
