"""What a stream listens to, changed while it goes on; and following one chat from its beginning."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import orjson
import pytest

from beeper_async import NotFoundError, SubscriptionError
from beeper_async.events.kinds import AppStateUpdated, MessageCreated
from beeper_async.events.stream import EventStream
from beeper_async.testing import FaultProxy, Simulator

from ..live import DEADLINE, Scene, client_of, of_type, texts, until, upto

pytestmark = pytest.mark.asyncio


def subscribed(sim: Simulator) -> list[tuple[str, ...]]:
    return [subscription.chat_ids for subscription in sim.sockets.subscriptions]


async def test_some_chats(scene: Scene) -> None:
    async with scene.client.events([scene.chat_id, scene.fence_id]) as events:
        scene.say("not for us", chat_id=scene.other_id)
        scene.say("for us")
        scene.sim.sockets.drop()
        scene.say("not for us", chat_id=scene.other_id)
        scene.say("for us too")
        assert texts(await scene.heard(events), scene.other_id) == []
        assert events.last_gap is not None
    with pytest.raises(NotFoundError):
        async with scene.client.events(["!nothing:beeper.com"]):
            pass


async def test_other_chats_from_now_on(scene: Scene) -> None:
    async with scene.client.events([scene.chat_id, scene.fence_id]) as events:
        scene.say("too early", chat_id=scene.other_id)
        await events.subscribe([scene.other_id, scene.fence_id])
        assert subscribed(scene.sim) == [tuple(sorted([scene.other_id, scene.fence_id]))]
        scene.say("not any more")
        scene.say("for us", chat_id=scene.other_id)
        assert texts(await scene.heard(events)) == ["for us"]
        await events.subscribe(None)
        assert subscribed(scene.sim) == [("*",)]
        scene.say("again")
        scene.say("and here", chat_id=scene.idle_id)
        assert sorted(map(str, texts(await scene.heard(events)))) == ["again", "and here"]
        scene.sim.sockets.drop()
        scene.say("still all", chat_id=scene.idle_id)
        assert texts(await scene.heard(events)) == ["still all"]
        await events.subscribe(["*"])
        await events.subscribe([])
        assert subscribed(scene.sim) == [()]
        scene.say("to nobody")
        await events.subscribe([scene.chat_id, scene.fence_id])
        scene.say("to us")
        assert texts(await scene.heard(events)) == ["to us"]


async def test_the_state_of_the_app_is_told_on_demand(scene: Scene) -> None:
    async with scene.listening() as events:
        await events.subscribe(None, app_state=True)
        scene.world.setup.reset()
        assert of_type(await scene.heard(events), AppStateUpdated)


async def test_a_refused_change_changes_nothing(scene: Scene) -> None:
    async with scene.listening([scene.chat_id, scene.fence_id]) as events:
        for code in ("INVALID_PAYLOAD", "INTERNAL_ERROR"):
            scene.sim.sockets.refuse_next(code)
            with pytest.raises(SubscriptionError) as caught:
                await events.subscribe([scene.other_id])
            assert caught.value.code == code
        with pytest.raises(NotFoundError):
            await events.subscribe(["*", scene.other_id])
        scene.say("as before")
        scene.sim.sockets.drop()
        scene.say("and after")
        scene.say("not for us", chat_id=scene.other_id)
        assert texts(await scene.heard(events)) == ["as before", "and after"]


async def test_a_change_while_the_consumer_is_slow(scene: Scene) -> None:
    """The answer must not wait for what waits for the consumer, who waits for the answer."""
    async with asyncio.timeout(DEADLINE), scene.client.events(buffer=1) as events:
        scene.say("one", "two", "three")
        await until(lambda: events._outbox.is_full)
        await events.subscribe([scene.chat_id, scene.fence_id])
        heard = await upto(events, "three")
        assert texts(heard + await scene.heard(events, live=False)) == ["one", "two", "three"]


async def test_a_change_while_there_is_no_connection(scene: Scene) -> None:
    async with (
        FaultProxy(scene.sim.url) as proxy,
        client_of(scene.sim, base_url=proxy.url, max_retries=50) as client,
    ):
        away = Scene(scene.sim, client)
        wanted = [away.chat_id, away.fence_id]
        async with away.listening([away.fence_id]) as events:
            # While what was wanted before is being asked for.
            changing = await without_connection(events, scene.sim, wanted)
            proxy.kill_all()
            await changing
            assert subscribed(scene.sim) == [tuple(sorted(wanted))]
            away.say("for us")
            assert texts(await away.heard(events)) == ["for us"]
            # A refusal then is the fault of who asked, not the end of the stream.
            changing = await without_connection(events, scene.sim, [away.other_id])
            scene.sim.sockets.refuse_next("INVALID_PAYLOAD")
            proxy.kill_all()
            with pytest.raises(SubscriptionError):
                await changing
            away.say("still for us")
            assert texts(await away.heard(events)) == ["still for us"]
            assert subscribed(scene.sim) == [tuple(sorted(wanted))]


async def without_connection(
    events: EventStream, sim: Simulator, chat_ids: list[str]
) -> asyncio.Task[None]:
    """Change the subscription while the app doesn't say that it is ready."""
    sim.sockets.mute_next()
    sim.sockets.drop()
    await until(lambda: sim.sockets._mute_next == 0)
    changing = asyncio.create_task(events.subscribe(chat_ids))
    await until(lambda: events._connection is not None and len(events._connection._asked) == 1)
    return changing


async def test_a_change_that_is_never_answered(scene: Scene) -> None:
    async with scene.listening(heartbeat=1) as events:
        scene.sim.sockets.half_open()
        await events.subscribe([scene.chat_id, scene.fence_id])
        assert subscribed(scene.sim) == [tuple(sorted([scene.chat_id, scene.fence_id]))]
        assert events.reconnects == 1


async def test_a_change_that_gets_lost_on_its_way(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app is there, and pings are answered, but it has never heard of the change."""
    async with scene.listening(heartbeat=1) as events:
        assert events._connection is not None
        assert events._connection._socket is not None

        async def send(text: str) -> None:
            pass

        monkeypatch.setattr(events._connection._socket, "send", send)
        await events.subscribe([scene.chat_id, scene.fence_id])
        assert subscribed(scene.sim) == [tuple(sorted([scene.chat_id, scene.fence_id]))]
        assert events.reconnects == 1


async def test_what_is_said_to_the_app(scene: Scene) -> None:
    async with scene.listening() as events:
        await events.subscribe([scene.chat_id], app_state=True)
        await events.subscribe([])
    said = [orjson.loads(text or b"") for text in scene.sim.sockets.received]
    asked = {"type": "subscriptions.set"}
    assert [{**frame, "requestID": ""} for frame in said] == [
        asked | {"requestID": "", "chatIDs": ["*"]},
        asked | {"requestID": "", "chatIDs": [scene.chat_id], "app": {"state": True}},
        asked | {"requestID": "", "chatIDs": []},
    ]
    assert len({frame["requestID"] for frame in said}) == 3


# -- following ----------------------------------------------------------------------------------


async def test_a_chat_from_its_beginning(scene: Scene) -> None:
    written = [message["id"] for message in scene.world.messages[scene.chat_id]]
    async with asyncio.timeout(DEADLINE), scene.client.follow(scene.chat_id) as events:
        written.append(scene.say("live")["id"])
        heard = of_type(await upto(events, "live"), MessageCreated)
        assert [event.message_id for event in heard] == written
        assert all(event.recovered for event in heard[:-1])
        saved = events.checkpoint()
    scene.say("meanwhile")
    async with asyncio.timeout(DEADLINE), scene.client.follow(scene.chat_id, since=saved) as events:
        # The last one of before was not acknowledged.
        assert texts(await upto(events, "meanwhile")) == ["live", "meanwhile"]


async def test_a_chat_from_some_time_on(scene: Scene) -> None:
    messages = scene.world.messages[scene.chat_id]
    middle = await scene.client.messages.retrieve(messages[-3]["id"], chat_id=scene.chat_id)
    later = middle.timestamp + timedelta(milliseconds=1)
    for since, missing in ((middle.timestamp, 3), (later, 2)):
        async with (
            asyncio.timeout(DEADLINE),
            scene.client.follow(scene.chat_id, since=since) as events,
        ):
            scene.say("live")
            heard = of_type(await upto(events, "live"), MessageCreated)
            assert len(heard) == missing + 1
        messages.pop()


async def test_a_chat_that_goes_on_while_its_history_is_read(no_pauses: None) -> None:
    """More pages than are kept, and a first page that is another one by the time it is needed."""
    async with Simulator(page_size=2) as sim, client_of(sim) as client:
        scene = Scene(sim, client)
        scene.say(*map(str, range(130)))
        written = len(scene.world.messages[scene.chat_id])
        async with asyncio.timeout(DEADLINE), client.follow(scene.chat_id) as events:
            heard: list[str] = []
            while len(heard) < written + 40:
                event = await anext(events)
                if isinstance(event, MessageCreated):
                    heard.append(event.message_id)
                    if len(heard) % 4 == 0:
                        scene.say("and on")
        ids = [message["id"] for message in scene.world.messages[scene.chat_id]]
        assert heard == ids[: len(heard)]
