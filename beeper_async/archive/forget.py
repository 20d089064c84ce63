"""Removing a chat for good: its rows, its words in the index, and its files.

What was in a file of SQLite stays there until it is overwritten. So the file is written anew, and
the log is emptied. What remains to be done is noted in the transaction that removes the rows; after
a kill, `finish` does it the next time.
"""

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Final, TypedDict

from .errors import ArchiveInUseError
from .reading.search import clear_index, update_index

_DUE: Final = "forgotten"
"""Key of `meta` with what is still to be removed from the disk."""
_OF_CHAT: Final = "(select n from messages where chat = ?)"
_FILES: Final = (
    "select distinct files.n, url, sha256 from attachments join files on files.n = file "  # noqa: S608
    f"where message in {_OF_CHAT}"
)
# Rows that refer to others go first.
_STATEMENTS: Final = (
    f"delete from attachments where message in {_OF_CHAT}",  # noqa: S608
    f"delete from stale where message in {_OF_CHAT}",  # noqa: S608
    "delete from versions where chat = ?",
    "delete from aliases where chat = ?",
    "delete from messages where chat = ?",
    "delete from people where chat = ?",
    "delete from problems where chat = ?",
    "delete from marks where chat = ?",
    "delete from chats where n = ?",
)


class _Due(TypedDict):
    sha256: list[str]
    parts: list[int]


def remove(connection: sqlite3.Connection, chat: int) -> None:
    """Remove the rows of a chat, as a part of a transaction.

    Args:
        connection: The connection.
        chat: Number of the chat.
    """
    due = _due(connection) or _Due(sha256=[], parts=[])
    files = connection.execute(_FILES, (chat,)).fetchall()
    for statement in _STATEMENTS:
        connection.execute(statement, (chat,))
    for n, url, sha256 in files:
        if connection.execute("select 1 from attachments where file = ?", (n,)).fetchone():
            continue
        connection.execute("delete from files where n = ?", (n,))
        connection.execute("delete from problems where kind = 'file' and key = ?", (url,))
        due["parts"].append(n)
        if sha256 is not None:
            due["sha256"].append(sha256)
    connection.execute("insert or replace into meta values (?, ?)", (_DUE, json.dumps(due)))
    # An index without content keeps removed words until its parts are joined.
    clear_index(connection)
    update_index(connection)


def finish(connection: sqlite3.Connection, folder: Path) -> None:
    """Remove from the disk what was forgotten, outside of a transaction; nothing if all is done.

    Args:
        connection: The connection that writes.
        folder: The folder of the archive.

    Raises:
        ArchiveInUseError: Another program reads the archive for too long.
        OSError: The disk has too little space to write the database anew, or a file stays.
    """
    due = _due(connection)
    if due is None:
        return
    for sha256 in due["sha256"]:
        used = connection.execute("select 1 from files where sha256 = ?", (sha256,)).fetchone()
        if not used:
            (folder / "files" / sha256[:2] / sha256).unlink(missing_ok=True)
    for n in due["parts"]:
        shutil.rmtree(folder / "partial" / str(n), ignore_errors=True)
    connection.execute("vacuum")
    is_busy = connection.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
    if is_busy:
        raise ArchiveInUseError(
            "The chat was removed, but its content can still be in the files of the database: "
            "another program reads the archive. Run the command again when it has ended."
        )
    connection.execute("delete from meta where key = ?", (_DUE,))


def _due(connection: sqlite3.Connection) -> _Due | None:
    row = connection.execute("select value from meta where key = ?", (_DUE,)).fetchone()
    return None if row is None else json.loads(row[0])
