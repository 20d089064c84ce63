"""Faults that real apps have when they serve listings.

Only what is served is wrong. The world behind it stays as it is, except for the message that
`Moving` delivers.

Example:
    from beeper_async.testing import Simulator, listing_faults

    async with Simulator(listing_faults=[listing_faults.Overlap(2)]) as sim:
        sim.set_listing_faults(listing_faults.StuckTail(), listing="messages.list")
        sim.clear_listing_faults()
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, get_args
from zlib import crc32

import attrs

from ..world.positions import Position
from ..world.world import World
from .cursors import Slice
from .page_request import PageRequest

Json = dict[str, Any]
Serve = Callable[[PageRequest], Slice]

ListingName = Literal[
    "chats.list", "chats.search", "messages.list", "messages.search", "contacts.list"
]
LISTINGS: Final[tuple[ListingName, ...]] = get_args(ListingName)


class ListingFault:
    """Base class of the faults. A fault may keep state, so use each object for one simulator.

    Derive from it for a fault of your own.
    """

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Return the wrong page.

        Args:
            request: Which page is requested.
            serve: Returns the right page of a request.
        """
        raise NotImplementedError


def faulty_page(faults: Sequence[ListingFault], request: PageRequest) -> Slice:
    """Return the page when each fault changes what the faults after it serve."""
    if not faults:
        return request.page()
    first, *others = faults
    return first.page(request, lambda changed: faulty_page(others, changed))


class ListingFaults:
    """Holds the faults of each listing. Thread-safe."""

    def __init__(self) -> None:
        self._faults: dict[ListingName, tuple[ListingFault, ...]] = {}

    def set(self, faults: Sequence[ListingFault], listing: ListingName | None) -> None:
        """Replace the faults of one listing, or of all."""
        if listing is not None and listing not in LISTINGS:
            raise ValueError(f"not a listing: {listing!r} (expected one of {', '.join(LISTINGS)})")
        changed = dict(self._faults)
        for name in LISTINGS if listing is None else (listing,):
            changed[name] = tuple(faults)
        # In one step, so that a request meets the old faults or the new ones.
        self._faults = changed

    def of(self, listing: ListingName | None) -> Sequence[ListingFault]:
        """Return the faults of a listing."""
        return () if listing is None else self._faults.get(listing, ())


# -- walks that never end -----------------------------------------------------------------------


@attrs.frozen
class StuckHead(ListingFault):
    """Serves the first page whatever the cursor.

    A client receives the same items and cursors again and again, with ``hasMore: true``.
    """

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Ignore cursor and direction."""
        head = serve(attrs.evolve(request, cursor=None, at=None, direction="before"))
        return attrs.evolve(head, has_more=True)


Origin = tuple[str | None, Position | None]


@attrs.define(eq=False)
class StuckTail(ListingFault):
    """Serves the last page again and again at the end.

    A client receives every item, and then the last page repeatedly, with ``hasMore: true`` and the
    same cursors. A listing without items ends.
    """

    _origins: dict[tuple[str, Position], Origin] = attrs.field(
        factory=dict[tuple[str, Position], Origin], init=False, repr=False
    )
    """What the last page of a walk was asked for with, by where it led on to."""

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Serve the last page once more where nothing is left."""
        page = serve(request)
        if page.has_more:
            return page
        if page.items:
            origin: Origin = (request.cursor, request.at)
            end = request.end_position(page)
        else:
            page, origin = self._last_page(request, serve)
            if not page.items:
                return page
            end = self._end_of_repeat(request, page)
        self._origins[request.walk, end] = origin
        return attrs.evolve(page, has_more=True, cursors={request.end_name: request.write(end)})

    def _last_page(self, request: PageRequest, serve: Serve) -> tuple[Slice, Origin]:
        origin = None if request.at is None else self._origins.get((request.walk, request.at))
        if origin is None:
            return request.final_page(), (request.cursor, request.at)
        return serve(attrs.evolve(request, cursor=origin[0], at=origin[1])), origin

    def _end_of_repeat(self, request: PageRequest, page: Slice) -> Position:
        return request.end_position(page)


@attrs.define(eq=False)
class ReservedTail(StuckTail):
    """Serves the last page again and again at the end, each time with new cursors.

    A client receives every item, and then the last page repeatedly, with ``hasMore: true``. The
    cursor that leads on changes by one each time, so no two requests are the same. Live apps end
    some histories like this: at the oldest end the cursor counts down. Apps before
    4.2.808 send no cursors with messages: there it behaves like `StuckTail`.
    """

    def _end_of_repeat(self, request: PageRequest, page: Slice) -> Position:
        number, text = request.at or request.end_position(page)
        # Smaller is newer: a step to the older side is a larger number here, a smaller one written.
        return number + (1 if request.direction == "before" else -1), text


@attrs.frozen
class EmptyTail(ListingFault):
    """Reports ``hasMore: true`` on every page, and ends with an empty page without cursors.

    That is how live apps end the history of a chat. An empty listing is one such page.
    """

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Report that more follows, until nothing does."""
        page = serve(request)
        return page if page.has_more else attrs.evolve(page, has_more=True)


# -- pages of the wrong size --------------------------------------------------------------------


@attrs.frozen
class Overlap(ListingFault):
    """Repeats the last items of the page before on each page.

    A client receives these items twice. Pages keep their size, so fewer items of each are new,
    but at least one is.

    Args:
        count: Number of items that are repeated. At least 1.
    """

    count: int = attrs.field(default=1, validator=attrs.validators.ge(1))

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Begin with what was already served."""
        again = request.passed(self.count)
        page = serve(attrs.evolve(request, size=max(1, request.size - len(again))))
        if not page.items:
            return page
        older_first = request.direction == "after"
        items = [*page.items, *again] if older_first else [*again, *page.items]
        return attrs.evolve(page, items=items)


@attrs.frozen
class IgnoredLimit(ListingFault):
    """Ignores ``limit``.

    Args:
        size: Number of items of each page. At least 1.
    """

    size: int = attrs.field(default=25, validator=attrs.validators.ge(1))

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Serve another number of items."""
        return serve(attrs.evolve(request, size=self.size))


@attrs.define(eq=False)
class EmptyPage(ListingFault):
    """Serves one page without items in the middle of a listing.

    The page has ``items: []``, ``hasMore: true`` and new cursors, which lead on to the page that
    was expected. Apps before 4.2.808 send no cursors with messages: there nothing leads on.

    Args:
        after: Number of pages before the empty one. At least 1.
    """

    after: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    _numbers: dict[tuple[str, Position], int] = attrs.field(
        factory=dict[tuple[str, Position], int], init=False, repr=False
    )
    """How many pages of a walk were served up to a position."""

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Serve nothing on one of the pages."""
        number = 0
        if request.at is not None:
            number = self._numbers.get((request.walk, request.at), 0)
            # With a zero in front a number reads the same, but it is another cursor.
            another = "0" + request.write(request.at)
            if number == self.after and request.cursor != another:
                return Slice([], True, {"oldestCursor": another, "newestCursor": another})
        page = serve(request)
        if page.items:
            self._numbers[request.walk, request.end_position(page)] = number + 1
        return page


# -- envelopes that lack something --------------------------------------------------------------


@attrs.frozen
class MissingCursors(ListingFault):
    """Omits ``oldestCursor`` and ``newestCursor``, even if ``hasMore`` is true."""

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Leave them out."""
        return serve(request).edited(_without("oldestCursor", "newestCursor"))


@attrs.frozen
class NullCursors(ListingFault):
    """Sets ``oldestCursor`` and ``newestCursor`` to null, even if ``hasMore`` is true."""

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Set them to null."""
        return serve(request).edited(
            lambda body: {
                name: None if name in ("oldestCursor", "newestCursor") else value
                for name, value in body.items()
            }
        )


@attrs.frozen
class HasMoreMissing(ListingFault):
    """Omits ``hasMore``.

    A client has only the cursors to go by. The last page has cursors as well, and an empty page
    follows it.
    """

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Leave it out."""
        return serve(request).edited(_without("hasMore"))


def _without(*names: str) -> Callable[[Json], Json]:
    return lambda body: {name: value for name, value in body.items() if name not in names}


ERROR_TEXT: Final = "Database is locked"


@attrs.frozen
class ErrorIn200(ListingFault):
    """Serves an error with the status 200 instead of a page.

    Args:
        as_object: True sends the usual ``{"message", "code"}``. False sends ``{"error": "..."}``.
        with_cursor_only: True affects only pages that are requested with a cursor.
    """

    as_object: bool = False
    with_cursor_only: bool = False

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Put an error in the place of the page."""
        page = serve(request)
        if self.with_cursor_only and request.cursor is None:
            return page
        if self.as_object:
            return page.edited(lambda _: {"message": ERROR_TEXT, "code": "INTERNAL_ERROR"})
        return page.edited(lambda _: {"error": ERROR_TEXT})


# -- items that can't be read -------------------------------------------------------------------

_REQUIRED: Final = ("senderID", "title", "id")
"""What an item loses: the first of these that it has."""


@attrs.frozen
class BadItems(ListingFault):
    """Serves some items without a field that the API requires, so that they can't be decoded.

    Messages lack ``senderID``, chats ``title``, and people ``id``. It is the same items each time,
    chosen by their IDs. Only listings serve them so; to damage one message everywhere, use
    `History.damage`.

    Args:
        every: Of so many items, one is bad on average. At least 1: 1 means all items.
        junk: True serves the text ``"junk"`` in the place of the whole item.
    """

    every: int = attrs.field(default=50, validator=attrs.validators.ge(1))
    junk: bool = False

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Spoil some of the items when they are written out."""
        return serve(request).edited(
            lambda body: {**body, "items": [self._served(item) for item in body["items"]]}
        )

    def _served(self, item: Json) -> Json | str:
        if crc32(str(item["id"]).encode()) % self.every:
            return item
        if self.junk:
            return "junk"
        lost = next(name for name in _REQUIRED if name in item)
        return {name: value for name, value in item.items() if name != lost}


# -- listings that change -----------------------------------------------------------------------


@attrs.define(eq=False)
class LateHistory(ListingFault):
    """Ends a listing early, as while the history is still loading.

    Later responses are right, so a client that requests again, or resumes from the cursor, receives
    more.

    Args:
        responses: Number of responses per path that have ``hasMore: false``. At least 1.
    """

    responses: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    _given: dict[str, int] = attrs.field(factory=dict[str, int], init=False, repr=False)

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Pretend that nothing follows."""
        page = serve(request)
        given = self._given.get(request.path, 0)
        self._given[request.path] = given + 1
        return attrs.evolve(page, has_more=False) if given < self.responses else page


@attrs.define(eq=False)
class GrowingHistory(ListingFault):
    """Adds older items at the end of a listing between two pages.

    If a client reached the end with ``hasMore: false``, its cursor leads on a moment later.

    Args:
        known: Number of newest items that exist at first. At least 1.
        step: Number of items that each response per path adds. At least 1.
    """

    known: int = attrs.field(default=30, validator=attrs.validators.ge(1))
    step: int = attrs.field(default=10, validator=attrs.validators.ge(1))
    _given: dict[str, int] = attrs.field(factory=dict[str, int], init=False, repr=False)

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Hide what is not loaded yet."""
        given = self._given.get(request.path, 0)
        self._given[request.path] = given + 1
        return serve(attrs.evolve(request, items=request.items[: self.known + self.step * given]))


@attrs.define(eq=False)
class Moving(ListingFault):
    """Moves a chat to the head, with a new message, while the listing is walked.

    It happens right after a page was served. On the way to older chats, the next chat moves, so the
    client skips it. On the way to newer chats, the chat before moves, so the client receives it
    twice. In listings of messages, the new message appears at the head. Listings of contacts
    don't change.

    Args:
        times: Number of pages after which it happens. At least 1.
    """

    times: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    _moved: int = attrs.field(default=0, init=False, repr=False)

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Let it happen once the page is written."""
        page = serve(request)
        if not page.has_more or self._moved == self.times:
            return page
        if request.direction == "before":
            item = request.following(page)
        else:
            item = next(iter(request.passed(1)), None)
        chat = None if item is None else request.world.chats.get(item.get("chatID") or item["id"])
        if chat is None:
            return page
        self._moved += 1

        def move(body: Json) -> Json:
            _new_activity(request.world, chat)
            return body

        return page.edited(move)


def _new_activity(world: World, chat: Json) -> None:
    if any(not person.get("isSelf") for person in chat["participants"]["items"]):
        world.receive(chat["id"], "on the move")
    else:
        world.send(chat, "on the move")
