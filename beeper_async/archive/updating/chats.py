"""Walks through all chats, and finds those that are gone."""

import sqlite3
from collections.abc import Callable, Collection
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from attrs import frozen

from ..._paging.raw import raw_pages
from ...errors import APIStatusError, NotFoundError
from ..storage.marks import Marks, marks_of
from ..storage.records import ChatRecord, dump, read_chat
from ..storage.writer import Writer
from ..storage.writes import RunWrites

if TYPE_CHECKING:
    from ...client import AsyncBeeperDesktop

_EVERYONE: Final = -1
_LARGEST_PAGE: Final = 200


class ChatRow(NamedTuple):
    """What decides whether a chat that is stored is archived, and its number."""

    n: int
    id: str
    local_id: str | None
    account: str
    expiry: int | None
    is_merged: bool


def stored_chat(connection: sqlite3.Connection, chat_id: str) -> ChatRow | None:
    """Return a chat that is stored."""
    columns = ", ".join(ChatRow._fields)
    found = connection.execute(f"select {columns} from chats where id = ?", (chat_id,))  # noqa: S608
    row = found.fetchone()
    return None if row is None else ChatRow(*row)


@frozen
class Choice:
    """Which chats are archived."""

    chats: Collection[str] | None = None
    """IDs, or IDs local to the installation; None means all."""
    accounts: Collection[str] | None = None
    with_expiring: bool = False
    """Whether chats whose messages disappear are among them."""

    def includes(self, record: ChatRecord | ChatRow) -> bool:
        """Return whether the messages of a chat are archived. A merged chat has none itself."""
        if record.is_merged or (record.expiry is not None and not self.with_expiring):
            return False
        if self.chats is not None and not {record.id, record.local_id} & {*self.chats}:
            return False
        return self.accounts is None or record.account in self.accounts


@frozen
class ChatToRead:
    """A chat whose messages are read."""

    id: str
    title: str
    expiry: int | None
    has_news: bool
    """Whether something happened in it since the last run."""
    marks: Marks


class ChatWalk:
    """Walks through the chats of the app. Of those that are not archived nothing is stored.

    Args:
        client: Reads from the app.
        writer: Takes what is to be written.
        writes: Writes it.
        choice: Which chats are archived.
        on_chats: Called with the number of chats of each page.
    """

    def __init__(
        self,
        client: "AsyncBeeperDesktop",
        writer: Writer,
        writes: RunWrites,
        choice: Choice,
        on_chats: Callable[[int], object],
    ) -> None:
        self._client = client
        self._writer = writer
        self._writes = writes
        self._choice = choice
        self._on_chats = on_chats
        self._chats: dict[str, ChatToRead] = {}
        self._crowded: list[str] = []
        self._newest: int | None = None

    async def walk(self) -> list[ChatToRead]:
        """Store all chats; return those whose messages are to be read, newest activity first."""
        async with aclosing(raw_pages(self._client.chats.list(limit=_LARGEST_PAGE))) as pages:
            async for page in pages:
                await self._writer.add(partial(self._write, items=page.items))
                self._on_chats(len(page.items))
        await self._writer.flush()
        await self._complete_people()
        await self._ask_for_missing()
        await self._read_accounts()
        return list(self._chats.values())

    async def walk_again(self) -> list[ChatToRead]:
        """Store the chats that were active since the walk began; return those to be read again.

        The listing is sorted by activity: a chat that moves to its top meanwhile may not be met.
        """
        self._chats = {}
        newest = self._newest
        async with aclosing(raw_pages(self._client.chats.list(limit=_LARGEST_PAGE))) as pages:
            async for page in pages:
                records = [record for record in map(read_chat, page.items) if record is not None]
                moved = [one for one in records if newest is None or _is_after(one, newest)]
                await self._writer.add(partial(self._write_records, records=moved))
                if len(moved) < len(records):
                    break
        await self._writer.flush()
        return [chat for chat in self._chats.values() if chat.has_news]

    def _write(self, connection: sqlite3.Connection, items: list[object]) -> None:
        records: list[ChatRecord] = []
        for raw in items:
            record = read_chat(raw)
            if record is None:
                why = "the record has no ID"
                self._writes.problems.unreadable(connection, None, "chat", raw, why)
            else:
                records.append(record)
        self._write_records(connection, records)

    def _write_records(self, connection: sqlite3.Connection, records: list[ChatRecord]) -> None:
        for record in records:
            if record.last_activity is not None:
                self._newest = max(self._newest or 0, record.last_activity)
            is_included = self._choice.includes(record)
            if not is_included and not record.is_merged:
                self._writes.chats.seen(connection, record.id)
                continue
            before = connection.execute(
                "select last_activity, hash from chats where id = ?", (record.id,)
            ).fetchone()
            n = self._writes.chats.write(connection, record)
            is_new = before is None
            if record.has_more_people and (is_new or before[1] != record.hash):
                self._crowded.append(record.id)
            if is_included:
                has_news = is_new or before[0] != record.last_activity
                marks = marks_of(connection, n)
                self._chats[record.id] = ChatToRead(
                    record.id, record.title, record.expiry, has_news, marks
                )

    async def _complete_people(self) -> None:
        """Read everyone in the chats of which a listing names the first participants alone."""
        for chat_id in self._crowded:
            try:
                chat = await self._client.chats.retrieve(chat_id, max_participant_count=_EVERYONE)
            except APIStatusError:
                continue  # those that were listed are there
            record = read_chat(chat.to_dict())
            if record is not None:
                await self._writer.add(partial(self._writes.chats.people, record=record))

    async def _ask_for_missing(self) -> None:
        """Ask for the chats that the walk did not meet: the listing moves while it is read."""
        run = self._writes.run

        def missing(connection: sqlite3.Connection) -> None:
            rows = connection.execute(
                "select id from chats where seen_run < ? and gone_run is null", (run,)
            )
            absent.extend(chat_id for (chat_id,) in rows)

        absent: list[str] = []
        await self._writer.add(missing)
        await self._writer.flush()
        for chat_id in absent:
            try:
                chat = await self._client.chats.retrieve(chat_id)
            except NotFoundError:
                await self._writer.add(partial(self._writes.chats.gone, chat_id=chat_id))
            except APIStatusError as error:
                why = f"the chat is not listed, and can't be asked for: {type(error).__name__}"
                await self._writer.add(partial(self._problem, chat_id=chat_id, why=why))
            else:
                await self._writer.add(partial(self._write, items=[chat.to_dict()]))
        await self._writer.flush()

    def _problem(self, connection: sqlite3.Connection, chat_id: str, why: str) -> None:
        self._writes.problems.add(connection, "chats", None, chat_id, why)

    async def _read_accounts(self) -> None:
        """Store the accounts; some networks are left out, and known from their chats alone."""
        try:
            accounts = await self._client.accounts.list()
        except APIStatusError:
            return
        items = [(one.account_id, dump(one.to_dict())) for one in accounts]
        await self._writer.add(partial(self._writes.chats.accounts, items=items))


def _is_after(record: ChatRecord, moment: int) -> bool:
    return record.last_activity is not None and record.last_activity > moment
