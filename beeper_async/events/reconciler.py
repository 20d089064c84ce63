"""Reads over HTTP what the socket did not deliver: which chat, when, and who comes first.

A pool of a few reads works off the agenda, one chat at a time in each. What fails is tried again
with a growing delay, by itself: a chat that can't be read stops no other.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial
from typing import Final

from attrs import define, field

from ..errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    NotFoundError,
    PaginationError,
)
from .agenda import SLOW, Agenda, Job
from .changes import RECOVERED, Source
from .gap import Gap, Reason
from .kinds import ChatUpserted
from .ledger import Held, Ledger
from .ledgers import Ledgers
from .live import Ask, LiveEvents
from .outbox import Outbox
from .placement import Stretch, extend, has_news, place
from .reader import MAX_INCOMPLETE, IncompleteError, Reader
from .recorder import Recorder
from .refusals import Refusals, in_own_words, seconds_to_wait
from .resolver import BEHIND, Resolver
from .schedule import Schedule
from .source import Report

_log = logging.getLogger("beeper_async")

# Chats that are read or wait for the consumer; each of them holds some pages.
_BUSY: Final = 32


@define
class Work:
    """A chat that is read."""

    job: Job
    is_waiting: bool = False
    """Whether it waits for the consumer, so that others may read meanwhile."""
    then: list[Job] = field(factory=list[Job])
    """What is to be done after that."""


class Reconciler:
    """Reads chats and single messages, and hands what they show to the recorder.

    Args:
        ledgers: What is known.
        recorder: Takes what is found.
        outbox: Is waited for before what was found is delivered.
        reader: Requests pages and messages.
        report: Takes a message that can't be read.
        schedule: When.
        clock: The time of the event loop.
        refusals: Decides which refusals end the stream.
        list_chats: Called when the list of chats has to be read.
        chat_ids: Returns the chats that the stream is about; None for all.
        start: Starts a task.
    """

    def __init__(
        self,
        ledgers: Ledgers,
        recorder: Recorder,
        outbox: Outbox,
        reader: Reader,
        report: Report,
        schedule: Schedule,
        clock: Callable[[], float],
        refusals: Refusals,
        list_chats: Callable[[], None],
        chat_ids: Callable[[], tuple[str, ...] | None],
        start: Callable[[Callable[[], Awaitable[None]]], None],
    ) -> None:
        self.behind: dict[str, str] = {}
        """Why a chat is not caught up, by its ID."""
        self._live: LiveEvents
        self._resolver: Resolver
        self._ledgers = ledgers
        self._recorder = recorder
        self._outbox = outbox
        self._reader = reader
        self._report = report
        self._schedule = schedule
        self._clock = clock
        self._refusals = refusals
        self._list_chats = list_chats
        self._chat_ids = chat_ids
        self._start = start
        self._agenda = Agenda()
        self._busy: dict[str, Work] = {}
        self._wake = asyncio.Event()
        self._may_read = asyncio.Event()
        self._last_deep = float("-inf")
        self._waiting: deque[tuple[float, Ledger]] = deque()
        self._gap: tuple[datetime, Reason, int] | None = None
        self._is_connected = False

    def attach(self, live: LiveEvents) -> None:
        """Set what holds live events back; once, before anything is read."""
        self._live = live
        self._resolver = Resolver(
            self,
            self._reader,
            self._recorder,
            self._refusals,
            self._report,
            live,
        )

    @property
    def last_gap(self) -> Gap | None:
        """When and why something was missing last, and how much was found since."""
        if self._gap is None:
            return None
        at, reason, found = self._gap
        return Gap(at, reason, self._recorder.found - found)

    @property
    def is_idle(self) -> bool:
        """Whether no chat has to be read but those that are read again later."""
        return not self._busy and not self._agenda.is_waiting(self._clock())

    # -- what asks for reads ------------------------------------------------------------------

    def connected(self, is_connected: bool) -> None:
        """Note that the app is there, or that it went away."""
        if is_connected:
            self._may_read.set()
        else:
            self._may_read.clear()
        self._wake.set()

    def lost(self, reason: Reason) -> None:
        """Events of any chat may be missing."""
        is_first = reason == "connection" and not self._is_connected
        self._is_connected = True
        if not is_first:
            self._gap = datetime.now(UTC), reason, self._recorder.found
            self._ledgers.begins_now = False
        was_current = self._ledgers.begins_now
        self._ledgers.lost()
        if was_current:
            for ledger in self._ledgers:
                ledger.epoch = self._ledgers.epoch
        self._list_chats()

    def look(self, ledger: Ledger) -> None:
        """A live event waits for the newest pages of its chat."""
        if not self._agenda.has(Job.LIVE, ledger.chat_id):
            self.add(Job.LIVE, ledger)
            self._waiting.append((self._clock() + self._schedule.hold, ledger))

    def look_later(self, ledger: Ledger) -> None:
        """A chat had a live event: what was dropped with it shows soon."""
        if ledger.step != 0:
            ledger.step = 0
            schedule = self._schedule
            soon = self._clock() + schedule.looks[0]
            self.add(Job.LOOK, ledger, max(soon, ledger.last_look + schedule.look_gap))

    def ask(
        self, ledger: Ledger, message_id: str, source: Source, *, was_read: bool = False
    ) -> None:
        """It is not clear how a message is.

        Args:
            ledger: Its chat.
            message_id: Its ID.
            source: The event.
            was_read: Whether the pages of the chat, which were read since, do not show it.
        """
        self._ask(ledger, message_id, Ask(source, was_read=was_read))

    def deep(self) -> None:
        """Compare everything that is known."""
        at = max(self._clock(), self._last_deep + self._schedule.deep_every)
        self._last_deep = at
        for ledger in self._ledgers:
            self.add(Job.DEEP, ledger, at)
            if ledger.has_undelivered:
                self.add(Job.LISTED, ledger)

    def learn(self) -> None:
        """Read older history, as long as there is room for it."""
        ledger = self._ledgers.shallowest()
        if ledger is not None and not self._agenda.has(Job.LEARN, ledger.chat_id):
            self.add(Job.LEARN, ledger)

    def add(self, job: Job, ledger: Ledger, at: float | None = None) -> None:
        """Add a job of a chat."""
        due = max(self._clock() if at is None else at, ledger.not_before)
        self._agenda.add(job, ledger.chat_id, due)
        self._wake.set()

    def drop(self, chat_id: str) -> None:
        """Forget a chat that is gone."""
        self._agenda.drop(chat_id)
        self._resolver.drop(chat_id)
        self.behind.pop(chat_id, None)

    def _ask(self, ledger: Ledger, message_id: str, ask: Ask) -> None:
        self._resolver.add(ledger, message_id, ask)
        self.add(Job.ASK, ledger)

    def _let_pass(self, ledger: Ledger) -> None:
        """Let live events of a chat pass that have waited long enough."""
        if ledger.held:
            ledger.epoch = self._ledgers.epoch
            self._live.release(ledger)

    def ask_again(self, ledger: Ledger, failures: int) -> None:
        """Read single messages of a chat again, the later the more has failed."""
        wait = self._delay(failures, IncompleteError()) if failures else 0.0
        self.add(Job.ASK, ledger, self._clock() + wait)

    # -- the pool -----------------------------------------------------------------------------

    async def run(self) -> None:
        """Work off the agenda."""
        while True:
            await self._may_read.wait()
            reading = [one.job for one in self._busy.values() if not one.is_waiting]
            has_room = len(reading) < self._schedule.pool and len(self._busy) < _BUSY
            without_slow = sum(one in SLOW for one in reading) >= self._schedule.slow_pool
            found = None
            if has_room:
                found = self._agenda.pop(self._clock(), without_slow=without_slow)
            if found is not None:
                self._begin(*found)
                continue
            until = self._agenda.next_time(without_slow=without_slow) if has_room else None
            until = self._let_waiting_pass(until)
            self._wake.clear()
            try:
                async with asyncio.timeout_at(until):
                    await self._wake.wait()
            except TimeoutError:
                pass

    def _let_waiting_pass(self, until: float | None) -> float | None:
        """Let live events pass that have waited long enough; return when to look again."""
        while self._waiting and self._waiting[0][0] <= self._clock():
            self._let_pass(self._waiting.popleft()[1])
        if not self._waiting:
            return until
        first = self._waiting[0][0]
        return first if until is None else min(first, until)

    def _begin(self, job: Job, chat_id: str) -> None:
        ledger = self._ledgers.get(chat_id)
        chat_ids = self._chat_ids()
        if ledger is None or (chat_ids is not None and chat_id not in chat_ids):
            return
        if chat_id in self._busy:
            self._busy[chat_id].then.append(job)
            return
        self._busy[chat_id] = Work(job)
        self._start(partial(self._work, job, ledger))

    async def _work(self, job: Job, ledger: Ledger) -> None:
        epoch, doubts = self._ledgers.epoch, dict(ledger.doubts)
        ledger.touched.clear()
        ledger.is_read = True
        is_current = True
        try:
            is_current = await self._do(job, ledger)
        except NotFoundError as error:
            if in_own_words(error):
                self._succeeded(ledger, epoch, doubts)  # the chat is gone
            else:
                self._failed(job, ledger, error)
        except (APIError, PaginationError, IncompleteError) as error:
            self._refusals.check(error)
            self._failed(job, ledger, error)
        else:
            self._refusals.clear()
            self._succeeded(ledger, epoch, doubts if is_current else None)
        finally:
            ledger.is_read = False
            for again in self._busy.pop(ledger.chat_id).then:
                self.add(again, ledger)
            self._wake.set()

    def _succeeded(self, ledger: Ledger, epoch: int, doubts: Mapping[str, Held] | None) -> None:
        ledger.failures, ledger.not_before = 0, float("-inf")
        if not self._resolver.has(ledger.chat_id):
            self.behind.pop(ledger.chat_id, None)
        self.learn()
        if doubts is None:  # the newest page was not read
            return
        ledger.epoch = max(ledger.epoch, epoch)
        if ledger.step is not None and ledger.step < len(self._schedule.looks):
            self.add(Job.LOOK, ledger, self._clock() + self._schedule.looks[ledger.step])
        if ledger.epoch == self._ledgers.epoch:
            self._live.release(ledger)
            self._live.settle(ledger, doubts)
        if ledger.doubts or (ledger.epoch != self._ledgers.epoch and ledger.held):
            self.look(ledger)

    def _failed(self, job: Job, ledger: Ledger, error: Exception) -> None:
        ledger.failures += 1
        ledger.not_before = self._clock() + self._delay(ledger.failures, error)
        self.add(job, ledger)
        is_away = isinstance(error, APIConnectionError) and not self._may_read.is_set()
        if ledger.failures >= BEHIND and not is_away:
            self.fall_behind(ledger, error)
            self._let_pass(ledger)

    def _delay(self, failures: int, error: Exception) -> float:
        schedule = self._schedule
        usual = schedule.shortest_backoff * 2.0 ** min(failures - 1, 20)
        usual = min(usual, schedule.longest_backoff) * random.uniform(0.8, 1.0)  # noqa: S311
        return max(usual, seconds_to_wait(error))

    async def room(self, ledger: Ledger) -> None:
        """Wait until the consumer can take more, as a part of a chat's job."""
        if not self._outbox.is_full:
            return
        work = self._busy[ledger.chat_id]
        work.is_waiting = True
        self._wake.set()
        try:
            await self._outbox.room()
        finally:
            work.is_waiting = False

    def fall_behind(self, ledger: Ledger, error: Exception) -> None:
        """Note that a chat is not caught up, and why; log it once."""
        reason = type(error).__name__
        if isinstance(error, APIStatusError):
            reason += f" ({error.status_code})"
        if ledger.chat_id not in self.behind:
            _log.warning("events: a chat can't be caught up with: %s", reason)
        self.behind[ledger.chat_id] = reason

    # -- reading a chat ----------------------------------------------------------------------

    async def _do(self, job: Job, ledger: Ledger) -> bool:
        """Do a job; return whether the newest page was read."""
        is_older = job is Job.LEARN and bool(ledger.known) and ledger.cursor is not None
        if is_older:
            await self._read_older(ledger)
        elif job is not Job.ASK:
            await self.read(ledger, is_deep=job is Job.DEEP)
        await self._resolver.resolve(ledger)
        return not is_older and job is not Job.ASK

    async def _read_older(self, ledger: Ledger) -> None:
        cursor = ledger.cursor
        if cursor is not None:
            stretch = await self._reader.older(ledger, cursor)
            if any(ledger.is_verified(item.id) for item in stretch.items):
                # A cursor may lead to a place above, when the app has renumbered its messages.
                await self.room(ledger)
                self._place(ledger, await self._resolver.own.settled(ledger, stretch))
                ledger.cursor = None
            elif ledger.cursor == cursor:
                extend(ledger, stretch)

    async def read(self, ledger: Ledger, *, is_deep: bool = False) -> None:
        """Read a chat back from its newest page, as a part of its job.

        Args:
            ledger: The chat.
            is_deep: Whether everything that is known is compared.
        """
        ledger.last_look = self._clock()
        if ledger.step is not None:
            ledger.step += 1
        before, was_current = self._recorder.found, ledger.epoch == self._ledgers.epoch
        has_found, trims = False, ledger.trims
        async with aclosing(self._reader.newest(ledger, is_deep=is_deep)) as stretches:
            async for stretch in stretches:
                if not stretch.is_complete and ledger.failures < MAX_INCOMPLETE:
                    raise IncompleteError
                if has_news(ledger, stretch):
                    await self.room(ledger)
                settled = await self._resolver.own.settled(ledger, stretch)
                if ledger.trims != trims:  # what was forgotten meanwhile would seem to be new
                    raise IncompleteError
                has_found |= self._place(ledger, settled)
        if has_found:
            if was_current and ledger.epoch == self._ledgers.epoch:
                self._gap = datetime.now(UTC), "check", before
            self._recorder.deliver(ChatUpserted(chat_id=ledger.chat_id, recovered=True))

    def _place(self, ledger: Ledger, stretch: Stretch) -> bool:
        placement = place(ledger, stretch)
        has_found = self._recorder.placed(ledger, placement)
        for one in placement.doubtful:
            self._ask(ledger, one, Ask(ledger.source_of(one)))
        for one in placement.missing:
            self._ask(ledger, one, Ask(ledger.source_of(one), is_missing=True))
        if stretch.is_newest:
            for one in ledger.owed:
                self._ask(ledger, one, Ask(RECOVERED))
        return has_found
