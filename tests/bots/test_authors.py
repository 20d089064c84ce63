"""Rule: who did it. Nobody but `by="bot"` hears the bot, so that it does not answer itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from beeper_async import (
    AsyncBeeperDesktop,
    Bot,
    Context,
    Ctx,
    F,
    InvalidInputError,
    MessageCreated,
    MessageUpserted,
    ReactionAdded,
    SendStatusChanged,
)
from beeper_async.models import Message

from ..live import Scene, until

pytestmark = pytest.mark.asyncio


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


async def test_an_echo_that_is_faster_than_the_response(scene: Scene) -> None:
    bot = Bot()
    heard = all_hear(bot)
    path = f"/v1/chats/{scene.chat_id}/messages"
    async with scene.running(bot):
        scene.sim.respond_next(None, method="POST", path=path, delay=0.2, times=3)
        for text in ("one", "two", "three"):
            await bot.send(scene.chat_id, text)
        scene.send("one")  # the same text from the phone is not the bot's
        await scene.fence(bot, scene.chat_id)
    assert heard == [("bot", "one"), ("bot", "two"), ("bot", "three"), ("me", "one")]


async def test_two_hundred_sends_in_a_race_with_their_events(scene: Scene) -> None:
    bot = Bot(sends_per_minute=None, sends_per_chat=None)
    heard = all_hear(bot)
    async with scene.running(bot):
        await asyncio.gather(*(bot.send(scene.chat_id, f"same {n % 7}") for n in range(200)))
        await scene.fence(bot, scene.chat_id)
    assert [by for by, _ in heard] == ["bot"] * 200


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
        await scene.client.chats.messages.reactions.add(
            message["id"], chat_id=scene.chat_id, reaction_key="👍"
        )
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


class SentLog:
    """What a client may have."""

    def __init__(self, *texts: str) -> None:
        self._texts = texts

    async def is_ours(self, message: Message) -> bool:
        return message.text in self._texts


async def test_the_log_of_the_client_is_asked_if_it_has_one(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = SentLog("from the program")
    monkeypatch.setattr(AsyncBeeperDesktop, "sent_log", log, raising=False)
    bot = Bot()
    heard = all_hear(bot)
    async with scene.running(bot):
        await scene.client.messages.send(scene.chat_id, text="from the program")
        scene.send("from the phone")
        await scene.fence(bot, scene.chat_id)
    assert heard == [("bot", "from the program"), ("me", "from the phone")]


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
