"""How long it takes to notice that the other side is gone without a word."""

import asyncio
import random
import statistics
import time
from collections.abc import Callable
from typing import Any, Final

from beeper_async import AsyncBeeperDesktop
from beeper_async.events.stream import EventStream
from beeper_async.testing import FaultProxy, Simulator

HEARTBEAT: Final = 1.5
TRIES: Final = 20
_LOOK: Final = 0.002
_PATIENCE: Final = 30.0


async def until(true: Callable[[], bool]) -> float:
    """Wait for something; return the seconds that it took."""
    start = time.monotonic()
    async with asyncio.timeout(_PATIENCE):
        while not true():  # noqa: ASYNC110 - a stream tells nobody when its connection is lost
            await asyncio.sleep(_LOOK)
    return time.monotonic() - start


async def noticing(*, busy: bool, tries: int = TRIES, seed: int = 6) -> dict[str, Any]:
    """Let connections go silent, and tell how long until it shows, in heartbeats.

    On a busy connection something comes all the time until then; else nothing ever does.
    """
    async with (
        Simulator(now=None) as sim,
        FaultProxy(sim.url) as proxy,
        AsyncBeeperDesktop(base_url=proxy.url, access_token=sim.token, timeout=1.0) as client,
        client.events(heartbeat=HEARTBEAT) as events,
        asyncio.TaskGroup() as tasks,
    ):
        reading = tasks.create_task(_read(events))
        writing = tasks.create_task(_write(sim)) if busy else None
        shares = await _shares(events, proxy, tries, random.Random(seed))
        for task in (reading, writing):
            if task is not None:
                task.cancel()
    return {
        "tries": tries,
        "least": round(min(shares), 2),
        "median": round(statistics.median(shares), 2),
        "most": round(max(shares), 2),
        "good": max(shares) <= 1.0,
    }


async def _shares(
    events: EventStream, proxy: FaultProxy, tries: int, chance: random.Random
) -> list[float]:
    shares: list[float] = []
    for number in range(tries):
        await until(lambda: events.connected)
        await asyncio.sleep(chance.uniform(0.1, HEARTBEAT))
        dead = proxy.connections
        if number % 2:
            proxy.black_hole_all()
        else:
            proxy.freeze_all()
        shares.append(await until(lambda: not events.connected) / HEARTBEAT)
        for connection in dead:
            connection.kill(reset=True)
    return shares


async def _read(events: EventStream) -> None:
    async for _ in events:
        pass


async def _write(sim: Simulator) -> None:
    chat_id = sim.world.by_activity()[0]["id"]
    while True:
        sim.world.receive(chat_id, "la la la")
        await asyncio.sleep(0.02)
