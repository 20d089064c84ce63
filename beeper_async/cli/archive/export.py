"""`beeper-async archive export DIR`."""

import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..help import Command
from .options import folder, period

if TYPE_CHECKING:
    from beeper_async.archive import Deleted, ExportFormat


@click.command("export", cls=Command)
@folder
@click.option(
    "--format",
    "format",
    required=True,
    type=click.Choice(["jsonl", "html", "markdown", "csv"]),
    help="html and markdown are folders, jsonl and csv files.",
)
@click.option("--to", "out", metavar="OUT", required=True, help="File or folder to write.")
@click.option("--chat", "chats", multiple=True, metavar="CHAT", help="Only this chat; repeatable.")
@period
@click.option(
    "--deleted",
    type=click.Choice(["show", "restore", "hide"]),
    default="show",
    show_default=True,
    help="How deleted messages appear; restore shows their content.",
)
def command(
    folder: Path,
    format: "ExportFormat",
    out: str,
    chats: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    deleted: "Deleted",
) -> None:
    """Export the archive in DIR; needs no app."""
    from beeper_async.archive.reader import ArchiveReader

    with closing(ArchiveReader.open(folder, create=False)) as archive:
        report = archive.export(
            format, out, chats=chats or None, since=since, until=until, deleted=deleted
        )
    missing = f", {report.missing_files:,} files are missing" if report.missing_files else ""
    sys.stdout.write(
        f"{report.messages:,} messages of {report.chats:,} chats, {report.files:,} files{missing}\n"
    )
