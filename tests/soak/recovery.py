"""How long a live message waits while a thousand chats are read after a lost connection."""

import asyncio
import statistics
import time
from datetime import UTC, datetime
from typing import Any, Final

from attrs import define, field

from beeper_async import AsyncBeeperDesktop, MessageCreated
from beeper_async.events.stream import EventStream
from beeper_async.testing import Simulator

CHATS: Final = 1000
RESPONSE: Final = 0.01
_EVERY: Final = 0.1
_DEADLINE: Final = 120.0
_SOON: Final = 0.05


async def waiting(*, chats: int = CHATS, seconds: float = RESPONSE) -> dict[str, Any]:
    """Lose a message in each chat, let others be written meanwhile, and return the figures.

    Every response takes so many seconds. Live messages go to all chats in turn, those first that
    are read last.
    """
    async with (
        asyncio.timeout(_DEADLINE),
        Simulator(chats=chats, now=datetime.now(UTC)) as sim,
        AsyncBeeperDesktop(base_url=sim.url, access_token=sim.token) as client,
        client.events() as events,
    ):
        chat_ids = [chat["id"] for chat in sim.world.by_activity()]
        await sim.sockets.subscribers()
        sim.respond_next(None, delay=seconds, times=10**6, path="/v1/chats*")
        sim.sockets.drop()
        for number, chat_id in enumerate(chat_ids):  # the last one is listed, and so read, first
            sim.world.receive(chat_id, f"lost {number}")
        await sim.sockets.subscribers()
        heard = await _heard(sim, events, chat_ids)
    waits = list(heard.waits.values())
    return {
        "chats": chats,
        "messages that were lost": heard.lost,
        "live messages meanwhile": len(waits),
        "most lost ones delivered while a live one waited": max(heard.overtaken),
        "median wait, ms": round(1000 * statistics.median(waits), 1),
        "longest wait, ms": round(1000 * max(waits), 1),
        "good": heard.lost == chats and statistics.median(waits) < _SOON,
    }


@define
class _Heard:
    """What came while the chats were read."""

    lost: int = 0
    """How many of the lost messages."""
    waits: dict[str, float] = field(factory=dict[str, float])
    """For how many seconds each live message waited, by its text."""
    overtaken: list[int] = field(factory=list[int])
    """How many lost messages were delivered meanwhile."""


async def _heard(sim: Simulator, events: EventStream, chat_ids: list[str]) -> _Heard:
    """Write live messages until all lost ones are found."""
    heard = _Heard()
    written: dict[str, tuple[float, int]] = {}

    async def write() -> None:
        for number, chat_id in enumerate(chat_ids):
            await asyncio.sleep(_EVERY)
            written[f"live {number}"] = time.perf_counter(), heard.lost
            sim.world.receive(chat_id, f"live {number}")

    writing = asyncio.create_task(write())
    try:
        async for event in events:
            if not isinstance(event, MessageCreated):
                continue
            text = event.message.text or ""
            if text in written:
                at, lost = written[text]
                heard.waits[text] = time.perf_counter() - at
                heard.overtaken.append(heard.lost - lost)
            elif text.startswith("lost"):
                heard.lost += 1
            if heard.lost == len(chat_ids) and heard.waits.keys() == written.keys():
                return heard
    finally:
        writing.cancel()
    raise AssertionError("the stream ended")
