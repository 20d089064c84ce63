"""The envelope of every paged answer."""

from typing import Generic, TypeVar

from attrs import frozen

from .base import Model

T = TypeVar("T")


@frozen(kw_only=True, weakref_slot=False, repr=False)
class CursorPage(Model, Generic[T]):
    """Some items of a listing, and the cursors that lead on from them."""

    items: list[T]
    has_more: bool | None = None
    """False at the end of the listing."""
    oldest_cursor: str | None = None
    """Leads to older items. Apps before 4.2.808 don't send it with messages."""
    newest_cursor: str | None = None
    """Leads to newer items."""
