"""The time of a test: it stands still until the test turns it, but for a moment for each event."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any

from attrs import define

from ...bots.clock import Clock, Timer
from ..world import clock as world_clock

_STEP = timedelta(milliseconds=1)


@define(eq=False)
class _Planned:
    call: Callable[[], object]
    is_cancelled: bool = False

    def cancel(self) -> None:
        self.is_cancelled = True


class TurnedClock(Clock):
    """The clock of the bots in a test.

    Args:
        now: The time at which it stands.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._planned: list[tuple[datetime, int, _Planned]] = []
        self._order = count()
        self._lock = threading.Lock()
        self.asleep: set[asyncio.Task[Any]] = set()
        """The tasks that sleep by this clock."""

    def now(self) -> datetime:
        """Return the present time."""
        return self._now

    def tick(self) -> datetime:
        """Go on a little, because something happens; return the time. Any thread may call it."""
        with self._lock:
            self._now += _STEP
            return self._now

    def call_later(self, seconds: float, call: Callable[[], object]) -> Timer:
        """Call a function when the clock was turned so far."""
        planned = _Planned(call)
        due = self._now + timedelta(seconds=seconds)
        heappush(self._planned, (due, next(self._order), planned))
        return planned

    async def hold_back(self, seconds: float) -> None:
        """Go on at once: a test is not to be slowed down by the pace of a bot."""

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was turned so far."""
        task, over = asyncio.current_task(), asyncio.Event()

        def wake() -> None:
            # At once, and not only when the task runs: from now on it is at work.
            if task is not None:
                self.asleep.discard(task)
            over.set()

        timer = self.call_later(seconds, wake)
        if task is not None:
            self.asleep.add(task)
        try:
            await over.wait()
        finally:
            timer.cancel()
            wake()

    def step(self, end: datetime) -> bool:
        """Turn the clock to the next thing that is due until a time, and let it happen.

        Returns:
            False if nothing more was due; the clock stands at that time then.
        """
        while self._planned and self._planned[0][0] <= end:
            due, _, planned = heappop(self._planned)
            if not planned.is_cancelled:
                self._turn_to(due)
                planned.call()
                return True
        self._turn_to(end)
        return False

    def _turn_to(self, time: datetime) -> None:
        with self._lock:
            self._now = max(self._now, time)


class WorldClock(world_clock.Clock):
    """The clock of the simulated app, which is that of the bots.

    Args:
        bots: The clock of the bots.
    """

    def __init__(self, bots: TurnedClock) -> None:
        super().__init__(bots.now())
        self._bots = bots

    def next(self) -> datetime:
        """Return the time of the next event, a little later than that of the one before."""
        return self._bots.tick()

    def now(self) -> datetime:
        """Return the current time."""
        return self._bots.now()
