"""A room with people who write, and an ear that hears what a stream tells of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

from beeper_async import AsyncBeeperDesktop
from beeper_async.events.kinds import ChatUpserted, Event, MessageCreated, MessageUpserted
from beeper_async.events.stream import EventStream
from beeper_async.models import Message
from beeper_async.testing import Simulator

Json = dict[str, Any]
E = TypeVar("E", bound=Event)

DEADLINE = 20.0
"""Seconds after which a test that waits counts as hanging."""

NOON = datetime(2026, 5, 11, 12, tzinfo=UTC)

_FENCE = "that is all"


@asynccontextmanager
async def client_of(sim: Simulator, **options: Any) -> AsyncIterator[AsyncBeeperDesktop]:
    """A client of a simulator."""
    settings: Json = {"base_url": sim.url, "access_token": sim.token}
    async with AsyncBeeperDesktop(**settings | options) as client:
        yield client


class Room:
    """A simulator, a client, and some of the chats."""

    def __init__(self, sim: Simulator, client: AsyncBeeperDesktop) -> None:
        self.sim = sim
        self.world = sim.world
        self.client = client
        chats = [chat for chat in sim.world.by_activity() if not chat.get("merge")]
        self.chat_id: str = chats[0]["id"]
        self.other_id: str = chats[1]["id"]
        self.idle_id: str = [c["id"] for c in chats if len(self.world.messages[c["id"]]) > 4][-1]
        self.fence_id: str = chats[2]["id"]
        self._fences = count(1)

    def say(self, *texts: str, chat_id: str | None = None, **fields: Any) -> Json:
        """Let somebody else write; gives the last message."""
        message: Json = {}
        for text in texts:
            message = self.world.receive(chat_id or self.chat_id, text, **fields)
        return message

    def send(self, text: str) -> tuple[Json, str]:
        """Send a message as the user does with another client; gives it and its pending ID."""
        return self.world.send(self.world.chats[self.chat_id], text)

    @asynccontextmanager
    async def listening(self, *args: Any, **options: Any) -> AsyncIterator[EventStream]:
        """A stream that has nothing more to recover; a test in it must not hang."""
        async with asyncio.timeout(DEADLINE), self.client.events(*args, **options) as events:
            await self.heard(events)
            yield events

    async def heard(self, events: EventStream, *, live: bool = True) -> list[Event]:
        """What a stream tells up to now.

        With `live`, what was said to find that out has to come as it happened: everything that
        had to be recovered is then delivered too. That needs a buffer with room for it: the next
        try is made in the middle of the recovery that found the last one.
        """
        found: list[Event] = []
        while True:
            text = f"{_FENCE} {next(self._fences)}"
            self.say(text, chat_id=self.fence_id)
            async for event in events:
                found.append(event)
                if isinstance(event, MessageCreated) and event.message.text == text:
                    break
            else:
                raise AssertionError("the stream ended")
            if not live or not event.recovered:
                return [event for event in found if not self._is_fence(event)]

    async def take(self, events: EventStream, number: int) -> list[Event]:
        """The next events."""
        found: list[Event] = []
        while len(found) < number:
            event = await anext(events)
            found += [] if self._is_fence(event) else [event]
        return found

    def _is_fence(self, event: Event) -> bool:
        if isinstance(event, ChatUpserted):
            return event.chat_id == self.fence_id
        return isinstance(event, MessageUpserted) and event.chat_id == self.fence_id

    def texts_in(self, chat_id: str | None = None, after: str | None = None) -> list[str]:
        """What there is to be read in a chat."""
        texts = [message["text"] for message in self.world.messages[chat_id or self.chat_id]]
        return texts if after is None else texts[texts.index(after) + 1 :]


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


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for something that nobody tells of."""
    async with asyncio.timeout(DEADLINE):
        while not is_so():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0)


async def turns(number: int = 300) -> None:
    """Let what is under way arrive."""
    for _ in range(number):
        await asyncio.sleep(0)


async def upto(events: EventStream, text: str) -> list[Event]:
    """What a stream tells up to a message."""
    found: list[Event] = []
    async for event in events:
        found.append(event)
        if isinstance(event, MessageCreated) and event.message.text == text:
            return found
    raise AssertionError("the stream ended")


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
