"""Plays one seed: random acts of a lying app on one side, a consumer of its events on the other."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Final

from attrs import define, field, frozen

from beeper_async import AsyncBeeperDesktop, BeeperDesktopError, Checkpoint, Event
from beeper_async.events.stream import EventStream

from . import virtual_time
from .lies import Lies
from .lying_app import LyingApp
from .picture import Delivered, Findings, compare
from .undetectable import Facts

# All in seconds of the event loop, which cost nothing.
_BETWEEN_ACTS: Final = 0.5
_QUIET: Final = 1200.0
_LOOK: Final = 600.0
_PATIENCE: Final = 6 * 3600.0
# How often a program tries to open a stream that an app refuses for the moment.
_OPENINGS: Final = 50
# Whether an event counts as done when it is handed out, or only when the next one is requested.
# What counts as done does not come again after a restart.
HANDED_OUT_IS_DONE: Final = False


@frozen(kw_only=True)
class Game:
    """What is played."""

    seed: int
    acts: int = 150
    lies: Lies = field(factory=Lies)
    speed: float = 1.0
    """How many times faster than usual the stream's own checks come."""


@frozen(kw_only=True)
class Result:
    """What came out of it."""

    game: Game
    findings: Findings
    delivered: list[Delivered]
    facts: Facts
    requests: int
    restarts: int
    seconds: float
    """How long it took by the clock of the event loop."""


def open_stream(
    client: AsyncBeeperDesktop, since: Checkpoint | None, buffer: int, speed: float
) -> EventStream:
    """Make the stream that is tested."""
    return client.events(since=since, buffer=buffer, check_every=max(1.0, 300.0 / speed))


def play(game: Game) -> Result:
    """Play a seed to its end."""
    before = random.getstate()
    random.seed(game.seed)  # the client spreads its retries at random
    try:
        return virtual_time.run(_play(game))
    finally:
        random.setstate(before)


async def _play(game: Game) -> Result:
    rng = Random(f"{game.seed} player")
    clock = asyncio.get_running_loop().time
    async with (
        LyingApp(game.seed, game.lies) as app,
        AsyncBeeperDesktop(
            base_url=app.url, access_token="token", on_unreadable=lambda _: None
        ) as client,
    ):
        consumer = Consumer(game, app, client)
        consuming = asyncio.create_task(consumer.run())
        sends: set[asyncio.Task[None]] = set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await consumer.is_open.wait()
        for _ in range(game.acts):
            if consuming.done():
                break
            if rng.random() > 0.3:
                await asyncio.sleep(rng.expovariate(1 / _BETWEEN_ACTS))
            _act(rng, app, client, consumer, sends)
        await asyncio.gather(*sends)
        findings = await _settle(app, consumer, consuming)
        consumer.stop()
        await consuming
        findings.faults += consumer.ended
        return Result(
            game=game,
            findings=findings,
            delivered=consumer.delivered,
            facts=app.facts(),
            requests=app.requests,
            restarts=consumer.restarts,
            seconds=clock(),
        )


def _act(
    rng: Random,
    app: LyingApp,
    client: AsyncBeeperDesktop,
    consumer: Consumer,
    sends: set[asyncio.Task[None]],
) -> None:
    """Let one thing happen."""
    lies = app.lies
    roll = {name: rng.random() < getattr(lies, name) for name in ("kicks", "aborts", "sends")}
    if rng.random() < lies.restarts:
        consumer.restart()
    if roll["kicks"] or roll["aborts"]:
        app.drop_connections(abort=roll["aborts"])
    elif roll["sends"]:
        chat = rng.choice(app.store.living())
        sends.add(asyncio.create_task(_send(client, chat.id, f"sent {rng.random()}")))
    else:
        app.world.act()


async def _send(client: AsyncBeeperDesktop, chat_id: str, text: str) -> None:
    with suppress(BeeperDesktopError):
        await client.messages.send(chat_id, text=text)


async def _settle(app: LyingApp, consumer: Consumer, consuming: asyncio.Task[None]) -> Findings:
    """Wait until the consumer knows everything, but not longer than patience lasts."""
    clock = asyncio.get_running_loop().time
    app.settle()
    consumer.hurry()
    await asyncio.sleep(60)
    # A connection that is lost once more makes the stream read again what it can't know otherwise.
    app.drop_connections(abort=False)
    await asyncio.sleep(_QUIET)
    deadline = clock() + _PATIENCE
    while True:
        findings = compare(consumer.delivered, app.facts())
        if not findings.faults or clock() > deadline or consuming.done():
            return findings
        await asyncio.sleep(_LOOK)


@define(eq=False)
class Consumer:
    """Iterates over a stream, slowly at times, and begins again where it left off."""

    _game: Game
    _app: LyingApp
    _client: AsyncBeeperDesktop
    delivered: list[Delivered] = field(factory=list[Delivered])
    ended: list[tuple[str, str]] = field(factory=list[tuple[str, str]])
    """Why streams ended that nobody closed."""
    restarts: int = 0
    is_open: asyncio.Event = field(factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None
    _is_stopped: bool = False
    _pause: Callable[[], float] = lambda: 0.0
    _unfinished: Event | None = None

    def restart(self) -> None:
        """Close the stream, wherever it is, and begin another one at its checkpoint."""
        if self._task is not None:
            self._task.cancel()

    def stop(self) -> None:
        """Close the stream for good."""
        self._is_stopped = True
        self.restart()

    def hurry(self) -> None:
        """Take no more time for events."""
        self._pause = lambda: 0.0

    async def run(self) -> None:
        rng = Random(f"{self._game.seed} consumer")
        buffer = rng.choice([5, 20, 100, 1000])
        if rng.random() < self._game.lies.slowness:
            longest = rng.choice([0.1, 1.0, 5.0])
            self._pause = lambda: rng.uniform(0, longest) if rng.random() < 0.5 else 0.0
        since: Checkpoint | None = None
        while not self._is_stopped:
            stream = await self._opened(since, buffer)
            try:
                self._task = asyncio.create_task(self._iterate(stream))
                await asyncio.wait([self._task])
                self._note_end(self._task)
                text = stream.checkpoint().to_json()
                since = Checkpoint.from_json(text)
            finally:
                self._task = None
                await stream.__aexit__(None, None, None)
                self._app.note_restart()
            self.restarts += not self._is_stopped

    async def _opened(self, since: Checkpoint | None, buffer: int) -> EventStream:
        stream = open_stream(self._client, since, buffer, self._game.speed)
        for attempts_left in reversed(range(_OPENINGS)):
            try:
                await stream.__aenter__()
                break
            except BeeperDesktopError:
                if not attempts_left:
                    raise
            await asyncio.sleep(0.5)
            if self._app.subscribed_at is None:
                self._app.forget_reads()
            stream = open_stream(self._client, since, buffer, self._game.speed)
        if self._app.subscribed_at is None:
            self._app.subscribed_at = asyncio.get_running_loop().time()
            self.is_open.set()
        return stream

    async def _iterate(self, stream: EventStream) -> None:
        clock = asyncio.get_running_loop().time
        self._unfinished = None
        while True:
            event = await anext(stream)
            at = clock()
            if HANDED_OUT_IS_DONE:
                self.delivered.append(Delivered(at, self.restarts, event))
            pause = self._pause()
            if pause:
                await asyncio.sleep(pause)
            if not HANDED_OUT_IS_DONE:
                self.delivered.append(Delivered(at, self.restarts, event))

    def _note_end(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if not isinstance(error, BeeperDesktopError | StopAsyncIteration | RuntimeError):
            assert error is not None
            raise error
        self.ended.append(("ended", f"the stream ended: {error!r}"))
