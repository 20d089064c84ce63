"""Bots: which handlers are called, with what, and in which order."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, assert_type

import pytest

from beeper_async import ClientUseError
from beeper_async.bots.bot import Bot, Context
from beeper_async.events.kinds import (
    ChatUpserted,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    MessageUpserted,
    ReactionAdded,
)

from ..live import Scene, until
from .gate import Gate

pytestmark = pytest.mark.asyncio


# -- what a handler is called for, and what it can do -------------------------------------------


async def test_a_handler_replies_reacts_and_reads(scene: Scene) -> None:
    bot = Bot(scene.client)
    done = asyncio.Event()

    @bot.on(MessageCreated, in_chat=scene.chat_id, matches=r"\bkeys\b")
    async def answer(ctx: Context[MessageCreated]) -> None:
        assert ctx.client is scene.client
        assert (ctx.chat_id, ctx.message.id) == (scene.chat_id, said["id"])
        await ctx.reply("Under the mat.")
        await ctx.react("🔑")
        await ctx.mark_read()
        done.set()

    async with scene.running(bot):
        scene.say("Who has the umbrella?")
        said = scene.say("Who has the keys?")
        await done.wait()
    (reply,) = scene.sent()
    assert (reply["text"], reply["linkedMessageID"]) == ("Under the mat.", said["id"])
    assert [reaction["reactionKey"] for reaction in said["reactions"]] == ["🔑"]
    assert said["isUnread"] is False


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("/ping", ()),
        ("/ping one  two", ("one", "two")),
        ("/PING", ()),
        ("<p>/ping <b>one</b></p>", ("one",)),
        ("&#47;ping &lt;b&gt;", ("<b>",)),
        ("/ping<br/>one", ("one",)),
        ("<mx-reply>they said: /no</mx-reply>/ping one", ("one",)),
        ("/pinged", None),
        ("ping", None),
        ("please /ping", None),
        ("<mx-reply>/ping</mx-reply>thanks", None),
    ],
)
async def test_commands(text: str, args: tuple[str, ...] | None, scene: Scene) -> None:
    bot = Bot(scene.client)
    heard: list[Any] = []

    @bot.command("ping")
    async def ping(ctx: Context[MessageCreated]) -> None:
        heard.append(ctx.args)

    async with scene.running(bot):
        scene.tell(text)
        await scene.fence(bot)
    assert heard == ([] if args is None else [args])


async def test_another_prefix(scene: Scene) -> None:
    bot = Bot(scene.client, prefix="!")
    heard: list[str] = []

    @bot.command("ping")
    async def ping(ctx: Context[MessageCreated]) -> None:
        heard.append(ctx.text)

    async with scene.running(bot):
        scene.say("/ping")
        scene.say("!ping")
        await scene.fence(bot)
    assert heard == ["!ping"]


async def test_filters(scene: Scene) -> None:
    bot = Bot(scene.client)
    heard: list[tuple[str, str]] = []

    def is_long(event: MessageCreated) -> bool:
        return len(event.message.text or "") > 10

    def note(name: str, **filters: Any) -> None:
        @bot.on(MessageCreated, **filters)
        async def hear(ctx: Context[MessageCreated]) -> None:
            heard.append((name, ctx.text))

    here, there, elsewhere = scene.groups[:3]
    note("both", in_chat=[here, there])
    note("long", matches=is_long)
    note("regex", matches="^b")
    async with scene.running(bot):
        scene.say("a", chat_id=here)
        scene.say("bb", chat_id=there)
        scene.say("c but long enough", chat_id=elsewhere)
        await scene.fence(bot)
    assert sorted(heard) == [
        ("both", "a"),
        ("both", "bb"),
        ("long", "c but long enough"),
        ("regex", "bb"),
    ]


async def test_what_each_kind_of_event_has(scene: Scene) -> None:
    bot = Bot(scene.client)
    heard: dict[str, Any] = {}
    deleted = asyncio.Event()

    @bot.on(MessageEdited)
    async def edited(ctx: Context[MessageEdited]) -> None:
        assert_type(ctx.event, MessageEdited)
        heard["edited"] = ctx.text

    @bot.on(ReactionAdded)
    async def reacted(ctx: Context[ReactionAdded]) -> None:
        assert_type(ctx.event, ReactionAdded)
        heard["reacted"] = ctx.event.reaction.reaction_key, ctx.text

    @bot.on(MessageDeleted)
    async def gone(ctx: Context[MessageDeleted]) -> None:
        heard["deleted"] = ctx.event.message_id, ctx.text
        deleted.set()

    @bot.on(ChatUpserted, matches=lambda event: event.chat_id == scene.chat_id)
    async def changed(ctx: Context[ChatUpserted]) -> None:
        with pytest.raises(ClientUseError, match="ChatUpserted has no message"):
            _ = ctx.message
        heard["chat"] = ctx.chat_id

    @bot.on(MessageUpserted)  # a class above: all that happens to messages
    async def anything(ctx: Context[MessageUpserted]) -> None:
        heard.setdefault("any", []).append(type(ctx.event).__name__)

    async with scene.running(bot):
        message_id = scene.say("See you at six")["id"]
        others = scene.sim.world.people
        others.edit(scene.chat_id, message_id, "See you at seven")
        others.react(scene.chat_id, message_id, "👍")
        others.delete(scene.chat_id, message_id)
        await deleted.wait()
    assert heard == {
        "edited": "See you at seven",
        "reacted": ("👍", "See you at seven"),
        "deleted": (message_id, "See you at seven"),
        "chat": scene.chat_id,
        "any": ["MessageCreated", "MessageEdited", "ReactionAdded"],
    }


# -- never loops --------------------------------------------------------------------------------


async def test_a_bot_does_not_answer_itself(scene: Scene) -> None:
    bot = Bot(scene.client)
    heard: list[str] = []

    @bot.on(MessageUpserted)
    async def echo(ctx: Context[MessageUpserted]) -> None:
        heard.append(ctx.text)
        await ctx.reply(ctx.text)

    async with scene.running(bot):
        scene.say("one")
        await until(lambda: len(scene.sent()) == 1)
        scene.say("two")
        await until(lambda: len(scene.sent()) == 2)
        await scene.fence(bot, scene.chat_id)
    assert heard == ["one", "two"]
    assert [message["text"] for message in scene.sent()] == ["one", "two"]


async def test_a_bot_does_not_react_to_its_reactions(scene: Scene) -> None:
    bot = Bot(scene.client)
    heard: list[str] = []

    @bot.on(ReactionAdded)
    async def join_in(ctx: Context[ReactionAdded]) -> None:
        heard.append(ctx.event.reaction.reaction_key)
        await ctx.react(ctx.event.reaction.reaction_key + "!")

    async with scene.running(bot):
        message = scene.say("Look!")
        scene.sim.world.people.react(scene.chat_id, message["id"], "🎉")
        await until(lambda: len(message.get("reactions", ())) == 2)
        await scene.fence(bot, scene.chat_id)
    assert heard == ["🎉"]
    assert len(message["reactions"]) == 2


async def test_whose_a_reaction_is_is_asked_until_the_app_tells(scene: Scene) -> None:
    bot = Bot(scene.client.with_options(max_retries=0))
    heard = asyncio.Event()

    @bot.on(ReactionAdded)
    async def react(ctx: Context[ReactionAdded]) -> None:
        heard.set()

    scene.sim.respond_next(503, path="/v1/accounts")
    async with scene.running(bot):
        message = scene.say("Look!")
        scene.sim.world.people.react(scene.chat_id, message["id"], "🎉")
        await heard.wait()


async def test_own_messages_on_demand(scene: Scene) -> None:
    bot = Bot(scene.client)
    heard: list[str] = []

    @bot.on(MessageCreated, own=True, matches=lambda event: event.is_own)
    async def note(ctx: Context[MessageCreated]) -> None:
        heard.append(ctx.text)

    async with scene.running(bot):
        scene.say("theirs")
        await scene.client.messages.send(scene.chat_id, text="mine")
        await scene.fence(bot, scene.chat_id)
    assert heard == ["mine"]


# -- failures -----------------------------------------------------------------------------------


async def test_a_failing_handler_stops_nothing(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot(scene.client)
    heard: list[str] = []

    @bot.on(MessageCreated)
    async def broken(ctx: Context[MessageCreated]) -> None:
        if ctx.text == "cancelled":
            cancelled = asyncio.get_running_loop().create_future()
            cancelled.cancel()
            await cancelled
        raise KeyError(ctx.text)

    @bot.on(MessageCreated, matches=lambda event: bool(1 / 0))
    async def never(ctx: Context[MessageCreated]) -> None:
        heard.append("never")

    @bot.on(MessageCreated)
    async def sound(ctx: Context[MessageCreated]) -> None:
        heard.append(ctx.text)

    with caplog.at_level(logging.INFO, "beeper_async"):
        async with scene.running(bot):
            for text in ("secret one", "cancelled", "secret two"):
                scene.say(text)
            await scene.fence(bot, scene.chat_id)
    assert heard == ["secret one", "cancelled", "secret two"]
    assert "broken failed at a MessageCreated: KeyError\n" in caplog.text
    assert "raise KeyError(ctx.text)" in caplog.text  # the place
    assert "ZeroDivisionError" in caplog.text
    assert "CancelledError" in caplog.text
    assert "secret" not in caplog.text


async def test_the_whole_error_is_shown_to_who_looks_for_faults(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot(scene.client)

    @bot.on(MessageCreated)
    async def broken(ctx: Context[MessageCreated]) -> None:
        raise KeyError(ctx.text)

    with caplog.at_level(logging.DEBUG, "beeper_async"):
        async with scene.running(bot):
            scene.say("secret")
            await scene.fence(bot, scene.chat_id)
    shown = [record for record in caplog.records if record.exc_info and record.exc_info[1]]
    errors = [record.exc_info[1] for record in shown if record.exc_info]
    assert [str(error) for error in errors if "secret" in str(error)] == ["'secret'"]
    assert {record.levelno for record in shown} == {logging.DEBUG}


async def test_our_own_errors_are_logged_with_their_text(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot(scene.client)

    @bot.on(MessageCreated)
    async def broken(ctx: Context[MessageCreated]) -> None:
        await ctx.reply("")

    async with scene.running(bot):
        scene.say("hello")
        await scene.fence(bot, scene.chat_id)
    assert "InvalidInputError: One of text, attachment, file is needed" in caplog.text


# -- order and concurrency ----------------------------------------------------------------------


async def test_order_within_a_chat_and_independence_between_chats(scene: Scene) -> None:
    bot = Bot(scene.client)
    slow, heard = Gate(), list[str]()
    bot.on(MessageCreated, in_chat=scene.groups[0])(slow)

    @bot.on(MessageCreated, in_chat=scene.groups[1])
    async def quick(ctx: Context[MessageCreated]) -> None:
        heard.append(ctx.text)

    async with scene.running(bot):
        for number in range(3):
            scene.say(f"slow {number}", chat_id=scene.groups[0])
            scene.say(f"quick {number}", chat_id=scene.groups[1])
        await scene.fence(bot)
        assert heard == ["quick 0", "quick 1", "quick 2"]
        assert slow.begun.get_nowait() == "slow 0"
        assert slow.begun.empty()
        slow.open.set()
        await scene.fence(bot, scene.groups[0])
    assert slow.ended == ["slow 0", "slow 1", "slow 2"]


async def test_handlers_of_one_event_follow_each_other(scene: Scene) -> None:
    bot = Bot(scene.client)
    first, heard = Gate(), list[str]()
    bot.on(MessageCreated)(first)

    @bot.on(MessageCreated)
    async def second(ctx: Context[MessageCreated]) -> None:
        heard.append(ctx.text)

    async with scene.running(bot):
        scene.say("hello")
        await first.begun.get()
        await scene.fence(bot)
        assert heard == []
        first.open.set()
        await scene.fence(bot, scene.chat_id)
    assert heard == ["hello"]


async def test_no_more_handlers_at_once_than_wanted(scene: Scene) -> None:
    bot = Bot(scene.client, concurrency=2)
    gate = Gate()
    bot.on(MessageCreated)(gate)
    async with scene.running(bot):
        for chat_id in scene.groups[:4]:
            scene.say("hello", chat_id=chat_id)
        await scene.fence(bot)
        assert gate.most_active == 2
        gate.open.set()
        for chat_id in scene.groups[:4]:
            await scene.fence(bot, chat_id)
    assert (gate.most_active, len(gate.ended)) == (2, 4)


async def test_only_some_chats(scene: Scene) -> None:
    here, there = scene.groups[:2]
    bot = Bot(scene.client, chat_ids=[here])
    heard: list[str] = []

    @bot.on(MessageCreated)
    async def hear(ctx: Context[MessageCreated]) -> None:
        heard.append(ctx.text)

    async with scene.running(bot, fence_in=here):
        scene.say("there", chat_id=there)
        scene.say("here", chat_id=here)
        await scene.fence(bot, here)
    assert heard == ["here"]
