"""Half a million events: what is remembered is bounded, so the memory stays as it is."""

import asyncio
import time
from typing import Any, Final

from .consumer import Settings
from .ledger import Ledger
from .runs import child
from .servers import serve
from .storm import Writer

EVENTS: Final = 500_000
_STEPS: Final = 5
_CHATS: Final = 50
_RATE: Final = 1_500.0
_CHANGES: Final = 1.0
_DEADLINE: Final = 1800.0
_GROWTH: Final = 1.1


async def growing(*, events: int = EVENTS) -> dict[str, Any]:
    """Let so many messages be written and changed, and return the memory on the way."""
    ledger, start = Ledger(), time.monotonic()
    step = events // _STEPS
    marks = {f"{number * step:,}": number * step for number in range(1, _STEPS + 1)}
    async with asyncio.timeout(_DEADLINE), serve("simulator", _CHATS) as server:
        settings = Settings(
            url=server.url, token=server.token, marks=marks, is_brief=True, check_every=300.0
        )

        def allowed() -> int:
            return events if ledger.is_ready and len(ledger.memory) < _STEPS else 0

        writer = Writer(server, ledger, allowed, _RATE, changes=_CHANGES)
        async with writer, child(settings, ledger) as check:
            while len(ledger.memory) < _STEPS:
                check()
                await asyncio.sleep(0.1)
    resident = {name: now for name, (now, _) in ledger.memory.items() if name in marks}
    first, *_, last = resident.values()
    return {
        "messages written": writer.count,
        "changes": writer.acts.total(),
        **{f"memory after {name} events": now for name, now in resident.items()},
        "lost by the app": server.lost,
        "seconds": round(time.monotonic() - start, 1),
        "good": last < first * _GROWTH,
    }
