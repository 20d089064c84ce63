"""What is refused when it is registered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from beeper_async import (
    Bot,
    Context,
    Ctx,
    Event,
    InvalidInputError,
    MessageCreated,
    Router,
    TimeUp,
    cooldown,
)


async def note(ctx: Ctx) -> None: ...
async def job(ctx: Context[TimeUp]) -> None: ...
async def nothing() -> None: ...
async def needs_more(ctx: Context[TimeUp], number: int) -> None: ...
def plain(ctx: Ctx) -> None: ...


def slashed() -> Router:
    router = Router()
    router.command("/start")(note)  # it could be part of a bot with another prefix
    return router


class Called:
    async def __call__(self, ctx: Ctx) -> None: ...


REFUSED: dict[str, Callable[[Any], object]] = {
    "a plain function": lambda bot: bot.on(MessageCreated)(plain),
    "a bare on": lambda bot: bot.on(note),
    "no class": lambda bot: bot.on()(note),
    "another class": lambda bot: bot.on(int)(note),
    "a class in text": lambda bot: bot.on("MessageCreated")(note),
    "when is a text": lambda bot: bot.on(MessageCreated, when="x")(note),
    "no such by": lambda bot: bot.on(MessageCreated, by="them")(note),
    "by is None": lambda bot: bot.listen(MessageCreated, by=None)(note),
    "a bare command": lambda bot: bot.command(note),
    "a command with its prefix": lambda bot: bot.command("/start")(note),
    "a second name with its prefix": lambda bot: bot.command("start", "/s")(note),
    "a router with the prefix of the bot": lambda bot: bot.include(slashed()),
    "a command of two words": lambda bot: bot.command("a b")(note),
    "an empty command": lambda bot: bot.command("")(note),
    "an invisible command": lambda bot: bot.command("\u200b")(note),
    "a command with a name": lambda bot: bot.command("a@b")(note),
    "a command without a context": lambda bot: bot.command("a")(nothing),
    "a plain job": lambda bot: bot.job(plain),
    "a bare every": lambda bot: bot.every(job),
    "an interval of nothing": lambda bot: bot.every(0.5),
    "a time of day": lambda bot: bot.daily("25:00"),
    "a bare daily": lambda bot: bot.daily(job),
    "a regular job with arguments": lambda bot: bot.every("1h")(needs_more),
    "a plain middleware": lambda bot: bot.middleware(plain),
    "an error that is none": lambda bot: bot.error(int),
    "a bare error": lambda bot: bot.error(note),
    "a plain error handler": lambda bot: bot.error(KeyError)(plain),
    "no such moment": lambda bot: bot.hook("later"),
    "a plain hook": lambda bot: bot.hook("ready")(plain),
    "a bot in a bot": lambda bot: bot.include(Bot()),
    "something else in a bot": lambda bot: bot.include("router"),
    "no prefix": lambda bot: Bot(prefix=""),
    "a prefix of two words": lambda bot: Bot(prefix="a b"),
    "no chats": lambda bot: Bot(chats=[]),
    "one chat as a text": lambda bot: Bot(chats="!chat"),
    "no concurrency": lambda bot: Bot(concurrency=0),
    "concurrency is None": lambda bot: Bot(concurrency=None),  # type: ignore[arg-type]
    "a negative grace": lambda bot: Bot(grace=-1),
    "grace is None": lambda bot: Bot(grace=None),  # type: ignore[arg-type]
    "no such order": lambda bot: Bot(order="all"),  # type: ignore[arg-type]
    "a name of two words": lambda bot: Bot(name="a b"),
    "no sends": lambda bot: Bot(sends_per_chat=0),
    "no times": lambda bot: cooldown(0, 1),
    "no such cooldown": lambda bot: cooldown(1, 1, of="all"),  # type: ignore[arg-type]
    "a condition of a router": lambda bot: Router(when=3),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused(what: str) -> None:
    with pytest.raises(InvalidInputError):
        REFUSED[what](Bot())


def test_objects_that_are_called_like_functions() -> None:
    Bot().on(MessageCreated)(Called())


def test_a_command_may_be_called_like_the_prefix() -> None:
    Bot(prefix="!").command("!")(note)
    Bot(prefix="!").include(slashed())


def test_two_commands_of_a_name_in_any_router() -> None:
    bot, one, two = Bot(), Router(), Router()
    one.command("ping", "p")(note)
    with pytest.raises(InvalidInputError, match="two commands of the name 'P'"):
        one.command("P")(note)
    bot.include(one)
    with pytest.raises(InvalidInputError, match="two commands of the name 'ping'"):
        bot.command("ping")(note)
    two.command("PING")(note)
    with pytest.raises(InvalidInputError, match="two commands of the name 'PING'"):
        bot.include(two)
    # What was refused left nothing behind.
    third = Router()
    third.include(two)
    bot.command("other")(note)
    with pytest.raises(InvalidInputError, match="two commands of the name 'other'"):
        one.command("other")(note)


def test_two_jobs_of_a_name() -> None:
    bot = Bot()
    bot.job(job)
    with pytest.raises(InvalidInputError, match=r"two jobs of the name '.*test_registration\.job'"):
        bot.every("1h")(job)


def test_routers_make_no_circles() -> None:
    one, two, three = Router(), Router(), Router()
    one.include(two)
    two.include(three)
    for outer, inner in ((three, one), (one, one), (one, two), (one, three)):
        with pytest.raises(InvalidInputError):
            outer.include(inner)


def test_decorators_return_the_function() -> None:
    bot = Bot()

    async def middleware(ctx: Context[Event], call_next: Callable[[], Any]) -> None: ...
    async def error(ctx: Context[Event], error: KeyError) -> None: ...

    assert bot.on(MessageCreated)(note) is note
    assert bot.listen(MessageCreated)(note) is note
    assert bot.command("note")(note) is note
    assert bot.job(job) is job
    assert bot.middleware(middleware) is middleware
    assert bot.error(KeyError)(error) is error
    assert bot.hook("ready")(nothing) is nothing
