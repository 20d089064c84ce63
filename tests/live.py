"""What tests of live events share: people who write, and streams and bots that hear of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

from beeper_async import AsyncBeeperDesktop
from beeper_async.bots.bot import Bot
from beeper_async.bots.context import Ctx
from beeper_async.events.kinds import ChatUpserted, Event, MessageCreated, MessageUpserted
from beeper_async.events.stream import EventStream
from beeper_async.models import Message
from beeper_async.testing import Simulator
from beeper_async.testing.world.clock import to_wire

Json = dict[str, Any]
E = TypeVar("E", bound=Event)

DEADLINE = 30.0
"""Seconds after which a test that waits counts as hanging."""

NOON = datetime(2026, 5, 11, 12, tzinfo=UTC)

_FENCE = "fence"
# IDs of messages that are new in a test are above it.
_LAST_OF_DEMO = 710_200


@asynccontextmanager
async def client_of(sim: Simulator, **options: Any) -> AsyncGenerator[AsyncBeeperDesktop]:
    """A client of a simulator."""
    settings: Json = {"base_url": sim.url, "access_token": sim.token}
    async with AsyncBeeperDesktop(**settings | options) as client:
        yield client


class Scene:
    """A simulator, a client, and the chats and people of the demo.

    To find out what has arrived, somebody writes a fence: once that is heard, so is everything
    before it. Fences go to a chat of their own.
    """

    def __init__(self, sim: Simulator, client: AsyncBeeperDesktop) -> None:
        self.sim = sim
        self.world = sim.world
        self.client = client
        chats = [chat for chat in sim.world.by_activity() if not chat.get("merge")]
        self.groups: list[str] = [chat["id"] for chat in chats if chat["type"] == "group"]
        self.chat_id: str = self.groups[0]
        others = [chat["id"] for chat in chats if chat["id"] != self.chat_id]
        self.other_id: str = others[0]
        self.fence_id: str = others[1]
        self.idle_id: str = [one for one in others if len(self.world.messages[one]) > 4][-1]
        self._fences = count(1)
        self._words = ""
        self._heard: dict[Bot, dict[str, asyncio.Queue[MessageCreated]]] = {}

    # -- what happens -----------------------------------------------------------------------

    def people(self, chat_id: str | None = None) -> list[str]:
        """The others in a chat."""
        people = self.world.chats[chat_id or self.chat_id]["participants"]["items"]
        return [person["id"] for person in people if not person.get("isSelf")]

    def say(self, *texts: str, chat_id: str | None = None, person: int = 0, **fields: Any) -> Json:
        """Let somebody else write; gives the last message."""
        chat_id = chat_id or self.chat_id
        message: Json = {}
        for text in texts:
            sender_id = self.people(chat_id)[person]
            message = self.world.receive(chat_id, text, sender_id=sender_id, **fields)
        return message

    def send(self, text: str) -> tuple[Json, str]:
        """Send a message as the user does with another client; gives it and its pending ID."""
        return self.world.send(self.world.chats[self.chat_id], text)

    def tell(self, rich_text: str) -> None:
        """Let the app tell of a message with this text, HTML as it is."""
        with self.world.lock:
            message = {**self.world.messages[self.chat_id][-1], "isSender": False}
            message |= {"id": "999001", "sortKey": "999001000", "text": rich_text}
            message["timestamp"] = to_wire(self.world.clock.next())
        frame = {"type": "message.upserted", "chatID": self.chat_id, "ids": [message["id"]]}
        self.sim.sockets.send({**frame, "entries": [message]}, numbered=True)

    def texts_in(self, chat_id: str | None = None, after: str | None = None) -> list[str]:
        """What there is to be read in a chat."""
        texts = [message["text"] for message in self.world.messages[chat_id or self.chat_id]]
        return texts if after is None else texts[texts.index(after) + 1 :]

    def sent(self, chat_id: str | None = None) -> list[Json]:
        """What the user has sent to a chat during the test."""
        messages = self.world.messages[chat_id or self.chat_id]
        return [m for m in messages if m.get("isSender") and int(m["id"]) > _LAST_OF_DEMO]

    # -- what a stream hears ----------------------------------------------------------------

    @asynccontextmanager
    async def listening(self, *args: Any, **options: Any) -> AsyncGenerator[EventStream]:
        """A stream that has nothing more to recover; a test in it must not hang."""
        async with asyncio.timeout(DEADLINE), self.client.events(*args, **options) as events:
            await self.heard(events)
            yield events

    async def heard(self, events: EventStream, *, live: bool = True) -> list[Event]:
        """What a stream delivers up to now.

        With `live`, the fence has to come as it happened, and everything that was missing has been
        read by then.
        """
        found: list[Event] = []
        while True:
            text = self._next_fence()
            self.say(text, chat_id=self.fence_id)
            found += await upto(events, text)
            fence = found[-1]
            found += await caught_up(events)
            if not live or not fence.recovered:
                return [event for event in found if not self._is_fence(event)]

    async def take(self, events: EventStream, number: int) -> list[Event]:
        """The next events."""
        found: list[Event] = []
        while len(found) < number:
            event = await anext(events)
            found += [] if self._is_fence(event) else [event]
        return found

    # -- what a bot hears -------------------------------------------------------------------

    @asynccontextmanager
    async def running(
        self, bot: Bot, *, fence_in: str | None = None, fence: str = ""
    ) -> AsyncGenerator[asyncio.Task[None]]:
        """Let a bot run, from when it hears what happens as it happens; stop it in the end."""
        self._words = fence
        async with asyncio.timeout(DEADLINE):
            run = asyncio.create_task(bot.run(self.client))
            hearing = asyncio.create_task(self._hears(bot, fence_in))
            await asyncio.wait([run, hearing], return_when=asyncio.FIRST_COMPLETED)
            hearing.cancel()
            try:
                yield run
            finally:
                bot.stop()
                await asyncio.wait([run])
            await run

    async def heard_by(self, bot: Bot) -> list[tuple[str, bool]]:
        """Run a bot for a while; gives the texts of messages that it got, and if recovered."""
        heard: list[tuple[str, bool]] = []

        @bot.listen(MessageCreated, when=lambda ctx: not self._is_fence(ctx.event))
        async def note(ctx: Ctx) -> None:
            heard.append((ctx.text, ctx.event.recovered))

        async with self.running(bot):
            pass
        return heard

    async def fence(self, bot: Bot, chat_id: str | None = None) -> MessageCreated:
        """Return when the bot has taken everything that happened so far.

        A fence is a command, so that no other handler gets it. In a chat in which a handler is at
        work it waits, as everything does.
        """
        if bot not in self._heard:
            heard = self._heard[bot] = {}

            @bot.command(_FENCE, hidden=True)
            async def hear(ctx: Ctx, number: str, *, words: str = "") -> None:
                heard.setdefault(number, asyncio.Queue()).put_nowait(ctx.event)

        number = str(next(self._fences))
        prefix = bot._settings.prefix
        self.say(f"{prefix}{_FENCE} {number} {self._words}", chat_id=chat_id or self.fence_id)
        event = await self._heard[bot].setdefault(number, asyncio.Queue()).get()
        await settled()
        return event

    async def _hears(self, bot: Bot, chat_id: str | None) -> None:
        await until(lambda: bot.connected)
        while (await self.fence(bot, chat_id)).recovered:
            pass  # it still reads what it may have missed

    # -- fences -----------------------------------------------------------------------------

    def _next_fence(self) -> str:
        return f"/{_FENCE} {next(self._fences)}"

    def _is_fence(self, event: Event) -> bool:
        if isinstance(event, ChatUpserted | MessageUpserted) and event.chat_id == self.fence_id:
            return True
        return isinstance(event, MessageCreated) and str(event.message.text)[1:].startswith(_FENCE)


def of_type(events: Iterable[Event], kind: type[E]) -> list[E]:
    """The events of a kind."""
    return [event for event in events if isinstance(event, kind)]


def texts(events: Iterable[Event], chat_id: str | None = None) -> list[str | None]:
    """The texts of new messages, of one chat or of all."""
    created = of_type(events, MessageCreated)
    return [one.message.text for one in created if chat_id in (None, one.chat_id)]


def kinds(events: Iterable[Event]) -> list[str]:
    """The names of events, without those of chats."""
    return [type(event).__name__ for event in events if not isinstance(event, ChatUpserted)]


async def upto(events: EventStream, text: str) -> list[Event]:
    """What a stream tells up to a message."""
    found: list[Event] = []
    async for event in events:
        found.append(event)
        if isinstance(event, MessageCreated) and event.message.text == text:
            return found
    raise AssertionError("the stream ended")


async def caught_up(events: EventStream) -> list[Event]:
    """What a stream delivers until it has read everything that was missing."""
    found: list[Event] = []
    core = events._core
    assert core is not None
    async with asyncio.timeout(DEADLINE):
        while len(events._outbox) or not core.is_caught_up:
            if len(events._outbox):
                found.append(await anext(events))
            else:
                await asyncio.sleep(0)
    return found


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for something that nobody tells of."""
    async with asyncio.timeout(DEADLINE):
        while not is_so():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0)


async def settled() -> None:
    """Let all tasks go on as far as they can, and what is under way arrive."""
    for _ in range(300):
        await asyncio.sleep(0)


def message(number: int = 1, **fields: Any) -> Message:
    """A message without an app."""
    values: Json = {
        "id": str(number),
        "account_id": "account",
        "chat_id": "!chat:beeper.com",
        "sender_id": "@somebody:beeper.com",
        "sort_key": f"{number}000",
        "timestamp": NOON,
    }
    return Message(**values | fields)
