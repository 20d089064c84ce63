"""`beeper-async archive-chat`: archive a chat."""

from typing import Final

import click

from .chat_argument import CHAT_SECTION, ChatChoice, chat_argument, find_chat, json_option
from .connection import Target, connect, target_options
from .help import Command, Section
from .running import run_async

_SECTIONS: Final = (
    CHAT_SECTION,
    Section(
        "Examples",
        lines=("beeper-async archive-chat Mum --demo",),
    ),
)


@click.command("archive-chat", cls=Command, sections=_SECTIONS)
@chat_argument
@json_option
@target_options
@run_async
async def command(choice: ChatChoice, as_json: bool, target: Target) -> None:
    """Archive a chat."""
    from .action_output import report

    async with connect(target) as client:
        chat = await find_chat(client, choice)
        await client.chats.archive(chat.id)
    report("archived", chat, as_json=as_json)
