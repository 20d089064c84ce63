"""Events on their way to handlers: who gets each of them, when its turn in the lane comes.

One handler at a time works in a lane. One that waits for an event has given its lane away. Whether
an event is what somebody waits for is decided when its turn comes; it gets the lane back then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator
from functools import partial
from typing import Any, TypeVar

from .._paging.background import all_done
from ..events.kinds import MessageCreated
from .about import chat_of, is_reaction_message, text_of
from .authors import Authors
from .calls import Calls, log_failure
from .clock import Clock
from .context import By, Context, When
from .desk import Desk
from .errors import Skip, Superseded
from .handlers import Handler, JobHandler, full_name_of
from .job import Row, time_up
from .lanes import Closed, End, Lane, Lanes, Order
from .patience import TRANSIENT, patiently
from .records import Records
from .scheduler import Scheduler
from .states import States
from .table import Table
from .turns import Entry, Turn, Wait, Waits

T = TypeVar("T")

_log = logging.getLogger("beeper_async")


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
        self.lanes: Lanes = Lanes(order, self._turn_of)
        self._places: asyncio.Semaphore = asyncio.Semaphore(concurrency)
        self._turns: set[Turn] = set()

    # -- in -----------------------------------------------------------------------------------

    def take(self, entry: Entry) -> None:
        """Take an event."""
        if is_reaction_message(entry.event) or not self._concerns(entry):
            entry.holders = 0
            if entry.delivery is not None:
                entry.delivery.acknowledge()
            return
        self.lanes.put(entry.event, entry)

    def take_job(self, row: Row) -> None:
        """Take a job whose time has come."""
        event = time_up(row)
        self.lanes.put(event, Entry(event, row=row))

    def _concerns(self, entry: Entry) -> bool:
        """Return whether anybody could want an event. Most are wanted by nobody."""
        table, event = self._table(), entry.event
        if isinstance(event, MessageCreated) and table.commands:
            return True
        if table.listeners(event) or table.handlers(event):
            return True
        # A handler of the chat may wait for it, or begin to before its turn comes.
        return self.lanes.is_busy(chat_of(event))

    # -- a lane -------------------------------------------------------------------------------

    async def _turn_of(self, lane: Lane, item: Entry | End) -> None:
        if isinstance(item, End):
            if not item.wait.result.done():
                await self._resume(lane, item.wait, item.error)
        elif item.row is not None:
            await self._run_job(lane, item, item.row)
        else:
            await self._hand_out(lane, item)

    async def _hand_out(self, lane: Lane, entry: Entry) -> None:
        """Give an event to its listeners, and to the one that gets it."""
        try:
            by = self._authors.by_at_once(entry.event) or await self._authors.by(entry.event)
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

    async def _give(self, lane: Lane, entry: Entry, by: By) -> None:
        event, table = entry.event, self._table()
        if isinstance(event, MessageCreated) and table.commands:
            name = self._calls.command_in(text_of(event))
            command = None if name is None else table.command(name)
            if command is not None and await self._offer(lane, command, entry, by):
                return
        waits = self.waits.of(entry, by)
        if waits and await self._answers(lane, entry, by, waits):
            return
        for handler in table.handlers(event):
            if await self._offer(lane, handler, entry, by):
                return

    async def _offer(self, lane: Lane, handler: Handler, entry: Entry, by: By) -> bool:
        """Call a handler if it wants an event; return whether it has taken it."""
        looked_at = await self._wants(handler, entry, by)
        return looked_at is not None and await self._begin(lane, handler, looked_at, entry)

    async def _answers(self, lane: Lane, entry: Entry, by: By, waits: list[Wait]) -> bool:
        """Give an event to who waits for it; return whether anybody does."""
        for wait in waits:
            ctx = Context(entry.event, by, self._desk, wait.turn)
            try:
                fits = wait.when is None or await self._ask(wait.when, ctx)
            except Exception as error:  # it is the fault of the one who waits
                await self._resume(lane, wait, error)
                continue
            if fits and wait.is_open and await self._resume(lane, wait, ctx, entry):
                return True
        return False

    async def _run_job(self, lane: Lane, entry: Entry, row: Row) -> None:
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
        self, lane: Lane, handler: Handler, looked_at: Context[Any], entry: Entry
    ) -> bool:
        """Call a handler until it ends or waits; return false if it has skipped the event."""
        turn = Turn(self, handler, entry)
        ctx = looked_at.at_work(turn)

        def start() -> bool:
            turn.hold(entry)
            self._turns.add(turn)
            self.lanes.begin(chat_of(entry.event))
            turn.task = asyncio.create_task(self._work(turn, ctx))
            return True

        await self._let_work(lane, turn, start)
        return not turn.skipped

    async def _resume(
        self, lane: Lane, wait: Wait, result: Context[Any] | Exception, entry: Entry | None = None
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

    async def _let_work(self, lane: Lane, turn: Turn, go: Callable[[], bool]) -> bool:
        """Let a handler have the lane until it gives it back; return whether it has begun."""
        await self._places.acquire()
        try:
            if self.lanes.is_closing:
                raise Closed
            if not go():
                return False
            lane.turn, lane.warned = turn, 0
            await turn.take_lane()
        finally:
            lane.turn = None
            self._places.release()
        return True

    async def _work(self, turn: Turn, ctx: Context[Any]) -> None:
        """Call the handler of a turn, and bring the turn to its end."""
        row = turn.entry.row
        is_retried = None if row is None else partial(self._scheduler.may_retry, row)
        try:
            arguments = "" if row is None else row.arguments
            around = self._table().middleware(turn.handler)
            await self._calls(turn.handler, ctx, around, arguments, is_retried)
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
        self.lanes.end(chat_of(turn.entry.event))
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
            self.lanes.put(wait.turn.entry.event, End(wait, error))

    def put_back(self, entry: Entry) -> None:
        """Put an event that nobody took after all to the front of its lane."""
        self.lanes.put(entry.event, entry, first=True)

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

    def at_work(self, asleep: Collection[asyncio.Task[Any]]) -> Iterator[str]:
        """Name what is being done now.

        Args:
            asleep: The tasks that sleep by the clock of the bot. They don't count.
        """
        yield from self.lanes.at_work(asleep)
        for turn in self._turns:
            if not (turn.has_lane or turn.is_waiting or turn.task in asleep):
                yield turn.handler.name  # next to its lane

    async def finish(self, grace: float) -> None:
        """Begin nothing more. Those that wait are cancelled, those at work have a grace time.

        Args:
            grace: Seconds that handlers at work have to finish.
        """
        self.lanes.is_closing = True
        for turn in [one for one in self._turns if not one.has_lane]:
            turn.cancel()
        try:
            if grace > 0 and (tasks := self._tasks()):
                await asyncio.wait(tasks, timeout=grace)
            left = [one for one in self._turns if one.has_lane]
            if left:
                _log.warning("bot: %d handlers are cancelled after %g s", len(left), grace)
        finally:
            await self._end_tasks()

    def cancel(self) -> None:
        """End all handlers at once; their events come again."""
        self.lanes.is_closing = True
        for turn in list(self._turns):
            turn.cancel()

    async def _end_tasks(self) -> None:
        self.cancel()
        try:
            await all_done(self._tasks())
        finally:
            for turn in list(self._turns):
                # One that was cancelled before it had begun has run nothing, not even its end.
                self._over(turn)
            await self.lanes.close()

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [turn.task for turn in self._turns if turn.task is not None]


async def _verdict(when: When[Any], ctx: Context[Any]) -> bool:
    verdict = when(ctx)
    return bool(await verdict if isinstance(verdict, Awaitable) else verdict)
