"""`beeper-async chats`: list chats, or find some."""

import sys
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Final

import click

from .connection import Target, connect, target_options
from .exit_codes import ExitCode
from .help import Command, Section
from .running import run_async
from .text import clean
from .values import whole_number, words

if TYPE_CHECKING:
    from beeper_async import AsyncBeeperDesktop
    from beeper_async.models import Chat

_SCREENFUL: Final = "25"
_LARGEST_PAGE: Final = 200

_SECTIONS: Final = (
    Section(
        "Marks in front of a chat",
        terms=(("P", "pinned"), ("M", "muted"), ("A", "archived"), ("U", "marked as unread")),
    ),
    Section(
        "In a pipe or a file",
        "One chat a line, fields separated by tabs, not cut off, without a heading:",
        terms=(
            ("1", "title"),
            ("2", "network"),
            ("3", "unread messages"),
            ("4", "last activity (ISO 8601)"),
            ("5", "marks, in words"),
            ("6", "last message; empty with --search"),
        ),
    ),
    Section(
        "Examples",
        lines=(
            "beeper-async chats --demo",
            "beeper-async chats --search lisbon",
            "beeper-async chats | cut -f 1,3",
            "beeper-async chats --json | jq .title",
        ),
    ),
)


@click.command("chats", cls=Command, sections=_SECTIONS)
@click.option(
    "--search",
    metavar="TEXT",
    callback=words,
    help="Only chats with all these words in their title or network.",
)
@click.option(
    "--limit",
    metavar="N",
    default=_SCREENFUL,
    show_default=True,
    callback=whole_number(0),
    help="Maximum number of chats; 0 for all.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="One JSON object a line, with everything the app returns for a chat.",
)
@target_options
@run_async
async def command(search: str | None, limit: int, as_json: bool, target: Target) -> ExitCode | None:
    """List chats of all your networks, latest activity first."""
    from .chat_output import printer

    show = printer(as_json=as_json, with_preview=search is None)
    found = 0
    async with connect(target) as client:
        async for chats in _pages(client, search, limit):
            show(chats)
            sys.stdout.flush()
            found += len(chats)
    if found:
        return None
    if search is None:
        sys.stderr.write("No chats.\n")
        return None
    sys.stderr.write(f"No chats for: {clean(search)}\n")
    return ExitCode.NOT_FOUND


async def _pages(
    client: "AsyncBeeperDesktop", search: str | None, limit: int
) -> "AsyncIterator[Sequence[Chat]]":
    left = limit or sys.maxsize
    size = min(left, _LARGEST_PAGE)
    listing = (
        client.chats.list(limit=size)
        if search is None
        else client.chats.search(query=search, limit=size)
    )
    async for page in listing.iter_pages():
        # The size is a wish; old apps send pages of 25 whatever was asked for.
        chats = page.items[:left]
        yield chats
        left -= len(chats)
        if not left:
            return
