"""Reactions to a message."""

from typing import ClassVar

from attrs import frozen

from .base import Model


@frozen(kw_only=True, weakref_slot=False, repr=False)
class Reaction(Model):
    """One person's reaction to a message."""

    usual: ClassVar[tuple[str, ...]] = ("emoji",)

    id: str
    """ParticipantID, or participantID + reactionKey when several per person are allowed."""
    participant_id: str
    reaction_key: str
    """Emoji, network key, or shortcode."""
    emoji: bool | None = None
    """True = reactionKey is an emoji."""
    img_url: str | None = None
    """Custom emoji image, may be short-lived."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ReactionAddResponse(Model):
    """The reaction is queued, not yet delivered."""

    chat_id: str
    message_id: str
    reaction_key: str
    success: bool
    """Constant; means queued, not delivered."""
    transaction_id: str
    """Echo of the given ID or a server-made one."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ReactionDeleteResponse(Model):
    """The removal is queued, not yet delivered."""

    chat_id: str
    message_id: str
    reaction_key: str
    success: bool
    """Constant; means queued."""
