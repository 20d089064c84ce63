"""Only so many messages are remembered; what is forgotten meanwhile ends no read."""

from __future__ import annotations

import pytest

from ..live import Scene, caught_up, texts, until

pytestmark = pytest.mark.asyncio


async def test_messages_that_are_forgotten_while_their_chat_is_read(scene: Scene) -> None:
    """The first of several pages was read, the second is on its way, and many messages arrive."""
    chat_id, sim = scene.chat_id, scene.sim
    scene.world.history.backfill(chat_id, 60)
    path = f"/v1/chats/{chat_id}/messages"
    async with scene.listening(remember=10_000, buffer=10_000) as events:
        core = events._core
        assert core is not None
        await caught_up(events)
        ledger = core.ledgers.of(chat_id)
        assert len(ledger.known) > 60
        sim.clear_requests()
        sim.respond_next(None, delay=0.5, path=path, times=4)
        core.reconciler.deep()
        await until(lambda: sum(one.path == path for one in sim.requests) == 2)
        ledger.trim(50)
        scene.say("still here")
        assert texts(await caught_up(events) + await scene.heard(events)) == ["still here"]
