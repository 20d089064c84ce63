"""A listing as a value, and how its pages are fetched, still undecoded."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, TypeAlias, TypeVar

from attrs import evolve, field, frozen

from .._http.decoding import ParsedResponse, without_repeats
from .._http.query import with_query
from .._http.request import Request
from ..errors import PaginationError
from ..models.page import CursorPage
from .cursor import CursorState

T = TypeVar("T")

Fetch: TypeAlias = Callable[[Request[CursorPage[T]]], Awaitable[ParsedResponse[CursorPage[T]]]]
"""Carries out the request of a page and leaves its answer undecoded."""


@frozen
class PageInfo:
    """The parameters that lead to the next page of a listing. From `page.next_page_info()`."""

    params: Mapping[str, str]
    """Parameters by name: `{"cursor": "..."}`."""


@frozen
class TimeFilter:
    """The parameters that filter a listing by time, and the field that they compare."""

    after: str
    before: str
    field: str


@frozen
class Listing(Generic[T]):
    """A listing as a value: the request without its query, and the query of every page."""

    request: Request[CursorPage[T]]
    query: Mapping[str, Any] = field(repr=False)
    """The caller's parameters, named as in Python. Words searched for are among them."""
    item_cursor: str | None = None
    """Field of an item that serves as a cursor where an old app sends none."""
    time_filter: TimeFilter | None = None
    """How the listing is filtered by time, if it can be."""
    includes: Callable[[Any], bool] | None = None
    """For a part of a listing: whether an item, given as JSON, belongs to this part."""

    def start(self) -> CursorState:
        """Return the position in front of the first page."""
        return CursorState.start(self.query, self.item_cursor)

    def request_at(self, state: CursorState) -> Request[CursorPage[T]]:
        """Build the request of the page at a position."""
        path = with_query(self.request.path, self._query_at(state))
        return evolve(self.request, path=path)

    def _query_at(self, state: CursorState) -> Mapping[str, Any]:
        # By itself, so that no variable of the caller shows it in the frames of an exception.
        return self.query if state.cursor is None else {**self.query, "cursor": state.cursor}


async def fetch_page(
    listing: Listing[T], fetch: Fetch[T], state: CursorState
) -> tuple[ParsedResponse[CursorPage[T]], CursorState]:
    """Fetch the page at a position without the items that it repeats.

    Returns:
        The page, and the position after it.

    Raises:
        PaginationError: The app reports a page there that can't be requested.
        APIError: The call failed.
    """
    if state.problem is not None:
        raise PaginationError(
            f"{listing.request.name}: the app {state.problem}, so the listing was stopped. "
            "Everything before was delivered; more items may exist."
        )
    answer = await fetch(listing.request_at(state))
    page: Any = answer.value
    if page.__class__ is not dict:  # decoding it raises the error that says what is wrong
        return answer, evolve(state, cursor=None)
    after, new_items = state.advance(page)
    if listing.includes is not None:
        new_items = [item for item in new_items if listing.includes(item)]
    items: Any = page.get("items")
    if items.__class__ is list and len(new_items) < len(items):
        answer = without_repeats(answer, items, new_items)
    return answer, after
