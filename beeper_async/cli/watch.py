"""`beeper-async watch`: show what happens, as it happens."""

import argparse
import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from . import connection

if TYPE_CHECKING:
    from beeper_async import Event, EventStream

SUMMARY: Final = "show messages as they arrive"

_LOOK_EVERY: Final = 0.5
"""Seconds after which a quiet connection is looked at."""

_EPILOG = """\
in a pipe or a file:
  One event a line, its fields separated by tabs, nothing cut off, no heading:
  1 time (ISO 8601)    2 what    3 chat    4 who
  5 reaction, or send status     6 text of the message
  7 "recovered" if it happened while the connection was lost

what:
  created, edited, deleted, reaction added, reaction removed; with --all also
  status, changed, chat upserted, chat deleted, and types not known yet

examples:
  beeper-async watch --demo
  beeper-async watch --demo --limit 10
  beeper-async watch --chat '!hQ2k:beeper.com' --json | jq .message.text
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.description = "Show messages of all your networks as they arrive, until Ctrl-C."
    parser.epilog = _EPILOG
    parser.set_defaults(run=run)
    parser.add_argument(
        "--chat",
        action="append",
        metavar="ID",
        help="only this chat; may be given several times",
    )
    parser.add_argument(
        "--limit",
        type=_count,
        metavar="N",
        help="end after so many events (default: never)",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="also changes of chats, send status, and what else there is",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="one JSON object a line, with everything the app says about a message",
    )
    connection.add_options(parser)


async def run(options: argparse.Namespace) -> None:
    """Print what happens, event by event."""
    from .event_text import Describer
    from .event_output import printer

    left = options.limit or sys.maxsize
    show = printer(as_json=options.json)
    async with connection.connect(options, talking=True) as client:
        describer = Describer(client, everything=options.all)
        async with client.events(options.chat) as events, aclosing(_told(events)) as told:
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
        if events.last_gap is not gap:
            gap = events.last_gap
            if gap is not None and gap.recovered:
                _say(f"found what was missed: {gap.recovered}")
        if event is not None:
            yield event


def _say(text: str) -> None:
    sys.stderr.write(f"-- {text}\n")
    sys.stderr.flush()


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError("must be a whole number, 1 or more")
    return int(text)
