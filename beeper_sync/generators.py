"""Blocking iteration over async generators, which the event loop thread closes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from typing import Generic, TypeVar

from beeper_async.errors import ClientUseError

from .portal import Lease

T = TypeVar("T")


class _Source(Generic[T]):
    """An async generator that one event loop reads and closes."""

    def __init__(self, items: AsyncGenerator[T]) -> None:
        self._items = items
        self._loop: asyncio.AbstractEventLoop | None = None

    async def next(self) -> T | None:
        """Return the next item, or None at the end."""
        self._loop = asyncio.get_running_loop()
        return await anext(self._items, None)

    async def close(self) -> None:
        """Close it, unless this is the copy that a fork has made."""
        if self._loop is asyncio.get_running_loop():
            await self._items.aclose()


class BlockingIterator(Iterator[T]):
    """Iterates over an async generator, and lets the loop thread close it.

    It is no generator itself, because one that is left by `break` is closed by the garbage
    collector, where waiting would swallow Ctrl-C. The lease that this holds needs no finalizer.
    """

    def __init__(self, lease: Lease, items: AsyncGenerator[T]) -> None:
        self._lease = lease
        self._source = _Source(items)
        self._cleanup: Lease | None = None
        self._is_over = False
        self._error: BaseException | None = None

    def __next__(self) -> T:
        if self._error is not None:
            raise self._refusal(self._error)
        if self._is_over:
            raise StopIteration
        try:
            if self._cleanup is None:
                self._cleanup = Lease(cleanup=self._source.close)
            item = self._lease.call(self._source.next)
        except BaseException as error:
            self._error, self._cleanup = error, None
            raise
        if item is None:
            self.close()
            raise StopIteration
        return item

    def close(self) -> None:
        """Close the generator now, and wait until it is closed."""
        self._is_over = True
        if self._cleanup is not None:
            self._cleanup.release()

    def _refusal(self, error: BaseException) -> BaseException:
        if isinstance(error, Exception):
            return error
        refusal = ClientUseError("This iteration was interrupted, so it is not complete.")
        refusal.__cause__ = error
        return refusal
