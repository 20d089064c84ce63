"""The chats of a bot: what is known of them, and what people call them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import APIError, NotFoundError
from ..events.kinds import ChatDeleted, ChatUpserted, Event
from ..models.chat import Chat
from .about import chat_of

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop

_log = logging.getLogger("beeper_async")


class Chats:
    """Chats by ID, from memory while they have not changed.

    Args:
        client: The client.
        names: What filters and the bot itself call chats: an ID, that of a merged chat, or one that
            is local to the installation.
    """

    def __init__(self, client: AsyncBeeperDesktop, names: Iterable[str]) -> None:
        self._client = client
        self._members: dict[str, frozenset[str]] = {}
        self._open = set(names)
        self._chats: dict[str, Chat] = {}
        self._is_group: dict[str, bool] = {}
        self.unknown: set[str] = set()
        """Names for which the app has no chat."""

    async def get(self, chat_id: str) -> Chat:
        """Return a chat.

        Raises:
            APIError: The app can't be asked.
        """
        chat = self._chats.get(chat_id)
        if chat is None:
            chat = await self._client.chats.retrieve(chat_id)
            self._chats[chat_id] = chat
            self._is_group[chat_id] = chat.type == "group"
        return chat

    async def is_group(self, chat_id: str) -> bool:
        """Return whether a chat is a group, which does not change.

        Raises:
            APIError: The app can't be asked.
        """
        if chat_id not in self._is_group:
            await self.get(chat_id)
        return self._is_group[chat_id]

    def changed(self, event: Event) -> None:
        """Forget what an event makes outdated."""
        if isinstance(event, ChatUpserted | ChatDeleted):
            self._chats.pop(chat_of(event) or "", None)

    def is_one_of(self, chat_id: str, names: frozenset[str]) -> bool:
        """Return whether a chat is among those that are named."""
        return chat_id in names or any(chat_id in self._members.get(one, ()) for one in names)

    def ids_of(self, names: Iterable[str]) -> list[str]:
        """Return the IDs of chats that are named, as far as they are known."""
        found: dict[str, None] = {}
        for name in names:
            if name not in self.unknown:
                found.update(dict.fromkeys(sorted(self._members.get(name, {name}))))
        return list(found)

    async def resolve(self) -> bool:
        """Look up the names that are not known yet; return whether any is known now.

        A failure is no reason to stop: until a name is known, it is taken for the ID of a chat.
        """
        before = len(self._members)
        await asyncio.gather(*map(self._resolve, sorted(self._open)))
        return len(self._members) > before

    async def _resolve(self, name: str) -> None:
        try:
            chat = await self._client.chats.retrieve(name)
        except NotFoundError as error:
            # Only the app itself knows; a proxy in front of it answers 404 in its own way.
            if error.code is not None and await self._is_synced() and name not in self.unknown:
                self.unknown.add(name)
                _log.warning("bot: the app has no chat %s; it is looked for again and again", name)
        except APIError as error:
            _log.info("bot: can't look up the chat %s (%s)", name, type(error).__name__)
        else:
            members = chat.merge.chat_ids if chat.merge is not None else ()
            self._members[name] = frozenset((chat.id, *members))
            self._open.discard(name)
            self.unknown.discard(name)

    async def _is_synced(self) -> bool:
        """Return whether the app has read all chats once. An old app, which can't say, has."""
        try:
            state = await self._client.app.setup.retrieve()
        except NotFoundError:
            return True
        except APIError:
            return False
        return state.e2ee.first_sync_done
