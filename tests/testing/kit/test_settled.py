"""The test kit knows when a bot has done all it has to do, and says so when it has not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from beeper_async import AuthenticationError, Bot, Context, Ctx, Event, MessageCreated
from beeper_async.bots.bot import run_of
from beeper_async.testing import BotTest, Simulator, Sockets

pytestmark = pytest.mark.asyncio


def counting() -> tuple[Bot, list[str]]:
    """A bot that notes what it has heard, after some requests."""
    bot, heard = Bot(), list[str]()

    @bot.on(MessageCreated)
    async def note(ctx: Ctx) -> None:
        for _ in range(5):
            await ctx.client.chats.retrieve(ctx.chat_id)
        heard.append(ctx.text)

    return bot, heard


async def test_handlers_have_ended(beeper_app: BotTest) -> None:
    bot, heard = counting()
    people = [beeper_app.person(name) for name in ("Ana", "Ben", "Cleo")]
    async with beeper_app.running(bot):
        for number in range(5):
            for person in people:
                person.says(str(number))
        await beeper_app.settled()
        assert sorted(heard) == [str(number) for number in range(5) for _ in people]


async def test_what_a_slow_app_holds_back_is_waited_for(beeper_app: BotTest) -> None:
    bot, heard = counting()
    ana = beeper_app.person("Ana")
    async with beeper_app.running(bot):
        beeper_app.sim.respond_next(None, delay=0.05, path="/v1/chats/*", times=5)
        beeper_app.sim.sockets.delay_next(0.05, times=2)
        ana.says("late")
        await beeper_app.settled()
        assert heard == ["late"]


@pytest.mark.parametrize(
    "fault", [Sockets.drop, Sockets.close, Sockets.lose_next, Sockets.reorder_next]
)
async def test_faults_of_the_connection(
    beeper_app: BotTest, fault: Callable[[Sockets], None], no_pauses: None
) -> None:
    bot, heard = counting()
    ana = beeper_app.person("Ana")
    async with beeper_app.running(bot):
        ana.says("before")
        fault(beeper_app.sim.sockets)
        ana.says("in the middle")
        ana.says("after")
        await beeper_app.settled()
        assert heard == ["before", "in the middle", "after"]


async def test_what_was_lost_is_read_before(beeper_app: BotTest) -> None:
    bot, heard = Bot(), list[str]()

    @bot.on(MessageCreated)
    async def note(ctx: Ctx) -> None:
        heard.append(ctx.text)

    ana = beeper_app.person("Ana")
    async with beeper_app.running(bot):
        beeper_app.sim.respond_next(None, delay=0.05, path="/v1/chats/*/messages", times=3)
        beeper_app.sim.sockets.lose_next()
        ana.says("lost")
        ana.says("after")
        await beeper_app.settled()
        assert heard == ["lost", "after"]


async def test_marks_are_no_events_of_handlers(beeper_app: BotTest) -> None:
    bot, events = Bot(), list[Event]()

    @bot.listen(Event, by="anyone")
    async def note(ctx: Context[Event]) -> None:
        events.append(ctx.event)

    async with beeper_app.running(bot):
        await beeper_app.settled()
        beeper_app.sim.sockets.send({"type": "weather"})
        await beeper_app.settled()
    assert [getattr(event, "type", "") for event in events] == ["weather"]


async def test_a_handler_without_an_end_is_named() -> None:
    bot = Bot()

    @bot.command()
    async def hang(ctx: Ctx) -> None:
        await asyncio.Event().wait()

    with BotTest(patience=0.3) as app:
        ana = app.person("Ana")
        async with app.running(bot):
            ana.says("/hang")
            with pytest.raises(
                AssertionError, match=r"0\.3 s the bot is still busy with: .*hang\."
            ):
                await ana.hears()
            run = run_of(bot)
            assert run is not None
            run.interrupt()
            run.interrupt()


async def test_work_in_the_background_is_waited_for(beeper_app: BotTest) -> None:
    bot, ana = Bot(), beeper_app.person("Ana")

    async def later(ctx: Ctx) -> None:
        for _ in range(5):
            await ctx.client.chats.retrieve(ctx.chat_id)
        await ctx.reply("done")

    @bot.command()
    async def begin(ctx: Ctx) -> None:
        ctx.spawn(later(ctx))

    async with beeper_app.running(bot):
        ana.says("/begin")
        assert await ana.hears() == "done"


async def test_work_that_a_hook_begins_may_have_no_end(beeper_app: BotTest) -> None:
    bot, ana = Bot(), beeper_app.person("Ana")
    orders: asyncio.Queue[Ctx] = asyncio.Queue()

    async def kitchen() -> None:
        while True:
            ctx = await orders.get()
            await ctx.reply("ready")

    @bot.hook("ready")
    async def ready() -> None:
        bot.spawn(kitchen())

    @bot.command()
    async def order(ctx: Ctx) -> None:
        orders.put_nowait(ctx)
        await ctx.client.chats.retrieve(ctx.chat_id)

    async with beeper_app.running(bot):
        ana.says("/order")
        await beeper_app.settled()


async def test_a_bot_that_ends_with_an_error_ends_the_test(beeper_app: BotTest) -> None:
    bot, heard = counting()
    with pytest.raises(AuthenticationError):
        async with beeper_app.running(bot):
            beeper_app.sim.token = "another"
            beeper_app.sim.sockets.drop()
            await beeper_app.settled()
    assert heard == []


async def test_a_bot_that_stops_itself(beeper_app: BotTest) -> None:
    bot, ana = Bot(), beeper_app.person("Ana")

    @bot.command()
    async def leave(ctx: Ctx) -> None:
        await ctx.reply("Bye")
        ctx.bot.stop()

    async with beeper_app.running(bot):
        ana.says("/leave")
        assert await ana.hears() == "Bye"
        ana.says("/leave")
        await ana.hears_nothing()


async def test_an_app_that_is_not_ready(no_pauses: None) -> None:
    bot, ana = Bot(), None
    with BotTest(Simulator(chats=0)) as app:
        app.sim.respond_next(503, path="/v1/info", times=2, before=True)
        ana = app.person("Ana")
        async with app.running(bot):
            await ana.hears_nothing()


async def test_it_is_a_context_manager() -> None:
    with pytest.raises(RuntimeError, match="with BotTest"):
        BotTest().person("Ana").transcript()
