"""CSV as RFC 4180 has it: one row for each message, for spreadsheets."""

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from .entries import ChatEntry, Entry
from .job import Job
from .output import private_file

COLUMNS: Final = (
    *("chat_id", "chat", "network", "message_id", "time", "sender_id", "sender", "is_own", "type"),
    *("text", "reply_to", "reactions", "files", "edited", "deleted", "vanished", "expired"),
)
# A spreadsheet runs a cell that begins with one of these. Quotes around it don't change that.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_csv(job: Job) -> None:
    """Write all messages to one file."""
    with private_file(job.out) as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for chat, entry in job.each_message():
            writer.writerow(map(_guarded, _cells(chat, entry)))


def _cells(chat: ChatEntry, entry: Entry) -> Iterator[str]:
    message = entry.message
    yield from (chat.id, chat.title, chat.network or "", message.id)
    yield from (_written(entry.time), message.sender_id, entry.sender)
    yield from ("yes" if entry.is_own else "", message.type or "", entry.text)
    yield message.linked_message_id or ""
    yield " ".join(one.reaction_key for one in message.reactions or [])
    yield "; ".join(one.name or "?" for one in entry.files)
    times = (message.edited_timestamp, entry.deleted, entry.vanished, entry.expired)
    yield from map(_written, times)


def _written(time: datetime | None) -> str:
    return "" if time is None else f"{time:%Y-%m-%dT%H:%M:%SZ}"


def _guarded(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
