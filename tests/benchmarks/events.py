"""Live events: from the socket to the handler."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import aiohttp
import orjson

from beeper_async import ChatUpserted, MessageCreated
from beeper_async._codec import decoder
from beeper_async.models import Message

from . import pages
from .bench import FLOOR, OURS, Bench, Go, Goal, Scenario

# One empty page of chats: nothing has happened before, and nothing is ever missed.
_BASE: Final = "/1/0/0"
_TELL: Final = "tell"
_PATIENCE: Final = 60.0
MODELS: Final = "floor, with models"


def _ours(bench: Bench) -> Go:
    client = bench.ours(_BASE)

    async def handled() -> int:
        count = 0
        async with (
            asyncio.timeout(_PATIENCE),
            asyncio.TaskGroup() as tasks,
            client.events() as events,
        ):
            async for event in events:
                if isinstance(event, MessageCreated):
                    count += 1
                    if count == pages.FRAMES:
                        break
                elif isinstance(event, ChatUpserted):
                    tasks.create_task(client.chats.retrieve(_TELL))
        return count

    return bench.timed_async(handled, pages.FRAMES)


def _bare(use: Callable[[dict[str, Any]], object], bench: Bench) -> Go:
    """Receive the same frames with aiohttp and parse them with orjson."""
    session = bench.session()
    root = f"{bench.root}{_BASE}/v1"

    async def tell() -> None:
        await (await session.get(f"{root}/chats/{_TELL}")).read()

    async def received() -> int:
        count = 0
        async with (
            asyncio.timeout(_PATIENCE),
            asyncio.TaskGroup() as tasks,
            session.ws_connect(f"{root}/ws", decode_text=False) as socket,
        ):
            await socket.send_str('{"type": "subscriptions.set", "chatIDs": ["*"]}')
            while count < pages.FRAMES:
                frame = await socket.receive()
                if frame.type is not aiohttp.WSMsgType.TEXT:
                    break
                event = orjson.loads(frame.data)
                if event["type"] == "message.upserted":
                    use(event)
                    count += 1
                elif event["type"] == "chat.upserted":
                    tasks.create_task(tell())
        return count

    return bench.timed_async(received, pages.FRAMES)


def _leave(event: dict[str, Any]) -> None:
    """Make nothing of an event."""


def _model(event: dict[str, Any]) -> Message:
    return decoder.decode(Message, event["entries"][0])


SCENARIOS: Final = (
    Scenario(
        f"{pages.FRAMES:,} live events, from socket to handler",
        {OURS: _ours, FLOOR: partial(_bare, _leave), MODELS: partial(_bare, _model)},
        (Goal(FLOOR, 2.7, 2.4, faster=False), Goal(MODELS, faster=False)),
    ),
)
