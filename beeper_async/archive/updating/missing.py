"""Messages that a walk through a whole chat did not meet: found by ID, judged, and confirmed."""

import sqlite3
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from ...errors import APIStatusError, NotFoundError
from ..storage.marks import last_number
from ..storage.message_writes import Found
from ..storage.writer import Writer
from ..storage.writes import RunWrites
from .vanishing import Missed, Served, Verdict, judge

if TYPE_CHECKING:
    from ...client import AsyncBeeperDesktop

_COLUMNS = "n, id, pos, time, missed_run, deleted_run is not null, is_pending"
_ALIVE = (
    f"select {_COLUMNS} from messages where chat = ? and n <= ? "  # noqa: S608
    "and vanished_run is null and expired_run is null"
)
_STORED = "select count(*) from messages indexed by messages_by_position where chat = ? and n <= ?"
_MARKED = (
    "select count(*) from messages where chat = ? and n <= ? "
    "and coalesce(vanished_run, expired_run) is not null"
)


class Missing:
    """The messages of one chat that a walk did not meet.

    Args:
        chat: Number of the chat.
        chat_id: Its ID.
        may_mark: Whether what is missing may be marked. Not while the app itself still reads.
    """

    def __init__(self, chat: int, chat_id: str, *, may_mark: bool) -> None:
        self._chat = chat
        self._chat_id = chat_id
        self._may_mark = may_mark
        self._until: int | None = None
        self._verdict = Verdict()
        self._control: str | None = None

    def begin(self, connection: sqlite3.Connection) -> None:
        """Note what is in the archive when the walk begins: only that can be missing."""
        if self._until is None:
            self._until = last_number(connection)

    def finish(
        self,
        connection: sqlite3.Connection,
        writes: RunWrites,
        found: Found,
        expiry: int | None,
        began: int,
    ) -> None:
        """Compare what the walk met with the archive, and mark what is certain.

        Args:
            connection: The connection.
            writes: Writes the marks.
            found: What the walk met.
            expiry: Seconds after which messages of the chat disappear.
            began: When the walk began, in milliseconds.
        """
        if self._until is None or not self._may_mark:
            return
        met = set(found.numbers)
        if self._is_complete(connection, met, self._until):
            writes.problems.solve(connection, "vanished", self._chat)
            return
        missed, served = self._compare(connection, met, writes.run)
        expired_before = None if expiry is None else began - expiry * 1000
        self._verdict = verdict = judge(missed, served, expired_before)
        writes.messages.missed(connection, verdict.noted)
        writes.messages.vanished(connection, verdict.vanished)
        writes.messages.expired(connection, verdict.expired)
        if verdict.is_braked:
            count = len(missed) - len(verdict.expired) - len(verdict.vanished)
            text = f"{count:,} messages are no longer served at once; none of them was marked"
            writes.problems.add(connection, "vanished", self._chat, self._chat_id, text)
        else:
            writes.problems.solve(connection, "vanished", self._chat)

    def _is_complete(self, connection: sqlite3.Connection, met: set[int], until: int) -> bool:
        """Return whether all was met, which two counts in indexes tell nearly for free."""
        stored: int = connection.execute(_STORED, (self._chat, until)).fetchone()[0]
        marked: int = connection.execute(_MARKED, (self._chat, until)).fetchone()[0]
        return stored - marked == sum(n <= until for n in met)

    def _compare(
        self, connection: sqlite3.Connection, met: set[int], run: int
    ) -> tuple[list[Missed], Served]:
        missed: list[Missed] = []
        oldest: str | None = None
        newest: str | None = None
        for row in connection.execute(_ALIVE, (self._chat, self._until)):
            one = Missed(*row)
            if one.n not in met:
                missed.append(one)
                continue
            oldest = one.pos if oldest is None else min(oldest, one.pos)
            if newest is None or one.pos >= newest:
                newest, self._control = one.pos, one.id
        alive = len(missed) + len(met)
        return missed, Served(alive=alive, oldest=oldest, newest=newest, run=run)

    async def confirm(
        self, client: "AsyncBeeperDesktop", writer: Writer, writes: RunWrites
    ) -> None:
        """Ask for those singly that are in doubt; what the app answers with 404 has vanished."""
        verdict = self._verdict
        if not (verdict.ask or verdict.sample) or self._control is None:
            return
        try:
            # An app that is too old for this call answers 404 to everything.
            await client.messages.retrieve(self._control, chat_id=self._chat_id)
            gone = await self._absent(client, writer, writes, verdict.ask)
            sample = await self._absent(client, writer, writes, verdict.sample)
        except APIStatusError:
            return  # a later run decides
        if verdict.sample and len(sample) == len(verdict.sample):
            gone += verdict.twice

        def write(connection: sqlite3.Connection) -> None:
            writes.messages.vanished(connection, gone)
            if verdict.sample and len(gone) >= len(verdict.twice):
                writes.problems.solve(connection, "vanished", self._chat, at_once=True)

        await writer.add(write)

    async def _absent(
        self,
        client: "AsyncBeeperDesktop",
        writer: Writer,
        writes: RunWrites,
        asked: Iterable[Missed],
    ) -> list[int]:
        gone: list[int] = []
        for one in asked:
            try:
                message = await client.messages.retrieve(one.id, chat_id=self._chat_id)
            except NotFoundError:
                gone.append(one.n)
                continue
            write = partial(
                writes.messages.same_message, chat=self._chat, n=one.n, raw=message.to_dict()
            )
            await writer.add(write)
        return gone
