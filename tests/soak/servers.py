"""The apps that a soak runs against: the simulator, and one that shares no code with it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Final, Literal, Protocol, Self, TypeAlias

from beeper_async.testing import Simulator

from ..fuzz.lies import Lies
from ..fuzz.lying_app import LyingApp
from ..fuzz.store import Chat, Clock, Message

ServerName: TypeAlias = Literal["simulator", "other"]
FACE: Final = "👍"


class Server(Protocol):
    """An app, and what people do in it. A context manager that serves it."""

    token: str

    @property
    def url(self) -> str:
        """Its address."""
        ...

    @property
    def chat_ids(self) -> list[str]:
        """The chats in which people write."""
        ...

    def people(self, chat_id: str) -> list[str]:
        """The people who react in a chat."""
        ...

    def write(self, chat_id: str, text: str) -> str:
        """Let somebody write; gives the ID of the message."""
        ...

    def edit(self, chat_id: str, message_id: str, text: str) -> None:
        """Let somebody edit a message."""
        ...

    def react(self, chat_id: str, message_id: str, person_id: str) -> None:
        """Let somebody react to a message."""
        ...

    def unreact(self, chat_id: str, message_id: str, person_id: str) -> None:
        """Let somebody take a reaction back."""
        ...

    def delete(self, chat_id: str, message_id: str) -> None:
        """Let somebody delete a message."""
        ...

    @property
    def lost(self) -> int:
        """How many events the app lost because they were read too slowly."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class SimulatedServer:
    """The simulator of the package, with generated chats."""

    def __init__(self, chats: int) -> None:
        self.sim = Simulator(chats=chats, now=datetime.now(UTC))
        self.token = self.sim.token
        self.chat_ids = [chat["id"] for chat in self.sim.world.by_activity()]

    @property
    def url(self) -> str:
        return self.sim.url

    @property
    def lost(self) -> int:
        return self.sim.sockets.overflows

    def people(self, chat_id: str) -> list[str]:
        people = self.sim.world.chats[chat_id]["participants"]["items"]
        return [one["id"] for one in people if not one.get("isSelf")]

    def write(self, chat_id: str, text: str) -> str:
        message_id: str = self.sim.world.receive(chat_id, text)["id"]
        return message_id

    def edit(self, chat_id: str, message_id: str, text: str) -> None:
        self.sim.world.people.edit(chat_id, message_id, text)

    def react(self, chat_id: str, message_id: str, person_id: str) -> None:
        self.sim.world.people.react(chat_id, message_id, FACE, person_id=person_id)

    def unreact(self, chat_id: str, message_id: str, person_id: str) -> None:
        self.sim.world.people.unreact(chat_id, message_id, FACE, person_id=person_id)

    def delete(self, chat_id: str, message_id: str) -> None:
        self.sim.world.people.delete(chat_id, message_id)

    async def __aenter__(self) -> Self:
        await self.sim.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.sim.__aexit__(kind, error, trace)


class OtherServer:
    """The app of the fuzz, over real time and without its lies."""

    token = "token"
    lost = 0

    def __init__(self, chats: int) -> None:
        now = asyncio.get_running_loop().time()
        clock = Clock(datetime.now(UTC) - timedelta(seconds=now))
        self._app = LyingApp("soak", Lies.none(), clock)
        self._loop = asyncio.get_running_loop()
        store = self._app.store
        store.chats.clear()
        for number in range(chats):
            chat = Chat(
                clock=clock,
                id=f"!chat{number}:app",
                account=f"account-{number % 4}",
                is_silent=False,
                end=("honest", "empty", "countdown")[number % 3],
                key_kind="number",
                has_status=True,
                made_at=now,
                active=now - number,
            )
            store.chats[chat.id] = chat
            for _ in range(number % 50):
                self._add(chat, "from before", now - 3600)
        self.chat_ids = list(store.chats)

    @property
    def url(self) -> str:
        return self._app.url

    def people(self, chat_id: str) -> list[str]:
        return ["@tomas:app", "@aiko:app", "@priya:app"]

    def write(self, chat_id: str, text: str) -> str:
        chat, now = self._app.store.chats[chat_id], self._loop.time()
        message = self._add(chat, text, now)
        chat.active = now
        chat.unread += 1
        self._changed(message)
        return message.id

    def edit(self, chat_id: str, message_id: str, text: str) -> None:
        message = self._message(chat_id, message_id)
        message.text = text
        message.edited = message.chat.clock.text(self._loop.time())
        self._changed(message)

    def react(self, chat_id: str, message_id: str, person_id: str) -> None:
        message = self._message(chat_id, message_id)
        message.reactions[person_id, FACE] = {
            "id": f"{person_id}{FACE}",
            "participantID": person_id,
            "reactionKey": FACE,
            "emoji": True,
        }
        self._changed(message)

    def unreact(self, chat_id: str, message_id: str, person_id: str) -> None:
        message = self._message(chat_id, message_id)
        del message.reactions[person_id, FACE]
        self._changed(message)

    def delete(self, chat_id: str, message_id: str) -> None:
        """Delete a message: every second one stays, marked as deleted."""
        message = self._message(chat_id, message_id)
        message.deleted = "marked" if int(message_id) % 2 else "gone"
        message.note(self._loop.time())
        if message.deleted == "marked":
            self._app.frames.upserted(message)
        else:
            self._app.frames.deleted(message)

    def _add(self, chat: Chat, text: str, time: float) -> Message:
        world = self._app.world
        message = world._new_message(chat, time=time, text=text)
        chat.messages.append(message)
        message.note(time)
        return message

    def _changed(self, message: Message) -> None:
        self._app.world._changed(message)

    def _message(self, chat_id: str, message_id: str) -> Message:
        message = self._app.store.chats[chat_id].find(message_id)
        assert message is not None
        return message

    async def __aenter__(self) -> Self:
        await self._app.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._app.__aexit__(kind, error, trace)


def serve(name: ServerName, chats: int) -> Server:
    """Make an app; it begins when it is entered, in the running event loop."""
    return OtherServer(chats) if name == "other" else SimulatedServer(chats)
