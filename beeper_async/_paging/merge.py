"""Merging many listings into one stream, with several requests in flight.

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
    Hashable,
    Iterable,
    Mapping,
)
from contextlib import aclosing
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, cast, overload

from .._validation import check_choice, check_range
from ..errors import BeeperDesktopError, InvalidInputError
from .background import BackgroundTasks, EndingQueue, EndOfStream
from .item_stream import ItemStream
from .listing import FetchedPage, PageSource, items_of
from .page import AsyncPage
from .paginator import AsyncPaginator, source_of

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

Listings: TypeAlias = (
    Mapping[K, AsyncPaginator[T, Any] | AsyncPage[T]]
    | Iterable[tuple[K, AsyncPaginator[T, Any] | AsyncPage[T]]]
    | AsyncIterable[tuple[K, AsyncPaginator[T, Any] | AsyncPage[T]]]
)
"""Listings by the keys under which their items are delivered; they may come one by one."""

_Fetched: TypeAlias = FetchedPage[Any] | BeeperDesktopError
_Arrived: TypeAlias = "tuple[_Lane[K], _Fetched]"

_PAGES_PER_LISTING: Final = 2
_PAGES_WAITING: Final = 4
_USAGE: Final = "async with merge(listings) as items"


class _Lane(Generic[K]):
    """Takes the pages of one listing, and its end, into a queue."""

    def __init__(self, key: K, queue: EndingQueue[_Arrived[K]]) -> None:
        self.key = key
        self.queue = queue
        self.is_given_up = False
        """Whether one of its pages was an error, or can't be decoded; no further one is taken."""

    async def put(self, page: _Fetched) -> None:
        await self.queue.put((self, page))

    def end(self, error: BaseException | None = None) -> None:
        self.queue.end(error)


class _SharedLane(_Lane[K]):
    """Takes the pages of one listing into the queue of all."""

    def end(self, error: BaseException | None = None) -> None:
        if error is not None:
            self.queue.end(error)


class _Fetchers(Generic[K]):
    """Tasks that read listings, at most so many at a time, and hand over their pages."""

    def __init__(self, listings: Listings[K, Any], in_flight: int) -> None:
        self._listings = _pairs_of(listings)
        self._taking = asyncio.Lock()
        self._in_flight = self._running = in_flight

    def start(self, tasks: BackgroundTasks) -> None:
        for _ in range(self._in_flight):
            tasks.start(self._run, self._end)

    async def stop(self, tasks: BackgroundTasks) -> None:
        self._end_all()
        await tasks.stop()
        await self._listings.aclose()

    async def _run(self) -> None:
        while (taken := await self._take()) is not None:
            source, lane = taken
            try:
                async with aclosing(_pages_or_error(source)) as pages:
                    async for page in pages:
                        await lane.put(page)
                        if lane.is_given_up:
                            break
            except BaseException as error:  # also what nobody foresaw: its consumer waits
                lane.end(error)
                raise
            lane.end()
        self._running -= 1
        if self._running == 0:
            self._end()

    async def _take(self) -> tuple[PageSource[Any], _Lane[K]] | None:
        async with self._taking:  # so that queues are opened in the order of the listings
            taken = await anext(self._listings, None)
            if taken is None:
                return None
            key, listing = taken
            return source_of(listing), self._open(key)

    def _open(self, key: K) -> _Lane[K]:
        """Return what takes the pages of the next listing."""
        raise NotImplementedError

    def _end(self, error: BaseException | None = None) -> None:
        """Let the stream end here, also with an error of whatever makes the listings."""
        raise NotImplementedError

    def _end_all(self) -> None:
        """Let a consumer that still waits for a page see that this is the end."""
        raise NotImplementedError

    async def next(self) -> _Arrived[K] | EndOfStream:
        """Return the next page or error and its lane, or the end of all listings."""
        raise NotImplementedError


async def _pages_or_error(source: PageSource[Any]) -> AsyncGenerator[_Fetched]:
    """Yield the pages of a listing, and in place of the rest the error that ended it."""
    try:
        async with aclosing(source.pages()) as pages:
            async for page in pages:
                yield page
    except BeeperDesktopError as error:
        yield error


class _ByArrival(_Fetchers[K]):
    """One queue for all listings: the page that arrives first is delivered first."""

    def __init__(self, listings: Listings[K, Any], in_flight: int) -> None:
        super().__init__(listings, in_flight)
        # Each task holds a page as well while it waits for room, so few are enough; more of them
        # grow old in memory, where the garbage collector goes over them again and again.
        self._queue: EndingQueue[_Arrived[K]] = EndingQueue(min(in_flight, _PAGES_WAITING))

    def _open(self, key: K) -> _Lane[K]:
        return _SharedLane(key, self._queue)

    def _end(self, error: BaseException | None = None) -> None:
        self._queue.end(error)

    def _end_all(self) -> None:
        self._end()

    async def next(self) -> _Arrived[K] | EndOfStream:
        return await self._queue.get()


class _BySource(_Fetchers[K]):
    """A queue for each listing: one is delivered after the other, while the next are read."""

    def __init__(self, listings: Listings[K, Any], in_flight: int) -> None:
        super().__init__(listings, in_flight)
        # At most as many as there are tasks, for each waits until its listing is delivered.
        self._lanes: asyncio.Queue[_Lane[K] | EndOfStream] = asyncio.Queue()
        self._current: _Lane[K] | None = None

    def _open(self, key: K) -> _Lane[K]:
        queue: EndingQueue[_Arrived[K]] = EndingQueue(_PAGES_PER_LISTING)
        lane = _Lane(key, queue)
        self._lanes.put_nowait(lane)
        return lane

    def _end(self, error: BaseException | None = None) -> None:
        self._lanes.put_nowait(EndOfStream(error))

    def _end_all(self) -> None:
        if self._current is not None:
            self._current.end()
        while not self._lanes.empty():  # else a consumer would go on to these
            self._lanes.get_nowait()
        self._end()

    async def next(self) -> _Arrived[K] | EndOfStream:
        while True:
            if self._current is None:
                following = await self._lanes.get()
                if isinstance(following, EndOfStream):
                    return following
                self._current = following
            page = await self._current.queue.get()
            if not isinstance(page, EndOfStream) or page.error is not None:
                return page
            self._current = None


class Merged(ItemStream[tuple[K, T], tuple[K, list[T]]]):
    """Many listings as one stream of (key, item). Made by `merge`.

    A context manager to iterate over. It has one consumer: after a `break`, another loop continues
    with the next item. A second loop at the same time, or a loop outside of the block, raises
    `ClientUseError`. An error ends the stream; reading on raises it again.
    """

    def __init__(self, fetchers: _Fetchers[K], errors: str) -> None:
        super().__init__(_USAGE)
        self._fetchers = fetchers
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

    def _start(self) -> None:
        self._fetchers.start(self._tasks)

    async def _stop(self) -> None:
        await self._fetchers.stop(self._tasks)

    async def _next_page(self) -> tuple[K, list[T]] | EndOfStream:
        while True:
            arrived = await self._fetchers.next()
            if isinstance(arrived, EndOfStream):
                return arrived
            lane, page = arrived
            if lane.is_given_up:
                continue  # fetched before the page in front of it was seen to be an error
            try:
                return lane.key, _items_or_raise(page)
            except BeeperDesktopError as error:
                if self._errors == "raise":
                    return EndOfStream(error)
                lane.is_given_up = True
                failure: Any = error
                return lane.key, [failure]
            except BaseException as error:
                return EndOfStream(error)

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


def _items_or_raise(page: _Fetched) -> list[Any]:
    if isinstance(page, BeeperDesktopError):
        raise page
    return items_of(page)


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
    check_range("in_flight", in_flight, 1, 100)
    check_choice("order", order, "arrival", "source")
    check_choice("errors", errors, "raise", "yield")
    fetchers: _Fetchers[K]
    if order == "arrival":
        fetchers = _ByArrival(listings, in_flight)
    else:
        fetchers = _BySource(listings, in_flight)
    return Merged(fetchers, errors)


async def _pairs_of(
    listings: Listings[K, T],
) -> AsyncGenerator[tuple[K, AsyncPaginator[T, Any] | AsyncPage[T]]]:
    """Yield the pairs of whatever kind of collection there is, one by one."""
    if isinstance(listings, AsyncIterable):
        async for pair in cast("AsyncIterable[Any]", listings):
            yield _checked(pair)
    else:
        # Any, for a type checker takes a mapping for an iterable of pairs as well.
        is_mapping = isinstance(listings, Mapping)
        pairs: Iterable[Any] = cast("Any", listings).items() if is_mapping else listings
        for pair in pairs:
            yield _checked(pair)


def _checked(pair: Any) -> Any:
    values: tuple[Any, ...] = cast("Any", pair) if isinstance(pair, tuple) else ()
    if len(values) == 2 and isinstance(values[1], AsyncPaginator | AsyncPage):
        return values
    raise InvalidInputError(
        "merge takes listings by keys, e.g. {chat.id: client.messages.list(chat.id)}."
    )
