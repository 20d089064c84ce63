"""Reading ahead: the next pages are fetched while this one is worked on.

Streams are context managers that own their tasks: whichever way the block is left, the tasks are
cancelled and waited for, so nothing goes on behind it. Tasks fetch pages and put them, still
unbuilt, into a bounded queue; whoever iterates builds them. So the next request is on its way
before a page is built, and a slow consumer holds the tasks back.

    async with client.chats.list().prefetch(2) as chats:
        async for chat in chats: ...
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterator
from contextlib import aclosing
from types import TracebackType
from typing import Any, Generic, Self, TypeAlias, TypeVar

from attrs import frozen

from ._http.decoding import ParsedResponse
from .errors import ClientUseError
from .models.page import CursorPage
from .pagination import Fetch, Listing, circling, step

T = TypeVar("T")


@frozen
class Source(Generic[T]):
    """A listing that can be read page by page."""

    listing: Listing[T]
    fetch: Fetch[T]

    async def pages(self) -> AsyncGenerator[ParsedResponse[CursorPage[T]]]:
        """Walk the pages without building them."""
        trail = self.listing.begin()
        while True:
            answer, trail = await step(self.listing, self.fetch, trail)
            yield answer
            if trail.problem is not None:
                raise circling(self.listing, trail.problem)
            if trail.cursor is None:
                return


class End:
    """Stands in a queue for the end of what is put into it."""


def wake(queue: asyncio.Queue[Any]) -> None:
    """Let whoever else waits for the queue see that this is the end."""
    if not queue.full():
        queue.put_nowait(End())


_Page: TypeAlias = ParsedResponse[CursorPage[T]]


class Workers:
    """Tasks that belong to one `async with` block."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._used = False

    def begin(self) -> None:
        """Enter the block, which goes once."""
        if self._used:
            raise ClientUseError("A stream can be entered once; make a new one.")
        self._used = True

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Add a task to the block."""
        self._tasks.add(asyncio.create_task(work))

    async def stop(self) -> None:
        """Cancel all tasks and wait for them, even if this waiting is itself cancelled."""
        cancelled: asyncio.CancelledError | None = None
        for task in self._tasks:
            task.cancel()
        while pending := [task for task in self._tasks if not task.done()]:
            try:
                await asyncio.wait(pending)
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            raise cancelled


class Prefetched(Generic[T]):
    """A listing whose next pages are fetched while this one is worked on."""

    def __init__(self, source: Source[T], pages: int) -> None:
        self._source = source
        self._queue: asyncio.Queue[_Page[T] | Exception | End] = asyncio.Queue(pages)
        self._workers = Workers()
        self._ended = False
        self._items: Iterator[T] = iter(())

    async def __aenter__(self) -> Self:
        self._workers.begin()
        self._workers.start(self._read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended = True
        await self._workers.stop()
        wake(self._queue)

    async def _read(self) -> None:
        try:
            async with aclosing(self._source.pages()) as pages:
                async for page in pages:
                    await self._queue.put(page)
        except Exception as error:  # delivered where it belongs: after the pages before it
            await self._queue.put(error)
        await self._queue.put(End())

    async def next_page(self) -> list[T] | None:
        """Return the items of the next page, or None at the end.

        Raises:
            PaginationError: The app's pages lead in circles.
            APIError: A call failed. Every item before it was delivered.
        """
        if self._ended:
            return None
        page = await self._queue.get()
        if isinstance(page, ParsedResponse):
            return page.build_page().items
        self._ended = True
        wake(self._queue)
        if isinstance(page, Exception):
            raise page
        return None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while True:
            for item in self._items:
                return item
            page = await self.next_page()
            if page is None:
                raise StopAsyncIteration
            self._items = iter(page)
