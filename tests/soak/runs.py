"""The long runs: messages through a storm, in one go and with restarts of the consumer."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from attrs import evolve, frozen

from beeper_async.testing import FaultProxy, Simulator

from .consumer import Settings
from .ledger import Ledger, Verdict
from .storm import KINDS, Storm, Writer

ROOT: Final = Path(__file__).parents[2]
QUARTERS: Final = (25, 50, 75, 100)
_LINGER: Final = 12.0


@frozen(kw_only=True)
class Size:
    """How much is to happen."""

    messages: int = 20_000
    chats: int = 50
    faults: int = 200
    restarts: int = 0
    seed: int = 6
    rate: float = 45.0
    """Messages a second; fewer where a fault takes its time, for each is to hit its share."""
    deadline: float = 1200.0


@asynccontextmanager
async def child(settings: Settings, ledger: Ledger) -> AsyncGenerator[asyncio.Task[None]]:
    """Run a consumer in a process of its own; the task ends when it has ended by itself."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.soak.consumer", settings.to_json()),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    listening = asyncio.create_task(_listen(process, ledger))
    try:
        yield listening
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await asyncio.wait([listening])


async def _listen(process: asyncio.subprocess.Process, ledger: Ledger) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        ledger.hear_text(line)
    if await process.wait():
        raise RuntimeError("the consumer failed; see above")


async def through_a_storm(size: Size) -> dict[str, Any]:
    """Let messages arrive while connections break, and tell the figures."""
    ledger = Ledger()
    start = time.monotonic()
    async with (
        Simulator(chats=size.chats, now=datetime.now(UTC)) as sim,
        FaultProxy(sim.url) as proxy,
    ):
        storm = Storm(proxy, size.faults, size.seed)
        share = size.messages / size.faults

        def allowed() -> int:
            if not ledger.is_ready:
                return 0
            return min(size.messages, int((storm.struck.total() + 1) * share))

        settings = Settings(url=proxy.url, token=sim.token, until=size.messages, linger=_LINGER)
        with Writer(sim.world, ledger, size.chats, allowed, size.rate):
            blowing = asyncio.create_task(storm.blow())
            try:
                async with asyncio.timeout(size.deadline):
                    await _consume(settings, size, ledger)
            except TimeoutError:
                print("The deadline is over.", file=sys.stderr)
            finally:
                blowing.cancel()
    return figures(size, ledger, storm, time.monotonic() - start)


async def _consume(settings: Settings, size: Size, ledger: Ledger) -> None:
    """Consume all messages, as one process after the other if there are to be restarts."""
    runs = size.restarts + 1
    for number in range(1, runs + 1):
        until = size.messages * number // runs - ledger.count
        marks = {
            f"{percent} %": mark
            for percent in QUARTERS
            if 0 < (mark := size.messages * percent // 100 - ledger.count) <= until
        }
        last = number == runs
        mine = evolve(
            settings,
            until=until,
            marks=marks,
            since=ledger.checkpoint,
            linger=settings.linger if last else 0.0,
        )
        async with child(mine, ledger) as ended:
            await ended
        if not last:
            await asyncio.sleep(2)  # others go on writing while nobody reads


def figures(size: Size, ledger: Ledger, storm: Storm, seconds: float) -> dict[str, Any]:
    """Put what happened into a map, for the table and for JSON."""
    verdict = ledger.verdict()
    written = sum(map(len, ledger.written.values()))
    return {
        "messages written": written,
        "chats": len(ledger.written),
        "arrived": ledger.count,
        **told(verdict),
        "faults": storm.struck.total(),
        **{f"faults: {kind}": storm.struck[kind] for kind in KINDS},
        "HTTP connections hit along": storm.along,
        "single requests spoilt": storm.requests,
        "restarts": size.restarts,
        "reconnects": ledger.reconnects,
        **{f"gaps: {reason}": count for reason, count in sorted(ledger.gaps.items())},
        "live": ledger.live,
        "recovered": ledger.recovered,
        **{f"memory at {name}": resident for name, (resident, _) in ledger.memory.items()},
        "memory at its peak": max((peak for _, peak in ledger.memory.values()), default=0),
        "seconds": round(seconds, 1),
        # Between two faults there are fewer messages than are remembered.
        "good": verdict.is_good and not verdict.told_again and written == size.messages,
    }


def told(verdict: Verdict) -> dict[str, Any]:
    """Put a verdict into words."""
    return {
        "missing": verdict.missing,
        "doubles": verdict.doubles,
        "out of order": verdict.out_of_order,
        "unasked": verdict.unasked,
        "told again as changed": verdict.told_again,
        **({"for example": verdict.examples} if verdict.examples else {}),
    }
