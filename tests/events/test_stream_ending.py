"""However a stream is left or cancelled, nothing goes on behind it, and nothing gets lost by it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from beeper_async import AsyncBeeperDesktop
from beeper_async.errors import ClientUseError
from beeper_async.events.kinds import Event, MessageCreated
from beeper_async.events.stream import EventStream
from beeper_async.testing import Simulator

from ..live import DEADLINE, Scene, client_of, kinds, texts, until, upto

pytestmark = pytest.mark.asyncio


@pytest.fixture
def elsewhere() -> Iterator[Simulator]:
    """A simulator in a thread of its own, so that all tasks here are those of the client."""
    with Simulator() as sim:
        yield sim


async def leaves_nothing(client: AsyncBeeperDesktop, sim: Simulator, when: str) -> None:
    assert asyncio.all_tasks() == {asyncio.current_task()}, when
    session = client._transport._session._session
    if session is not None and session.connector is not None:
        in_use: set[object] = getattr(session.connector, "_acquired")  # noqa: B009 - no public way
        assert in_use == set(), when
    await until(lambda: len(sim.sockets) == 0)
    gc.collect()


async def test_cancelling_at_every_await(elsewhere: Simulator, no_pauses: None) -> None:
    """Cancel after k turns of the event loop, for k up to where it is at work."""

    async def listen(client: AsyncBeeperDesktop) -> None:
        async with client.events() as events:
            await events.subscribe([chat_id])
            waiting = events.wait_for(MessageCreated)
            async with asyncio.TaskGroup() as group:
                group.create_task(waiting)
                async for _ in events:
                    pass

    chat_id = elsewhere.world.by_activity()[0]["id"]
    finished = turns = 0
    while finished < 3:
        async with client_of(elsewhere) as client:
            listening = asyncio.ensure_future(listen(client))
            for _ in range(turns):
                await asyncio.sleep(0)
            finished += len(elsewhere.sockets) > 0 and turns > 100
            listening.cancel()
            await asyncio.wait([listening])
            assert listening.cancelled(), turns
            await leaves_nothing(client, elsewhere, f"cancelled after {turns} turns")
        turns += 1 + turns // 8


@pytest.mark.parametrize("lost", [False, True])
async def test_leaving_at_once(lost: bool, elsewhere: Simulator, no_pauses: None) -> None:
    async with client_of(elsewhere) as client:
        async with client.events() as events:
            if lost:
                elsewhere.sockets.drop()
        assert not events.connected
        await leaves_nothing(client, elsewhere, "left at once")


async def test_leaving_while_the_app_is_away(elsewhere: Simulator, no_pauses: None) -> None:
    async with client_of(elsewhere, max_retries=0) as client:
        elsewhere.respond_next(500, path="/v1/chats", times=10**6)
        before: list[int] = []
        async with client.events([]) as events:
            await events.subscribe([])
        elsewhere.clear_responses()
        async with client.events() as events:
            elsewhere.respond_next(503, path="/v1/*", times=10**6)
            elsewhere.sockets.drop()
            await until(lambda: not events.connected)
            before.append(len(elsewhere.requests))
            await until(lambda: len(elsewhere.requests) > before[0] + 10)
        await leaves_nothing(client, elsewhere, "left while it was away")


async def test_leaving_with_an_exception(elsewhere: Simulator) -> None:
    async with client_of(elsewhere) as client:
        with pytest.raises(KeyError):
            async with client.events():
                raise KeyError
        await leaves_nothing(client, elsewhere, "left with an exception")


async def test_leaving_is_cancelled(elsewhere: Simulator) -> None:
    """A half-open connection answers no goodbye, so leaving it takes a while."""
    async with client_of(elsewhere) as client:

        async def listen() -> None:
            async with client.events():
                elsewhere.sockets.half_open()
                left.set()

        left = asyncio.Event()
        listening = asyncio.ensure_future(listen())
        await left.wait()
        for _ in range(4):
            await asyncio.sleep(0)
        listening.cancel()
        await asyncio.wait([listening])
        assert listening.cancelled()
        await leaves_nothing(client, elsewhere, "cancelled while leaving")


async def test_who_waits_for_a_stream_that_is_left(scene: Scene) -> None:
    async def iterate(events: EventStream) -> int:
        return len([event async for event in events])

    async with scene.listening() as events:
        iterating = asyncio.create_task(iterate(events))
        waiting = asyncio.create_task(events.wait_for(MessageCreated))
        subscribing = asyncio.create_task(events.subscribe([]))
        scene.sim.sockets.half_open()
        await asyncio.sleep(0)
    assert await iterating <= 1  # the rest of what was said to get here
    with pytest.raises(ClientUseError, match="closed"):
        await waiting
    with pytest.raises(ClientUseError, match="closed"):
        await subscribing
    with pytest.raises(ClientUseError, match="closed"):
        await events.wait_for(MessageCreated)
    with pytest.raises(StopAsyncIteration):
        await anext(events)
    with pytest.raises(ClientUseError):
        async with events:
            pass
    assert events.checkpoint() is not None


async def test_a_cancelled_wait_loses_no_event(scene: Scene) -> None:
    async with scene.listening() as events:
        heard: list[Event] = []
        for turns in range(60):
            waiting = asyncio.ensure_future(anext(events))
            scene.say(str(turns))
            for _ in range(turns):
                await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
            if not waiting.cancelled():
                heard.append(waiting.result())
        heard += await scene.heard(events)
    assert texts(heard, scene.chat_id) == [str(turns) for turns in range(60)]


async def test_a_predicate_that_fails_is_the_fault_of_who_waits(scene: Scene) -> None:
    async with scene.listening() as events:
        failing = asyncio.create_task(events.wait_for(MessageCreated, lambda e: bool(1 / 0)))
        good = asyncio.create_task(events.wait_for(MessageCreated))
        await asyncio.sleep(0)
        scene.say("hello")
        with pytest.raises(ZeroDivisionError):
            await failing
        assert (await good).message.text == "hello"
        assert kinds(await scene.heard(events)) == ["MessageCreated"]


async def test_waiting_takes_nothing_from_others(scene: Scene) -> None:
    async with scene.listening() as events:
        waiting = [
            asyncio.create_task(
                events.wait_for(MessageCreated, lambda e: e.message.text == "yes", timeout=DEADLINE)
            )
            for _ in range(2)
        ]
        await asyncio.sleep(0)
        scene.say("no", "yes")
        one, other = await asyncio.gather(*waiting)
        assert one is other
        assert texts(await upto(events, "yes")) == ["no", "yes"]
        with pytest.raises(TimeoutError):
            await events.wait_for(MessageCreated, timeout=0.01)


async def test_a_checkpoint_covers_what_was_acknowledged(scene: Scene) -> None:
    """Stop after every number of events: the next stream begins with the last of them."""
    for number in range(1, 9):
        async with scene.listening() as events:
            first = scene.say("a1", "a2")
            scene.say("b1", chat_id=scene.other_id)
            scene.world.people.edit(scene.chat_id, first["id"], "a2")
            scene.sim.sockets.lose_next(3)
            scene.say("a3")
            scene.say("b2", chat_id=scene.other_id)
            scene.sim.sockets.drop()
            scene.say("b3", chat_id=scene.other_id)
            scene.say("a4")
            *before, _ = await scene.take(events, number)
            saved = type(events.checkpoint()).from_json(events.checkpoint().to_json())
        scene.say("a5")
        async with asyncio.timeout(DEADLINE), scene.client.events(since=saved) as events:
            heard = before + await scene.heard(events)
        assert texts(heard, scene.chat_id) == ["a1", "a2", "a3", "a4", "a5"], number
        assert texts(heard, scene.other_id) == ["b1", "b2", "b3"], number


async def test_deliveries_are_acknowledged_one_by_one(scene: Scene) -> None:
    async with scene.listening() as events:
        scene.say("one", "two", "three", "four")
        assert texts(await upto(events, "one")) == ["one"]
        deliveries = events.deliveries()  # asking for another event acknowledges the one before
        while texts([(delivery := await anext(deliveries)).event]) != ["three"]:
            pass
        delivery.acknowledge()
        saved = events.checkpoint()
    async with asyncio.timeout(DEADLINE), scene.client.events(since=saved) as again:
        assert texts(await scene.heard(again)) == ["two", "four"]


# -- a second consumer --------------------------------------------------------------------------


async def test_a_second_consumer_is_refused_and_takes_nothing(scene: Scene) -> None:
    async with scene.listening() as events:
        both = [asyncio.create_task(upto(events, "for the first")) for _ in range(2)]
        done, waiting = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        scene.say("for the first")
        (refused,), (first,) = done, waiting
        with pytest.raises(ClientUseError, match=r"already.*client\.events\(\)"):
            await refused
        assert texts(await first, scene.chat_id) == ["for the first"]


async def test_one_consumer_after_the_other(scene: Scene) -> None:
    """A wait that was cancelled is over; so is one that got its event."""
    async with scene.listening() as events:
        for text in ("one", "two"):
            waiting = asyncio.create_task(anext(events))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
            scene.say(text)
            assert texts(await asyncio.create_task(upto(events, text))) == [text]
