"""`beeper-async mute`: mute a chat."""

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
            "beeper-async mute Mum --demo",
            "beeper-async mute Mum --off",
        ),
    ),
)


@click.command("mute", cls=Command, sections=_SECTIONS)
@chat_argument
@click.option("--off", is_flag=True, help="Unmute it instead.")
@json_option
@target_options
@run_async
async def command(choice: ChatChoice, off: bool, as_json: bool, target: Target) -> None:
    """Mute a chat."""
    from .action_output import report

    async with connect(target) as client:
        chat = await find_chat(client, choice)
        await client.chats.update(chat.id, is_muted=not off)
    report("unmuted" if off else "muted", chat, as_json=as_json)
