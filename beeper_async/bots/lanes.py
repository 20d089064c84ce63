"""Lanes: what happens in a chat waits there for its turn, and is worked off from the front."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import suppress
from typing import Any, Final, Literal, TypeAlias

from attrs import define, field

from .._paging.background import all_done
from ..events.kinds import Event
from .about import chat_of, person_of
from .job import TimeUp
from .turns import Entry, Turn, Wait

Order: TypeAlias = Literal["chat", "person"]
Key: TypeAlias = tuple[str | None, str | None]

_log = logging.getLogger("beeper_async")

MOST_WAITING: Final = 10_000
"""So many events may wait for their turn; then the stream is not read."""
_SECONDS_OF_WORK: Final = 30.0
_IN_ONE_GO: Final = 50


@define(eq=False)
class End:
    """The end of a wait, which takes its turn as an event does."""

    wait: Wait
    error: Exception


@define(eq=False)
class Lane:
    """A chat, or a person in it, in which something is to be done."""

    key: Key
    queue: deque[Entry | End] = field(factory=deque["Entry | End"])
    task: asyncio.Task[None] | None = None
    turn: Turn | None = None
    """What works in it."""
    warned: int = 0


class Closed(Exception):  # noqa: N818 - a signal to the lane
    """Raised by what works in a lane when nothing may begin any more."""


class Lanes:
    """All lanes. One is there as long as something waits or works in it, with a task of its own.

    Args:
        order: Whether a lane is a chat, or a person in a chat.
        work: Works on what has its turn in a lane.
    """

    def __init__(self, order: Order, work: Callable[[Lane, Entry | End], Awaitable[None]]) -> None:
        self._order = order
        self._work = work
        self._lanes: dict[Key, Lane] = {}
        # By chat: its lanes, and its handlers that have not ended.
        self._busy: dict[str | None, int] = {}
        self._waiting = 0
        self._room = asyncio.Event()
        self._room.set()
        self._warned = False
        self.is_closing = False
        self.failure: BaseException | None = None
        self.on_failure: Callable[[], object] = lambda: None

    async def room(self) -> None:
        """Wait until another event may be taken."""
        if self._waiting >= MOST_WAITING:
            if not self._warned:
                self._warned = True
                _log.warning("bot: %d events wait for their turn; no more are taken", self._waiting)
            self._room.clear()
            await self._room.wait()

    def put(self, event: Event, item: Entry | End, *, first: bool = False) -> None:
        """Put something into the lane of an event: at its end, or at its front."""
        lane = self._lane_of(event)
        if first:
            lane.queue.appendleft(item)
        else:
            lane.queue.append(item)
        self._waiting += 1
        if lane.task is None and not self.is_closing:
            lane.task = asyncio.create_task(self._drive(lane))
            lane.task.add_done_callback(self._driven)

    def _lane_of(self, event: Event) -> Lane:
        chat_id = chat_of(event)
        # What belongs to no chat has a lane for each job, and one for all the rest.
        other = event.name if isinstance(event, TimeUp) else None
        person_id = person_of(event) if self._order == "person" else None
        key = (chat_id, person_id) if chat_id is not None else (None, other)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(key)
            self.begin(chat_id)
        return lane

    def is_busy(self, chat_id: str | None) -> bool:
        """Return whether something of a chat waits for its turn, or has begun and not ended."""
        return chat_id in self._busy

    def begin(self, chat_id: str | None) -> None:
        """Note that something of a chat has begun."""
        self._busy[chat_id] = self._busy.get(chat_id, 0) + 1

    def end(self, chat_id: str | None) -> None:
        """Note that it has ended."""
        self._busy[chat_id] -= 1
        if not self._busy[chat_id]:
            del self._busy[chat_id]

    async def _drive(self, lane: Lane) -> None:
        done = 0
        with suppress(Closed):
            while lane.queue and not self.is_closing:
                item = lane.queue.popleft()
                self._waiting -= 1
                if not self._room.is_set() and self._waiting < MOST_WAITING:
                    self._room.set()
                await self._work(lane, item)
                done += 1
                if not done % _IN_ONE_GO:  # what nobody wants needs no pause of its own
                    await asyncio.sleep(0)
        lane.task = None
        if not lane.queue and self._lanes.pop(lane.key, None) is not None:
            self.end(lane.key[0])

    def _driven(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fail(error)

    def fail(self, error: BaseException) -> None:
        """Let the bot end with a fault of its own."""
        self.failure = self.failure or error
        self.on_failure()

    def watch(self, now: float) -> None:
        """Warn of handlers that have been at work for long, and of what waits behind them."""
        for lane in self._lanes.values():
            if lane.turn is None:
                continue
            passed = int((now - lane.turn.since) // _SECONDS_OF_WORK)
            if passed > lane.warned:
                lane.warned = passed
                _log.warning(
                    "bot: %s has been at work for %d s; %d events of %s wait behind it",
                    lane.turn.handler.name,
                    passed * _SECONDS_OF_WORK,
                    len(lane.queue),
                    lane.key[0],
                )

    def at_work(self, asleep: Collection[asyncio.Task[Any]]) -> Iterator[str]:
        """Name what is being done, but for handlers that sleep: what is behind them has to wait.

        Args:
            asleep: The tasks that sleep by the clock of the bot.
        """
        for lane in self._lanes.values():
            turn = lane.turn
            if turn is None or not turn.has_lane:
                yield f"an event of {lane.key[0]}"
            elif turn.task not in asleep:
                yield turn.handler.name

    async def close(self) -> None:
        """End the tasks of all lanes."""
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        for task in tasks:
            task.cancel()
        await all_done(tasks)
