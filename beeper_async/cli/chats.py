"""`beeper-async chats`: list chats, or find some."""

import argparse
import sys
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Final

from . import connection
from .text import clean

if TYPE_CHECKING:
    from beeper_async import AsyncBeeperDesktop
    from beeper_async.models import Chat

SUMMARY: Final = "list chats, latest activity first"

_SCREENFUL: Final = 25
_LARGEST_PAGE: Final = 200

_EPILOG = """\
marks in front of a chat:
  P pinned    M muted    A archived    U marked as unread

in a pipe or a file:
  One chat a line, its fields separated by tabs, nothing cut off, no heading:
  1 title    2 network    3 unread messages    4 last activity (ISO 8601)
  5 marks, in words       6 last message (searches don't tell; empty then)

examples:
  beeper-async chats --demo
  beeper-async chats --search "lisbon trip"
  beeper-async chats --limit 0 | cut -f 1,3
  beeper-async chats --json | jq .lastActivity
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.description = "List chats of all your networks, latest activity first."
    parser.epilog = _EPILOG
    parser.set_defaults(run=run)
    parser.add_argument(
        "--search",
        type=_words,
        metavar="TEXT",
        help="only chats with all these words in their title or network",
    )
    parser.add_argument(
        "--limit",
        type=_count,
        default=_SCREENFUL,
        metavar="N",
        help="at most so many chats (default: %(default)s; 0 for all)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="one JSON object a line, with everything the app says about a chat",
    )
    connection.add_options(parser)


async def run(options: argparse.Namespace) -> None:
    """Print the chats that were asked for, page by page as they arrive."""
    from .chat_output import printer

    show = printer(as_json=options.json, with_preview=options.search is None)
    found = 0
    async with connection.connect(options) as client:
        async for chats in _pages(client, options.search, options.limit):
            show(chats)
            sys.stdout.flush()
            found += len(chats)
    if not found:
        what = "No chats." if options.search is None else f"No chats for: {clean(options.search)}"
        sys.stderr.write(f"{what}\n")


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


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError("must be a whole number, 0 or more")
    return int(text)


def _words(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("must have at least one word")
    if any("\ud800" <= character <= "\udfff" for character in text):
        # Python's stand-ins for bytes of the command line that it could not read.
        raise argparse.ArgumentTypeError("must be text in the encoding of the terminal")
    return text
