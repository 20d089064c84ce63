"""Answers of the searches."""

from typing import ClassVar

from attrs import frozen

from .base import Model
from .chat import Chat
from .message import Message
from .page import CursorPage
from .user import User


@frozen(kw_only=True, weakref_slot=False, repr=False)
class SearchMessagesResult(CursorPage[Message]):
    """Messages found, and the chats they are in."""

    chats: dict[str, Chat] | None = None
    """The chats of the messages, by their IDs."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class SearchResults(Model):
    """Chats and messages found by one search."""

    wire_case: ClassVar[str] = "snake"

    chats: list[Chat]
    in_groups: list[Chat]
    """Group chats found by a participant."""
    messages: SearchMessagesResult


@frozen(kw_only=True, weakref_slot=False, repr=False)
class SearchResponse(Model):
    """What GET /v1/search found."""

    results: SearchResults


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ContactSearchResponse(Model):
    """The people found on an account."""

    items: list[User]
