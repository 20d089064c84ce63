"""The consumer, in a process of its own: what it gets goes out as lines of JSON.

["message", kind, chat_id, message_id, ...]    an event of a message, see `line_of`
["gap", reason, messages found]                each time that something was missing
["memory", name, resident bytes, peak bytes]   at marks on the way, and around a pause
["end", reconnects, checkpoint]                the last line

Its settings are the first line of its standard input. It stops when that ends.
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

from beeper_async import (
    AsyncBeeperDesktop,
    Checkpoint,
    Event,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    MessageUpserted,
    ReactionAdded,
    ReactionRemoved,
)
from beeper_async.events.stream import EventStream
from beeper_async.models import Message

Tell = Callable[[list[Any]], None]

LINE: Final = 2**26
"""Maximum number of bytes of a line. A checkpoint is one."""
# Gaps are found by looking: each of them takes at least one request, so much longer than this.
_LOOK: Final = 0.005


@frozen(kw_only=True)
class Settings:
    """What a consumer is to do."""

    url: str
    token: str
    marks: dict[str, int] = field(factory=dict[str, int])
    """After how many events of messages to print the memory, by the name of the place."""
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
    is_brief: bool = False
    """Print no messages but each hundredth."""

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


def line_of(event: Event) -> list[Any] | None:
    """Return the line of an event of a message; None for other events."""
    if isinstance(event, MessageDeleted):
        return ["message", "deleted", event.chat_id, event.message_id]
    if not isinstance(event, MessageUpserted):
        return None
    place = [event.chat_id, event.message_id]
    if isinstance(event, MessageCreated):
        return ["message", "created", *place, event.recovered, *_looks(event.message)]
    if isinstance(event, MessageEdited):
        return ["message", "edited", *place, event.message.text]
    if isinstance(event, ReactionAdded):
        return ["message", "added", *place, event.reaction.participant_id]
    if isinstance(event, ReactionRemoved):
        return ["message", "removed", *place, event.reaction.participant_id]
    return ["message", "changed", *place, *_looks(event.message)]


def _looks(message: Message) -> list[Any]:
    return [message.text, [one.participant_id for one in message.reactions or ()]]


async def consume(settings: Settings, tell: Tell, stop: asyncio.Event) -> None:
    """Iterate over the events until it is to stop."""
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
        iterating = asyncio.create_task(_iterate(events, settings, tell))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([iterating, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in (iterating, stopping):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await iterating
        tell(memory("the end"))
        tell(["end", events.reconnects, events.checkpoint().to_json()])


async def _iterate(events: EventStream, settings: Settings, tell: Tell) -> None:
    count = 0
    names = {number: name for name, number in settings.marks.items()}
    async for delivery in events.deliveries():
        line = line_of(delivery.event)
        if line is not None:
            count += 1
            if not settings.is_brief or not count % 100:
                tell(line)
        # Without a wait in between: what was printed is acknowledged, and nothing else.
        delivery.acknowledge()
        if line is not None and count in names:
            tell(memory(names[count]))
        if line is not None and settings.pause and count == settings.pause_after:
            await _pause(settings, tell)


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
            gap = events.last_gap
            if gap is not None and (gap.at, gap.reason) != last:
                last = gap.at, gap.reason
                tell(["gap", gap.reason, gap.recovered])
            await asyncio.sleep(_LOOK)

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()


def _print(line: list[Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()


async def main() -> None:
    """Consume until the standard input ends."""
    stop = asyncio.Event()
    reader = asyncio.StreamReader(LINE)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    settings = Settings.from_json((await reader.readline()).decode())

    async def listen() -> None:
        await reader.read()
        stop.set()

    listening = asyncio.create_task(listen())
    await consume(settings, _print, stop)
    listening.cancel()


if __name__ == "__main__":
    asyncio.run(main())
