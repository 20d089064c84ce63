"""Blocking pages: one crossing to the event loop thread for each page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import (
    Any,
    Generic,
    TypeVar,
)

from beeper_async._validation import check_range
from beeper_async.models.chat import Chat
from beeper_async.pagination import AsyncPage, PageInfo

from .portal import Lease

T = TypeVar("T")
PageT = TypeVar("PageT", bound="SyncPage[Any]")


class SyncPage(Generic[T]):
    """One page of a listing; iterating over it goes on through all pages that follow."""

    __slots__ = ("_lease", "_page")

    def __init__(self, lease: Lease, page: AsyncPage[T]) -> None:
        self._lease = lease
        self._page = page

    @property
    def items(self) -> list[T]:
        """The items of this page alone."""
        return self._page.items

    @property
    def has_more(self) -> bool | None:
        """Whether the app says that more items follow."""
        return self._page.has_more

    @property
    def oldest_cursor(self) -> str | None:
        """The cursor that leads to older items."""
        return self._page.oldest_cursor

    @property
    def newest_cursor(self) -> str | None:
        """The cursor that leads to newer items."""
        return self._page.newest_cursor

    @property
    def extra(self) -> Mapping[str, Any]:
        """Fields of the page that this release has no attribute for."""
        return self._page.extra

    def to_dict(self) -> dict[str, Any]:
        """Return the page as the JSON object it came as."""
        return self._page.to_dict()

    def has_next_page(self) -> bool:
        """Tell whether there is a page after this one to ask for."""
        return self._page.has_next_page()

    def next_page_info(self) -> PageInfo | None:
        """Return the parameters that lead to the next page, or None at the end."""
        return self._page.next_page_info()

    def get_next_page(self: PageT) -> PageT:
        """Fetch the page after this one.

        Raises:
            PaginationError: There is none (see `has_next_page`), or the app sends back to a page
                that was already visited.
        """
        return type(self)(self._lease, self._lease.call(self._page.get_next_page))

    def limit(self, most: int) -> Iterator[T]:
        """Iterate over the first items only, fetching no page more than they need.

        Args:
            most: How many items at most, over all pages; `limit` of the call is the page size.

        Raises:
            InvalidInputError: It is not 0 or more.
        """
        check_range("most", most, 0)
        return islice(self, most)

    def collect(self, *, max_items: int | None = None) -> list[T]:
        """Return the items of this page and all that follow as one list.

        Args:
            max_items: How many at most; None for all, however many that are.

        Raises:
            InvalidInputError: `max_items` is not 0 or more.
            PaginationError: The app's pages lead in circles.
            APIError: Any other failure of a call.
        """
        return list(self if max_items is None else self.limit(max_items))

    def iter_pages(self: PageT) -> Iterator[PageT]:
        """Iterate over this page and all that follow."""
        page = self
        yield page
        while page.has_next_page():
            page = page.get_next_page()
            yield page

    def __iter__(self) -> Iterator[T]:
        yield from self.items
        way_on = self._page.way_on()
        while way_on is not None:
            page = self._lease.call(way_on)
            way_on = page.way_on()
            yield from page.items
            del page  # its memory serves the next one

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.items)} items, has_more={self.has_more})"


class SyncCursorNoLimit(SyncPage[T]):
    """A page of a listing, such as `chats.list`."""

    __slots__ = ()


class SyncCursorSearch(SyncPage[T]):
    """A page of a search, such as `chats.search`."""

    __slots__ = ()


class SyncMessageSearchPage(SyncCursorSearch[T]):
    """A page of `messages.search`, with the chats that its messages are in."""

    __slots__ = ()

    @property
    def chats(self) -> Mapping[str, Chat]:
        """The chats of the messages on this page, by their IDs."""
        chats: Mapping[str, Chat] | None = getattr(self._page, "chats", None)
        return chats or {}
