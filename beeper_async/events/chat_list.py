"""The list of chats: which of them show something new, and which came or went."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol, TypeAlias

from .._omit import omit
from ..errors import APIError, NotFoundError, PaginationError
from ..models.chat import ChatListResponse
from .agenda import Job
from .frames import id_in
from .kinds import ChatDeleted
from .ledger import Ledger
from .ledgers import Ledgers
from .outbox import Outbox
from .recorder import Recorder
from .refusals import Refusals, in_own_words, seconds_to_wait
from .schedule import Schedule
from .source import EventSource
from .states import checksum, digest_of

_log = logging.getLogger("beeper_async")

_PAGE: Final = 100
Row: TypeAlias = str
"""Checksum of what is compared of a chat in the list: activity, unread messages, last message."""


class Jobs(Protocol):
    """Takes the chats that have to be read."""

    def add(self, job: Job, ledger: Ledger, at: float | None = None) -> None:
        """Add a job of a chat."""

    def deep(self) -> None:
        """Compare everything that is known."""

    def learn(self) -> None:
        """Read older history, as long as there is room for it."""

    def drop(self, chat_id: str) -> None:
        """Forget a chat that is gone."""


class ChatList:
    """Reads the list of chats: all of it after a possible loss, else to a page without news.

    Args:
        source: The client.
        ledgers: What is known of the chats.
        jobs: Takes the chats that have to be read.
        recorder: Takes the events of chats that are gone.
        schedule: When.
        chat_ids: The chats that the stream is about; None for all.
        refusals: Decides which refusals end the stream.
    """

    def __init__(
        self,
        source: EventSource,
        ledgers: Ledgers,
        jobs: Jobs,
        recorder: Recorder,
        outbox: Outbox,
        schedule: Schedule,
        refusals: Refusals,
        chat_ids: Callable[[], tuple[str, ...] | None],
    ) -> None:
        self.rows: dict[str, Row] = {}
        self.heard: set[str] = set()
        """IDs of accounts that push events."""
        self._silent: set[str] = set()
        self._gone: set[str] = set()
        self._source = source
        self._ledgers = ledgers
        self._jobs = jobs
        self._recorder = recorder
        self._outbox = outbox
        self._schedule = schedule
        self._refusals = refusals
        self._chat_ids = chat_ids
        self._wanted = asyncio.Event()
        self._may_read = asyncio.Event()
        self._last_full = float("-inf")
        self._is_idle = False

    @property
    def is_idle(self) -> bool:
        """Whether the list is not being read, and need not be."""
        return self._is_idle and not self._wanted.is_set()

    def want(self) -> None:
        """Ask for a full read."""
        self._wanted.set()

    def connected(self, is_connected: bool) -> None:
        """Note that the app is there, or that it went away."""
        if is_connected:
            self._may_read.set()
        else:
            self._may_read.clear()

    async def run(self) -> None:
        """Read the list when it is wanted, and now and then."""
        failures = 0
        while True:
            await self._may_read.wait()
            wait = None
            try:
                if self._wanted.is_set():
                    await self._read_all()
                else:
                    await self._check()
            except (APIError, PaginationError) as error:
                self._refusals.check(error)
                failures += 1
                delay = self._schedule.shortest_backoff * 2.0 ** min(failures, 20)
                wait = max(min(delay, self._schedule.longest_backoff), seconds_to_wait(error))
                _log.info("events: can't read the list of chats (%s)", type(error).__name__)
                await asyncio.sleep(wait)
                continue
            self._refusals.clear()
            failures, self._is_idle = 0, True
            await self._pause()
            self._is_idle = False

    async def _pause(self) -> None:
        schedule = self._schedule
        self._silent -= self.heard
        every = schedule.check_silent_every if self._silent else schedule.check_every
        try:
            async with asyncio.timeout(min(every, schedule.check_every)):
                await self._wanted.wait()
        except TimeoutError:
            pass

    async def _read_all(self) -> None:
        """Read the whole list: what is missing in it, is gone."""
        self._wanted.clear()
        epoch, is_first = self._ledgers.epoch, self._ledgers.begins_now
        chat_ids = self._chat_ids()
        if chat_ids is not None:
            for chat_id in chat_ids:
                self._jobs.add(Job.LISTED, self._ledgers.of(chat_id))
        else:
            await self._read_pages()
        if epoch == self._ledgers.epoch:
            self._ledgers.is_listed = True
        if not is_first:
            self._jobs.deep()
        self._jobs.learn()

    async def _read_pages(self) -> None:
        seen: set[str] = set()
        newest = self._ledgers.since
        async for page in self._source.chats.list(limit=_PAGE).iter_pages():
            for chat in page.items:
                seen.add(chat.id)
                newest = max(newest, activity(chat))
                self._row(chat)
            seen |= self._unreadable(page.unreadable)
        for chat_id in self._gone - seen:
            self._ledgers.remove(chat_id)
        self._gone.clear()
        for chat_id in [one for one in self.rows if one not in seen]:
            await self._confirm_gone(chat_id)
        slack = timedelta(seconds=self._schedule.fresh)
        if newest > self._ledgers.since + slack:
            self._ledgers.since = newest - slack

    async def _check(self) -> None:
        """Read down to the first page on which nothing is new."""
        chat_ids = self._chat_ids()
        if chat_ids is not None:
            for chat_id in chat_ids:
                self._jobs.add(Job.LISTED, self._ledgers.of(chat_id))
            return
        now = asyncio.get_running_loop().time()
        only_silent = bool(self._silent) and now - self._last_full < self._schedule.check_every
        account_ids = sorted(self._silent) if only_silent else omit
        if not only_silent:
            self._last_full = now
        listing = self._source.chats.list(limit=_PAGE, account_ids=account_ids)
        async for page in listing.iter_pages():
            rows = [self._row(chat) for chat in page.items]
            if not any(rows) and not page.unreadable:
                return
            self._unreadable(page.unreadable)

    # -- rows -----------------------------------------------------------------------------------

    def _row(self, chat: ChatListResponse) -> bool:
        """Compare a chat with how it was; return whether something is new."""
        if chat.merge is not None:
            return False  # its members own the messages
        row, before = row_of(chat), self.rows.get(chat.id)
        self.rows[chat.id] = row
        if row == before:
            return False
        is_known = chat.id in self._ledgers
        ledger = self._ledgers.of(chat.id)
        if before is None and not is_known and activity(chat) <= ledger.since:
            if chat.preview is not None:
                ledger.anchor(chat.preview)
            self._jobs.add(Job.LEARN, ledger)
            return True
        if before is not None or chat.last_activity is None or activity(chat) > ledger.since:
            self._note_silence(chat, ledger)
            self._jobs.add(Job.LISTED, ledger)
        else:
            self._jobs.add(Job.LEARN, ledger)
        return True

    def _note_silence(self, chat: ChatListResponse, ledger: Ledger) -> None:
        """Note an account that shows messages in the list and has pushed none."""
        last = chat.preview
        is_news = last is not None and bool(ledger.known) and ledger.state(last.id) is None
        if is_news and chat.account_id not in self.heard:
            self._silent.add(chat.account_id)

    def _unreadable(self, records: Sequence[Any]) -> set[str]:
        """Have the chats read whose record in the list can't be; return their IDs."""
        found: set[str] = set()
        for record in records:
            raw: Any = record.raw
            chat_id = id_in(raw)
            if chat_id is not None:
                found.add(chat_id)
                row = checksum(raw).hex()
                if self.rows.get(chat_id) != row:
                    self.rows[chat_id] = row
                    self._jobs.add(Job.LISTED, self._ledgers.of(chat_id))
        return found

    async def _confirm_gone(self, chat_id: str) -> None:
        """Ask for a chat that is not in the list any more: it may be archived, or gone."""
        try:
            await self._source.chats.retrieve(chat_id)
        except NotFoundError as error:
            if not in_own_words(error):
                raise
            await self._outbox.room()
            if chat_id in self.rows:  # no event came meanwhile
                self._recorder.deliver(ChatDeleted(chat_id=chat_id, recovered=True))
                self.remove(chat_id)
        self.rows.pop(chat_id, None)

    def remove(self, chat_id: str) -> None:
        """Note that a chat is gone. It is remembered for a while: late events may come."""
        self.rows.pop(chat_id, None)
        self._gone.add(chat_id)
        self._jobs.drop(chat_id)


def row_of(chat: ChatListResponse) -> Row:
    """Return what is compared of a chat."""
    preview = chat.preview
    last = None if preview is None else (preview.id, digest_of(preview).pack().hex())
    return checksum((chat.last_activity, chat.unread_count, last)).hex()


def activity(chat: ChatListResponse) -> datetime:
    """Return the time of the last thing that happened in a chat, at most now."""
    times = [chat.last_activity, None if chat.preview is None else chat.preview.timestamp]
    latest = max((time for time in times if time is not None), default=None)
    now = datetime.now(UTC)
    return datetime.min.replace(tzinfo=UTC) if latest is None else min(latest, now)
