"""The people and chats of a test, and its owner on another device."""

from __future__ import annotations

from itertools import count
from typing import Any, Final, Protocol

from ...models.message import Message
from ..world.world import World
from .minutes import Minutes, model_of, text_of

Json = dict[str, Any]


class Stage(Protocol):
    """What rooms need of the test."""

    @property
    def world(self) -> World:
        """The world of the simulator."""
        ...

    @property
    def minutes(self) -> Minutes:
        """What was said."""
        ...

    async def settled(self) -> None:
        """Wait until all bots are done."""
        ...

    def failure(self, problem: str, chat_id: str) -> AssertionError:
        """Return a failure that shows what was said."""
        ...


class Room:
    """A chat, as those in it see it.

    Attributes:
        chat_id: The ID of the chat.
        title: Its title.
    """

    def __init__(self, stage: Stage, chat: Json) -> None:
        self.chat_id: Final[str] = chat["id"]
        self.title: Final[str] = chat["title"]
        self._stage = stage

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r})"

    async def hears(self) -> str:
        """Return the text of the next message that the bot sends here.

        Each message is heard once, in the order in which they were sent. The call does not wait for
        a time to pass: when the bot has done all it has to do and sent nothing, it fails.

        Returns:
            The text as one reads it. Markdown stays as it was sent, without its backslashes.

        Raises:
            AssertionError: The bot has sent nothing more. The text shows what was said.
        """
        return text_of(await self._next())

    async def sees(self) -> Message:
        """Return the next message that the bot sends here, as `hears` does.

        Returns:
            The whole message, with its files and what it replies to.

        Raises:
            AssertionError: The bot has sent nothing more. The text shows what was said.
        """
        return model_of(await self._next())

    async def sees_again(self, message: Message) -> Message:
        """Return how a message is when the bot is done: edited, deleted, with its reactions.

        Args:
            message: A message of this chat, from anyone.

        Returns:
            The message as it is then.

        Raises:
            AssertionError: It is gone, or the bot does not come to rest.
        """
        await self._stage.settled()
        found = self._stage.world.find_message(self.chat_id, message.id)
        if found is None:
            raise self._stage.failure("The message is gone.", self.chat_id)
        return model_of(found)

    async def hears_nothing(self) -> None:
        """Check that the bot has sent nothing here that was not heard.

        Raises:
            AssertionError: It has. The text shows what was said.
        """
        await self._stage.settled()
        if self._stage.minutes.has_unheard(self.chat_id):
            raise self._stage.failure(f"The bot has written to {self.title}.", self.chat_id)

    def transcript(self) -> str:
        """Write down what was said here since the test began, a line for each message."""
        return self._stage.minutes.transcript(self.chat_id)

    async def _next(self) -> Json:
        await self._stage.settled()
        found = self._stage.minutes.next_unheard(self.chat_id)
        if found is None:
            problem = f"The bot has sent nothing more to {self.title}."
            raise self._stage.failure(problem, self.chat_id)
        return found


class Person(Room):
    """Somebody, and the chat that they have with the owner of the app.

    Attributes:
        name: Their name.
        network: The network that they are on.
        person_id: Their ID.
    """

    def __init__(self, stage: Stage, chat: Json, wire: Json) -> None:
        super().__init__(stage, chat)
        self.name: Final[str] = wire["fullName"]
        self.network: Final[str] = chat["network"]
        self.person_id: Final[str] = wire["id"]
        self.wire: Final = wire

    def says(self, text: str, to: Room | None = None, **wire: Any) -> Message:
        """Write a message.

        Args:
            text: Plain text.
            to: The chat; the person is in it. None means the own chat with the owner.
            wire: Further fields of the message by the names of the API, such as
                `linkedMessageID` for a reply.

        Returns:
            The message.

        Raises:
            ValueError: The person is not in the chat.
        """
        room = to or self
        people = self._stage.world.chats[room.chat_id]["participants"]["items"]
        if all(one["id"] != self.person_id for one in people):
            raise ValueError(f"{self.name} is not in {room.title}.")
        world = self._stage.world
        return model_of(world.receive(room.chat_id, text, sender_id=self.person_id, **wire))

    def edits(self, message: Message, text: str) -> Message:
        """Edit an own message.

        Args:
            message: The message.
            text: The new text, plain.

        Returns:
            The message as it is now.

        Raises:
            ValueError: Somebody else wrote it.
        """
        self._check_own(message)
        return model_of(self._stage.world.people.edit(message.chat_id, message.id, text))

    def deletes(self, message: Message) -> None:
        """Delete an own message for everyone.

        Args:
            message: The message.

        Raises:
            ValueError: Somebody else wrote it.
        """
        self._check_own(message)
        self._stage.world.people.delete(message.chat_id, message.id)

    def reacts(self, message: Message, key: str) -> None:
        """React to a message.

        Args:
            message: The message.
            key: An emoji.
        """
        people = self._stage.world.people
        people.react(message.chat_id, message.id, key, person_id=self.person_id)

    def unreacts(self, message: Message, key: str) -> None:
        """Take a reaction back.

        Args:
            message: The message.
            key: The emoji.
        """
        people = self._stage.world.people
        people.unreact(message.chat_id, message.id, key, person_id=self.person_id)

    def _check_own(self, message: Message) -> None:
        if message.sender_id != self.person_id:
            raise ValueError(f"{self.name} did not write this message.")


class Owner:
    """The owner of the app, on another device than that of the bot."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._reactions = count(1)

    def says(self, text: str, to: Room, *, reply_to: Message | None = None) -> Message:
        """Write a message.

        Args:
            text: Plain text.
            to: The chat.
            reply_to: The message to reply to.

        Returns:
            The message.
        """
        world = self._stage.world
        with world.lock:  # before the bot can be taken for the one who wrote it
            linked = None if reply_to is None else reply_to.id
            message, _ = world.send(world.chats[to.chat_id], text, reply_to=linked)
            self._stage.minutes.note_owner(message)
            return model_of(message)

    def edits(self, message: Message, text: str) -> Message:
        """Edit an own message, or one of the bot.

        Args:
            message: The message.
            text: The new text, plain.

        Returns:
            The message as it is now.
        """
        return model_of(self._stage.world.people.edit(message.chat_id, message.id, text))

    def deletes(self, message: Message) -> None:
        """Delete an own message, or one of the bot, for everyone.

        Args:
            message: The message.
        """
        self._stage.world.people.delete(message.chat_id, message.id)

    def reacts(self, message: Message, key: str) -> None:
        """React to a message.

        Args:
            message: The message.
            key: An emoji.
        """
        world = self._stage.world
        chat, found = world.chats[message.chat_id], self._find(message)
        world.react(chat, found, key, f"kit{next(self._reactions)}")

    def unreacts(self, message: Message, key: str) -> None:
        """Take a reaction back.

        Args:
            message: The message.
            key: The emoji.
        """
        world = self._stage.world
        world.unreact(world.chats[message.chat_id], self._find(message), key)

    def _find(self, message: Message) -> Json:
        found = self._stage.world.find_message(message.chat_id, message.id)
        if found is None:
            raise ValueError("The message is gone.")
        return found
