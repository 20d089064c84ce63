"""The client that a command works with."""

import functools
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import click

if TYPE_CHECKING:
    from beeper_async import AsyncBeeperDesktop

T = TypeVar("T")

_PAUSES: Final = 1.5
"""Seconds between two things that people of the demo do, on average."""


class Target(NamedTuple):
    """Which app a command works with: the demo, or the one at a URL. None means the default."""

    demo: bool
    base_url: str | None


def target_options(function: Callable[..., T]) -> Callable[..., T]:
    """Add the options that say which app to talk to; the command gets them as `target`.

    There is none for the token on purpose: other users of the machine could read it in the list
    of processes.
    """

    @click.option(
        "--demo",
        is_flag=True,
        callback=_check_alone,
        help="Use invented chats; needs no app and no token.",
    )
    @click.option(
        "--base-url",
        metavar="URL",
        callback=_check_alone,
        help="Where the app listens.  [default: $BEEPER_BASE_URL, or http://localhost:23373]",
    )
    @functools.wraps(function)
    def collect(*, demo: bool, base_url: str | None, **others: Any) -> T:
        return function(target=Target(demo, base_url), **others)

    return collect


def _check_alone(context: click.Context, _: click.Parameter, value: T) -> T:
    # Called for one option after the other, so the second one finds the first.
    if value and (context.params.get("demo") or context.params.get("base_url")):
        raise click.UsageError("--demo and --base-url can't be used together", context)
    return value


@asynccontextmanager
async def connect(
    target: Target, *, talking: bool = False, still: bool = False
) -> "AsyncGenerator[AsyncBeeperDesktop]":
    """Give a client of the demo, or of the app that the options and the environment name.

    Args:
        target: The demo or the app.
        talking: Whether people of the demo say something all the time.
        still: Whether the clock of the demo stands still, so that it is the same each time.
    """
    from beeper_async import AsyncBeeperDesktop

    if not target.demo:
        async with AsyncBeeperDesktop(base_url=target.base_url) as client:
            yield client
        return

    from beeper_async.testing import Simulator

    async with (
        Simulator(
            now=None if still else datetime.now(UTC), chatter=_PAUSES if talking else None
        ) as app,
        AsyncBeeperDesktop(base_url=app.url, access_token=app.token) as client,
    ):
        yield client
