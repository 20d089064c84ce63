"""Bots: what can't work is refused at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from beeper_async import InvalidInputError
from beeper_async.bots.bot import Bot, Context
from beeper_async.events.kinds import ChatUpserted, Event, MessageCreated, SendStatusChanged

from ..live import Scene

pytestmark = pytest.mark.asyncio


def _plain(ctx: Context[MessageCreated]) -> None: ...


async def _fine(ctx: Context[Any]) -> None: ...


async def _async_match(event: Event) -> bool:
    return True


_REFUSED: list[tuple[Callable[[Any], object], str]] = [
    (lambda bot: bot.on(MessageCreated)(_plain), "async def"),
    (lambda bot: bot.command("ping")(_plain), "async def"),
    (lambda bot: bot.on(str)(_fine), "class of events"),
    (lambda bot: bot.on("message")(_fine), "class of events"),
    (lambda bot: bot.on(MessageCreated, in_chat=[])(_fine), "in_chat"),
    (lambda bot: bot.on(MessageCreated, in_chat="")(_fine), "in_chat"),
    (lambda bot: bot.on(MessageCreated, matches="(")(_fine), "regular expression"),
    (lambda bot: bot.on(MessageCreated, matches=5)(_fine), "regular expression"),
    (lambda bot: bot.on(MessageCreated, matches=_async_match)(_fine), "plain function"),
    (lambda bot: bot.on(ChatUpserted, matches="x")(_fine), "no text"),
    (lambda bot: bot.on(SendStatusChanged)(_fine), "own=True"),
    (lambda bot: bot.command("")(_fine), "one word"),
    (lambda bot: bot.command("two words")(_fine), "one word"),
    (lambda bot: bot.command("/ping")(_fine), "without the '/'"),
]


@pytest.mark.parametrize(("register", "words"), _REFUSED)
async def test_bad_registrations_are_refused_at_once(
    register: Any, words: str, scene: Scene
) -> None:
    with pytest.raises(InvalidInputError, match=words):
        register(Bot(scene.client))


@pytest.mark.parametrize(
    "settings",
    [
        {"prefix": ""},
        {"prefix": "a b"},
        {"concurrency": 0},
        {"grace": -1},
        {"chat_ids": "!one:beeper.com"},
    ],
)
async def test_bad_settings_are_refused_at_once(settings: dict[str, Any], scene: Scene) -> None:
    with pytest.raises(InvalidInputError, match=next(iter(settings))):
        Bot(scene.client, **settings)
