"""The writer and the storm: what happens in the chats, and to the connections."""

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from beeper_async.testing import Fault, FaultProxy, ProxiedConnection

from .ledger import Ledger, Message
from .servers import Server

KINDS: Final = ("closed", "reset", "half-open", "black hole")
REQUESTS: Final = (
    Fault.reset_after_request(),
    Fault.cut_response(400),
    Fault.lose_response(),
    Fault.reset_before_request(),
)
CHANGES: Final = {"edited": 8, "added": 14, "deleted": 3}
"""How often which change of a message happens. Who reacts again takes the reaction back."""
_RECENT: Final = 60
_IN_A_ROW: Final = 16
_STEP: Final = 0.01
# The system at the other end gives a dead connection up at some time; so does this one.
_BURIED_AFTER: Final = 4.0


class Writer:
    """Others write, edit, react and delete: as many messages a second as are allowed.

    A context manager that does so in the background.
    """

    def __init__(
        self,
        server: Server,
        ledger: Ledger,
        allowed: Callable[[], int],
        rate: float,
        *,
        changes: float = 0.5,
        seed: int = 6,
    ) -> None:
        self.count = 0
        """How many messages were written."""
        self.acts: Counter[str] = Counter()
        """What happened to messages afterwards."""
        self._server = server
        self._ledger = ledger
        self._chat_ids = server.chat_ids
        self._people = {one: server.people(one) for one in self._chat_ids}
        self._recent: dict[str, deque[str]] = {one: deque(maxlen=_RECENT) for one in self._chat_ids}
        self._allowed = allowed
        self._rate = rate
        self._changes = changes
        self._chance = random.Random(seed)

    async def __aenter__(self) -> Self:
        for chat_id in self._chat_ids:
            self._ledger.written[chat_id] = {}
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.result()  # it only ends by itself when it fails

    async def _run(self) -> None:
        due = time.monotonic()
        while True:
            now = time.monotonic()
            due = max(due, now - 0.1)  # after a wait it does not make up for it all at once
            if self.count >= self._allowed() or now < due:
                await asyncio.sleep(0.002)
                continue
            due += self._chance.expovariate(self._rate)
            self.write()
            if self._chance.random() < self._changes:
                self.change()
            if not self.count % _IN_A_ROW:
                await asyncio.sleep(0)

    def write(self) -> None:
        """Let somebody write a message."""
        chat_id = self._chance.choice(self._chat_ids)
        text = f"number {self.count}: " + "la " * 20
        message_id = self._server.write(chat_id, text.strip())
        self._ledger.written[chat_id][message_id] = Message(text.strip())
        self._recent[chat_id].append(message_id)
        self.count += 1

    def change(self) -> None:
        """Let something happen to a message, one of the last ones most of the time."""
        chat_id = self._chance.choice(self._chat_ids)
        recent = self._recent[chat_id]
        depth = int(self._chance.expovariate(0.15))
        if depth >= len(recent):
            return
        message_id = recent[-1 - depth]
        message = self._ledger.written[chat_id][message_id]
        if message.is_deleted:
            return
        person_id = self._chance.choice(self._people[chat_id])
        (kind,) = self._chance.choices(list(CHANGES), list(CHANGES.values()))
        if kind == "edited":
            text = f"edited {self.acts.total()}"
            self._server.edit(chat_id, message_id, text)
            message.happens(kind, text)
        elif kind == "deleted":
            self._server.delete(chat_id, message_id)
            message.happens(kind, "")
        elif person_id in message.reactions:
            kind = "removed"
            self._server.unreact(chat_id, message_id, person_id)
            message.happens(kind, person_id)
        else:
            self._server.react(chat_id, message_id, person_id)
            message.happens(kind, person_id)
        self.acts[kind] += 1


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
