"""How an archive is: what it holds, what it lacks, and how old that knowledge is."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from attrs import field, fields, frozen

from ..._codec.json_text import JSONError, loads_exactly
from ..report import Counts, Sweep
from ..storage.records import time_of
from ..storage.runs import FINISHED, LIVE

ProblemKind: TypeAlias = Literal["record", "chat", "chats", "vanished", "file"]
"""What could not be read: a `record`, the messages of a `chat`, one of all `chats`, a `file`; or
too many messages had `vanished` at once."""

# A chat with disappearing messages, and nothing of it read, is not meant to be here.
_UNFINISHED: Final = (
    "marks join chats on chats.n = chat where end_run is null and gone_run is null "
    "and not is_merged and (back_run is not null or expiry is null)"
)
_OLDEST_SWEEP: Final = (
    "select min(coalesce(swept_at, 0)) from marks join chats on n = chat where gone_run is null "
    "and not is_merged and (back_run is not null or expiry is null)"
)
_PROBLEMS: Final = (
    "select kind, chats.id, key, error, problems.raw, problems.first_run, last_run, solved_run "
    "from problems left join chats on chats.n = problems.chat "
    "where solved_run is null or not ? order by problems.n"
)


@frozen(kw_only=True)
class Problem:
    """Something that could not be archived. It is tried again in each run."""

    kind: ProblemKind
    """What it is about."""
    error: str
    """What is wrong with it."""
    first_run: int
    """Number of the run that found it first."""
    last_run: int
    """Number of the run that found it last."""
    solved_run: int | None
    """Number of the run in which it was solved; None if it is open."""
    chat_id: str | None
    """ID of the chat; None if it is not about one chat."""
    key: str = field(repr=False)
    """ID of the message or chat, or the address of the file."""
    raw: Any = field(default=None, repr=False)
    """The JSON of the record as it was received; None if there is none."""


@frozen(kw_only=True)
class FileTotal:
    """Files in one state."""

    files: int = 0
    """Number of files."""
    bytes: int = 0
    """Their size together, as far as it is known."""


@frozen(kw_only=True)
class FileTotals:
    """Files by their states."""

    have: FileTotal = FileTotal()
    """They are on disk. Files of equal content count each, and are stored once."""
    wanted: FileTotal = FileTotal()
    """They are to be fetched."""
    partial: FileTotal = FileTotal()
    """They are to be fetched, and a part of each is here already."""
    refused: FileTotal = FileTotal()
    """They were too large, or the app refused them. They are tried again in each run."""
    gone: FileTotal = FileTotal()
    """Two runs found that the app does not have them. They are not tried again."""


@frozen(kw_only=True)
class LastRun:
    """The last run."""

    run: int
    """Its number."""
    sweep: Sweep
    """How much of what was archived it compared."""
    started: datetime
    """When it began."""
    ended: datetime | None
    """When it ended; None if it is under way, or was killed."""
    exit_code: int | None
    """Its result, as in `Report`; None if it is under way, or was killed."""
    counts: Counts
    """What it wrote."""

    @property
    def was_stopped(self) -> bool:
        """Whether it did not reach its end, so that the next one continues it."""
        return self.exit_code not in FINISHED


@frozen(kw_only=True)
class Status:
    """How an archive is."""

    chats: int
    """Chats, with those that are gone."""
    gone_chats: int
    """Chats that the app no longer has."""
    messages: int
    """Messages, with those that are deleted or no longer served."""
    versions: int
    """Older versions of messages and chats."""
    deleted: int
    """Messages that somebody deleted. What they said is kept."""
    vanished: int
    """Messages that the app no longer serves."""
    expired: int
    """Messages that the app no longer serves, because the timer of their chat had run out."""
    files: FileTotals
    """The files of messages."""
    database_bytes: int
    """Size of the database on disk."""
    open_problems: int
    """Problems that are not solved."""
    unfinished_chats: int
    """Chats whose oldest messages were not reached yet."""
    oldest_sweep: datetime | None
    """When the chat was compared whose comparison is the longest ago; None if one never was, or
    there is no chat."""
    last_run: LastRun | None
    """The last run; None before the first one."""


def read_status(connection: sqlite3.Connection, database: Path) -> Status:
    """Return how an archive is.

    Args:
        connection: Reads the archive.
        database: Path of the database.
    """

    def count(query: str) -> int:
        return int(connection.execute(f"select count(*) from {query}").fetchone()[0])  # noqa: S608

    return Status(
        chats=count("chats"),
        gone_chats=count("chats where gone_run is not null"),
        messages=count("messages"),
        versions=count("versions"),
        deleted=count("messages where deleted_run is not null"),
        vanished=count("messages where vanished_run is not null"),
        expired=count("messages where expired_run is not null"),
        files=_files(connection),
        database_bytes=sum(_size(f"{database}{suffix}") for suffix in ("", "-wal")),
        open_problems=count("problems where solved_run is null"),
        unfinished_chats=count(_UNFINISHED),
        oldest_sweep=oldest_sweep(connection),
        last_run=_last_run(connection),
    )


def read_problems(connection: sqlite3.Connection, *, open_only: bool) -> Iterator[Problem]:
    """Yield problems, the oldest first."""
    for row in connection.execute(_PROBLEMS, (open_only,)):
        kind, chat_id, key, error, raw, first_run, last_run, solved_run = row
        yield Problem(
            kind=kind,
            error=error,
            first_run=first_run,
            last_run=last_run,
            solved_run=solved_run,
            chat_id=chat_id,
            key=key,
            raw=_json(raw),
        )


def _json(raw: bytes | None) -> Any:
    try:
        return None if raw is None else loads_exactly(raw)
    except JSONError:
        return None


def _files(connection: sqlite3.Connection) -> FileTotals:
    rows = connection.execute(
        "select state, count(*), coalesce(sum(coalesce(size, (select max(expected_size) "
        "from attachments where file = files.n))), 0) from files group by state"
    )
    return FileTotals(**{state: FileTotal(files=n, bytes=size) for state, n, size in rows})


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except FileNotFoundError:
        return 0


def oldest_sweep(connection: sqlite3.Connection) -> datetime | None:
    """Return when the chat was compared whose comparison is the longest ago, if all ever were."""
    oldest = connection.execute(_OLDEST_SWEEP).fetchone()[0]
    return time_of(oldest) if oldest else None


def _last_run(connection: sqlite3.Connection) -> LastRun | None:
    row = connection.execute(
        "select run, sweep, started, ended, exit_code, counts from runs where sweep <> ? "
        "order by run desc limit 1",
        (LIVE,),
    ).fetchone()
    if row is None:
        return None
    run, sweep, started, ended, exit_code, counts = row
    known = {one.name for one in fields(Counts)}
    numbers = {name: value for name, value in json.loads(counts).items() if name in known}
    return LastRun(
        run=run,
        sweep=sweep,
        started=time_of(started),
        ended=None if ended is None else time_of(ended),
        exit_code=exit_code,
        counts=Counts(**numbers),
    )
