"""Merging many listings into one stream, with several requests in flight.

listings = {chat.id: client.messages.list(chat.id) for chat in chats}
async with merge(listings, in_flight=16) as messages:
async for chat_id, message in messages: ...
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Hashable
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, overload

from attrs import field, frozen

from .._validation import check_choice, check_range
from ..errors import BeeperDesktopError
from .background import EndOfStream
from .fetchers import ByArrival, BySource, Fetchers, Listings
from .item_stream import ItemStream
from .page import AsyncPage, built

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
P = TypeVar("P")
ItemT = TypeVar("ItemT")
PageT = TypeVar("PageT")

_USAGE: Final = "async with merge(listings) as items"
_PAGES_USAGE: Final = "async with merge_pages(listings) as steps"


@frozen
class MergedPage(Generic[K, P]):
    """A page of one of the listings that `merge_pages` reads."""

    key: K
    """The key of the listing."""
    page: P
    """The page, with its items, its cursors and its raw items."""


@frozen
class Ended(Generic[K]):
    """The end of a listing of `merge_pages`, and how it ended."""

    key: K
    """The key of the listing."""
    error: BeeperDesktopError | None = field(default=None)
    """Why it ended early; None if it is complete. What was delivered before is valid: to resume,
    list again from the cursor of the last page."""


class _MergedStream(ItemStream[ItemT, PageT], Generic[K, ItemT, PageT]):
    """What the streams of items and of pages have in common."""

    def __init__(self, usage: str, fetchers: Fetchers[K]) -> None:
        super().__init__(usage)
        self._fetchers = fetchers

    def _start(self) -> None:
        self._fetchers.start(self._tasks)

    async def _stop(self) -> None:
        await self._fetchers.stop(self._tasks)

    async def _next_built(self) -> tuple[K, AsyncPage[Any] | BeeperDesktopError] | EndOfStream:
        """Return the next page, or the error that ends its listing."""
        while True:
            arrived = await self._fetchers.next()
            if isinstance(arrived, EndOfStream):
                return arrived
            lane, page = arrived
            if lane.is_given_up:
                continue  # fetched before the page in front of it was seen to be an error
            try:
                if not isinstance(page, BeeperDesktopError):
                    return lane.key, built(page)
                failure = page
            except BeeperDesktopError as error:
                failure = error
            except BaseException as error:
                return EndOfStream(error)
            lane.is_given_up = True
            return lane.key, failure


class Merged(_MergedStream[K, tuple[K, T], tuple[K, list[T]]]):
    """Many listings as one stream of (key, item). Made by `merge`.

    A context manager to iterate over. It has one consumer: after a `break`, another loop continues
    with the next item. A second loop at the same time, or a loop outside of the block, raises
    `ClientUseError`. An error ends the stream; reading on raises it again.
    """

    def __init__(self, fetchers: Fetchers[K], errors: str) -> None:
        super().__init__(_USAGE, fetchers)
        self._errors = errors

    def pages(self) -> AsyncIterator[tuple[K, list[T]]]:
        """Iterate over (key, items of one page).

        Raises:
            PaginationError: The app returned a cursor that leads back to an earlier page.
            APIError: A call failed.
            ClientUseError: The block was not entered, was left, or another loop reads the stream.
        """
        return _Pages(self, self._guard.new_loop())

    async def _rest_or_page(self, loop: int) -> tuple[K, list[T]] | None:
        if self._end is None:
            self._guard.check(loop)
        rest = list(self._items)  # of a page that another loop began
        if rest:
            return rest[0][0], [item for _, item in rest]
        return await self._read_page(loop)

    async def _next_page(self) -> tuple[K, list[T]] | EndOfStream:
        arrived = await self._next_built()
        if isinstance(arrived, EndOfStream):
            return arrived
        key, page = arrived
        if not isinstance(page, BeeperDesktopError):
            return key, page.items
        if self._errors == "raise":
            return EndOfStream(page)
        failure: Any = page
        return key, [failure]

    def _items_of(self, page: tuple[K, list[T]]) -> list[tuple[K, T]]:
        key, items = page
        return [(key, item) for item in items]


class _Pages(AsyncIterator[tuple[K, list[T]]]):
    """One loop over the pages of a merged stream. A generator would end with its first error."""

    __slots__ = ("_number", "_stream")

    def __init__(self, stream: Merged[K, T], number: int) -> None:
        self._stream = stream
        self._number = number

    async def __anext__(self) -> tuple[K, list[T]]:
        page = await self._stream._rest_or_page(self._number)  # pyright: ignore[reportPrivateUsage]
        if page is None:
            raise StopAsyncIteration
        return page


_Step: TypeAlias = "MergedPage[K, AsyncPage[T]] | Ended[K]"


class MergedPages(_MergedStream[K, "_Step[K, T]", "list[_Step[K, T]]"], Generic[K, T]):
    """The pages of many listings as one stream, and how each listing ended. Made by `merge_pages`.

    A context manager to iterate over. It has one consumer: after a `break`, another loop continues
    with the next page. A second loop at the same time, or a loop outside of the block, raises
    `ClientUseError`.
    """

    def __init__(self, fetchers: Fetchers[K]) -> None:
        super().__init__(_PAGES_USAGE, fetchers)

    async def _next_page(self) -> list[_Step[K, T]] | EndOfStream:
        arrived = await self._next_built()
        if isinstance(arrived, EndOfStream):
            return arrived
        key, page = arrived
        if isinstance(page, BeeperDesktopError):
            return [Ended(key, page)]
        step: MergedPage[K, AsyncPage[T]] = MergedPage(key, page)
        return [step] if page.has_next_page() else [step, Ended(key)]

    def _items_of(self, page: list[_Step[K, T]]) -> list[_Step[K, T]]:
        return page


@overload
def merge(
    listings: Listings[K, T],
    *,
    in_flight: int = ...,
    order: Literal["arrival", "source"] = ...,
    errors: Literal["raise"] = ...,
) -> Merged[K, T]: ...


@overload
def merge(
    listings: Listings[K, T],
    *,
    in_flight: int = ...,
    order: Literal["arrival", "source"] = ...,
    errors: Literal["yield"],
) -> Merged[K, T | BeeperDesktopError]: ...


def merge(
    listings: Listings[K, T],
    *,
    in_flight: int = 8,
    order: Literal["arrival", "source"] = "arrival",
    errors: Literal["raise", "yield"] = "raise",
) -> Merged[K, Any]:
    """Read many listings at once and deliver their items as one stream of (key, item).

    The listings may belong to different clients.

    Args:
        listings: Listings by their keys: a mapping, or (key, listing) pairs, which may come one
            by one from an async iterator. Instead of a listing, a page stands for itself and all
            that follow; it is not requested again.
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
        from beeper_async import merge

        async with AsyncBeeperDesktop() as client:
            chats = await client.chats.list().collect(5)
            listings = {chat.title: client.messages.list(chat.id) for chat in chats}
            async with merge(listings, in_flight=16) as messages:
                async for title, message in messages:
                    print(title, message.timestamp)
    """
    check_choice("errors", errors, "raise", "yield")
    return Merged(_fetchers_of(listings, in_flight, order), errors)


def merge_pages(
    listings: Listings[K, T],
    *,
    in_flight: int = 8,
    order: Literal["arrival", "source"] = "arrival",
) -> MergedPages[K, T]:
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
        from beeper_async import Ended, merge_pages

        async with AsyncBeeperDesktop() as client:
            chats = await client.chats.list().collect(5)
            listings = {chat.title: client.messages.list(chat.id) for chat in chats}
            async with merge_pages(listings) as steps:
                async for step in steps:
                    if isinstance(step, Ended):
                        print(step.key, "failed" if step.error else "is complete")
                    else:
                        print(step.key, len(step.page.items), step.page.oldest_cursor)
    """
    return MergedPages(_fetchers_of(listings, in_flight, order))


def _fetchers_of(listings: Listings[K, Any], in_flight: int, order: str) -> Fetchers[K]:
    check_range("in_flight", in_flight, 1, 100)
    check_choice("order", order, "arrival", "source")
    if order == "arrival":
        return ByArrival(listings, in_flight)
    return BySource(listings, in_flight)
