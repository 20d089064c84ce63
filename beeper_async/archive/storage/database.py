"""The database of an archive: one connection that writes, in a thread of its own.

SQLite waits for the disk, which must not hold the event loop. Readers have connections of their
own: in write-ahead mode they see the last transaction and hold nobody up.
"""

import asyncio
import errno
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from ..errors import ArchiveError
from .schema import APPLICATION_ID, MIGRATIONS, SEARCH, TABLES, VERSION

T = TypeVar("T")

_BUSY: Final = 10.0
"""Seconds to wait for a lock of another connection."""
_CACHE: Final = 16 * 1024
"""KiB of the database that the writer keeps in memory. With SQLite's own 2 MiB, most rows that are
compared are read from the disk again."""


class Database:
    """The file `archive.db`.

    Args:
        path: The file. It is created, for its owner alone, if it does not exist.

    Raises:
        ArchiveError: It is no archive, or of a newer version of this library.
        OSError: It can't be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path: Path = path
        """The file."""
        # Before SQLite opens it, so that nobody else could for a moment.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with suppress(OSError):
            path.chmod(0o600)
        self._connection = _connect(path)
        try:
            _prepare(self._connection, path)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise ArchiveError(f"{path} can't be used as an archive: {error}") from None
        except BaseException:
            self._connection.close()
            raise
        self._thread = ThreadPoolExecutor(1, "beeper-archive")

    async def run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run a function with the connection in its thread, as one transaction.

        It is carried out as a whole or not at all, also if the call is cancelled.

        Raises:
            OSError: The disk is full.
            sqlite3.Error: It failed in another way.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self.run_here, function)

    async def run_alone(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run a function with the connection in its thread, outside of a transaction.

        Raises:
            sqlite3.Error: It failed, e.g. because the disk is full.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, function, self._connection)

    def run_here(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run a function as one transaction in this thread, while nothing runs in the other one."""
        connection = self._connection
        try:
            connection.execute("begin immediate")
            result = function(connection)
            connection.execute("commit")
        except BaseException as error:
            if connection.in_transaction:
                connection.execute("rollback")
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                raise OSError(errno.ENOSPC, f"the disk is full: {self.path}") from error
            raise
        return result

    def reader(self) -> sqlite3.Connection:
        """Open a connection that reads, for the thread that calls this."""
        connection = _connect(self.path)
        connection.execute("pragma query_only = on")
        return connection

    def close(self) -> None:
        """Wait for the transaction under way, and close the file."""
        self._thread.shutdown(wait=True)
        self._connection.close()


def has_search(connection: sqlite3.Connection) -> bool:
    """Return whether the archive has a search index."""
    found = connection.execute("select count(*) from sqlite_master where name = 'search'")
    return bool(found.fetchone()[0])


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=_BUSY, check_same_thread=False)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("pragma journal_mode = wal")
    # A power cut costs the transactions after the last checkpoint of the log, and damages nothing.
    connection.execute("pragma synchronous = normal")
    connection.execute(f"pragma cache_size = -{_CACHE}")
    connection.execute("begin immediate")
    tables = connection.execute("select count(*) from sqlite_master").fetchone()[0]
    application = connection.execute("pragma application_id").fetchone()[0]
    version = connection.execute("pragma user_version").fetchone()[0]
    if tables and application != APPLICATION_ID:
        raise ArchiveError(f"{path} is no archive of this library. Choose another folder.")
    if version > VERSION:
        raise ArchiveError(f"{path} was written by a newer version of this library: update it.")
    if not tables:
        _run_all(connection, TABLES)
        connection.execute(f"pragma application_id = {APPLICATION_ID}")
    for step in range(version or VERSION, VERSION):
        _run_all(connection, MIGRATIONS[step])
    connection.execute(f"pragma user_version = {VERSION}")
    if not has_search(connection):
        with suppress(sqlite3.OperationalError):  # SQLite was built without full-text search
            connection.execute(SEARCH)
    connection.execute("commit")


def _run_all(connection: sqlite3.Connection, statements: str) -> None:
    # One by one: executescript would commit first.
    text = "\n".join(line.partition("--")[0] for line in statements.splitlines())
    for statement in text.split(";"):
        if statement.strip():
            connection.execute(statement)
