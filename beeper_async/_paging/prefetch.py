"""Prefetching: the next pages of a listing are fetched while the consumer works on this one.

async with client.chats.list().prefetch(2) as chats:
async for chat in chats: ...
"""

from __future__ import annotations

from contextlib import aclosing
from typing import Final, TypeVar

from .background import EndingQueue, EndOfStream
from .item_stream import ItemStream
from .page import AsyncPage, PageSource, ReceivedPage, built

T = TypeVar("T")

_USAGE: Final = "async with listing.prefetch() as items"


class Prefetched(ItemStream[T, list[T]]):
    """A listing whose next pages are fetched in the background.

    A context manager to iterate over. It has one consumer: after a `break`, another loop continues
    with the next item. A second loop at the same time, or a loop outside of the block, raises
    `ClientUseError`. An error ends the stream; reading on raises it again.
    """

    def __init__(self, source: PageSource[AsyncPage[T]], pages: int) -> None:
        super().__init__(_USAGE)
        self._source = source
        self._queue: EndingQueue[ReceivedPage[AsyncPage[T]] | AsyncPage[T]] = EndingQueue(pages)

    def _start(self) -> None:
        # An error is delivered where it belongs: after the pages before it.
        self._tasks.start(self._fetch_pages, self._queue.end)

    async def _stop(self) -> None:
        self._queue.end()
        await self._tasks.stop()

    async def _fetch_pages(self) -> None:
        async with aclosing(self._source.pages()) as pages:
            async for page in pages:
                await self._queue.put(page)
        self._queue.end()

    async def _next_page(self) -> list[T] | EndOfStream:
        page = await self._queue.get()
        if isinstance(page, EndOfStream):
            return page
        try:
            return built(page).items
        except BaseException as error:
            return EndOfStream(error)

    def _items_of(self, page: list[T]) -> list[T]:
        return page
