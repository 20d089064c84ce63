"""A bot that runs in a test, and how to know that it has done all that it has to do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from itertools import count
from typing import Any, Final

from ...bots.bot import Bot, run_of
from ...bots.run import Run
from ...client import AsyncBeeperDesktop
from ...events.kinds import Event, UnknownEvent
from ..simulator import Simulator
from .clocks import TurnedClock

_MARK: Final = "beeper_async.testing.mark"
_PAUSE: Final = 0.0005

Tasks = frozenset[asyncio.Task[Any]]


class RunningBot:
    """One run of a bot.

    To find out what has arrived, a mark is sent over the socket: an event of a type that nobody
    knows. Once the bot has taken it, it has taken everything before it.

    Args:
        bot: The bot.
        client: The client that it runs with.
        sim: The simulator.
        clock: The clock that the bot goes by.
    """

    def __init__(
        self, bot: Bot, client: AsyncBeeperDesktop, sim: Simulator, clock: TurnedClock
    ) -> None:
        self.task: Final = asyncio.create_task(bot.run(client))
        self._bot = bot
        self._sim = sim
        self._clock = clock
        self._numbers = count(1)
        self._taken = 0
        self._endless: Tasks | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether it can do nothing more until something happens, or has ended."""
        run = self._run()
        return run is None or (run.is_read_up() and not self._at_work(run))

    def at_work(self) -> list[str]:
        """Name what it does now."""
        run = self._run()
        if run is None:
            return []
        return self._at_work(run) or ([] if run.is_read_up() else ["reading what it has missed"])

    def _at_work(self, run: Run) -> list[str]:
        return run.at_work(self._clock.asleep | (self._endless or frozenset()))

    async def settle(self) -> None:
        """Wait until it has taken all that has happened, and is done with it.

        Raises:
            Exception: What has ended the bot.
        """
        await _until(lambda: self._run() is not None or self.task.done())
        number = next(self._numbers)
        while (run := self._run()) is not None and self._taken < number:
            run.takes = self._takes
            await self._send_mark(run, number)
        await _until(lambda: self.is_quiet)

    async def _send_mark(self, run: Run, number: int) -> None:
        """Send a mark, and wait until it is taken, or lost with the connection."""
        await _until(lambda: run.connected or self._run() is not run)
        connection = run.connection
        self._sim.sockets.send({"type": _MARK, "number": number})
        await _until(
            lambda: (
                self._taken >= number
                or self._run() is not run
                or not run.connected
                or run.connection != connection
            )
        )

    def _takes(self, event: Event) -> bool:
        run = run_of(self._bot)
        if self._endless is None and run is not None:
            # No handler has been called yet: hooks have begun it, and it is for the whole run.
            self._endless = run.background
        if not isinstance(event, UnknownEvent) or event.type != _MARK:
            return False
        self._taken = max(self._taken, int(event.data["number"]))
        return True

    def _run(self) -> Run | None:
        """Return what happens inside of it; None if it has ended in good order."""
        if self.task.done():
            self.task.result()
            return None
        return run_of(self._bot)

    async def end(self) -> None:
        """Stop it. What sleeps by a clock that nobody turns any more is cancelled."""
        self._bot.stop()
        run = run_of(self._bot)
        if run is not None and self._clock.asleep:
            run.interrupt()
        await asyncio.wait([self.task])


async def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110 - nothing notifies of it
        await asyncio.sleep(_PAUSE)


class LogLines(logging.Handler):
    """Keeps the warnings of the package, to show them with what went wrong in a test."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.lines.append(f"{record.levelname}: {record.getMessage()}")
