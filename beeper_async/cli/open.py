"""`beeper-async open`: show a chat in the app."""

from typing import Final

import click

from beeper_async import omit

from .chat_argument import CHAT_SECTION, ChatChoice, chat_argument, find_chat, json_option
from .connection import Target, connect, target_options
from .help import Command, Section
from .running import run_async
from .values import words

_SECTIONS: Final = (
    CHAT_SECTION,
    Section(
        "Examples",
        lines=("beeper-async open Mum --demo",),
    ),
)


@click.command("open", cls=Command, sections=_SECTIONS)
@chat_argument
@click.option("--message", metavar="ID", callback=words, help="The message to jump to.")
@json_option
@target_options
@run_async
async def command(choice: ChatChoice, message: str | None, as_json: bool, target: Target) -> None:
    """Bring the window of the app to the front, at a chat."""
    from .action_output import report

    async with connect(target) as client:
        chat = await find_chat(client, choice)
        await client.focus(chat_id=chat.id, message_id=message or omit)
    report("opened", chat, as_json=as_json)
