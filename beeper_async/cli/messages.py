"""`beeper-async messages`: show the newest messages of a chat."""

import sys
from typing import Final

import click

from .chat_argument import CHAT_SECTION, ChatChoice, chat_argument, find_chat, json_option
from .connection import Target, connect, target_options
from .help import Command, Section
from .running import run_async
from .values import whole_number

_SCREENFUL: Final = "20"

_SECTIONS: Final = (
    CHAT_SECTION,
    Section(
        "In a pipe or a file",
        "One message a line, fields separated by tabs, not cut off, without a heading:",
        terms=(("1", "message ID"), ("2", "time (ISO 8601)"), ("3", "who"), ("4", "text")),
    ),
    Section(
        "Examples",
        lines=(
            "beeper-async messages Mum --demo",
            "beeper-async messages Mum --limit 100",
            "beeper-async messages Mum | cut -f 4",
        ),
    ),
)


@click.command("messages", cls=Command, sections=_SECTIONS)
@chat_argument
@click.option(
    "--limit",
    metavar="N",
    default=_SCREENFUL,
    show_default=True,
    callback=whole_number(1),
    help="Maximum number of messages.",
)
@json_option
@target_options
@run_async
async def command(choice: ChatChoice, limit: int, as_json: bool, target: Target) -> None:
    """Show the newest messages of a chat, the newest one last."""
    from .message_output import MESSAGES
    from .output import printer

    async with connect(target) as client:
        chat = await find_chat(client, choice)
        found = await client.messages.list(chat.id).collect(limit)
    printer(MESSAGES, as_json=as_json)(found[::-1])
    if not found:
        sys.stderr.write("No messages.\n")
