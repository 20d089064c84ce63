"""The search index, and searches. SQLite may have been built without full-text search."""

import sqlite3
from array import array
from collections.abc import Iterator
from itertools import islice
from typing import Final

from ...models.message import Message
from .selection import Numbers, Selection
from .stored import at
from .words import FORM, Query, index_form

_INSERT: Final = "insert into search (rowid, words) values (?, ?)"
_DELETE: Final = "insert into search (search, rowid, words) values ('delete', ?, ?)"
_NEW: Final = "select n, words from messages where n > ? and words is not null order by n"
_STALE: Final = "select message, words from stale where words is not null"
_RENEWED: Final = (
    "select n, messages.words from stale join messages on n = message "
    "where messages.words is not null"
)
_PROPOSED: Final = "n in (select rowid from search where search match ?)"
# What the index does not know yet, or knows as it was before.
_NOT_INDEXED: Final = "n > ? or n in (select message from stale)"


def can_search(connection: sqlite3.Connection) -> bool:
    """Return whether the archive has an index, and this SQLite can use it."""
    try:
        connection.execute("select 1 from search limit 0")
    except sqlite3.OperationalError:
        return False
    return True


def update_index(connection: sqlite3.Connection) -> int:
    """Index what is new or has changed, as a part of a transaction.

    Returns:
        The number of the last message that is in the index.
    """
    if not can_search(connection):
        return 0
    if _meta(connection, "index_form") != FORM:
        clear_index(connection)
    _replace_stale(connection)
    # One message after the other: neither has to fit into memory with all others.
    connection.executemany(_INSERT, _forms(connection, _NEW, indexed_until(connection)))
    last = connection.execute("select coalesce(max(n), 0) from messages").fetchone()[0]
    _set_meta(connection, "indexed", str(last))
    return int(last)


def clear_index(connection: sqlite3.Connection) -> None:
    """Empty the index, so that the next `update_index` builds it anew."""
    if can_search(connection):
        connection.execute("insert into search (search) values ('delete-all')")
    connection.execute("delete from stale")
    _set_meta(connection, "indexed", "0")
    _set_meta(connection, "index_form", FORM)


def indexed_until(connection: sqlite3.Connection) -> int:
    """Return the number of the last message that is in the index."""
    return int(_meta(connection, "indexed") or 0)


def search(
    connection: sqlite3.Connection, query: Query, selected: Selection, limit: int | None = None
) -> Iterator[Message]:
    """Yield the messages that match, the newest first."""
    found = at(connection, _matches(connection, query, selected))
    return found if limit is None else islice(found, limit)


def _matches(connection: sqlite3.Connection, query: Query, selected: Selection) -> Iterator[int]:
    for n in _candidates(connection, query, selected):
        row = connection.execute("select words from messages where n = ?", (n,)).fetchone()
        if row is not None and row[0] is not None and query.matches(row[0]):
            yield n


def _candidates(connection: sqlite3.Connection, query: Query, selected: Selection) -> Numbers:
    conditions, values = selected.conditions()
    if can_search(connection) and _meta(connection, "index_form") == FORM:
        conditions += f" and ({_PROPOSED} or {_NOT_INDEXED})"
        values += [query.expression(), indexed_until(connection)]
    found = connection.execute(
        f"select n from messages where {conditions} order by time desc, n desc",  # noqa: S608
        values,
    )
    return array("q", (n for (n,) in found))


def _replace_stale(connection: sqlite3.Connection) -> None:
    """Replace the words of messages that have others by now, or are gone."""
    connection.executemany(_DELETE, _forms(connection, _STALE))
    connection.executemany(_INSERT, _forms(connection, _RENEWED))
    connection.execute("delete from stale")


def _forms(connection: sqlite3.Connection, select: str, *values: int) -> Iterator[tuple[int, str]]:
    for n, words in connection.execute(select, values):
        yield n, index_form(words)


def _meta(connection: sqlite3.Connection, key: str) -> str | None:
    row = connection.execute("select value from meta where key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def _set_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    connection.execute("insert or replace into meta values (?, ?)", (key, value))
