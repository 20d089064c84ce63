"""Events on their way to handlers: chats side by side, each of them in order.

A chat in which something is to be done has a lane, with a task that works it off from the front;
then the lane is gone. How many handlers may work at once, and how much may wait, holds for all
lanes together.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final, Self, TypeVar

from attrs import define, field

from ..errors import BeeperDesktopError
from ..events.kinds import Event
from ..events.waiters import Waiters
from .about import chat_of
from .context import Context
from .handlers import Handler
from .selves import Selves

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop

E = TypeVar("E", bound=Event)

_log = logging.getLogger("beeper_async")

MOST_WAITING: Final = 1000
"""So many events may wait or be worked on; then the stream is not read on."""


@define(eq=False)
class _Item:
    event: Event
    handlers: Sequence[Handler]
    is_taken: bool = False
    """Somebody who waited for it has it."""


@define(eq=False)
class _Lane:
    items: deque[_Item] = field(factory=deque[_Item])
    """The first one is being worked on."""
    old: int = 0
    """So many of them were there already when work on the first one began."""
    task: asyncio.Task[None] | None = None
    turn: Turn | None = None


class Dispatcher:
    """Gives events to those who wait for them, or else to handlers.

    Args:
        client: For the contexts of handlers.
        handlers: The handlers; more may be added while it works.
        waiters: Those who wait.
        on_done: Called with each event that nothing is left to do for, in order within its chat.
        concurrency: How many handlers may be at work at once.
        selves: Tells which events are the user's own.
    """

    def __init__(
        self,
        client: AsyncBeeperDesktop,
        handlers: Sequence[Handler],
        waiters: Waiters,
        *,
        on_done: Callable[[Event], object],
        concurrency: int,
        selves: Selves,
    ) -> None:
        self.client = client
        self.waiters = waiters
        self.selves = selves
        self.places: asyncio.Semaphore = asyncio.Semaphore(concurrency)
        self._handlers = handlers
        self._on_done = on_done
        self._lanes: dict[str | None, _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._unfinished = 0
        self._room = asyncio.Event()
        self._room.set()
        self._closing = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to do for any event."""
        return not self._unfinished

    async def room(self) -> None:
        """Wait until another event may be taken."""
        await self._room.wait()

    def take(self, event: Event) -> None:
        """Take an event; there must be room for it."""
        is_taken = self.waiters.offer(event)
        handlers = () if is_taken else self._handlers_for(event)
        chat_id = chat_of(event)
        lane = self._lanes.get(chat_id)
        if lane is None and not handlers:
            self._on_done(event)
            return
        # Behind others of its chat even if nobody wants it: a handler may come to wait for it, and
        # it doesn't count as done before them.
        if lane is None:
            lane = self._lanes[chat_id] = _Lane()
            lane.task = asyncio.create_task(self._work(chat_id, lane))
            self._tasks.add(lane.task)
            lane.task.add_done_callback(self._tasks.discard)
        lane.items.append(_Item(event, handlers, is_taken))
        self._unfinished += 1
        if self._unfinished >= MOST_WAITING:
            self._room.clear()

    async def finish(self, grace: float) -> None:
        """Begin nothing more, let handlers at work finish, and cancel them after the grace time.

        Handlers that wait for an event are cancelled at once, for no more events come.
        """
        self._closing = True
        try:
            for lane in self._lanes.values():
                if lane.task and not (lane.turn and lane.turn.is_at_work):
                    lane.task.cancel()
            if self._tasks:
                _, late = await asyncio.wait(self._tasks, timeout=grace)
                if late:
                    _log.warning("bot: %d handlers are cancelled after %s s", len(late), grace)
        finally:
            self.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def cancel(self) -> None:
        """Cancel all handlers."""
        for task in self._tasks:
            task.cancel()

    def _handlers_for(self, event: Event) -> Sequence[Handler]:
        is_own = self.selves.is_own(event)
        found: list[Handler] = []
        for handler in self._handlers:
            try:
                if handler.wants(event, is_own=is_own):
                    found.append(handler)
            except Exception as error:
                _log_failure(f"`matches` of {handler.name}", event, error)
        return found

    async def _work(self, chat_id: str | None, lane: _Lane) -> None:
        while lane.items and not self._closing:
            item = lane.items[0]
            if item.handlers:
                lane.turn = Turn(self, lane)
                async with lane.turn:
                    for handler in item.handlers:
                        await self._call(handler, item.event, lane.turn)
                lane.turn = None
            lane.items.popleft()
            self._unfinished -= 1
            self._room.set()
            self._on_done(item.event)
        if not lane.items:
            del self._lanes[chat_id]

    async def _call(self, handler: Handler, event: Event, turn: Turn) -> None:
        task = asyncio.current_task()
        try:
            await handler.call(Context(event, self.client, handler.args(event), turn))
        except asyncio.CancelledError as error:
            if task and task.cancelling():
                raise
            _log_failure(handler.name, event, error)  # something that it waited for was cancelled
        except Exception as error:
            _log_failure(handler.name, event, error)


class Turn:
    """A handler's place among those at work; others may have it while the handler waits."""

    def __init__(self, dispatcher: Dispatcher, lane: _Lane) -> None:
        self.is_at_work: bool = False
        self._dispatcher = dispatcher
        self._places = dispatcher.places
        self._lane = lane
        self._holds_place = False
        self._waits = 0
        self._is_over = False

    async def __aenter__(self) -> Self:
        await self._places.acquire()
        self._holds_place = self.is_at_work = True
        self._lane.old = len(self._lane.items)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_over = True
        self._leave_place()

    def is_own(self, event: Event) -> bool:
        """Tell whether the user did it."""
        return self._dispatcher.selves.is_own(event)

    async def wait_for(self, event_type: type[E], wanted: Callable[[E], bool], timeout: float) -> E:
        """Wait for an event, beginning with those that came during this turn."""
        for item in islice(self._lane.items, self._lane.old, None):
            event = item.event
            if not item.is_taken and isinstance(event, event_type) and wanted(event):
                item.is_taken, item.handlers = True, ()
                return event
        async with self._pause():
            return await self._dispatcher.waiters.wait_for(event_type, wanted, timeout)

    @asynccontextmanager
    async def _pause(self) -> AsyncGenerator[None]:
        self._waits += 1
        self._leave_place()
        try:
            yield
        finally:
            self._waits -= 1
            # A handler may wait in several tasks of its own, and may even leave them behind.
            if not self._waits and not self._is_over:
                self.is_at_work = True
                await self._places.acquire()
                self._holds_place = True

    def _leave_place(self) -> None:
        self.is_at_work = False
        if self._holds_place:
            self._holds_place = False
            self._places.release()


def _log_failure(what: str, event: Event, error: BaseException) -> None:
    # The text of a stranger's exception may have a message in it; ours never have.
    kind = type(error).__name__
    text = f"{kind}: {error}" if isinstance(error, BeeperDesktopError) else kind
    where = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    _log.error("bot: %s failed at a %s: %s\n%s", what, type(event).__name__, text, where)
    _log.debug("bot: the whole error", exc_info=error)
