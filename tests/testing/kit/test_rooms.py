"""The test kit: people who write, and rooms that hear the bot."""

from __future__ import annotations

import asyncio

import pytest

from beeper_async import (
    Bot,
    Context,
    Ctx,
    F,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    ReactionAdded,
    ReactionRemoved,
)
from beeper_async.testing import BotTest

pytestmark = pytest.mark.asyncio


def parrot() -> Bot:
    """A bot that repeats what others say."""
    bot = Bot(sends_per_minute=None)

    @bot.on(MessageCreated)
    async def say(ctx: Ctx) -> None:
        for word in ctx.text.split():
            await ctx.reply(word, plain=True)

    return bot


async def test_each_message_is_heard_once_and_in_order(beeper_app: BotTest) -> None:
    ana, ben = beeper_app.person("Ana"), beeper_app.person("Ben")
    async with beeper_app.running(parrot()):
        ana.says("one two")
        ben.says("three")
        assert await ana.hears() == "one"
        assert await ben.hears() == "three"
        assert await ana.hears() == "two"
        await ana.hears_nothing()
        await ben.hears_nothing()


async def test_markup_is_not_heard(beeper_app: BotTest) -> None:
    ana = beeper_app.person("Ana")
    async with beeper_app.running(parrot()):
        ana.says("2*3 <b> C:\\new")
        assert [await ana.hears() for _ in range(3)] == ["2*3", "<b>", "C:\\new"]


async def test_a_failure_comes_at_once_and_shows_what_was_said(beeper_app: BotTest) -> None:
    ana = beeper_app.person("Ana")
    async with beeper_app.running(parrot()):
        ana.says("one two")
        await ana.hears()
        with pytest.raises(AssertionError) as failure:
            await ana.hears_nothing()
        assert str(failure.value) == (
            "The bot has written to Ana. What was said there:\n"
            "  Ana: one two\n"
            "  bot: one\n"
            "  bot: two <- not heard yet"
        )
        await ana.hears()
        beeper_app.me.says("mine", ana)
        with pytest.raises(AssertionError) as failure:
            await ana.hears()
        assert str(failure.value) == (
            "The bot has sent nothing more to Ana. What was said there:\n"
            "  Ana: one two\n"
            "  bot: one\n"
            "  bot: two\n"
            "  me: mine"
        )


async def test_a_failure_shows_why_the_bot_is_silent(beeper_app: BotTest) -> None:
    bot, ana = Bot(), beeper_app.person("Ana")

    @bot.command()
    async def fail(ctx: Ctx, word: str) -> None:
        raise KeyError(word)

    async with beeper_app.running(bot):
        ana.says("/fail secret")
        with pytest.raises(AssertionError, match=r"logged:\n  ERROR: .*fail.*KeyError") as failure:
            await ana.hears()
    assert "secret" not in str(failure.value).partition("logged")[2]


async def test_a_room_without_a_word(beeper_app: BotTest) -> None:
    room = beeper_app.room("Choir — altos")
    assert room.transcript() == "(nothing)"
    await room.hears_nothing()


async def test_a_group_and_its_people(beeper_app: BotTest) -> None:
    bot = Bot()

    @bot.on(MessageCreated, when=F.group)
    async def greet(ctx: Ctx) -> None:
        person = await ctx.sender()
        assert person is not None
        await ctx.reply(f"Hello {person.full_name}")

    ana, ben = beeper_app.person("Ana"), beeper_app.person("Ben")
    choir = beeper_app.group("Choir", ana, ben)
    async with beeper_app.running(bot):
        said = ben.says("hi", choir)
        ana.says("in private")
        answer = await choir.sees()
        assert (answer.text, answer.linked_message_id) == ("Hello Ben", said.id)
        await ana.hears_nothing()
        late = beeper_app.group("Founded later", ana)
        ana.says("hi", late)
        assert await late.hears() == "Hello Ana"


async def test_networks(beeper_app: BotTest) -> None:
    ana = beeper_app.person("Ana", network="Telegram")
    ben = beeper_app.person("Ben", network="Signal")
    assert (ana.network, ben.network) == ("Telegram", "Signal")
    assert beeper_app.person("Ana", network="Telegram") is ana
    assert beeper_app.person("Ana") is not ana
    with pytest.raises(ValueError, match="all on one network"):
        beeper_app.group("Both", ana, ben)
    with pytest.raises(ValueError, match="all on one network"):
        beeper_app.group("Nobody")
    with pytest.raises(ValueError, match=r"no account on ICQ\. There are: Beeper, WhatsApp"):
        beeper_app.person("Ana", network="ICQ")


async def test_what_can_not_be(beeper_app: BotTest) -> None:
    ana, ben = beeper_app.person("Ana"), beeper_app.person("Ben")
    hers = ana.says("hers")
    with pytest.raises(ValueError, match="Ben is not in Ana"):
        ben.says("hi", ana)
    with pytest.raises(ValueError, match="Ben did not write this"):
        ben.edits(hers, "his")
    with pytest.raises(ValueError, match="Ben did not write this"):
        ben.deletes(hers)
    with pytest.raises(ValueError, match=r"0 chats are called 'Nowhere'\. There are: #fern"):
        beeper_app.room("Nowhere")


async def test_people_edit_delete_and_react(beeper_app: BotTest) -> None:
    bot = Bot()
    heard: list[str] = []

    @bot.on(MessageEdited, MessageDeleted)
    async def changed(ctx: Context[MessageEdited] | Context[MessageDeleted]) -> None:
        heard.append(f"{ctx.by} {type(ctx.event).__name__} {ctx.text}")

    @bot.listen(ReactionAdded, ReactionRemoved, by="anyone")
    async def reacted(ctx: Context[ReactionAdded] | Context[ReactionRemoved]) -> None:
        heard.append(f"{ctx.by} {type(ctx.event).__name__} {ctx.event.reaction.reaction_key}")

    ana = beeper_app.person("Ana")
    async with beeper_app.running(bot):
        said = ana.says("tee")
        await beeper_app.settled()
        assert ana.edits(said, "tea").text == "tea"
        await beeper_app.settled()
        ana.reacts(said, "🌻")
        await beeper_app.settled()
        beeper_app.me.reacts(said, "☕")
        await beeper_app.settled()
        beeper_app.me.unreacts(said, "☕")
        await beeper_app.settled()
        ana.unreacts(said, "🌻")
        await beeper_app.settled()
        ana.deletes(said)
        await beeper_app.settled()
    assert heard == [
        "others MessageEdited tea",
        "others ReactionAdded 🌻",
        "me ReactionAdded ☕",
        "me ReactionRemoved ☕",
        "others ReactionRemoved 🌻",
        "others MessageDeleted tea",
    ]
    assert ana.transcript() == "Ana: (deleted)"


async def test_what_the_bot_does_to_messages(beeper_app: BotTest) -> None:
    bot = Bot()

    @bot.command()
    async def order(ctx: Ctx) -> None:
        await ctx.react("👀")
        sent = await ctx.reply("One moment …")
        await sent.edit("Here you are")

    ana = beeper_app.person("Ana")
    async with beeper_app.running(bot):
        said = ana.says("/order")
        reactions = (await ana.sees_again(said)).reactions or ()
        assert [one.reaction_key for one in reactions] == ["👀"]
        assert await ana.hears() == "Here you are"
        assert ana.transcript() == "Ana: /order (👀)\nbot: Here you are"
        beeper_app.me.deletes(said)
        assert (await ana.sees_again(said)).is_deleted


async def test_the_owner_on_another_device(beeper_app: BotTest) -> None:
    bot = Bot()

    @bot.command(by="me")
    async def note(ctx: Ctx, *, text: str) -> None:
        await ctx.reply(f"Noted: {text}")

    ana, me = beeper_app.person("Ana"), beeper_app.me
    async with beeper_app.running(bot):
        ana.says("/note hers")
        await ana.hears_nothing()
        said = me.says("/note mine", ana)
        answer = await ana.sees()
        assert (answer.text, answer.linked_message_id) == ("Noted: mine", said.id)
        assert me.edits(said, "/note ours").text == "/note ours"
        answered = me.says("/note again", ana, reply_to=answer)
        assert answered.linked_message_id == answer.id
        assert await ana.hears() == "Noted: again"
        await ana.hears_nothing()


async def test_a_client_of_the_test(beeper_app: BotTest) -> None:
    ana = beeper_app.person("Ana")
    async with beeper_app.running(parrot()), beeper_app.client() as client:
        assert (await client.chats.retrieve(ana.chat_id)).title == "Ana"
        ana.says("one")
        assert await ana.hears() == "one"


async def test_two_bots_at_once(beeper_app: BotTest) -> None:
    first, second = Bot(), Bot()

    @first.command(by="anyone")
    async def ping(ctx: Ctx, number: int) -> None:
        await ctx.send(f"!pong {number}")

    @second.on(MessageCreated, when=F.text(r"^!pong (\d)"), by="me")
    async def pong(ctx: Ctx) -> None:
        number = int(ctx.match[1])
        await ctx.send(f"/ping {number + 1}" if number < 4 else "Enough.")

    ana = beeper_app.person("Ana")
    # The one hears the other as its owner on another device.
    async with beeper_app.running(second), beeper_app.running(first):
        beeper_app.sim.sockets.delay_next(0.01, times=20)
        ana.says("/ping 1")
        await beeper_app.settled()
    assert ana.transcript().endswith("\nbot: /ping 4\nbot: !pong 4\nbot: Enough.")


async def test_texts_do_not_wait_for_the_bot(beeper_app: BotTest) -> None:
    ana = beeper_app.person("Ana")
    async with beeper_app.running(parrot()):
        for number in range(15):
            ana.says(str(number))
        heard = [await ana.hears() for _ in range(15)]
    assert heard == [str(number) for number in range(15)]
    assert asyncio.all_tasks() == {asyncio.current_task()}
