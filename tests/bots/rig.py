"""What tests of bots share: a clock that they turn, and stores as a crash leaves them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from pathlib import Path

from beeper_async.bots.bot import Bot
from beeper_async.bots.clock import Clock, Timer

from ..live import settled


class _Timer:
    def __init__(self, call: Callable[[], object]) -> None:
        self.call = call
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class TurnedClock(Clock):
    """A clock that goes when a test turns it."""

    def __init__(self, now: datetime = datetime(2026, 5, 11, 12, tzinfo=UTC)) -> None:
        self._now = now
        self._timers: list[tuple[datetime, int, _Timer]] = []
        self._order = count()

    def now(self) -> datetime:
        return self._now

    def call_later(self, seconds: float, call: Callable[[], object]) -> Timer:
        timer = _Timer(call)
        heappush(self._timers, (self._now + timedelta(seconds=seconds), next(self._order), timer))
        return timer

    async def advance(self, seconds: float) -> None:
        """Let time pass, and everything happen that is due meanwhile."""
        await settled()
        end = self._now + timedelta(seconds=seconds)
        while self._timers and self._timers[0][0] <= end:
            due, _, timer = heappop(self._timers)
            self._now = max(self._now, due)
            if not timer.is_cancelled:
                timer.call()
                await settled()
        self._now = end
        await settled()


def with_clock(bot: Bot) -> TurnedClock:
    """Give a bot a clock that the test turns."""
    clock = TurnedClock()
    bot.clock = clock
    return clock


def save(bot: Bot) -> None:
    """Write the checkpoint now, as the bot does once a second."""
    assert bot._run is not None
    bot._run._save()


def as_after_a_crash(store: Path, name: str = "crashed.db") -> Path:
    """Return a copy of a store that is in use, as it would be if the program died now."""
    copy = store.with_name(name)
    for suffix in ("", "-wal"):
        source = store.with_name(store.name + suffix)
        if source.exists():
            shutil.copy(source, copy.with_name(copy.name + suffix))
    return copy
