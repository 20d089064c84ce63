"""`beeper-async read`: mark a chat as read."""

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
        lines=(
            "beeper-async read Mum --demo",
            "beeper-async read Mum --unread",
        ),
    ),
)


@click.command("read", cls=Command, sections=_SECTIONS)
@chat_argument
@click.option("--unread", is_flag=True, help="Mark it as unread instead.")
@json_option
@target_options
@run_async
async def command(choice: ChatChoice, unread: bool, as_json: bool, target: Target) -> None:
    """Mark a chat as read."""
    from .action_output import report

    async with connect(target) as client:
        chat = await find_chat(client, choice)
        mark = client.chats.mark_unread if unread else client.chats.mark_read
        await mark(chat.id)
    report("marked unread" if unread else "read", chat, as_json=as_json)
