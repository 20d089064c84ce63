"""Merging many listings into one stream, with several requests out at a time.

The stream is a context manager that owns its tasks; see `readahead` for what that means.

    listings = {chat.id: client.messages.list(chat.id) for chat in chats}
    async with merge(listings, in_flight=16) as messages:
        async for chat_id, message in messages: ...
"""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import aclosing
from types import TracebackType
from typing import Any, Final, Generic, Literal, Self, TypeAlias, TypeVar, overload

from ._http.decoding import ParsedResponse
from ._validation import check_choice, check_range
from .errors import BeeperDesktopError
from .models.page import CursorPage
from .pagination import AsyncPaginator
from .readahead import End, Workers, wake

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

Listings: TypeAlias = (
    Mapping[K, AsyncPaginator[T, Any]]
    | Iterable[tuple[K, AsyncPaginator[T, Any]]]
    | AsyncIterable[tuple[K, AsyncPaginator[T, Any]]]
)
"""Listings by the keys under which their items are delivered; they may come one by one."""


_Found: TypeAlias = ParsedResponse[CursorPage[Any]] | Exception
_Lane: TypeAlias = "asyncio.Queue[_Found | End]"
_Put: TypeAlias = Callable[["_Found | End"], Awaitable[None]]
_LANE_PAGES: Final = 2


class _Lanes(Generic[K]):
    """Workers that walk listings, at most so many at a time, and hand their pages over."""

    def __init__(self, listings: Listings[K, Any], in_flight: int) -> None:
        self._listings = _each(listings)
        self._taking = asyncio.Lock()
        self._in_flight = in_flight
        self._working = 0
        self._workers = Workers()
        self._ended = False

    def begin(self) -> None:
        self._workers.begin()
        self._working = self._in_flight
        for _ in range(self._in_flight):
            self._workers.start(self._work())

    async def stop(self) -> None:
        self._ended = True
        await self._workers.stop()
        await self._listings.aclose()
        self._wake()

    async def _work(self) -> None:
        try:
            while (taken := await self._take()) is not None:
                paginator, put = taken
                async with aclosing(_pages_of(paginator)) as pages:
                    async for found in pages:
                        await put(found)
                await put(End())
        except Exception as error:  # from whatever makes the listings
            await self._end(error)
        else:
            self._working -= 1
            if self._working == 0:
                await self._end(End())

    async def _take(self) -> tuple[AsyncPaginator[Any, Any], _Put] | None:
        async with self._taking:  # so that lanes are opened in the order of the listings
            taken = await anext(self._listings, None)
            return None if taken is None else (taken[1], self._open(taken[0]))

    def _open(self, key: K) -> _Put:
        """Return where the pages of the next listing go, and at last its end."""
        raise NotImplementedError

    async def _end(self, end: Exception | End) -> None:
        raise NotImplementedError

    def _wake(self) -> None:
        """Let whoever still waits for a page see that this is the end."""
        raise NotImplementedError

    async def next(self) -> tuple[K, _Found] | None:
        """Return the key and the next page or error, or None at the end of everything."""
        raise NotImplementedError


async def _pages_of(paginator: AsyncPaginator[Any, Any]) -> AsyncGenerator[_Found]:
    """Give the pages of a listing, and in the place of the rest the error that ended it."""
    try:
        async with aclosing(paginator.source().pages()) as pages:
            async for page in pages:
                yield page
    except BeeperDesktopError as error:
        yield error


class _AsTheyArrive(_Lanes[K]):
    """One queue for all: whatever is there first is delivered first."""

    def __init__(self, listings: Listings[K, Any], in_flight: int) -> None:
        super().__init__(listings, in_flight)
        self._queue: asyncio.Queue[tuple[K, _Found] | Exception | End] = asyncio.Queue(in_flight)

    def _open(self, key: K) -> _Put:
        async def put(found: _Found | End) -> None:
            if not isinstance(found, End):
                await self._queue.put((key, found))

        return put

    async def _end(self, end: Exception | End) -> None:
        await self._queue.put(end)

    def _wake(self) -> None:
        wake(self._queue)

    async def next(self) -> tuple[K, _Found] | None:
        found = End() if self._ended else await self._queue.get()
        if isinstance(found, tuple):
            return found
        self._ended = True
        wake(self._queue)
        if isinstance(found, Exception):
            raise found
        return None


class _InOrder(_Lanes[K]):
    """A queue for each listing: one after the other is delivered, while the next are read."""

    def __init__(self, listings: Listings[K, Any], in_flight: int) -> None:
        super().__init__(listings, in_flight)
        # Never longer than the number of workers, for each waits until its own lane is drained.
        self._order: asyncio.Queue[tuple[K, _Lane] | Exception | End] = asyncio.Queue()
        self._lane: tuple[K, _Lane] | None = None

    def _open(self, key: K) -> _Put:
        lane: _Lane = asyncio.Queue(_LANE_PAGES)
        self._order.put_nowait((key, lane))
        return lane.put

    async def _end(self, end: Exception | End) -> None:
        await self._order.put(end)

    def _wake(self) -> None:
        wake(self._order)
        if self._lane is not None:
            wake(self._lane[1])

    async def next(self) -> tuple[K, _Found] | None:
        while not self._ended:
            if self._lane is None:
                ahead = await self._order.get()
                if isinstance(ahead, tuple):
                    self._lane = ahead
                    continue
                self._ended = True
                wake(self._order)
                if isinstance(ahead, Exception):
                    raise ahead
                break
            key, lane = self._lane
            found = await lane.get()
            if not isinstance(found, End):
                return key, found
            wake(lane)  # for whoever else waits for this lane
            if self._lane is not None and self._lane[1] is lane:
                self._lane = None
        return None


class Merged(Generic[K, T]):
    """Many listings as one stream of (key, item)."""

    def __init__(self, lanes: _Lanes[K], errors: str) -> None:
        self._lanes = lanes
        self._errors = errors
        self._key: K | None = None
        self._items: Iterator[T] = iter(())

    async def __aenter__(self) -> Self:
        self._lanes.begin()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._lanes.stop()

    async def next_page(self) -> tuple[K, list[T]] | None:
        """Return the key and the items of the next page, or None at the end.

        Raises:
            PaginationError: The pages of a listing lead in circles.
            APIError: A call failed.
        """
        while (found := await self._lanes.next()) is not None:
            key, page = found
            try:
                if isinstance(page, Exception):
                    raise page
                return key, page.build_page().items
            except BeeperDesktopError as error:
                if self._errors == "raise":
                    await self._lanes.stop()
                    raise
                failure: Any = error
                return key, [failure]
        return None

    async def pages(self) -> AsyncIterator[tuple[K, list[T]]]:
        """Iterate over (key, items of one page)."""
        while (found := await self.next_page()) is not None:
            yield found

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[K, T]:
        while True:
            for item in self._items:
                return self._key, item  # type: ignore[return-value]
            found = await self.next_page()
            if found is None:
                raise StopAsyncIteration
            self._key, items = found
            self._items = iter(items)


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
    """Walk many listings at once and deliver their items as one stream of (key, item).

    Args:
        listings: The listings by their keys: a mapping, or (key, listing) pairs, which may come
            from an async iterator as it goes on.
        in_flight: How many listings are walked, and so requests are out, at a time; 1 to 100.
        order: `arrival` delivers what is there first. `source` delivers one listing after the
            other, in their order, reading ahead in the next ones meanwhile.
        errors: `raise` stops everything at the first failure. `yield` delivers the error as an
            item of its listing, and goes on with the others.

    Returns:
        A context manager to iterate over; leaving it ends all requests.

    Raises:
        InvalidInputError: A parameter is out of its limits; nothing was sent.
    """
    check_range("in_flight", in_flight, 1, 100)
    check_choice("order", order, "arrival", "source")
    check_choice("errors", errors, "raise", "yield")
    lanes: _Lanes[K] = (_AsTheyArrive if order == "arrival" else _InOrder)(listings, in_flight)
    return Merged(lanes, errors)


async def _each(listings: Listings[K, T]) -> AsyncGenerator[tuple[K, AsyncPaginator[T, Any]]]:
    """Give the pairs of whatever kind of collection there is, one by one."""
    if isinstance(listings, AsyncIterable):
        async for pair in listings:
            yield pair
    else:
        # Any, for a type checker takes a mapping for an iterable of pairs as well.
        pairs: Any = listings.items() if isinstance(listings, Mapping) else listings
        for pair in pairs:
            yield pair
