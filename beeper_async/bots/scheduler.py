"""Jobs: when the time of each one has come, and what becomes of it then."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import Final

from ..errors import OutcomeUnknownError
from .clock import Clock, Timer
from .handlers import JobHandler
from .job import Row
from .patience import TRANSIENT

_log = logging.getLogger("beeper_async")

_REGULAR: Final = "regular:"
_ELSEWHERE: Final = "elsewhere:"
# The clock of the machine may be changed, and the machine may sleep.
_LONGEST_SLEEP: Final = 30.0
_FIRST_RETRY: Final = 30.0
_LAST_RETRY: Final = 3600.0
_RETRIES: Final = 24


def is_transient(error: BaseException) -> bool:
    """Return whether a failure passes by itself, and nothing has happened that must not again."""
    return isinstance(error, TRANSIENT) and not isinstance(error, OutcomeUnknownError)


class Scheduler:
    """The jobs of a bot.

    Args:
        clock: The time.
        rows: What is stored.
        last_id: The highest ID that was ever given to a job.
        start: Takes a job whose time has come.
    """

    def __init__(
        self, clock: Clock, rows: Iterable[Row], last_id: int, start: Callable[[Row], object]
    ) -> None:
        self._clock = clock
        self._start = start
        self.rows: dict[int, Row] = {}
        self.last_id: int = last_id
        self._by_key: dict[str, Row] = {}
        self._taken: set[int] = set()
        """Handed to `start`, and not back yet."""
        self._begun: set[int] = set()
        self._missing: set[str] = set()
        # Entries whose job is gone, or due at another time by now, are skipped.
        self._queue: list[tuple[float, int]] = []
        self._timer: Timer | None = None
        self._is_running = False
        for row in rows:
            self._insert(row)

    def begin(self, handlers: Iterable[JobHandler]) -> set[int]:
        """Start, with those that run by themselves; return the IDs of what has changed."""
        regular = {_REGULAR + one.full_name: one for one in handlers if one.is_regular}
        changed: set[int] = set()
        for key, row in list(self._by_key.items()):
            if key.startswith(_REGULAR) and key not in regular:
                self._remove(row)
                changed.add(row.id)
        now = self._clock.now()
        for key, handler in regular.items():
            latest = next_time(handler, now)
            known = self._by_key.get(key)
            if known is None:
                due = now if handler.at_start else latest
                changed.add(self.plan(Row(0, key, handler.full_name, "{}", due.timestamp())).id)
            elif known.due > latest.timestamp():  # the interval is shorter now
                self._move(known, latest)
                changed.add(known.id)
        self._is_running = True
        self._wake()
        return changed

    def end(self) -> None:
        """Start no more jobs."""
        self._is_running = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def plan(self, row: Row) -> Row:
        """Add a job, unless there is one with its key; return the one that there is."""
        if (known := self._by_key.get(row.key)) is not None:
            return known
        self.last_id += 1
        row.id = self.last_id
        self._insert(row)
        self._wake()
        return row

    def cancel(self, job_id: int) -> bool:
        """Remove a job; false if there is none, or if it has begun."""
        row = self.rows.get(job_id)
        if row is None or row.key.startswith(_REGULAR) or job_id in self._begun:
            return False
        self._remove(row)
        return True

    def run_now(self, name: str) -> Row | None:
        """Bring forward what runs by itself; None if there is no such job."""
        row = self._by_key.get(_REGULAR + name)
        if row is not None:
            self._move(row, self._clock.now())
            self._wake()
        return row

    def forget_messages(self) -> dict[int, Row | None]:
        """Forget for which messages jobs were planned, and give the jobs that this changes.

        They run all the same. Their keys go, too: another message may have the ID by now.
        """
        changed: dict[int, Row | None] = {}
        for row in self.rows.values():
            if row.message_id is not None:
                del self._by_key[row.key]
                row.key, row.message_id = f"{_ELSEWHERE}{row.id}", None
                self._by_key[row.key] = changed[row.id] = row
        return changed

    def has_begun(self, row: Row) -> bool:
        """Note that a job is at work; return false if it was cancelled before that."""
        if row.id not in self.rows:
            return False
        self._begun.add(row.id)
        return True

    def done(self, row: Row, handler: JobHandler, error: BaseException | None) -> None:
        """Note the end of a job, which may be tried again.

        Args:
            row: The job.
            handler: Its function.
            error: The transient failure that it ended with, or None.
        """
        self._taken.discard(row.id)
        self._begun.discard(row.id)
        if row.id not in self.rows:
            return
        now = self._clock.now()
        row.tries = 0 if error is None else row.tries + 1
        if error is not None:
            wait = min(_FIRST_RETRY * 2.0 ** (row.tries - 1), _LAST_RETRY)
            retry = now + timedelta(seconds=wait)
            due = min(retry, next_time(handler, now)) if handler.is_regular else retry
            kind = type(error).__name__
            _log.warning("bot: %s failed (%s), again in %g s", handler.name, kind, wait)
        elif handler.is_regular:
            due = next_time(handler, now, row.due_at)
        else:
            self._remove(row)
            return
        self._move(row, due)
        self._wake()

    def acknowledge(self, row: Row) -> bool:
        """Count a job at work as done; false if it is one that runs by itself."""
        if row.key.startswith(_REGULAR):
            return False
        self._remove(row)
        return True

    def may_retry(self, row: Row, error: BaseException) -> bool:
        """Return whether a job that failed is tried again."""
        return row.id in self.rows and is_transient(error) and row.tries < _RETRIES

    def is_missing(self, name: str) -> None:
        """Note that there is no function of this name."""
        if name not in self._missing:
            self._missing.add(name)
            _log.warning("bot: jobs of %s are kept and don't run: there is no such job", name)

    def _insert(self, row: Row) -> None:
        self.rows[row.id] = self._by_key[row.key] = row
        heappush(self._queue, (row.due, row.id))

    def _move(self, row: Row, due: datetime) -> None:
        row.due = due.timestamp()
        heappush(self._queue, (row.due, row.id))

    def _remove(self, row: Row) -> None:
        self.rows.pop(row.id, None)
        self._by_key.pop(row.key, None)
        self._taken.discard(row.id)
        self._begun.discard(row.id)

    def _wake(self) -> None:
        """Start what is due, and come back when the next one is."""
        if not self._is_running:
            return
        if self._timer is not None:
            self._timer.cancel()
        now = self._clock.now().timestamp()
        while self._queue and self._queue[0][0] <= now:
            due, job_id = heappop(self._queue)
            row = self.rows.get(job_id)
            if row is not None and row.due == due and job_id not in self._taken:
                self._taken.add(job_id)
                self._start(row)
        wait = self._queue[0][0] - now if self._queue else _LONGEST_SLEEP
        self._timer = self._clock.call_later(min(wait, _LONGEST_SLEEP), self._wake)


def next_time(handler: JobHandler, now: datetime, last: datetime | None = None) -> datetime:
    """Return when something that runs by itself runs next.

    Args:
        handler: Its function.
        now: The present time.
        last: When it was due last; what was missed since then is left out.
    """
    if handler.every is not None:
        last = now if last is None else last
        missed = max(0.0, (now - last).total_seconds() // handler.every)
        return last + timedelta(seconds=handler.every * (missed + 1))
    hour, minute = handler.daily or (0, 0)
    local = now.astimezone()
    for days in (0, 1, 2):
        # Made anew from a naive time: on two days a year the offset changes.
        naive = datetime(local.year, local.month, local.day, hour, minute) + timedelta(days=days)
        time = naive.astimezone()
        if time > now:
            break
    return time.astimezone(UTC)
