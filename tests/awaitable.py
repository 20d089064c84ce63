"""Lets a scenario written with `await` drive the blocking client, so that one text tests both."""

from collections.abc import AsyncIterator, Callable, Generator, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, cast

import beeper_sync
from beeper_sync.base import SyncClient, SyncResource
from beeper_sync.item_stream import SyncItemStream
from beeper_sync.paging import SyncPage


class AwaitableClient:
    """A blocking client, or one of its resources, whose calls can be awaited."""

    def __init__(self, target: SyncClient | SyncResource[Any]) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Any:
        value: Any = getattr(self._target, name)
        if isinstance(value, SyncClient | SyncResource):
            return AwaitableClient(cast("Any", value))
        if not callable(value):
            return value

        def make_view(**options: Any) -> AwaitableClient:
            return AwaitableClient(cast("Any", value(**options)))

        def prepare(*args: Any, **options: Any) -> Pending:
            return Pending(lambda: value(*args, **options))

        return make_view if name in ("with_options", "copy") else prepare


class Pending:
    """A blocking call not made yet; awaiting or iterating makes it."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.call = call

    def __await__(self) -> Generator[Any, None, Any]:
        return self._run().__await__()

    async def _run(self) -> Any:
        result = self.call()
        return AwaitablePage(cast("Any", result)) if isinstance(result, SyncPage) else result

    async def __aiter__(self) -> AsyncIterator[Any]:
        for item in self.call():
            yield item

    async def iter_pages(self) -> AsyncIterator["AwaitablePage"]:
        for page in self.call().iter_pages():
            yield AwaitablePage(page)

    async def collect(self, *args: Any) -> Any:
        return self.call().collect(*args)

    async def take(self, n: int) -> AsyncIterator[Any]:
        for item in self.call().take(n):
            yield item

    def prefetch(self, *args: Any) -> "AwaitableStream":
        return AwaitableStream(self.call().prefetch(*args))

    def split(self, **cuts: Any) -> dict[Any, "Pending"]:
        parts = self.call().split(**cuts)
        return {key: Pending(lambda part=part: part) for key, part in parts.items()}  # type: ignore[misc]


class AwaitablePage:
    """A blocking page whose walk can be awaited."""

    def __init__(self, page: SyncPage[Any]) -> None:
        self.page = page

    def __getattr__(self, name: str) -> Any:
        return getattr(self.page, name)

    def __repr__(self) -> str:
        return repr(self.page)

    async def get_next_page(self) -> "AwaitablePage":
        return AwaitablePage(self.page.get_next_page())

    async def iter_pages(self) -> AsyncIterator["AwaitablePage"]:
        for page in self.page.iter_pages():
            yield AwaitablePage(page)

    async def __aiter__(self) -> AsyncIterator[Any]:
        for item in self.page:
            yield item


class AwaitableStream:
    """A blocking stream that can be entered and iterated over with `async`."""

    def __init__(self, stream: SyncItemStream[Any, Any]) -> None:
        self._stream = stream

    async def __aenter__(self) -> Self:
        self._stream.__enter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.__exit__(kind, error, trace)

    def __aiter__(self) -> "AwaitableLoop":
        return AwaitableLoop(iter(self._stream))

    async def __anext__(self) -> Any:
        return await anext(AwaitableLoop(self._stream))

    def pages(self) -> "AwaitableLoop":
        return AwaitableLoop(self._stream.pages())  # type: ignore[attr-defined]


class AwaitableLoop:
    """A loop over a blocking stream; nothing is lost when it is left."""

    def __init__(self, items: Any) -> None:
        self._items = items

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        try:
            return next(self._items)
        except StopIteration:
            raise StopAsyncIteration from None


def merge(listings: Any, **options: Any) -> AwaitableStream:
    """Merge listings of the blocking client."""
    return AwaitableStream(beeper_sync.merge(_blocking_pairs(listings), **options))


def merge_pages(listings: Any, **options: Any) -> AwaitableStream:
    """Merge the pages of listings of the blocking client."""
    return AwaitableStream(beeper_sync.merge_pages(_blocking_pairs(listings), **options))


def _blocking_pairs(listings: Any) -> list[Any]:
    is_mapping = isinstance(listings, Mapping)
    pairs: Iterable[Any] = cast("Any", listings).items() if is_mapping else listings
    return [_blocking(pair) for pair in pairs]


def _blocking(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_blocking(part) for part in cast("Iterable[Any]", value))
    if isinstance(value, Pending):
        return value.call()
    return value.page if isinstance(value, AwaitablePage) else value
