"""What a scenario is made of, and the clients that its contenders use."""

import asyncio
import importlib
import time
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
from attrs import field, frozen


@frozen
class Cost:
    """What one go took: time of the processor in this process, and time by the clock on the wall.

    Memory, in bytes, stands in both.
    """

    cpu: float
    wall: float

    @classmethod
    def now(cls) -> Self:
        """Read both clocks."""
        return cls(time.process_time(), time.perf_counter())

    def since(self, start: "Cost", units: int) -> "Cost":
        """Return what a unit took from `start` until this."""
        return Cost((self.cpu - start.cpu) / units, (self.wall - start.wall) / units)


Go = Callable[[], Cost]
"""One go of a contender."""

OURS: Final = "ours"
OFFICIAL: Final = "official"
OFFICIAL_AIOHTTP: Final = "official, aiohttp"
FLOOR: Final = "floor"


@frozen
class Goal:
    """What a ratio should come to: times faster, or, with `faster` off, times as much at most.

    Without `must` and `goal` the ratio is only shown.
    """

    against: str
    must: float | None = None
    goal: float | None = None
    faster: bool = field(default=True, kw_only=True)


@frozen
class Scenario:
    """Something that several contenders do, each in its own way."""

    name: str
    contenders: Mapping[str, Callable[["Bench"], Go]]
    """Each prepares itself when the scenario's turn comes, so nothing is open before or after."""
    goals: tuple[Goal, ...] = ()
    unit: str = field(default="ms", kw_only=True)
    """`us`, `ms` or `MB`."""
    waits: bool = field(default=False, kw_only=True)
    """Whether waiting is what it is about: then ratios are of wall time, otherwise of CPU time."""
    most_slope: float | None = field(default=None, kw_only=True)
    """How many times as much a unit may cost at the largest size as at the smallest."""
    most_rounds: int = field(default=1000, kw_only=True)


class Bench:
    """The event loop of one scenario, and clients that stay open over all of its rounds."""

    def __init__(self, port: int) -> None:
        self.root = f"http://127.0.0.1:{port}"
        self._runner = asyncio.Runner()
        self._closing: list[Callable[[], Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for close in reversed(self._closing):
            close()
        self._runner.close()

    def timed_async(
        self, work: Callable[[], Awaitable[int]], expected: int, *, times: int = 1, per: int = 1
    ) -> Go:
        """Time `work`, which says how much it did; `times` in a row, `per` units each."""

        async def several() -> Cost:
            start = Cost.now()
            done = [await work() for _ in range(times)]
            return _checked(done, expected, Cost.now().since(start, times * per))

        return lambda: self._runner.run(several())

    def timed(self, work: Callable[[], int], expected: int, *, times: int = 1, per: int = 1) -> Go:
        """Like `timed_async`, for work that blocks."""

        def several() -> Cost:
            start = Cost.now()
            done = [work() for _ in range(times)]
            return _checked(done, expected, Cost.now().since(start, times * per))

        return several

    def ours(self, base: str) -> Any:
        """Return a client of this library; all are `Any`, for they have no class in common."""
        from beeper_async import AsyncBeeperDesktop

        client = AsyncBeeperDesktop(access_token="t", base_url=self.root + base)
        self._closing.append(lambda: self._runner.run(client.close()))
        return client

    def ours_blocking(self, base: str) -> Any:
        from beeper_sync import BeeperDesktop

        client = BeeperDesktop(access_token="t", base_url=self.root + base)
        self._closing.append(client.close)
        return client

    def official(self, base: str) -> Any:
        return self._official(base)

    def official_aiohttp(self, base: str) -> Any:
        return self._official(base, http_client=official_sdk().DefaultAioHttpClient())

    def _official(self, base: str, **more: Any) -> Any:
        root = self.root + base
        client = official_sdk().AsyncBeeperDesktop(access_token="t", base_url=root, **more)
        self._closing.append(lambda: self._runner.run(client.close()))
        return client

    def official_blocking(self, base: str) -> Any:
        client = official_sdk().BeeperDesktop(access_token="t", base_url=self.root + base)
        self._closing.append(client.close)
        return client

    def session(self) -> aiohttp.ClientSession:
        """Return a bare session with the settings of our own."""

        async def make() -> aiohttp.ClientSession:
            return aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=100, keepalive_timeout=4.0),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Authorization": "Bearer t"},
            )

        session = self._runner.run(make())
        self._closing.append(lambda: self._runner.run(session.close()))
        return session


def official_sdk(module: str = "") -> Any:
    """Import the official SDK, or a module of it. Most environments don't have it."""
    return importlib.import_module(f"beeper_desktop_api{module}")


def _checked(done: list[int], expected: int, cost: Cost) -> Cost:
    """Return the cost, if it was spent on what the scenario says."""
    if set(done) != {expected}:
        raise AssertionError(f"{expected} were to be done, not {done}")
    return cost
