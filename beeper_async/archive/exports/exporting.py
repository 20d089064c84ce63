"""Exports: from what a user asks for to files."""

import sqlite3
from collections.abc import Callable
from datetime import tzinfo
from os import PathLike
from pathlib import Path
from typing import Final, Literal, TypeAlias

from ...errors import InvalidInputError
from ..reading.selection import Selection
from ..values import ExportReport
from .entries import Source
from .html_pages import write_html
from .job import Job
from .jsonl import write_jsonl
from .markdown import write_markdown
from .spreadsheet import write_csv

ExportFormat: TypeAlias = Literal["jsonl", "csv", "markdown", "html"]
"""A form in which messages are exported."""

_WRITERS: Final[dict[str, Callable[[Job], None]]] = {
    "jsonl": write_jsonl,
    "csv": write_csv,
    "markdown": write_markdown,
    "html": write_html,
}


def export(
    connection: sqlite3.Connection,
    folder: Path,
    format: ExportFormat,
    out: str | PathLike[str],
    chats: list[int],
    selected: Selection,
    zone: tzinfo | None,
) -> ExportReport:
    """Export messages.

    Args:
        connection: A connection that reads.
        folder: The folder of the archive.
        format: The format.
        out: The file or folder to write.
        chats: Numbers of the chats.
        selected: Which messages of each chat.
        zone: Time zone of what people read; None means that of this computer.

    Raises:
        InvalidInputError: There is no such format, or the export would write into the archive.
        ArchiveInUseError: Another export writes the same files.
        OSError: A file can't be written.
    """
    if format not in _WRITERS:
        raise InvalidInputError(f"format must be one of {', '.join(_WRITERS)}.")
    target = Path(out)
    inside = target.resolve()
    if folder.resolve() in (inside, *inside.parents):
        raise InvalidInputError("to must not be inside of the archive.")
    job = Job(Source(connection, selected), folder / "files", target, chats, zone)
    _WRITERS[format](job)
    return ExportReport(
        chats=job.written_chats,
        messages=job.written_messages,
        files=len(job.written_files),
        missing_files=job.missing_files,
    )
