"""A consumer that stops working for half a minute, while everybody writes."""

import asyncio
import time
from typing import Any, Final, Literal

from beeper_async.testing import FaultProxy

from .consumer import Settings
from .ledger import Ledger
from .runs import caught_up, child, told
from .servers import serve
from .storm import Writer

PAUSE: Final = 30.0
MESSAGES: Final = 20_000
_CHATS: Final = 50
_LINGER: Final = 8.0
_PAUSE_AFTER: Final = 100
_PATIENCE: Final = 330.0
_LOOK: Final = 0.05


async def paused(
    kind: Literal["await", "block"],
    *,
    seconds: float = PAUSE,
    messages: int = MESSAGES,
    linger: float = _LINGER,
) -> dict[str, Any]:
    """Let all the messages arrive while a handler takes so long, and return the figures.

    The heartbeat is a fraction of the pause, and no fault strikes: every lost connection would
    have been lost because of the handler.
    """
    ledger, start = Ledger(), time.monotonic()
    async with serve("simulator", _CHATS) as server, FaultProxy(server.url) as proxy:
        settings = Settings(
            url=proxy.url,
            token=server.token,
            heartbeat=2.0,
            timeout=30.0,
            pause=kind,
            pause_after=_PAUSE_AFTER,
            pause_seconds=seconds,
        )
        # All within the first two thirds of the pause.
        rate = messages / (seconds * 2 / 3)
        writer = Writer(server, ledger, lambda: messages if ledger.is_ready else 0, rate)
        async with writer, child(settings, ledger) as check:
            while writer.count < messages or "after the pause" not in ledger.memory:
                check()
                await asyncio.sleep(_LOOK)
            await caught_up(ledger, check, patience=_PATIENCE, linger=linger)
        lost = server.lost
    verdict = ledger.verdict()
    is_good = verdict.is_good and not verdict.is_behind
    return {
        "messages written": writer.count,
        "changes": writer.acts.total(),
        "messages arrived": ledger.count,
        "other events": ledger.events,
        **told(verdict),
        "reconnects": ledger.reconnects,
        "live": ledger.live,
        "recovered": ledger.recovered,
        "lost by the app": lost,
        **{f"gaps: {reason}": count for reason, count in sorted(ledger.gaps.items())},
        **_memory(ledger),
        "seconds": round(time.monotonic() - start, 1),
        "good": is_good and writer.count == messages and ledger.reconnects == 0,
    }


def _memory(ledger: Ledger) -> dict[str, int]:
    before, _ = ledger.memory["before"]
    paused, peak_until_then = ledger.memory["after the pause"]
    after, peak = ledger.memory["the end"]
    return {
        "memory before": before,
        "memory after the pause": paused,
        "memory at its peak in the pause": peak_until_then,
        "memory when all had arrived": after,
        "memory at its peak": peak,
    }
