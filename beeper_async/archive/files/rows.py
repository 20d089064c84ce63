"""What is known of each file. Every function is a part of a transaction."""

import sqlite3
from collections.abc import Collection
from typing import Final

from attrs import frozen

_IS_OPEN: Final = "state in ('wanted', 'partial')"
_WEB: Final = ("http://", "https://")


@frozen
class WantedFile:
    """A file that is to be fetched."""

    n: int
    url: str
    expected_size: int | None
    """Its size by the messages that it belongs to."""
    name: str | None
    """Its name by one of them. It is looked at, and never used as a path."""
    is_again: bool = False
    """Whether it failed in this run before."""

    @property
    def is_on_web(self) -> bool:
        """Whether it is not a file of the app, but an address on the web."""
        return self.url.lower().startswith(_WEB)


def reopen(
    connection: sqlite3.Connection, run: int, max_size: int | None, *, with_web: bool
) -> None:
    """Want the files again that were refused, unless it is known that they would be once more."""
    connection.execute(
        "update files set state = 'wanted' where state = 'refused' "
        "and coalesce(tried_run, 0) < :run and (:most is null or coalesce(size, 0) <= :most) "
        "and (:web or not (url like 'http://%' or url like 'https://%'))",
        {"run": run, "most": max_size, "web": with_web},
    )


def still_open(connection: sqlite3.Connection, numbers: Collection[int]) -> set[int]:
    """Return those of some files that are still to be fetched."""
    rows = (
        connection.execute(f"select n from files where n = ? and {_IS_OPEN}", (n,)).fetchone()  # noqa: S608
        for n in numbers
    )
    return {row[0] for row in rows if row is not None}


def wanted_after(
    connection: sqlite3.Connection, run: int, n: int, most: int
) -> tuple[list[WantedFile], int]:
    """Return the next files that this run has not tried, and how many there are of them.

    Args:
        connection: The connection.
        run: Number of the run.
        n: Number of the file behind which to start.
        most: Maximum number of files to return.
    """
    where = f"where n > ? and {_IS_OPEN} and coalesce(tried_run, 0) < ?"
    rows = connection.execute(
        "select n, url, (select max(expected_size) from attachments where file = n), "  # noqa: S608
        "(select max(name) from attachments where file = n) "
        f"from files {where} order by n limit ?",
        (n, run, most),
    ).fetchall()
    count = connection.execute(f"select count(*) from files {where}", (n, run)).fetchone()[0]  # noqa: S608
    return [WantedFile(*row) for row in rows], count


def have(
    connection: sqlite3.Connection, run: int, n: int, sha256: str, size: int, why: str | None
) -> None:
    """Note that a file is in its place; `why` says what is odd about it."""
    connection.execute(
        "update files set state = 'have', sha256 = ?, size = ?, why = ?, absent_run = null, "
        "tries = tries + 1, tried_run = ? where n = ?",
        (sha256, size, why, run, n),
    )
    _solve(connection, run, n)


def refused(
    connection: sqlite3.Connection, run: int, n: int, why: str, size: int | None = None
) -> None:
    """Note that a file may not be fetched; the size is that of one that is too large."""
    connection.execute(
        "update files set state = 'refused', size = ?, why = ?, tries = tries + 1, tried_run = ? "
        "where n = ?",
        (size, why, run, n),
    )
    _solve(connection, run, n)


def absent(connection: sqlite3.Connection, run: int, n: int, why: str) -> None:
    """Note that the app does not have a file. It is gone once two runs found that."""
    connection.execute(
        "update files set state = iif(absent_run < :run, 'gone', 'wanted'), "
        "absent_run = coalesce(absent_run, :run), why = :why, tries = tries + 1, tried_run = :run "
        "where n = :n",
        {"run": run, "why": why, "n": n},
    )
    _solve(connection, run, n)


def failed(connection: sqlite3.Connection, run: int, n: int, why: str, *, has_part: bool) -> None:
    """Note that a file could not be fetched this time."""
    connection.execute(
        "update files set state = ?, why = ?, tries = tries + 1, tried_run = ? where n = ?",
        ("partial" if has_part else "wanted", why, run, n),
    )


def _solve(connection: sqlite3.Connection, run: int, n: int) -> None:
    """Solve the problem of a file, whatever has become of it."""
    connection.execute(
        "update problems set solved_run = ? where kind = 'file' and solved_run is null "
        "and key = (select url from files where n = ?)",
        (run, n),
    )
