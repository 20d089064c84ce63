"""Pairs of keys and listings that a blocking merge takes from an iterator, as it needs them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from beeper_async._paging.item_stream import ItemStream, read_page


class Pairs:
    """Takes pairs from an iterator of the user as the merge needs them.

    They are taken in the thread that iterates over the stream. In the loop thread, an iterator that
    calls the client would wait for itself; in a third thread, it could not use what belongs to the
    user's thread, nor be interrupted.
    """

    def __init__(self, pairs: Iterator[Any]) -> None:
        self._pairs = pairs
        self._demand = asyncio.Event()
        self._supply: asyncio.Queue[Any] = asyncio.Queue()
        self._page: asyncio.Task[Any] | None = None

    def take(self) -> Any:
        """Return the next pair, or None at the end. Runs code of the user."""
        for pair in self._pairs:
            return pair
        return None

    async def sources(self) -> AsyncIterator[Any]:
        """Yield the pairs to the merge, one by one."""
        while True:
            self._demand.set()
            if (pair := await self._supply.get()) is None:
                return
            yield pair

    async def hand_over(self, pair: Any) -> None:
        """Supply what was demanded."""
        self._demand.clear()
        self._supply.put_nowait(pair)

    async def is_short(self, stream: ItemStream[Any, Any]) -> bool:
        """Wait until the merge needs another pair, and return True, or for a page."""
        if self._page is None:
            self._page = asyncio.create_task(read_page(stream))
            self._page.add_done_callback(_retrieve)  # if nobody asks for it any more
        demand = asyncio.create_task(self._demand.wait())
        try:
            await asyncio.wait([self._page, demand], return_when=asyncio.FIRST_COMPLETED)
        finally:
            demand.cancel()
        return self._demand.is_set()

    async def page(self) -> Any:
        """Return the page that `is_short` has waited for."""
        assert self._page is not None  # noqa: S101 - it has waited
        page, self._page = self._page, None
        return page.result()


def _retrieve(page: asyncio.Task[Any]) -> None:
    if not page.cancelled():
        page.exception()
