"""`beeper-async remind`: be reminded of a chat."""

from datetime import datetime
from typing import Any, Final

import click

from .chat_argument import CHAT_SECTION, ChatChoice, chat_argument, find_chat, json_option
from .connection import Target, connect, target_options
from .help import Command, Section
from .running import run_async

_OFF: Final = "off"

_SECTIONS: Final = (
    CHAT_SECTION,
    Section(
        "WHEN",
        terms=(
            ("2h", "that long from now: m, h, d, w, also 1h30m"),
            ("18:30", "the next time that the clock shows this"),
            ("2030-05-05 18:30", "a date and a time, local unless a time zone follows"),
            ("off", "no reminder"),
        ),
    ),
    Section(
        "Examples",
        lines=(
            "beeper-async remind Mum 2h --demo",
            "beeper-async remind Mum 18:30",
            "beeper-async remind Mum off",
        ),
    ),
)


@click.command("remind", cls=Command, sections=_SECTIONS)
@chat_argument
@click.argument("when", metavar="WHEN")
@click.option("--unless-answered", is_flag=True, help="Cancel it if a message arrives before.")
@json_option
@target_options
@run_async
async def command(
    choice: ChatChoice, when: str, unless_answered: bool, as_json: bool, target: Target
) -> None:
    """Set the reminder of a chat, or remove it."""
    from .action_output import report

    at = None if when == _OFF else _moment(when)
    details: dict[str, Any] = {}
    async with connect(target) as client:
        chat = await find_chat(client, choice)
        if at is None:
            await client.chats.reminders.delete(chat.id)
        else:
            details["remindAt"] = at.isoformat(timespec="seconds")
            reminder = {"remind_at": at, "dismiss_on_incoming_message": unless_answered}
            await client.chats.reminders.create(chat.id, reminder=reminder)
    report("reminder removed" if at is None else "reminder set", chat, as_json=as_json, **details)


def _moment(when: str) -> datetime:
    from .moments import moment

    try:
        return moment(when, datetime.now().astimezone())
    except ValueError as error:
        raise click.UsageError(f"WHEN {error}") from None
