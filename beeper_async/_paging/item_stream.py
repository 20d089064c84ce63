"""Streams of items whose pages are fetched by tasks in the background.

A stream is a context manager that owns its tasks: however the block is left, they are cancelled
and waited for, so none outlives it. The tasks put pages, still undecoded, into a bounded queue, and
the consumer decodes them. So the next request starts before a page is decoded, and a slow consumer
holds the tasks back.

An error ends a stream. Each later read raises it again, so that what came before it is not taken
for everything.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Generator, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from ..errors import ClientUseError
from .background import BackgroundTasks, EndOfStream

T = TypeVar("T")
PageT = TypeVar("PageT")


class ConsumerGuard:
    """Lets one consumer at a time read a stream, and only inside of its block.

    Each loop over the stream has a number. A later loop takes over, and continues where the loop
    before it was left. Two loops at the same time would each miss items: the guard refuses a read
    while another one waits, and a read by a loop after a later one took over.
    """

    def __init__(self, usage: str) -> None:
        self._usage = usage
        self._entered = self._left = self._reading = False
        self._loops = self._current = 0

    def enter(self) -> None:
        """Allow reads."""
        self._entered = True

    def leave(self) -> None:
        """Refuse reads from now on."""
        self._left = True

    def new_loop(self) -> int:
        """Return the number of a loop that begins."""
        self._loops += 1
        return self._loops

    def check(self, loop: int | None) -> None:
        """Check that a loop may read now. None is a single read, outside of any loop."""
        self.check_open()
        if self._reading or (loop is not None and loop < self._current):
            raise ClientUseError(
                "This stream has another consumer already, so each would miss items. Make a stream "
                "for each, or hand the items on with a queue."
            )
        self._current = self._current if loop is None else loop

    def check_open(self) -> None:
        """Check that the block was entered, and not left."""
        if not self._entered:
            raise ClientUseError(f"The stream was not entered. Write `{self._usage}`.")
        if self._left:
            raise ClientUseError(f"The stream is closed. Iterate inside of `{self._usage}`.")

    @contextmanager
    def reading(self) -> Generator[None]:
        """Refuse other reads meanwhile."""
        self._reading = True
        try:
            yield
        finally:
            self._reading = False


class ItemStream(Generic[T, PageT]):
    """Items of pages that tasks fetch in the background. Enter it, then iterate over it."""

    def __init__(self, usage: str) -> None:
        self._guard = ConsumerGuard(usage)
        self._tasks = BackgroundTasks()
        self._items: Iterator[T] = iter(())
        self._end: EndOfStream | None = None

    async def __aenter__(self) -> Self:
        self._tasks.begin()
        self._guard.enter()
        self._start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._guard.leave()
        await self._stop()

    def __aiter__(self) -> AsyncIterator[T]:
        return _Loop(self, self._guard.new_loop())

    def __anext__(self) -> Coroutine[Any, Any, T]:
        return self._next_item(None)

    async def _next_item(self, loop: int | None) -> T:
        while True:
            if self._end is None:
                self._guard.check(loop)
            for item in self._items:
                return item
            page = await self._read_page(loop)
            if page is None:
                raise StopAsyncIteration
            self._items = iter(self._items_of(page))

    async def _read_page(self, loop: int | None) -> PageT | None:
        if self._end is None:
            self._guard.check(loop)
            with self._guard.reading():
                page = await self._next_page()
            self._guard.check_open()
            if not isinstance(page, EndOfStream):
                return page
            self._end = page
            if page.error is not None:
                await self._stop()
        self._end.raise_error()
        return None

    def _start(self) -> None:
        """Start the tasks."""
        raise NotImplementedError

    async def _stop(self) -> None:
        """End the tasks, and the wait of a consumer."""
        raise NotImplementedError

    async def _next_page(self) -> PageT | EndOfStream:
        """Return the next page, decoded, or the end, also that of a page that can't be decoded."""
        raise NotImplementedError

    def _items_of(self, page: PageT) -> Iterable[T]:
        raise NotImplementedError


class _Loop(AsyncIterator[T]):
    """One loop over a stream."""

    __slots__ = ("_number", "_stream")

    def __init__(self, stream: ItemStream[T, Any], number: int) -> None:
        self._stream = stream
        self._number = number

    def __aiter__(self) -> _Loop[T]:
        return self

    def __anext__(self) -> Coroutine[Any, Any, T]:
        return self._stream._next_item(self._number)  # pyright: ignore[reportPrivateUsage]


async def read_page(stream: ItemStream[Any, PageT]) -> PageT | None:
    """Return the next page of a stream, or None at the end. For the blocking layer."""
    return await stream._read_page(None)  # pyright: ignore[reportPrivateUsage]
