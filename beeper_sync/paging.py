"""Blocking pages, and the walks over them: one crossing to the loop thread for each page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from beeper_async._http.unreadable import Unreadable
from beeper_async._paging.listing import PageInfo
from beeper_async._paging.page import AsyncPage, fetch_after
from beeper_async._paging.paginator import AsyncPaginator, prefetch
from beeper_async._validation import check_range
from beeper_async.errors import PaginationError

from .item_stream import SyncPrefetched
from .portal import Lease

if TYPE_CHECKING:
    from beeper_async.models.chat import Chat

T = TypeVar("T")
PageT = TypeVar("PageT", bound="SyncPage[Any]")


class SyncPage(Generic[T]):
    """One page of a listing. Iterating over it continues through all pages that follow.

    The part of a listing that `split` returns is the first page of that part, and is requested
    when it is first used.
    """

    __slots__ = ("_lease", "_listing", "_page")

    def __init__(
        self, lease: Lease, listing: AsyncPaginator[T, Any], page: AsyncPage[T] | None = None
    ) -> None:
        self._lease = lease
        self._listing = listing
        self._page = page

    @property
    def items(self) -> list[T]:
        """The items of this page alone, without those that can't be read."""
        return self._loaded.items

    @property
    def unreadable(self) -> Sequence[Unreadable]:
        """The records of this page that can't be read. See the `on_unreadable` option."""
        return self._loaded.unreadable

    @property
    def raw_items(self) -> list[Any]:
        """The JSON of every item of this page as it was received, also of those that can't be read.

        Usually objects as `dict`; what an app sends instead is here too. `unreadable` names by its
        `index` which of them have no item in `items`; the others are in the same order. They are
        parsed on first use, so they cost nothing before.

        Example:
            with BeeperDesktop() as client:
                chat = client.chats.list().items[0]
                for raw in client.messages.list(chat.id).raw_items:
                    print(raw["sortKey"])
        """
        return self._loaded.raw_items

    @property
    def has_more(self) -> bool | None:
        """Whether the app reports that more items follow."""
        return self._loaded.has_more

    @property
    def oldest_cursor(self) -> str | None:
        """The cursor that leads to older items."""
        return self._loaded.oldest_cursor

    @property
    def newest_cursor(self) -> str | None:
        """The cursor that leads to newer items."""
        return self._loaded.newest_cursor

    @property
    def extra(self) -> Mapping[str, Any]:
        """Fields of the page that this release has no attribute for."""
        return self._loaded.extra

    def to_dict(self) -> dict[str, Any]:
        """Return the page as the JSON object that was received."""
        return self._loaded.to_dict()

    def has_next_page(self) -> bool:
        """Return whether a page follows.

        Also true if the app reports a next page that can't be requested; `get_next_page` then
        raises the error that says why.
        """
        return self._loaded.has_next_page()

    def next_page_info(self) -> PageInfo | None:
        """Return the parameters that lead to the next page, or None at the end.

        Save `params["cursor"]` to continue here later, with `list(cursor=...)`.
        """
        return self._loaded.next_page_info()

    def get_next_page(self: PageT) -> PageT:
        """Fetch the page after this one.

        Raises:
            PaginationError: This is the last page (see `has_next_page`), or the app returned a
                cursor that leads back to an earlier page.
            APIError: The call failed.
        """
        page = self._lease.call(self._loaded.get_next_page)
        return type(self)(self._lease, self._listing, page)

    def iter_pages(self: PageT) -> Iterator[PageT]:
        """Iterate over this page and all that follow."""
        return _PageIterator(self)

    def take(self, n: int) -> Iterator[T]:
        """Iterate over the first items. No page is fetched that they don't need.

        Args:
            n: Maximum number of items over all pages, at least 0. The parameter `limit` of the
                call is the size of a page.

        Raises:
            InvalidInputError: `n` is less than 0.
        """
        check_range("n", n, 0)
        return _ItemIterator(self._lease, self._load, n)

    def collect(self, n: int | None = None) -> list[T]:
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
            for item in self if n is None else self.take(n):
                items.append(item)  # noqa: PERF402 - the error carries what came before it
        except PaginationError as error:
            error.items = items
            raise
        return items

    def prefetch(self, pages: int = 2) -> SyncPrefetched[T]:
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
            with BeeperDesktop() as client:
                with client.chats.list(limit=10).prefetch() as chats:
                    for chat in chats:
                        print(chat.title)
        """
        return SyncPrefetched(prefetch(source_of(self), pages))

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

        Together the parts have the items of the whole listing, each once, whichever page this is.
        Exactly one of the parameters is required.

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
            from beeper_sync import merge

            with BeeperDesktop() as client:
                accounts = [account.account_id for account in client.accounts.list()]
                parts = client.chats.list().split(account_ids=accounts)
                with merge(parts) as chats:
                    for account, chat in chats:
                        print(account, chat.title)
        """
        split: Any = self._listing.split
        parts: dict[Any, AsyncPaginator[T, Any]] = split(account_ids=account_ids, at=at)
        return {key: type(self)(self._lease, part) for key, part in parts.items()}

    @property
    def _loaded(self) -> AsyncPage[T]:
        return self._load()

    def _load(self) -> AsyncPage[T]:
        if self._page is None:
            self._page = self._lease.call(first_page, self._listing)
        return self._page

    def __iter__(self) -> Iterator[T]:
        return _ItemIterator(self._lease, self._load)

    def __repr__(self) -> str:
        if self._page is None:
            return f"{type(self).__name__}(not requested yet)"
        return f"{type(self).__name__}({len(self.items)} items, has_more={self.has_more})"


class SyncCursorNoLimit(SyncPage[T]):
    """A page of a listing, such as `chats.list`."""

    __slots__ = ()


class SyncCursorSearch(SyncPage[T]):
    """A page of a search, such as `chats.search`."""

    __slots__ = ()


class SyncMessageSearchPage(SyncCursorSearch[T]):
    """A page of `messages.search`, with the chats of its messages."""

    __slots__ = ()

    @property
    def chats(self) -> Mapping[str, Chat]:
        """The chats of the messages on this page, by their IDs."""
        chats: Mapping[str, Chat] | None = getattr(self._loaded, "chats", None)
        return chats or {}


# Classes, because a generator that has raised an error ends as if there were nothing more.
class _PageIterator(Iterator[PageT]):
    """Iterates over a listing page by page. After an error it resumes at the page that failed."""

    __slots__ = ("_fetch_next",)

    def __init__(self, first: PageT) -> None:
        self._fetch_next: Callable[[], PageT] | None = lambda: first

    def __next__(self) -> PageT:
        if self._fetch_next is None:
            raise StopIteration
        page = self._fetch_next()
        self._fetch_next = page.get_next_page if page.has_next_page() else None
        return page


class _ItemIterator(Iterator[T]):
    """Iterates over a listing item by item. After an error it resumes at the page that failed."""

    __slots__ = ("_fetch_next", "_items", "_lease", "_left")

    def __init__(
        self, lease: Lease, fetch_first: Callable[[], AsyncPage[T]], max_items: int | None = None
    ) -> None:
        self._lease = lease
        self._fetch_next: Callable[[], AsyncPage[T]] | None = fetch_first
        self._left = max_items
        self._items: Iterator[T] = iter(())

    def __next__(self) -> T:
        while True:
            if self._left == 0:
                raise StopIteration
            for item in self._items:
                if self._left is not None:
                    self._left -= 1
                return item
            self._begin_page()

    def _begin_page(self) -> None:
        if self._fetch_next is None:
            raise StopIteration
        page = self._fetch_next()
        following = fetch_after(page)
        rest = None if following is None else partial(self._lease.call, following)
        self._items, self._fetch_next = iter(page.items), rest  # Ctrl-C can't strike in between


async def first_page(listing: AsyncPaginator[T, Any]) -> AsyncPage[T]:
    """Fetch the first page of a listing."""
    page: AsyncPage[T] = await listing
    return page


def source_of(page: SyncPage[T]) -> AsyncPaginator[T, Any] | AsyncPage[T]:
    """Return what was fetched, so that it isn't requested again, or else the listing."""
    listing, fetched = page._listing, page._page  # pyright: ignore[reportPrivateUsage]
    return listing if fetched is None else fetched


def page_like(page: SyncPage[T]) -> Callable[[AsyncPage[T]], SyncPage[T]]:
    """Return what makes pages of the same listing. It doesn't hold this page."""
    lease, listing = page._lease, page._listing  # pyright: ignore[reportPrivateUsage]
    return partial(type(page), lease, listing)
