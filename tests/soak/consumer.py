"""The consumer, in a process of its own: what it gets goes out as lines of JSON.

["message", chat_id, message_id, recovered]    each `MessageCreated`
["other", kind, whether it has a before]       an event about a message that nobody caused
["gap", reason, messages found]                each time that something was missing
["memory", name, resident bytes, peak bytes]   at quarters of the way, and around a pause
["end", reconnects, checkpoint]                the last line
"""

import asyncio
import contextlib
import re
import sys
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any, Final, Literal, Self

import orjson
from attrs import asdict, field, frozen

from beeper_async import AsyncBeeperDesktop, Checkpoint, MessageCreated, MessageUpserted
from beeper_async.events.stream import EventStream

Tell = Callable[[list[Any]], None]

# Gaps are found by looking: each of them takes at least one request, so much longer than this.
_LOOK: Final = 0.005


@frozen(kw_only=True)
class Settings:
    """What a consumer is to do."""

    url: str
    token: str
    until: int
    """Stop after so many messages."""
    linger: float = 0.0
    """But go on for so many seconds, to see whether more comes than there should."""
    marks: dict[str, int] = field(factory=dict[str, int])
    """After how many messages to tell the memory, by the name of the place."""
    since: str | None = None
    """The checkpoint to begin at, as JSON."""
    heartbeat: float = 1.0
    check_every: float = 5.0
    timeout: float = 1.0
    """For requests; frozen connections would hold them up for longer than anybody cares to wait."""
    pause: Literal["", "await", "block"] = ""
    """How to stop working in the middle: awaiting a sleep, or blocking the whole event loop."""
    pause_after: int = 0
    pause_seconds: float = 0.0

    def to_json(self) -> str:
        return orjson.dumps(asdict(self)).decode()

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(**orjson.loads(text))


def memory(name: str) -> list[Any]:
    """Return the resident memory of this process, now and at its peak."""
    status = Path("/proc/self/status")
    text = status.read_text() if status.exists() else ""
    kilobytes = (re.search(rf"{key}:\s+(\d+) kB", text) for key in ("VmRSS", "VmHWM"))
    return ["memory", name, *(int(one[1]) * 1024 if one else 0 for one in kilobytes)]


async def consume(settings: Settings, tell: Tell) -> None:
    """Iterate over the events until enough messages are there."""
    since = None if settings.since is None else Checkpoint.from_json(settings.since)
    async with (
        AsyncBeeperDesktop(
            base_url=settings.url,
            access_token=settings.token,
            timeout=settings.timeout,
            max_retries=10,
        ) as client,
        client.events(
            since=since, heartbeat=settings.heartbeat, check_every=settings.check_every
        ) as events,
        _gaps_told(events, tell),
    ):
        tell(["ready"])
        await _iterate(events, settings, tell)
        tell(["end", events.reconnects, events.checkpoint().to_json()])


async def _iterate(events: EventStream, settings: Settings, tell: Tell) -> None:
    count = 0
    names = {number: name for name, number in settings.marks.items()}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(None) as patience:
            async for event in events:
                if not isinstance(event, MessageUpserted):
                    continue
                if not isinstance(event, MessageCreated):
                    tell(["other", type(event).__name__, event.before is not None])
                    continue
                count += 1
                tell(["message", event.chat_id, event.message_id, event.recovered])
                if count in names:
                    tell(memory(names[count]))
                if settings.pause and count == settings.pause_after:
                    await _pause(settings, tell)
                if count == settings.until:
                    if not settings.linger:
                        return
                    patience.reschedule(asyncio.get_running_loop().time() + settings.linger)


async def _pause(settings: Settings, tell: Tell) -> None:
    tell(memory("before"))
    if settings.pause == "block":
        time.sleep(settings.pause_seconds)  # noqa: ASYNC251 - what must never be done is the point
    else:
        await asyncio.sleep(settings.pause_seconds)
    tell(memory("after the pause"))


@contextlib.asynccontextmanager
async def _gaps_told(events: EventStream, tell: Tell) -> AsyncGenerator[None]:
    async def look() -> None:
        last = None
        while True:
            if events.last_gap is not last and events.last_gap is not None:
                last = events.last_gap
                tell(["gap", last.reason, last.recovered])
            await asyncio.sleep(_LOOK)

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()


def _print(line: list[Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    asyncio.run(consume(Settings.from_json(sys.argv[1]), _print))
