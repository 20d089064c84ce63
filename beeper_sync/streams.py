"""Blocking concurrent streams: the tasks run in the event loop thread, pages cross over."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from types import TracebackType
from typing import (
    Generic,
    Self,
    TypeVar,
)

from beeper_async.readahead import Prefetched
from beeper_async.streams import Merged

from .portal import Lease

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class SyncStream(Generic[T]):
    """A listing whose next pages are fetched while this one is worked on."""

    def __init__(self, lease: Lease, stream: Prefetched[T]) -> None:
        self._lease = lease
        self._stream = stream
        self._items: Iterator[T] = iter(())

    def __enter__(self) -> Self:
        self._lease.call(self._stream.__aenter__)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lease.call(self._stream.__aexit__, kind, error, trace)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        while True:
            for item in self._items:
                return item
            page = self._lease.call(self._stream.next_page)
            if page is None:
                raise StopIteration
            self._items = iter(page)


class SyncMerged(Generic[K, T]):
    """Many listings as one stream of (key, item)."""

    def __init__(self, lease: Lease, stream: Merged[K, T]) -> None:
        self._lease = lease
        self._stream = stream
        self._pairs: Iterator[tuple[K, T]] = iter(())

    def __enter__(self) -> Self:
        self._lease.call(self._stream.__aenter__)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lease.call(self._stream.__aexit__, kind, error, trace)

    def pages(self) -> Iterator[tuple[K, list[T]]]:
        """Iterate over (key, items of one page)."""
        while (found := self._lease.call(self._stream.next_page)) is not None:
            yield found

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[K, T]:
        while True:
            for pair in self._pairs:
                return pair
            found = self._lease.call(self._stream.next_page)
            if found is None:
                raise StopIteration
            key, items = found
            self._pairs = iter([(key, item) for item in items])
