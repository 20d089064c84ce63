"""Pages: the rule that leads from one to the next, and the walk along them.

`chats.list()` returns an `AsyncPaginator` without sending anything. Awaited, it gives the first
page; iterated, every item of every page; `iter_pages()` goes page by page. Nothing is held open
between two pages, so leaving a loop early costs nothing.
"""

from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from attrs import evolve, frozen

from .errors import PaginationError
from .models.page import CursorPage
from .omit import Omit
from .request import Request, with_query

if TYPE_CHECKING:
    from .models.chat import Chat

# How many cursors of a walk are kept to notice that the app leads back to one of them.
_REMEMBERED: Final = 64

T = TypeVar("T")
P = TypeVar("P", bound="AsyncPage[Any]")


@frozen
class PageInfo:
    """What distinguishes the request of the next page."""

    params: Mapping[str, str]


@frozen
class Listing(Generic[T]):
    """A listing as a value: its first request, and the rule that leads on from a page."""

    request: Request[CursorPage[T]]
    """The call without its query."""
    query: Mapping[str, Any]
    """The caller's parameters, named as in Python; every page's request repeats them."""
    own_cursor: Callable[[T], str] | None = None
    """For apps that send no cursors: makes one of the item where a page ends."""

    def first(self) -> Request[CursorPage[T]]:
        """Build the request of the first page."""
        return evolve(self.request, path=with_query(self.request.path, self.query))

    def following(self, cursor: str) -> Request[CursorPage[T]]:
        """Build the request of the page that a cursor leads to."""
        path = with_query(self.request.path, {**self.query, "cursor": cursor})
        return evolve(self.request, path=path)

    def next_cursor(self, page: CursorPage[T]) -> str | None:
        """Return where to go on: older items by default, newer ones when walking `after`."""
        if page.has_more is False or not page.items:
            return None
        forward = self.query.get("direction") == "after"
        cursor = page.newest_cursor if forward else page.oldest_cursor
        name = "newest_cursor" if forward else "oldest_cursor"
        if cursor is None and self.own_cursor is not None and not page.is_null(name):
            return self.own_cursor(page.items[0 if forward else -1])
        return cursor or None

    @property
    def start(self) -> str | None:
        """The cursor that the caller began with."""
        cursor = self.query.get("cursor")
        return None if isinstance(cursor, Omit) else cursor


Fetch = Callable[[Request[Any]], Awaitable[Any]]


class AsyncPage(Generic[T]):
    """One page of a listing; iterating over it goes on through all pages that follow."""

    __slots__ = ("_envelope", "_fetch", "_listing", "_visited")

    def __init__(
        self,
        envelope: CursorPage[T],
        listing: Listing[T],
        fetch: Fetch,
        visited: tuple[str, ...],
    ) -> None:
        self._envelope = envelope
        self._listing = listing
        self._fetch = fetch
        self._visited = visited

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
        """Tell whether there is a page after this one to ask for."""
        return self._listing.next_cursor(self._envelope) is not None

    def next_page_info(self) -> PageInfo | None:
        """Return the parameters that lead to the next page, or None at the end."""
        cursor = self._listing.next_cursor(self._envelope)
        return None if cursor is None else PageInfo({"cursor": cursor})

    async def get_next_page(self: P) -> P:
        """Fetch the page after this one.

        Raises:
            PaginationError: There is none (see `has_next_page`), or the app sends back to a page
                that was already visited.
        """
        cursor = self._listing.next_cursor(self._envelope)
        name = self._listing.request.name
        if cursor is None:
            raise PaginationError(f"{name}: this is the last page; has_next_page() tells.")
        if cursor in self._visited:
            raise PaginationError(
                f"{name}: the app leads back to a page that was already read, so the listing was "
                "stopped. What was read so far is complete up to here."
            )
        envelope = await self._fetch(self._listing.following(cursor))
        visited = (*self._visited, cursor)[-_REMEMBERED:]
        return type(self)(envelope, self._listing, self._fetch, visited)

    def iter_pages(self: P) -> "PageIterator[P]":
        """Iterate over this page and all that follow."""
        return PageIterator(self._itself)

    def __aiter__(self) -> "ItemIterator[T]":
        return ItemIterator(PageIterator(self._itself))

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
    def chats(self) -> "Mapping[str, Chat]":
        """The chats of the messages on this page, by their IDs."""
        chats: Mapping[str, Chat] | None = getattr(self._envelope, "chats", None)
        return chats or {}


class PageIterator(Generic[P]):
    """Walks a listing page by page."""

    __slots__ = ("_first", "_page")

    def __init__(self, first: Callable[[], Awaitable[P]]) -> None:
        self._first = first
        self._page: P | None = None

    def __aiter__(self) -> "PageIterator[P]":
        return self

    async def __anext__(self) -> P:
        if self._page is None:
            self._page = await self._first()
        elif self._page.has_next_page():
            self._page = await self._page.get_next_page()
        else:
            raise StopAsyncIteration
        return self._page


class ItemIterator(Generic[T]):
    """Walks a listing item by item, fetching a page whenever the last one is used up."""

    __slots__ = ("_items", "_pages")

    def __init__(self, pages: "PageIterator[Any]") -> None:
        self._pages = pages
        self._items: Iterator[T] = iter(())

    def __aiter__(self) -> "ItemIterator[T]":
        return self

    async def __anext__(self) -> T:
        while True:
            for item in self._items:
                return item
            page = await self._pages.__anext__()
            self._items = iter(page.items)


class AsyncPaginator(Generic[T, P]):
    """A listing that has not been asked for yet: await it, or iterate over it."""

    __slots__ = ("_fetch", "_listing", "_page_type")

    def __init__(self, page_type: type[P], listing: Listing[T], fetch: Fetch) -> None:
        self._page_type = page_type
        self._listing = listing
        self._fetch = fetch

    async def first_page(self) -> P:
        """Fetch the first page, as awaiting the listing does."""
        envelope = await self._fetch(self._listing.first())
        start = self._listing.start
        visited = () if start is None else (start,)
        return self._page_type(envelope, self._listing, self._fetch, visited)

    def __await__(self) -> Generator[Any, None, P]:
        return self.first_page().__await__()

    def __aiter__(self) -> ItemIterator[T]:
        return ItemIterator(self.iter_pages())

    def iter_pages(self) -> PageIterator[P]:
        """Iterate page by page."""
        return PageIterator(self.first_page)
