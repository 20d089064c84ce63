"""Who did what: other people, the user on another device, or this bot."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from ..errors import APIConnectionError, APIError
from ..events.kinds import (
    Event,
    MessageDeleted,
    MessageEdited,
    ReactionAdded,
    ReactionRemoved,
    SendStatusChanged,
)
from ..models.message import Message
from .about import message_of
from .commands import key_of
from .context import By
from .job import TimeUp
from .patience import patiently

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop
    from ..models.user import User

_log = logging.getLogger("beeper_async")

# Of its answers, a bad one is no reason to wait for a better one.
_AWAY: Final = (APIConnectionError,)


class Authors:
    """Says who did what.

    Args:
        client: The client, which knows what it has sent.
    """

    def __init__(self, client: AsyncBeeperDesktop) -> None:
        self._client = client
        self._sent = client.sent_log
        self._me: set[str] = set()
        self._asked: set[str] = set()
        self.names: set[str] = set()
        """What people call the user after an `@`, as `key_of` returns it."""

    def by_at_once(self, event: Event) -> By | None:
        """Return who did what an event says; None if that is not so easy to say."""
        if isinstance(event, TimeUp):
            return "bot"
        if isinstance(event, ReactionAdded | ReactionRemoved | MessageDeleted):
            return None
        message = message_of(event)
        return "others" if message is None or message.is_sender is False else None

    async def by(self, event: Event) -> By:
        """Return who did what an event says: "others", "me" or "bot"."""
        known = self.by_at_once(event)
        if known is not None:
            return known
        if isinstance(event, ReactionAdded | ReactionRemoved):
            return await self._by_who_reacted(event)
        message = message_of(event)
        if isinstance(event, MessageDeleted) and await self._sent.is_our_deletion(event.message_id):
            return "bot"
        if message is None or message.is_sender is False:
            return "others"
        if message.is_sender is None and not await self.is_me(message, message.sender_id):
            return "others"
        self._me.add(message.sender_id)
        return "bot" if await self._is_ours(event, message) else "me"

    async def _is_ours(self, event: Event, message: Message) -> bool:
        previous = event.previous_id if isinstance(event, SendStatusChanged) else None
        is_ours = await patiently(
            lambda: self._sent.is_ours(message, previous_id=previous),
            "can't look up what was sent",
            _AWAY,
        )
        if is_ours:
            return True
        return isinstance(event, MessageEdited) and await self._sent.is_our_edit(message)

    async def _by_who_reacted(self, event: ReactionAdded | ReactionRemoved) -> By:
        message, reaction = event.message, event.reaction
        if not await self.is_me(message, reaction.participant_id):
            return "others"
        is_removed = isinstance(event, ReactionRemoved)
        if await self._sent.is_our_reaction(message.id, reaction, removed=is_removed):
            return "bot"
        if is_removed and reaction.id == reaction.participant_id:
            # A network with one reaction for each person: another one has taken its place.
            for other in message.reactions or ():
                if other.participant_id == reaction.participant_id:
                    return "bot" if await self._sent.is_our_reaction(message.id, other) else "me"
        return "me"

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

    async def learn(self) -> None:
        """Ask for the accounts of the app: they say who the user is.

        Raises:
            APIError: The app can't be asked.
        """
        accounts = await self._client.accounts.list()
        for account in accounts:
            self._is_me(account.user)
            self._asked.add(account.account_id)

    async def _ask(self, message: Message) -> None:
        """Learn who the user is on an account, once."""
        try:
            await self.learn()
        except APIError as error:
            _log.info("bot: can't read the accounts (%s)", type(error).__name__)
        if message.account_id in self._asked:
            return
        # Some accounts are not listed, and a list may fail; the chats say who the user is.
        try:
            chat = await patiently(
                lambda: self._client.chats.retrieve(message.chat_id, max_participant_count=-1),
                "can't read a chat",
                _AWAY,
            )
        except APIError as error:
            _log.warning("bot: can't find out who the user is (%s)", type(error).__name__)
            return
        for person in chat.participants.items:
            if person.is_self:
                self._is_me(person)
                self._asked.add(message.account_id)

    def _is_me(self, user: User) -> None:
        self._me.add(user.id)
        local = user.id.removeprefix("@").partition(":")[0]
        self.names |= {key_of(name) for name in (user.username, local) if name}
