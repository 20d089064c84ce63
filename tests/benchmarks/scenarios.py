"""What is measured: each contender of a scenario is a function that returns seconds for one go."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import aiohttp
import orjson
from attrs import field, frozen

from beeper_async import AsyncBeeperDesktop, merge, wire
from beeper_async.models import ChatListResponse
from beeper_async.models.page import CursorPage
from beeper_sync import BeeperDesktop

from . import pages

Go = Callable[[], float]


@frozen
class Scenario:
    """One row of the table."""

    name: str
    contenders: dict[str, Go]
    """Named `ours`, `official`, `official aiohttp`, `floor`."""
    goals: tuple["Goal", ...] = ()
    unit: str = "ms"


@frozen
class Goal:
    """What a ratio should come to: times faster, or, with `faster` off, times as slow at most."""

    against: str
    must: float
    goal: float
    faster: bool = field(default=True, kw_only=True)


class Bench:
    """Clients that stay open over all rounds, and the loop they run in."""

    def __init__(self, port: int) -> None:
        self.root = f"http://127.0.0.1:{port}"
        self.runner = asyncio.Runner()
        self._closing: list[Callable[[], Any]] = []

    def run(self, work: Callable[[], Awaitable[object]], per: int = 1) -> Go:
        async def once() -> float:
            start = time.perf_counter()
            await work()
            return (time.perf_counter() - start) / per

        return lambda: self.runner.run(once())

    def call(self, work: Callable[[], object], per: int = 1) -> Go:
        def once() -> float:
            start = time.perf_counter()
            work()
            return (time.perf_counter() - start) / per

        return once

    def ours(self, base: str) -> AsyncBeeperDesktop:
        client = AsyncBeeperDesktop(access_token="t", base_url=self.root + base)
        self._closing.append(lambda: self.runner.run(client.close()))
        return client

    def ours_blocking(self, base: str) -> BeeperDesktop:
        client = BeeperDesktop(access_token="t", base_url=self.root + base)
        self._closing.append(client.close)
        return client

    def official(self, base: str, *, aiohttp_extra: bool = False) -> Any:
        import beeper_desktop_api as official

        http: Any = official.DefaultAioHttpClient() if aiohttp_extra else None
        client = official.AsyncBeeperDesktop(
            access_token="t", base_url=self.root + base, http_client=http
        )
        self._closing.append(lambda: self.runner.run(client.close()))
        return client

    def official_blocking(self, base: str) -> Any:
        import beeper_desktop_api as official

        client = official.BeeperDesktop(access_token="t", base_url=self.root + base)
        self._closing.append(client.close)
        return client

    def session(self) -> aiohttp.ClientSession:
        async def make() -> aiohttp.ClientSession:
            return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())

        session = self.runner.run(make())
        self._closing.append(lambda: self.runner.run(session.close()))
        return session

    def close(self) -> None:
        for close in self._closing:
            close()
        self.runner.close()


def scenarios(bench: Bench) -> Iterator[Scenario]:
    yield _decode(bench, "decode 200 chats with previews", False, Goal("official", 14, 17))
    yield _decode(bench, "the same with capabilities", True, Goal("official", 7.5, 9))
    yield _stream(bench)
    yield _stream_blocking(bench)
    yield _small(bench)
    yield _small_blocking(bench)
    yield _many(bench)
    yield _ahead(bench)
    yield _merged(bench)
    yield _start_up("import", "import {module}", Goal("official", 0.25, 0.16, faster=False))


def _decode(bench: Bench, name: str, capabilities: bool, goal: Goal) -> Scenario:
    from beeper_desktop_api._models import construct_type
    from beeper_desktop_api.pagination import AsyncCursorNoLimit
    from beeper_desktop_api.types import ChatListResponse as OfficialChat

    raw = pages.chat_page(0, 200, last=True, capabilities=capabilities)
    page = CursorPage[ChatListResponse]
    official: Any = AsyncCursorNoLimit[OfficialChat]
    return Scenario(
        f"{name} ({len(raw) // 1000} KB)",
        {
            "ours": bench.call(lambda: wire.decode(page, orjson.loads(raw))),
            "official": bench.call(lambda: construct_type(type_=official, value=json.loads(raw))),
            "floor": bench.call(lambda: orjson.loads(raw)),
        },
        (goal,),
    )


def _stream(bench: Bench, base: str = "/100/100/0") -> Scenario:
    session = bench.session()

    async def raw() -> None:
        cursor = ""
        while cursor is not None:
            async with session.get(f"{bench.root}{base}/v1/chats{cursor}") as answer:
                page = orjson.loads(await answer.read())
            cursor = f"?cursor={page['oldestCursor']}" if page["hasMore"] else None  # type: ignore[assignment]

    return Scenario(
        "stream 100 pages of 100 chats, async",
        {
            "ours": bench.run(walk(bench.ours(base))),
            "official": bench.run(walk(bench.official(base))),
            "official aiohttp": bench.run(walk(bench.official(base, aiohttp_extra=True))),
            "floor": bench.run(raw),
        },
        (Goal("official", 16, 20), Goal("official aiohttp", 16, 20)),
    )


def walk(client: Any) -> Callable[[], Awaitable[None]]:
    async def all_chats() -> None:
        async for _ in client.chats.list(limit=100):
            pass

    return all_chats


def _stream_blocking(bench: Bench) -> Scenario:
    base = "/100/100/0"

    def walker(client: Any) -> Callable[[], None]:
        def all_chats() -> None:
            for _ in client.chats.list(limit=100):
                pass

        return all_chats

    return Scenario(
        "stream 100 pages of 100 chats, blocking",
        {
            "ours": bench.call(walker(bench.ours_blocking(base))),
            "official": bench.call(walker(bench.official_blocking(base))),
        },
        (Goal("official", 13, 17),),
    )


def _small(bench: Bench, count: int = 100) -> Scenario:
    def several(client: Any) -> Callable[[], Awaitable[None]]:
        async def gets() -> None:
            for _ in range(count):
                await client.chats.retrieve("1")

        return gets

    base = "/1/1/0"
    official = bench.official(base, aiohttp_extra=True)
    return Scenario(
        "small GET, one after the other, async",
        {
            "ours": bench.run(several(bench.ours(base)), count),
            "official": bench.run(several(bench.official(base)), count),
            "official aiohttp": bench.run(several(official), count),
            "floor": bench.run(_bare(bench, base, count), count),
        },
        (
            Goal("floor", 1.25, 1.12, faster=False),
            Goal("official", 5, 6),
            Goal("official aiohttp", 4, 4.8),
        ),
        "us",
    )


def _bare(bench: Bench, base: str, count: int) -> Callable[[], Awaitable[None]]:
    session = bench.session()

    async def gets() -> None:
        for _ in range(count):
            async with session.get(f"{bench.root}{base}/v1/chats/1") as answer:
                orjson.loads(await answer.read())

    return gets


def _small_blocking(bench: Bench, count: int = 100) -> Scenario:
    def several(client: Any) -> Callable[[], None]:
        def gets() -> None:
            for _ in range(count):
                client.chats.retrieve("1")

        return gets

    base = "/1/1/0"
    return Scenario(
        "small GET, blocking",
        {
            "ours": bench.call(several(bench.ours_blocking(base)), count),
            "official": bench.call(several(bench.official_blocking(base)), count),
            "floor": bench.run(_bare(bench, base, count), count),
        },
        (Goal("floor", 2.0, 1.6, faster=False), Goal("official", 2.3, 3.3)),
        "us",
    )


def _many(bench: Bench) -> Scenario:
    def at_once(client: Any) -> Callable[[], Awaitable[None]]:
        async def gets() -> None:
            await asyncio.gather(*(client.chats.retrieve("1") for _ in range(64)))

        return gets

    base = "/1/1/0"
    official = bench.official(base, aiohttp_extra=True)
    return Scenario(
        "64 small GETs at once",
        {
            "ours": bench.run(at_once(bench.ours(base))),
            "official": bench.run(at_once(bench.official(base))),
            "official aiohttp": bench.run(at_once(official)),
        },
        (Goal("official", 15, 18), Goal("official aiohttp", 6.5, 8)),
    )


def _ahead(bench: Bench) -> Scenario:
    base = "/20/100/5"
    client = bench.ours(base)

    async def ahead() -> None:
        async with client.chats.list(limit=100).prefetch(2) as chats:
            async for _ in chats:
                pass

    return Scenario(
        "stream with 5 ms of latency, read-ahead",
        {"ours": bench.run(ahead), "official": bench.run(walk(bench.official(base)))},
        (Goal("official", 4, 4.7),),
    )


def _merged(bench: Bench) -> Scenario:
    listings, length, in_flight, latency = 64, 10, 16, 0.005
    client = bench.ours(f"/{length}/20/5")
    raw = pages.message_page(0, 20, "c", last=True)

    async def merged() -> None:
        sources = {n: client.messages.list(str(n)) for n in range(listings)}
        async with merge(sources, in_flight=in_flight) as messages:
            async for _ in messages:
                pass

    def ideal() -> float:
        from beeper_async.models import Message

        start = time.perf_counter()
        for _ in range(listings * length):
            wire.decode(CursorPage[Message], orjson.loads(raw))
        decoding = time.perf_counter() - start
        return listings * length / in_flight * latency + decoding

    return Scenario(
        "merge 64 listings of 10 pages, 16 in flight, 5 ms",
        {"ours": bench.run(merged), "floor": ideal},
        (Goal("floor", 1.25, 1.25, faster=False),),
    )


def _start_up(name: str, code: str, goal: Goal) -> Scenario:
    def starting(module: str) -> Go:
        script = code.format(module=module)

        def once() -> float:
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", script], check=True)
            return time.perf_counter() - start - _nothing()

        return once

    return Scenario(
        name,
        {"ours": starting("beeper_async"), "official": starting("beeper_desktop_api")},
        (goal,),
    )


def _nothing() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", ""], check=True)
    return time.perf_counter() - start
