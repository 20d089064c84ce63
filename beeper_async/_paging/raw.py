"""Pages as JSON: the same walk through a listing, without building a model of any item."""

from collections.abc import AsyncGenerator
from typing import Any

from attrs import field, frozen

from .._codec.json_text import holds_long_integer
from .cursor import cursor_in
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
            items = answer.raw_items()
        key = start.listing.item_cursor
        yield RawPage(
            items,
            cursor_in(page, items, key, forward=True),
            cursor_in(page, items, key, forward=False),
        )
        if not state.has_next:
            return
