"""The client that a command works with."""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from beeper_async import AsyncBeeperDesktop

_PAUSES: Final = 1.5
"""Seconds between two things that people of the demo do, on average."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which app to talk to.

    There is none for the token on purpose: other users of the machine could read it in the list
    of processes.
    """
    app = parser.add_mutually_exclusive_group()
    app.add_argument(
        "--demo",
        action="store_true",
        help="use invented chats; needs no app and no token",
    )
    app.add_argument(
        "--base-url",
        metavar="URL",
        help="where the app listens (default: $BEEPER_BASE_URL, or http://localhost:23373)",
    )


@asynccontextmanager
async def connect(
    options: argparse.Namespace, *, talking: bool = False
) -> "AsyncIterator[AsyncBeeperDesktop]":
    """Give a client of the demo, or of the app that the options and the environment name.

    In the demo people say something all the time if they are to be talking.
    """
    from beeper_async import AsyncBeeperDesktop

    if not options.demo:
        async with AsyncBeeperDesktop(base_url=options.base_url) as client:
            yield client
        return

    from beeper_async.testing import Simulator

    async with (
        Simulator(now=datetime.now(UTC), chatter=_PAUSES if talking else None) as app,
        AsyncBeeperDesktop(base_url=app.url, access_token=app.token) as client,
    ):
        yield client
