"""The ways to print chats: JSON, lines for other programs, a table for people."""

import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from attrs import frozen

from beeper_async.models import Chat

from .message_text import preview
from .text import clean, pad, safe_json, shorten, width

_GAP: Final = "  "
_LEGIBLE: Final = 8

Printer = Callable[[Sequence[Chat]], None]
LinePrinter = Callable[[Sequence[str], Sequence[str]], object]
"""Prints one line of a table: its cells, and rich's style for each."""


def printer(*, as_json: bool, with_preview: bool) -> Printer:
    """Choose what suits standard output. A printer may be called several times, once a page."""
    if as_json:
        return print_json
    if not sys.stdout.isatty():
        return print_fields
    return Table(with_preview=with_preview).print


def print_json(chats: Sequence[Chat]) -> None:
    """Print JSON Lines, in UTF-8 whatever the terminal's encoding is."""
    for chat in chats:
        line = safe_json(chat.to_json(indent=None))
        sys.stdout.buffer.write(line.encode() + b"\n")


def print_fields(chats: Sequence[Chat]) -> None:
    """Print fields separated by tabs. There is no other tab, for `clean` leaves none."""
    for chat in chats:
        fields = (
            clean(chat.title),
            _network(chat),
            str(chat.unread_count),
            _iso(chat.last_activity),
            ",".join(_marks(chat)),
            preview(chat),
        )
        sys.stdout.write("\t".join(fields) + "\n")


@frozen
class Column:
    """One column of the table."""

    heading: str
    style: str
    cell: Callable[[Chat], str]
    least: int = 0
    most: int | None = None
    """Longer cells are cut; None never cuts, for a number without its end is a wrong number."""
    right: bool = False

    def fitting(self, texts: Sequence[str]) -> int:
        """Return how wide the column should be for the texts in it."""
        wanted = max(self.least, *map(width, texts))
        return wanted if self.most is None else min(wanted, self.most)

    def fill(self, text: str, cells: int) -> str:
        """Return the text of a row at the width of the column."""
        text = text if self.most is None else shorten(text, cells)
        return pad(text, cells, right=self.right)


_TITLE: Final = 1
_COLUMNS: Final = (
    Column("", "yellow", lambda chat: "".join(mark[0].upper() for mark in _marks(chat)), least=2),
    Column("CHAT", "bold", lambda chat: clean(chat.title), most=sys.maxsize),
    Column("NETWORK", "cyan", lambda chat: _network(chat), most=15),
    Column("NEW", "bold green", lambda chat: str(chat.unread_count or ""), right=True),
    Column("ACTIVE", "dim", lambda chat: _ago(chat.last_activity), least=10),
)
_PREVIEW: Final = Column("LAST MESSAGE", "", preview, most=sys.maxsize)


class Table:
    """Prints a table as wide as the terminal.

    The first page decides how wide the columns are, so that it can be printed before the second
    one has arrived.
    """

    def __init__(self, *, with_preview: bool) -> None:
        self._columns = (*_COLUMNS, _PREVIEW) if with_preview else _COLUMNS
        self._widths: list[int] = []
        self._print_line = line_printer()

    def print(self, chats: Sequence[Chat]) -> None:
        """Print a page of chats, the first one below the headings."""
        rows = [[column.cell(chat) for column in self._columns] for chat in chats]
        if rows and not self._widths:
            headings = [column.heading for column in self._columns]
            self._widths = self._fit([headings, *rows])
            self._print_row(headings, ["dim" for _ in headings])
        for row in rows:
            self._print_row(row, [column.style for column in self._columns])

    def _fit(self, rows: Sequence[Sequence[str]]) -> list[int]:
        cells = zip(*rows, strict=True)
        widths = [column.fitting(texts) for column, texts in zip(self._columns, cells, strict=True)]
        # What the small columns leave is shared by the title and, if there is one, the preview.
        gaps = len(_GAP) * (len(widths) - 1)
        room = shutil.get_terminal_size().columns - gaps - sum(widths) + widths[_TITLE]
        if self._columns[-1] is not _PREVIEW:
            widths[_TITLE] = min(widths[_TITLE], max(room, _LEGIBLE))
            return widths
        room += widths[-1]
        widths[_TITLE] = min(widths[_TITLE], max(room * 9 // 20, _LEGIBLE))
        widths[-1] = max(room - widths[_TITLE], _LEGIBLE)
        return widths

    def _print_row(self, row: Sequence[str], styles: Sequence[str]) -> None:
        placed = zip(self._columns, row, self._widths, strict=True)
        filled = [column.fill(text, cells) for column, text, cells in placed]
        filled[-1] = filled[-1].rstrip()
        self._print_line(filled, styles)


def line_printer() -> LinePrinter:
    """Return what prints a line of cells, in colours if rich is there."""
    try:
        from rich.console import Console
        from rich.text import Text
    except ImportError:
        return lambda cells, _: sys.stdout.write(_GAP.join(cells) + "\n")

    console = Console(highlight=False)

    def print_styled(cells: Sequence[str], styles: Sequence[str]) -> None:
        texts = [Text(cell, style) for cell, style in zip(cells, styles, strict=True)]
        # The line has its width already; soft_wrap keeps rich from measuring and cutting it again.
        console.print(Text(_GAP).join(texts), soft_wrap=True)

    return print_styled


def _network(chat: Chat) -> str:
    # Apps before 4.2.808 don't name the network; the account's ID mostly tells it.
    return clean(chat.network or chat.account_id)


def _marks(chat: Chat) -> list[str]:
    marks = {
        "pinned": chat.is_pinned,
        "muted": chat.is_muted,
        "archived": chat.is_archived,
        "unread": chat.is_marked_unread,
    }
    return [mark for mark, is_set in marks.items() if is_set]


def local(time: datetime) -> datetime:
    """Return a time in the time zone of this machine."""
    try:
        return time.astimezone()
    except (OverflowError, OSError, ValueError):
        return time  # a placeholder such as the year 1 has no local time everywhere


def _iso(time: datetime | None) -> str:
    return local(time).isoformat(timespec="seconds") if time else ""


def _ago(time: datetime | None) -> str:
    if time is None:
        return ""
    minutes = int((datetime.now(UTC) - time).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 24 * 60:
        return f"{minutes // 60} h ago"
    days = minutes // (24 * 60)
    if days < 7:
        return f"{days} day{'s' if days > 1 else ''} ago"
    return local(time).date().isoformat()
