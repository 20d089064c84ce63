"""Rules: sending, and brakes. What is sent again, how fast, and what becomes of it."""

from __future__ import annotations

import asyncio
import logging

import pytest

from beeper_async import (
    Bot,
    ClientUseError,
    Context,
    Ctx,
    DeliveryFailedError,
    Event,
    F,
    InvalidInputError,
    LoopBrakeError,
    MessageCreated,
    NotFoundError,
    OutcomeUnknownError,
)

from ..live import Scene, client_of, settled, until
from .rig import with_clock

pytestmark = pytest.mark.asyncio

PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
    b"\x1f\x15\xc4\x89"
)


def texts(scene: Scene) -> list[str]:
    return [message["text"] for message in scene.sent()]


async def test_an_unknown_outcome_is_not_sent_again(scene: Scene) -> None:
    bot = Bot()
    caught: list[bool] = []

    @bot.error(OutcomeUnknownError)
    async def error(ctx: Context[Event], error: OutcomeUnknownError) -> None:
        caught.append(error.sent == {"text": "pong", "replyToMessageID": ctx.message.id})

    @bot.command()
    async def ping(ctx: Ctx) -> None:
        await ctx.reply("pong")

    async with scene.running(bot):
        scene.sim.drop_next(method="POST", path=f"/v1/chats/{scene.chat_id}/messages")
        scene.say("/ping")
        await scene.fence(bot, scene.chat_id)
    assert (caught, texts(scene)) == ([True], ["pong"])


async def test_a_message_waits_for_an_app_that_it_can_not_reach(scene: Scene) -> None:
    """As long as the request provably never reached the app, it is the same as a first one."""
    bot = Bot()
    done = asyncio.Event()

    @bot.command()
    async def ping(ctx: Ctx) -> None:
        port = int(scene.sim.url.rpartition(":")[2])
        await scene.sim._stop()
        sending = asyncio.create_task(ctx.reply("pong"))
        for _ in range(20):
            await asyncio.sleep(0.01)
        assert not sending.done()
        scene.sim._wanted_port = port
        await scene.sim._start()
        await sending
        done.set()

    async with client_of(scene.sim, max_retries=0) as client:
        scene.client = client
        async with scene.running(bot):
            scene.say("/ping")
            await done.wait()
            await scene.fence(bot, scene.chat_id)
    assert texts(scene) == ["pong"]


async def test_what_the_network_refuses_is_reported(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot()
    scene.world.hold_sends = True
    with caplog.at_level(logging.WARNING):
        async with scene.running(bot):
            sent = await bot.send(scene.chat_id, "secret")
            _, mine = scene.send("also secret")
            scene.world.fail_send(sent.chat_id, sent.pending_id)
            scene.world.fail_send(scene.chat_id, mine)
            await until(lambda: "refused" in caplog.text)
            await scene.fence(bot, scene.chat_id)
            with pytest.raises(DeliveryFailedError):
                await sent.delivered()
    assert caplog.text.count("the network refused a message") == 1
    assert scene.chat_id in caplog.text
    assert "secret" not in caplog.text


async def test_what_was_sent(scene: Scene) -> None:
    bot = Bot()
    async with scene.running(bot):
        sent = await bot.send(scene.chat_id, "one")
        assert (await sent.delivered()).text == "one"
        await sent.edit("two")
        assert (await sent.message()).text == "two"
        await sent.delete(for_everyone=True)
        with pytest.raises(NotFoundError):
            await sent.edit("three")
        assert sent.pending_id in repr(sent)
        with pytest.raises(InvalidInputError, match="One of text, file"):
            await bot.send(scene.chat_id)
    with pytest.raises(ClientUseError, match="not running"):
        await bot.send(scene.chat_id, "late")


async def test_text_as_it_is(scene: Scene) -> None:
    bot = Bot()
    async with scene.running(bot):
        await bot.send(scene.chat_id, "2 * 3 *", plain=True)
        await bot.send(scene.chat_id, "2 * 3 *")
    assert texts(scene) == [r"2 \* 3 \*", "2 * 3 *"]


async def test_files_are_sent_and_passed_on(scene: Scene) -> None:
    bot = Bot()
    sizes: list[int] = []
    other = scene.groups[1]

    @bot.on(MessageCreated, when=F.has_attachment)
    async def pass_on(ctx: Ctx) -> None:
        assert ctx.message.attachments
        sizes.append(len(await ctx.download()))
        await ctx.bot.send(other, "look", file=ctx.message.attachments[0])

    async with scene.running(bot):
        sent = await bot.send(scene.chat_id, file=("pixel.png", PIXEL, "image/png"))
        attachment = {**scene.sent()[0]["attachments"][0], "isSticker": True}
        scene.say("from somebody", attachments=[attachment])
        await scene.fence(bot, scene.chat_id)
        assert (await sent.message()).attachments
    assert sizes == [len(PIXEL)]
    (passed_on,) = scene.sent(other)
    assert passed_on["attachments"][0]["fileSize"] == len(PIXEL)
    assert passed_on["attachments"][0]["fileName"] == "pixel.png"
    assert passed_on["attachments"][0]["isSticker"] is True


async def test_sends_over_the_pace_wait(scene: Scene) -> None:
    bot = Bot(sends_per_minute=60)
    clock = with_clock(bot)
    async with scene.running(bot):
        sends = [asyncio.create_task(bot.send(scene.chat_id, str(n))) for n in range(8)]
        await until(lambda: len(scene.sent()) == 5)
        await settled()
        assert len(scene.sent()) == 5  # at once
        for count in (6, 7, 8):
            await clock.advance(1)
            await until(lambda count=count: len(scene.sent()) == count)  # type: ignore[misc]
        await asyncio.gather(*sends)
        await clock.advance(60)
        await asyncio.gather(*(bot.send(scene.chat_id, "again") for _ in range(5)))
    assert sorted(texts(scene)[:8]) == [str(n) for n in range(8)]


async def test_a_loop_is_braked(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    bot = Bot(sends_per_chat=3, sends_per_minute=None)
    clock = with_clock(bot)
    async with scene.running(bot):
        for _ in range(3):
            await bot.send(scene.chat_id, "spam")
        with pytest.raises(LoopBrakeError) as caught:
            await bot.send(scene.chat_id, "spam")
        await bot.send(scene.groups[1], "elsewhere")
        await clock.advance(61)
        await bot.send(scene.chat_id, "later")
    assert caught.value.chat_id == scene.chat_id
    assert texts(scene) == ["spam", "spam", "spam", "later"]
    (warning,) = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert scene.chat_id in warning.getMessage()


async def test_reactions_are_braked_too(scene: Scene) -> None:
    bot = Bot(sends_per_chat=2)
    with_clock(bot)
    errors: list[str] = []

    @bot.command()
    async def react(ctx: Ctx) -> None:
        try:
            for key in ("1", "2", "3"):
                await ctx.react(key)
        except LoopBrakeError as error:
            errors.append(error.chat_id)

    async with scene.running(bot):
        message = scene.say("/react")
        await until(lambda: bool(errors))
    assert [one["reactionKey"] for one in message["reactions"]] == ["1", "2"]


async def test_a_refused_message_is_reported_once(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot()
    scene.world.hold_sends = True
    async with scene.running(bot):
        sent = await bot.send(scene.chat_id, "hello")
        message = scene.world.messages[scene.chat_id][-1]
        scene.world.fail_send(sent.chat_id, sent.pending_id)
        await until(lambda: "refused" in caplog.text)
        reactions = scene.client.chats.messages.reactions
        await reactions.add(message["id"], chat_id=scene.chat_id, reaction_key="🎉")
        await scene.fence(bot, scene.chat_id)
    assert caplog.text.count("the network refused a message") == 1


async def test_brakes_can_be_taken_off(scene: Scene) -> None:
    bot = Bot(sends_per_chat=None, sends_per_minute=None)
    with_clock(bot)
    async with scene.running(bot):
        for _ in range(30):
            await bot.send(scene.chat_id, "spam")
    assert len(scene.sent()) == 30
