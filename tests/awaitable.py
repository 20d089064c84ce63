"""Lets a scenario written with `await` drive the blocking client, so that one text tests both."""

from collections.abc import AsyncIterator, Callable, Generator
from functools import partial
from typing import Any

from beeper_sync.facade import SyncClient, SyncResource
from beeper_sync.pages import SyncPage


class AwaitableClient:
    """A blocking client, or one of its resources, whose calls can be awaited."""

    def __init__(self, target: SyncClient | SyncResource[Any]) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Any:
        value: Any = getattr(self._target, name)
        if isinstance(value, SyncClient | SyncResource):
            return AwaitableClient(value)  # pyright: ignore[reportUnknownArgumentType]
        if name in ("with_options", "copy"):
            return partial(_awaitable, value)
        if callable(value):
            return partial(_pending, value)
        return value


def _awaitable(view: Callable[..., SyncClient], **options: Any) -> AwaitableClient:
    return AwaitableClient(view(**options))


def _pending(method: Callable[..., Any], *args: Any, **kwargs: Any) -> "Pending":
    return Pending(partial(method, *args, **kwargs))


class Pending:
    """A blocking call not made yet; awaiting or iterating makes it."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call

    def __await__(self) -> Generator[Any, None, Any]:
        return self._run().__await__()

    async def _run(self) -> Any:
        result = self._call()
        if isinstance(result, SyncPage):
            return AwaitablePage(result)  # pyright: ignore[reportUnknownArgumentType]
        return result

    async def __aiter__(self) -> AsyncIterator[Any]:
        for item in self._call():
            yield item

    async def iter_pages(self) -> AsyncIterator["AwaitablePage"]:
        for page in self._call().iter_pages():
            yield AwaitablePage(page)

    async def collect(self, **options: Any) -> Any:
        return self._call().collect(**options)

    async def limit(self, most: int) -> AsyncIterator[Any]:
        for item in self._call().limit(most):
            yield item


class AwaitablePage:
    """A blocking page whose walk can be awaited."""

    def __init__(self, page: SyncPage[Any]) -> None:
        self._page = page

    def __getattr__(self, name: str) -> Any:
        return getattr(self._page, name)

    def __repr__(self) -> str:
        return repr(self._page)

    async def get_next_page(self) -> "AwaitablePage":
        return AwaitablePage(self._page.get_next_page())

    async def iter_pages(self) -> AsyncIterator["AwaitablePage"]:
        for page in self._page.iter_pages():
            yield AwaitablePage(page)

    async def __aiter__(self) -> AsyncIterator[Any]:
        for item in self._page:
            yield item
