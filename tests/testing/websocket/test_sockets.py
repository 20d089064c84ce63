"""The socket: connecting, subscribing, and the end."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from beeper_async.testing import Simulator

from ... import reference
from ..raw_http import until
from ..socket_client import PATIENCE, check_message, connected, kinds, refused, subscribed

pytestmark = pytest.mark.asyncio

Api = Callable[..., Awaitable[tuple[int, Any]]]
Json = dict[str, Any]

EXAMPLES = [one for one in reference.EXAMPLES if one["endpoint"] == "(websocket)"]


# -- the contract ---------------------------------------------------------------------------


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda entry: str(entry["file"]))
async def test_the_check_knows_the_examples(entry: Json) -> None:
    body = reference.example(entry["file"])
    if entry["file"] in ("ws.unknown_event.json", "ws.message_upserted_partial.json"):
        with pytest.raises(AssertionError):  # the simulator does not send these by itself
            check_message(body)
        return
    check_message(body)
    for name in body:
        with pytest.raises(AssertionError):
            check_message({**body, name: None})


async def test_the_messages_are_those_of_the_examples(sim: Simulator) -> None:
    async with connected(sim) as client:
        assert await client.hears() == reference.example("ws.ready_app.json")
        await client.says(reference.example("ws.client.subscriptions_set_app.json"))
        assert await client.hears() == reference.example("ws.subscriptions_updated_app.json")
        await client.says({"type": "ping"})
        assert await client.hears() == reference.example("ws.error_command.json")
        some = reference.example("ws.client.subscriptions_set_some.json")
        await client.says(some | {"requestID": "r5", "chatIDs": ["*", *some["chatIDs"]]})
        assert await client.hears() == reference.example("ws.error_payload.json")
        await client.says(some)
        assert (await client.hears())["chatIDs"] == sorted(some["chatIDs"])
        await client.says(reference.example("ws.client.subscriptions_pause.json"))
        assert (await client.hears())["chatIDs"] == []
    sim.app_version = "4.2.999"
    async with connected(sim) as client:
        assert await client.hears() == reference.example("ws.ready.json")
        await client.says(reference.example("ws.client.subscriptions_set_all.json"))
        assert await client.hears() == reference.example("ws.subscriptions_updated.json")


async def test_events_look_like_the_examples(sim: Simulator, mum: Json) -> None:
    async with subscribed(sim) as client:
        sim.world.receive(mum["id"], "hello")
        message, chat = await client.hears_all(2)
        sim.world.remove_chat(mum["id"])
        gone = await client.hears()
    shown = (("message_upserted", message), ("chat_upserted", chat), ("chat_deleted", gone))
    for name, event in shown:
        assert list(event) == list(reference.example(f"ws.{name}.json")), name
    assert chat["ids"] == gone["ids"] == [chat["chatID"]] == [gone["chatID"]] == [mum["id"]]
    assert message["ids"] == [entry["id"] for entry in message["entries"]]
    assert [message["seq"], chat["seq"], gone["seq"]] == [1, 2, 3]


# -- the door -------------------------------------------------------------------------------


async def test_the_way_to_the_socket(api: Api) -> None:
    async with Simulator(base_path="/proxy/beeper") as sim:
        async with aiohttp.ClientSession() as session, session.get(sim.url + "/v1/info") as answer:
            info = await answer.json()
        assert info["endpoints"]["ws_events"] == sim.url + "/v1/ws"
        assert info["endpoints"]["ws_events"].startswith("http://")
        async with connected(sim) as client:
            assert (await client.hears())["type"] == "ready"


async def test_who_is_let_in(sim: Simulator) -> None:
    status, error = await refused(sim, "wrong")
    assert (status, error["code"]) == (401, "unauthorized")
    sim.scopes = ("write",)
    status, error = await refused(sim)
    assert (status, error["code"]) == (403, "forbidden")
    sim.scopes = ("read",)
    sim.app_version = "4.2.556"
    status, error = await refused(sim)
    assert (status, error["code"]) == (404, "NOT_FOUND")
    assert len(sim.sockets) == 0
    sim.app_version = "4.2.557"
    async with connected(sim) as client:
        assert await client.hears() == reference.example("ws.ready.json")
        assert len(sim.sockets) == 1


async def test_the_upgrade_is_recorded_and_a_plain_request_refused(
    sim: Simulator, api: Api
) -> None:
    assert (await api("GET", "/v1/ws"))[0] == 426
    sim.clear_requests()
    async with connected(sim) as client:
        await client.hears()
        (request,) = sim.requests
        assert request.request_line == "GET /v1/ws"
        assert request.headers["authorization"] == f"Bearer {sim.token}"
        version = client.socket._response.headers["X-Beeper-Desktop-Version"]
        assert version == sim.app_version


@pytest.mark.parametrize("before", [True, False])
async def test_planned_answers_refuse_the_upgrade(sim: Simulator, before: bool) -> None:
    sim.respond_next(503, path="/v1/ws", before=before)
    status, error = await refused(sim)
    assert (status, error["code"]) == (503, "HTTP_503")
    sim.drop_next(path="/v1/ws", before=before, times=2)
    with pytest.raises(aiohttp.ClientConnectionError):
        async with connected(sim):
            pytest.fail("the connection was to be dropped")
    sim.respond_next(None, path="/v1/ws", headers={"X-Planned": "yes"})
    async with connected(sim) as client:
        assert client.socket._response.headers["X-Planned"] == "yes"
        assert (await client.hears())["type"] == "ready"
    assert len(sim.requests) == 4


# -- subscribing ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("nonsense", "INVALID_PAYLOAD", False),
        ("[]", "INVALID_PAYLOAD", False),
        ('"subscriptions.set"', "INVALID_PAYLOAD", False),
        ("{}", "INVALID_PAYLOAD", False),
        ('{"requestID": "a", "chatIDs": []}', "INVALID_PAYLOAD", True),
        ('{"requestID": "a", "type": null, "chatIDs": []}', "INVALID_PAYLOAD", True),
        ('{"requestID": "a", "type": "subscriptions.get"}', "INVALID_COMMAND", True),
        ('{"requestID": 5, "type": "subscriptions.set", "chatIDs": []}', "INVALID_PAYLOAD", False),
        ('{"requestID": "a", "type": "subscriptions.set", "chatIDs": null}', "INVALID_PAYLOAD", 1),
        ('{"requestID": "a", "type": "subscriptions.set", "chatIDs": "*"}', "INVALID_PAYLOAD", 1),
        ('{"requestID": "a", "type": "subscriptions.set", "chatIDs": [5]}', "INVALID_PAYLOAD", 1),
        ('{"requestID": "a", "type": "subscriptions.set", "chatIDs": [" "]}', "INVALID_PAYLOAD", 1),
        (
            '{"requestID": "a", "type": "subscriptions.set", "chatIDs": [], "x": 1}',
            "INVALID_PAYLOAD",
            True,
        ),
        (
            '{"requestID": "a", "type": "subscriptions.set", "chatIDs": [], "app": {}}',
            "INVALID_PAYLOAD",
            True,
        ),
        (
            '{"requestID": "a", "type": "subscriptions.set", "app": {"state": 1}}',
            "INVALID_PAYLOAD",
            True,
        ),
        (
            '{"requestID": "a", "type": "subscriptions.set", "app": {"state": true, "x": 1}}',
            "INVALID_PAYLOAD",
            True,
        ),
    ],
)
async def test_wrong_commands_change_nothing(
    sim: Simulator, mum: Json, text: str, code: str, named: bool
) -> None:
    async with subscribed(sim) as client:
        await client.socket.send_str(text)
        error = await client.hears()
        assert (error["type"], error["code"], "requestID" in error) == ("error", code, named)
        sim.world.change_chat(mum["id"], isPinned=False)
        assert (await client.hears())["type"] == "chat.upserted"


async def test_older_apps_are_stricter(sim: Simulator) -> None:
    sim.app_version = "4.2.999"
    async with connected(sim) as client:
        await client.hears()
        await client.says({"type": "subscriptions.set"})
        assert (await client.hears())["code"] == "INVALID_PAYLOAD"
        assert (await client.subscribes(app={"state": True}))["code"] == "INVALID_PAYLOAD"
        assert await client.subscribes() == reference.example("ws.subscriptions_updated.json")
    sim.app_version = "4.3.0"
    async with connected(sim) as client:
        await client.hears()
        await client.says({"type": "subscriptions.set"})
        answer: Json = {"type": "subscriptions.updated", "chatIDs": [], "app": {"state": False}}
        assert await client.hears() == answer


async def test_binary_frames_are_an_error_and_long_ones_the_end(sim: Simulator) -> None:
    async with subscribed(sim) as client:
        await client.socket.send_bytes(b"{}")
        assert (await client.hears())["code"] == "INVALID_PAYLOAD"
        await client.socket.send_str(" " * 65_537)
        assert (await client.ends()).type is aiohttp.WSMsgType.CLOSE
        assert client.socket.close_code == 1009


async def test_only_what_was_subscribed_is_heard(sim: Simulator, mum: Json, trip: Json) -> None:
    async with connected(sim) as client:
        await client.hears()
        sim.world.receive(mum["id"], "before anything was subscribed")
        answer = await client.subscribes(f" {trip['id']} ", trip["id"])
        assert answer["chatIDs"] == [trip["id"]]
        assert [one.chat_ids for one in sim.sockets.subscriptions] == [(trip["id"],)]
        sim.world.receive(mum["id"], "not for you")
        sim.world.receive(trip["id"], "for you")
        heard = await client.hears_all(2)
        assert {one["chatID"] for one in heard} == {trip["id"]}
        await client.subscribes(mum["id"])
        sim.world.receive(trip["id"], "not for you")
        sim.world.receive(mum["id"], "for you")
        heard = await client.hears_all(2)
        assert {one["chatID"] for one in heard} == {mum["id"]}
        assert [one["seq"] for one in heard] == [3, 4], "what is not wanted has no number"
        assert len(sim.sockets.received) == 2


async def test_every_chat_includes_new_ones(sim: Simulator, mum: Json, api: Api) -> None:
    async with subscribed(sim) as client, subscribed(sim, mum["id"]) as other:
        sim.world.receive(mum["id"], "hello")
        await client.hears_all(2)
        person = sim.world.strangers[mum["accountID"]][0]
        body = {"accountID": mum["accountID"], "user": {"id": person["id"]}, "messageText": "hi"}
        _, chat = await api("POST", "/v1/chats/start", body)
        heard = await client.hears_all(3)
        assert kinds(heard) == ["chat.upserted", "message.upserted", "chat.upserted"]
        assert {one["chatID"] for one in heard} == {chat["id"]}
        assert [one["seq"] for one in heard] == [3, 4, 5]
        sim.world.change_chat(mum["id"], isMuted=True)
        assert [one["seq"] for one in await other.hears_all(3)] == [1, 2, 3], "one count for each"


@pytest.mark.parametrize(
    ("style", "expected"), [("text", [str] * 4), ("milliseconds", [int] * 4), ("mixed", None)]
)
async def test_times_have_either_form(
    sim: Simulator, mum: Json, style: Any, expected: list[type] | None
) -> None:
    sim.sockets.timestamps = style
    async with subscribed(sim) as client:
        for _ in range(2):
            sim.world.receive(mum["id"], "hello")
        stamps = [one["ts"] for one in await client.hears_all(4)]
    assert [type(one) for one in stamps] == (expected or [str, int, str, int])
    assert sim.world.clock.now().timestamp() in [
        one / 1000 for one in stamps if type(one) is int
    ] or (stamps[-1] == "2026-05-11T10:00:02.000Z")


# -- threads, slow readers and the end ------------------------------------------------------


async def test_changes_from_many_threads_come_in_their_order(sim: Simulator, mum: Json) -> None:
    sim.sockets.queue_size = 100_000
    async with subscribed(sim) as client:

        def write() -> None:
            for number in range(200):
                sim.world.receive(mum["id"], f"{number}")

        threads = [threading.Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        heard = await client.hears_all(1600)
        for thread in threads:
            thread.join()
    assert [one["seq"] for one in heard] == list(range(1, 1601))
    ids = [one["ids"][0] for one in heard if one["type"] == "message.upserted"]
    assert ids == [message["id"] for message in sim.world.messages[mum["id"]][-800:]]
    assert kinds(heard) == ["message.upserted", "chat.upserted"] * 800


async def test_a_slow_reader_loses_events_and_sees_the_gap(sim: Simulator, mum: Json) -> None:
    sim.sockets.queue_size = 6
    async with subscribed(sim) as client:
        # The loop gets no turn meanwhile, so nothing can be sent.
        for number in range(10):
            sim.world.receive(mum["id"], f"{number}")
        assert sim.sockets.overflows == 14
        assert [one["seq"] for one in await client.hears_all(6)] == [1, 2, 3, 4, 5, 6]
        sim.world.change_chat(mum["id"], isMuted=True)
        assert (await client.hears())["seq"] == 21


async def test_a_reader_that_stopped_costs_bounded_memory(sim: Simulator, mum: Json) -> None:
    async with subscribed(sim) as client:
        text = "x" * 50_000
        for _ in range(1000):
            sim.world.receive(mum["id"], text)
            await asyncio.sleep(0)
        assert sim.sockets.overflows > 0
        assert (await client.hears())["seq"] == 1


async def test_nobody_listens_after_the_last_socket(sim: Simulator, mum: Json) -> None:
    async with subscribed(sim) as client, subscribed(sim):
        assert len(sim.world.changes.listeners) == 1
        await client.socket.close()
    await until(lambda: not sim.world.changes.listeners)
    assert len(sim.sockets) == 0
    sim.world.receive(mum["id"], "to nobody")


async def test_a_client_may_close_with_any_code(sim: Simulator) -> None:
    async with subscribed(sim) as client:
        await client.socket.close(code=4000)
        assert client.socket.close_code == 4000


async def test_stopping_closes_every_socket(mum: Json) -> None:
    async with aiohttp.ClientSession() as session:
        async with Simulator() as sim:
            headers = {"Authorization": f"Bearer {sim.token}"}
            reading = await session.ws_connect(sim.url + "/v1/ws", headers=headers)
            silent = await session.ws_connect(sim.url + "/v1/ws", headers=headers)
            await reading.receive_str(timeout=PATIENCE)
            last = asyncio.ensure_future(reading.receive())
        assert (await last).type is aiohttp.WSMsgType.CLOSE
        assert (await last).data == 1001
        assert (await silent.receive(PATIENCE)).type is aiohttp.WSMsgType.TEXT
        assert (await silent.receive(PATIENCE)).data == 1001
        assert len(sim.sockets) == 0
        assert sim.world.changes.listeners == []
        assert not [task for task in asyncio.all_tasks() if "Socket" in repr(task.get_coro())]
    gc.collect()


async def test_a_thread_of_its_own_closes_them_too() -> None:
    async def listen(url: str, token: str) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(url + "/v1/ws", headers=headers) as socket,
        ):
            await socket.receive(PATIENCE)
            await socket.send_json({"type": "subscriptions.set", "chatIDs": ["*"]})
            await socket.receive(PATIENCE)
            return (await socket.receive(PATIENCE)).data

    def block() -> list[Any]:
        heard: list[Any] = []
        with Simulator() as sim:
            url, token = sim.url, sim.token
            client = threading.Thread(target=lambda: heard.append(asyncio.run(listen(url, token))))
            client.start()
            sim.sockets.wait_for_subscribers()
        client.join()
        return heard

    assert await asyncio.to_thread(block) == [1001]
    gc.collect()
