"""A handler at work: it has the lane of its chat, and gives it away while it waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from attrs import define

from ..errors import ClientUseError, InvalidInputError
from ..events.kinds import Event
from .about import chat_of, identity_of, message_id_of, person_of, time_of
from .clock import Clock
from .context import By, Context, When
from .errors import NoAnswer, Superseded
from .handlers import Handler, JobHandler, full_name_of
from .job import Job, Row, TimeUp, job_of
from .spans import Span, seconds_of
from .states import States
from .store import Mark
from .values import encode_arguments

if TYPE_CHECKING:
    from ..events.outbox import Delivery

E = TypeVar("E", bound=Event)
T = TypeVar("T")


@define(eq=False)
class Entry:
    """An event in a lane."""

    event: Event
    delivery: Delivery | None = None
    """Acknowledged when nobody holds the event any more."""
    row: Row | None = None
    """The job whose time has come."""
    holders: int = 1
    """Who is not done with it. At first, that is the lane."""
    is_given: bool = False
    """Whether the lane is done with it, because who has taken it says that it is handled."""
    is_heard: bool = False
    """Whether the listeners have had it."""
    marks: tuple[Mark, ...] = ()
    """The parts of it that are done and stored."""

    def mark(self, part: str) -> Mark:
        """Return the mark that a part of it is done."""
        return (*identity_of(self.event), part)


@define(eq=False)
class Wait:
    """One call that waits for an event."""

    turn: Turn
    event_type: type[Event]
    when: When[Any] | None
    anyone: bool
    chat_id: str | None
    person_id: str | None
    result: asyncio.Future[Context[Any]]
    entry: Entry | None = None
    """What it was given."""
    is_open: bool = True
    """Whether it takes events."""
    is_ending: bool = False
    """Whether its end has a place in the lane."""

    def takes(self, entry: Entry, by: By) -> bool:
        """Return whether an event is one for it, as far as that is known without its condition."""
        event = entry.event
        return (
            self.is_open
            and entry is not self.turn.entry
            and by != "bot"
            and isinstance(event, self.event_type)
            and (self.anyone or person_of(event) == self.person_id)
        )


class Waits:
    """All that wait, by chat."""

    def __init__(self) -> None:
        self._by_chat: dict[str | None, list[Wait]] = {}

    def add(self, wait: Wait) -> list[Wait]:
        """Add one; return those of another conversation of the person in the chat."""
        here = self._by_chat.setdefault(wait.chat_id, [])
        others = [
            one
            for one in here
            if one.turn is not wait.turn
            and one.person_id == wait.person_id is not None
            and one.is_open
        ]
        here.append(wait)
        return others

    def remove(self, wait: Wait) -> None:
        """Remove one, if it is there."""
        here = self._by_chat.get(wait.chat_id, [])
        if wait in here:
            here.remove(wait)
        if not here:
            self._by_chat.pop(wait.chat_id, None)

    def of(self, entry: Entry, by: By) -> list[Wait]:
        """Return those that may take an event: the person's own conversation first."""
        here = self._by_chat.get(chat_of(entry.event))
        if not here:
            return []
        fitting = [one for one in here if one.takes(entry, by)]
        person_id = person_of(entry.event)
        return sorted(fitting, key=lambda one: one.person_id != person_id)


class Floor(Protocol):
    """What a turn needs of the dispatcher."""

    clock: Clock
    waits: Waits
    states: States

    def end(self, wait: Wait, error: Exception) -> None:
        """Let a wait end with an error, once it is its turn in the lane."""
        ...

    def put_back(self, entry: Entry) -> None:
        """Put an event that nobody took after all to the front of its lane."""
        ...

    def commit(self, turn: Turn) -> None:
        """Store what a turn has changed, and that its events are done; then release them."""
        ...

    def acknowledge(self, turn: Turn) -> None:
        """Count the events of a turn as handled, though it has not ended."""
        ...

    def job_named(self, call: Callable[..., Any]) -> JobHandler | None:
        """Return the job that a function is registered as."""
        ...

    def plan(self, row: Row) -> Row:
        """Add a job."""
        ...

    def cancel_job(self, job_id: int, chat_id: str | None) -> bool:
        """Remove a job of a chat; false if there is none, or if it has begun."""
        ...

    def store_state(self, name: str) -> None:
        """Store a state that no handler at work has changed."""
        ...


class Turn:
    """One call of a handler, from its event to its end.

    It does not hold its context, which holds it: so both are gone at once when nobody needs them,
    and not only when the garbage collector finds them.

    Args:
        floor: The dispatcher.
        handler: The handler.
        entry: Its event.
    """

    def __init__(self, floor: Floor, handler: Handler, entry: Entry) -> None:
        self.handler: Final = handler
        self.entry: Final = entry
        self.held: list[Entry] = []
        """Its event and the answers that it took, as long as they are not handled."""
        self.task: asyncio.Task[None] | None = None
        self.since: float = 0.0
        """When it was given the lane, by the clock of the loop."""
        self.is_over = False
        self.is_cancelled: bool = False
        """Whether the bot has ended it, so that its events come again."""
        self.skipped = False
        self.failure: Exception | None = None
        """The failure after which a job is tried again."""
        self.states: set[str] = set()
        self.jobs: set[int] = set()
        self._floor = floor
        self._waits: set[Wait] = set()
        self._lane_is_free: asyncio.Future[None] | None = None
        self._plans = count(1)

    # -- the lane -----------------------------------------------------------------------------

    @property
    def has_lane(self) -> bool:
        """Whether it works, and its lane stands still."""
        return self._lane_is_free is not None

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for an event."""
        return bool(self._waits)

    @property
    def can_take_lane(self) -> bool:
        """Whether the lane is to stand still for it when one of its waits ends.

        Not while it waits for something else too: that may be behind in the same lane.
        """
        return not (self.is_over or self._waits or self.has_lane)

    def take_lane(self) -> asyncio.Future[None]:
        """Take the lane; return what is done when it is given back."""
        loop = asyncio.get_running_loop()
        self.since = loop.time()
        self._lane_is_free = loop.create_future()
        return self._lane_is_free

    def give_lane(self) -> None:
        """Give the lane back, if it has it."""
        free, self._lane_is_free = self._lane_is_free, None
        if free is not None and not free.done():
            free.set_result(None)

    def hold(self, entry: Entry) -> None:
        """Be one of those that are not done with an event."""
        entry.holders += 1
        self.held.append(entry)

    def resume(self, wait: Wait) -> None:
        """Note that a wait is about to end."""
        wait.is_open = False
        self._waits.discard(wait)
        self._floor.waits.remove(wait)

    def cancel(self) -> None:
        """End it; its events come again."""
        self.is_cancelled = True
        if self.task is not None:
            self.task.cancel()

    # -- what a context asks for --------------------------------------------------------------

    async def wait_for(
        self, event_type: type[E], when: When[E] | None, timeout: Span, *, anyone: bool
    ) -> Context[E]:
        """Wait for an event of the chat; see `Context.wait_for`."""
        seconds = seconds_of("timeout", timeout)
        event = self.entry.event
        chat_id, person_id = chat_of(event), person_of(event)
        if person_id is None and not anyone:
            raise ClientUseError("Nobody is known to wait for: this needs anyone=True.")
        result: asyncio.Future[Context[Any]] = asyncio.get_running_loop().create_future()
        wait = Wait(self, event_type, when, anyone, chat_id, person_id, result)
        for older in self._floor.waits.add(wait):
            self._floor.end(older, Superseded("Another conversation has begun."))
        self._waits.add(wait)
        no_answer = NoAnswer(f"No {event_type.__name__} came within {seconds:g} s.")
        timer = self._floor.clock.call_later(seconds, lambda: self._floor.end(wait, no_answer))
        self.give_lane()
        try:
            return await result
        except asyncio.CancelledError:
            self._put_back(wait)
            raise
        finally:
            timer.cancel()
            self.resume(wait)

    def _put_back(self, wait: Wait) -> None:
        """Give back what came in the very moment in which the wait was cancelled."""
        if wait.entry is not None and wait.entry in self.held:
            self.held.remove(wait.entry)
            self._floor.put_back(wait.entry)
            self.give_lane()

    @contextmanager
    def state(self, kind: type[T], key: tuple[str, ...]) -> Generator[T]:
        """Open a state; see `Context.state`."""
        with self._floor.states.use(kind, key, self._note_state) as value:
            yield value

    def _note_state(self, name: str) -> None:
        if self.is_over:
            self._floor.store_state(name)
        elif name not in self.states:
            self.states.add(name)
            self._floor.states.note(name)

    def plan(
        self,
        delay: Span,
        job: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Job:
        """Plan a job; see `Context.after`."""
        seconds = seconds_of("delay", delay)
        handler = self._floor.job_named(job)
        if handler is None:
            raise InvalidInputError(f"{full_name_of(job)} is no job: register it with @bot.job.")
        event, now = self.entry.event, self._floor.clock.now()
        begin = min(time_of(event) or now, now) if event.recovered else now
        row = Row(
            id=0,
            key=self._key(),
            name=handler.full_name,
            arguments=encode_arguments(handler.signature, args, kwargs),
            due=(begin + timedelta(seconds=seconds)).timestamp(),
            chat_id=chat_of(event),
            message_id=message_id_of(event),
            person_id=person_of(event),
        )
        row = self._floor.plan(row)
        self.jobs.add(row.id)
        if self.is_over:
            self._floor.commit(self)
        return job_of(row)

    def cancel_job(self, job_id: int) -> bool:
        """Cancel a job of the chat; see `Context.cancel`."""
        was_there = self._floor.cancel_job(job_id, chat_of(self.entry.event))
        if was_there:
            self.jobs.add(job_id)
            if self.is_over:
                self._floor.commit(self)
        return was_there

    def _key(self) -> str:
        """Return what a plan is recognised by when the handler is called again for its event."""
        event = self.entry.event
        origin = [*identity_of(event), full_name_of(self.handler.call), str(next(self._plans))]
        if isinstance(event, TimeUp):
            origin.append(str(event.job_id))
        return "\n".join(origin)

    def ack(self) -> None:
        """Count the events so far as handled; see `Context.ack`."""
        self._floor.acknowledge(self)
