"""Blocking streams of items whose pages the event loop thread fetches in the background."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from beeper_async._paging.item_stream import ConsumerGuard, ItemStream, read_page
from beeper_async._paging.prefetch import Prefetched
from beeper_async.errors import ClientUseError

from .portal import Lease

T = TypeVar("T")
PageT = TypeVar("PageT")

_PREFETCH_USAGE: Final = "with listing.prefetch() as items"


class SyncItemStream(Generic[T, PageT]):
    """Items of pages that the event loop thread fetches in the background.

    It holds a lease of its own while it is entered, because it may read from several clients.
    """

    def __init__(self, stream: ItemStream[T, PageT], usage: str) -> None:
        self._stream = stream
        self._guard = ConsumerGuard(usage)
        self._lease: Lease | None = None
        self._items: Iterator[T] = iter(())
        self._finished = False
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        lease = Lease(cleanup=partial(self._stream.__aexit__, None, None, None))
        try:
            lease.call(self._stream.__aenter__)
        except BaseException:
            lease.release()
            raise
        self._lease = lease
        self._guard.enter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._guard.leave()
        if self._lease is not None:
            try:
                self._lease.call(self._stream.__aexit__, kind, error, trace)
            finally:
                self._lease.release()

    def __iter__(self) -> Iterator[T]:
        return _Loop(self, self._guard.new_loop())

    def __next__(self) -> T:
        return self._next_item(None)

    def _next_item(self, loop: int | None) -> T:
        while True:
            if not self._finished:
                self._guard.check(loop)
            for item in self._items:
                return item
            page = self._read_page(loop)
            if page is None:
                raise StopIteration
            self._items = iter(self._items_of(page))

    def _read_page(self, loop: int | None) -> PageT | None:
        if self._finished:
            return None
        self._guard.check(loop)
        if self._error is not None:
            raise self._refusal(self._error)
        assert self._lease is not None  # noqa: S101 - the guard was entered with it
        try:
            with self._guard.reading():
                page = self._fetch(self._lease)
        except ClientUseError:
            self._guard.check_open()  # says it in the words of the blocking side
            raise
        except BaseException as error:
            self._error = error
            raise
        self._finished = page is None
        return page

    def _refusal(self, error: BaseException) -> BaseException:
        if isinstance(error, Exception):
            return error
        # Ctrl-C may have come when the loop thread had handed out a page already.
        refusal = ClientUseError(
            "A read of this stream was interrupted, so a page may be missing. Make a new stream."
        )
        refusal.__cause__ = error
        return refusal

    def _fetch(self, lease: Lease) -> PageT | None:
        return lease.call(read_page, self._stream)

    def _items_of(self, page: PageT) -> Iterable[T]:
        raise NotImplementedError


class _Loop(Iterator[T]):
    """One loop over a stream."""

    __slots__ = ("_number", "_stream")

    def __init__(self, stream: SyncItemStream[T, Any], number: int) -> None:
        self._stream = stream
        self._number = number

    def __iter__(self) -> _Loop[T]:
        return self

    def __next__(self) -> T:
        return self._stream._next_item(self._number)  # pyright: ignore[reportPrivateUsage]


class SyncPrefetched(SyncItemStream[T, list[T]]):
    """A listing whose next pages are fetched in the background.

    A context manager to iterate over. It has one consumer: after a `break`, another loop continues
    with the next item. A second loop at the same time, or a loop outside of the block, raises
    `ClientUseError`. An error ends the stream; reading on raises it again.
    """

    def __init__(self, stream: Prefetched[T]) -> None:
        super().__init__(stream, _PREFETCH_USAGE)

    def _items_of(self, page: list[T]) -> list[T]:
        return page
