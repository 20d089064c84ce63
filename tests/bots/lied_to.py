"""Plays the games of `tests.fuzz` with a bot in place of a stream's consumer.

python -m tests.bots.lied_to [number] [first seed]

What its handlers get has to show what the app knows: nothing missing, nothing twice, whenever the
bot is stopped or cancelled, slow or at work in many chats at once.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from random import Random
from unittest import mock

from beeper_async import BeeperDesktopError, Bot, Context, Event

from ..fuzz import player
from ..fuzz.picture import Delivered
from ..fuzz.player import Consumer, Game, Result


class BotConsumer(Consumer):
    """A bot that runs again and again, and notes what its handlers get."""

    async def run(self) -> None:
        rng = self._rng = Random(f"{self._game.seed} bot")
        if rng.random() < self._game.lies.slowness:
            longest = rng.choice([0.1, 1.0, 5.0])
            self._pause = lambda: rng.uniform(0, longest) if rng.random() < 0.5 else 0.0
        self._bot = self._made(rng)
        while not self._is_stopped:
            self._task = asyncio.create_task(self._bot.run(self._client))
            await asyncio.wait([self._task])
            task, self._task = self._task, None
            self._note_end_of(task)
            self._app.note_restart()
            self.restarts += not self._is_stopped

    def _made(self, rng: Random) -> Bot:
        clock = asyncio.get_running_loop().time
        bot = Bot(grace=rng.choice([0.0, 0.5, 30.0]), concurrency=rng.choice([1, 3, 100]))

        @bot.on(Event, by="bot")
        @bot.on(Event, by="anyone")
        async def note(ctx: Context[Event]) -> None:
            at = clock()
            if pause := self._pause():
                await asyncio.sleep(pause)
            self.delivered.append(Delivered(at, self.restarts, ctx.event))

        @bot.hook("ready")
        async def ready() -> None:
            if self._app.subscribed_at is None:
                self._app.subscribed_at = clock()
                self.is_open.set()

        return bot

    def restart(self) -> None:
        """End the run in one of two ways, also while it is ending already."""
        if self._task is not None:
            if self._rng.random() < 0.5:
                self._task.cancel()
            else:
                self._bot.stop()

    def _note_end_of(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, BeeperDesktopError):
            self.ended.append(("ended", f"the bot ended: {error!r}"))
        elif error is not None:
            raise error


def play(game: Game) -> Result:
    """Play a seed to its end."""
    with mock.patch.object(player, "Consumer", BotConsumer):
        return player.play(game)


def main() -> None:
    """Play as many as the command line says; show what differs."""
    logging.disable()
    numbers = [int(word) for word in sys.argv[1:]]
    number, first = [*numbers, *[100, 1][len(numbers) :]]
    failed = 0
    for seed in range(first, first + number):
        findings = play(Game(seed=seed)).findings
        failed += bool(findings.faults)
        for kind, line in findings.faults:
            print(f"seed {seed}: {kind}: {line}", flush=True)
    print(f"{number} seeds, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
