"""Rule: a store belongs to an account, and what it knows of messages to an installation."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from attrs import define

from beeper_async import Bot, Context, Ctx, MessageCreated, OtherAccountError, TimeUp
from beeper_async.bots.store import Batch, Store
from beeper_async.testing import Simulator

from ..live import Scene, client_of, until
from .rig import TurnedClock, as_after_a_crash, save

pytestmark = pytest.mark.asyncio

SETUP: Final = "/v1/app/setup"


@define
class Tally:
    count: int = 0


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]


async def a_run(scene: Scene, store: Path) -> None:
    """Let a bot run, and something happen after that."""
    async with scene.running(Bot(store=store)):
        pass
    scene.say("missed")


async def test_the_store_of_another_account_is_refused_and_stays_as_it_is(
    scene: Scene, tmp_path: Path
) -> None:
    store = tmp_path / "bot.db"
    await a_run(scene, store)
    mine = scene.world.setup.matrix
    scene.world.setup.sign_in("somebody")
    with pytest.raises(OtherAccountError, match="with another store"):
        await Bot(store=store).run(scene.client)
    scene.world.setup.matrix = mine
    assert await scene.heard_by(Bot(store=store)) == [("missed", True)]


async def test_a_bot_in_memory_belongs_to_an_account_too(scene: Scene) -> None:
    bot = Bot()
    async with scene.running(bot):
        pass
    scene.world.setup.sign_in("somebody")
    with pytest.raises(OtherAccountError):
        await bot.run(scene.client)


async def test_networks_come_and_go(scene: Scene, tmp_path: Path) -> None:
    store = tmp_path / "bot.db"
    await a_run(scene, store)
    for account in scene.world.accounts.values():
        account["user"]["id"] += "-other"
    assert await scene.heard_by(Bot(store=store)) == [("missed", True)]


async def test_an_account_that_can_not_be_read_stays_what_it_was(
    scene: Scene, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = tmp_path / "bot.db"
    await a_run(scene, store)
    scene.sim.respond_next(500, path=SETUP, times=100, before=True)
    assert await scene.heard_by(Bot(store=store)) == [("missed", True)]
    assert warnings(caplog) == ["events: can't read whose app this is (InternalServerError)"]
    scene.sim.clear_responses()
    scene.world.setup.sign_in("somebody")
    with pytest.raises(OtherAccountError):
        await Bot(store=store).run(scene.client)


async def test_who_waits_for_the_app_is_warned_once(
    scene: Scene, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = tmp_path / "bot.db"
    await a_run(scene, store)
    scene.sim.respond_next(404, path=SETUP, times=100, before=True)
    scene.sim.respond_next(503, path="/v1/ws", times=12, before=True)
    assert await scene.heard_by(Bot(store=store)) == [("missed", True)]
    waits, whose = warnings(caplog)
    assert waits.startswith("bot: waits for the app")
    assert "can't read whose app this is" in whose


def remembering(store: Path, clock: TurnedClock) -> tuple[Bot, list[str]]:
    """A bot that keeps something of every kind."""
    bot = Bot(store=store, sends_per_minute=None, sends_per_chat=None)
    bot.clock = clock
    heard: list[str] = []

    @bot.on(MessageCreated, by="anyone")
    async def note(ctx: Ctx) -> None:
        counts: list[int] = []
        with ctx.state(Tally, of="message") as tally, ctx.state(Tally) as total:
            tally.count, total.count = tally.count + 1, total.count + 1
            counts += tally.count, total.count
        heard.append(f"{ctx.by} {ctx.text} {counts}")
        ctx.after("10m", ring, ctx.text)

    @bot.job
    async def ring(ctx: Context[TimeUp], text: str) -> None:
        await ctx.reply(f"ring {text}", plain=True)

    return bot, heard


@asynccontextmanager
async def installed_anew() -> AsyncGenerator[Scene]:
    """The same account in another installation of the app, which counts its messages anew."""
    async with Simulator() as sim, client_of(sim) as client:
        sim.world.setup.sign_in()
        sim.world.setup.unlock()
        for _ in range(100):  # so that a test can choose IDs that are free
            sim.world.next_message_id()
        yield Scene(sim, client)


async def test_another_installation_has_other_messages(
    scene: Scene, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, clock = tmp_path / "bot.db", TurnedClock()
    bot, heard = remembering(store, clock)
    async with scene.running(bot):
        save(bot)
        one = scene.say("one")["id"]
        await scene.fence(bot, scene.chat_id)
        await bot.send(scene.chat_id, "by the bot")
        await scene.fence(bot, scene.chat_id)
        crashed = as_after_a_crash(store)  # with the marks of what is not covered yet
    assert heard == ["others one [1, 1]"]
    (by_the_bot,) = [message["id"] for message in scene.sent()]

    async with installed_anew() as anew:
        anew.say("missed")
        bot, heard = remembering(crashed, clock)
        async with anew.running(bot):
            assert bot.last_gap is not None
            assert bot.last_gap.reason == "installation"
            anew.say("two", id=one)
            anew.say("three", id=by_the_bot, isSender=True)
            await anew.fence(bot, anew.chat_id)
            assert [job.message_id for job in bot.jobs()] == [None, one, by_the_bot]
            await clock.advance(600)
            await until(lambda: not bot.jobs())
        rings = {message["text"]: message.get("linkedMessageID") for message in anew.sent()}
        assert rings.pop("three") is None
        assert rings == {"ring one": None, "ring two": one, "ring three": by_the_bot}
        assert heard == ["others two [1, 2]", "me three [1, 3]"]
        (warning,) = warnings(caplog)
        assert "another installation" in warning
        bot, heard = remembering(crashed, clock)
        async with anew.running(bot):
            assert bot.last_gap is None or bot.last_gap.reason != "installation"
    assert heard == []
    assert len(warnings(caplog)) == 1


async def test_a_store_that_can_not_be_written_is_of_the_other_installation_still(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, clock = tmp_path / "bot.db", TurnedClock()
    bot, _ = remembering(store, clock)
    async with scene.running(bot):
        scene.say("one")
        await scene.fence(bot, scene.chat_id)
    scene.world.setup.sign_in()

    def full(self: Store, batch: Batch) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(Store, "write", full)
        with pytest.raises(OSError, match="full"):
            await bot.run(scene.client)
    bot, _ = remembering(store, clock)
    async with scene.running(bot):
        assert [one.message_id for one in bot.jobs()] == [None]
