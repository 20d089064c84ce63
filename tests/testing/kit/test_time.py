"""The test kit: a clock that stands still, restarts, and what bots keep over them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from attrs import define

from beeper_async import Bot, Context, Ctx, Event, F, MessageCreated, NoAnswer, TimeUp
from beeper_async.testing import FIXED_NOW, BotTest

pytestmark = pytest.mark.asyncio


@define
class Tally:
    count: int = 0


async def ring(ctx: Context[TimeUp], text: str) -> None:
    await ctx.reply(f"ring: {text}")


def reminder(store: Path | None = None) -> Bot:
    """A bot with a job, a question and a state."""
    bot = Bot(store=store)
    bot.job(ring)

    @bot.command()
    async def remind(ctx: Ctx, delay: str, *, text: str) -> None:
        ctx.after(delay, ring, text)

    @bot.command()
    async def count(ctx: Ctx) -> None:
        with ctx.state(Tally) as tally:
            tally.count += 1
        await ctx.reply(str(tally.count))

    @bot.command()
    async def order(ctx: Ctx) -> None:
        await ctx.ask("What?", timeout="5m")

    @bot.error(NoAnswer)
    async def over(ctx: Context[Event], error: NoAnswer) -> None:
        await ctx.reply("Another time.")

    return bot


async def test_jobs_and_timeouts_come_when_the_clock_is_turned(beeper_app: BotTest) -> None:
    bot, ana = reminder(), beeper_app.person("Ana")
    async with beeper_app.running(bot):
        ana.says("/remind 10m milk")
        ana.says("/order")
        assert await ana.hears() == "What?"
        await beeper_app.advance(299)
        await ana.hears_nothing()
        await beeper_app.advance(timedelta(seconds=1))
        assert await ana.hears() == "Another time."
        await beeper_app.advance("4m59s")
        await ana.hears_nothing()
        await beeper_app.advance("1s")
        assert await ana.hears() == "ring: milk"
        assert f"{beeper_app.clock.now() - FIXED_NOW}".startswith("0:10:00.0")


async def test_what_is_due_comes_one_after_the_other(beeper_app: BotTest) -> None:
    bot, ana = reminder(), beeper_app.person("Ana")
    seen: list[str] = []

    @bot.every("1h")
    async def tick(ctx: Context[TimeUp]) -> None:
        seen.append(f"{ctx.bot.clock.now():%H:%M}")

    async with beeper_app.running(bot):
        ana.says("/remind 90m milk")
        await beeper_app.advance("3h")
        assert await ana.hears() == "ring: milk"
    assert seen == ["11:00", "12:00", "13:00"]


async def test_a_handler_that_sleeps_by_the_clock(
    beeper_app: BotTest, caplog: pytest.LogCaptureFixture
) -> None:
    bot, ana = Bot(), beeper_app.person("Ana")

    @bot.command()
    async def doze(ctx: Ctx) -> None:
        await ctx.bot.clock.sleep(60)
        await ctx.reply("awake")

    ben = beeper_app.person("Ben")
    async with beeper_app.running(bot):
        ana.says("/doze")
        ana.says("/doze")  # behind it in the same chat
        with pytest.raises(AssertionError, match=r"sleeps until the clock is turned: advance\(\)"):
            await ana.hears()
        await beeper_app.advance("1m")
        assert await ana.hears() == "awake"
        await ana.hears_nothing()
        await beeper_app.advance("1m")
        assert await ana.hears() == "awake"
        ben.says("/doze")
        await beeper_app.settled()
    await ben.hears_nothing()
    assert caplog.text == ""  # the end has not waited for it as long as it may


async def test_the_pace_of_a_bot_does_not_count_but_its_brake_does(beeper_app: BotTest) -> None:
    bot, ana = Bot(), beeper_app.person("Ana")

    @bot.on(MessageCreated)
    async def say(ctx: Ctx) -> None:
        await ctx.send(ctx.text)

    async with beeper_app.running(bot):
        for number in range(21):
            ana.says(str(number))
        assert [await ana.hears() for _ in range(20)] == [str(number) for number in range(20)]
        with pytest.raises(AssertionError, match="more than 20 messages a minute"):
            await ana.hears()
        await beeper_app.advance("1m")
        ana.says("on")
        assert await ana.hears() == "on"


async def test_the_app_has_the_same_time(beeper_app: BotTest) -> None:
    bot, ana = Bot(), beeper_app.person("Ana")
    ages: list[timedelta] = []

    @bot.on(MessageCreated, when=F.recent("5m"))
    async def note(ctx: Ctx) -> None:
        ages.append(ctx.age)
        await ctx.reply(ctx.text)

    async with beeper_app.running(bot):
        await beeper_app.advance("3d")
        ana.says("one")
        assert await ana.hears() == "one"
    assert timedelta() <= ages[0] < timedelta(seconds=1)
    ana.says("old")
    await beeper_app.advance("6m")
    ana.says("new")
    async with beeper_app.running(bot):
        assert await ana.hears() == "new"
        await ana.hears_nothing()


async def test_a_restart_of_the_same_bot(beeper_app: BotTest) -> None:
    bot, ana = reminder(), beeper_app.person("Ana")
    async with beeper_app.running(bot):
        ana.says("/count")
        assert await ana.hears() == "1"
        ana.says("/remind 10m milk")
        await beeper_app.settled()
    ana.says("/count")
    await beeper_app.advance("1h")
    await ana.hears_nothing()
    async with beeper_app.running(bot):
        assert {await ana.hears(), await ana.hears()} == {"2", "ring: milk"}
        await ana.hears_nothing()


async def test_a_restart_of_another_program(beeper_app: BotTest, tmp_path: Path) -> None:
    ana = beeper_app.person("Ana")
    for number in ("1", "2"):
        async with beeper_app.running(reminder(), store=tmp_path / "bot.db"):
            ana.says("/count")
            assert await ana.hears() == number
    async with beeper_app.running(reminder()):
        ana.says("/count")
        assert await ana.hears() == "1"


async def test_the_store_of_a_bot_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mine.db"
    bot = reminder(path)
    clock = bot.clock
    for _ in range(2):  # nothing is left of the first test in the second
        with BotTest() as app:
            ana = app.person("Ana")
            async with app.running(bot):
                ana.says("/count")
                assert await ana.hears() == "1"
    assert not path.exists()
    assert (bot.store, bot.clock) == (path, clock)
