"""Pages: the items of one response, and the iteration over all pages that follow."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import evolve, frozen

from .._codec.json_values import copy_json
from .._http.decoding import ParsedResponse
from .._http.unreadable import Unreadable
from ..errors import PaginationError
from ..models.page import CursorPage
from .cursor import CursorState
from .listing import Fetch, Listing, PageInfo, fetch_page

if TYPE_CHECKING:
    from ..models.chat import Chat

T = TypeVar("T")
P = TypeVar("P", bound="AsyncPage[Any]")


@frozen
class NextPage(Generic[P]):
    """A page that was not fetched yet. Holds none that was, so that their memory is freed."""

    page_type: type[P]
    listing: Listing[Any]
    fetcher: Fetch[Any]
    state: CursorState

    async def receive(self) -> ReceivedPage[P]:
        """Fetch the page, and leave it undecoded."""
        answer, after = await fetch_page(self.listing, self.fetcher, self.state)
        return ReceivedPage(answer, evolve(self, state=after))

    async def fetch(self) -> P:
        """Fetch and decode the page."""
        return (await self.receive()).build()


@frozen
class ReceivedPage(Generic[P]):
    """A page that was fetched, but not decoded yet: the next request may come first."""

    answer: ParsedResponse[CursorPage[Any]]
    following: NextPage[P]

    def build(self) -> P:
        """Decode the page; works once."""
        envelope, unreadable = self.answer.build_page()
        page_type = self.following.page_type
        return page_type(envelope, self.following, unreadable, self.answer.raw_items)


class AsyncPage(Generic[T]):
    """One page of a listing. Iterating over it continues through all pages that follow."""

    __slots__ = ("_envelope", "_next", "_raw_items", "_unreadable")

    def __init__(
        self,
        envelope: CursorPage[T],
        following: NextPage[Any],
        unreadable: Sequence[Unreadable] = (),
        raw_items: Callable[[], list[Any]] = list,
    ) -> None:
        self._envelope = envelope
        self._next = following
        self._unreadable = unreadable
        self._raw_items: Callable[[], list[Any]] | list[Any] = raw_items

    @property
    def items(self) -> list[T]:
        """The items of this page alone, without those that can't be read."""
        return self._envelope.items

    @property
    def unreadable(self) -> Sequence[Unreadable]:
        """The records of this page that can't be read. See the `on_unreadable` option."""
        return self._unreadable

    @property
    def raw_items(self) -> list[Any]:
        """The JSON of every item of this page as it was received, also of those that can't be read.

        Usually objects as `dict`; what an app sends instead is here too. `unreadable` names by its
        `index` which of them have no item in `items`; the others are in the same order. They are
        parsed on first use, so they cost nothing before.

        Example:
            async with AsyncBeeperDesktop() as client:
                chat = (await client.chats.list()).items[0]
                page = await client.messages.list(chat.id)
                for raw in page.raw_items:
                    print(raw["sortKey"])
        """
        if callable(self._raw_items):
            self._raw_items = self._raw_items()
        return self._raw_items

    @property
    def has_more(self) -> bool | None:
        """Whether the app reports that more items follow."""
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
        """Return the page as the JSON object that was received."""
        page = self._envelope.to_dict()
        for record in self._unreadable:
            page["items"].insert(record.index, copy_json(record.raw))
        return page

    def has_next_page(self) -> bool:
        """Return whether a page follows.

        Also true if the app reports a next page that can't be requested; `get_next_page` then
        raises the error that says why.
        """
        return self._next.state.has_next

    def next_page_info(self) -> PageInfo | None:
        """Return the parameters that lead to the next page, or None at the end.

        Save `params["cursor"]` to continue here later, with `list(cursor=...)`.
        """
        cursor = self._next.state.cursor
        return None if cursor is None else PageInfo({"cursor": cursor})

    async def get_next_page(self: P) -> P:
        """Fetch the page after this one.

        Raises:
            PaginationError: This is the last page (see `has_next_page`), or the app returned a
                cursor that leads back to an earlier page.
            APIError: The call failed.
        """
        if not self.has_next_page():
            name = self._next.listing.request.name
            raise PaginationError(f"{name}: this is the last page. Check has_next_page() first.")
        page: P = await self._next.fetch()
        return page

    def iter_pages(self: P) -> PageIterator[P]:
        """Iterate over this page and all that follow."""
        return PageIterator(self._itself)

    def __aiter__(self) -> ItemIterator[T]:
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
    """A page of `messages.search`, with the chats of its messages."""

    __slots__ = ()

    @property
    def chats(self) -> Mapping[str, Chat]:
        """The chats of the messages on this page, by their IDs."""
        chats: Mapping[str, Chat] | None = getattr(self._envelope, "chats", None)
        return chats or {}


class PageIterator(Generic[P]):
    """Iterates over a listing page by page."""

    __slots__ = ("_fetch_next",)

    def __init__(self, fetch_first: Callable[[], Awaitable[P]]) -> None:
        self._fetch_next: Callable[[], Awaitable[P]] | None = fetch_first

    def __aiter__(self) -> PageIterator[P]:
        return self

    async def __anext__(self) -> P:
        if self._fetch_next is None:
            raise StopAsyncIteration
        page = await self._fetch_next()
        self._fetch_next = fetch_after(page)
        return page


class ItemIterator(Generic[T]):
    """Iterates over a listing item by item. Fetches a page when the last one is used up."""

    __slots__ = ("_items", "_left", "_pages")

    def __init__(self, pages: PageIterator[Any], max_items: int | None = None) -> None:
        self._pages = pages
        self._left = max_items
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


def fetch_after(page: P) -> Callable[[], Awaitable[P]] | None:
    """Return what fetches the page after this one, or None at the end. It doesn't hold the page."""
    following = page._next  # pyright: ignore[reportPrivateUsage]
    return following.fetch if following.state.has_next else None


@frozen
class PageSource(Generic[P]):
    """Reads a listing page by page, for tasks in the background."""

    start: NextPage[P]
    """The first page to fetch."""
    first: P | None = None
    """The page in front of it, if it was already fetched. It is read first."""

    async def pages(self) -> AsyncGenerator[ReceivedPage[P] | P]:
        """Yield the pages undecoded, so that the next request starts before one is decoded.

        Raises:
            PaginationError: The app returned a cursor that leads back to an earlier page.
            APIError: A call failed.
        """
        following = self.start
        if self.first is not None:
            yield self.first
            if not following.state.has_next:
                return
        while True:
            page = await following.receive()
            yield page
            following = page.following
            if not following.state.has_next:
                return


def source_from(page: P) -> PageSource[P]:
    """Return what reads this page, without requesting it again, and all that follow."""
    following = page._next  # pyright: ignore[reportPrivateUsage]
    return PageSource(following, page)


def built(page: ReceivedPage[P] | P) -> P:
    """Return a page of a source, decoded."""
    return page.build() if isinstance(page, ReceivedPage) else page
