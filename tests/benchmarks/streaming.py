"""Walking listings: page after page, read ahead, and several at once."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson

from beeper_async import merge
from beeper_async._codec import decoder
from beeper_async.models import Message
from beeper_async.models.page import CursorPage

from . import pages
from .bench import FLOOR, OFFICIAL, OFFICIAL_AIOHTTP, OURS, Bench, Cost, Go, Goal, Scenario

PAGES: Final = 100
SIZE: Final = 100
_ALL: Final = PAGES * SIZE
_BASE: Final = f"/{PAGES}/{SIZE}/0"


def walk(client: Any) -> Callable[[], Awaitable[int]]:
    """Return what walks a listing of chats to its end and counts them."""

    async def all_chats() -> int:
        count = 0
        async for _ in client.chats.list():
            count += 1
        return count

    return all_chats


def _walk_blocking(client: Any) -> Callable[[], int]:
    def all_chats() -> int:
        count = 0
        for _ in client.chats.list():
            count += 1
        return count

    return all_chats


def _bare(bench: Bench) -> Go:
    """Read and parse the pages with aiohttp and orjson, and make nothing of them."""
    session = bench.session()
    url = f"{bench.root}{_BASE}/v1/chats"

    async def all_chats() -> int:
        count, query = 0, ""
        while True:
            answer = await session.request("GET", url + query)
            page = orjson.loads(await answer.read())
            count += len(page["items"])
            if not page["hasMore"]:
                return count
            query = f"?cursor={page['oldestCursor']}"

    return bench.timed_async(all_chats, _ALL)


_STREAM: Final = Scenario(
    "stream 100 pages of 100 chats, async",
    {
        OURS: lambda bench: bench.timed_async(walk(bench.ours(_BASE)), _ALL),
        OFFICIAL: lambda bench: bench.timed_async(walk(bench.official(_BASE)), _ALL),
        OFFICIAL_AIOHTTP: lambda bench: bench.timed_async(
            walk(bench.official_aiohttp(_BASE)), _ALL
        ),
        FLOOR: _bare,
    },
    (Goal(FLOOR, 1.4, 1.25, faster=False), Goal(OFFICIAL), Goal(OFFICIAL_AIOHTTP)),
)

_STREAM_BLOCKING: Final = Scenario(
    "stream 100 pages of 100 chats, blocking",
    {
        OURS: lambda bench: bench.timed(_walk_blocking(bench.ours_blocking(_BASE)), _ALL),
        OFFICIAL: lambda bench: bench.timed(_walk_blocking(bench.official_blocking(_BASE)), _ALL),
        FLOOR: _bare,
    },
    (Goal(FLOOR, 1.5, 1.35, faster=False), Goal(OFFICIAL)),
)


# --- with latency -------------------------------------------------------------------------------

_SLOW: Final = "/20/100/5"


def _ahead(bench: Bench) -> Go:
    client = bench.ours(_SLOW)

    async def all_chats() -> int:
        count = 0
        async with client.chats.list().prefetch(2) as chats:
            async for _ in chats:
                count += 1
        return count

    return bench.timed_async(all_chats, 2000)


_AHEAD: Final = Scenario(
    "read 20 pages ahead, 5 ms of latency",
    {
        OURS: _ahead,
        OFFICIAL: lambda bench: bench.timed_async(walk(bench.official(_SLOW)), 2000),
    },
    (Goal(OFFICIAL, 4, 4.7),),
    waits=True,
)

SUM: Final = "latency + decoding"
_LISTINGS, _LENGTH, _MESSAGES, _IN_FLIGHT, _LATENCY = 64, 10, 20, 16, 0.005


def merged(client: Any, listings: int, in_flight: int) -> Callable[[], Awaitable[int]]:
    """Return what walks several listings of messages at once and counts their items."""

    async def all_messages() -> int:
        count = 0
        sources = {n: client.messages.list(str(n)) for n in range(listings)}
        async with merge(sources, in_flight=in_flight) as messages:
            async for _ in messages:
                count += 1
        return count

    return all_messages


def _merged(bench: Bench) -> Go:
    client = bench.ours(f"/{_LENGTH}/{_MESSAGES}/5")
    work = merged(client, _LISTINGS, _IN_FLIGHT)
    return bench.timed_async(work, _LISTINGS * _LENGTH * _MESSAGES)


def _sum(bench: Bench) -> Go:
    """Add the latency of the round trips to the time that decoding takes, without overlap."""
    raw = pages.message_page(0, _MESSAGES, "c", last=True)

    def go() -> Cost:
        start = Cost.now()
        for _ in range(_LISTINGS * _LENGTH):
            decoder.decode_page(CursorPage[Message], orjson.loads(raw))
        decoding = Cost.now().since(start, 1)
        waiting = _LISTINGS * _LENGTH / _IN_FLIGHT * _LATENCY
        return Cost(decoding.cpu, decoding.wall + waiting)

    return go


_MERGED: Final = Scenario(
    "merge 64 listings of 10 pages, 16 in flight, 5 ms of latency",
    {OURS: _merged, SUM: _sum},
    (Goal(SUM, 1.25, 1.25, faster=False),),
    waits=True,
)

SCENARIOS: Final = (_STREAM, _STREAM_BLOCKING, _AHEAD, _MERGED)
