"""Encoding: from messages to JSON text, as an archive writes them."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import orjson

from beeper_async._codec import decoder
from beeper_async.models import Message

from . import pages
from .bench import FLOOR, OURS, Bench, Go, Goal, Scenario

_COUNT: Final = 200
_TIMES: Final = 10
Body = Callable[[int, str], dict[str, Any]]


def _bodies(body: Body) -> list[dict[str, Any]]:
    return [body(number, "!chat_1:local-whatsapp.localhost") for number in range(_COUNT)]


def _ours(body: Body, bench: Bench) -> Go:
    messages = [decoder.decode(Message, one) for one in _bodies(body)]

    def write() -> int:
        return len([message.to_json(indent=None) for message in messages])

    return bench.timed(write, _COUNT, times=_TIMES, per=_COUNT)


def _floor(body: Body, bench: Bench) -> Go:
    """Write the objects that were received: what it costs without models."""
    bodies = _bodies(body)

    def write() -> int:
        return len([orjson.dumps(one) for one in bodies])

    return bench.timed(write, _COUNT, times=_TIMES, per=_COUNT)


def _scenario(name: str, body: Body, must: float, goal: float) -> Scenario:
    return Scenario(
        name,
        {OURS: partial(_ours, body), FLOOR: partial(_floor, body)},
        (Goal(FLOOR, must, goal, faster=False),),
        unit="us",
    )


SCENARIOS: Final = (
    _scenario("to_json of a text message", pages.text_message, 8, 5),
    _scenario("to_json of one with attachments and reactions", pages.message, 10, 8),
)
