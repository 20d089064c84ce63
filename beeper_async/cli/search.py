"""`beeper-async search`: find messages."""

import sys
from typing import TYPE_CHECKING, Final

import click

from beeper_async import omit

from .chat_argument import ChatChoice, find_chat, json_option
from .connection import Target, connect, target_options
from .exit_codes import ExitCode
from .help import Command, Section
from .running import run_async
from .text import clean
from .values import each_words, whole_number, words

if TYPE_CHECKING:
    from beeper_async.models import Chat

_SCREENFUL: Final = "20"
_LARGEST_PAGE: Final = 20

_SECTIONS: Final = (
    Section(
        "In a pipe or a file",
        "One message a line, fields separated by tabs, not cut off, without a heading:",
        terms=(
            ("1", "message ID"),
            ("2", "time (ISO 8601)"),
            ("3", "chat"),
            ("4", "who"),
            ("5", "text"),
            ("6", "chat ID"),
        ),
    ),
    Section(
        "Examples",
        lines=(
            "beeper-async search dinner --demo",
            "beeper-async search keys --chat Ann",
            "beeper-async search invoice --from me",
        ),
    ),
)


@click.command("search", cls=Command, sections=_SECTIONS)
@click.argument("text", metavar="TEXT", callback=words)
@click.option(
    "--chat",
    "chats",
    multiple=True,
    metavar="CHAT",
    callback=each_words,
    help="Only in this chat; may be given several times.",
)
@click.option("--from", "sender", metavar="WHO", callback=words, help="me, others or a user ID.")
@click.option(
    "--limit",
    metavar="N",
    default=_SCREENFUL,
    show_default=True,
    callback=whole_number(0),
    help="Maximum number of messages; 0 for all.",
)
@json_option
@target_options
@run_async
async def command(
    text: str,
    chats: tuple[str, ...],
    sender: str | None,
    limit: int,
    as_json: bool,
    target: Target,
) -> ExitCode | None:
    """Find messages that have all the words of TEXT, the newest first."""
    from .message_output import found_messages
    from .output import printer

    titles: dict[str, Chat] = {}
    show = printer(found_messages(titles), as_json=as_json)
    left = limit or sys.maxsize
    async with connect(target) as client:
        # By default, the app leaves out chats of low priority.
        chat_ids = [(await find_chat(client, ChatChoice(chat))).id for chat in chats]
        listing = client.messages.search(
            query=text,
            chat_ids=chat_ids or omit,
            sender=sender or omit,
            exclude_low_priority=False,
            limit=min(left, _LARGEST_PAGE),
        )
        async for page in listing.iter_pages():
            titles.update(page.chats)
            found = page.items[:left]
            show(found)
            sys.stdout.flush()
            left -= len(found)
            if not left:
                break
    if left < (limit or sys.maxsize):
        return None
    sys.stderr.write(f"No messages for: {clean(text)}\n")
    return ExitCode.NOT_FOUND
