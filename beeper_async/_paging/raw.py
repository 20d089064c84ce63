"""Pages as JSON: the same walk through a listing, without building a model of any item."""

from collections.abc import AsyncGenerator
from typing import Any

from attrs import field, frozen

from .._codec.json_text import holds_long_integer, loads_exactly
from .._codec.json_values import as_object
from .listing import fetch_page
from .paginator import AsyncPaginator, source_of


@frozen
class RawPage:
    """A page whose items are JSON, without those that the pages before it held."""

    items: list[Any] = field(repr=False)
    newest_cursor: str | None = None
    oldest_cursor: str | None = None


async def raw_pages(listing: AsyncPaginator[Any, Any]) -> AsyncGenerator[RawPage]:
    """Yield the pages of a listing.

    Raises:
        APIResponseValidationError: A response is no page.
        PaginationError: The app returned a cursor that leads back to an earlier page.
        APIError: A call failed.
    """
    start = source_of(listing).start
    state = start.state
    while True:
        answer, state = await fetch_page(start.listing, start.fetcher, state)
        page: Any = answer.value
        items: Any = page.get("items") if page.__class__ is dict else None
        if items.__class__ is not list:
            answer.build_page()  # raises the error that says what is wrong
            return
        if holds_long_integer(answer.received):
            exact: Any = loads_exactly(answer.received)["items"]
            items = exact if answer.kept is None else [exact[index] for index in answer.kept]
        key = start.listing.item_cursor
        yield RawPage(
            items,
            _cursor(page, "newestCursor", items[:1], key),
            _cursor(page, "oldestCursor", items[-1:], key),
        )
        if not state.has_next:
            return


def _cursor(page: Any, name: str, outermost: list[Any], item_cursor: str | None) -> str | None:
    """Return a cursor of a page; apps that send none take the sort key of an item."""
    value: Any = page.get(name)
    if name not in page and item_cursor is not None:
        value = next((as_object(one).get(item_cursor) for one in outermost), None)
    if type(value) is int:  # some cursors count down
        return str(value)
    return value if isinstance(value, str) and value else None
