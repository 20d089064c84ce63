"""How real apps misbehave when they serve listings, as modes of the simulator.

    from beeper_async.testing import Simulator, misbehaviour

    sim = Simulator(listing_faults=[misbehaviour.Overlap(2)])
    sim.set_listing_faults(misbehaviour.StuckTail(), listing="messages.list")
    sim.clear_listing_faults()

Only what is served goes wrong: the world behind it stays as it is, but for the message that
`Moving` lets arrive. A cursor that makes no sense is refused as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import attrs

from ..world.positions import Position
from .cursors import Slice
from .page_request import PageRequest

if TYPE_CHECKING:
    from ..world.world import World

Json = dict[str, Any]
Serve = Callable[[PageRequest], Slice]

ListingName = Literal[
    "chats.list", "chats.search", "messages.list", "messages.search", "contacts.list"
]
LISTINGS: Final[tuple[ListingName, ...]] = get_args(ListingName)


class ListingFault:
    """One way of serving a listing wrongly; a mode may remember things, so use it in one place."""

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Give the wrong page; `serve` gives the right one."""
        raise NotImplementedError


def faulty_page(modes: Sequence[ListingFault], request: PageRequest) -> Slice:
    """The page as it comes out when each mode works on what the modes after it serve."""
    if not modes:
        return request.page()
    first, *others = modes
    return first.page(request, lambda changed: faulty_page(others, changed))


class ListingFaults:
    """Which listing misbehaves how; safe to use from any thread."""

    def __init__(self) -> None:
        self._modes: dict[ListingName, tuple[ListingFault, ...]] = {}

    def set(self, modes: Sequence[ListingFault], listing: ListingName | None) -> None:
        """Replace the modes of one listing, or of all."""
        if listing is not None and listing not in LISTINGS:
            raise ValueError(f"not a listing: {listing!r} (expected one of {', '.join(LISTINGS)})")
        changed = dict(self._modes)
        for name in LISTINGS if listing is None else (listing,):
            changed[name] = tuple(modes)
        # In one step, so that a request meets the old modes or the new ones.
        self._modes = changed

    def of(self, listing: ListingName | None) -> Sequence[ListingFault]:
        """The modes of a listing."""
        return () if listing is None else self._modes.get(listing, ())


# -- walks that never end -----------------------------------------------------------------------


@attrs.frozen
class StuckHead(ListingFault):
    """Whatever the cursor, the first page is served again.

    A client sees the same items, the same cursors and ``hasMore: true`` for ever.
    """

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Ignore cursor and direction."""
        head = serve(attrs.evolve(request, cursor=None, at=None, direction="before"))
        return attrs.evolve(head, has_more=True)


Origin = tuple[str | None, Position | None]


@attrs.define(eq=False)
class StuckTail(ListingFault):
    """At its end a listing goes on serving the last page.

    A client sees every item, and then the last page again and again, with ``hasMore: true`` and
    the same cursors each time. A listing without items just ends.
    """

    _origins: dict[tuple[str, Position], Origin] = attrs.field(factory=dict, init=False, repr=False)
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
    """At its end a listing goes on serving the last page under ever new cursors.

    A client sees every item, and then the last page again and again, with ``hasMore: true``; the
    cursor that leads on steps by one each time, so no two requests are the same. (Apps before
    4.2.808 send no cursors with messages: there it looks like `StuckTail`.)
    """

    def _end_of_repeat(self, request: PageRequest, page: Slice) -> Position:
        number, text = request.at or request.end_position(page)
        # Smaller is newer: a step to the older side is a larger number here, a smaller one written.
        return number + (1 if request.direction == "before" else -1), text


# -- pages of the wrong size --------------------------------------------------------------------


@attrs.frozen
class Overlap(ListingFault):
    """Each page repeats the last `count` items of the page before.

    A client sees these items twice. Pages keep their size, so fewer items of each are new, but at
    least one is.
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
    """The ``limit`` is ignored.

    A client sees pages of `size` items, whatever it asked for.
    """

    size: int = attrs.field(default=25, validator=attrs.validators.ge(1))

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Serve another number of items."""
        return serve(attrs.evolve(request, size=self.size))


@attrs.define(eq=False)
class EmptyPage(ListingFault):
    """In the middle of a listing there is one page without items.

    After `after` pages a client sees ``items: []`` with ``hasMore: true`` and with cursors it has
    not seen before, which lead on to the page that was to be expected. (Apps before 4.2.808 send
    no cursors with messages: there nothing leads on.)
    """

    after: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    _numbers: dict[tuple[str, Position], int] = attrs.field(factory=dict, init=False, repr=False)
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
    """Pages come without ``oldestCursor`` and ``newestCursor``, also while ``hasMore`` is true."""

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Leave them out."""
        return serve(request).edited(_without("oldestCursor", "newestCursor"))


@attrs.frozen
class NullCursors(ListingFault):
    """``oldestCursor`` and ``newestCursor`` are null, also while ``hasMore`` is true."""

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Set them to null."""
        return serve(request).edited(
            lambda answer: {
                name: None if name in ("oldestCursor", "newestCursor") else value
                for name, value in answer.items()
            }
        )


@attrs.frozen
class HasMoreMissing(ListingFault):
    """Pages come without ``hasMore``.

    A client has only the cursors to go by, and the last page has some too: past it is an empty one.
    """

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Leave it out."""
        return serve(request).edited(_without("hasMore"))


def _without(*names: str) -> Callable[[Json], Json]:
    return lambda answer: {name: value for name, value in answer.items() if name not in names}


ERROR_TEXT: Final = "Database is locked"


@attrs.frozen
class ErrorIn200(ListingFault):
    """An error comes with the status 200.

    A client sees ``{"error": "..."}``, or with `as_object` the usual ``{"message", "code"}``,
    instead of a page: on every page that is asked for with a cursor when `with_cursor_only` is
    set, and on every page at all otherwise.
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


# -- listings that change -----------------------------------------------------------------------


@attrs.define(eq=False)
class LateHistory(ListingFault):
    """A listing ends early while the history is still loading.

    The first `answers` answers (per path) say ``hasMore: false`` after their page; the ones after
    that are right, so that a client that asks again, or goes on from the cursor, gets more.
    """

    answers: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    _given: dict[str, int] = attrs.field(factory=dict, init=False, repr=False)

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Pretend that nothing follows."""
        page = serve(request)
        given = self._given.get(request.path, 0)
        self._given[request.path] = given + 1
        return attrs.evolve(page, has_more=False) if given < self.answers else page


@attrs.define(eq=False)
class GrowingHistory(ListingFault):
    """Older items appear at the end of a listing between two pages.

    Only the newest `known` items are there at first, and each answer (per path) makes `step` more
    appear. Where a client met the end with ``hasMore: false``, its cursor leads on a moment later.
    """

    known: int = attrs.field(default=30, validator=attrs.validators.ge(1))
    step: int = attrs.field(default=10, validator=attrs.validators.ge(1))
    _given: dict[str, int] = attrs.field(factory=dict, init=False, repr=False)

    def page(self, request: PageRequest, serve: Serve) -> Slice:
        """Hide what is not loaded yet."""
        given = self._given.get(request.path, 0)
        self._given[request.path] = given + 1
        return serve(attrs.evolve(request, items=request.items[: self.known + self.step * given]))


@attrs.define(eq=False)
class Moving(ListingFault):
    """While a listing is walked, a chat gets a new message and moves to its head.

    Right after a page was served, so that it is true when it comes, and `times` times in all: on
    the way to older chats it is the next chat in line, which a client then never meets; on the way
    to newer ones it is the chat it came from, which a client meets once more at the head. In
    listings of messages nothing can move, but the new message appears at the head. People don't
    move at all.
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

        def move(answer: Json) -> Json:
            _new_activity(request.world, chat)
            return answer

        return page.edited(move)


def _new_activity(world: World, chat: Json) -> None:
    if any(not person.get("isSelf") for person in chat["participants"]["items"]):
        world.receive(chat["id"], "on the move")
    else:
        world.send(chat, "on the move")
