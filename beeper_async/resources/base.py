"""What every resource does with the requests it builds."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, ParamSpec, Protocol, TypeVar

from .._http.decoding import ParsedResponse
from .._http.incoming import StreamedResponse
from .._http.request import Request
from .._http.server_info import AppVersion
from .._paging.listing import Listing, TimeFilter
from .._paging.page import AsyncPage
from .._paging.paginator import AsyncPaginator
from ..models.page import CursorPage
from .compat import Changed

P = ParamSpec("P")
T = TypeVar("T")
PageT = TypeVar("PageT", bound=AsyncPage[Any])


class Caller(Protocol):
    """What a resource needs of a client."""

    def until(self, deadline: float | None) -> "Caller":
        """Return a caller whose calls are over at a time of `time.monotonic()`, if one is given."""
        ...

    async def send(self, request: Request[T]) -> T:
        """Send a request, and return its decoded result."""
        ...

    async def fetch(self, request: Request[T]) -> ParsedResponse[T]:
        """Send a request, but leave it to the resource when to build its result."""
        ...

    def stream(self, request: Request[bytes]) -> AbstractAsyncContextManager[StreamedResponse]:
        """Send a request whose response is handed out while it comes in."""
        ...

    async def app_version(self) -> AppVersion:
        """Return the app's version."""
        ...


class AsyncResource:
    """A family of calls. Holds its caller and nothing else."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def _send(self, request: Request[T]) -> T:
        return await self._caller.send(request)

    async def _send_changed(self, call: Changed[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Send a call whose wire form depends on the app's version."""
        # Both, so that bad input is refused before the version is requested.
        now, before = call.now(*args, **kwargs), call.before(*args, **kwargs)
        del args, kwargs  # tools that report errors show the variables of every frame
        is_old = await self._caller.app_version() < call.since
        return await self._caller.send(before if is_old else now)

    def _pages(
        self,
        page_type: type[PageT],
        request: Request[CursorPage[T]],
        query: Mapping[str, Any],
        item_cursor: str | None = None,
        time_filter: TimeFilter | None = None,
    ) -> AsyncPaginator[T, PageT]:
        listing = Listing(request, query, item_cursor, time_filter)
        return AsyncPaginator(page_type, listing, self._caller.fetch)
