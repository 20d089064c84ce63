"""Only so many messages are remembered; what is forgotten meanwhile ends no read."""

from __future__ import annotations

import pytest
from attrs import evolve

from beeper_async.events.changes import Source
from beeper_async.events.kinds import MessageChanged, MessageUpserted
from beeper_async.events.ledger import Held, no_time
from beeper_async.events.ledgers import Ledgers
from beeper_async.events.schedule import USUAL
from beeper_async.events.states import digest_of

from ..live import Scene, caught_up, message, texts, until

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


async def test_a_message_that_was_forgotten_is_not_created_again(scene: Scene) -> None:
    async with scene.listening(remember=10_000) as events:
        core = events._core
        assert core is not None
        said = [scene.say(str(number))["id"] for number in range(30)]
        await scene.heard(events)
        ledger = core.ledgers.of(scene.chat_id)
        ledger.trim(len(ledger.known) - 2)
        scene.world.people.edit(scene.chat_id, said[0], "edited")
        scene.world.people.react(scene.chat_id, said[1], "👍")
        heard = await scene.heard(events)
    changed = [(type(one), one.message_id) for one in heard if isinstance(one, MessageUpserted)]
    assert changed == [(MessageChanged, said[0]), (MessageChanged, said[1])]


async def test_chats_that_are_busy_keep_everything() -> None:
    ledgers = Ledgers(evolve(USUAL, window=10, chat_window=2), no_time(), begins_now=True)
    ledger = ledgers.of("!chat:beeper.com")
    for number in range(30):
        ledger.add(message(number), digest_of(message(number)).pack())
    ledger.held["29"] = Held(None, Source())
    ledgers.trim()
    assert ledgers.count == 30
    ledger.held.clear()
    ledger.is_read = True
    ledgers.trim()
    assert ledgers.count == 30
    ledger.is_read = False
    ledgers.trim()
    assert list(ledger.known) == [str(number) for number in range(20, 30)]
