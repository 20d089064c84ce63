"""The long runs: messages through a storm, in one go and with restarts of the consumer."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from attrs import evolve, frozen

from beeper_async.testing import FaultProxy

from .consumer import LINE, Settings
from .ledger import Ledger, Verdict
from .servers import ServerName, serve
from .storm import KINDS, Storm, Writer

ROOT: Final = Path(__file__).parents[2]
QUARTERS: Final = (25, 50, 75, 100)
_LINGER: Final = 12.0
_LOOK: Final = 0.05
# What changed deep in a chat while the connection was lost is compared every 5 minutes.
_PATIENCE: Final = 330.0
# Events of messages for each message, about.
_EVENTS: Final = 1.45


@frozen(kw_only=True)
class Size:
    """How much is to happen."""

    server: ServerName = "simulator"
    messages: int = 20_000
    chats: int = 50
    faults: int = 200
    restarts: int = 0
    seed: int = 6
    rate: float = 45.0
    """Messages a second; fewer where a fault takes its time, for each is to hit its share."""
    deadline: float = 1200.0


@asynccontextmanager
async def child(settings: Settings, ledger: Ledger) -> AsyncGenerator[Callable[[], None]]:
    """Run a consumer in a process of its own, which stops at the end of the block.

    Gives a function that raises if the consumer has failed.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.soak.consumer"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE,
        cwd=ROOT,
    )
    assert process.stdin is not None
    process.stdin.write(settings.to_json().encode() + b"\n")
    listening = asyncio.create_task(_listen(process, ledger))

    def check() -> None:
        if listening.done():
            listening.result()
            raise RuntimeError("the consumer has ended by itself")

    try:
        yield check
        process.stdin.close()
        await listening
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
    """Let messages arrive and change while connections break, and return the figures."""
    ledger, start = Ledger(), time.monotonic()
    async with serve(size.server, size.chats) as server, FaultProxy(server.url) as proxy:
        storm = Storm(proxy, size.faults, size.seed)
        share = size.messages / size.faults

        def allowed() -> int:
            if not ledger.is_ready:
                return 0
            return min(size.messages, int((storm.struck.total() + 1) * share))

        settings = Settings(url=proxy.url, token=server.token)
        async with Writer(server, ledger, allowed, size.rate, seed=size.seed) as writer:
            blowing = asyncio.create_task(storm.blow())

            def is_over() -> bool:
                return writer.count == size.messages and storm.is_over

            try:
                async with asyncio.timeout(size.deadline):
                    await _consume(settings, size, ledger, is_over)
            except TimeoutError:
                print("The deadline is over.", file=sys.stderr)
            finally:
                blowing.cancel()
    return figures(size, ledger, storm, writer, time.monotonic() - start)


async def _consume(
    settings: Settings, size: Size, ledger: Ledger, is_over: Callable[[], bool]
) -> None:
    """Consume all events, as one process after the other if there are to be restarts."""
    for number in range(1, size.restarts + 1):
        until = size.messages * number // (size.restarts + 1)
        async with child(evolve(settings, since=ledger.checkpoint), ledger) as check:
            while ledger.count < until:
                check()
                await asyncio.sleep(_LOOK)
        await asyncio.sleep(2)  # others go on writing while nobody reads
    events = int(size.messages * _EVENTS)
    marks = {} if size.restarts else {f"{one} %": events * one // 100 for one in QUARTERS[:-1]}
    last = evolve(settings, since=ledger.checkpoint, marks=marks)
    async with child(last, ledger) as check:
        while not is_over():
            check()
            await asyncio.sleep(_LOOK)
        await caught_up(ledger, check)


async def caught_up(
    ledger: Ledger,
    check: Callable[[], None],
    *,
    patience: float = _PATIENCE,
    linger: float = _LINGER,
) -> None:
    """Wait until nothing is missing, and then for what should not come."""
    with suppress(TimeoutError):
        async with asyncio.timeout(patience):
            while ledger.verdict().is_behind:
                check()
                await asyncio.sleep(_LOOK * 10)
    await asyncio.sleep(linger)
    check()


def figures(
    size: Size, ledger: Ledger, storm: Storm, writer: Writer, seconds: float
) -> dict[str, Any]:
    """Put what happened into a map, for the table and for JSON."""
    verdict = ledger.verdict()
    return {
        "messages written": writer.count,
        "chats": len(ledger.written),
        **{f"then {kind}": writer.acts[kind] for kind in ("edited", "added", "removed", "deleted")},
        "messages arrived": ledger.count,
        "other events": ledger.events,
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
        "good": verdict.is_good and not verdict.is_behind and writer.count == size.messages,
    }


def told(verdict: Verdict) -> dict[str, Any]:
    """Put a verdict into words."""
    return {
        "missing": verdict.missing,
        "doubles": verdict.doubles,
        "out of order": verdict.out_of_order,
        "wrong in the end": verdict.wrong,
        "deletions not noticed": verdict.not_deleted,
        "unasked": verdict.unasked,
        **({"for example": verdict.examples} if verdict.examples else {}),
    }
