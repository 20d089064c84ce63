"""Rule: who did it. Nobody but `by="bot"` hears the bot, so that it does not answer itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from beeper_async import (
    Bot,
    By,
    Context,
    Ctx,
    F,
    InvalidInputError,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    MessageUpserted,
    ReactionAdded,
    ReactionRemoved,
    SendStatusChanged,
)

from ..live import Scene, client_of, until
from .rig import as_after_a_crash, save

pytestmark = pytest.mark.asyncio


BY: tuple[By, ...] = ("others", "me", "bot")


def all_hear(bot: Bot) -> list[tuple[str, str]]:
    """Register a listener for each kind of author, and give what they hear."""
    heard: list[tuple[str, str]] = []

    def note(name: str) -> Callable[[Ctx], Any]:
        async def listener(ctx: Ctx) -> None:
            assert ctx.by == name
            heard.append((name, ctx.text))

        return listener

    wanted = ~F.text("fence")
    bot.listen(MessageCreated, when=wanted)(note("others"))
    bot.listen(MessageCreated, by="me", when=wanted)(note("me"))
    bot.listen(MessageCreated, by="bot", when=wanted)(note("bot"))
    return heard


async def test_others_me_and_the_bot(scene: Scene) -> None:
    bot = Bot()
    heard = all_hear(bot)
    anyone: list[str] = []

    @bot.listen(MessageCreated, by="anyone", when=~F.text("fence"))
    async def note(ctx: Ctx) -> None:
        anyone.append(ctx.by)

    async with scene.running(bot):
        scene.say("theirs")
        await scene.fence(bot, scene.chat_id)
        scene.send("mine, on the phone")
        await scene.fence(bot, scene.chat_id)
        await bot.send(scene.chat_id, "the bot's")
        await scene.fence(bot, scene.chat_id)
    assert heard == [("others", "theirs"), ("me", "mine, on the phone"), ("bot", "the bot's")]
    assert anyone == ["others", "me"]


async def test_two_hundred_sends_in_a_race_with_their_events(scene: Scene) -> None:
    """Of the bot, of the program beside it, and of a view of its client."""
    bot = Bot(sends_per_minute=None, sends_per_chat=None)
    heard = all_hear(bot)
    view = scene.client.with_options(max_retries=0)
    async with scene.running(bot):
        for _ in range(5):
            await asyncio.gather(
                *(bot.send(scene.chat_id, f"same {n % 7}") for n in range(20)),
                *(scene.client.messages.send(scene.chat_id, text=f"_{n}_") for n in range(15)),
                *(view.messages.send(scene.chat_id, file=b"file") for _ in range(5)),
            )
        await scene.fence(bot, scene.chat_id)
    assert [by for by, _ in heard] == ["bot"] * 200


async def test_responses_that_are_later_than_the_events(scene: Scene) -> None:
    """Meanwhile the user writes the same on the phone, before and after the bot."""
    bot = Bot(sends_per_minute=None, sends_per_chat=None)
    heard = all_hear(bot)
    path = f"/v1/chats/{scene.chat_id}/messages"
    async with scene.running(bot):
        scene.sim.respond_next(None, method="POST", path=path, delay=0.3, times=20)
        scene.send("number 0")
        sending = [bot.send(scene.chat_id, f"number {n}") for n in range(10)]
        sending += [bot.send(scene.chat_id, "always the same") for _ in range(10)]
        work = asyncio.gather(*sending)
        await until(lambda: len(scene.sent()) == 21)
        scene.send("always the same")
        await work
        await scene.fence(bot, scene.chat_id)
    assert [(by, text) for by, text in heard if by == "me"] == [
        ("me", "number 0"),
        ("me", "always the same"),
    ]
    assert sum(by == "bot" for by, _ in heard) == 20


async def test_a_text_that_the_network_changes(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = scene.world.send
    bot = Bot(sends_per_minute=None)
    heard = all_hear(bot)

    def shout(chat: Any, text: Any, *args: Any) -> Any:
        return send(chat, text.upper(), *args)

    path = f"/v1/chats/{scene.chat_id}/messages"
    async with scene.running(bot):
        monkeypatch.setattr(scene.world, "send", shout)
        for delay in (0.0, 0.2):
            scene.sim.respond_next(None, method="POST", path=path, delay=delay)
            await bot.send(scene.chat_id, "hello 👋🏽")
            scene.send("hello 👋🏽")
            await scene.fence(bot, scene.chat_id)
    assert [by for by, _ in heard] == ["bot", "me"] * 2


async def test_what_the_bot_sent_before_a_crash(scene: Scene, tmp_path: Path) -> None:
    store = tmp_path / "bot.db"
    bot = Bot(store=store)
    path = f"/v1/chats/{scene.chat_id}/messages"
    async with scene.running(bot):
        save(bot)
        await bot.send(scene.chat_id, "a message of which the response came")
        scene.sim.respond_next(None, method="POST", path=path, delay=30)
        sending = asyncio.create_task(bot.send(scene.chat_id, "another in a hurry"))
        await until(lambda: len(scene.sent()) == 2)
        crashed = as_after_a_crash(store)
        sending.cancel()
        await asyncio.wait([sending])
    assert b"hurry" not in crashed.read_bytes()
    scene.send("on the phone")
    bot = Bot(store=crashed)
    heard = all_hear(bot)
    async with client_of(scene.sim) as client:
        scene.client = client
        async with scene.running(bot):
            await scene.fence(bot, scene.chat_id)
    assert heard == [
        ("bot", "a message of which the response came"),
        ("bot", "another in a hurry"),
        ("me", "on the phone"),
    ]


async def test_edits_of_the_bot(scene: Scene) -> None:
    """Also of what the user wrote on the phone, such as one that spells out abbreviations."""
    bot = Bot()
    heard: list[tuple[str, str]] = []

    @bot.on(MessageCreated, MessageEdited, by="anyone")
    async def spell_out(ctx: Context[MessageCreated] | Context[MessageEdited]) -> None:
        if ctx.by == "me":
            text = f"{ctx.text} more"
            await ctx.client.messages.update(ctx.message_id, chat_id=ctx.chat_id, text=text)

    @bot.listen(MessageEdited, by="bot")
    async def own(ctx: Context[MessageEdited]) -> None:
        heard.append((ctx.by, ctx.text))

    @bot.listen(MessageEdited, by="me")
    async def mine(ctx: Context[MessageEdited]) -> None:
        heard.append((ctx.by, ctx.text))

    async with scene.running(bot):
        message, _ = scene.send("some")
        await until(lambda: ("bot", "some more") in heard)
        scene.world.people.edit(scene.chat_id, message["id"], "by hand")
        await until(lambda: len(heard) == 3)
        await scene.fence(bot, scene.chat_id)
    assert heard == [("bot", "some more"), ("me", "by hand"), ("bot", "by hand more")]


async def test_deletions(scene: Scene) -> None:
    bot = Bot()
    heard: list[str] = []

    async def note(ctx: Context[MessageDeleted]) -> None:
        heard.append(ctx.by)

    bot.listen(MessageDeleted, by="others")(note)
    bot.listen(MessageDeleted, by="me")(note)
    bot.listen(MessageDeleted, by="bot")(note)
    async with scene.running(bot):
        message = scene.say("spam")
        await scene.client.messages.delete(message["id"], chat_id=scene.chat_id)
        await scene.fence(bot, scene.chat_id)
        message = scene.say("regretted")
        scene.world.people.delete(scene.chat_id, message["id"])
        await scene.fence(bot, scene.chat_id)
    assert heard == ["bot", "others"]


async def test_two_bots_on_one_account_are_the_user_to_each_other(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """The brake ends what they have to say to each other."""
    heard: list[str] = []

    def answering(name: str) -> Bot:
        bot = Bot(sends_per_minute=None, sends_per_chat=10)

        @bot.on(MessageCreated, by="anyone", when=F.chat(scene.chat_id))
        async def answer(ctx: Ctx) -> None:
            heard.append(ctx.by)
            await ctx.reply(name)

        return bot

    async with client_of(scene.sim) as client:
        first, second = answering("first"), answering("second")
        async with scene.running(first):
            scene.client = client
            async with scene.running(second):
                scene.send("begin")
                await until(lambda: "more than 10 messages a minute" in caplog.text)
                await scene.fence(first)
                await scene.fence(second)
    assert set(heard) == {"me"}
    assert 11 <= len(scene.sent()) <= 21
    assert "LoopBrakeError" in caplog.text


async def test_a_bot_does_not_answer_itself(scene: Scene) -> None:
    bot = Bot()

    @bot.on(MessageUpserted, by="anyone")
    async def echo(ctx: Context[MessageUpserted]) -> None:
        await ctx.reply(ctx.text)

    async with scene.running(bot):
        scene.say("one")
        await until(lambda: len(scene.sent()) == 1)
        scene.send("two")
        await until(lambda: len(scene.sent()) == 3)
        await scene.fence(bot, scene.chat_id)
    assert [message["text"] for message in scene.sent()] == ["one", "two", "two"]


async def test_a_bot_does_not_react_to_its_reactions(scene: Scene) -> None:
    bot = Bot()
    heard: list[tuple[str, str]] = []

    @bot.listen(ReactionAdded, by="anyone")
    async def join_in(ctx: Context[ReactionAdded]) -> None:
        heard.append((ctx.by, ctx.event.reaction.reaction_key))
        await ctx.react("👍")

    @bot.listen(ReactionAdded, by="bot")
    async def own(ctx: Context[ReactionAdded]) -> None:
        heard.append((ctx.by, ctx.event.reaction.reaction_key))

    async with scene.running(bot):
        message = scene.say("Look!")
        scene.world.people.react(scene.chat_id, message["id"], "🎉")
        await until(lambda: len(message.get("reactions", ())) == 2)
        await scene.fence(bot, scene.chat_id)
    assert heard == [("others", "🎉"), ("bot", "👍")]


async def test_the_accounts_are_no_condition(scene: Scene) -> None:
    """Reactions say only an ID; an account list that fails for ever ends nothing."""
    bot = Bot()
    heard: list[str] = []

    @bot.on(ReactionAdded)
    async def note(ctx: Context[ReactionAdded]) -> None:
        heard.append(ctx.event.reaction.reaction_key)

    scene.sim.respond_next(403, path="/v1/accounts", times=100, before=True)
    async with scene.running(bot):
        message = scene.say("Look!")
        scene.world.people.react(scene.chat_id, message["id"], "🎉")
        await scene.fence(bot, scene.chat_id)
    assert heard == ["🎉"]


async def test_one_reaction_for_each_person(scene: Scene) -> None:
    """The bot's reaction takes the place of the user's, which is no removal by the user."""
    bot = Bot()
    heard: list[tuple[str, str]] = []

    async def note(ctx: Context[ReactionAdded] | Context[ReactionRemoved]) -> None:
        kind = type(ctx.event).__name__
        heard.append((ctx.by, f"{kind} {ctx.event.reaction.reaction_key}"))

    for by in BY:
        bot.listen(ReactionAdded, ReactionRemoved, by=by)(note)
    chat = scene.world.chats[scene.chat_id]
    chat["capabilities"] = {**(chat.get("capabilities") or {}), "reactionCount": 1}
    async with scene.running(bot):
        message = scene.say("Look!")
        reactions = scene.client.chats.messages.reactions
        scene.world.react(chat, message, "🎉", "one")
        await scene.fence(bot, scene.chat_id)
        await reactions.add(message["id"], chat_id=scene.chat_id, reaction_key="👍")
        await scene.fence(bot, scene.chat_id)
        scene.world.react(chat, message, "👎", "two")
        await scene.fence(bot, scene.chat_id)
        await reactions.delete(message["id"], chat_id=scene.chat_id, reaction_key="👎")
        await scene.fence(bot, scene.chat_id)
    assert sorted(heard) == sorted(
        [
            ("me", "ReactionAdded 🎉"),
            ("bot", "ReactionAdded 👍"),
            ("bot", "ReactionRemoved 🎉"),
            ("me", "ReactionAdded 👎"),
            ("me", "ReactionRemoved 👍"),
            ("bot", "ReactionRemoved 👎"),
        ]
    )


@pytest.mark.parametrize("status", [403, 500])
async def test_whose_a_reaction_is_without_a_list_of_accounts(scene: Scene, status: int) -> None:
    bot = Bot()
    heard: list[str] = []

    @bot.on(ReactionAdded, by="anyone")
    async def note(ctx: Context[ReactionAdded]) -> None:
        heard.append(ctx.by)

    scene.sim.respond_next(status, path="/v1/accounts", times=100, before=True)
    async with scene.running(bot):
        message = scene.say("Look!")
        scene.world.react(scene.world.chats[scene.chat_id], message, "👍", "on the phone")
        await until(lambda: heard == ["me"])
        await scene.fence(bot, scene.chat_id)


async def test_accounts_that_are_not_listed(scene: Scene) -> None:
    """The chat says who the user is on such an account."""
    bot = Bot()
    heard: list[str] = []

    @bot.on(ReactionAdded, by="me")
    async def note(ctx: Context[ReactionAdded]) -> None:
        heard.append(ctx.by)

    scene.sim.respond_next(200, json=[], path="/v1/accounts", times=100)
    async with scene.running(bot):
        message = scene.say("Look!")
        scene.world.react(scene.world.chats[scene.chat_id], message, "👍", "on the phone")
        await scene.fence(bot, scene.chat_id)
    assert heard == ["me"]


async def test_an_app_that_does_not_say_whose_a_message_is(scene: Scene) -> None:
    bot = Bot()
    heard = all_hear(bot)
    async with scene.running(bot):
        sent, _ = scene.send("said")
        await scene.fence(bot, scene.chat_id)
        for number, sender in ((1, sent["senderID"]), (2, scene.people()[0])):
            entry = {**sent, "id": f"99900{number}", "sortKey": f"99900{number}000"}
            entry |= {"senderID": sender, "text": f"unsaid {number}"}
            del entry["isSender"]
            frame = {"type": "message.upserted", "chatID": scene.chat_id, "ids": [entry["id"]]}
            scene.sim.sockets.send({**frame, "entries": [entry]}, numbered=True)
        await scene.fence(bot, scene.chat_id)
    assert heard == [("me", "said"), ("me", "unsaid 1"), ("others", "unsaid 2")]


async def test_only_own_messages_have_a_send_status(scene: Scene) -> None:
    bot = Bot()
    statuses: list[str] = []

    async def nothing(ctx: Context[SendStatusChanged]) -> None: ...

    with pytest.raises(InvalidInputError, match='by="bot"'):
        bot.on(SendStatusChanged)(nothing)

    @bot.on(SendStatusChanged, by="bot")
    async def note(ctx: Context[SendStatusChanged]) -> None:
        status = ctx.message.send_status
        statuses.append(status.status if status else "")

    scene.world.hold_sends = True
    async with scene.running(bot):
        sent = await bot.send(scene.chat_id, "hello")
        await scene.fence(bot, scene.chat_id)
        scene.world.confirm_send(sent.chat_id, sent.pending_id)
        await until(lambda: bool(statuses))
    assert statuses == ["SUCCESS"]
