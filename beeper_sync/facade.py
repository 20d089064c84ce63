"""Where blocking calls cross over to the event loop thread, and the blocking pages.

Everything in `client.py` and `resources/` is generated and ends here: a call crosses once, a
listing once per page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Generic, NoReturn, ParamSpec, TypeVar

from beeper_async.client import AsyncBeeperDesktop
from beeper_async.pagination import AsyncPage, AsyncPaginator, PageInfo

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
