"""`beeper-async accounts`: list the connected accounts."""

import sys
from typing import Final

import click

from .chat_argument import json_option
from .connection import Target, connect, target_options
from .help import Command, Section
from .running import run_async

_SECTIONS: Final = (
    Section(
        "In a pipe or a file",
        "One account a line, fields separated by tabs, not cut off, without a heading:",
        terms=(
            ("1", "account ID"),
            ("2", "network"),
            ("3", "status"),
            ("4", "what the app says of the status"),
            ("5", "its owner"),
        ),
    ),
    Section(
        "Examples",
        lines=("beeper-async accounts --demo", "beeper-async accounts | cut -f 1,3"),
    ),
)


@click.command("accounts", cls=Command, sections=_SECTIONS)
@json_option
@target_options
@run_async
async def command(as_json: bool, target: Target) -> None:
    """List the connected accounts that the app lists; it may leave out some, such as iMessage."""
    from .output import printer
    from .people_output import ACCOUNTS

    async with connect(target) as client:
        found = await client.accounts.list()
    printer(ACCOUNTS, as_json=as_json)(found)
    if not found:
        sys.stderr.write("No accounts.\n")
