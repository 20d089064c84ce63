"""What a handler is given, and small things that it can do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from beeper_async import (
    Bot,
    ChatUpserted,
    ClientUseError,
    Context,
    Ctx,
    F,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    ReactionAdded,
    cooldown,
)

from ..live import Scene, until
from .rig import with_clock

pytestmark = pytest.mark.asyncio


class Database:
    pass


class Remote(Database):
    pass


async def test_what_each_kind_of_event_has(scene: Scene) -> None:
    bot = Bot()
    heard: dict[str, Any] = {}

    @bot.on(MessageEdited)
    async def edited(ctx: Context[MessageEdited]) -> None:
        heard["edited"] = ctx.text, ctx.person_id == scene.people()[0]

    @bot.on(ReactionAdded)
    async def reacted(ctx: Context[ReactionAdded]) -> None:
        heard["reacted"] = ctx.event.reaction.reaction_key, ctx.text, ctx.person_id

    @bot.on(MessageDeleted)
    async def gone(ctx: Context[MessageDeleted]) -> None:
        heard["deleted"] = ctx.message_id, ctx.text

    @bot.on(ChatUpserted, when=F.chat(scene.chat_id))
    async def changed(ctx: Context[ChatUpserted]) -> None:
        for name in ("message", "message_id", "person_id", "match"):
            with pytest.raises(ClientUseError, match="ChatUpserted"):
                getattr(ctx, name)
        assert ctx.text == ""
        assert ctx.at is not None
        heard["chat"] = ctx.chat_id

    async with scene.running(bot):
        message_id = scene.say("See you at six")["id"]
        others = scene.world.people
        person = scene.people()[1]
        others.edit(scene.chat_id, message_id, "See you at seven")
        others.react(scene.chat_id, message_id, "👍", person_id=person)
        others.delete(scene.chat_id, message_id)
        await until(lambda: "deleted" in heard)
        await scene.fence(bot, scene.chat_id)
    assert heard == {
        "edited": ("See you at seven", True),
        "reacted": ("👍", "See you at seven", person),
        "deleted": (message_id, "See you at seven"),
        "chat": scene.chat_id,
    }


async def test_what_it_can_do(scene: Scene, tmp_path: Path) -> None:
    bot = Bot()
    heard: dict[str, Any] = {}

    @bot.on(MessageCreated, when=F.text("keys"))
    async def answer(ctx: Ctx) -> None:
        assert ctx.client is scene.client
        assert ctx.bot is bot
        sender = await ctx.sender()
        heard["sender"] = sender.id if sender else None
        heard["title"] = (await ctx.chat()).title
        original = await ctx.replied_to()
        heard["original"] = original.id if original else None
        await ctx.reply("Under the mat.")
        await ctx.react("🔑")
        await ctx.mark_read()
        with pytest.raises(ClientUseError, match="has no file"):
            await ctx.download()

    async with scene.running(bot):
        first = scene.say("Who has them?")
        said = scene.say("Who has the keys?", linkedMessageID=first["id"])
        await scene.fence(bot, scene.chat_id)
        scene.say("And the other keys?", linkedMessageID="1", person=1)
        await scene.fence(bot, scene.chat_id)
    assert heard == {
        "sender": scene.people()[1],
        "title": scene.world.chats[scene.chat_id]["title"],
        "original": None,
    }
    reply, other = scene.sent()
    assert (reply["text"], reply["linkedMessageID"]) == ("Under the mat.", said["id"])
    assert other["linkedMessageID"] != said["id"]
    assert [reaction["reactionKey"] for reaction in said["reactions"]] == ["🔑"]
    assert said["isUnread"] is False


async def test_chats_are_remembered_until_they_change(scene: Scene) -> None:
    bot = Bot()
    titles: list[str] = []

    @bot.command()
    async def title(ctx: Ctx) -> None:
        titles.extend([(await ctx.chat()).title for _ in range(3)])

    async with scene.running(bot):
        scene.sim.clear_requests()
        scene.say("/title")
        await scene.fence(bot, scene.chat_id)
        asked = [one for one in scene.sim.requests if one.path.endswith(scene.chat_id)]
        assert len(asked) <= 2  # the message itself is a change of the chat
        scene.world.change_chat(scene.chat_id, title="Another")
        scene.say("/title")
        await scene.fence(bot, scene.chat_id)
    assert titles[:3] != titles[3:]
    assert set(titles[3:]) == {"Another"}


async def test_what_the_program_provides(scene: Scene) -> None:
    bot = Bot()
    remote = Remote()
    bot.provide(Remote(), remote, 7)
    found: list[Any] = []

    @bot.command()
    async def get(ctx: Ctx) -> None:
        found.extend([ctx[Database], ctx[Remote], ctx[int], bot[int]])
        with pytest.raises(ClientUseError, match="Nothing of the class str was given"):
            _ = ctx[str]

    async with scene.running(bot):
        scene.say("/get")
        await scene.fence(bot, scene.chat_id)
    assert found == [remote, remote, 7, 7]


async def test_help(scene: Scene) -> None:
    bot = Bot(prefix="!")
    bot.command("help")(bot.help)

    @bot.command("roll", "r")
    async def roll(ctx: Ctx, dice: int, sides: int = 6) -> None:
        """Roll dice.

        Not shown.
        """

    @bot.command(hidden=True)
    async def secret(ctx: Ctx) -> None:
        """Never shown."""

    async with scene.running(bot):
        for text in ("!help", "!help R", "!help nothing"):
            scene.say(text)
        await scene.fence(bot, scene.chat_id)
    everything, one, none = (m["text"].replace("\\", "") for m in scene.sent())
    assert "!help [name]   List the commands, or explain one." in everything
    assert "!roll &lt;dice&gt; [sides]   Roll dice." in everything
    assert "shown" not in everything
    assert one == "!roll &lt;dice&gt; [sides]\nRoll dice."
    assert none.startswith("There is no command nothing.")


async def test_cooldowns(scene: Scene) -> None:
    bot = Bot(sends_per_minute=None)
    clock = with_clock(bot)

    @bot.command()
    @cooldown(2, "1m", say="Later.")
    async def joke(ctx: Ctx, number: int) -> None:
        await ctx.reply(f"joke {number}")

    @bot.command()
    @cooldown(1, 60, of="chat")
    async def once(ctx: Ctx) -> None:
        await ctx.reply("once")

    async with scene.running(bot):
        for text in ("/joke 1", "/joke 2", "/joke 3", "/once", "/once"):
            scene.say(text)
        scene.say("/joke 4", person=1)
        await scene.fence(bot, scene.chat_id)
        await clock.advance(61)
        scene.say("/joke 5")
        await scene.fence(bot, scene.chat_id)
    assert [message["text"] for message in scene.sent()] == [
        *("joke 1", "joke 2", "Later.", "once", "joke 4", "joke 5"),
    ]
