"""The gate that all calls to one app go through together, if `wait_for_app` is set.

While the app can't be reached, all calls wait, and one of them at a time probes. When the app
answers 429, all calls wait as long as it asks for, and fewer of them are in flight afterwards.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import Enum, auto
from typing import Final

from attrs import define, field, frozen

from .outcome import AttemptState, Outcome
from .request import Idempotency

_log = logging.getLogger("beeper_async")

pause = asyncio.sleep
"""Waits for the app. Tests replace it, and the clock with it."""
clock = time.monotonic

Probe = Callable[[], Awaitable[bool]]
"""Requests something small, and returns whether it was answered."""


@frozen
class Pace:
    """How fast a gate probes, and how fast it lets more requests in flight again, in seconds."""

    shortest: float = 1.0
    """Between the first two probes. It doubles with each one that fails."""
    longest: float = 30.0
    one_more_every: float = 5.0


USUAL: Final = Pace()


class Found(Enum):
    """What came of a wait for the app."""

    THERE = auto()
    """It answered the first probe, so it was not away."""
    BACK = auto()
    GONE = auto()
    """It did not answer in time."""


class Gate:
    """Lets the requests of all calls to one app through."""

    def __init__(self, pace: Pace = USUAL) -> None:
        self._pace = pace
        self._is_away = False
        self._failed_probes = 0
        self._found = Found.THERE
        self._finding = asyncio.Lock()
        self._in_flight = 0
        self._limit = math.inf
        self._limited_at = -math.inf
        self._refusals = 0
        self._held_until = -math.inf
        self._changed = asyncio.Event()

    async def enter(self, probe: Probe, until: Callable[[], float]) -> bool:
        """Wait until a request may go out, and count it as in flight.

        Args:
            probe: Probes the app, if it is away.
            until: Returns the time up to which the call waits; called if it has to wait.

        Returns:
            False if the app is away for too long.
        """
        while True:
            if self._is_away:
                if await self._until_back(probe, until()) is Found.GONE:
                    return False
            elif (held := self._held_until - clock()) > 0 and clock() + held <= until():
                await pause(held)
            elif self._in_flight < self._limit_now() or clock() >= until():
                self._in_flight += 1
                return True
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(until() - clock()):
                        await self._changed.wait()

    def leave(self) -> None:
        """Count a request as in flight no more."""
        self._in_flight -= 1
        # For all that wait, and not for one: that one could be cancelled meanwhile.
        self._changed.set()
        self._changed = asyncio.Event()

    def answered(self, *, refused: bool) -> None:
        """Note that the app has answered, be it with 429."""
        self._is_away = False
        if not refused:
            self._refusals = 0

    async def find_app(self, probe: Probe, until: float) -> Found:
        """Wait until the app answers, because a request was not answered."""
        self._is_away = True
        return await self._until_back(probe, until)

    async def _until_back(self, probe: Probe, until: float) -> Found:
        try:
            async with asyncio.timeout(max(until - clock(), 0)):
                await self._finding.acquire()
        except TimeoutError:
            return Found.GONE
        try:
            while self._is_away:
                left = until - clock()
                if left <= 0:
                    return Found.GONE
                if self._failed_probes:
                    await pause(min(self._backoff(self._failed_probes), left))
                self._note(is_there=await probe())
            return self._found
        finally:
            self._finding.release()

    def _note(self, *, is_there: bool) -> None:
        if not is_there:
            self._failed_probes += 1
            if self._failed_probes == 1:
                _log.warning("The app can't be reached; calls wait for it.")
            return
        if self._failed_probes:
            _log.warning("The app can be reached again.")
        self._found = Found.BACK if self._failed_probes else Found.THERE
        self._is_away, self._failed_probes = False, 0

    def slow_down(self, sent_at: float, wait: float | None, longest: float = math.inf) -> float:
        """Hold all requests back, because one was answered with 429.

        Args:
            sent_at: When that request went out, by the clock of this module.
            wait: Seconds that the app asks to wait; None if it names none.
            longest: Longest wait for which they are held back.

        Returns:
            Seconds to wait before the next attempt.
        """
        now = clock()
        if sent_at >= self._limited_at:  # else it was sent before the last time
            self._limit = max(1, (self._in_flight + 1) // 2)
            self._limited_at = now
            self._refusals += 1
        seconds = self._backoff(self._refusals) if wait is None else wait
        if seconds <= longest:
            self._held_until = max(self._held_until, now + seconds)
        return seconds

    def _backoff(self, failures: int) -> float:
        return min(self._pace.shortest * 2.0 ** min(failures - 1, 10), self._pace.longest)

    def _limit_now(self) -> float:
        more = (clock() - self._limited_at) // self._pace.one_more_every
        return self._limit if math.isinf(self._limit) else self._limit + more


class Passage:
    """The way of a call without a gate, where nothing is waited for."""

    async def enter(self) -> bool:
        """Wait until the next attempt may be made; False if the app is away for too long."""
        return True

    def leave(self) -> None:
        """End the attempt."""

    def note(self, outcome: Outcome) -> None:
        """Note how the attempt ended."""

    async def may_repeat(
        self, idempotency: Idempotency, outcome: Outcome, requested: float | None
    ) -> bool:
        """Return whether an attempt is made again without being counted as a retry.

        Args:
            idempotency: What a second delivery would do.
            outcome: How the attempt ended.
            requested: Seconds that the app asks to wait, or None.
        """
        return False


@define(eq=False)
class GatedPassage(Passage):
    """The way of a call through a gate."""

    gate: Gate
    probe: Probe
    patience: float
    """Seconds that the call waits, from the first time that it has to."""
    deadline: float | None
    """When the call as a whole has to be over."""
    max_retry_after: float | None
    _until: float | None = field(default=None, init=False)
    _sent_at: float = field(default=0.0, init=False)

    async def enter(self) -> bool:
        """Wait until the next attempt may be made; False if the app is away for too long."""
        if not await self.gate.enter(self.probe, self._end):
            return False
        self._sent_at = clock()
        return True

    def leave(self) -> None:
        """End the attempt."""
        self.gate.leave()

    def note(self, outcome: Outcome) -> None:
        """Note how the attempt ended."""
        if outcome.state is AttemptState.ANSWERED:
            self.gate.answered(refused=outcome.status == 429)

    async def may_repeat(
        self, idempotency: Idempotency, outcome: Outcome, requested: float | None
    ) -> bool:
        """Wait for the app if it is away; hold all calls back if it answered 429."""
        if outcome.state is AttemptState.ANSWERED:
            return outcome.status == 429 and self._waits_for(outcome, requested)
        may_have_arrived = outcome.state is not AttemptState.NEVER_SENT
        if idempotency is Idempotency.UNSAFE and may_have_arrived:
            return False
        return await self.gate.find_app(self.probe, self._end()) is Found.BACK

    def _waits_for(self, outcome: Outcome, requested: float | None) -> bool:
        longest = math.inf if self.max_retry_after is None else self.max_retry_after
        longest = min(longest, self._end() - clock())
        seconds = self.gate.slow_down(self._sent_at, requested, longest)
        return seconds <= longest and outcome.headers.get("x-should-retry") != "false"

    def _end(self) -> float:
        if self._until is None:
            self._until = clock() + self.patience
            if self.deadline is not None:
                self._until = min(self._until, self.deadline)
        return self._until
