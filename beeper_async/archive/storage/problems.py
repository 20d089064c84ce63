"""What could not be read: stored once each, tried again, and solved by what no longer fails."""

import hashlib
import sqlite3
from typing import Any, Final

from .records import dump, message_id

_PROBLEM: Final = (
    "insert into problems (kind, chat, key, error, raw, first_run, last_run) "
    "values (?, ?, ?, ?, ?, ?, ?) on conflict do update set error = excluded.error, "
    "raw = excluded.raw, last_run = excluded.last_run, solved_run = null"
)


class Problems:
    """Writes the problems of one run.

    Args:
        run: Number of the run.
        open_records: Chats and keys of the records that could not be read before.
        tally: Counts them.
    """

    def __init__(self, run: int, open_records: set[tuple[int, str]], tally: dict[str, int]) -> None:
        self._run = run
        self._open_records = open_records
        self._tally = tally

    def add(
        self,
        connection: sqlite3.Connection,
        kind: str,
        chat: int | None,
        key: str,
        error: str,
        raw: bytes | None = None,
    ) -> None:
        """Store what could not be read; a problem of the same kind, chat and key is one."""
        values = (kind, chat, key, error, raw, self._run, self._run)
        connection.execute(_PROBLEM, values)
        self._tally["problems"] += 1

    def solve(
        self,
        connection: sqlite3.Connection,
        kind: str,
        chat: int | None,
        *,
        at_once: bool = False,
    ) -> None:
        """Note that problems of a kind are solved: those that were not met again in this run.

        Args:
            connection: The connection.
            kind: The kind.
            chat: Number of their chat.
            at_once: Whether those of this run are solved too.
        """
        connection.execute(
            "update problems set solved_run = ? where kind = ? and coalesce(chat, 0) = ? "
            "and last_run < ? and solved_run is null",
            (self._run, kind, chat or 0, self._run + at_once),
        )

    def unreadable(
        self, connection: sqlite3.Connection, chat: int | None, kind: str, raw: Any, why: str
    ) -> None:
        """Store a record that can't be read."""
        try:
            text = dump(raw)
        except (TypeError, ValueError, RecursionError):
            text = b"null"  # nested deeper than anything can be written
        key = message_id(raw) or hashlib.blake2b(text, digest_size=16).hexdigest()
        self.add(connection, kind, chat, key, why, text)
        if chat is not None:
            self._open_records.add((chat, key))

    def record_is_fine(self, connection: sqlite3.Connection, chat: int, key: str) -> None:
        """Note that a record can be read."""
        if (chat, key) in self._open_records:
            self._open_records.discard((chat, key))
            connection.execute(
                "update problems set solved_run = ? where kind = 'record' and chat = ? and key = ?",
                (self._run, chat, key),
            )
