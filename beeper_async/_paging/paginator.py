"""The listing that a call such as `chats.list()` returns, before anything is requested.

Awaited, it gives the first page; iterated, every item of every page; `iter_pages()` goes page by
page. No connection is held between two pages, so a loop can be left at any time.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from datetime import datetime
from typing import Any, Generic, Self, TypeVar, overload

from .._validation import check_any_given, check_range
from ..errors import InvalidInputError, PaginationError
from .listing import Fetch, Listing
from .page import AsyncPage, ItemIterator, NextPage, PageIterator, PageSource, source_from
from .prefetch import Prefetched
from .split import split_by_account, split_by_time

T = TypeVar("T")
P = TypeVar("P", bound="AsyncPage[Any]")


class AsyncPaginator(Generic[T, P]):
    """A listing not yet requested. Await it for the first page, or iterate over all items.

    Each loop over it starts anew with the first page.
    """

    __slots__ = ("_fetch", "_listing", "_page_type")

    def __init__(self, page_type: type[P], listing: Listing[T], fetch: Fetch[T]) -> None:
        self._page_type = page_type
        self._listing = listing
        self._fetch = fetch

    def __await__(self) -> Generator[Any, None, P]:
        return anext(self.iter_pages()).__await__()

    def __aiter__(self) -> ItemIterator[T]:
        return ItemIterator(self.iter_pages())

    def iter_pages(self) -> PageIterator[P]:
        """Iterate over all pages."""
        return PageIterator(self._first().fetch)

    def _first(self) -> NextPage[P]:
        return NextPage(self._page_type, self._listing, self._fetch, self._listing.start())

    def take(self, n: int) -> ItemIterator[T]:
        """Iterate over the first items. No page is fetched that they don't need.

        Args:
            n: Maximum number of items over all pages, at least 0. The parameter `limit` of the
                call is the size of a page.

        Raises:
            InvalidInputError: `n` is less than 0.
        """
        check_range("n", n, 0)
        return ItemIterator(self.iter_pages(), n)

    async def collect(self, n: int | None = None) -> list[T]:
        """Return the first items, or all, as one list.

        Args:
            n: Maximum number of items over all pages, at least 0. None means all.

        Raises:
            InvalidInputError: `n` is less than 0.
            PaginationError: The app reports more items, but no way to them. Its `items` are those
                before that point.
            APIError: A call failed.
        """
        items: list[T] = []
        try:
            async for item in aiter(self) if n is None else self.take(n):
                items.append(item)  # noqa: PERF401 - the error carries what came before it
        except PaginationError as error:
            error.items = items
            raise
        return items

    def prefetch(self, pages: int = 2) -> Prefetched[T]:
        """Fetch the next pages in the background while you work on the items of this one.

        Args:
            pages: Maximum number of pages fetched ahead, at least 1.

        Returns:
            A context manager to iterate over, once. Leaving it cancels the requests.

        Raises:
            InvalidInputError: `pages` is less than 1.
            ClientUseError: On iterating: the block was not entered, or another loop reads the
                stream.

        Example:
            async with AsyncBeeperDesktop() as client:
                async with client.chats.list(limit=10).prefetch() as chats:
                    async for chat in chats:
                        print(chat.title)
        """
        return prefetch(self, pages)

    @overload
    def split(self, *, account_ids: Iterable[str]) -> dict[str, Self]: ...

    @overload
    def split(self, *, at: Iterable[datetime]) -> dict[datetime | None, Self]: ...

    def split(
        self,
        *,
        account_ids: Iterable[str] | None = None,
        at: Iterable[datetime] | None = None,
    ) -> Any:
        """Split the listing into parts that can be read at the same time, with `merge`.

        Together the parts have the items of the whole listing, each once. Exactly one of the
        parameters is required.

        Args:
            account_ids: IDs of accounts: one part for each.
            at: Times with a time zone: one part before, between and after them. For searches.

        Returns:
            The parts by account, or by the time at which they begin, newest first. The oldest
            part begins at None. A part is not requested before it is used.

        Raises:
            InvalidInputError: Not exactly one parameter was given, a time has no time zone, or
                the listing can't be split like this.

        Example:
            from beeper_async import merge

            async with AsyncBeeperDesktop() as client:
                accounts = [account.account_id for account in await client.accounts.list()]
                parts = client.chats.list().split(account_ids=accounts)
                async with merge(parts) as chats:
                    async for account, chat in chats:
                        print(account, chat.title)
        """
        check_any_given(account_ids=account_ids, at=at)
        if account_ids is not None and at is not None:
            raise InvalidInputError("Split by account_ids or by times, not by both at once.")
        if at is not None:
            parts: dict[Any, Listing[T]] = dict(split_by_time(self._listing, at))
        else:
            parts = dict(split_by_account(self._listing, account_ids or ()))
        kind = type(self)
        return {key: kind(self._page_type, part, self._fetch) for key, part in parts.items()}


def source_of(listing: AsyncPaginator[T, Any] | AsyncPage[T]) -> PageSource[AsyncPage[T]]:
    """Return what reads a listing from its start, or from a page on that was already fetched."""
    if isinstance(listing, AsyncPage):
        return source_from(listing)
    return PageSource(listing._first())  # pyright: ignore[reportPrivateUsage]


def prefetch(listing: AsyncPaginator[T, Any] | AsyncPage[T], pages: int) -> Prefetched[T]:
    """Prefetch a listing, or a page and all that follow."""
    check_range("pages", pages, 1)
    return Prefetched(source_of(listing), pages)
