"""Rule: who gets an event. Listeners hear it; then a command, a conversation, or the first `on`."""

from __future__ import annotations

import asyncio
import html
import logging
from collections.abc import Callable
from typing import Any

import pytest

from beeper_async import (
    Bot,
    Context,
    Ctx,
    Event,
    F,
    Filter,
    MessageCreated,
    MessageUpserted,
    ReactionAdded,
    Router,
    Skip,
)

from ..cases import case
from ..live import Scene

pytestmark = pytest.mark.asyncio


def has(part: str) -> Filter[Event]:
    """A condition for a whole router, whose events need not have a text."""
    return Filter(lambda ctx: part in ctx.text)


class Notes:
    """Handlers that note what they get."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def by(self, name: str) -> Callable[[Context[Any]], Any]:
        async def note(ctx: Context[Any], *, rest: str = "") -> None:
            self.heard.append((name, ctx.text))

        note.__qualname__ = name
        return note

    def skipping(self, name: str) -> Callable[[Context[Any]], Any]:
        async def skip(ctx: Context[Any]) -> None:
            self.heard.append((name, ctx.text))
            raise Skip

        skip.__qualname__ = name
        return skip


async def test_a_catch_all_steals_no_command_and_no_answer(scene: Scene) -> None:
    bot, notes = Bot(), Notes()
    bot.on(MessageCreated)(notes.by("all"))  # registered before everything else
    router = Router()

    @router.command()
    async def order(ctx: Ctx) -> None:
        answer = await ctx.wait_for(MessageCreated)
        notes.heard.append(("answer", answer.text))

    router.command("help")(notes.by("help"))
    bot.include(router)
    async with scene.running(bot):
        for text in ("hello", "/order", "/help", "tea", "bye"):
            scene.say(text)
        await scene.fence(bot, scene.chat_id)
    assert notes.heard == [("all", "hello"), ("help", "/help"), ("answer", "tea"), ("all", "bye")]


async def test_listeners_hear_everything_in_addition(scene: Scene) -> None:
    bot, notes = Bot(), Notes()
    bot.command("ping")(notes.by("command"))
    bot.on(MessageCreated)(notes.by("on"))
    bot.listen(MessageCreated, when=~F.text("fence"))(notes.by("first"))
    bot.listen(MessageUpserted, when=~F.text("fence"))(notes.by("second"))
    async with scene.running(bot):
        scene.say("/ping")
        scene.say("hello")
        await scene.fence(bot, scene.chat_id)
    assert notes.heard == [
        *(("first", "/ping"), ("second", "/ping"), ("command", "/ping")),
        *(("first", "hello"), ("second", "hello"), ("on", "hello")),
    ]


async def test_the_first_that_fits_in_the_order_of_registration(scene: Scene) -> None:
    bot, notes, early, late = Bot(), Notes(), Router(), Router(when=has("e"))
    bot.on(MessageCreated, when=F.text("^a"))(notes.by("a"))
    bot.include(early)
    bot.on(MessageCreated, when=F.text("c"))(notes.by("c"))
    bot.include(late)
    bot.on(MessageCreated)(notes.by("rest"))
    # An included router stands where it was included, whenever its handlers come.
    early.on(MessageCreated, when=F.text("b"))(notes.by("b"))
    late.on(MessageCreated, when=F.text("d"))(notes.by("d"))
    async with scene.running(bot):
        for text in ("abc", "bc", "cd", "de", "d", "x"):
            scene.say(text)
        await scene.fence(bot, scene.chat_id)
    assert notes.heard == [
        *(("a", "abc"), ("b", "bc"), ("c", "cd"), ("d", "de"), ("rest", "d"), ("rest", "x")),
    ]


async def test_a_router_in_a_router_needs_all_conditions(scene: Scene) -> None:
    bot, outer, inner, notes = Bot(when=has("1")), Router(when=has("2")), Router(), Notes()
    inner.on(MessageCreated, when=F.text("3"))(notes.by("inner"))
    inner.command("go")(notes.by("command"))
    outer.include(inner)
    bot.include(outer)
    async with scene.running(bot, fence="12"):
        for text in ("123", "23", "13", "12", "/go 12", "/go 1"):
            scene.say(text)
        await scene.fence(bot, scene.chat_id)
    assert notes.heard == [("inner", "123"), ("command", "/go 12")]


async def test_skip_hands_it_on(scene: Scene) -> None:
    bot, notes = Bot(), Notes()
    bot.listen(MessageCreated, when=~F.text("fence"))(notes.skipping("listener"))
    bot.command("ping")(notes.skipping("command"))
    bot.on(MessageCreated)(notes.skipping("first"))
    bot.on(MessageCreated)(notes.by("second"))
    bot.on(MessageCreated)(notes.by("third"))
    async with scene.running(bot):
        scene.say("/ping")
        await scene.fence(bot, scene.chat_id)
    names = [name for name, _ in notes.heard]
    assert names == ["listener", "command", "first", "second"]


async def test_a_command_whose_condition_does_not_hold_is_none(scene: Scene) -> None:
    bot, notes = Bot(), Notes()
    bot.command("ping", when=F.text("please"))(notes.by("command"))
    bot.command("mine", by="me")(notes.by("mine"))
    bot.on(MessageCreated)(notes.by("on"))
    async with scene.running(bot):
        for text in ("/ping", "/ping please", "/mine", "/unknown"):
            scene.say(text)
        await scene.fence(bot, scene.chat_id)
    assert [name for name, _ in notes.heard] == ["on", "command", "on", "on"]


async def test_several_classes_and_base_classes(scene: Scene) -> None:
    bot, notes = Bot(), Notes()
    kinds: list[str] = []

    @bot.on(MessageCreated, ReactionAdded, when=~F.text("fence"))
    async def note(ctx: Context[MessageCreated | ReactionAdded]) -> None:
        kinds.append(type(ctx.event).__name__)

    @bot.on(Event, when=lambda ctx: getattr(ctx.event, "chat_id", "") == scene.chat_id)
    async def rest(ctx: Context[Event]) -> None:
        kinds.append("other " + type(ctx.event).__name__)

    async with scene.running(bot):
        message = scene.say("Look!")
        scene.world.people.react(scene.chat_id, message["id"], "🎉")
        scene.world.people.edit(scene.chat_id, message["id"], "Look here!")
        await scene.fence(bot, scene.chat_id)
    wanted = ["MessageCreated", "ReactionAdded", "other MessageEdited"]
    assert [kind for kind in kinds if "Chat" not in kind] == wanted
    assert "other ChatUpserted" in kinds
    assert notes.heard == []


async def test_a_condition_may_be_async_and_is_repeated_while_the_app_is_away(
    scene: Scene,
) -> None:
    bot, notes = Bot(), Notes()

    async def in_a_group(ctx: Ctx) -> bool:
        return (await ctx.chat()).type == "group"

    bot.on(MessageCreated, when=in_a_group)(notes.by("group"))
    bot.on(MessageCreated, when=F.direct)(notes.by("direct"))
    single = next(c["id"] for c in scene.world.by_activity() if c["type"] == "single")
    async with scene.running(bot):
        scene.sim.respond_next(503, path=f"/v1/chats/{scene.chat_id}", times=5, before=True)
        scene.say("one")
        scene.say("two", chat_id=single)
        await scene.fence(bot, scene.chat_id)
        await scene.fence(bot, single)
    assert sorted(notes.heard) == [("direct", "two"), ("group", "one")]


async def test_a_condition_that_fails_ends_the_event_alone(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot, notes = Bot(), Notes()
    bot.on(MessageCreated, when=lambda ctx: bool(1 / (len(ctx.text) - 6)))(notes.by("on"))
    bot.on(MessageCreated)(notes.by("next"))
    with caplog.at_level(logging.ERROR):
        async with scene.running(bot):
            scene.say("secret")
            scene.say("fine")
            await scene.fence(bot, scene.chat_id)
    assert notes.heard == [("on", "fine")]
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text


async def test_a_reaction_as_a_message_is_no_message(scene: Scene) -> None:
    bot, notes = Bot(), Notes()
    bot.listen(MessageUpserted, by="anyone", when=~F.text("fence"))(notes.by("listener"))
    record = case("reaction_as_message")
    async with scene.running(bot):
        said = scene.say("Look!")
        ids = {"chatID": scene.chat_id, "accountID": said["accountID"], "id": "999002"}
        entry = {**record, **ids, "sortKey": "999002000", "timestamp": said["timestamp"]}
        frame = {"type": "message.upserted", "chatID": scene.chat_id, "ids": [entry["id"]]}
        scene.sim.sockets.send({**frame, "entries": [entry]}, numbered=True)
        await scene.fence(bot, scene.chat_id)
    assert notes.heard == [("listener", "Look!")]


async def test_handlers_may_come_while_it_runs(scene: Scene) -> None:
    bot, notes = Bot(), Notes()
    async with scene.running(bot):
        scene.say("before")
        await scene.fence(bot, scene.chat_id)
        bot.on(MessageCreated)(notes.by("late"))
        scene.say("after")
        await scene.fence(bot, scene.chat_id)
    assert notes.heard == [("late", "after")]


async def test_middleware_order_and_swallowing(scene: Scene) -> None:
    bot, router, calls = Bot(), Router(), list[str]()

    def around(name: str) -> Callable[..., Any]:
        async def middleware(ctx: Context[Event], call_next: Callable[[], Any]) -> None:
            calls.append(f"{name} in")
            if ctx.message.text != f"/go {name}":
                await call_next()
            calls.append(f"{name} out")

        return middleware

    bot.middleware(around("one"))
    bot.middleware(around("two"))
    router.middleware(around("three"))

    @router.command()
    async def go(ctx: Ctx, number: int) -> None:
        calls.append(f"go {number}")

    bot.include(router)
    async with scene.running(bot):
        calls.clear()
        scene.say("/go 7")
        scene.say("/go two")
        await scene.fence(bot, scene.chat_id)
    fence = ["one in", "two in", "two out", "one out"]
    assert calls == [
        *("one in", "two in", "three in", "go 7", "three out", "two out", "one out"),
        *("one in", "two in", "two out", "one out"),
        *fence,
    ]


class TroubleError(Exception):
    pass


class DeepError(TroubleError):
    pass


async def test_errors_go_to_the_own_router_first(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot, router, calls = Bot(), Router(), list[str]()

    @router.error(DeepError)
    async def deep(ctx: Context[Event], error: DeepError) -> None:
        calls.append("deep in the router")

    @bot.error(TroubleError)
    async def trouble(ctx: Context[Event], error: TroubleError) -> None:
        calls.append("trouble in the bot")
        if ctx.message.text == "worse":
            raise KeyError(ctx.text)

    @bot.error(Exception)
    async def anything(ctx: Context[Event], error: Exception) -> None:
        calls.append(f"anything: {type(error).__name__}")

    @router.on(MessageCreated)
    async def fail(ctx: Ctx) -> None:
        kinds: dict[str, Exception] = {"deep": DeepError(), "other": KeyError()}
        raise kinds.get(ctx.text, TroubleError())

    bot.include(router)
    async with scene.running(bot):
        for text in ("deep", "trouble", "other", "worse"):
            scene.say(text)
        await scene.fence(bot, scene.chat_id)
    assert calls == [
        *("deep in the router", "trouble in the bot", "anything: KeyError", "trouble in the bot"),
    ]
    assert "error handler" in caplog.text
    assert "worse" not in caplog.text.replace('"worse"', "")


async def test_a_failing_handler_is_logged_without_text_and_stops_nothing(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot, notes = Bot(), Notes()

    @bot.on(MessageCreated, when=F.text("secret"))
    async def broken(ctx: Ctx) -> None:
        if ctx.text == "secret cancelled":
            cancelled = asyncio.get_running_loop().create_future()
            cancelled.cancel()
            await cancelled
        raise KeyError(ctx.text)

    bot.on(MessageCreated)(notes.by("sound"))
    with caplog.at_level(logging.INFO, "beeper_async"):
        async with scene.running(bot):
            for text in ("secret one", "secret cancelled", "fine"):
                scene.say(text)
            await scene.fence(bot, scene.chat_id)
    assert notes.heard == [("sound", "fine")]
    assert "broken failed at a MessageCreated: KeyError\n" in caplog.text
    assert "raise KeyError(ctx.text)" in caplog.text  # the place
    assert "CancelledError" in caplog.text
    assert "secret" not in caplog.text.replace('"secret cancelled"', "")


async def test_a_wrong_use_is_explained(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    bot = Bot()

    @bot.command()
    async def roll(ctx: Ctx, dice: int, *, what: str = "") -> None: ...

    async with scene.running(bot):
        scene.say("/roll a_lot")
        await scene.fence(bot, scene.chat_id)
    (reply,) = scene.sent()
    wrong, usage = html.unescape(reply["text"]).split("\n")
    assert wrong == r"\<dice\> can't be 'a\_lot' (a whole number)."
    assert usage == r"Usage: /roll \<dice\> \[what ...\]"
    assert caplog.text == ""
