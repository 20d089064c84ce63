"""Tables for people, as wide as the terminal: a row is one line."""

import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from attrs import frozen

from .text import pad, shorten, width

T = TypeVar("T")

_GAP: Final = "  "
_LEGIBLE: Final = 8

LinePrinter = Callable[[Sequence[str], Sequence[str]], object]
"""Prints one line of a table: its cells, and rich's style for each."""


@frozen
class Column(Generic[T]):
    """One column of a table."""

    heading: str
    style: str
    cell: Callable[[T], str]
    least: int = 0
    most: int | None = None
    """Longer cells are cut; None never cuts, for a number without its end is a wrong number."""
    right: bool = False
    share: int = 0
    """Percent of the width that is left by the other columns, for a text of any length; 0 takes as
    much as its cells need. The last one with a share takes the rest."""
    rank: int = 0
    """On a narrow terminal, columns of the highest rank are left out first; 0 always stays."""

    def needed(self, wanted: int) -> int:
        """Return how wide the column must be at least, if it would like to be so wide."""
        return min(wanted, max(self.least, _LEGIBLE)) if self.share else wanted

    def wanted(self, texts: Sequence[str]) -> int:
        """Return how wide the column would like to be for the texts in it."""
        longest = max(self.least, *map(width, texts))
        return longest if self.most is None else min(longest, self.most)

    def fill(self, text: str, cells: int) -> str:
        """Return the text of a row at the width of the column."""
        is_cut = self.share or self.most is not None
        return pad(shorten(text, cells) if is_cut else text, cells, right=self.right)


class Table(Generic[T]):
    """Prints a table as wide as the terminal.

    The first page decides how wide the columns are, so that it can be printed before the second
    one has arrived.

    Args:
        columns: The columns, from left to right.
    """

    def __init__(self, columns: Sequence[Column[T]]) -> None:
        self._columns = list(columns)
        self._widths: list[int] = []
        self._print_line = line_printer()

    def print(self, items: Sequence[T]) -> None:
        """Print a page, the first one below the headings."""
        if items and not self._widths:
            self._fit(items)
            headings = [column.heading for column in self._columns]
            self._print_row(headings, ["dim" for _ in headings])
        for item in items:
            cells = [column.cell(item) for column in self._columns]
            self._print_row(cells, [column.style for column in self._columns])

    def _fit(self, items: Sequence[T]) -> None:
        screen = shutil.get_terminal_size().columns
        wanted = {
            column: column.wanted([column.heading, *map(column.cell, items)])
            for column in self._columns
        }
        while self._least(wanted) > screen and any(column.rank for column in self._columns):
            self._columns.remove(max(self._columns, key=lambda column: column.rank))
        flexible = [column for column in self._columns if column.share]
        needed = [column.needed(wanted[column]) for column in flexible]
        room = left = screen - self._least(wanted) + sum(needed)
        for column, least in zip(flexible, needed, strict=True):
            needed = needed[1:]
            part = left if column is flexible[-1] else room * column.share // 100
            wanted[column] = min(wanted[column], max(min(part, left - sum(needed)), least))
            left -= wanted[column]
        self._widths = [wanted[column] for column in self._columns]

    def _least(self, wanted: dict[Column[T], int]) -> int:
        """Return how much the columns take at least, with the gaps between them."""
        cells = [column.needed(wanted[column]) for column in self._columns]
        return sum(cells) + len(_GAP) * (len(self._columns) - 1)

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
