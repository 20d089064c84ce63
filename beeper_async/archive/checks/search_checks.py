"""Whether the search index has each message once, as far as it goes."""

import sqlite3
from typing import Final

from ..storage.database import has_search
from .findings import Tally

# The numbers of what is in an index without content are in this table of FTS5.
_INDEXED: Final = "select id from search_docsize"
_MISSING: Final = (
    "select chats.id, m.id from messages m join chats on chats.n = m.chat "  # noqa: S608 - constants
    "where m.words is not null and m.n <= coalesce("
    "(select cast(value as integer) from meta where key = 'indexed'), 0) "
    f"and m.n not in ({_INDEXED}) and m.n not in (select message from stale)"
)
_LEFT: Final = (
    f"{_INDEXED} where id not in (select n from messages where words is not null) "  # noqa: S608
    "and id not in (select message from stale)"
)


def check_search(connection: sqlite3.Connection, tally: Tally) -> None:
    """Find messages that a search can't find, and what it finds that is no message."""
    if not has_search(connection):
        return
    for place in connection.execute(_MISSING):
        tally.add("search", "the message is not in the search index", *place)
    for (n,) in connection.execute(_LEFT):
        tally.add("search", f"the search index has message {n}, which is not there")
