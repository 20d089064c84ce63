"""The writer and the storm: what happens in the chats, and to the connections."""

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from beeper_async.testing import Fault, FaultProxy, ProxiedConnection, World

from .ledger import Ledger

KINDS: Final = ("closed", "reset", "half-open", "black hole")
REQUESTS: Final = (
    Fault.reset_after_request(),
    Fault.cut_response(400),
    Fault.lose_response(),
    Fault.reset_before_request(),
)
_STEP: Final = 0.01
# The system at the other end gives a dead connection up at some time; so does this one.
_BURIED_AFTER: Final = 4.0


class Writer:
    """Others write, in a thread of their own: as many messages a second as are allowed."""

    def __init__(
        self, world: World, ledger: Ledger, chats: int, allowed: Callable[[], int], rate: float
    ) -> None:
        self.count = 0
        self._world = world
        self._ledger = ledger
        self._chats = [chat["id"] for chat in world.by_activity()[:chats]]
        self._allowed = allowed
        self._rate = rate
        self._chance = random.Random(chats)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def __enter__(self) -> Self:
        for chat_id in self._chats:
            self._ledger.written[chat_id] = []
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stopped.is_set():
            now = time.monotonic()
            due = max(due, now - 0.1)  # after a wait it does not make up for it all at once
            if self.count >= self._allowed() or now < due:
                time.sleep(0.002)
                continue
            due += self._chance.expovariate(self._rate)
            chat_id = self._chance.choice(self._chats)
            message = self._world.receive(chat_id, f"number {self.count}: " + "la " * 20)
            self._ledger.written[chat_id].append(message["id"])
            self.count += 1


class Storm:
    """Hits the connections at random: each live socket once, and every second time HTTP with it.

    It also spoils some of the requests with which the consumer finds what it missed.
    """

    def __init__(self, proxy: FaultProxy, times: int, seed: int, *, calm: float = 2.2) -> None:
        self.struck: Counter[str] = Counter()
        self.along = 0
        """How many other connections, with requests or between two of them, were hit as well."""
        self._proxy = proxy
        self._times = times
        self._chance = random.Random(seed)
        self._calm = calm
        self._dead: list[tuple[float, ProxiedConnection]] = []

    @property
    def is_over(self) -> bool:
        """Whether all has struck that was to strike."""
        return self.struck.total() >= self._times

    @property
    def requests(self) -> int:
        """How many single requests were spoilt."""
        return self._proxy.stats.faults

    async def blow(self) -> None:
        """Strike so many times; each time there has to be a socket, of course."""
        while not self.is_over:
            await self._socket()
            if self._chance.random() < 0.15:
                await asyncio.sleep(self._chance.uniform(0, 0.03))  # while it still recovers
            else:
                await asyncio.sleep(self._chance.uniform(0, self._calm))
            if self._alive(sockets=True):
                self._strike(self._chance.choice(KINDS))
        self._bury(0.0)

    async def _socket(self) -> None:
        while not self._alive(sockets=True):
            await asyncio.sleep(_STEP)
            self._bury(_BURIED_AFTER)

    def _alive(self, *, sockets: bool) -> list[ProxiedConnection]:
        dead = [one for _, one in self._dead]
        return [
            one for one in self._proxy.connections if one not in dead and one.upgraded == sockets
        ]

    def _strike(self, kind: str) -> None:
        sockets = self._alive(sockets=True)
        others = self._alive(sockets=False) if self._chance.random() < 0.5 else []
        self.struck[kind] += 1
        self.along += len(others)
        for one in sockets + others:
            if kind == "half-open":
                one.freeze()
            elif kind == "black hole":
                one.black_hole()
            else:
                one.kill(reset=kind == "reset")
                continue
            self._dead.append((time.monotonic(), one))
        if self._chance.random() < 0.25:
            fault = self._chance.choice(REQUESTS)
            self._proxy.plan(fault, method="GET", path="/v1/chats*", nth=self._chance.randint(1, 4))

    def _bury(self, after: float) -> None:
        """End connections that the client has left without the proxy's noticing."""
        now = time.monotonic()
        for since, one in self._dead:
            if now - since >= after:
                one.kill(reset=True)
        self._dead = [(since, one) for since, one in self._dead if now - since < after]
