"""The time of a test: it stands still until the test turns it."""

from __future__ import annotations

import asyncio
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
        self.asleep: set[asyncio.Task[Any]] = set()
        """The tasks that sleep by this clock."""

    def now(self) -> datetime:
        """Return the present time."""
        return self._now

    def call_later(self, seconds: float, call: Callable[[], object]) -> Timer:
        """Call a function when the clock was turned so far."""
        planned = _Planned(call)
        due = self._now + timedelta(seconds=seconds)
        heappush(self._planned, (due, next(self._order), planned))
        return planned

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
                self._now = max(self._now, due)
                planned.call()
                return True
        self._now = end
        return False


class WorldClock(world_clock.Clock):
    """The clock of the simulated app: that of the bots, and a little later for each event.

    Args:
        bots: The clock of the bots.
    """

    def __init__(self, bots: Clock) -> None:
        super().__init__(bots.now())
        self._bots = bots

    def next(self) -> datetime:
        """Return the time of the next event."""
        self._last = max(self._bots.now(), self._last + _STEP)
        return self._last

    def now(self) -> datetime:
        """Return the current time, or that of the last event if it is later."""
        return max(self._bots.now(), self._last)
