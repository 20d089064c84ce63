"""Bots: handlers that wait for events, and what that means for others."""

from __future__ import annotations

import asyncio
from typing import assert_type

import pytest

from beeper_async import InvalidInputError
from beeper_async.bots.bot import Bot, Context
from beeper_async.events.kinds import MessageCreated, ReactionAdded, SendStatusChanged

from ..live import Scene, settled
from .gate import Gate

pytestmark = pytest.mark.asyncio


class Order:
    """A conversation: /order, a question, an answer."""

    def __init__(self, bot: Bot, *, anyone: bool = False, timeout: float = 20.0) -> None:
        self.asked: asyncio.Queue[str] = asyncio.Queue()
        self.answered: asyncio.Queue[str] = asyncio.Queue()
        self._anyone = anyone
        self._timeout = timeout
        bot.command("order")(self)

    async def __call__(self, ctx: Context[MessageCreated]) -> None:
        await ctx.reply("What shall it be?")
        self.asked.put_nowait(ctx.text)
        try:
            answer = await ctx.wait_for(MessageCreated, timeout=self._timeout, anyone=self._anyone)
        except TimeoutError as error:
            self.answered.put_nowait(str(error))
        else:
            self.answered.put_nowait(answer.message.text or "")


def note_all(bot: Bot) -> list[str]:
    """Register a handler of every message, and give what it hears."""
    heard: list[str] = []

    @bot.on(MessageCreated)
    async def note(ctx: Context[MessageCreated]) -> None:
        heard.append(ctx.text)

    return heard


async def test_an_answer_in_the_own_chat(scene: Scene) -> None:
    bot = Bot(scene.client)
    order = Order(bot)
    heard = note_all(bot)
    async with scene.running(bot):
        scene.say("/order")
        await order.asked.get()
        scene.say("Not for me", person=1)  # another person: this one is for handlers, later
        scene.say("elsewhere", chat_id=scene.groups[1])
        scene.say("Pizza")
        assert await order.answered.get() == "Pizza"
        await scene.fence(bot, scene.chat_id)
    assert sorted(heard) == ["/order", "Not for me", "elsewhere"]  # and no pizza


async def test_an_answer_from_anyone_but_the_bot(scene: Scene) -> None:
    bot = Bot(scene.client)
    order = Order(bot, anyone=True)
    async with scene.running(bot):
        scene.say("/order")
        await order.asked.get()
        await bot.wait_for(MessageCreated, lambda event: event.is_own, own=True)  # its question
        scene.say("Not here", chat_id=scene.groups[1])
        await scene.fence(bot)
        scene.say("Soup", person=1)
        assert await order.answered.get() == "Soup"


async def test_an_answer_that_is_faster_than_the_bot(scene: Scene) -> None:
    bot = Bot(scene.client)
    gate = Gate()
    answers: asyncio.Queue[str | None] = asyncio.Queue()
    heard: list[str] = []

    @bot.on(MessageCreated)
    async def converse(ctx: Context[MessageCreated]) -> None:
        heard.append(ctx.text)
        if ctx.text == "/order":
            await gate(ctx)
            event = await ctx.wait_for(MessageCreated)
            answers.put_nowait(event.message.text)

    async with scene.running(bot):
        scene.say("backlog 1")
        scene.say("/order")
        await gate.begun.get()
        scene.say("Pizza")
        scene.say("And quickly!")
        await scene.fence(bot)
        gate.open.set()
        assert await answers.get() == "Pizza"
        await scene.fence(bot, scene.chat_id)
    assert heard == ["backlog 1", "/order", "And quickly!"]


async def test_what_came_before_the_question_is_no_answer(scene: Scene) -> None:
    bot = Bot(scene.client)
    gate = Gate()
    order = Order(bot)
    bot.on(MessageCreated, matches="^hold$")(gate)
    async with scene.running(bot):
        scene.say("hold")
        await gate.begun.get()
        scene.say("/order")
        scene.say("said long before")
        await scene.fence(bot)
        gate.open.set()
        await order.asked.get()
        scene.say("Pizza")
        assert await order.answered.get() == "Pizza"


async def test_no_answer(scene: Scene) -> None:
    bot = Bot(scene.client)
    order = Order(bot, timeout=0.01)
    async with scene.running(bot):
        scene.say("/order")
        assert await order.answered.get() == "No MessageCreated came within 0.01 s."


async def test_who_waits_leaves_the_place_to_others(scene: Scene) -> None:
    bot = Bot(scene.client, concurrency=1)
    order = Order(bot)
    heard = note_all(bot)
    async with scene.running(bot):
        scene.say("/order")
        await order.asked.get()
        scene.say("hello", chat_id=scene.groups[1])
        await scene.fence(bot)
        assert heard == ["hello"]
        scene.say("Pizza")
        await order.answered.get()


async def test_who_has_waited_takes_a_place_again(scene: Scene) -> None:
    bot = Bot(scene.client, concurrency=1)
    order = Order(bot)
    gate = Gate()
    bot.on(MessageCreated, matches="^hold$")(gate)
    async with scene.running(bot):
        scene.say("/order")
        await order.asked.get()
        scene.say("hold", chat_id=scene.groups[1])
        await gate.begun.get()
        scene.say("Pizza")
        await scene.fence(bot)
        assert order.answered.empty()  # the other one is at work
        gate.open.set()
        assert await order.answered.get() == "Pizza"


async def test_tasks_of_a_handler_may_wait_side_by_side(scene: Scene) -> None:
    bot = Bot(scene.client, concurrency=1)
    answers: asyncio.Queue[list[str | None]] = asyncio.Queue()
    begun = asyncio.Event()

    @bot.command("both")
    async def both(ctx: Context[MessageCreated]) -> None:
        begun.set()
        events = await asyncio.gather(
            ctx.wait_for(MessageCreated, lambda event: event.message.text == "one"),
            ctx.wait_for(MessageCreated, lambda event: event.message.text == "two"),
        )
        answers.put_nowait([event.message.text for event in events])

    gate = Gate()
    bot.on(MessageCreated, matches="^hold$")(gate)
    async with scene.running(bot):
        scene.say("/both")
        await begun.wait()
        await settled()
        scene.say("one")
        scene.say("hold", chat_id=scene.groups[1])
        await gate.begun.get()  # one of the two still waits
        gate.open.set()
        scene.say("two")
        assert await answers.get() == ["one", "two"]
        scene.say("hold", chat_id=scene.groups[2])  # the place is free, once
        await gate.begun.get()
    assert gate.most_active == 1


async def test_a_conversation_about_a_reaction(scene: Scene) -> None:
    bot = Bot(scene.client)
    answered: asyncio.Queue[str] = asyncio.Queue()

    @bot.on(ReactionAdded)
    async def ask(ctx: Context[ReactionAdded]) -> None:
        await ctx.react("?")
        assert ctx.event.reaction.participant_id != ctx.message.sender_id
        event = await ctx.wait_for(MessageCreated)
        assert_type(event, MessageCreated)
        answered.put_nowait(event.message.text or "")

    async with scene.running(bot):
        message = scene.say("Look!")
        other = scene.people()[1]
        scene.sim.world.people.react(scene.chat_id, message["id"], "🎉", person_id=other)
        await bot.wait_for(
            ReactionAdded, own=True, predicate=lambda e: e.reaction.reaction_key == "?"
        )
        scene.say("from who wrote it")
        scene.say("from who reacted", person=1)
        assert await answered.get() == "from who reacted"


async def test_waiting_outside_of_handlers(scene: Scene) -> None:
    bot = Bot(scene.client)
    heard = note_all(bot)
    async with scene.running(bot):
        waiting = asyncio.create_task(
            bot.wait_for(MessageCreated, lambda event: event.message.text == "now")
        )
        await settled()
        scene.say("not yet")
        await scene.client.messages.send(scene.chat_id, text="now")
        scene.say("now")
        event = await waiting
        await scene.fence(bot, scene.chat_id)
    assert (event.message.text, event.is_own, heard) == ("now", False, ["not yet"])
    with pytest.raises(InvalidInputError, match="own=True"):
        await bot.wait_for(SendStatusChanged)


async def test_a_wrong_predicate_is_the_fault_of_who_waits(scene: Scene) -> None:
    bot = Bot(scene.client)
    heard = note_all(bot)
    async with scene.running(bot):
        waiting = asyncio.create_task(bot.wait_for(MessageCreated, lambda event: bool(1 / 0)))
        await settled()
        scene.say("hello")
        with pytest.raises(ZeroDivisionError):
            await waiting
        await scene.fence(bot, scene.chat_id)
    assert heard == ["hello"]


async def test_the_context_may_outlive_its_handler(scene: Scene) -> None:
    bot = Bot(scene.client, concurrency=1)
    left: list[Context[MessageCreated]] = []

    @bot.command("leave")
    async def leave(ctx: Context[MessageCreated]) -> None:
        left.append(ctx)

    gate = Gate()
    bot.on(MessageCreated, matches="^hold$")(gate)
    async with scene.running(bot):
        scene.say("/leave")
        await scene.fence(bot, scene.chat_id)
        scene.say("hold", chat_id=scene.groups[1])
        await gate.begun.get()
        waiting = asyncio.create_task(left[0].wait_for(MessageCreated))
        await settled()
        scene.say("hold", chat_id=scene.groups[2])
        scene.say("Pizza")
        assert (await waiting).message.text == "Pizza"
        await scene.fence(bot)
        assert gate.most_active == 1  # it gave away nobody's place
        gate.open.set()
