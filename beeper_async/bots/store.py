"""What a bot keeps over restarts: one SQLite file, or the same in memory.

All calls are made in the event loop. A transaction with a state, a job and a mark takes 0.04 ms
(the median; 4 ms for the one in a hundred after which SQLite empties its write-ahead log), so a
thread would cost more than it saves.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeAlias

from attrs import define, field

from ..errors import ClientUseError, InvalidInputError
from .job import Row

Mark: TypeAlias = tuple[str, str, str, str, str]
"""A part of an event that is done: its chat, message, kind and digest, and the part."""

_VERSION: Final = 1
# Says that a database is the store of a bot: "BEEP" as a number.
_APPLICATION: Final = 0x42454550
_KEPT_DAYS: Final = 7

_SCHEMA: Final = """
create table meta (key text primary key, value text not null) without rowid;
create table checkpoint (key text primary key, value text not null) without rowid;
create table handled (
    chat_id text, message_id text, kind text, digest text, part text, at real not null,
    primary key (chat_id, message_id, kind, digest, part)
) without rowid;
create table jobs (
    id integer primary key, key text not null unique, name text not null, arguments text not null,
    due real not null, chat_id text, message_id text, person_id text, tries integer not null
);
create table sent (
    number integer primary key, key text not null unique, value text not null, at real not null
);
create table state (key text primary key, value text not null) without rowid;
"""


@define
class Batch:
    """Changes that are written together or not at all."""

    states: dict[str, str | None] = field(factory=dict[str, "str | None"], repr=False)
    """JSON by key; None removes it."""
    jobs: dict[int, Row | None] = field(factory=dict[int, "Row | None"])
    """Jobs by ID; None removes it."""
    last_job: int | None = None
    """The highest ID that a job was given."""
    marks: Sequence[Mark] = ()
    covered: Sequence[Mark] = ()
    """Marks that nobody needs any more."""
    checkpoint: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    """Records of the checkpoint that are new or changed."""
    removed: Iterable[str] = ()
    """Records of the checkpoint that are gone."""


class Store:
    """The store of one bot.

    Args:
        path: The file. None keeps everything in memory.

    Raises:
        ClientUseError: Another bot uses the file.
        InvalidInputError: The file is no store of a bot, or of a newer version of this library.
        OSError: The file can't be read or written.
    """

    def __init__(self, path: str | os.PathLike[str] | None) -> None:
        self._path = None if path is None else Path(path)
        if self._path is not None:
            # Before SQLite opens it, so that nobody else could for a moment.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            with suppress(OSError):
                self._path.chmod(0o600)
        self._database = sqlite3.connect(
            ":memory:" if self._path is None else self._path,
            isolation_level=None,
            timeout=0,
            check_same_thread=False,  # a bot may run again in another thread, one at a time
        )
        try:
            self._open()
        except sqlite3.Error as error:
            self._database.close()
            raise self._refusal(error) from None
        except BaseException:
            self._database.close()
            raise

    def _open(self) -> None:
        # Exclusive from the first access on, until the file is closed or the process is gone.
        self._run("pragma locking_mode = exclusive")
        self._run("begin exclusive")
        application = self._value("pragma application_id")
        version = self._value("pragma user_version")
        is_empty = self._value("select count(*) from sqlite_master") == 0
        if not is_empty and application != _APPLICATION:
            raise InvalidInputError(f"{self._path} is no store of a bot.")
        if version > _VERSION:
            raise InvalidInputError(f"{self._path} was written by a newer version of this library.")
        if is_empty:
            for statement in _SCHEMA.split(";"):
                self._run(statement)
            self._run(f"pragma application_id = {_APPLICATION}")
            self._run(f"pragma user_version = {_VERSION}")
        for table in ("handled", "sent"):
            oldest = time.time() - _KEPT_DAYS * 86_400
            self._run(f"delete from {table} where at < ?", oldest)  # noqa: S608
        self._run("commit")
        # What was committed survives the end of the process; a power cut may take the last commits.
        self._run("pragma journal_mode = wal")
        self._run("pragma synchronous = normal")

    def _refusal(self, error: sqlite3.Error) -> Exception:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return ClientUseError(f"Another bot uses {self._path}. Each bot needs its own store.")
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            return InvalidInputError(f"{self._path} is no store of a bot, or it is damaged.")
        return OSError(f"{self._path} can't be used as a store: {error}")

    def close(self) -> None:
        """Close the file, and let others have it."""
        self._database.close()

    def checkpoint(self) -> dict[str, str]:
        """Return the records of the checkpoint."""
        return dict(self._run("select key, value from checkpoint"))

    def jobs(self) -> list[Row]:
        """Return what is planned."""
        columns = "id, key, name, arguments, due, chat_id, message_id, person_id, tries"
        return [Row(*row) for row in self._run(f"select {columns} from jobs")]  # noqa: S608

    def last_job(self) -> int:
        """Return the highest ID that a job was given."""
        return int(self._value("select value from meta where key = 'last_job'") or 0)

    def marks(self) -> set[Mark]:
        """Return the parts of events that are done, though the checkpoint does not cover them."""
        columns = "chat_id, message_id, kind, digest, part"
        return set(self._run(f"select {columns} from handled"))  # noqa: S608

    def state(self, key: str) -> str | None:
        """Return the JSON of a state."""
        found = self._value("select value from state where key = ?", key)
        return None if found is None else str(found)

    def state_names(self) -> list[str]:
        """Return the names of all states."""
        return [name for (name,) in self._run("select key from state")]

    def sent(self) -> dict[str, str]:
        """Return by what messages are recognised that were sent, oldest first."""
        return dict(self._run("select key, value from sent order by number"))

    def keep_sent(self, changes: Mapping[str, str | None]) -> None:
        """Keep by what messages are recognised that were sent.

        Args:
            changes: What is new or changed, by key; None removes it.

        Raises:
            OSError: It can't be written.
        """
        now = time.time()
        kept = [(key, value, now) for key, value in changes.items() if value is not None]
        gone = [(key,) for key, value in changes.items() if value is None]
        try:
            with self._transaction():
                self._all("insert or replace into sent (key, value, at) values (?, ?, ?)", kept)
                self._all("delete from sent where key = ?", gone)
        except sqlite3.Error as error:
            raise OSError(f"{self._path} can't be written: {error}") from None

    def write(self, batch: Batch) -> None:
        """Write changes, all of them or nothing.

        Raises:
            OSError: They can't be written.
        """
        try:
            with self._transaction():
                self._write(batch)
        except sqlite3.Error as error:
            raise OSError(f"{self._path} can't be written: {error}") from None

    def _write(self, batch: Batch) -> None:
        kept = [(key, value) for key, value in batch.states.items() if value is not None]
        gone = [(key,) for key, value in batch.states.items() if value is None]
        self._all("insert or replace into state values (?, ?)", kept)
        self._all("delete from state where key = ?", gone)
        planned = [_values(row) for row in batch.jobs.values() if row is not None]
        self._all("insert or replace into jobs values (?, ?, ?, ?, ?, ?, ?, ?, ?)", planned)
        done = [(job_id,) for job_id, row in batch.jobs.items() if row is None]
        self._all("delete from jobs where id = ?", done)
        if batch.last_job is not None:
            self._run("insert or replace into meta values ('last_job', ?)", str(batch.last_job))
        now = time.time()
        marks = [(*mark, now) for mark in batch.marks]
        self._all("insert or replace into handled values (?, ?, ?, ?, ?, ?)", marks)
        self._all(
            "delete from handled where (chat_id, message_id, kind, digest, part) = (?, ?, ?, ?, ?)",
            batch.covered,
        )
        self._all("insert or replace into checkpoint values (?, ?)", batch.checkpoint.items())
        self._all("delete from checkpoint where key = ?", [(one,) for one in batch.removed])

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._run("begin")
        try:
            yield
            self._run("commit")
        except BaseException:
            if self._database.in_transaction:
                self._run("rollback")
            raise

    def _run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return self._database.execute(statement, values)

    def _all(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        rows = list(rows)
        if rows:
            self._database.executemany(statement, rows)

    def _value(self, statement: str, *values: Any) -> Any:
        row = self._run(statement, *values).fetchone()
        return None if row is None else row[0]


def _values(row: Row) -> tuple[Any, ...]:
    return (
        row.id,
        row.key,
        row.name,
        row.arguments,
        row.due,
        row.chat_id,
        row.message_id,
        row.person_id,
        row.tries,
    )
