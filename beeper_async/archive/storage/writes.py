"""What one run writes. All of it runs inside of transactions, in the thread of the database."""

import sqlite3
from typing import Final

from ..report import Counts
from .chat_writes import ChatWrites
from .message_writes import MessageWrites
from .problems import Problems

_COUNTED: Final = (
    *("new", "changed", "deleted", "vanished", "expired", "back", "problems", "files", "bytes"),
    "pages",
)
"""The names of `Counts`."""


class RunWrites:
    """The writes of one run.

    Args:
        connection: The connection; what decides how messages are written is read with it.
        run: Number of the run.
    """

    def __init__(self, connection: sqlite3.Connection, run: int) -> None:
        get = connection.execute
        self.run: int = run
        """Number of the run."""
        self.tally: dict[str, int] = dict.fromkeys(_COUNTED, 0)
        """Numbers so far, by the names of `Counts`."""
        records = get("select chat, key from problems where kind = 'record' and solved_run is null")
        self.problems: Problems = Problems(run, set(records), self.tally)
        """Writes what can't be read."""
        self.chats: ChatWrites = ChatWrites(run, self.problems)
        """Writes chats."""
        row = get("select value from meta where key = 'indexed'").fetchone()
        self.messages: MessageWrites = MessageWrites(
            run,
            0 if row is None else int(row[0]),
            {one for (one,) in get("select distinct chat from messages where is_pending")},
            {one for (one,) in get("select distinct chat from aliases")},
            self.problems,
            self.tally,
        )
        """Writes messages."""

    def counts(self) -> Counts:
        """Return what was written so far."""
        return Counts(**self.tally)
