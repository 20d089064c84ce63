"""Bots: what they remember, so that nothing is lost or done twice between two runs."""

from __future__ import annotations

import asyncio
import stat
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from beeper_async import InvalidInputError
from beeper_async.bots import checkpoint_file
from beeper_async.bots.bot import Bot, Context
from beeper_async.events.checkpoint import Checkpoint
from beeper_async.events.kinds import MessageCreated

from ..live import DEADLINE, Scene, until
from .gate import Gate

pytestmark = pytest.mark.asyncio


async def test_the_checkpoint_covers_only_what_is_done(scene: Scene) -> None:
    bot = Bot(scene.client)
    gate = Gate()
    bot.on(MessageCreated, in_chat=scene.groups[0])(gate)
    async with scene.running(bot):
        scene.say("slow 1", chat_id=scene.groups[0])
        await gate.begun.get()
        scene.say("slow 2", chat_id=scene.groups[0])
        scene.say("quick", chat_id=scene.groups[1])
        await scene.fence(bot)
        checkpoint = bot.checkpoint()
        gate.open.set()
    found = await scene.heard_by(Bot(scene.client, since=checkpoint))
    assert found == [("slow 1", True), ("slow 2", True)]
    assert await scene.heard_by(Bot(scene.client, since=bot.checkpoint())) == []


async def test_what_somebody_waited_for_is_done_after_what_came_before(scene: Scene) -> None:
    bot = Bot(scene.client)
    gate = Gate()
    bot.on(MessageCreated, in_chat=scene.chat_id)(gate)
    async with scene.running(bot):
        scene.say("one")
        await gate.begun.get()
        await scene.fence(bot, scene.chat_id)
        checkpoint = bot.checkpoint()
        gate.open.set()
    found = await scene.heard_by(Bot(scene.client, since=checkpoint))
    assert found[0] == ("one", True)


async def test_a_file_keeps_the_checkpoint(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "bot.json"
    kept: dict[str, Any] = {"checkpoint_file": path}
    assert await scene.heard_by(Bot(scene.client, **kept)) == []
    scene.say("one")
    assert await scene.heard_by(Bot(scene.client, **kept)) == [("one", True)]
    scene.say("two")
    # The file goes before `since`.
    since = Checkpoint.from_json(path.read_bytes())
    assert await scene.heard_by(Bot(scene.client, **kept)) == [("two", True)]
    assert await scene.heard_by(Bot(scene.client, since=since, **kept)) == []
    assert list(tmp_path.iterdir()) == [path]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_the_file_is_written_while_the_bot_runs(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_file, "_SECONDS_BETWEEN", 0.0)
    path = tmp_path / "bot.json"
    bot = Bot(scene.client, checkpoint_file=path)
    done: asyncio.Queue[Any] = asyncio.Queue()

    @bot.on(MessageCreated)
    async def note(ctx: Context[MessageCreated]) -> None:
        done.put_nowait(ctx.message.sort_key)

    async with scene.running(bot):
        before = path.read_bytes()
        scene.say("one")
        sort_key = await done.get()
        await until(lambda: path.read_bytes() != before)
        places = Checkpoint.from_json(path.read_bytes()).places
        assert places[scene.chat_id].sort_key == sort_key


async def test_the_file_is_there_from_the_beginning(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_file, "_SECONDS_BETWEEN", 10 * DEADLINE)
    path = tmp_path / "bot.json"
    async with scene.running(Bot(scene.client, checkpoint_file=path)):
        since = Checkpoint.from_json(path.read_bytes())
    scene.say("said when it had crashed")
    found = await scene.heard_by(Bot(scene.client, since=since))
    assert found == [("said when it had crashed", True)]


@pytest.mark.parametrize("content", ["", "{}", "[1, 2", '{"base": "soon", "places": {}}'])
async def test_a_broken_file_is_refused_before_anything_is_sent(
    content: str, scene: Scene, tmp_path: Path
) -> None:
    path = tmp_path / "bot.json"
    path.write_text(content)
    with pytest.raises(InvalidInputError, match=r"bot\.json is no checkpoint"):
        await Bot(scene.client, checkpoint_file=path).run()
    assert scene.sim.requests == []
    assert path.read_text() == content


async def test_a_file_that_cannot_be_written_is_noticed_at_once(
    scene: Scene, tmp_path: Path
) -> None:
    bot = Bot(scene.client, checkpoint_file=tmp_path / "no such folder" / "bot.json")
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(FileNotFoundError):
            await bot.run()
    assert scene.sim.requests == []


async def test_a_file_that_cannot_be_written_later_is_logged(
    scene: Scene,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(checkpoint_file, "_SECONDS_BETWEEN", 0.0)
    folder = tmp_path / "folder"
    folder.mkdir()
    bot = Bot(scene.client, checkpoint_file=folder / "bot.json")
    with pytest.raises(FileNotFoundError):
        async with scene.running(bot):
            (folder / "bot.json").unlink()
            folder.rmdir()
            scene.say("one")
            while "can't be written" not in caplog.text:
                await scene.fence(bot)


async def test_once_and_in_order_across_lost_connections_and_restarts(
    scene: Scene, tmp_path: Path
) -> None:
    heard: dict[str, list[str]] = {chat_id: [] for chat_id in scene.groups[:4]}
    said: dict[str, list[str]] = {chat_id: [] for chat_id in heard}
    numbers = count()

    def make_bot() -> Bot:
        bot = Bot(scene.client, checkpoint_file=tmp_path / "bot.json", concurrency=2)

        @bot.on(MessageCreated, in_chat=heard)
        async def note(ctx: Context[MessageCreated]) -> None:
            await scene.client.labels.list()  # something that takes its time
            heard[ctx.chat_id].append(ctx.text)

        return bot

    def say_some() -> None:
        for chat_id in 5 * list(said):
            said[chat_id].append(f"{next(numbers)}")
            scene.say(said[chat_id][-1], chat_id=chat_id)

    for _ in range(3):
        bot = make_bot()
        async with scene.running(bot):
            say_some()
            scene.sim.sockets.drop()
            say_some()
            await scene.sim.sockets.subscribers()
            scene.sim.sockets.lose_next(3)
            say_some()
            await scene.fence(bot)  # it has taken them; its handlers have not
        say_some()  # nobody is there
    bot = make_bot()
    async with scene.running(bot):
        for chat_id in heard:
            await scene.fence(bot, chat_id)
        wanted = sum(map(len, said.values()))
        await until(lambda: sum(map(len, heard.values())) >= wanted)
    assert heard == said
