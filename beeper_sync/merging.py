"""Blocking merging of listings: many of them as one stream, with several requests in flight."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, cast, overload

from attrs import field, frozen

from beeper_async._paging.item_stream import ItemStream
from beeper_async._paging.merge import (
    Ended,
    Merged,
    MergedPage,
    MergedPages,
    merge as async_merge,
    merge_pages as async_merge_pages,
)
from beeper_async._paging.page import AsyncPage
from beeper_async._paging.paginator import AsyncPaginator
from beeper_async.errors import BeeperDesktopError, InvalidInputError

from .item_stream import SyncItemStream
from .paging import SyncPage, page_like, source_of
from .pairs import Pairs
from .portal import Lease

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

ItemT = TypeVar("ItemT")
PageT = TypeVar("PageT")

_USAGE: Final = "with merge(listings) as items"
_PAGES_USAGE: Final = "with merge_pages(listings) as steps"


class _PairedStream(SyncItemStream[ItemT, PageT]):
    """A stream whose listings may come one by one from an iterator of the user."""

    def __init__(
        self, stream: ItemStream[Any, PageT], usage: str, pairs: Pairs | None = None
    ) -> None:
        super().__init__(stream, usage)
        self._pairs = pairs

    def _fetch(self, lease: Lease) -> PageT | None:
        if self._pairs is None:
            return super()._fetch(lease)
        while lease.call(self._pairs.is_short, self._stream):
            lease.call(self._pairs.hand_over, self._pairs.take())
        page: PageT | None = lease.call(self._pairs.page)
        return page


class SyncMerged(_PairedStream[tuple[K, T], tuple[K, list[T]]], Generic[K, T]):
    """Many listings as one stream of (key, item). Made by `merge`.

    A context manager to iterate over. It has one consumer: after a `break`, another loop continues
    with the next item. A second loop at the same time, or a loop outside of the block, raises
    `ClientUseError`. An error ends the stream; reading on raises it again.
    """

    def __init__(self, stream: Merged[K, T], pairs: Pairs | None = None) -> None:
        super().__init__(stream, _USAGE, pairs)

    def pages(self) -> Iterator[tuple[K, list[T]]]:
        """Iterate over (key, items of one page).

        Raises:
            PaginationError: The app returned a cursor that leads back to an earlier page.
            APIError: A call failed.
            ClientUseError: The block was not entered, was left, or another loop reads the stream.
        """
        return _Pages(self, self._guard.new_loop())

    def _rest_or_page(self, loop: int) -> tuple[K, list[T]] | None:
        if not self._finished:
            self._guard.check(loop)
        rest = list(self._items)  # of a page that another loop began
        if rest:
            return rest[0][0], [item for _, item in rest]
        return self._read_page(loop)

    def _items_of(self, page: tuple[K, list[T]]) -> list[tuple[K, T]]:
        key, items = page
        return [(key, item) for item in items]


class _Pages(Iterator[tuple[K, list[T]]]):
    """One loop over the pages of a merged stream. A generator would end with its first error."""

    __slots__ = ("_number", "_stream")

    def __init__(self, stream: SyncMerged[K, T], number: int) -> None:
        self._stream = stream
        self._number = number

    def __next__(self) -> tuple[K, list[T]]:
        page = self._stream._rest_or_page(self._number)  # pyright: ignore[reportPrivateUsage]
        if page is None:
            raise StopIteration
        return page


_Step: TypeAlias = "MergedPage[K, SyncPage[T]] | Ended[K]"


@frozen
class _Origin(Generic[K, T]):
    """Where a page is from: what the asynchronous merge takes for the key of the listing."""

    key: K
    page_like: Callable[[AsyncPage[T]], SyncPage[T]] = field(eq=False)
    """Makes a blocking page of the same listing."""


class SyncMergedPages(_PairedStream["_Step[K, T]", Any], Generic[K, T]):
    """The pages of many listings as one stream, and how each listing ended. Made by `merge_pages`.

    A context manager to iterate over. It has one consumer: after a `break`, another loop continues
    with the next page. A second loop at the same time, or a loop outside of the block, raises
    `ClientUseError`.
    """

    def __init__(self, stream: MergedPages[_Origin[K, T], T], pairs: Pairs | None = None) -> None:
        super().__init__(stream, _PAGES_USAGE, pairs)

    def _items_of(
        self, page: list[MergedPage[_Origin[K, T], AsyncPage[T]] | Ended[_Origin[K, T]]]
    ) -> list[_Step[K, T]]:
        return [
            Ended(step.key.key, step.error)
            if isinstance(step, Ended)
            else MergedPage(step.key.key, step.key.page_like(step.page))
            for step in page
        ]


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
    sources, later = _sources(listings, _source_pair)
    merged: Merged[K, Any] = async_merge(
        sources, in_flight=in_flight, order=order, errors=cast(Any, errors)
    )
    return SyncMerged(merged, later)


def merge_pages(
    listings: Listings[K, T],
    *,
    in_flight: int = 8,
    order: Literal["arrival", "source"] = "arrival",
) -> SyncMergedPages[K, T]:
    """Read many listings at once and deliver their pages, and how each listing ended.

    For programs that save how far they have come: a page has its cursors and its raw items. The
    failure of one listing is its end, and does not end the others.

    Args:
        listings: Listings by their keys, as for `merge`.
        in_flight: Maximum number of listings read, and so of requests, at a time. 1 to 100.
        order: `arrival` delivers the page that arrives first. `source` delivers one listing after
            the other, in their order, and reads ahead in the next ones meanwhile.

    Returns:
        A context manager to iterate over, once. Leaving it cancels all requests. For each listing
        it delivers a `MergedPage` for each page, and then one `Ended`.

    Raises:
        InvalidInputError: A parameter is invalid. No request is made.
        ClientUseError: On iterating: the block was not entered, or another loop reads the stream.

    Example:
        from beeper_sync import Ended, merge_pages

        with BeeperDesktop() as client:
            chats = client.chats.list().collect(5)
            listings = {chat.title: client.messages.list(chat.id) for chat in chats}
            with merge_pages(listings) as steps:
                for step in steps:
                    if isinstance(step, Ended):
                        print(step.key, "failed" if step.error else "is complete")
                    else:
                        print(step.key, len(step.page.items), step.page.oldest_cursor)
    """
    sources, later = _sources(listings, _origin_pair)
    merged: MergedPages[_Origin[K, T], T] = async_merge_pages(
        sources, in_flight=in_flight, order=order
    )
    return SyncMergedPages(merged, later)


def _sources(
    listings: Listings[K, T], source_of_pair: Callable[[Any], Any]
) -> tuple[Any, Pairs | None]:
    """Return what the asynchronous merge reads, and what supplies it if pairs come one by one."""
    # Any, for a type checker takes a mapping for an iterable of pairs as well.
    is_mapping = isinstance(listings, Mapping)
    pairs: Iterable[Any] = cast("Any", listings).items() if is_mapping else listings
    if isinstance(pairs, Collection):
        return [source_of_pair(pair) for pair in pairs], None
    later = Pairs(map(source_of_pair, pairs))
    return later.sources(), later


def _source_pair(pair: Any) -> tuple[Any, AsyncPaginator[Any, Any] | AsyncPage[Any]]:
    key, page = _checked(pair)
    return key, source_of(page)


def _origin_pair(
    pair: Any,
) -> tuple[_Origin[Any, Any], AsyncPaginator[Any, Any] | AsyncPage[Any]]:
    key, page = _checked(pair)
    return _Origin(key, page_like(page)), source_of(page)


def _checked(pair: Any) -> tuple[Any, SyncPage[Any]]:
    values: tuple[Any, ...] = cast("Any", pair) if isinstance(pair, tuple) else ()
    if len(values) == 2 and isinstance(values[1], SyncPage):
        page: SyncPage[Any] = cast("Any", values[1])
        return values[0], page
    raise InvalidInputError(
        "merge takes listings by keys, e.g. {chat.id: client.messages.list(chat.id)}."
    )
