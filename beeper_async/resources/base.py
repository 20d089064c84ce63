"""What every resource does with the requests it builds."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from .._http.request import Request
from .._paging.listing import Listing, TimeFilter
from .._paging.page import AsyncPage
from .._paging.paginator import AsyncPaginator
from ..models.page import CursorPage
from .compat import Changed

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop

P = ParamSpec("P")
T = TypeVar("T")
PageT = TypeVar("PageT", bound=AsyncPage[Any])


class AsyncResource:
    """A family of calls. Holds its client and nothing else."""

    def __init__(self, client: "AsyncBeeperDesktop") -> None:
        self._client = client

    async def _send(self, request: Request[T]) -> T:
        return await self._client.send(request)

    async def _send_changed(self, call: Changed[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Send a call whose wire form depends on the app's version."""
        version = await self._client.app_version()
        return await self._client.send(call.request(version, *args, **kwargs))

    def _pages(
        self,
        page_type: type[PageT],
        request: Request[CursorPage[T]],
        query: Mapping[str, Any],
        item_cursor: str | None = None,
        time_filter: TimeFilter | None = None,
    ) -> AsyncPaginator[T, PageT]:
        listing = Listing(request, query, item_cursor, time_filter)
        return AsyncPaginator(page_type, listing, self._client.fetch)
