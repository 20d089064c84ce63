"""Rule: conversations. A person has one in a chat; how it ends, and what ends it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from beeper_async import (
    Bot,
    ClientUseError,
    Context,
    Ctx,
    Event,
    F,
    MessageCreated,
    NoAnswer,
    ReactionAdded,
    SendStatusChanged,
    Superseded,
    UsageError,
)

from ..live import Scene, until
from .rig import with_clock

pytestmark = pytest.mark.asyncio


def texts(scene: Scene) -> list[str]:
    return [message["text"] for message in scene.sent()]


async def test_a_question_is_repeated_while_the_answer_can_not_be_read(scene: Scene) -> None:
    bot = Bot()

    def even(text: str) -> int:
        if int(text) % 2:
            raise UsageError("An even number, please.")
        return int(text)

    @bot.command()
    async def order(ctx: Ctx) -> None:
        count = await ctx.ask("How many?", even)
        await ctx.reply(f"{count}, then.")

    async with scene.running(bot):
        for text in ("/order", "many", "3", "4"):
            scene.say(text)
        await scene.fence(bot, scene.chat_id)
    assert texts(scene) == ["How many?", "How many?", "An even number, please.", "4, then."]
    # Each question is a reply to what was said last.
    said = [m["id"] for m in scene.world.messages[scene.chat_id] if m["text"] in ("many", "3")]
    assert [message["linkedMessageID"] for message in scene.sent()[1:3]] == said


async def test_after_so_many_tries_there_is_no_answer(scene: Scene) -> None:
    bot = Bot()
    over: list[str] = []

    @bot.error(NoAnswer)
    async def another_time(ctx: Context[Event], error: NoAnswer) -> None:
        await ctx.reply("Another time, then.")
        over.append(str(error))

    @bot.command()
    async def order(ctx: Ctx) -> None:
        await ctx.ask("How many?", int, tries=2)

    async with scene.running(bot):
        for text in ("/order", "many", "more"):
            scene.say(text)
        await scene.fence(bot, scene.chat_id)
    assert texts(scene) == ["How many?", "How many?", "Another time, then."]
    assert over == ["No answer could be read."]


async def test_silence_ends_it_without_a_word(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot()
    clock = with_clock(bot)
    asked, ended = asyncio.Event(), asyncio.Event()

    @bot.command()
    async def order(ctx: Ctx) -> None:
        asked.set()
        try:
            await ctx.ask("What?", timeout="1m")
        finally:
            ended.set()

    with caplog.at_level(logging.WARNING):
        async with scene.running(bot):
            scene.say("/order")
            await asked.wait()
            await until(lambda: bool(scene.sent()))
            await scene.fence(bot, scene.chat_id)
            await clock.advance(61)
            assert ended.is_set()
    assert texts(scene) == ["What?"]
    assert caplog.text == ""


async def test_another_one_of_the_same_person_takes_its_place(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot()
    ends: list[str] = []

    @bot.command()
    async def order(ctx: Ctx, name: str) -> None:
        try:
            answer = await ctx.ask(f"{name}?")
            ends.append(f"{name}: {answer.text}")
        except Superseded:
            ends.append(f"{name}: superseded")
            raise

    async with scene.running(bot):
        scene.say("/order first")
        scene.say("/order other", person=1)
        scene.say("/order second")
        scene.say("tea")
        scene.say("soup", person=1)
        await scene.fence(bot, scene.chat_id)
    # Its end takes a place at the end of the lane, behind what came before.
    assert ends == ["second: tea", "other: soup", "first: superseded"]
    assert caplog.text == ""


async def test_a_command_works_in_the_middle(scene: Scene) -> None:
    bot = Bot()
    done: list[str] = []

    @bot.command()
    async def order(ctx: Ctx) -> None:
        done.append((await ctx.ask("What?")).text)

    @bot.command()
    async def cancel(ctx: Ctx) -> None:
        done.append("cancel")

    async with scene.running(bot):
        for text in ("/order", "/cancel", "/unknown"):
            scene.say(text)
        await scene.fence(bot, scene.chat_id)
    assert done == ["cancel", "/unknown"]  # what is no command is an answer


async def test_others_may_answer_but_not_the_bot(scene: Scene) -> None:
    bot = Bot()
    done: list[str] = []

    @bot.command()
    async def quiz(ctx: Ctx) -> None:
        await ctx.send("The answer is no secret")
        answer = await ctx.ask("Who knows?", anyone=True)
        done.append(answer.text)
        await answer.reply("Right!")

    async with scene.running(bot):
        scene.say("/quiz")
        await until(lambda: len(scene.sent()) == 2)
        await scene.fence(bot, scene.chat_id)
        assert done == []
        said = scene.say("me", person=2)
        await scene.fence(bot, scene.chat_id)
    assert done == ["me"]
    assert scene.sent()[-1]["linkedMessageID"] == said["id"]


async def test_the_own_conversation_comes_before_one_for_anyone(scene: Scene) -> None:
    bot = Bot()
    done: list[str] = []

    @bot.command()
    async def quiz(ctx: Ctx) -> None:
        done.append("quiz: " + (await ctx.ask("Who knows?", anyone=True)).text)

    @bot.command()
    async def order(ctx: Ctx) -> None:
        done.append("order: " + (await ctx.ask("What?")).text)

    async with scene.running(bot):
        scene.say("/quiz")
        scene.say("/order", person=1)
        scene.say("tea", person=1)
        scene.say("forty-two", person=1)
        await scene.fence(bot, scene.chat_id)
    assert done == ["order: tea", "quiz: forty-two"]


async def test_the_owner_talks_to_the_bot_on_the_phone(scene: Scene) -> None:
    bot = Bot()
    done: list[str] = []

    @bot.command(by="me")
    async def order(ctx: Ctx) -> None:
        what = await ctx.ask("What shall it be?")
        done.append(what.text)

    async with scene.running(bot):
        scene.send("/order")
        await until(lambda: len(scene.sent()) == 2)  # the question
        scene.say("not I")
        await scene.fence(bot, scene.chat_id)
        scene.send("tea")
        await scene.fence(bot, scene.chat_id)
    assert done == ["tea"]


async def test_a_conversation_about_a_reaction(scene: Scene) -> None:
    bot = Bot()
    done: list[str] = []

    @bot.on(ReactionAdded)
    async def ask(ctx: Context[ReactionAdded]) -> None:
        await ctx.react("?")
        answer = await ctx.wait_for(MessageCreated)
        done.append(answer.text)

    async with scene.running(bot):
        message = scene.say("Look!")
        person = scene.people()[1]
        scene.world.people.react(scene.chat_id, message["id"], "🎉", person_id=person)
        await until(lambda: len(message["reactions"]) == 2)
        scene.say("from who wrote it")
        scene.say("from who reacted", person=1)
        await scene.fence(bot, scene.chat_id)
    assert done == ["from who reacted"]


async def test_a_wait_for_what_nobody_else_wants(scene: Scene) -> None:
    """No handler is registered for the class of events."""
    bot = Bot()
    done: list[str] = []

    @bot.command()
    async def vote(ctx: Ctx) -> None:
        answer = await ctx.wait_for(ReactionAdded, anyone=True)
        done.append(answer.event.reaction.reaction_key)

    async with scene.running(bot):
        message = scene.say("/vote")
        await scene.fence(bot, scene.chat_id)
        person = scene.people()[1]
        scene.world.people.react(scene.chat_id, message["id"], "🎉", person_id=person)
        await until(lambda: bool(done))
    assert done == ["🎉"]


async def test_what_can_not_be_waited_for(scene: Scene) -> None:
    bot = Bot()
    done = asyncio.Event()

    async def look(ctx: Ctx) -> bool:
        with pytest.raises(ClientUseError, match="this is for handlers"):
            await ctx.wait_for(MessageCreated)
        return True

    @bot.command("status", when=look)
    async def status(ctx: Ctx) -> None:
        with pytest.raises(NoAnswer):
            await ctx.wait_for(SendStatusChanged, timeout=0.01)
        done.set()

    async with scene.running(bot):
        scene.say("/status")
        await done.wait()


async def test_a_wait_for_no_time_ends_at_once(scene: Scene) -> None:
    bot = Bot()
    done: list[str] = []

    @bot.command()
    async def hurry(ctx: Ctx) -> None:
        with pytest.raises(NoAnswer):
            await ctx.wait_for(MessageCreated, timeout=0)
        done.append("over")

    bot.on(MessageCreated, when=~F.text("/"))(_note(done))
    async with scene.running(bot):
        scene.say("/hurry")
        await until(lambda: bool(done))
        scene.say("late")
        await scene.fence(bot, scene.chat_id)
    assert done == ["over", "late"]


def _note(done: list[str]) -> Callable[[Ctx], Coroutine[Any, Any, None]]:
    async def note(ctx: Ctx) -> None:
        done.append(ctx.text)

    return note
