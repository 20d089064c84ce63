"""Blocking pages, and the merging of listings: one crossing to the loop thread for each page."""

from __future__ import annotations

from collections.abc import (
    Collection,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import datetime
from itertools import islice
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Generic,
    Literal,
    Self,
    TypeAlias,
    TypeVar,
    cast,
    overload,
)

from beeper_async._http.unreadable import Unreadable
from beeper_async._paging.listing import PageInfo
from beeper_async._paging.merge import Merged, merge as async_merge
from beeper_async._paging.page import AsyncPage, fetch_after
from beeper_async._paging.paginator import AsyncPaginator, prefetch
from beeper_async._validation import check_range
from beeper_async.errors import BeeperDesktopError, InvalidInputError, PaginationError

from .item_stream import SyncItemStream, SyncPrefetched
from .pairs import Pairs
from .portal import Lease

if TYPE_CHECKING:
    from beeper_async.models.chat import Chat

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
PageT = TypeVar("PageT", bound="SyncPage[Any]")

_MERGE_USAGE: Final = "with merge(listings) as items"


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
        page = self
        yield page
        while page.has_next_page():
            page = page.get_next_page()
            yield page

    def take(self, n: int) -> Iterator[T]:
        """Iterate over the first items. No page is fetched that they don't need.

        Args:
            n: Maximum number of items over all pages, at least 0. The parameter `limit` of the
                call is the size of a page.

        Raises:
            InvalidInputError: `n` is less than 0.
        """
        check_range("n", n, 0)
        return islice(self, n)

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
        return SyncPrefetched(prefetch(_source_of(self), pages))

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
        if self._page is None:
            self._page = self._lease.call(first_page, self._listing)
        return self._page

    def __iter__(self) -> Iterator[T]:
        yield from self._loaded.items
        fetch_next = fetch_after(self._loaded)
        while fetch_next is not None:
            page = self._lease.call(fetch_next)
            fetch_next = fetch_after(page)
            yield from page.items
            del page  # its memory serves the next one

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


async def first_page(listing: AsyncPaginator[T, Any]) -> AsyncPage[T]:
    """Fetch the first page of a listing."""
    page: AsyncPage[T] = await listing
    return page


def _source_of(page: SyncPage[T]) -> AsyncPaginator[T, Any] | AsyncPage[T]:
    """Return what was fetched, so that it isn't requested again, or else the listing."""
    listing, fetched = page._listing, page._page  # pyright: ignore[reportPrivateUsage]
    return listing if fetched is None else fetched


class SyncMerged(SyncItemStream[tuple[K, T], tuple[K, list[T]]]):
    """Many listings as one stream of (key, item). Made by `merge`.

    A context manager to iterate over. It has one consumer: after a `break`, another loop continues
    with the next item. A second loop at the same time, or a loop outside of the block, raises
    `ClientUseError`.
    """

    def __init__(self, stream: Merged[K, T], pairs: Pairs | None = None) -> None:
        super().__init__(stream, _MERGE_USAGE)
        self._pairs = pairs

    def pages(self) -> Iterator[tuple[K, list[T]]]:
        """Iterate over (key, items of one page).

        Raises:
            PaginationError: The app returned a cursor that leads back to an earlier page.
            APIError: A call failed.
            ClientUseError: The block was not entered, was left, or another loop reads the stream.
        """
        loop = self._guard.new_loop()
        rest = list(self._items)  # of a page that another loop began
        if rest:
            yield rest[0][0], [item for _, item in rest]
        while (page := self._read_page(loop)) is not None:
            yield page

    def _fetch(self, lease: Lease) -> tuple[K, list[T]] | None:
        if self._pairs is None:
            return super()._fetch(lease)
        while lease.call(self._pairs.is_short, self._stream):
            try:
                pair = self._pairs.take()
            except BaseException:
                self._finished = True
                raise
            lease.call(self._pairs.hand_over, pair)
        page: tuple[K, list[T]] | None = lease.call(self._pairs.page)
        return page

    def _items_of(self, page: tuple[K, list[T]]) -> list[tuple[K, T]]:
        key, items = page
        return [(key, item) for item in items]


Listings: TypeAlias = Mapping[K, SyncPage[T]] | Iterable[tuple[K, SyncPage[T]]]
"""Listings by the keys under which their items are delivered; pairs may come one by one."""


@overload
def merge(
    listings: Listings[K, T],
    *,
    in_flight: int = ...,
    order: Literal["arrival", "source"] = ...,
    errors: Literal["raise"] = ...,
) -> SyncMerged[K, T]: ...


@overload
def merge(
    listings: Listings[K, T],
    *,
    in_flight: int = ...,
    order: Literal["arrival", "source"] = ...,
    errors: Literal["yield"],
) -> SyncMerged[K, T | BeeperDesktopError]: ...


def merge(
    listings: Listings[K, T],
    *,
    in_flight: int = 8,
    order: Literal["arrival", "source"] = "arrival",
    errors: Literal["raise", "yield"] = "raise",
) -> SyncMerged[K, Any]:
    """Read many listings at once and deliver their items as one stream of (key, item).

    The listings may belong to different clients.

    Args:
        listings: Listings by their keys: a mapping, or (key, listing) pairs. The first page of
            each, which its call returned, is not requested again. A generator of pairs may call
            the client. It runs in the thread that iterates over the stream, whenever fewer than
            `in_flight` listings are read, so it may be endless.
        in_flight: Maximum number of listings read, and so of requests, at a time. 1 to 100.
        order: `arrival` delivers the page that arrives first. `source` delivers one listing after
            the other, in their order, and reads ahead in the next ones meanwhile.
        errors: `raise` stops all listings at the first failure. `yield` delivers the error as an
            item of its listing, and continues with the others.

    Returns:
        A context manager to iterate over, once. Leaving it cancels all requests.

    Raises:
        InvalidInputError: A parameter is invalid. No request is made.
        ClientUseError: On iterating: the block was not entered, or another loop reads the stream.

    Example:
        from beeper_sync import merge

        with BeeperDesktop() as client:
            chats = client.chats.list().collect(5)
            listings = {chat.title: client.messages.list(chat.id) for chat in chats}
            with merge(listings, in_flight=16) as messages:
                for title, message in messages:
                    print(title, message.timestamp)
    """
    # Any, for a type checker takes a mapping for an iterable of pairs as well.
    is_mapping = isinstance(listings, Mapping)
    pairs: Iterable[Any] = cast("Any", listings).items() if is_mapping else listings
    later = None if isinstance(pairs, Collection) else Pairs(map(_source_pair, pairs))
    sources: Any = [_source_pair(pair) for pair in pairs] if later is None else later.sources()
    merged: Merged[K, Any] = async_merge(
        sources, in_flight=in_flight, order=order, errors=cast(Any, errors)
    )
    return SyncMerged(merged, later)


def _source_pair(pair: Any) -> tuple[Any, AsyncPaginator[Any, Any] | AsyncPage[Any]]:
    values: tuple[Any, ...] = cast("Any", pair) if isinstance(pair, tuple) else ()
    if len(values) == 2 and isinstance(values[1], SyncPage):
        page: SyncPage[Any] = cast("Any", values[1])
        return values[0], _source_of(page)
    raise InvalidInputError(
        "merge takes listings by keys, e.g. {chat.id: client.messages.list(chat.id)}."
    )
