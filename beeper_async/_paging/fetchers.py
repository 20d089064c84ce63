"""Tasks that read many listings, at most so many at a time, and what they deliver to a merge."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Hashable, Iterable, Mapping
from contextlib import aclosing
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast

from ..errors import BeeperDesktopError, InvalidInputError
from .background import BackgroundTasks, EndingQueue, EndOfStream
from .page import AsyncPage, PageSource, ReceivedPage
from .paginator import AsyncPaginator, source_of

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

Listings: TypeAlias = (
    Mapping[K, AsyncPaginator[T, Any] | AsyncPage[T]]
    | Iterable[tuple[K, AsyncPaginator[T, Any] | AsyncPage[T]]]
    | AsyncIterable[tuple[K, AsyncPaginator[T, Any] | AsyncPage[T]]]
)
"""Listings by the keys under which their items are delivered; they may come one by one."""

Fetched: TypeAlias = ReceivedPage[Any] | AsyncPage[Any] | BeeperDesktopError
Arrived: TypeAlias = "tuple[_Lane[K], Fetched]"

_PAGES_PER_LISTING: Final = 2
_PAGES_WAITING: Final = 4


class _Lane(Generic[K]):
    """Takes the pages of one listing, and its end, into a queue."""

    def __init__(self, key: K, queue: EndingQueue[Arrived[K]]) -> None:
        self.key = key
        self.queue = queue
        self.is_given_up = False
        """Whether one of its pages was an error, or can't be decoded; no further one is taken."""

    async def put(self, page: Fetched) -> None:
        await self.queue.put((self, page))

    def end(self, error: BaseException | None = None) -> None:
        self.queue.end(error)


class _SharedLane(_Lane[K]):
    """Takes the pages of one listing into the queue of all."""

    def end(self, error: BaseException | None = None) -> None:
        if error is not None:
            self.queue.end(error)


class Fetchers(Generic[K]):
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

    async def next(self) -> Arrived[K] | EndOfStream:
        """Return the next page or error and its lane, or the end of all listings."""
        raise NotImplementedError


async def _pages_or_error(source: PageSource[Any]) -> AsyncGenerator[Fetched]:
    """Yield the pages of a listing, and in place of the rest the error that ended it."""
    try:
        async with aclosing(source.pages()) as pages:
            async for page in pages:
                yield page
    except BeeperDesktopError as error:
        yield error


class ByArrival(Fetchers[K]):
    """One queue for all listings: the page that arrives first is delivered first."""

    def __init__(self, listings: Listings[K, Any], in_flight: int) -> None:
        super().__init__(listings, in_flight)
        # Each task holds a page as well while it waits for room, so few are enough; more of them
        # grow old in memory, where the garbage collector goes over them again and again.
        self._queue: EndingQueue[Arrived[K]] = EndingQueue(min(in_flight, _PAGES_WAITING))

    def _open(self, key: K) -> _Lane[K]:
        return _SharedLane(key, self._queue)

    def _end(self, error: BaseException | None = None) -> None:
        self._queue.end(error)

    def _end_all(self) -> None:
        self._end()

    async def next(self) -> Arrived[K] | EndOfStream:
        return await self._queue.get()


class BySource(Fetchers[K]):
    """A queue for each listing: one is delivered after the other, while the next are read."""

    def __init__(self, listings: Listings[K, Any], in_flight: int) -> None:
        super().__init__(listings, in_flight)
        # At most as many as there are tasks, for each waits until its listing is delivered.
        self._lanes: asyncio.Queue[_Lane[K] | EndOfStream] = asyncio.Queue()
        self._current: _Lane[K] | None = None

    def _open(self, key: K) -> _Lane[K]:
        queue: EndingQueue[Arrived[K]] = EndingQueue(_PAGES_PER_LISTING)
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

    async def next(self) -> Arrived[K] | EndOfStream:
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
