"""BotTest: a simulated app, people in it, and bots that run against it."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from itertools import count
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Final, Self

from ...bots.bot import Bot
from ...bots.spans import Span, seconds_of
from ...client import AsyncBeeperDesktop
from ..demo.builder import person as new_person
from ..simulator import Simulator
from ..world.changes import Change
from ..world.clock import FIXED_NOW
from ..world.world import World
from .clocks import TurnedClock, WorldClock
from .minutes import Minutes
from .rooms import Owner, Person, Room
from .running import LogLines, RunningBot

_REMOVED: Final = ("BEEPER_DESKTOP_BASE_URL", "BEEPER_CUSTOM_HEADERS")
# What a timer has begun shows within so many turns of the event loop.
_TURNS: Final = 3
_MOST_LINES: Final = 30


class BotTest:
    """A simulated app with people who write, for tests of bots.

    Bots run against a real server on 127.0.0.1, in the event loop of the test. The clock stands
    still until the test turns it, and no call waits for a time to pass: `hears` and `settled` know
    when a bot has done all that it has to do.

    While it is entered, the environment points to the simulated app, so that code that makes its
    own client can't reach another one.

    Args:
        sim: A simulator that is not running yet, e.g. one of an older app. None means the demo
            world.
        patience: Seconds that bots may take to come to rest. Then the test fails, and says what
            they were at.

    Example:
        from beeper_async.testing import BotTest

        bot = Bot()

        @bot.command()
        async def ping(ctx: Ctx) -> None:
            await ctx.reply("pong")

        with BotTest() as app:
            ana = app.person("Ana")
            async with app.running(bot):
                ana.says("/ping")
                print(await ana.hears())
    """

    def __init__(self, sim: Simulator | None = None, *, patience: float = 10.0) -> None:
        self.sim: Final = sim or Simulator()
        """The simulated app, with all its failures."""
        self.clock: Final = TurnedClock(FIXED_NOW)
        """The time that bots and the app go by."""
        self.me: Final = Owner(self)
        """The owner of the app, who writes on another device."""
        self._patience = patience
        self._people: dict[tuple[str, str | None], Person] = {}
        self._numbers = count(1)
        self._running: list[RunningBot] = []
        self._changes = 0
        self._log = LogLines()
        self._stack = ExitStack()
        self._stores: dict[Bot, Path] = {}
        self._minutes: Minutes | None = None
        self._folder = Path()

    # -- lifecycle --------------------------------------------------------------------------

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.sim)
            self.world.clock = WorldClock(self.clock)
            self.world.changes.listeners.append(self._changed)
            self._minutes = Minutes(self.world)
            self._folder = Path(stack.enter_context(TemporaryDirectory(prefix="beeper-bot-")))
            stack.enter_context(_environment(self.sim))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _changed(self, change: Change) -> None:
        self._changes += 1

    @property
    def world(self) -> World:
        """The accounts, chats and messages of the simulated app."""
        return self.sim.world

    @property
    def minutes(self) -> Minutes:
        """What was said during the test."""
        if self._minutes is None:
            raise RuntimeError("Use it as a context manager: with BotTest() as app.")
        return self._minutes

    # -- who is there -----------------------------------------------------------------------

    def person(self, name: str, network: str | None = None) -> Person:
        """Return somebody who has a chat with the owner of the app.

        Args:
            name: Their name. The same name on the same network is the same person.
            network: The network, such as "Telegram". None means the first one of the app.

        Returns:
            The person, who is also the chat.

        Raises:
            ValueError: The app has no account on the network.
        """
        known = self._people.get((name, network))
        if known is not None:
            return known
        account_id = self._account(network)
        handle = f"{''.join(filter(str.isalnum, name.lower()))}{next(self._numbers)}"
        wire = new_person(account_id, handle, name)
        chat = self.world.create_chat(account_id, [wire], "single", None)
        person = self._people[name, network] = Person(self, chat, wire)
        return person

    def group(self, title: str, *people: Person) -> Room:
        """Create a group.

        Args:
            title: Its title.
            people: Who is in it besides the owner of the app, at least one. All are on the network
                of the first one.

        Returns:
            The group.

        Raises:
            ValueError: There is nobody, or somebody on another network.
        """
        networks = {one.network for one in people}
        if len(networks) != 1:
            raise ValueError("A group needs people, all on one network.")
        account_id = self.world.chats[people[0].chat_id]["accountID"]
        wires = [one.wire for one in people]
        return Room(self, self.world.create_chat(account_id, wires, "group", title))

    def room(self, title: str) -> Room:
        """Return a chat that is there, e.g. one of the demo world, or one that the bot created.

        Args:
            title: Its title.

        Returns:
            The chat.

        Raises:
            ValueError: There is no such chat, or more than one.
        """
        chats = [one for one in self.world.by_activity() if not one.get("merge")]
        found = [one for one in chats if one["title"] == title]
        if len(found) != 1:
            known = ", ".join(sorted({one["title"] for one in chats}))
            raise ValueError(f"{len(found)} chats are called {title!r}. There are: {known}.")
        return Room(self, found[0])

    def _account(self, network: str | None) -> str:
        accounts = self.world.accounts
        fitting = [key for key, one in accounts.items() if network in (None, one["network"])]
        if not fitting:
            known = ", ".join(one["network"] for one in accounts.values())
            raise ValueError(f"There is no account on {network}. There are: {known}.")
        return fitting[0]

    # -- bots -------------------------------------------------------------------------------

    def client(self) -> AsyncBeeperDesktop:
        """Make a client of the simulated app, for what the test itself does or looks at.

        Returns:
            The client, a context manager. Rooms take what it sends for the bot's: to write as the
            owner, use `me`.
        """
        return AsyncBeeperDesktop(base_url=self.sim.url, access_token=self.sim.token)

    @asynccontextmanager
    async def running(
        self, bot: Bot, *, store: str | PathLike[str] | None = None
    ) -> AsyncGenerator[None]:
        """Let a bot run, from when it is ready to the end of the `async with`.

        Run it a second time to see what is left after a restart: what people did meanwhile comes
        first. Several bots may run at once.

        Args:
            bot: The bot. While it runs, it goes by the clock of the test.
            store: The file to use in the place of its own. None means one of the test, which this
                bot finds again when it runs again within it.

        Raises:
            AssertionError: The bot does not come to rest.
            Exception: What has ended the bot.
        """
        before = bot.clock, bot.store
        bot.clock, bot.store = self.clock, store or self._store_of(bot)
        logger = logging.getLogger("beeper_async")
        logger.addHandler(self._log)
        try:
            async with self.client() as client:
                running = RunningBot(bot, client, self.sim, self.clock)
                self._running.append(running)
                try:
                    await self.settled()
                    yield
                finally:
                    await running.end()
                    self._running.remove(running)
                running.task.result()
        finally:
            logger.removeHandler(self._log)
            bot.clock, bot.store = before

    def _store_of(self, bot: Bot) -> Path:
        name = f"bot{len(self._stores)}.db"
        return self._stores.setdefault(bot, self._folder / name)

    async def settled(self) -> None:
        """Wait until all bots have done what they have to do.

        They have then taken everything that happened, and each handler has ended, or waits for an
        event or for the clock.

        Raises:
            AssertionError: They don't come to rest. The text says what they are at.
            Exception: What has ended a bot.
        """
        try:
            async with asyncio.timeout(self._patience):
                await self._settle()
        except TimeoutError:
            at_work = [name for one in self._running for name in one.at_work()]
            what = ", ".join(at_work) or "new messages"
            problem = f"After {self._patience:g} s the bot is still busy with: {what}."
            raise AssertionError(problem + self._logged()) from None

    async def _settle(self) -> None:
        while True:
            before = self._changes
            for one in list(self._running):
                await one.settle()
            # What a bot did may be news to it, or to another one.
            if before == self._changes and self._is_quiet():
                return

    def _is_quiet(self) -> bool:
        return all(one.is_quiet for one in self._running)

    async def advance(self, span: Span) -> None:
        """Turn the clock, and let everything happen that is due meanwhile, one after the other.

        Args:
            span: How far, e.g. "10m" or a number of seconds.

        Raises:
            InvalidInputError: It is no length of time.
            AssertionError: The bots don't come to rest.
        """
        end = self.clock.now() + timedelta(seconds=seconds_of("span", span))
        await self.settled()
        while self.clock.step(end):
            before = self._changes
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            if before != self._changes or not self._is_quiet():
                await self.settled()
        await self.settled()

    # -- failures ---------------------------------------------------------------------------

    def failure(self, problem: str, chat_id: str) -> AssertionError:
        """Return a failure that shows what was said in a chat, and what the bot has logged."""
        transcript = self.minutes.transcript(chat_id, marks_unheard=True)
        lines = transcript.splitlines()[-_MOST_LINES:]
        said = "\n".join(f"  {line}" for line in lines)
        return AssertionError(f"{problem} What was said there:\n{said}{self._logged()}")

    def _logged(self) -> str:
        hint = "\nThe bot sleeps until the clock is turned: advance()." if self.clock.asleep else ""
        lines = "".join(f"\n  {line}" for line in self._log.lines)
        return hint + (f"\nThe bot has logged:{lines}" if lines else "")


@contextmanager
def _environment(sim: Simulator) -> Generator[None]:
    """Let clients that are made from the environment reach the simulator, and nothing else."""
    wanted: dict[str, Any] = {
        "BEEPER_BASE_URL": sim.url,
        "BEEPER_ACCESS_TOKEN": sim.token,
        "BEEPER_PROFILE": "",
        **dict.fromkeys(_REMOVED),
    }
    before = {name: os.environ.get(name) for name in wanted}
    _set(wanted)
    try:
        yield
    finally:
        _set(before)


def _set(variables: dict[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
