"""The ways to print a list: JSON, lines for other programs, a table for people."""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from attrs import frozen

from .table import Column, Table
from .text import clean, safe_json

T = TypeVar("T")

Printer = Callable[[Sequence[T]], None]
"""Prints a page of a list. It may be called several times."""


@frozen
class Layout(Generic[T]):
    """What is printed of one item of a list."""

    columns: Sequence[Column[T]]
    """For people. The cells are clean."""
    fields: Callable[[T], Sequence[str]]
    """For other programs, not yet clean."""
    to_json: Callable[[T], str]
    """One line of JSON."""


def printer(layout: Layout[T], *, as_json: bool) -> Printer[T]:
    """Choose what suits standard output."""
    if as_json:
        return lambda items: print_json(map(layout.to_json, items))
    if not sys.stdout.isatty():
        return lambda items: print_fields(map(layout.fields, items))
    return Table(layout.columns).print


def print_json(lines: Iterable[str]) -> None:
    """Print JSON Lines, in UTF-8 whatever the terminal's encoding is."""
    sys.stdout.flush()
    for line in lines:
        sys.stdout.buffer.write(safe_json(line).encode() + b"\n")


def json_of(value: Any) -> str:
    """Write what a command found as a line of JSON; times as RFC 3339."""
    from beeper_async._codec.json_text import dumps  # here, because `--help` needs none

    return dumps(value, indent=False)


def print_fields(rows: Iterable[Sequence[str]]) -> None:
    """Print fields separated by tabs. There is no other tab, for `clean` leaves none."""
    for row in rows:
        sys.stdout.write("\t".join(map(clean, row)) + "\n")
