"""Live events with odd content among them: what was reported, and what came of it."""

import asyncio
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, Final

from beeper_async import AsyncBeeperDesktop, BeeperDesktopError, MessageCreated, UnknownEvent
from beeper_async.testing import Simulator
from beeper_sync import BeeperDesktop

from ..live import caught_up
from .content_calls import cell, reports, shown
from .content_faults import Head, message, written

_ODD: Final = 999_001
_DEADLINE: Final = 30.0
_NUMBERS: Final = count(1)


def frame_of(sim: Simulator, record: Callable[[Any], Any] = lambda good: good) -> dict[str, Any]:
    """Return the event of a message, which the app also returns when it is retrieved."""
    chat_id = chat_in(sim)
    entry = record(message(_ODD, chat_id))
    path = f"/v1/chats/{chat_id}/messages/{_ODD}"
    sim.respond_next(200, text=written(entry), path=path, before=True)
    names = {"chatID": chat_id, "ids": [str(_ODD)], "entries": [entry]}
    return {"type": "message.upserted", **names}


def chat_in(sim: Simulator) -> str:
    return sim.world.by_activity()[0]["id"]  # type: ignore[no-any-return]


class _Listener:
    """Lets the app send the odd content once the stream is live, and a good message behind it."""

    def __init__(self, sim: Simulator, odd: str | None) -> None:
        self._sim = sim
        self._odd = odd
        self._is_sent = False
        self._got: list[str] = []

    def say(self) -> None:
        """Let somebody write a good message."""
        self._last = f"good {next(_NUMBERS)}"
        self._sim.world.receive(chat_in(self._sim), self._last)

    def take(self, event: Any) -> bool:
        """Take an event; return whether it was the good message behind the odd content."""
        if isinstance(event, MessageCreated) and event.message.text == self._last:
            if self._is_sent:
                return True
            if not event.recovered:  # else the stream still reads what it may have missed
                self._is_sent = True
                if self._odd is not None:
                    self._sim.sockets.send_raw(self._odd)
            self.say()
        elif isinstance(event, MessageCreated):
            self._got.append("the message")
        elif isinstance(event, UnknownEvent):
            self._got.append("`UnknownEvent`")
        return False

    def note(self, events: Iterable[Any]) -> None:
        """Take the events that come until nothing is missing any more."""
        for event in events:
            self.take(event)

    def __str__(self) -> str:
        return ", ".join(self._got) or "nothing"


async def listen(sim: Simulator, flavour: str, odd: str | None) -> str:
    """Listen to a frame and a good message after it. Fails if the good one does not come."""
    options: Any = {"access_token": sim.token, "base_url": sim.url}
    listener, chat_ids = _Listener(sim, odd), [chat_in(sim)]
    with reports() as logged:
        try:
            if flavour == "async":
                async with (
                    asyncio.timeout(_DEADLINE),
                    AsyncBeeperDesktop(**options) as client,
                    client.events(chat_ids) as events,
                ):
                    listener.say()
                    while not listener.take(await anext(events)):
                        pass
                    listener.note(await caught_up(events))
            else:
                with (
                    BeeperDesktop(**options) as blocking,
                    blocking.events(chat_ids, timeout=_DEADLINE) as blocking_events,
                ):
                    listener.say()
                    assert any(listener.take(event) for event in blocking_events), "it hangs"
                    listener.note(blocking_events._lease.call(caught_up, blocking_events._stream))
            got = str(listener)
        except BeeperDesktopError as error:
            got = shown(error)
        finally:
            sim.clear_responses()
    return cell(got, logged)


async def listen_with(sim: Simulator, flavour: str, head: Head) -> str:
    """Listen to a good message while the responses of the app have odd heads."""
    status = int(head.status.split()[0])
    times = 1 if head.once else 10**6
    path = None if status == 200 else "/v1/chats/*"
    sim.respond_next(
        None if status == 200 else status, headers=head.headers, times=times, path=path, before=True
    )
    got = await listen(sim, flavour, None)
    return got.replace("nothing", "everything", 1)
