"""Whoever waits for a sent message is woken by the stream."""

from __future__ import annotations

import asyncio
from typing import Literal

import pytest

from beeper_async import DeliveryFailedError
from beeper_async.events.stream import EventStream
from beeper_async.models import Message
from beeper_async.resources import delivery

from ..live import Scene, settled, until

pytestmark = pytest.mark.asyncio


@pytest.fixture(autouse=True)
def rare_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it look after an hour, if nothing wakes it before."""
    monkeypatch.setattr(delivery, "_FIRST_LOOK", 3600.0)
    monkeypatch.setattr(delivery, "_LONGEST_PAUSE", 3600.0)


async def sent(scene: Scene, events: EventStream) -> tuple[asyncio.Task[Message], str]:
    """Send, and come back when it is known to be pending; gives the ID it has until then."""
    scene.world.hold_sends = True
    sending = asyncio.create_task(
        scene.client.messages.send_and_wait(scene.chat_id, text="hello", timeout=3600)
    )
    await until(lambda: len(scene.world._pending) == 1)
    ((_, pending),) = scene.world._pending
    await scene.heard(events)  # the stream has told of it, and made it look
    await settled()
    assert not sending.done()
    return sending, pending


@pytest.mark.parametrize("entries", ["full", "none"])
async def test_waiting_is_woken_by_an_event(entries: Literal["full", "none"], scene: Scene) -> None:
    scene.sim.sockets.entries = entries
    async with scene.listening() as events:
        sending, pending = await sent(scene, events)
        scene.world.confirm_send(scene.chat_id, pending)
        message = await sending
    assert message.send_status is not None
    assert message.send_status.status == "SUCCESS"
    assert message.id != pending


async def test_what_was_recovered_wakes_it_too(scene: Scene) -> None:
    async with scene.listening() as events:
        sending, pending = await sent(scene, events)
        scene.sim.sockets.drop()
        scene.world.fail_send(scene.chat_id, pending)
        with pytest.raises(DeliveryFailedError):
            await sending
        assert events.reconnects == 1


async def test_messages_of_others_are_no_reason_to_look(scene: Scene) -> None:
    """A loud chat would make it look without end."""
    async with scene.listening() as events:
        sending, _ = await sent(scene, events)
        before = len(scene.sim.requests)
        scene.say("one", "two", "three")
        await scene.heard(events)
        await settled()
        assert len(scene.sim.requests) == before
        sending.cancel()
        await asyncio.wait([sending])


async def test_news_that_came_before_the_pause_end_it_too() -> None:
    news = delivery.DeliveryNotifier()
    with news.pause_until_news("a chat") as pause:
        news.notify("a chat")
        await pause(3600)
        news.notify("another chat")
        await pause(0.01)
    assert news._waiting == {}
