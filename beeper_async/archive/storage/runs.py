"""What is stored of each run: how it began, and how it ended."""

import json
import sqlite3
from typing import Final

import attrs

from ..report import Counts
from .versions import now

FINISHED: Final = (0, 7)
"""Exit codes of runs that reached their end, if with problems."""
LIVE: Final = "live"
"""In the place of a sweep: live events were written between two runs."""


def begin_run(connection: sqlite3.Connection, sweep: str) -> int:
    """Store that a run begins; return its number."""
    run = connection.execute(
        "insert into runs (started, sweep) values (?, ?)", (now(), sweep)
    ).lastrowid
    assert run is not None  # noqa: S101 - for type checkers: an insert has one
    return run


def end_run(connection: sqlite3.Connection, run: int, exit_code: int, counts: Counts) -> None:
    """Store how a run ended, and what it wrote."""
    connection.execute(
        "update runs set ended = ?, exit_code = ?, counts = ? where run = ?",
        (now(), exit_code, json.dumps(attrs.asdict(counts)), run),
    )


def last_was_stopped(connection: sqlite3.Connection) -> bool:
    """Return whether the last run did not reach its end, so that the next one continues it."""
    row = connection.execute(
        "select exit_code from runs where sweep <> ? order by run desc limit 1", (LIVE,)
    ).fetchone()
    return row is not None and row[0] not in FINISHED
