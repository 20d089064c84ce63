"""What can go wrong with a socket, as a client sees it."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from beeper_async.testing import Simulator, Sockets

from ..socket_client import PATIENCE, SocketClient, close_within, connected, subscribed

pytestmark = pytest.mark.asyncio

Json = dict[str, Any]
CLOSE, CLOSED = aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED


def mute(sim: Simulator, chat: Json, times: int) -> None:
    """Cause one event each time."""
    for _ in range(times):
        sim.world.change_chat(chat["id"], isMuted=True)


async def numbers(client: SocketClient, count: int) -> list[int]:
    return [message["seq"] for message in await client.hears_all(count)]


# -- the connection -------------------------------------------------------------------------


async def test_a_dropped_connection(sim: Simulator) -> None:
    async with subscribed(sim) as client, connected(sim) as other:
        await other.hears()
        assert len(sim.sockets) == 2
        sim.sockets.drop()
        assert len(sim.sockets) == 0
        for one in (client, other):
            assert (await one.ends()).type in (CLOSED, aiohttp.WSMsgType.ERROR)
            assert one.socket.close_code == 1006
    async with subscribed(sim):
        await sim.sockets.subscribers()


async def test_a_proper_close_comes_after_what_was_said(sim: Simulator, mum: Json) -> None:
    async with subscribed(sim) as client:
        sim.sockets.delay_next(60)
        mute(sim, mum, 2)
        sim.sockets.close(4321, "enough")
        mute(sim, mum, 1)
        assert await numbers(client, 2) == [1, 2], "what was late is late no longer"
        last = await client.ends()
        assert (last.type, last.data, last.extra) == (CLOSE, 4321, "enough")


async def test_half_open(sim: Simulator, mum: Json) -> None:
    """Pings go unanswered, which is how a client finds out."""
    async with connected(sim, heartbeat=0.2) as client:
        await client.hears()
        await client.subscribes()
        sim.sockets.half_open()
        assert len(sim.sockets) == 0
        mute(sim, mum, 1)
        await client.says({"type": "subscriptions.set", "chatIDs": []})
        last = await client.ends()
        assert last.type is aiohttp.WSMsgType.ERROR
        assert client.socket.close_code == 1006


async def test_a_half_open_socket_answers_no_close(sim: Simulator) -> None:
    headers = {"Authorization": f"Bearer {sim.token}"}
    timeout = close_within(0.1)
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(sim.url + "/v1/ws", headers=headers, timeout=timeout)
        await socket.receive(PATIENCE)
        sim.sockets.half_open()
        await socket.close()
        assert socket.close_code == 1006


async def test_a_half_open_socket_whose_client_is_gone_is_let_go(sim: Simulator) -> None:
    headers = {"Authorization": f"Bearer {sim.token}"}
    session = aiohttp.ClientSession()
    socket = await session.ws_connect(sim.url + "/v1/ws", headers=headers)
    await socket.receive(PATIENCE)
    sim.sockets.half_open()
    serving = list(sim.sockets._running.values())
    assert len(serving) == 1
    await session.close()  # breaks the connection off, without a goodbye
    async with asyncio.timeout(PATIENCE):
        await asyncio.wait(serving)
    assert not sim.sockets._running


async def test_pings_are_answered_otherwise(sim: Simulator) -> None:
    async with connected(sim, autoping=False) as client:
        await client.hears()
        await client.socket.ping(b"there?")
        answer = await client.ends()
        assert (answer.type, answer.data) == (aiohttp.WSMsgType.PONG, b"there?")


async def test_a_mute_socket_never_says_ready(sim: Simulator, mum: Json) -> None:
    sim.sockets.mute_next()
    async with connected(sim) as mute_one, connected(sim) as client:
        await mute_one.says({"type": "subscriptions.set", "chatIDs": ["*"]})
        assert (await client.hears())["type"] == "ready"
        assert len(sim.sockets) == 1
        listening = asyncio.ensure_future(mute_one.hears())
        await client.subscribes()
        mute(sim, mum, 1)
        await client.hears()
        assert not listening.done()
        listening.cancel()


@pytest.mark.parametrize("fault", [Sockets.half_open, Sockets.drop, Sockets.close])
async def test_nothing_is_left_when_the_simulator_stops(fault: Callable[[Sockets], None]) -> None:
    before = asyncio.all_tasks()
    async with aiohttp.ClientSession() as session:
        async with Simulator() as sim:
            headers = {"Authorization": f"Bearer {sim.token}"}
            for _ in range(2):
                socket = await session.ws_connect(sim.url + "/v1/ws", headers=headers)
                await socket.receive(PATIENCE)
            fault(sim.sockets)
            assert (len(sim.sockets), sim.world.changes.listeners) == (0, [])
            sim.sockets.mute_next()
            await session.ws_connect(sim.url + "/v1/ws", headers=headers)
        assert asyncio.all_tasks() == before
    gc.collect()


async def test_a_client_that_stopped_reading_does_not_hold_up_the_end() -> None:
    async with aiohttp.ClientSession() as session:
        async with Simulator() as sim:
            sim.sockets.queue_size = 1_000_000
            socket = await session.ws_connect(
                sim.url + "/v1/ws", headers={"Authorization": f"Bearer {sim.token}"}
            )
            await socket.receive(PATIENCE)
            await socket.send_json({"type": "subscriptions.set", "chatIDs": ["*"]})
            await sim.sockets.subscribers()
            sim.sockets.delay_next(60)
            for chat_id in list(sim.world.chats)[:1] * 500:
                sim.world.receive(chat_id, "x" * 50_000)
        assert len(sim.sockets) == 0
        await socket.close()
    gc.collect()


# -- events ---------------------------------------------------------------------------------


async def test_lost_events_leave_a_gap(sim: Simulator, mum: Json) -> None:
    async with subscribed(sim) as client:
        mute(sim, mum, 1)
        sim.sockets.lose_next(2)
        mute(sim, mum, 3)
        assert await numbers(client, 2) == [1, 4]


async def test_repeated_events(sim: Simulator, mum: Json) -> None:
    async with subscribed(sim) as client:
        sim.sockets.repeat_next()
        sim.sockets.repeat_next(renumbered=True)
        mute(sim, mum, 3)
        heard = await client.hears_all(5)
        assert [one["seq"] for one in heard] == [1, 1, 2, 3, 4]
        assert heard[0] == heard[1]
        assert heard[2] | {"seq": 3} == heard[3]


async def test_reordered_events(sim: Simulator, mum: Json) -> None:
    async with subscribed(sim) as client:
        sim.sockets.reorder_next()
        mute(sim, mum, 3)
        assert await numbers(client, 3) == [2, 1, 3]


async def test_late_events_hold_up_those_behind_them(sim: Simulator, mum: Json) -> None:
    async with subscribed(sim) as client, subscribed(sim, "!none:x") as other:
        sim.sockets.delay_next(60)
        mute(sim, mum, 2)
        waiting = asyncio.ensure_future(client.hears())
        for _ in range(3):  # three ways there and back, in which an event would have come
            await other.subscribes("!none:x")
        assert not waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])
        sim.sockets.clear_faults()
    async with subscribed(sim) as client:
        sim.sockets.delay_next(0.01, times=2)
        mute(sim, mum, 3)
        assert await numbers(client, 3) == [1, 2, 3]


async def test_plans_wait_for_an_event_that_somebody_wants(
    sim: Simulator, mum: Json, trip: Json
) -> None:
    async with subscribed(sim, mum["id"]) as client:
        sim.sockets.lose_next()
        mute(sim, trip, 1)
        mute(sim, mum, 2)
        assert await numbers(client, 1) == [2]
        sim.sockets.lose_next(5)
        sim.sockets.clear_faults()
        mute(sim, mum, 1)
        assert await numbers(client, 1) == [3]
    with pytest.raises(ValueError, match="times"):
        sim.sockets.lose_next(0)


@pytest.mark.parametrize("entries", ["partial", "none"])
async def test_entries_may_be_less_than_messages(sim: Simulator, mum: Json, entries: Any) -> None:
    sim.sockets.entries = entries
    picture = sim.world.messages[mum["id"]][-1]
    async with subscribed(sim) as client:
        sim.world.people.unreact(mum["id"], picture["id"], "😂")
        event = await client.hears_anything()
    expected = [{"id": picture["id"], "reactions": picture["reactions"]}]
    assert event["ids"] == [picture["id"]]
    assert event.get("entries") == (expected if entries == "partial" else None)


# -- messages -------------------------------------------------------------------------------


async def test_a_planned_refusal_leaves_the_subscription(sim: Simulator, mum: Json) -> None:
    sim.sockets.refuse_next("NOT_SUBSCRIBED", "not now")
    async with connected(sim) as client:
        await client.hears()
        error = await client.subscribes()
        expected = {"type": "error", "requestID": "r1", "code": "NOT_SUBSCRIBED"}
        assert error == expected | {"message": "not now"}
        assert sim.sockets.subscriptions[0].is_empty
        assert (await client.subscribes())["type"] == "subscriptions.updated"
        sim.sockets.refuse_next()
        assert (await client.subscribes("!other:x"))["code"] == "INTERNAL_ERROR"
        mute(sim, mum, 1)
        assert (await client.hears())["type"] == "chat.upserted"


async def test_frames_made_up(sim: Simulator, mum: Json) -> None:
    async with subscribed(sim) as client:
        mute(sim, mum, 1)
        stream = {"type": "message.stream", "chatID": mum["id"], "ids": ["1"], "delta": "hel"}
        sim.sockets.send(stream)
        sim.sockets.send(stream, numbered=True)
        sim.sockets.send([1, 2])
        sim.sockets.send_raw('{"type": ')
        sim.sockets.send_raw(b"\x00")
        mute(sim, mum, 1)
        assert (await client.hears())["seq"] == 1
        assert await client.hears_anything() == stream
        numbered = await client.hears_anything()
        assert (numbered["seq"], numbered["delta"]) == (2, "hel")
        assert await client.hears_anything() == [1, 2]
        assert (await client.ends()).data == '{"type": '
        last = await client.ends()
        assert (last.type, last.data) == (aiohttp.WSMsgType.BINARY, b"\x00")
        assert (await client.hears())["seq"] == 3


# -- waiting --------------------------------------------------------------------------------


async def test_waiting_for_subscribers(sim: Simulator) -> None:
    two = asyncio.ensure_future(sim.sockets.subscribers(2))
    async with subscribed(sim) as client:
        await sim.sockets.subscribers()
        assert not two.done()
        async with subscribed(sim, app={"state": True}):
            await two
            await client.says({"type": "subscriptions.set", "chatIDs": []})
            await client.hears()
            with pytest.raises(TimeoutError):
                await sim.sockets.subscribers(2, timeout=0.01)
    with pytest.raises(RuntimeError, match="await"):
        sim.sockets.wait_for_subscribers()


async def test_waiting_in_other_threads() -> None:
    def block() -> None:
        with Simulator() as sim:
            with pytest.raises(TimeoutError):
                sim.sockets.wait_for_subscribers(timeout=0.01)
            asyncio.run(wait(sim))

    async def wait(sim: Simulator) -> None:
        waiting = asyncio.ensure_future(asyncio.to_thread(sim.sockets.wait_for_subscribers))
        async with subscribed(sim) as client:
            await waiting
            await sim.sockets.subscribers()
            sim.sockets.close(1012)
            assert (await client.ends()).data == 1012

    await asyncio.to_thread(block)


async def test_an_event_that_is_lost_silently_uses_no_number(sim: Simulator, mum: Json) -> None:
    async with subscribed(sim) as client:
        sim.sockets.lose_next(2, silently=True)
        mute(sim, mum, 2)
        sim.world.change_chat(mum["id"], isPinned=True)
        sim.sockets.lose_next()
        mute(sim, mum, 2)
        assert await numbers(client, 2) == [1, 3]


async def test_held_events_come_as_they_were_with_the_number_of_then(
    sim: Simulator, mum: Json
) -> None:
    said = sim.world.receive(mum["id"], "six")
    async with subscribed(sim) as client:
        sim.sockets.hold_next(2)
        sim.world.people.edit(mum["id"], said["id"], "seven")
        sim.world.people.edit(mum["id"], said["id"], "half \ud83d")
        sim.world.people.edit(mum["id"], said["id"], "nine")
        sim.sockets.release()
        sim.sockets.release()
        heard = [json.loads(await client.socket.receive_str(timeout=PATIENCE)) for _ in range(3)]
        mute(sim, mum, 1)
        assert await numbers(client, 1) == [4]
    assert [event["seq"] for event in heard] == [1, 2, 3]
    texts = [event["entries"][0]["text"] for event in heard]
    assert texts == ["nine", "seven", "half \ud83d"]


async def test_a_silent_account_sends_nothing(sim: Simulator, mum: Json, trip: Json) -> None:
    assert mum["accountID"] != trip["accountID"]
    sim.sockets.silent_accounts.add(mum["accountID"])
    async with subscribed(sim) as client:
        sim.world.receive(mum["id"], "can you hear me?")
        sim.world.remove_chat(mum["id"])
        mute(sim, trip, 1)
        assert (await client.hears())["chatID"] == trip["id"]
        sim.sockets.silent_accounts.clear()
        mute(sim, trip, 1)
        sim.world.remove_chat(trip["id"])
        assert await numbers(client, 2) == [2, 3]
