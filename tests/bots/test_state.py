"""Rule: state, and the store that keeps it."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest
from attrs import define, field

from beeper_async import Bot, ClientUseError, Ctx, InvalidInputError, MessageCreated
from beeper_async.bots import run as run_module
from beeper_async.bots.context import Part
from beeper_async.bots.store import Batch

from ..live import Scene, until
from .gate import Gate
from .rig import save

pytestmark = pytest.mark.asyncio


@define
class Tally:
    count: int = 0
    votes: Counter[str] = field(factory=Counter[str])


@define
class NoDefault:
    count: int


async def test_state_by_chat_person_member_and_message(scene: Scene, tmp_path: Path) -> None:
    counts: list[tuple[int, ...]] = []

    def counting() -> Bot:
        bot = Bot(store=tmp_path / "bot.db")

        @bot.on(MessageCreated)
        async def count(ctx: Ctx) -> None:
            found: list[int] = []
            parts: tuple[Part, ...] = ("chat", "person", "member", "message")
            for of in parts:
                with ctx.state(Tally, of=of) as tally:
                    tally.count += 1
                    tally.votes[ctx.text] += 1
                    found.append(tally.count)
            with bot.state(Tally) as tally, bot.state(Tally, "other") as other:
                tally.count += 1
                other.count += 10
                counts.append((*found, tally.count, other.count))

        return bot

    bot = counting()
    async with scene.running(bot):
        scene.say("one")
        scene.say("two", person=1)
        await scene.fence(bot, scene.chat_id)
    bot = counting()
    async with scene.running(bot):
        scene.say("three")
        await scene.fence(bot, scene.chat_id)
    assert counts == [(1, 1, 1, 1, 1, 10), (2, 1, 1, 1, 2, 20), (3, 2, 2, 1, 3, 30)]


async def test_what_is_raised_keeps_what_was_before(scene: Scene) -> None:
    bot = Bot()
    async with scene.running(bot):
        with pytest.raises(KeyError), bot.state(Tally) as tally:
            tally.count = 5
            raise KeyError
        with bot.state(Tally) as tally:
            assert tally.count == 0


async def test_defaults_are_not_stored(scene: Scene) -> None:
    bot = Bot()
    async with scene.running(bot):
        assert bot._run is not None
        store = bot._run._store
        for count, rows in ((0, 0), (1, 1), (0, 0)):
            with bot.state(Tally, "key") as tally:
                tally.count = count
            assert store._value("select count(*) from state") == rows


async def test_two_that_have_it_open_share_it(scene: Scene) -> None:
    """Or one would overwrite what the other has changed meanwhile."""
    bot, gate = Bot(), Gate()

    @bot.on(MessageCreated)
    async def count(ctx: Ctx) -> None:
        with bot.state(Tally, "all") as tally:
            tally.count += 1
            await gate(ctx)

    async with scene.running(bot):
        scene.say("one")
        scene.say("two", chat_id=scene.groups[1])
        await until(lambda: gate.active == 2)
        gate.open.set()
        await scene.fence(bot, scene.chat_id)
        await scene.fence(bot, scene.groups[1])
        with bot.state(Tally, "all") as tally:
            assert tally.count == 2


async def test_what_can_not_be_a_state(scene: Scene) -> None:
    bot = Bot()
    with pytest.raises(ClientUseError, match="not running"), bot.state(Tally):
        pass
    async with scene.running(bot):
        with pytest.raises(InvalidInputError, match="needs a default"), bot.state(NoDefault):
            pass
        with pytest.raises(InvalidInputError, match="can't be stored"), bot.state(Tally) as tally:
            tally.votes = cast("Any", object())


async def test_a_class_that_has_changed_too_much(scene: Scene) -> None:
    bot = Bot()
    async with scene.running(bot):
        with bot.state(Tally) as tally:
            tally.count = 1
        assert bot._run is not None
        bot._run._store._run('update state set value = \'{"count": "many"}\'')
        with pytest.raises(InvalidInputError, match="What is stored is no Tally"), bot.state(Tally):
            pass


# -- the file -----------------------------------------------------------------------------------


async def test_a_store_that_can_not_be_written_for_a_while(
    scene: Scene,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing counts as handled meanwhile, and nothing is lost."""
    bot = Bot(store=tmp_path / "bot.db")
    done = asyncio.Event()

    @bot.on(MessageCreated)
    async def count(ctx: Ctx) -> None:
        with ctx.state(Tally) as tally:
            tally.count += 1
        done.set()

    async with scene.running(bot):
        run = bot._run
        assert run is not None

        def full(batch: Batch) -> None:
            raise OSError("the disk is full")

        with monkeypatch.context() as broken:
            broken.setattr(run._store, "write", full)
            scene.say("one")
            await done.wait()
            await scene.fence(bot, scene.chat_id)
            with pytest.raises(OSError, match="full"):
                save(bot)
            assert run._store.marks() == set()
        save(bot)
    assert "the disk is full" in caplog.text


async def test_the_checkpoint_is_saved_by_itself(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "_SECONDS_BETWEEN_SAVES", 0.01)
    bot = Bot(store=tmp_path / "bot.db")
    async with scene.running(bot):
        assert bot._run is not None
        store = bot._run._store
        before = store.checkpoint()
        scene.say("one")
        await scene.fence(bot, scene.chat_id)
        await until(lambda: store.checkpoint() != before)
