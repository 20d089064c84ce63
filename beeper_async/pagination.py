"""Pages: the rule that leads from one to the next, and the walk along them.

`chats.list()` returns an `AsyncPaginator` without sending anything. Awaited, it gives the first
page; iterated, every item of every page; `iter_pages()` goes page by page. Nothing is held open
between two pages, so leaving a loop early costs nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from attrs import evolve, frozen

from ._http.decoding import ParsedResponse
from ._http.query import with_query
from ._http.request import Request
from ._validation import check_any_given, check_range
from .errors import InvalidInputError, PaginationError
from .models.page import CursorPage
from .trail import Trail

if TYPE_CHECKING:
    from .models.chat import Chat
    from .readahead import Prefetched, Source

T = TypeVar("T")
P = TypeVar("P", bound="AsyncPage[Any]")

Fetch = Callable[[Request[CursorPage[T]]], Awaitable[ParsedResponse[CursorPage[T]]]]


@frozen
class PageInfo:
    """What distinguishes the request of the next page."""

    params: Mapping[str, str]


@frozen
class Times:
    """The parameters that cut a listing by time, and the field of its items that they look at."""

    after: str
    before: str
    field: str


@frozen
class Listing(Generic[T]):
    """A listing as a value: the call without its query, and the query that every page repeats."""

    request: Request[CursorPage[T]]
    query: Mapping[str, Any]
    """The caller's parameters, named as in Python."""
    own_cursor: str | None = None
    """Field of an item that serves as a cursor where an old app sends none."""
    times: Times | None = None
    """How the listing can be cut into windows of time, if it can."""
    keeps: Callable[[Any], bool] | None = None
    """For a part of a listing: whether an item, as it came, belongs to this part."""

    def request_for(self, trail: Trail) -> Request[CursorPage[T]]:
        """Build the request of the page that a trail leads to; a new trail leads to the first."""
        query = self.query if trail.cursor is None else {**self.query, "cursor": trail.cursor}
        return evolve(self.request, path=with_query(self.request.path, query))

    def begin(self) -> Trail:
        """Start walking."""
        return Trail.begin(self.query, self.own_cursor)


async def step(
    listing: Listing[T], fetch: Fetch[T], trail: Trail
) -> tuple[ParsedResponse[CursorPage[T]], Trail]:
    """Fetch the page that a trail leads to; what it repeats of the pages before is taken out."""
    answer = await fetch(listing.request_for(trail))
    if not isinstance(answer.value, dict):
        return answer, trail  # building it will say what is wrong
    onward, fresh = trail.after(answer.value)
    if listing.keeps is not None:
        fresh = [item for item in fresh if listing.keeps(item)]
    items = answer.value.get("items")
    if isinstance(items, list) and len(fresh) < len(items):
        answer = evolve(answer, value={**answer.value, "items": fresh})
    return answer, onward


def circling(listing: Listing[Any], problem: str) -> PaginationError:
    """Make the error of a listing that can't go on although the app says that more follows."""
    return PaginationError(
        f"{listing.request.name}: the app {problem}, so the listing was stopped. Everything before "
        "was delivered; whether there is more, the app alone knows."
    )


@frozen
class Place(Generic[P]):
    """Where a walk stands: in front of a page. It holds none, so that the last one can go."""

    page_type: type[P]
    listing: Listing[Any]
    fetch: Fetch[Any]
    trail: Trail

    async def next_page(self) -> P:
        """Fetch the page."""
        if self.trail.problem is not None:
            raise circling(self.listing, self.trail.problem)
        answer, onward = await step(self.listing, self.fetch, self.trail)
        return self.page_type(answer.build_page(), evolve(self, trail=onward))


class AsyncPage(Generic[T]):
    """One page of a listing; iterating over it goes on through all pages that follow."""

    __slots__ = ("_envelope", "_onward")

    def __init__(self, envelope: CursorPage[T], onward: Place[Any]) -> None:
        self._envelope = envelope
        self._onward = onward

    @property
    def items(self) -> list[T]:
        """The items of this page alone."""
        return self._envelope.items

    @property
    def has_more(self) -> bool | None:
        """Whether the app says that more items follow."""
        return self._envelope.has_more

    @property
    def oldest_cursor(self) -> str | None:
        """The cursor that leads to older items."""
        return self._envelope.oldest_cursor

    @property
    def newest_cursor(self) -> str | None:
        """The cursor that leads to newer items."""
        return self._envelope.newest_cursor

    @property
    def extra(self) -> Mapping[str, Any]:
        """Fields of the page that this release has no attribute for."""
        return self._envelope.extra

    def to_dict(self) -> dict[str, Any]:
        """Return the page as the JSON object it came as."""
        return self._envelope.to_dict()

    def has_next_page(self) -> bool:
        """Tell whether there is more to ask for, be it that asking will raise an error."""
        trail = self._onward.trail
        return trail.cursor is not None or trail.problem is not None

    def next_page_info(self) -> PageInfo | None:
        """Return the parameters that lead to the next page, or None at the end.

        Saved, they let a later `list(cursor=...)` go on from here.
        """
        cursor = self._onward.trail.cursor
        return None if cursor is None else PageInfo({"cursor": cursor})

    async def get_next_page(self: P) -> P:
        """Fetch the page after this one.

        Raises:
            PaginationError: There is none (see `has_next_page`), or the app leads in circles.
        """
        if not self.has_next_page():
            name = self._onward.listing.request.name
            raise PaginationError(f"{name}: this is the last page; has_next_page() tells.")
        page: P = await self._onward.next_page()
        return page

    def iter_pages(self: P) -> PageIterator[P]:
        """Iterate over this page and all that follow."""
        return PageIterator(self._itself)

    def __aiter__(self) -> ItemIterator[T]:
        return ItemIterator(PageIterator(self._itself))

    def way_on(self: P) -> Callable[[], Awaitable[P]] | None:
        """Return what fetches the next page, or None at the end; it doesn't hold this page."""
        return self._onward.next_page if self.has_next_page() else None

    async def _itself(self: P) -> P:
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.items)} items, has_more={self.has_more})"


class AsyncCursorNoLimit(AsyncPage[T]):
    """A page of a listing, such as `chats.list`."""

    __slots__ = ()


class AsyncCursorSearch(AsyncPage[T]):
    """A page of a search, such as `chats.search`."""

    __slots__ = ()


class AsyncMessageSearchPage(AsyncCursorSearch[T]):
    """A page of `messages.search`, with the chats that its messages are in."""

    __slots__ = ()

    @property
    def chats(self) -> Mapping[str, Chat]:
        """The chats of the messages on this page, by their IDs."""
        chats: Mapping[str, Chat] | None = getattr(self._envelope, "chats", None)
        return chats or {}


class PageIterator(Generic[P]):
    """Walks a listing page by page."""

    __slots__ = ("_next",)

    def __init__(self, first: Callable[[], Awaitable[P]]) -> None:
        self._next: Callable[[], Awaitable[P]] | None = first

    def __aiter__(self) -> PageIterator[P]:
        return self

    async def __anext__(self) -> P:
        if self._next is None:
            raise StopAsyncIteration
        page = await self._next()
        self._next = page.way_on()
        return page


class ItemIterator(Generic[T]):
    """Walks a listing item by item, fetching a page whenever the last one is used up."""

    __slots__ = ("_items", "_left", "_pages")

    def __init__(self, pages: PageIterator[Any], most: int | None = None) -> None:
        self._pages = pages
        self._left = most
        self._items: Iterator[T] = iter(())

    def __aiter__(self) -> ItemIterator[T]:
        return self

    async def __anext__(self) -> T:
        while True:
            if self._left == 0:
                raise StopAsyncIteration
            for item in self._items:
                if self._left is not None:
                    self._left -= 1
                return item
            page = await self._pages.__anext__()
            self._items = iter(page.items)


class AsyncPaginator(Generic[T, P]):
    """A listing that has not been asked for yet: await it, or iterate over it."""

    __slots__ = ("_fetch", "_listing", "_page_type")

    def __init__(self, page_type: type[P], listing: Listing[T], fetch: Fetch[T]) -> None:
        self._page_type = page_type
        self._listing = listing
        self._fetch = fetch

    async def first_page(self) -> P:
        """Fetch the first page, as awaiting the listing does."""
        return await anext(self.iter_pages())

    def __await__(self) -> Generator[Any, None, P]:
        return self.first_page().__await__()

    def __aiter__(self) -> ItemIterator[T]:
        return ItemIterator(self.iter_pages())

    def iter_pages(self) -> PageIterator[P]:
        """Iterate page by page."""
        begin = self._listing.begin()
        return PageIterator(Place(self._page_type, self._listing, self._fetch, begin).next_page)

    def limit(self, most: int) -> ItemIterator[T]:
        """Iterate over the first items only, fetching no page more than they need.

        Args:
            most: How many items at most, over all pages; `limit` of the call is the page size.

        Raises:
            InvalidInputError: It is not 0 or more.
        """
        check_range("most", most, 0)
        return ItemIterator(self.iter_pages(), most)

    async def collect(self, *, max_items: int | None = None) -> list[T]:
        """Return the items of all pages as one list.

        Args:
            max_items: How many at most; None for all, however many that are.

        Raises:
            InvalidInputError: `max_items` is not 0 or more.
            PaginationError: The app's pages lead in circles.
            APIError: Any other failure of a call.
        """
        items = aiter(self) if max_items is None else self.limit(max_items)
        return [item async for item in items]

    def prefetch(self, pages: int = 2) -> Prefetched[T]:
        """Fetch pages ahead while their items are being worked on.

            async with client.chats.list().prefetch(2) as chats:
                async for chat in chats: ...

        Args:
            pages: How many pages at most lie ready, 1 or more.

        Returns:
            A context manager; leaving it ends the fetching.

        Raises:
            InvalidInputError: `pages` is less than 1.
        """
        from .readahead import Prefetched

        check_range("pages", pages, 1)
        return Prefetched(self.source(), pages)

    @overload
    def split(self, *, account_ids: Sequence[str]) -> dict[str, Self]: ...

    @overload
    def split(self, *, at: Sequence[datetime]) -> dict[datetime | None, Self]: ...

    def split(
        self,
        *,
        account_ids: Sequence[str] | None = None,
        at: Sequence[datetime] | None = None,
    ) -> Any:
        """Cut one listing into parts that can be walked at the same time, with `merge`.

        Together the parts have the items of the whole, each once.

        Args:
            account_ids: One part for each of these accounts.
            at: Times, with time zones, between which the parts lie; for searches.

        Returns:
            The parts by account, or by the time they begin at, newest first; the oldest part
            begins at None.

        Raises:
            InvalidInputError: Not exactly one of the two was given, a time has no time zone, or
                the listing can't be cut like this.
        """
        from .parts import by_account, by_time

        check_any_given(account_ids=account_ids, at=at)
        if account_ids and at:
            raise InvalidInputError("Split by account_ids or by times, not by both at once.")
        cut = by_time(self._listing, at) if at else by_account(self._listing, account_ids or ())
        kind = type(self)
        return {key: kind(self._page_type, part, self._fetch) for key, part in cut.items()}

    def source(self) -> Source[T]:
        """Return what concurrent streams read from: the listing, and how to fetch from it."""
        from .readahead import Source

        return Source(self._listing, self._fetch)
