"""Connections that are lost, refused, or dead without a word: nothing is lost with them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

import pytest

from beeper_async import (
    APIConnectionError,
    AuthenticationError,
    BeeperDesktopError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    SubscriptionError,
)
from beeper_async.errors import ClientUseError
from beeper_async.events import connection
from beeper_async.events.kinds import Event, MessageCreated
from beeper_async.testing import FaultProxy, Simulator, Sockets

from ..live import DEADLINE, Scene, client_of, texts, until

pytestmark = pytest.mark.asyncio

INVALID = "INVALID_PAYLOAD"


# -- lost ones ----------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [Sockets.drop, Sockets.close])
async def test_what_happened_while_the_connection_was_lost(
    end: Callable[[Sockets], None], scene: Scene
) -> None:
    async with scene.listening() as events:
        scene.say("before")
        end(scene.sim.sockets)
        scene.say("meanwhile", "meanwhile too")
        heard = await scene.heard(events)
        found = {e.message.text: e for e in heard if isinstance(e, MessageCreated)}
        assert list(found) == ["before", "meanwhile", "meanwhile too"]
        assert found["meanwhile"].recovered
        assert (found["meanwhile"].at, found["meanwhile"].seq) == (None, None)
        assert (events.connected, events.reconnects) == (True, 1)
        assert events.last_gap is not None
        assert events.last_gap.reason == "connection"
        assert events.last_gap.recovered >= 2


async def test_again_and_again(scene: Scene) -> None:
    written: list[str] = []
    async with scene.listening() as events:
        heard: list[Event] = []
        for number in range(30):
            written.append(str(number))
            scene.say(written[-1])
            scene.sim.sockets.drop()
            heard += await scene.heard(events)
        assert texts(heard, scene.chat_id) == written
        assert events.reconnects >= 30


async def test_the_first_event_of_a_connection_is_lost(scene: Scene) -> None:
    """Nothing was heard over it that could leave a gap."""
    async with scene.client.events() as events, asyncio.timeout(DEADLINE):
        scene.sim.sockets.lose_next()
        scene.say("lost", "not lost")
        assert texts(await scene.heard(events)) == ["lost", "not lost"]


async def test_the_app_goes_away_for_a_while(scene: Scene) -> None:
    async with (
        FaultProxy(scene.sim.url) as proxy,
        client_of(scene.sim, base_url=proxy.url) as client,
    ):
        away = Scene(scene.sim, client)
        async with away.listening() as events:
            proxy.refuse()
            proxy.kill_all()
            scene.say("nobody is here")
            await until(lambda: not events.connected)
            proxy.accept()
            heard = await away.heard(events)
        assert texts(heard) == ["nobody is here"]


async def test_a_failure_while_the_lost_is_fetched(scene: Scene) -> None:
    scene.client = scene.client.with_options(max_retries=0)
    async with scene.listening() as events:
        scene.sim.sockets.drop()
        for status in (500, 503, 429):
            scene.sim.respond_next(status, headers={"Retry-After": "0.001"}, path="/v1/chats")
        scene.sim.drop_next(times=3, path=f"/v1/chats/{scene.chat_id}/messages")
        scene.say("in the end")
        assert texts(await scene.heard(events)) == ["in the end"]


# -- dead ones ----------------------------------------------------------------------------------


async def test_a_half_open_connection_is_noticed(scene: Scene) -> None:
    async with scene.listening(heartbeat=1) as events:
        scene.sim.sockets.half_open()
        scene.say("into the void")
        assert texts(await scene.heard(events)) == ["into the void"]
        assert events.reconnects == 1


@pytest.mark.parametrize("silence", [FaultProxy.freeze_all, FaultProxy.black_hole_all])
async def test_a_silent_network_is_noticed(
    silence: Callable[[FaultProxy], int], scene: Scene
) -> None:
    async with (
        FaultProxy(scene.sim.url) as proxy,
        client_of(scene.sim, base_url=proxy.url, timeout=0.5) as client,
    ):
        away = Scene(scene.sim, client)
        async with away.listening(heartbeat=1) as events:
            silence(proxy)
            scene.say("into the void")
            assert texts(await away.heard(events)) == ["into the void"]
            assert events.reconnects >= 1


async def test_a_blocked_event_loop_is_no_dead_connection(no_pauses: None) -> None:
    with Simulator() as sim:  # in a thread of its own, which is not blocked
        async with client_of(sim) as client:
            scene = Scene(sim, client)
            async with scene.listening(heartbeat=1) as events:
                scene.say("heard late")
                time.sleep(1.2)  # noqa: ASYNC251 - that is what it is about
                assert texts(await scene.heard(events)) == ["heard late"]
                assert (events.reconnects, events.last_gap) == (0, None)


# -- refused ones -------------------------------------------------------------------------------


async def test_a_token_that_is_not_valid(scene: Scene) -> None:
    async with client_of(scene.sim, access_token="wrong-token") as client:
        with pytest.raises(AuthenticationError) as caught:
            async with client.events([]):
                pass
        assert "wrong-token" not in str(caught.value) + repr(caught.value)
    assert len(scene.sim.sockets) == 0


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AuthenticationError), (403, PermissionDeniedError)]
)
@pytest.mark.parametrize("where", ["/v1/ws", "/v1/chats"])
async def test_a_token_that_is_not_valid_any_more(
    status: int, kind: type[Exception], where: str, scene: Scene
) -> None:
    async with scene.listening() as events:
        scene.say("the last")
        waiting = asyncio.create_task(events.wait_for(MessageCreated, lambda e: False))
        await asyncio.sleep(0)
        scene.sim.respond_next(status, path=where, times=9)
        scene.sim.sockets.drop()
        heard: list[Event] = []
        with pytest.raises(kind):
            async for event in events:
                heard.append(event)  # noqa: PERF401 - until it raises
        assert texts(heard, scene.chat_id) == ["the last"] or where == "/v1/chats"
        with pytest.raises(kind):
            await waiting
        with pytest.raises(kind):
            await events.wait_for(MessageCreated)
        with pytest.raises(kind):
            await events.subscribe([])
        assert [event async for event in events] == []


async def test_an_app_without_live_events(no_pauses: None) -> None:
    async with Simulator(app_version="4.2.400") as sim, client_of(sim) as client:
        with pytest.raises(NotFoundError) as caught:
            async with client.events():
                pass
    assert any("4.2.557" in note for note in caught.value.__notes__)


async def test_an_app_that_is_not_there(no_pauses: None) -> None:
    async with Simulator() as sim, client_of(sim, max_retries=1) as client:
        sim.respond_next(503, path="/v1/ws", times=1)
        async with client.events() as events:
            assert events.connected
        sim.respond_next(503, path="/v1/ws", times=2)
        with pytest.raises(InternalServerError):
            async with client.events():
                pass
        sim.drop_next(path="/v1/ws", times=2)
        with pytest.raises(APIConnectionError):
            async with client.events():
                pass


async def test_a_redirect_is_not_taken_for_an_old_app(scene: Scene) -> None:
    elsewhere = {"Location": f"{scene.sim.url}/v1/nothing"}
    scene.sim.respond_next(302, path="/v1/ws", headers=elsewhere)
    with pytest.raises(BeeperDesktopError, match="Redirects are not followed"):
        async with scene.client.events():
            pass


async def test_an_app_that_takes_the_call_and_says_nothing(scene: Scene) -> None:
    scene.sim.sockets.mute_next()
    with pytest.raises(APIConnectionError, match="said nothing"):
        async with client_of(scene.sim, max_retries=0) as client, client.events(heartbeat=1):
            pass
    async with scene.listening(heartbeat=1) as events:
        assert events.reconnects == 0
        scene.sim.sockets.mute_next()
        scene.sim.sockets.drop()
        scene.say("in the end")
        assert texts(await scene.heard(events)) == ["in the end"]
        assert events.reconnects == 1


async def test_a_subscription_that_fails_for_now(scene: Scene) -> None:
    scene.sim.sockets.refuse_next("INTERNAL_ERROR")
    async with scene.listening() as events:
        scene.sim.sockets.refuse_next("INTERNAL_ERROR", times=2)
        scene.sim.sockets.drop()
        scene.say("in the end")
        assert texts(await scene.heard(events)) == ["in the end"]
    scene.sim.sockets.refuse_next("INTERNAL_ERROR", times=9)
    with pytest.raises(SubscriptionError):
        async with scene.client.events():
            pass


async def test_a_subscription_that_is_refused(scene: Scene) -> None:
    scene.sim.sockets.refuse_next(INVALID)
    with pytest.raises(SubscriptionError) as caught:
        async with scene.client.events():
            pass
    assert caught.value.code == INVALID
    await until(lambda: len(scene.sim.sockets) == 0)
    async with scene.listening() as events:  # which has worked once, so it works again some time
        scene.sim.sockets.refuse_next(INVALID, times=5)
        scene.sim.sockets.drop()
        scene.say("in the end")
        assert texts(await scene.heard(events)) == ["in the end"]
        assert events.reconnects == 1


PROXY = "<html>not now</html>"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (302, None), (400, None), (403, PROXY), (404, None), (404, PROXY), (408, None), (409, None),
        (418, PROXY), (429, None), (500, None), (503, PROXY), (599, PROXY),
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["/v1/ws", "/v1/chats", "/v1/chats/*/messages"])
async def test_no_other_refusal_ends_a_stream(
    status: int, body: str | None, where: str, scene: Scene
) -> None:
    """Apps that start answer with anything, and so do proxies in front of them."""
    scene.client = scene.client.with_options(max_retries=0)
    async with scene.listening() as events:
        scene.sim.respond_next(status, path=where, times=4, text=body)
        scene.sim.sockets.drop()
        scene.say("in the end")
        heard = await scene.heard(events)
    assert texts(heard) == ["in the end"]


@pytest.mark.parametrize("where", ["/v1/ws", "/v1/chats"])
async def test_one_refusal_of_a_valid_token_ends_nothing(where: str, scene: Scene) -> None:
    scene.client = scene.client.with_options(max_retries=0)
    async with scene.listening() as events:
        for text in ("one", "two"):
            scene.sim.respond_next(403, path=where)
            scene.sim.sockets.drop()
            scene.say(text)
            assert texts(await scene.heard(events)) == [text]


async def test_the_app_is_away_and_back(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """Said once each, however long it takes."""
    caplog.set_level(logging.INFO, logger="beeper_async")
    async with scene.listening() as events:
        scene.sim.respond_next(503, path="/v1/ws", times=5)
        scene.sim.sockets.drop()
        await scene.heard(events)
    said = [(one.levelname, one.message) for one in caplog.records if "connect" in one.message]
    assert [level for level, _ in said].count("WARNING") == 1
    assert said[-1] == ("INFO", "events: connected again")


async def test_the_wait_that_the_app_asks_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    async def pause(failures: int, wait: float) -> None:
        waits.append(wait)

    monkeypatch.setattr(connection, "pause", pause)
    async with scene.listening() as events:
        scene.sim.respond_next(503, path="/v1/ws", headers={"Retry-After": "7"})
        scene.sim.sockets.drop()
        await scene.heard(events)
    assert waits == [0.0, 7.0]


async def test_a_client_that_is_closed_meanwhile(scene: Scene) -> None:
    with pytest.raises(ClientUseError, match="closed"):
        async with scene.listening() as events:
            await scene.client.close()
            async for _ in events:
                pass


# -- what gets out ------------------------------------------------------------------------------


async def test_no_token_and_no_text_gets_into_logs(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "meet me at the old mill"
    caplog.set_level(logging.DEBUG, logger="beeper_async")
    scene.client = scene.client.with_options(max_retries=0)
    async with scene.listening() as events:
        scene.say(secret)
        scene.sim.sockets.drop()
        scene.say(secret)
        scene.sim.respond_next(500, path="/v1/chats", times=9, json={"message": secret})
        heard = await scene.heard(events)
        shown = [
            events,
            events.last_gap,
            events.checkpoint(),
            events._connection,
            events._core,
            heard,
        ]
        said = "\n".join(map(repr, shown)) + caplog.text
    assert texts(heard) == [secret, secret]
    for hidden in (secret, scene.sim.token):
        assert hidden not in said
    assert "connected again" in caplog.text


@pytest.mark.parametrize("base_path", ["", "/proxied"])
@pytest.mark.parametrize("named", ["http://elsewhere:1/v1/ws", "/v1/ws", "wss://{}/v1/ws", ""])
async def test_the_address_that_the_app_names(named: str, base_path: str, no_pauses: None) -> None:
    """Whatever it names, the token goes nowhere but to where it was given for."""
    async with Simulator(base_path=base_path) as sim, client_of(sim) as client:
        info = await client.info.retrieve()
        body = info.to_dict()
        body["endpoints"] = {**body["endpoints"], "ws_events": named.format(sim.url[7:])}
        sim.respond_next(200, json=body, path="/v1/info")
        async with Scene(sim, client).listening() as events:
            assert events.connected
