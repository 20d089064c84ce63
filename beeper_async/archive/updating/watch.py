"""Keeps an archive current through live events, between two runs."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from ...errors import APIConnectionError, APIError, AuthenticationError, NotFoundError
from ...events.kinds import (
    ChatDeleted,
    ChatUpserted,
    Event,
    MessageDeleted,
    MessageUpserted,
    SendStatusChanged,
)
from ..storage.database import Database
from ..storage.records import read_chat
from ..storage.runs import LIVE, begin_run, end_run
from ..storage.writes import RunWrites
from .chats import Choice, stored_chat

if TYPE_CHECKING:
    from ...client import AsyncBeeperDesktop
    from ...events.stream import EventStream


class Watch:
    """Writes what happens while it happens; a run from time to time finds what was not pushed.

    The stream of events begins before the first run, so that nothing falls between the two. What
    both find is one message, by its ID.

    Args:
        database: The archive.
        client: Reads from the app.
        choice: Which chats are archived.
        update: Carries a whole run out.
        every: Seconds between two runs.
        on_event: Called after each event that was written.
    """

    def __init__(
        self,
        database: Database,
        client: "AsyncBeeperDesktop",
        choice: Choice,
        update: Callable[[], Awaitable[None]],
        every: float,
        on_event: Callable[[Event], object] | None,
    ) -> None:
        self._database = database
        self._client = client
        self._choice = choice
        self._update = update
        self._every = every
        self._on_event = on_event

    async def run(self) -> None:
        """Watch until cancelled.

        Raises:
            AuthenticationError: The token is not valid any more.
            PermissionDeniedError: The token may not read any more.
            APIConnectionError: The app can't be reached when it begins, or for a run.
            OSError: The disk is full.
        """
        async with self._client.events() as events:
            while True:
                await self._update()
                await self._follow(events)

    async def _follow(self, events: "EventStream") -> None:
        """Write live events until the next run."""
        self._writes = await self._database.run(_begin)
        try:
            async with asyncio.timeout(self._every):
                async for event in events:
                    await self._write(event)
        except TimeoutError:
            await self._database.run(self._end)

    def _end(self, connection: sqlite3.Connection) -> None:
        end_run(connection, self._writes.run, 0, self._writes.counts())

    async def _write(self, event: Event) -> None:
        try:
            await self._apply(event)
        except (AuthenticationError, APIConnectionError):
            raise
        except APIError:
            return  # the next run reads it again
        if self._on_event is not None:
            self._on_event(event)

    async def _apply(self, event: Event) -> None:
        if isinstance(event, MessageUpserted):
            await self._message(event.chat_id, event)
        elif isinstance(event, MessageDeleted):
            await self._deleted(event.chat_id, event.message_id)
        elif isinstance(event, ChatUpserted):
            await self._read_chat(event.chat_id)
        elif isinstance(event, ChatDeleted):
            gone = partial(self._writes.chats.gone, chat_id=event.chat_id)
            await self._database.run(gone)

    async def _message(self, chat_id: str, event: MessageUpserted) -> None:
        chat = await self._chat(chat_id)
        if chat is None:
            return
        messages, raw = self._writes.messages, event.message.to_dict()
        previous = event.previous_id if isinstance(event, SendStatusChanged) else None

        def write(connection: sqlite3.Connection) -> None:
            row = None
            if previous is not None:
                row = connection.execute(
                    "select n from messages where chat = ? and id = ?", (chat, previous)
                ).fetchone()
            if row is None:
                messages.write(connection, chat, [raw])
            else:
                messages.same_message(connection, chat, row[0], raw)

        await self._database.run(write)

    async def _deleted(self, chat_id: str, message_id: str) -> None:
        """Write what is left of a message, or that nothing is."""
        chat = await self._chat(chat_id)
        if chat is None:
            return
        messages = self._writes.messages
        try:
            message = await self._client.messages.retrieve(message_id, chat_id=chat_id)
        except NotFoundError:

            def mark(connection: sqlite3.Connection) -> None:
                rows = connection.execute(
                    "select n from messages where chat = ? and id = ? and vanished_run is null",
                    (chat, message_id),
                )
                messages.vanished(connection, [n for (n,) in rows])

            await self._database.run(mark)
            return
        raw = message.to_dict()
        await self._database.run(lambda connection: messages.write(connection, chat, [raw]))

    async def _chat(self, chat_id: str) -> int | None:
        """Return the number of a chat, or None if its messages are not archived."""
        chat = await self._database.run(partial(stored_chat, chat_id=chat_id))
        if chat is None:
            return await self._read_chat(chat_id)
        return chat.n if self._choice.includes(chat) else None

    async def _read_chat(self, chat_id: str) -> int | None:
        record = read_chat((await self._client.chats.retrieve(chat_id)).to_dict())
        if record is None or not self._choice.includes(record):
            return None
        return await self._database.run(partial(self._writes.chats.write, record=record))


def _begin(connection: sqlite3.Connection) -> RunWrites:
    return RunWrites(connection, begin_run(connection, LIVE))
