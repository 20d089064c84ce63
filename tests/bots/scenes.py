"""What the tests of bots share: a bot at work, and the people that it has to do with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from itertools import count
from typing import Any

from beeper_async import AsyncBeeperDesktop
from beeper_async.bots.bot import Bot, Context
from beeper_async.events.kinds import MessageCreated
from beeper_async.models import Message
from beeper_async.testing import Simulator
from beeper_async.testing.world.clock import to_wire

DEADLINE = 30  # seconds after which a test that waits counts as hanging


@asynccontextmanager
async def client_of(sim: Simulator, **options: Any) -> AsyncIterator[AsyncBeeperDesktop]:
    async with AsyncBeeperDesktop(base_url=sim.url, access_token=sim.token, **options) as client:
        yield client


class Scene:
    """A simulator, a client, and the chats and people of the demo."""

    def __init__(self, sim: Simulator, client: AsyncBeeperDesktop) -> None:
        self.sim = sim
        self.client = client
        chats = [chat for chat in sim.world.by_activity() if not chat.get("merge")]
        self.groups: list[str] = [chat["id"] for chat in chats if chat["type"] == "group"]
        self.chat_id: str = self.groups[0]
        self._fences = count(1)
        self._bots = 0

    def people(self, chat_id: str | None = None) -> list[str]:
        """The others in a chat."""
        people = self.sim.world.chats[chat_id or self.chat_id]["participants"]["items"]
        return [person["id"] for person in people if not person.get("isSelf")]

    def say(self, text: str, *, chat_id: str | None = None, person: int = 0) -> dict[str, Any]:
        """Let somebody else write."""
        chat_id = chat_id or self.chat_id
        return self.sim.world.receive(chat_id, text, sender_id=self.people(chat_id)[person])

    def tell(self, rich_text: str) -> None:
        """Let the app tell of a message with this text, HTML as it is."""
        with self.sim.world.lock:
            message = {**self.sim.world.messages[self.chat_id][-1], "isSender": False}
            message |= {"id": "999001", "sortKey": "999001000", "text": rich_text}
            message["timestamp"] = to_wire(self.sim.world.clock.next())
        frame = {"type": "message.upserted", "chatID": self.chat_id, "ids": [message["id"]]}
        self.sim.sockets.send({**frame, "entries": [message]}, numbered=True)

    @property
    def moment(self) -> datetime:
        """The beginning of the demo."""
        return self.sim.world.clock.start

    def event(self, number: int) -> MessageCreated:
        """Make an event without the simulator, of a message whose text is a number."""
        message = Message(
            id=f"{number}",
            account_id="account",
            chat_id="!chat:beeper.com",
            sender_id="@somebody:beeper.com",
            sort_key=f"{number}",
            timestamp=self.moment,
            text=f"{number}",
        )
        return MessageCreated(message=message)

    def sent(self, chat_id: str | None = None) -> list[dict[str, Any]]:
        """What the user has sent to a chat during the test."""
        messages = self.sim.world.messages[chat_id or self.chat_id]
        return [m for m in messages if m.get("isSender") and int(m["id"]) > FIRST]

    @asynccontextmanager
    async def running(
        self, bot: Bot, *, fence_in: str | None = None
    ) -> AsyncIterator[asyncio.Task[None]]:
        """Let a bot run, from when it hears what happens as it happens; stop it in the end."""
        self._bots += 1
        async with asyncio.timeout(DEADLINE):
            run = asyncio.create_task(bot.run())
            hearing = asyncio.create_task(self._hears(bot, fence_in))
            await asyncio.wait([run, hearing], return_when=asyncio.FIRST_COMPLETED)
            hearing.cancel()
            try:
                yield run
            finally:
                bot.stop()
                await asyncio.wait([run])
            self._bots -= 1
            await run

    async def _hears(self, bot: Bot, chat_id: str | None) -> None:
        await self.sim.sockets.subscribers(self._bots)
        while (await self.fence(bot, chat_id)).recovered:
            pass  # it still reads what it may have missed

    async def fence(self, bot: Bot, chat_id: str | None = None) -> MessageCreated:
        """Return when the bot has taken everything that happened so far, if it takes anything."""
        text = f"{FENCE} {next(self._fences)}"
        waiting = asyncio.create_task(
            bot.wait_for(MessageCreated, lambda event: event.message.text == text, DEADLINE)
        )
        await asyncio.sleep(0)  # it waits now
        self.say(text, chat_id=chat_id or self.groups[-1])
        event = await waiting
        await settled()
        return event


FENCE = "fence"
FIRST = 710_200
"""IDs of messages that are new in a test are above it."""


async def settled() -> None:
    """Let all tasks go on as far as they can without the network."""
    for _ in range(50):
        await asyncio.sleep(0)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for something that nobody tells of."""
    while not is_so():  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(0)


class Gate:
    """A handler that says when it is called, and ends when it is let through."""

    def __init__(self) -> None:
        self.begun: asyncio.Queue[str] = asyncio.Queue()
        self.ended: list[str] = []
        self.active = 0
        self.most_active = 0
        self.open = asyncio.Event()

    async def __call__(self, ctx: Context[MessageCreated]) -> None:
        self.active += 1
        self.most_active = max(self.most_active, self.active)
        self.begun.put_nowait(ctx.text)
        try:
            await self.open.wait()
            self.ended.append(ctx.text)
        finally:
            self.active -= 1


async def ended(run: asyncio.Task[None]) -> BaseException | None:
    """Wait for the end of a run, and give what it raised."""
    with suppress(BaseException):
        await run
    return None if run.cancelled() else run.exception()


async def heard_by(bot: Bot, scene: Scene) -> list[tuple[str, bool]]:
    """Run a bot for a while, and give the texts of messages that it got, and if recovered."""
    heard: list[tuple[str, bool]] = []

    @bot.on(MessageCreated)
    async def note(ctx: Context[MessageCreated]) -> None:
        heard.append((ctx.text, ctx.event.recovered))

    async with scene.running(bot):
        pass
    return [(text, recovered) for text, recovered in heard if not text.startswith("fence")]
