"""Who did what: other people, the user on another device, or this bot."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from attrs import define, field

from ..errors import APIError
from ..events.kinds import Event, ReactionAdded, ReactionRemoved
from ..models.message import Message, MessageSendResponse
from .about import message_of
from .commands import key_of
from .context import By
from .job import TimeUp
from .patience import patiently

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop
    from ..models.user import User

_log = logging.getLogger("beeper_async")

_MOST: Final = 10_000


@runtime_checkable
class SentLog(Protocol):
    """Knows what a client has sent. If the client has one as `sent_log`, bots ask it."""

    def is_ours(self, message: Message) -> bool | Awaitable[bool]:
        """Return whether this client has sent a message."""
        ...


@define(eq=False)
class _Flight:
    chat_id: str
    over: asyncio.Event = field(factory=asyncio.Event)


class SentIDs:
    """Recognises the messages of a bot by their IDs, for as long as the bot runs.

    Args:
        client: Looks up the final ID of what was sent.
    """

    def __init__(self, client: AsyncBeeperDesktop) -> None:
        self._client = client
        self._flights: set[_Flight] = set()
        self._pending: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    @contextmanager
    def sending(self, chat_id: str) -> Generator[Callable[[MessageSendResponse], None]]:
        """Note that a message is on its way; what is yielded takes the response."""
        flight = _Flight(chat_id)
        self._flights.add(flight)
        try:
            yield self._sent
        finally:
            self._flights.discard(flight)
            flight.over.set()

    async def is_ours(self, message: Message) -> bool:
        """Return whether the bot has sent a message."""
        for flight in [one for one in self._flights if one.chat_id == message.chat_id]:
            await flight.over.wait()  # the event was faster than the response
        here = (message.chat_id, message.id)
        if here in self._known or here in self._pending:
            return True
        for chat_id, pending_id in [one for one in self._pending if one[0] == message.chat_id]:
            try:
                found = await self._client.messages.retrieve(pending_id, chat_id=chat_id)
            except APIError as error:
                _log.info("bot: can't look up what was sent (%s)", type(error).__name__)
                continue
            if found.id != pending_id:
                self._pending.pop((chat_id, pending_id), None)
                self._keep(self._known, (chat_id, found.id))
                if found.id == message.id:
                    return True
        return False

    def _sent(self, response: MessageSendResponse) -> None:
        self._keep(self._pending, (response.chat_id, response.pending_message_id))

    @staticmethod
    def _keep(ids: OrderedDict[tuple[str, str], None], one: tuple[str, str]) -> None:
        ids[one] = None
        if len(ids) > _MOST:
            ids.popitem(last=False)


class Authors:
    """Says who did what.

    Args:
        client: The client, whose `sent_log` knows what it has sent, if it has one.
    """

    def __init__(self, client: AsyncBeeperDesktop) -> None:
        self._client = client
        self._ids = SentIDs(client)
        log: object = getattr(client, "sent_log", None)
        self._log: SentLog = log if isinstance(log, SentLog) else self._ids
        self._me: set[str] = set()
        self._asked: set[str] = set()
        self._reactions: OrderedDict[tuple[str, str], None] = OrderedDict()
        self.names: set[str] = set()
        """What people call the user after an `@`, as `key_of` returns it."""

    @contextmanager
    def sending(self, chat_id: str) -> Generator[Callable[[MessageSendResponse], None]]:
        """Note that the bot sends a message; what is yielded takes the response."""
        with self._ids.sending(chat_id) as note:
            yield note

    def reacting(self, chat_id: str, message_id: str, key: str) -> None:
        """Note that the bot reacts to a message."""
        self._reactions[message_id, key] = None
        if len(self._reactions) > _MOST:
            self._reactions.popitem(last=False)

    async def by(self, event: Event) -> By:
        """Return who did what an event says: "others", "me" or "bot"."""
        if isinstance(event, TimeUp):
            return "bot"
        if isinstance(event, ReactionAdded | ReactionRemoved):
            reaction = event.reaction
            if not await self.is_me(event.message, reaction.participant_id):
                return "others"
            known = (event.message.id, reaction.reaction_key) in self._reactions
            return "bot" if known else "me"
        message = message_of(event)
        if message is None or message.is_sender is False:
            return "others"
        if message.is_sender is None and not await self.is_me(message, message.sender_id):
            return "others"
        self._me.add(message.sender_id)
        ours = self._log.is_ours(message)
        return "bot" if (await ours if inspect.isawaitable(ours) else ours) else "me"

    async def is_me(self, message: Message, person_id: str) -> bool:
        """Return whether an ID is one of the user's own.

        Args:
            message: A message of the account that is asked for.
            person_id: The ID.
        """
        if person_id in self._me:
            return True
        if message.account_id not in self._asked:
            await self._ask(message)
        return person_id in self._me

    async def learn(self) -> set[str]:
        """Ask for the accounts of the app; return the IDs that the user has.

        Raises:
            APIError: The app can't be asked.
        """
        accounts = await self._client.accounts.list()
        for account in accounts:
            self._is_me(account.user)
            self._asked.add(account.account_id)
        return {account.user.id for account in accounts}

    async def _ask(self, message: Message) -> None:
        """Learn who the user is on an account, once."""
        try:
            await patiently(self.learn, "can't read the accounts")
            if message.account_id not in self._asked:
                # Some accounts are not listed; their chats say who the user is.
                chat = await patiently(
                    lambda: self._client.chats.retrieve(message.chat_id), "can't read a chat"
                )
                for person in chat.participants.items:
                    if person.is_self:
                        self._is_me(person)
        except APIError as error:
            _log.warning("bot: can't read the accounts (%s)", type(error).__name__)
        self._asked.add(message.account_id)

    def _is_me(self, user: User) -> None:
        self._me.add(user.id)
        local = user.id.removeprefix("@").partition(":")[0]
        self.names |= {key_of(name) for name in (user.username, local) if name}
