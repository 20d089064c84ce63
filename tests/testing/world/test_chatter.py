"""People who say something by themselves."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from beeper_async.testing import Simulator
from beeper_async.testing.__main__ import main

from ..socket_client import SocketClient, check_message, subscribed

pytestmark = pytest.mark.asyncio

Json = dict[str, Any]


async def heard(client: SocketClient) -> list[Json]:
    """What comes in until a mark."""
    messages: list[Json] = []
    while (message := await client.hears_anything())["type"] != "mark":
        check_message(message)
        messages.append(message)
    return messages


async def lively(seconds: float | None = None, **options: Any) -> tuple[list[Json], Simulator]:
    """All that is heard of 300 things that people do."""
    async with Simulator(chatter=seconds, **options) as sim, subscribed(sim) as client:
        sim.sockets.queue_size = 10_000
        for _ in range(300):
            sim.chatter.step()
        sim.sockets.send({"type": "mark"})
        return await heard(client), sim


async def test_people_do_all_kinds_of_things() -> None:
    messages, sim = await lively()
    counts = Counter(message["type"] for message in messages)
    assert counts["message.deleted"] > 0
    entries = [entry for message in messages for entry in message.get("entries", ())]
    assert {"editedTimestamp", "reactions"} <= {name for entry in entries for name in entry}
    assert "/ping" in [entry.get("text") for entry in entries]
    assert not any(entry["isSender"] for entry in entries if not entry.get("reactions"))
    assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1))
    for message in messages:
        chat = sim.world.chats[message["chatID"]]
        assert not chat.get("merge")
        assert not chat.get("isReadOnly")
    assert len({message["chatID"] for message in messages}) > 3


async def test_they_do_the_same_each_time() -> None:
    first, _ = await lively()
    assert first == (await lively())[0]
    assert first != (await lively(chats=20))[0]


async def test_a_simulator_with_chatter_speaks_by_itself() -> None:
    async with Simulator(chatter=0.002, now=datetime.now(UTC)) as sim, subscribed(sim) as client:
        assert (await client.hears())["seq"] == 1
        await client.hears_all(20)


async def test_the_chatter_ends_with_the_simulator() -> None:
    before = asyncio.all_tasks()
    async with Simulator():
        silent = len(asyncio.all_tasks())
    async with Simulator(chatter=60) as sim:
        assert len(asyncio.all_tasks()) == silent + 1
    assert asyncio.all_tasks() == before
    async with sim:
        assert len(asyncio.all_tasks()) == silent + 1, "and begins again with it"
    gc.collect()


async def test_chatter_that_fails_is_not_silent() -> None:
    with pytest.raises(KeyError, match="participants"):
        async with Simulator(chatter=0.001) as sim:
            for chat in sim.world.chats.values():
                del chat["participants"]
            while sim._chatting is not None and not sim._chatting.done():  # noqa: ASYNC110
                await asyncio.sleep(0.001)


async def test_chatter_from_a_terminal() -> None:
    command = ("-W", "error", "-m", "beeper_async.testing", "--chatter", "0.05")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().split()[-1]
    headers = {"Authorization": "Bearer demo-token"}
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url + "/v1/ws", headers=headers) as socket,
    ):
        client = SocketClient(socket)
        await client.hears()
        await client.subscribes()
        await client.hears()
        process.send_signal(signal.SIGINT)
        while (last := await client.ends()).type is aiohttp.WSMsgType.TEXT:
            pass
        assert last.data == 1001
    assert await process.wait() == 0


async def test_nobody_is_there_to_talk() -> None:
    async with Simulator(chats=0) as sim:
        sim.chatter.step()
        assert sim.world.messages == {}


async def test_what_cannot_be_a_pause(capsys: pytest.CaptureFixture[str]) -> None:
    for seconds in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="chatter"):
            Simulator(chatter=seconds)
    with pytest.raises(SystemExit):
        main(["--chatter", "0"])
    assert "chatter must be more than 0" in capsys.readouterr().err
