"""Kills a bot at random moments under load, and looks whether it keeps what it promises.

python -m tests.bots.killed [kills] [seed]

The bot is a program of its own, ended with SIGKILL. In the end each message must be in the state of
its chat exactly once, because a state and the fact that its event is handled are stored together.
Each job must be there exactly once for the same reason, and must have run at least once. A listener
that stores nothing may have heard again only what it had heard in the last second before a kill.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from attrs import define, field

from beeper_async import AsyncBeeperDesktop, Bot, Context, Ctx, MessageCreated, TimeUp
from beeper_async.bots.store import Store
from beeper_async.testing import Simulator

ROOT: Final = Path(__file__).parents[2]
# A second between two checkpoints, and what a busy machine adds to it.
SECONDS_REPEATED: Final = 2.0
_WAIT: Final = 120.0


@define
class Seen:
    """What the bot has handled in a chat."""

    texts: list[str] = field(factory=list[str])
    jobs: list[str] = field(factory=list[str])


# -- the bot ------------------------------------------------------------------------------------


def bot_of(store: str, log: str) -> Bot:
    """Return the bot that is killed."""
    bot = Bot(store=store)
    file = Path(log).open("a", buffering=1, encoding="utf-8")  # noqa: SIM115 - until it is killed

    def note(what: str, text: str) -> None:
        file.write(json.dumps([what, text, time.time()]) + "\n")

    @bot.listen(MessageCreated)
    async def listener(ctx: Ctx) -> None:
        note("heard", ctx.text)

    @bot.on(MessageCreated)
    async def handler(ctx: Ctx) -> None:
        with ctx.state(Seen) as seen:
            seen.texts.append(ctx.text)
        # Some take long enough for a checkpoint to be written meanwhile.
        await asyncio.sleep(0.7 if random.random() < 0.03 else random.random() / 200)
        ctx.after(random.random() / 2, job, ctx.text)

    @bot.job
    async def job(ctx: Context[TimeUp], text: str) -> None:
        note("job", text)
        await asyncio.sleep(random.random() / 200)
        with ctx.state(Seen) as seen:
            seen.jobs.append(text)

    @bot.hook("ready")
    async def ready() -> None:
        note("ready", "")

    return bot


async def run_bot(url: str, token: str, store: str, log: str) -> None:
    """Run it until it is stopped, or killed."""
    async with AsyncBeeperDesktop(base_url=url, access_token=token) as client:
        await bot_of(store, log).run(client)


# -- who kills it -------------------------------------------------------------------------------


@define
class Report:
    """What has come of it."""

    said: list[str] = field(factory=list[str])
    kills: list[float] = field(factory=list[float])
    problems: list[str] = field(factory=list[str])
    repeated: int = 0
    """How often the listener has heard something again."""


class Killing:
    """A simulator, a bot, and its end at random moments.

    Args:
        sim: The simulator, which is running.
        folder: For the store and the log of the bot.
        chance: Where moments come from.
    """

    def __init__(self, sim: Simulator, folder: Path, chance: random.Random) -> None:
        self._sim = sim
        self._store, self._log = str(folder / "bot.db"), str(folder / "log")
        self._chance = chance
        chats = [chat for chat in sim.world.by_activity() if not chat.get("merge")]
        self._chats = [chat["id"] for chat in chats if chat["type"] == "group"][:6]
        self.report = Report()

    def run(self, kills: int) -> Report:
        """Kill it so many times, let it come to rest, and look."""
        for _ in range(kills):
            process = self._start()
            end = time.time() + 0.1 + self._chance.random() * 3.5
            try:
                while time.time() < end:
                    self._say()
            finally:
                process.send_signal(signal.SIGKILL)
                process.wait()
            self.report.kills.append(time.time())
            self._say()  # while it is off
        process = self._start()
        try:
            self._wait_until_done()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_WAIT)
        self._check(self._seen())
        return self.report

    def _start(self) -> subprocess.Popen[bytes]:
        ready = len([line for line in self._lines() if line[0] == "ready"])
        arguments = [self._sim.url, self._sim.token, self._store, self._log]
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bots.killed", "--bot", *arguments], cwd=ROOT
        )
        end = time.time() + _WAIT
        while len([line for line in self._lines() if line[0] == "ready"]) == ready:
            if process.poll() is not None or time.time() > end:
                process.kill()
                process.wait()
                raise RuntimeError("the bot has not started")
            time.sleep(0.01)
        return process

    def _say(self) -> None:
        text = f"message {len(self.report.said)}"
        self.report.said.append(text)
        self._sim.world.receive(self._chance.choice(self._chats), text)
        time.sleep(self._chance.random() * 0.02)

    def _lines(self) -> list[list[Any]]:
        log = Path(self._log)
        text = log.read_text("utf-8") if log.exists() else ""
        return [json.loads(line) for line in text.splitlines() if line.endswith("]")]

    def _wait_until_done(self) -> None:
        """Wait until each message and each job was at work at least once, and is stored."""
        wanted = set(self.report.said)
        end = time.time() + _WAIT
        while time.time() < end:
            lines = self._lines()
            if all(wanted <= {text for kind, text, _ in lines if kind == what} for what in WHAT):
                time.sleep(1.0)  # for what is at work
                return
            time.sleep(0.05)

    def _seen(self) -> list[Seen]:
        store = Store(self._store)
        rows = store._run("select value from state").fetchall()
        store.close()
        return [Seen(**json.loads(value)) for (value,) in rows]

    def _check(self, seen: list[Seen]) -> None:
        wanted = Counter(self.report.said)
        for name in ("texts", "jobs"):
            found = Counter(text for one in seen for text in getattr(one, name))
            if lost := wanted - found:
                self.report.problems.append(f"{len(lost)} {name} are lost: {sorted(lost)[:5]}")
            if twice := found - wanted:
                self.report.problems.append(f"{len(twice)} {name} twice: {sorted(twice)[:5]}")
        for one in seen:
            if one.texts != sorted(one.texts, key=self.report.said.index):
                self.report.problems.append("a chat was handled out of order")
        first: dict[str, float] = {}
        for what, text, at in self._lines():
            if what == "heard" and first.setdefault(text, at) != at:
                self.report.repeated += 1
                kill = min((one for one in self.report.kills if one > first[text]), default=0.0)
                if kill - first[text] > SECONDS_REPEATED:
                    self.report.problems.append(f"{text} was handled again long after")
                first[text] = at


WHAT: Final = ("heard", "job")


def kill(kills: int, seed: int) -> Report:
    """Kill a bot so many times; return what has come of it."""
    with Simulator() as sim, tempfile.TemporaryDirectory() as folder:
        return Killing(sim, Path(folder), random.Random(seed)).run(kills)


def main() -> None:
    """Run it, or be the bot."""
    if sys.argv[1:2] == ["--bot"]:
        asyncio.run(run_bot(*sys.argv[2:]))
        return
    numbers = [int(word) for word in sys.argv[1:]]
    kills, seed = [*numbers, *[20, int.from_bytes(os.urandom(3))][len(numbers) :]]
    report = kill(kills, seed)
    print(f"seed {seed}: {len(report.said)} messages, {len(report.kills)} kills,", end=" ")
    print(f"{report.repeated} of them heard twice by a listener that stores nothing")
    for problem in report.problems:
        print(problem)
    sys.exit(bool(report.problems))


if __name__ == "__main__":
    main()
