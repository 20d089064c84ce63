"""`beeper-async archive status DIR`."""

import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

import attrs
import click

from ..help import Command
from ..output import json_of, print_json
from .options import folder, json_lines


@click.command("status", cls=Command)
@folder
@json_lines
def command(folder: Path, as_json: bool) -> None:
    """Show what the archive holds, what it lacks, and how old that knowledge is."""
    from beeper_async.archive.reader import ArchiveReader

    with closing(ArchiveReader.open(folder, create=False)) as archive:
        status = archive.status()
    if as_json:
        print_json([json_of(attrs.asdict(status))])
        return
    files = status.files
    waiting = files.wanted.files + files.partial.files
    lost = f"{files.refused.files:,} refused, {files.gone.files:,} gone"
    rows = [
        ("chats", f"{status.chats:,}, of which {status.gone_chats:,} are gone from the app"),
        ("messages", f"{status.messages:,}"),
        ("deleted", f"{status.deleted:,} by their senders; their content is kept"),
        ("vanished", f"{status.vanished:,} that the app no longer serves"),
        ("versions", f"{status.versions:,} earlier states"),
        ("files", f"{files.have.files:,} ({_size(files.have.bytes)})"),
        ("not fetched", f"{waiting:,} still wanted, {lost}"),
        ("database", _size(status.database_bytes)),
        ("problems", f"{status.open_problems:,}"),
        ("compared", _when(status.oldest_sweep) + " (the chat whose comparison is the oldest)"),
    ]
    if status.last_run is not None:
        run = status.last_run
        result = "was stopped" if run.was_stopped else f"exit code {run.exit_code}"
        rows.append(("last run", f"{_when(run.started)}, {run.sweep}, {result}"))
    for name, text in rows:
        sys.stdout.write(f"{name:<12} {text}\n")


def _size(size: int) -> str:
    amount = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:,.0f} {unit}" if unit == "bytes" else f"{amount:,.1f} {unit}"
        amount /= 1000
    return f"{amount:,.1f} TB"


def _when(time: datetime | None) -> str:
    return "never" if time is None else f"{time.astimezone():%d %B %Y %H:%M}"
