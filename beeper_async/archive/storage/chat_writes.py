"""Writes chats, their people and accounts."""

import sqlite3
from collections.abc import Sequence

from .problems import Problems
from .records import ChatRecord, is_same_content
from .versions import keep_version


class ChatWrites:
    """Writes chats as they are served.

    Args:
        run: Number of the run.
        problems: Takes what can't be read.
    """

    def __init__(self, run: int, problems: Problems) -> None:
        self._run = run
        self._problems = problems

    def write(self, connection: sqlite3.Connection, record: ChatRecord) -> int:
        """Write a chat as it was served; return its number."""
        row = connection.execute(
            "select n, hash, raw, gone_run from chats where id = ?", (record.id,)
        ).fetchone()
        columns = record[1:11]
        if row is None:
            n = connection.execute(
                "insert into chats (id, local_id, account, network, title, type, last_activity, "
                "expiry, is_merged, raw, hash, first_run, changed_run, seen_run) "
                "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (record.id, *columns, self._run, self._run, self._run),
            ).lastrowid
            assert n is not None  # noqa: S101 - for type checkers: an insert has one
            connection.execute("insert into marks (chat) values (?)", (n,))
        else:
            n, hash, raw, gone_run = row
            if gone_run is not None:
                keep_version(connection, self._run, n, None, "back", raw)
            elif not is_same_content(hash, record.hash):
                keep_version(connection, self._run, n, None, "changed", raw)
            connection.execute(
                "update chats set local_id = ?, account = ?, network = ?, title = ?, type = ?, "
                "last_activity = ?, expiry = ?, is_merged = ?, raw = ?, hash = ?, seen_run = ?, "
                "gone_run = null where n = ?",
                (*columns, self._run, n),
            )
        self.people(connection, record)
        self._account(connection, record.account, None)
        if record.problem is not None:
            self._problems.add(connection, "chat", n, "record", record.problem, record.raw)
        return n

    def people(self, connection: sqlite3.Connection, record: ChatRecord) -> None:
        """Write the participants of a chat that is stored already."""
        row = connection.execute("select n from chats where id = ?", (record.id,)).fetchone()
        n = row[0]
        connection.executemany(
            "insert into people values (?, ?, ?, ?, ?, ?, ?) on conflict do update set "
            "name = excluded.name, is_self = excluded.is_self, raw = excluded.raw, "
            "seen_run = excluded.seen_run",
            [
                (n, one.id, one.name, one.is_self, one.raw, self._run, self._run)
                for one in record.people
            ],
        )

    def _account(self, connection: sqlite3.Connection, account: str, raw: bytes | None) -> None:
        connection.execute(
            "insert into accounts values (?, ?, ?, ?) on conflict do update set "
            "raw = coalesce(excluded.raw, raw), seen_run = excluded.seen_run",
            (account, raw, self._run, self._run),
        )

    def accounts(self, connection: sqlite3.Connection, items: Sequence[tuple[str, bytes]]) -> None:
        """Write the accounts that the app lists, by ID and JSON."""
        for account, raw in items:
            self._account(connection, account, raw)

    def seen(self, connection: sqlite3.Connection, chat_id: str) -> None:
        """Note that the app has a chat, without storing anything of it."""
        connection.execute("update chats set seen_run = ? where id = ?", (self._run, chat_id))

    def gone(self, connection: sqlite3.Connection, chat_id: str) -> None:
        """Mark a chat that the app no longer has; its messages stay."""
        connection.execute("update chats set gone_run = ? where id = ?", (self._run, chat_id))
