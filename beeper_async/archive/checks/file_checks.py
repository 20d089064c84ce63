"""Whether the files of an archive are on disk, are what they were, and belong to a message."""

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from ..files.store import FileStore, digest
from .findings import Tally

_NAMED: Final = "length(sha256) = 64 and not sha256 glob '*[^0-9a-f]*'"
_FILES: Final = (
    f"select distinct sha256, size from files where state = 'have' and {_NAMED} "  # noqa: S608
    "order by sha256"
)
_NAMELESS: Final = f"select url from files where state = 'have' and ({_NAMED}) is not true"  # noqa: S608
_MESSAGE_OF: Final = (
    "select chats.id from files join attachments on attachments.file = files.n "
    "join messages on messages.n = attachments.message join chats on chats.n = messages.chat "
    "where files.sha256 = ? limit 1"
)


def check_files(
    connection: sqlite3.Connection, store: FileStore, tally: Tally, *, with_content: bool
) -> None:
    """Compare the files that are on disk with those that should be, one folder at a time."""
    seen: set[str] = set()
    for prefix, rows in groupby(_rows(connection), key=lambda row: row[0][:2]):
        expected = dict(rows)
        seen.add(prefix)
        for name in set(store.names(prefix)) - expected.keys():
            _stray(tally, f"{prefix}/{name}")
        for name, size in expected.items():
            tally.files += 1
            _check_file(connection, store, tally, name, size, with_content=with_content)
    for prefix in store.prefixes():
        if prefix not in seen:
            for name in store.names(prefix) or [""]:
                _stray(tally, f"{prefix}/{name}")
    for (url,) in connection.execute(_NAMELESS):
        tally.add("file", "the file has no SHA-256", key=url)


def _rows(connection: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    yield from connection.execute(_FILES)


def _stray(tally: Tally, name: str) -> None:
    tally.add("stray", f"files/{name} belongs to no message", key=name)


def _check_file(
    connection: sqlite3.Connection,
    store: FileStore,
    tally: Tally,
    sha256: str,
    size: int,
    *,
    with_content: bool,
) -> None:
    path = store.path(sha256)
    try:
        on_disk = path.stat().st_size
        if on_disk != size:
            problem = f"the file has {on_disk:,} bytes instead of {size}"
        elif with_content and digest(path) != sha256:
            problem = "the content of the file is not what it was"
        else:
            return
    except OSError as error:
        problem = f"the file can't be read: {error.strerror}"
    row = connection.execute(_MESSAGE_OF, (sha256,)).fetchone()
    tally.add("file", problem, row and row[0], sha256)
