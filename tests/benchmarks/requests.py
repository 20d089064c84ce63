"""Small requests: what the library itself costs for each of them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson

from .bench import FLOOR, OFFICIAL, OFFICIAL_AIOHTTP, OURS, Bench, Go, Goal, Scenario

BASE: Final = "/1/1/0"
_COUNT: Final = 100
_AT_ONCE: Final = 64
_TIMES: Final = 3


def _one_by_one(bench: Bench, client: Any) -> Go:
    async def gets() -> int:
        count = 0
        for _ in range(_COUNT):
            count += bool((await client.chats.retrieve("1")).title)
        return count

    return bench.timed_async(gets, _COUNT, times=_TIMES, per=_COUNT)


def _one_by_one_blocking(bench: Bench, client: Any) -> Go:
    def gets() -> int:
        count = 0
        for _ in range(_COUNT):
            count += bool(client.chats.retrieve("1").title)
        return count

    return bench.timed(gets, _COUNT, times=_TIMES, per=_COUNT)


def _get(bench: Bench) -> Callable[[], Awaitable[int]]:
    session = bench.session()
    url = f"{bench.root}{BASE}/v1/chats/1"

    async def get() -> int:
        answer = await session.request("GET", url)
        return bool(orjson.loads(await answer.read())["title"])

    return get


def _bare(bench: Bench) -> Go:
    """Send with aiohttp, read, parse with orjson: nobody on this stack can do less."""
    get = _get(bench)

    async def gets() -> int:
        count = 0
        for _ in range(_COUNT):
            count += await get()
        return count

    return bench.timed_async(gets, _COUNT, times=_TIMES, per=_COUNT)


def _at_once(bench: Bench, get: Callable[[], Awaitable[Any]]) -> Go:
    async def gets() -> int:
        return len(await asyncio.gather(*(get() for _ in range(_AT_ONCE))))

    return bench.timed_async(gets, _AT_ONCE, times=_TIMES)


def _retrieve(client: Any) -> Callable[[], Awaitable[Any]]:
    return lambda: client.chats.retrieve("1")


SCENARIOS: Final = (
    Scenario(
        "small GET, async",
        {
            OURS: lambda bench: _one_by_one(bench, bench.ours(BASE)),
            OFFICIAL: lambda bench: _one_by_one(bench, bench.official(BASE)),
            OFFICIAL_AIOHTTP: lambda bench: _one_by_one(bench, bench.official_aiohttp(BASE)),
            FLOOR: _bare,
        },
        (
            Goal(FLOOR, 1.2, 1.12, faster=False),
            Goal(OFFICIAL),
            Goal(OFFICIAL_AIOHTTP),
        ),
        unit="us",
    ),
    Scenario(
        "small GET, blocking",
        {
            OURS: lambda bench: _one_by_one_blocking(bench, bench.ours_blocking(BASE)),
            OFFICIAL: lambda bench: _one_by_one_blocking(bench, bench.official_blocking(BASE)),
            FLOOR: _bare,
        },
        (Goal(FLOOR, 1.45, 1.35, faster=False), Goal(OFFICIAL)),
        unit="us",
    ),
    Scenario(
        "64 small GETs at once",
        {
            OURS: lambda bench: _at_once(bench, _retrieve(bench.ours(BASE))),
            OFFICIAL: lambda bench: _at_once(bench, _retrieve(bench.official(BASE))),
            OFFICIAL_AIOHTTP: lambda bench: _at_once(
                bench, _retrieve(bench.official_aiohttp(BASE))
            ),
            FLOOR: lambda bench: _at_once(bench, _get(bench)),
        },
        (Goal(FLOOR, 1.6, 1.4, faster=False), Goal(OFFICIAL), Goal(OFFICIAL_AIOHTTP)),
    ),
)
