"""Arguments and options that several commands of archives share."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click

T = TypeVar("T")

_UNITS: Final = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3, "T": 1000**4}


def folder(function: Callable[..., T]) -> Callable[..., T]:
    """Add the argument for the folder of the archive."""
    path = click.Path(file_okay=False, path_type=Path)
    return click.argument("folder", metavar="DIR", type=path)(function)


def json_lines(function: Callable[..., T]) -> Callable[..., T]:
    """Add `--json`; the command gets it as `as_json`."""
    text = "JSON Lines, for other programs."
    return click.option("--json", "as_json", is_flag=True, help=text)(function)


def file_size(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    """Take a size in bytes, with K, M, G or T for thousands of them."""
    if text is None:
        return None
    number, unit = text[:-1], text[-1:].upper()
    if unit.isdigit():
        number, unit = text, ""
    is_number = number.isascii() and number.isdigit() and len(number) < 13
    if unit not in _UNITS or not is_number or int(number) < 1:
        raise click.BadParameter("must be a size such as 500K, 100M or 2G")
    return int(number) * _UNITS[unit]


def moment(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    """Take a date, or a date and a time; without a time zone it is that of this computer."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError):
        raise click.BadParameter("must be a date such as 2026-05-31 or 2026-05-31T18:00") from None


def period(function: Callable[..., T]) -> Callable[..., T]:
    """Add `--since` and `--until`."""
    options: list[Any] = [
        click.option("--since", metavar="DATE", callback=moment, help="From this time on."),
        click.option("--until", metavar="DATE", callback=moment, help="Before this time."),
    ]
    for option in options:
        function = option(function)
    return function
