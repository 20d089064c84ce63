"""Events on their way to handlers: chats side by side, each of them in order.

A chat in which something is to be done has a lane, with a task that works it off from the front.
One handler at a time works in a lane. One that waits for an event has given its lane away. Whether
an event is what somebody waits for is decided when its turn comes; it gets the lane back then.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final, Literal, TypeAlias, TypeVar

from attrs import define, field

from ..events.kinds import Event, MessageCreated
from .about import chat_of, is_reaction_message, person_of, text_of
from .authors import Authors
from .calls import Calls, log_failure
from .clock import Clock
from .context import By, Context, When
from .desk import Desk
from .errors import Skip, Superseded
from .handlers import Handler, JobHandler, full_name_of
from .job import Row, TimeUp, time_up
from .patience import TRANSIENT, patiently
from .records import Records
from .scheduler import Scheduler
from .states import States
from .table import Table
from .turns import Entry, Turn, Wait, Waits

T = TypeVar("T")
Order: TypeAlias = Literal["chat", "person"]
Key: TypeAlias = tuple[str | None, str | None]

_log = logging.getLogger("beeper_async")

MOST_WAITING: Final = 10_000
"""So many events may wait for their turn; then the stream is not read."""
_SECONDS_OF_WORK: Final = 30.0
_IN_ONE_GO: Final = 50


@define(eq=False)
class _End:
    """The end of a wait, which takes its turn as an event does."""

    wait: Wait
    error: Exception


@define(eq=False)
class _Lane:
    key: Key
    queue: deque[Entry | _End] = field(factory=deque["Entry | _End"])
    task: asyncio.Task[None] | None = None
    turn: Turn | None = None
    """What works in it."""
    warned: int = 0


class _Closed(Exception):  # noqa: N818 - goes no further than this file
    """The bot ends, and nothing begins any more."""


class _Failed(Exception):  # noqa: N818 - goes no further than this file
    """A condition has failed; that is logged, and the event goes to nobody else."""


class Dispatcher:
    """Gives events to handlers and to those who wait.

    Args:
        table: Returns the handlers as they are now.
        calls: Calls them.
        desk: What the run does for contexts.
        authors: Says who did what.
        records: Stores what turns have changed.
        clock: The time.
        concurrency: How many handlers may be at work at once.
        order: Whether a lane is a chat, or a person in a chat.
    """

    def __init__(
        self,
        table: Callable[[], Table],
        calls: Calls,
        desk: Desk,
        authors: Authors,
        records: Records,
        scheduler: Scheduler,
        *,
        clock: Clock,
        concurrency: int,
        order: Order,
    ) -> None:
        self.clock = clock
        self.waits: Waits = Waits()
        self.states: States = records.states
        self._table = table
        self._calls = calls
        self._desk = desk
        self._authors = authors
        self._records = records
        self._scheduler = scheduler
        self._order = order
        self._places: asyncio.Semaphore = asyncio.Semaphore(concurrency)
        self._lanes: dict[Key, _Lane] = {}
        self._turns: set[Turn] = set()
        # By chat: lanes in which something is to be done, and handlers that have not ended.
        self._busy: dict[str | None, int] = {}
        self._waiting = 0
        self._room = asyncio.Event()
        self._room.set()
        self._warned_full = False
        self._is_closing = False
        self.failure: BaseException | None = None
        self.on_failure: Callable[[], object] = lambda: None

    # -- in -----------------------------------------------------------------------------------

    async def room(self) -> None:
        """Wait until another event may be taken."""
        if self._waiting >= MOST_WAITING:
            if not self._warned_full:
                self._warned_full = True
                _log.warning("bot: %d events wait for their turn; no more are taken", self._waiting)
            self._room.clear()
            await self._room.wait()

    def take(self, entry: Entry) -> None:
        """Take an event."""
        if is_reaction_message(entry.event) or not self._concerns(entry):
            entry.holders = 0
            if entry.delivery is not None:
                entry.delivery.acknowledge()
            return
        self._put(self._lane_of(entry.event), entry)

    def take_job(self, row: Row) -> None:
        """Take a job whose time has come."""
        event = time_up(row)
        self._put(self._lane_of(event), Entry(event, row=row))

    def _concerns(self, entry: Entry) -> bool:
        """Return whether anybody could want an event. Most are wanted by nobody."""
        table, event = self._table(), entry.event
        if isinstance(event, MessageCreated) and table.commands:
            return True
        if table.listeners(event) or table.handlers(event):
            return True
        # A handler of the chat may wait for it, or begin to before its turn comes.
        return chat_of(event) in self._busy

    def _lane_of(self, event: Event) -> _Lane:
        chat_id = chat_of(event)
        # What belongs to no chat has a lane for each job, and one for all the rest.
        other = event.name if isinstance(event, TimeUp) else None
        person_id = person_of(event) if self._order == "person" else None
        key = (chat_id, person_id) if chat_id is not None else (None, other)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane(key)
            self._busy[chat_id] = self._busy.get(chat_id, 0) + 1
        return lane

    def _is_less_busy(self, chat_id: str | None) -> None:
        self._busy[chat_id] -= 1
        if not self._busy[chat_id]:
            del self._busy[chat_id]

    def _put(self, lane: _Lane, item: Entry | _End, *, first: bool = False) -> None:
        if first:
            lane.queue.appendleft(item)
        else:
            lane.queue.append(item)
        self._waiting += 1
        if lane.task is None and not self._is_closing:
            lane.task = asyncio.create_task(self._drive(lane))
            lane.task.add_done_callback(self._driven)

    def _driven(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failure = self.failure or error
            self.on_failure()

    # -- a lane -------------------------------------------------------------------------------

    async def _drive(self, lane: _Lane) -> None:
        done = 0
        with suppress(_Closed):
            while lane.queue and not self._is_closing:
                item = lane.queue.popleft()
                self._waiting -= 1
                if not self._room.is_set() and self._waiting < MOST_WAITING:
                    self._room.set()
                await self._turn_of(lane, item)
                done += 1
                if not done % _IN_ONE_GO:  # what nobody wants needs no pause of its own
                    await asyncio.sleep(0)
        lane.task = None
        if not lane.queue and self._lanes.pop(lane.key, None) is not None:
            self._is_less_busy(lane.key[0])

    async def _turn_of(self, lane: _Lane, item: Entry | _End) -> None:
        if isinstance(item, _End):
            if not item.wait.result.done():
                await self._resume(lane, item.wait, item.error)
        elif item.row is not None:
            await self._run_job(lane, item, item.row)
        else:
            await self._hand_out(lane, item)

    async def _hand_out(self, lane: _Lane, entry: Entry) -> None:
        """Give an event to its listeners, and to the one that gets it."""
        try:
            by = await self._authors.by(entry.event)
            if not entry.is_heard:
                for listener in self._table().listeners(entry.event):
                    await self._offer(lane, listener, entry, by)
                entry.is_heard = True
            if not self._records.is_done(entry, ""):
                await self._give(lane, entry, by)
        except _Failed:
            pass
        if not entry.is_given:
            self._release(entry)

    async def _give(self, lane: _Lane, entry: Entry, by: By) -> None:
        event, table = entry.event, self._table()
        if isinstance(event, MessageCreated) and table.commands:
            name = self._calls.command_in(text_of(event))
            command = None if name is None else table.command(name)
            if command is not None and await self._offer(lane, command, entry, by):
                return
        if await self._answers(lane, entry, by):
            return
        for handler in table.handlers(event):
            if await self._offer(lane, handler, entry, by):
                return

    async def _offer(self, lane: _Lane, handler: Handler, entry: Entry, by: By) -> bool:
        """Call a handler if it wants an event; return whether it has taken it."""
        looked_at = await self._wants(handler, entry, by)
        return looked_at is not None and await self._begin(lane, handler, looked_at, entry)

    async def _answers(self, lane: _Lane, entry: Entry, by: By) -> bool:
        """Give an event to who waits for it; return whether anybody does."""
        for wait in self.waits.of(entry, by):
            ctx = Context(entry.event, by, self._desk, wait.turn)
            try:
                fits = wait.when is None or await self._ask(wait.when, ctx)
            except Exception as error:  # it is the fault of the one who waits
                await self._resume(lane, wait, error)
                continue
            if fits and wait.is_open and await self._resume(lane, wait, ctx, entry):
                return True
        return False

    async def _run_job(self, lane: _Lane, entry: Entry, row: Row) -> None:
        handler = self._table().jobs.get(row.name)
        if handler is None:
            self._scheduler.is_missing(row.name)
        elif self._scheduler.has_begun(row):
            await self._begin(lane, handler, Context(entry.event, "bot", self._desk), entry)

    # -- conditions ---------------------------------------------------------------------------

    async def _wants(self, handler: Handler, entry: Entry, by: By) -> Context[Any] | None:
        """Return the context that its conditions saw if a handler wants an event, else None.

        It does not want what it has had in an earlier run.
        """
        if not handler.hears(by) or (
            handler.listens and self._records.is_done(entry, handler.role)
        ):
            return None
        ctx: Context[Any] = Context(entry.event, by, self._desk)
        for when in self._table().conditions(handler):
            try:
                if not await self._ask(when, ctx):
                    return None
            except Exception as error:
                log_failure(f"a condition of {handler.name}", entry.event, error)
                raise _Failed from None
        return ctx

    async def _ask(self, when: When[Any], ctx: Context[Any]) -> bool:
        try:
            verdict = when(ctx)
            return bool(await verdict if isinstance(verdict, Awaitable) else verdict)
        except TRANSIENT:
            return await patiently(lambda: _verdict(when, ctx), "a condition waits for the app")

    # -- turns --------------------------------------------------------------------------------

    async def _begin(
        self, lane: _Lane, handler: Handler, looked_at: Context[Any], entry: Entry
    ) -> bool:
        """Call a handler until it ends or waits; return false if it has skipped the event."""
        turn = Turn(self, handler, looked_at, entry)

        def start() -> bool:
            turn.hold(entry)
            self._turns.add(turn)
            chat_id = chat_of(entry.event)
            self._busy[chat_id] = self._busy.get(chat_id, 0) + 1
            turn.task = asyncio.create_task(self._work(turn))
            return True

        await self._let_work(lane, turn, start)
        return not turn.skipped

    async def _resume(
        self, lane: _Lane, wait: Wait, result: Context[Any] | Exception, entry: Entry | None = None
    ) -> bool:
        """Let a handler that waits go on; return whether it has taken the event."""
        turn = wait.turn
        turn.resume(wait)

        def wake() -> bool:
            if wait.result.done():  # it was cancelled meanwhile
                return False
            if entry is not None and not turn.is_over:
                wait.entry = entry
                turn.hold(entry)
            if isinstance(result, Exception):
                wait.result.set_exception(result)
            else:
                wait.result.set_result(result)
            return True

        if not turn.can_take_lane:
            return wake()
        return await self._let_work(lane, turn, wake)

    async def _let_work(self, lane: _Lane, turn: Turn, go: Callable[[], bool]) -> bool:
        """Let a handler have the lane until it gives it back; return whether it has begun."""
        await self._places.acquire()
        try:
            if self._is_closing:
                raise _Closed
            if not go():
                return False
            lane.turn, lane.warned = turn, 0
            await turn.take_lane()
        finally:
            lane.turn = None
            self._places.release()
        return True

    async def _work(self, turn: Turn) -> None:
        """Call the handler of a turn, and bring the turn to its end."""
        row = turn.entry.row
        is_retried = None if row is None else partial(self._scheduler.may_retry, row)
        try:
            arguments = "" if row is None else row.arguments
            around = self._table().middleware(turn.handler)
            await self._calls(turn.handler, turn.ctx, around, arguments, is_retried)
        except Skip:
            turn.skipped = True
        except asyncio.CancelledError as error:
            if not turn.is_cancelled:  # something that it waited for was cancelled
                log_failure(turn.handler.name, turn.entry.event, error)
        except Exception as error:  # `is_retried` has said so
            turn.failure = error
        self._over(turn)

    def _over(self, turn: Turn) -> None:
        if turn.is_over:
            return
        turn.is_over = True
        self._turns.discard(turn)
        self._is_less_busy(chat_of(turn.entry.event))
        row = turn.entry.row
        if not turn.is_cancelled:
            if row is not None and isinstance(turn.handler, JobHandler):
                self._scheduler.done(row, turn.handler, turn.failure)
                turn.jobs.add(row.id)
            self.commit(turn)
        turn.give_lane()

    # -- what turns need ----------------------------------------------------------------------

    def end(self, wait: Wait, error: Exception) -> None:
        """Let a wait end with an error, once it is its turn in the lane."""
        if isinstance(error, Superseded):
            wait.is_open = False
        if not wait.is_ending and not wait.result.done():
            wait.is_ending = True
            self._put(self._lane_of(wait.turn.entry.event), _End(wait, error))

    def put_back(self, entry: Entry) -> None:
        """Put an event that nobody took after all to the front of its lane."""
        self._put(self._lane_of(entry.event), entry, first=True)

    def commit(self, turn: Turn) -> None:
        """Store what a turn has changed, and that its events are done; then release them."""
        held, turn.held = turn.held, []
        parts: list[tuple[Entry, str]] = []
        if not turn.skipped:
            role = turn.handler.role
            parts = [(one, role if one is turn.entry else "") for one in held if one.row is None]
        states, turn.states = turn.states, set()
        jobs, turn.jobs = turn.jobs, set()

        def release() -> None:
            for entry in held:
                self._release(entry)

        self._records.commit(states, jobs, parts, release)

    def acknowledge(self, turn: Turn) -> None:
        """Count the events of a turn as handled, though it has not ended."""
        row = turn.entry.row
        if row is not None and not turn.is_over and self._scheduler.acknowledge(row):
            turn.jobs.add(row.id)
        given = [
            one
            for one in turn.held
            if not one.is_given and not (turn.handler.listens and one is turn.entry)
        ]
        self.commit(turn)
        for entry in given:
            entry.is_given = True
            self._release(entry)

    def job_named(self, call: Callable[..., Any]) -> JobHandler | None:
        """Return the job that a function is registered as."""
        return self._table().jobs.get(full_name_of(call))

    def plan(self, row: Row) -> Row:
        """Add a job."""
        return self._scheduler.plan(row)

    def cancel_job(self, job_id: int, chat_id: str | None) -> bool:
        """Remove a job of a chat; false if there is none, or if it has begun."""
        row = self._scheduler.rows.get(job_id)
        return row is not None and row.chat_id == chat_id and self._scheduler.cancel(job_id)

    def store_state(self, name: str) -> None:
        """Store a state that no handler at work has changed."""
        self.states.note(name)
        self._records.commit({name}, set(), [], lambda: None)

    def _release(self, entry: Entry) -> None:
        entry.holders -= 1
        if entry.holders <= 0 and entry.delivery is not None:
            entry.delivery.acknowledge()
            self._records.handled(entry)

    # -- watching and ending ------------------------------------------------------------------

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

    async def finish(self, grace: float) -> None:
        """Begin nothing more. Those that wait are cancelled, those at work have a grace time.

        Args:
            grace: Seconds that handlers at work have to finish.
        """
        self._is_closing = True
        for turn in [one for one in self._turns if not one.has_lane]:
            turn.cancel()
        if grace > 0:
            await _wait([one.task for one in self._turns if one.task is not None], grace)
        left = [one for one in self._turns if one.has_lane]
        if left:
            _log.warning("bot: %d handlers are cancelled after %g s", len(left), grace)
        await self._end_tasks()

    def cancel(self) -> None:
        """End all handlers at once; their events come again."""
        self._is_closing = True
        for turn in list(self._turns):
            turn.cancel()

    async def _end_tasks(self) -> None:
        self.cancel()
        while self._turns:
            await _wait([one.task for one in self._turns if one.task is not None], None)
            for turn in list(self._turns):
                # One that was cancelled before it had begun has run nothing, not even its end.
                if turn.task is None or turn.task.done():
                    self._over(turn)
        drivers = [lane.task for lane in self._lanes.values() if lane.task is not None]
        for driver in drivers:
            driver.cancel()
        await _wait(drivers, None)


async def _verdict(when: When[Any], ctx: Context[Any]) -> bool:
    verdict = when(ctx)
    return bool(await verdict if isinstance(verdict, Awaitable) else verdict)


async def _wait(tasks: list[asyncio.Task[T]], timeout: float | None) -> None:
    if tasks:
        await asyncio.wait(tasks, timeout=timeout)
