"""Rule: order and waits. One handler at a time works in a chat; one that waits holds nobody up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from beeper_async import Bot, Context, Ctx, F, MessageCreated, NoAnswer, ReactionAdded
from beeper_async.bots import dispatch, lanes
from beeper_async.bots.run import Run

from ..live import DEADLINE, Scene, settled, until
from .gate import Gate
from .rig import with_clock

pytestmark = pytest.mark.asyncio


def note_all(bot: Bot) -> list[str]:
    """Register a handler of every message, and give what it hears."""
    heard: list[str] = []

    @bot.on(MessageCreated)
    async def note(ctx: Ctx) -> None:
        heard.append(ctx.text)

    return heard


class Order:
    """A conversation: /order, a question, an answer."""

    def __init__(self, bot: Bot, *, anyone: bool = False, timeout: float = 20.0) -> None:
        self.asked: asyncio.Queue[str] = asyncio.Queue()
        self.answered: asyncio.Queue[str] = asyncio.Queue()
        self._anyone = anyone
        self._timeout = timeout
        bot.command("order")(self)

    async def __call__(self, ctx: Ctx) -> None:
        self.asked.put_nowait(ctx.person_id)
        try:
            answer = await ctx.wait_for(MessageCreated, timeout=self._timeout, anyone=self._anyone)
        except NoAnswer as error:
            self.answered.put_nowait(str(error))
        else:
            self.answered.put_nowait(answer.text)


async def test_order_within_a_chat_and_independence_between_chats(scene: Scene) -> None:
    bot = Bot()
    slow, heard = Gate(), list[str]()
    bot.on(MessageCreated, when=F.chat(scene.groups[0]))(slow)

    @bot.on(MessageCreated, when=F.chat(scene.groups[1]))
    async def quick(ctx: Ctx) -> None:
        heard.append(ctx.text)

    async with scene.running(bot):
        for number in range(3):
            scene.say(f"slow {number}", chat_id=scene.groups[0])
            scene.say(f"quick {number}", chat_id=scene.groups[1])
        await scene.fence(bot, scene.groups[1])
        assert heard == ["quick 0", "quick 1", "quick 2"]
        assert slow.begun.get_nowait() == "slow 0"
        assert slow.begun.empty()
        slow.open.set()
        await scene.fence(bot, scene.groups[0])
    assert slow.ended == ["slow 0", "slow 1", "slow 2"]


async def test_two_people_in_one_group_talk_at_the_same_time(scene: Scene) -> None:
    bot = Bot()
    heard = note_all(bot)
    done: list[str] = []

    @bot.command()
    async def order(ctx: Ctx) -> None:
        what = await ctx.ask("What?")
        count = await ctx.ask("How many?", int)
        done.append(f"{count} {what.text}")

    async with scene.running(bot):
        scene.say("/order", person=0)
        await until(lambda: len(scene.sent()) == 1)
        scene.say("/order", person=1)
        await until(lambda: len(scene.sent()) == 2)
        scene.say("tea", person=1)
        scene.say("not for the bot", person=2)
        scene.say("soup", person=0)
        await until(lambda: len(scene.sent()) == 4)
        scene.say("2", person=0)
        scene.say("3", person=1)
        await scene.fence(bot, scene.chat_id)
    assert done == ["2 soup", "3 tea"]
    assert heard == ["not for the bot"]


async def test_an_answer_that_is_faster_than_the_bot(scene: Scene) -> None:
    bot = Bot()
    heard = note_all(bot)
    gate = Gate()
    answers: list[str] = []

    @bot.command()
    async def order(ctx: Ctx) -> None:
        await gate(ctx)
        answers.append((await ctx.wait_for(MessageCreated)).text)

    async with scene.running(bot):
        scene.say("before")
        scene.say("/order")
        await gate.begun.get()
        scene.say("Pizza")
        scene.say("And quickly!")
        await scene.fence(bot)
        gate.open.set()
        await scene.fence(bot, scene.chat_id)
    assert (answers, heard) == (["Pizza"], ["before", "And quickly!"])


async def test_what_came_before_the_command_is_no_answer(scene: Scene) -> None:
    bot = Bot()
    gate = Gate()
    order = Order(bot)
    bot.on(MessageCreated, when=F.text("^hold$"))(gate)
    heard = note_all(bot)
    async with scene.running(bot):
        scene.say("hold")
        await gate.begun.get()
        scene.say("said long before")
        scene.say("/order")
        scene.say("Pizza")
        await scene.fence(bot)
        gate.open.set()
        assert await order.answered.get() == "Pizza"
        await scene.fence(bot, scene.chat_id)
    assert heard == ["said long before"]


async def test_an_answer_is_handled_in_its_place(scene: Scene) -> None:
    """The handler works in the place of the answer: after what came before, before the rest."""
    bot = Bot()
    order_of_work: list[str] = []
    gate = Gate()

    @bot.command()
    async def order(ctx: Ctx) -> None:
        order_of_work.append("asks")
        await ctx.wait_for(MessageCreated, when=F.text("answer"))
        order_of_work.append("answered")
        await gate.open.wait()
        order_of_work.append("done")

    @bot.on(MessageCreated)
    async def note(ctx: Ctx) -> None:
        order_of_work.append(ctx.text)

    async with scene.running(bot):
        for text in ("/order", "one", "the answer", "two"):
            scene.say(text)
        await until(lambda: "answered" in order_of_work)
        await scene.fence(bot)
        assert order_of_work == ["asks", "one", "answered"]  # the lane stands still
        gate.open.set()
        await scene.fence(bot, scene.chat_id)
    assert order_of_work == ["asks", "one", "answered", "done", "two"]


async def test_one_thousand_five_hundred_messages_while_one_waits(scene: Scene) -> None:
    bot = Bot()
    heard = note_all(bot)
    order = Order(bot)
    async with scene.running(bot):
        scene.say("/order")
        await order.asked.get()
        for number in range(1500):
            scene.say(str(number), person=1)
            if not number % 100:  # the app keeps only so many frames for a socket
                await scene.fence(bot)
        scene.say("tea")
        await scene.fence(bot, scene.chat_id)
        assert order.answered.get_nowait() == "tea"
    assert heard == [str(number) for number in range(1500)]


async def test_hung_handlers_in_other_chats_hold_nobody_up(scene: Scene) -> None:
    bot = Bot(grace=0)
    hang, pings = Gate(), list[str]()
    bot.on(MessageCreated, when=F.text("^hang"))(hang)

    @bot.command()
    async def ping(ctx: Ctx) -> None:
        pings.append(ctx.chat_id)

    chats = [c["id"] for c in scene.world.by_activity() if not c.get("merge")]
    chats = [one for one in chats if scene.people(one)]
    others = [one for one in chats if one not in (scene.chat_id, scene.fence_id)][:16]
    assert len(others) == 16
    async with scene.running(bot):
        for chat_id in others:
            scene.say("hang", chat_id=chat_id)
        for _ in others:
            await hang.begun.get()
        scene.say("/ping")
        await scene.fence(bot, scene.chat_id)
        assert pings == [scene.chat_id]
        assert hang.active == 16


async def test_no_more_handlers_at_once_than_wanted(scene: Scene) -> None:
    bot = Bot(concurrency=2)
    gate = Gate()
    bot.on(MessageCreated)(gate)
    async with scene.running(bot):
        for chat_id in scene.groups[:4]:
            scene.say("hello", chat_id=chat_id)
        await until(lambda: gate.active == 2)
        await settled()
        assert gate.most_active == 2
        gate.open.set()
        for chat_id in scene.groups[:4]:
            await scene.fence(bot, chat_id)
    assert (gate.most_active, len(gate.ended)) == (2, 4)


async def test_who_waits_leaves_the_place_to_others_and_takes_one_again(scene: Scene) -> None:
    bot = Bot(concurrency=1)
    order = Order(bot)
    gate = Gate()
    bot.on(MessageCreated, when=F.text("^hold$"))(gate)
    async with scene.running(bot):
        scene.say("/order")
        await order.asked.get()
        scene.say("hold", chat_id=scene.groups[1])
        await gate.begun.get()  # though one place is all there is
        scene.say("Pizza")
        await settled()
        assert order.answered.empty()  # the other one is at work
        gate.open.set()
        assert await order.answered.get() == "Pizza"
    assert gate.most_active == 1


async def test_no_answer_takes_its_turn_behind_what_came_before(scene: Scene) -> None:
    bot = Bot()
    clock = with_clock(bot)
    order = Order(bot)
    gate = Gate()
    bot.on(MessageCreated, when=F.text("^hold$"))(gate)
    async with scene.running(bot):
        scene.say("/order")
        await order.asked.get()
        scene.say("hold", person=1)
        await gate.begun.get()
        scene.say("in time")
        await scene.fence(bot)
        await clock.advance(21)
        gate.open.set()
        assert await order.answered.get() == "in time"
        scene.say("/order")
        await order.asked.get()
        await clock.advance(19)
        assert order.answered.empty()
        await clock.advance(2)
        assert await order.answered.get() == "No MessageCreated came within 20 s."


async def test_people_have_lanes_of_their_own_on_demand(scene: Scene) -> None:
    bot = Bot(order="person")
    gate, heard = Gate(), list[str]()
    bot.on(MessageCreated, when=F.text("^hold$"))(gate)
    bot.on(MessageCreated)(_noting(heard))
    async with scene.running(bot):
        scene.say("hold")
        await gate.begun.get()
        scene.say("waits")
        scene.say("does not", person=1)
        await until(lambda: bool(heard))
        await settled()
        assert heard == ["does not"]
        gate.open.set()
        await until(lambda: len(heard) == 2)


def _noting(heard: list[str]) -> Callable[[Ctx], Coroutine[Any, Any, None]]:
    async def note(ctx: Ctx) -> None:
        heard.append(ctx.text)

    return note


async def test_anyone_may_answer_also_from_another_lane(scene: Scene) -> None:
    bot = Bot(order="person")
    order = Order(bot, anyone=True)
    async with scene.running(bot):
        scene.say("/order")
        await order.asked.get()
        scene.say("Soup", person=1)
        assert await order.answered.get() == "Soup"


async def test_two_waits_at_once(scene: Scene) -> None:
    bot = Bot()
    heard = note_all(bot)
    answers: asyncio.Queue[list[str]] = asyncio.Queue()

    @bot.command()
    async def both(ctx: Ctx) -> None:
        found = await asyncio.gather(
            ctx.wait_for(MessageCreated, when=F.text("one")),
            ctx.wait_for(MessageCreated, when=F.text("two")),
        )
        answers.put_nowait([one.text for one in found])

    async with scene.running(bot):
        scene.say("/both")
        for text in ("one", "between", "two", "after"):
            scene.say(text)
        assert await answers.get() == ["one", "two"]
        await scene.fence(bot, scene.chat_id)
    assert heard == ["between", "after"]


async def test_an_own_timeout_around_a_wait(scene: Scene) -> None:
    bot = Bot()
    heard = note_all(bot)
    over = asyncio.Event()

    @bot.command()
    async def order(ctx: Ctx) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await ctx.wait_for(MessageCreated)
        over.set()

    async with scene.running(bot):
        scene.say("/order")
        await over.wait()
        scene.say("late")
        await scene.fence(bot, scene.chat_id)
    assert heard == ["late"]


async def test_what_comes_in_the_moment_of_an_own_timeout_is_not_lost(scene: Scene) -> None:
    bot = Bot()
    heard = note_all(bot)
    listened: list[str] = []
    bot.listen(MessageCreated, when=~F.text("^/"))(_noting(listened))
    waiting, over = asyncio.Event(), asyncio.Event()
    cancelled: list[asyncio.Task[object]] = []

    @bot.command()
    async def order(ctx: Ctx) -> None:
        wait = asyncio.ensure_future(ctx.wait_for(MessageCreated, when=take))
        cancelled.append(wait)
        waiting.set()
        await asyncio.wait([wait])
        assert wait.cancelled()
        over.set()

    async def take(ctx: Ctx) -> bool:
        # The event is going to be the wait's; its task is cancelled before it runs.
        asyncio.get_running_loop().call_soon(cancelled[0].cancel)
        return True

    async with scene.running(bot):
        scene.say("/order")
        await waiting.wait()
        scene.say("at that moment", "and after it")
        await over.wait()
        await scene.fence(bot, scene.chat_id)
    assert heard == listened == ["at that moment", "and after it"]


async def test_a_wait_in_a_spawned_task(scene: Scene) -> None:
    bot = Bot()
    heard = note_all(bot)
    answers: asyncio.Queue[str] = asyncio.Queue()

    @bot.command()
    async def later(ctx: Ctx) -> None:
        async def work() -> None:
            answers.put_nowait((await ctx.wait_for(MessageCreated)).text)

        ctx.spawn(work())

    async with scene.running(bot):
        scene.say("/later")
        await scene.fence(bot, scene.chat_id)
        scene.say("answer")
        scene.say("next")
        assert await answers.get() == "answer"
        await scene.fence(bot, scene.chat_id)
    assert heard == ["next"]


async def test_a_listener_may_wait_too(scene: Scene) -> None:
    bot = Bot()
    heard: list[str] = []

    @bot.listen(MessageCreated, when=F.text("^start$"))
    async def listener(ctx: Ctx) -> None:
        heard.append("answer " + (await ctx.wait_for(MessageCreated)).text)

    bot.on(MessageCreated)(_noting(heard))
    async with scene.running(bot):
        scene.say("start", "one", "two")
        await scene.fence(bot, scene.chat_id)
    assert heard == ["start", "answer one", "two"]


async def test_waiting_for_other_events(scene: Scene) -> None:
    bot = Bot()
    answers: asyncio.Queue[str] = asyncio.Queue()

    @bot.command()
    async def poll(ctx: Ctx) -> None:
        vote = await ctx.wait_for(ReactionAdded, anyone=True)
        answers.put_nowait(vote.event.reaction.reaction_key)

    @bot.on(ReactionAdded)
    async def reacted(ctx: Context[ReactionAdded]) -> None:
        answers.put_nowait("nobody waited for it")

    async with scene.running(bot):
        message = scene.say("/poll")
        scene.say("no vote")
        scene.world.people.react(scene.chat_id, message["id"], "🎉", person_id=scene.people()[1])
        assert await answers.get() == "🎉"


async def test_a_failing_condition_is_the_fault_of_who_waits(scene: Scene) -> None:
    bot = Bot()
    heard = note_all(bot)
    failed = asyncio.Event()

    @bot.command()
    async def order(ctx: Ctx) -> None:
        with pytest.raises(ZeroDivisionError):
            await ctx.wait_for(MessageCreated, when=lambda ctx: bool(1 / 0))
        failed.set()

    async with scene.running(bot):
        scene.say("/order")
        scene.say("hello")
        await failed.wait()
        await scene.fence(bot, scene.chat_id)
    assert heard == ["hello"]


async def test_too_much_that_waits_holds_the_stream_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lanes, "MOST_WAITING", 20)
    bot = Bot()
    gate = Gate()
    bot.on(MessageCreated, when=F.chat(scene.chat_id))(gate)
    with caplog.at_level(logging.WARNING):
        async with scene.running(bot):
            scene.say("one")
            await gate.begun.get()
            scene.say(*(str(number) for number in range(50)))
            await until(lambda: "20 events wait" in caplog.text)
            gate.open.set()
            await scene.fence(bot, scene.chat_id)
    assert gate.ended == ["one", *(str(number) for number in range(50))]
    assert caplog.text.count("events wait for their turn") == 1


async def test_a_handler_at_work_for_long_is_reported(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot()
    gate = Gate()
    bot.on(MessageCreated, when=F.chat(scene.chat_id))(gate)
    async with scene.running(bot):
        scene.say("one")
        await gate.begun.get()
        scene.say("two")
        await scene.fence(bot)
        run = bot._run
        assert isinstance(run, Run)
        now = asyncio.get_running_loop().time()
        for later in (29.0, 31.0, 45.0, 61.0):
            run._dispatcher.lanes.watch(now + later)
        gate.open.set()
    warnings = [r.getMessage() for r in caplog.records if "at work" in r.getMessage()]
    assert len(warnings) == 2
    assert f"events of {scene.chat_id} wait behind it" in warnings[0]
    assert "Gate" in warnings[0]
    assert "one" not in warnings[0].split()


async def test_a_fault_of_the_bot_itself_ends_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = Bot()
    note_all(bot)
    broken = RuntimeError("a fault")

    async def fail(*_: object) -> None:
        raise broken

    with pytest.raises(RuntimeError, match="a fault"):
        async with scene.running(bot) as run:
            monkeypatch.setattr(dispatch.Dispatcher, "_give", fail)
            scene.say("hello")
            async with asyncio.timeout(DEADLINE):
                await asyncio.wait([run])
