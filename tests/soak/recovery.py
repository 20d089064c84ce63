"""How long a live message waits while a thousand chats are read after a lost connection."""

import asyncio
import statistics
import time
from datetime import UTC, datetime
from typing import Any, Final

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
        for number, chat_id in enumerate(chat_ids):
            sim.world.receive(chat_id, f"lost {number}")
        await sim.sockets.subscribers()
        order, waits = await _heard(sim, events, chat_ids)
    last = order.index("live")
    return {
        "chats": chats,
        "messages that were lost": order.count("lost"),
        "live messages meanwhile": len(waits),
        "lost ones delivered before the first live one": last,
        "median wait, ms": round(1000 * statistics.median(waits), 1),
        "longest wait, ms": round(1000 * max(waits), 1),
        "good": order.count("lost") == chats and statistics.median(waits) < _SOON,
    }


async def _heard(
    sim: Simulator, events: EventStream, chat_ids: list[str]
) -> tuple[list[str], list[float]]:
    """Write live messages until all lost ones are found.

    Returns:
        The kinds of the messages in the order in which they came, and the seconds for which the
        live ones waited.
    """
    written: dict[str, float] = {}

    async def write() -> None:
        for number, chat_id in enumerate(reversed(chat_ids)):
            written[f"live {number}"] = time.perf_counter()
            sim.world.receive(chat_id, f"live {number}")
            await asyncio.sleep(_EVERY)

    writing = asyncio.create_task(write())
    order: list[str] = []
    waits: list[float] = []
    try:
        async for event in events:
            if isinstance(event, MessageCreated):
                text = event.message.text or ""
                order.append(text.split()[0])
                if text in written:
                    waits.append(time.perf_counter() - written[text])
                if order.count("lost") == len(chat_ids):
                    break
    finally:
        writing.cancel()
    return order, waits
