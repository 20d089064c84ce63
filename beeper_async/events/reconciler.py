"""Reads over HTTP what the socket did not deliver: which chat, when, and who comes first.

A pool of a few reads works off the agenda, one chat at a time in each. What fails is tried again
with a growing delay, by itself: a chat that can't be read stops no other.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial
from typing import Final, Protocol

from attrs import evolve, frozen

from .._http.unreadable import Unreadable
from ..errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    NotFoundError,
    PaginationError,
)
from ..models.message import Message
from .agenda import SLOW, Agenda, Job
from .changes import RECOVERED, Source, may_be_pending
from .gap import Gap, Reason
from .kinds import ChatUpserted
from .ledger import Held, Item, Ledger, Stretch
from .ledgers import Ledgers
from .outbox import Outbox
from .reader import AppTooOldError, Reader
from .recorder import Recorder
from .refusals import Refusals, in_own_words, seconds_to_wait
from .schedule import Schedule
from .source import Report
from .states import message_in, state_of

_log = logging.getLogger("beeper_async")

_ASKED_AT_ONCE: Final = 50
_UNMET: Final = 3
_BEHIND: Final = 2


class LiveEvents(Protocol):
    """What holds live events back until their chat has been read."""

    def release(self, ledger: Ledger) -> None:
        """Deliver those that wait for a chat to be current."""

    def settle(self, ledger: Ledger, doubts: Mapping[str, Held]) -> None:
        """Deliver those that could not be judged before a read."""

    def apply(
        self,
        ledger: Ledger,
        message: Message,
        state: bytes,
        source: Source,
        *,
        was_read: bool = False,
        was_asked: bool = False,
    ) -> None:
        """Deliver how a live event shows a message."""


@frozen
class _Ask:
    source: Source
    is_missing: bool = False
    was_read: bool = False
    failures: int = 0


class IncompleteError(Exception):
    """The pages of a chat do not lead to what is known of it."""


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
        self.live: LiveEvents
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
        self._asks: dict[str, dict[str, _Ask]] = {}
        self._busy: dict[str, list[Job]] = {}
        self._slow = 0
        self._wake = asyncio.Event()
        self._may_read = asyncio.Event()
        self._last_deep = float("-inf")
        self._waiting: deque[tuple[float, Ledger]] = deque()
        self._gap: tuple[datetime, Reason, int] | None = None
        self._is_connected = False

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
        self._ask(ledger, message_id, _Ask(source, was_read=was_read))

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
        self._asks.pop(chat_id, None)
        self.behind.pop(chat_id, None)

    def _ask(self, ledger: Ledger, message_id: str, ask: _Ask) -> None:
        asks = self._asks.setdefault(ledger.chat_id, {})
        known = asks.get(message_id)
        if known is None or (known.source.recovered and not ask.source.recovered):
            asks[message_id] = ask
        self.add(Job.ASK, ledger)

    def _let_pass(self, ledger: Ledger) -> None:
        """Let live events of a chat pass that have waited long enough."""
        if ledger.held:
            ledger.epoch = self._ledgers.epoch
            self.live.release(ledger)

    # -- the pool -----------------------------------------------------------------------------

    async def run(self) -> None:
        """Work off the agenda."""
        while True:
            await self._may_read.wait()
            has_room = len(self._busy) < self._schedule.pool
            without_slow = self._slow >= self._schedule.slow_pool
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
            self._busy[chat_id].append(job)
            return
        self._busy[chat_id] = []
        self._slow += job in SLOW
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
            self._slow -= job in SLOW
            for again in self._busy.pop(ledger.chat_id, ()):
                self.add(again, ledger)
            self._wake.set()

    def _succeeded(self, ledger: Ledger, epoch: int, doubts: Mapping[str, Held] | None) -> None:
        ledger.failures, ledger.not_before = 0, float("-inf")
        if not self._asks.get(ledger.chat_id):
            self.behind.pop(ledger.chat_id, None)
        self.learn()
        if doubts is None:  # the newest page was not read
            return
        ledger.epoch = max(ledger.epoch, epoch)
        if ledger.step is not None and ledger.step < len(self._schedule.looks):
            self.add(Job.LOOK, ledger, self._clock() + self._schedule.looks[ledger.step])
        if ledger.epoch == self._ledgers.epoch:
            self.live.release(ledger)
            self.live.settle(ledger, doubts)
        if ledger.doubts or (ledger.epoch != self._ledgers.epoch and ledger.held):
            self.look(ledger)

    def _failed(self, job: Job, ledger: Ledger, error: Exception) -> None:
        ledger.failures += 1
        ledger.not_before = self._clock() + self._delay(ledger.failures, error)
        self.add(job, ledger)
        is_away = isinstance(error, APIConnectionError) and not self._may_read.is_set()
        if ledger.failures >= _BEHIND and not is_away:
            self._fall_behind(ledger, error)
            self._let_pass(ledger)

    def _delay(self, failures: int, error: Exception) -> float:
        schedule = self._schedule
        usual = schedule.shortest_backoff * 2.0 ** min(failures - 1, 20)
        usual = min(usual, schedule.longest_backoff) * random.uniform(0.8, 1.0)  # noqa: S311
        return max(usual, seconds_to_wait(error))

    def _fall_behind(self, ledger: Ledger, error: Exception) -> None:
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
            await self._read(ledger, is_deep=job is Job.DEEP)
        await self._resolve(ledger)
        return not is_older and job is not Job.ASK

    async def _read_older(self, ledger: Ledger) -> None:
        cursor = ledger.cursor
        if cursor is not None:
            stretch = await self._reader.older(ledger, cursor)
            if any(ledger.state(item.id) is not None for item in stretch.items):
                # A cursor may lead to a place above, when the app has renumbered its messages.
                await self._outbox.room()
                self._place(ledger, await self._settled(ledger, stretch))
                ledger.cursor = None
            elif ledger.cursor == cursor:
                ledger.extend(stretch)

    async def _read(self, ledger: Ledger, *, is_deep: bool) -> None:
        ledger.last_look = self._clock()
        if ledger.step is not None:
            ledger.step += 1
        before, was_current = self._recorder.found, ledger.epoch == self._ledgers.epoch
        has_found = False
        async with aclosing(self._reader.newest(ledger, is_deep=is_deep)) as stretches:
            async for stretch in stretches:
                if not stretch.is_complete and ledger.failures < _UNMET:
                    raise IncompleteError
                await self._outbox.room()
                settled = await self._settled(ledger, stretch)
                has_found |= self._place(ledger, settled)
        if has_found:
            if was_current and ledger.epoch == self._ledgers.epoch:
                self._gap = datetime.now(UTC), "check", before
            self._recorder.deliver(ChatUpserted(chat_id=ledger.chat_id, recovered=True))

    def _place(self, ledger: Ledger, stretch: Stretch) -> bool:
        placement = ledger.place(stretch)
        has_found = self._recorder.placed(ledger, placement)
        for one in placement.doubtful:
            self._ask(ledger, one, _Ask(ledger.source_of(one)))
        for one in placement.missing:
            self._ask(ledger, one, _Ask(ledger.source_of(one), is_missing=True))
        if stretch.is_newest:
            for one in ledger.owed:
                self._ask(ledger, one, _Ask(RECOVERED))
        return has_found

    async def _settled(self, ledger: Ledger, stretch: Stretch) -> Stretch:
        """Return pages without what is known under another ID, as of this very moment."""
        while True:
            told = set(ledger.touched)
            stretch = await self._without_renamed(ledger, stretch)
            if told == ledger.touched:
                return stretch

    async def _without_renamed(self, ledger: Ledger, stretch: Stretch) -> Stretch:
        """Find the messages that are known under another ID, before they count as new.

        A message gets its final ID when the network has taken it. A page and the events that came
        meanwhile may show it under either.
        """
        on_pages = {item.id for item in stretch.items}
        items: list[Item] = []
        for item in stretch.items:
            message = item.message
            if message is None or not message.is_sender or ledger.state(item.id) is not None:
                items.append(item)
                continue
            await self._resolve_sending(ledger, message, on_pages)
            if ledger.state(item.id) is not None or not may_be_pending(message):
                items.append(item)
                continue
            now = await self._final(ledger, message)
            if now is None:
                continue  # known by now under its final ID, or deleted
            if now.id == item.id:
                items.append(item)
            elif now.id not in on_pages and ledger.state(now.id) is None:
                items.append(Item(now.id, now, None, item.time))
        return evolve(stretch, items=items)

    async def _resolve_sending(
        self, ledger: Ledger, message: Message, on_pages: Collection[str]
    ) -> None:
        """Ask for the messages that a new own one may be."""
        for one in ledger.may_be(message):
            if one != message.id and one not in on_pages:
                await self._resolve_one(ledger, one, _Ask(RECOVERED), message)

    async def _final(self, ledger: Ledger, message: Message) -> Message | None:
        """Return an own message as the app has it by now; None if it has no such ID any more."""
        try:
            return await self._reader.message(ledger, message.id)
        except NotFoundError as error:
            return None if in_own_words(error) else message
        except AppTooOldError:
            return message

    # -- reading single messages -------------------------------------------------------------

    async def _resolve(self, ledger: Ledger) -> None:
        for message_id, held in list(ledger.doubts.items()):
            message = message_in(held.state or b"")
            if message is not None and message.is_sender:
                await self._resolve_own_doubt(ledger, message_id, held, message)
        asks = self._asks.get(ledger.chat_id)
        if not asks:
            return
        for message_id, ask in list(asks.items())[:_ASKED_AT_ONCE]:
            ledger.touched.clear()
            try:
                await self._resolve_one(ledger, message_id, ask)
            except AuthenticationError:
                raise
            except APIError as error:
                self._refusals.check(error)
                self._ask_again(ledger, message_id, ask, error)
                continue
            if message_id not in ledger.touched:
                asks.pop(message_id, None)
        waiting = [ask.failures for ask in asks.values()]
        if waiting:
            wait = self._delay(min(waiting), IncompleteError()) if min(waiting) else 0.0
            self.add(Job.ASK, ledger, self._clock() + wait)

    async def _resolve_own_doubt(
        self, ledger: Ledger, message_id: str, held: Held, message: Message
    ) -> None:
        """Find out whether an own message that was pushed is known under another ID."""
        await self._resolve_sending(ledger, message, ())
        if ledger.state(message_id) is not None or not may_be_pending(message):
            return
        now = await self._final(ledger, message)
        is_other = now is None or now.id != message_id
        if is_other and ledger.doubts.get(message_id) is held:
            del ledger.doubts[message_id]
            if now is not None and ledger.state(now.id) is None:
                self.live.apply(ledger, now, state_of(now), held.source, was_asked=True)

    def _ask_again(self, ledger: Ledger, message_id: str, ask: _Ask, error: APIError) -> None:
        failures = ask.failures + 1
        asks = self._asks[ledger.chat_id]
        asks.pop(message_id, None)
        asks[message_id] = evolve(ask, failures=failures)
        if failures >= _BEHIND:
            self._fall_behind(ledger, error)

    async def _resolve_one(
        self, ledger: Ledger, message_id: str, ask: _Ask, final: Message | None = None
    ) -> None:
        """Read a message and take over how it is.

        Args:
            ledger: Its chat.
            message_id: Its ID.
            ask: Why.
            final: A new message that it may be, under another ID.
        """
        try:
            message = await self._reader.message(ledger, message_id)
        except NotFoundError as error:
            if not in_own_words(error):
                raise
            await self._outbox.room()
            was_owed = message_id in ledger.owed
            ledger.owed.pop(message_id, None)
            if final is not None:
                if ledger.is_same_sending(message_id, final):
                    self._renamed(ledger, message_id, final, ask)
                return
            if message_id in ledger.sending:
                await self._read(ledger, is_deep=False)  # it may be there under its final ID
            if was_owed or ledger.state(message_id) is not None:
                self._recorder.deleted(ledger, message_id, ask.source)
            return
        except AppTooOldError:
            await self._outbox.room()
            self._resolve_by_pages(ledger, message_id, ask)
            return
        except APIResponseValidationError as error:
            if not isinstance(error.body, dict):
                raise  # a broken response, not an odd message
            self._report(Unreadable(None, tuple(error.problems), error.body, call="events"))
            if ledger.state(message_id) is None and not ask.source.recovered:
                self._find_on_pages(ledger, message_id, ask)
            return
        await self._outbox.room()
        self._answered(ledger, message_id, message, ask)

    def _resolve_by_pages(self, ledger: Ledger, message_id: str, ask: _Ask) -> None:
        """Take what the pages of an old app show, which can't return a single message."""
        if ask.is_missing:
            self._recorder.deleted(ledger, message_id, ask.source)
        elif not ask.source.recovered:
            self._find_on_pages(ledger, message_id, ask)

    def _find_on_pages(self, ledger: Ledger, message_id: str, ask: _Ask) -> None:
        """Let the pages show whether a message is new of which only the ID is known."""
        ledger.doubts[message_id] = Held(b"", ask.source)
        self.look(ledger)

    def _answered(self, ledger: Ledger, message_id: str, message: Message, ask: _Ask) -> None:
        """Take over how a response shows a message."""
        if message.id != message_id:
            self._renamed(ledger, message_id, message, ask)
        elif ledger.state(message.id) is not None:
            is_owed = message.id in ledger.owed
            is_changed = self._recorder.changed(ledger, message, ask.source, state_of(message))
            if ask.is_missing and not is_changed:
                ledger.loosen(message.id)
            if is_owed and not is_changed:
                self._recorder.unknown_changed(ledger, message, RECOVERED, state_of(message))
        elif may_be_pending(message) and ledger.touched - {message.id}:
            ledger.touched.add(message.id)  # one of these may be the same: ask again
        elif message.id in ledger.owed:
            self._recorder.unknown_changed(ledger, message, RECOVERED, state_of(message))
        elif ask.source.recovered:
            # It was deleted, and is there again.
            ledger.gone.pop(message.id, None)
            ledger.set(message, state_of(message))
        else:
            ledger.gone.pop(message.id, None)
            self.live.apply(
                ledger,
                message,
                state_of(message),
                ask.source,
                was_read=ask.was_read,
                was_asked=True,
            )

    def _renamed(self, ledger: Ledger, old: str, message: Message, ask: _Ask) -> None:
        ledger.touched.add(message.id)  # a page that was read before is older
        if ledger.state(old) is None:
            if not ask.source.recovered:
                self.live.apply(ledger, message, state_of(message), ask.source, was_asked=True)
            return
        if ledger.state(message.id) is not None:
            ledger.remove(old)
            return
        ledger.rename(old, message.id)
        self._recorder.changed(
            ledger, message, ledger.source_of(message.id), state_of(message), previous_id=old
        )
        ledger.doubts.pop(message.id, None)
