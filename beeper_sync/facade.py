"""Where blocking calls cross over to the event loop thread, and the blocking pages.

Everything in `client.py` and `resources/` is generated and ends here: a call crosses once, a
listing once per page.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, NoReturn, ParamSpec, TypeVar

from beeper_async.client import AsyncBeeperDesktop
from beeper_async.downloads import AsyncDownload
from beeper_async.models.chat import Chat
from beeper_async.pagination import AsyncPage, AsyncPaginator, PageInfo
from beeper_async.uploads import Progress

from .portal import Lease

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")
PageT = TypeVar("PageT", bound="SyncPage[Any]")
SelfT = TypeVar("SelfT", bound="SyncClient")


class SyncClient:
    """What `BeeperDesktop` is built on: an async client and a lease on the thread it runs in."""

    def __init__(self, client: AsyncBeeperDesktop, lease: Lease | None = None) -> None:
        self._async = client
        self._is_view = lease is not None
        transport = client.transport
        self._lease = lease or Lease(cleanup=transport.close, on_fork=transport.forget_loop)

    def _call(self, func: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._lease.call(func, *args, **kwargs)

    def _view(self: SelfT, client: AsyncBeeperDesktop) -> SelfT:
        view = object.__new__(type(self))
        SyncClient.__init__(view, client, self._lease)
        return view

    def close(self) -> None:
        """Close the session and give up the event loop thread. Closing twice does no harm."""
        if not self._is_view:
            self._lease.release()

    def __enter__(self: SelfT) -> SelfT:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._async.base_url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A client holds a connection and a token; make a new one instead.")


class SyncResource(Generic[R]):
    """A family of blocking calls: the async family, and the client whose thread it runs in."""

    def __init__(self, client: SyncClient, resource: R) -> None:
        self._client = client
        self._async = resource

    def _call(self, func: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._client._lease.call(func, *args, **kwargs)

    def _page(self, page_type: type[PageT], paginator: AsyncPaginator[Any, Any]) -> PageT:
        lease = self._client._lease
        return page_type(lease, lease.call(paginator.first_page))

    def _download(self, download: AsyncDownload) -> Download:
        return Download(self._client._lease, download)


class SyncPage(Generic[T]):
    """One page of a listing; iterating over it goes on through all pages that follow."""

    __slots__ = ("_lease", "_page")

    def __init__(self, lease: Lease, page: AsyncPage[T]) -> None:
        self._lease = lease
        self._page = page

    @property
    def items(self) -> list[T]:
        """The items of this page alone."""
        return self._page.items

    @property
    def has_more(self) -> bool | None:
        """Whether the app says that more items follow."""
        return self._page.has_more

    @property
    def oldest_cursor(self) -> str | None:
        """The cursor that leads to older items."""
        return self._page.oldest_cursor

    @property
    def newest_cursor(self) -> str | None:
        """The cursor that leads to newer items."""
        return self._page.newest_cursor

    @property
    def extra(self) -> Mapping[str, Any]:
        """Fields of the page that this release has no attribute for."""
        return self._page.extra

    def to_dict(self) -> dict[str, Any]:
        """Return the page as the JSON object it came as."""
        return self._page.to_dict()

    def has_next_page(self) -> bool:
        """Tell whether there is a page after this one to ask for."""
        return self._page.has_next_page()

    def next_page_info(self) -> PageInfo | None:
        """Return the parameters that lead to the next page, or None at the end."""
        return self._page.next_page_info()

    def get_next_page(self: PageT) -> PageT:
        """Fetch the page after this one.

        Raises:
            PaginationError: There is none (see `has_next_page`), or the app sends back to a page
                that was already visited.
        """
        return type(self)(self._lease, self._lease.call(self._page.get_next_page))

    def iter_pages(self: PageT) -> Iterator[PageT]:
        """Iterate over this page and all that follow."""
        page = self
        yield page
        while page.has_next_page():
            page = page.get_next_page()
            yield page

    def __iter__(self) -> Iterator[T]:
        for page in self.iter_pages():
            yield from page.items

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.items)} items, has_more={self.has_more})"


class SyncCursorNoLimit(SyncPage[T]):
    """A page of a listing, such as `chats.list`."""

    __slots__ = ()


class SyncCursorSearch(SyncPage[T]):
    """A page of a search, such as `chats.search`."""

    __slots__ = ()


class SyncMessageSearchPage(SyncCursorSearch[T]):
    """A page of `messages.search`, with the chats that its messages are in."""

    __slots__ = ()

    @property
    def chats(self) -> Mapping[str, Chat]:
        """The chats of the messages on this page, by their IDs."""
        chats: Mapping[str, Chat] | None = getattr(self._page, "chats", None)
        return chats or {}


class Download:
    """A file that has not been asked for yet; each of its methods asks for it once.

    All of them take `start` and `stop` to fetch only the bytes in between (counted from 0, `stop`
    not included) and `progress`, called with the bytes done and the total, or None if unknown.
    It is called in the event loop thread, so it must not call the client.
    """

    def __init__(self, lease: Lease, download: AsyncDownload) -> None:
        self._lease = lease
        self._download = download

    def iter_bytes(
        self, *, start: int = 0, stop: int | None = None, progress: Progress | None = None
    ) -> Iterator[bytes]:
        """Iterate over the content as it comes in, in chunks of at most 256 KiB.

        Args:
            start: First byte wanted.
            stop: First byte no longer wanted; None reads to the end.
            progress: Called after each chunk.

        Raises:
            NotFoundError: There is no such file.
            APIError: Any other failure of the call, or of the transfer on its way.
        """
        chunks = self._download.iter_bytes(start=start, stop=stop, progress=progress)
        try:
            while chunk := self._lease.call(_next_chunk, chunks):
                yield chunk
        finally:
            self._lease.call(chunks.aclose)

    def read(
        self, *, start: int = 0, stop: int | None = None, progress: Progress | None = None
    ) -> bytes:
        """Return the content, all of it in memory.

        Args:
            start: First byte wanted.
            stop: First byte no longer wanted; None reads to the end.
            progress: Called after each chunk.

        Raises:
            APIError: As from `iter_bytes`.
        """
        return self._lease.call(self._download.read, start=start, stop=stop, progress=progress)

    def write_to(self, path: str | os.PathLike[str], *, progress: Progress | None = None) -> Path:
        """Write the content to a file, which appears under its name only once it is whole.

        Args:
            path: Where to write; a file that is there is replaced.
            progress: Called after each chunk.

        Returns:
            The path written to.

        Raises:
            APIError: As from `iter_bytes`. No file is left then.
        """
        return self._lease.call(self._download.write_to, path, progress=progress)

    write_to_file = write_to


async def _next_chunk(chunks: AsyncGenerator[bytes]) -> bytes:
    return await anext(chunks, b"")
