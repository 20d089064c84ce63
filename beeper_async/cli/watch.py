"""`beeper-async watch`: show what happens, as it happens."""

import logging
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import click

from .chat_argument import ChatChoice, find_chat
from .connection import Target, connect, target_options
from .help import Command, Section
from .running import run_async
from .values import each_words, whole_number

if TYPE_CHECKING:
    from beeper_async import Event, EventStream

_LOOK_EVERY: Final = 0.5
"""Seconds after which a quiet connection is looked at."""

_SECTIONS: Final = (
    Section(
        "In a pipe or a file",
        "One event a line, fields separated by tabs, not cut off, without a heading:",
        terms=(
            ("1", "time (ISO 8601)"),
            ("2", "what happened"),
            ("3", "chat"),
            ("4", "who"),
            ("5", "reaction, or send status"),
            ("6", "text of the message"),
            ("7", '"recovered" if it happened while the connection was lost'),
        ),
    ),
    Section(
        "What happened",
        "created, edited, deleted, reaction added, reaction removed; with --all also status, "
        "changed, chat upserted, chat deleted, and types that are new in the app.",
    ),
    Section(
        "Examples",
        lines=(
            "beeper-async watch --demo",
            "beeper-async watch --demo --limit 10",
            "beeper-async watch | cut -f 3,6",
            "beeper-async watch --json | jq .event",
        ),
    ),
)


@click.command("watch", cls=Command, sections=_SECTIONS)
@click.option(
    "--chat",
    "chats",
    multiple=True,
    metavar="CHAT",
    callback=each_words,
    help="Only this chat, by title, name or ID; may be given several times.",
)
@click.option(
    "--limit",
    metavar="N",
    callback=whole_number(1),
    help="End after N events.  [default: no limit]",
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Also changes of chats, send status, and other events.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="One JSON object a line, with everything the app returns for a message.",
)
@target_options
@run_async
async def command(
    chats: tuple[str, ...], limit: int | None, everything: bool, as_json: bool, target: Target
) -> None:
    """Show messages of all your networks as they arrive, until Ctrl-C."""
    from .event_output import printer
    from .event_text import Describer

    # What becomes of the connection is said below, in words for people.
    logging.getLogger("beeper_async").addHandler(logging.NullHandler())
    left = limit or sys.maxsize
    show = printer(as_json=as_json)
    async with connect(target, talking=True) as client:
        describer = Describer(client, everything=everything)
        chat_ids = [(await find_chat(client, ChatChoice(chat))).id for chat in chats]
        async with client.events(chat_ids or None) as events, aclosing(_told(events)) as told:
            if sys.stderr.isatty():
                _say("waiting for messages; Ctrl-C ends it")
            async for event in told:
                happening = await describer.describe(event)
                if happening is None:
                    continue
                show(happening)
                sys.stdout.flush()
                left -= 1
                if not left:
                    return


async def _told(events: "EventStream") -> "AsyncGenerator[Event]":
    """Iterate over events, and say on standard error when the connection is lost and back."""
    import asyncio  # here, because `--help` needs none

    is_lost, reconnects, gap = False, events.reconnects, events.last_gap
    while True:
        event = None
        try:
            async with asyncio.timeout(_LOOK_EVERY):
                event = await anext(events)
        except StopAsyncIteration:
            return
        except TimeoutError:
            pass
        if not events.connected and not is_lost:
            is_lost = True
            _say("connection lost; trying again")
        if events.reconnects > reconnects:
            is_lost, reconnects = False, events.reconnects
            _say("connected again")
        if events.last_gap != gap:
            gap = events.last_gap
            if gap is not None and gap.recovered:
                _say(f"found what was missed: {gap.recovered}")
        if event is not None:
            yield event


def _say(text: str) -> None:
    sys.stderr.write(f"-- {text}\n")
    sys.stderr.flush()
