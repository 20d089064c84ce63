"""Filters, and chats as people name them."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, cast

import pytest

from beeper_async import Bot, Context, Ctx, Event, F, Filter, InvalidInputError, MessageCreated
from beeper_async.bots import run as run_module
from beeper_async.bots.context import When

from ..live import Scene, until
from .rig import with_clock

asynchronous = pytest.mark.asyncio


async def texts_for(scene: Scene, when: When[MessageCreated], **options: Any) -> list[str]:
    """What of a few messages a condition lets through."""
    bot = Bot(**options)
    heard: list[str] = []

    @bot.on(MessageCreated, when=when)
    async def note(ctx: Ctx) -> None:
        heard.append(ctx.text)

    single = next(
        c["id"]
        for c in scene.world.by_activity()
        if c["type"] == "single" and not c.get("merge") and c["id"] != scene.fence_id
    )
    me = scene.world.me(scene.world.chats[scene.chat_id]["accountID"])["id"]
    mine, _ = scene.send("mine")
    async with scene.running(bot):
        scene.say("one")
        scene.say("two", person=1)
        scene.say("to me", mentions=[me])
        scene.say("to all", mentions=["@room"])
        scene.say("to others", mentions=[scene.people()[1]])
        scene.say("reply to me", linkedMessageID=mine["id"])
        scene.say("reply to others", linkedMessageID=scene.say("x")["id"])
        scene.say("file", attachments=[{"type": "unknown", "id": "mxc://a/b"}])
        scene.say("direct", chat_id=single)
        await scene.fence(bot, scene.chat_id)
        await scene.fence(bot, single)
    return sorted(heard)


@asynchronous
async def test_filters_of_messages(scene: Scene) -> None:
    assert await texts_for(scene, F.text("^t[wo]+$")) == ["two"]
    assert await texts_for(scene, F.mentions_me) == ["to all", "to me"]
    assert await texts_for(scene, F.replies_to_me) == ["reply to me"]
    assert await texts_for(scene, F.has_attachment) == ["file"]
    assert await texts_for(scene, F.sender(scene.people()[1])) == ["two"]
    assert await texts_for(scene, F.direct) == ["direct"]
    assert await texts_for(scene, F.recovered) == []


@asynchronous
async def test_they_are_combined(scene: Scene) -> None:
    def is_short(ctx: Context[Event]) -> bool:
        return len(getattr(ctx, "text", "")) == 3

    async def in_a_group(ctx: Context[Event]) -> bool:
        return await ctx.desk.is_group(ctx.chat_id)

    async def is_one(ctx: Ctx) -> bool:
        return ctx.text == "one"

    assert await texts_for(scene, F.group & F.text("o") & is_short) == ["one", "two"]
    assert await texts_for(scene, F.group & ~F.text("o") & ~F.has_attachment) == ["x"]
    assert await texts_for(scene, F.direct | Filter(is_one)) == ["direct", "one"]
    assert await texts_for(scene, F.text("two") | F.direct) == ["direct", "two"]
    assert await texts_for(scene, Filter(is_one) & F.group) == ["one"]
    assert await texts_for(scene, in_a_group & ~F.text("o|t")) == ["file", "x"]
    assert await texts_for(scene, ~(F.group | F.text("d"))) == []
    assert await texts_for(scene, ~F.group & Filter(is_one)) == []


@asynchronous
async def test_what_f_text_found_is_there_for_the_handler(scene: Scene) -> None:
    bot = Bot()
    heard: list[str] = []

    @bot.on(MessageCreated, when=F.text(r"(\d+) (?P<what>\w+)"))
    async def count(ctx: Ctx) -> None:
        heard.append(f"{ctx.match['what']} {ctx.match[1]}")

    @bot.on(MessageCreated)
    async def rest(ctx: Ctx) -> None:
        with pytest.raises(Exception, match="not searched"):
            _ = ctx.match
        heard.append("rest")

    async with scene.running(bot):
        scene.say("I have 3 apples")
        scene.say("nothing")
        await scene.fence(bot, scene.chat_id)
    assert heard == ["apples 3", "rest"]


@asynchronous
async def test_recent(scene: Scene) -> None:
    bot = Bot()
    clock = with_clock(bot)
    heard: list[str] = []

    @bot.on(MessageCreated, when=F.recent("5m"))
    async def note(ctx: Ctx) -> None:
        heard.append(ctx.text)
        assert ctx.age <= timedelta(minutes=5)

    async with scene.running(bot):
        message = scene.say("old")
        await scene.fence(bot, scene.chat_id)
        assert heard == []
        clock._now = clock._now.fromisoformat(message["timestamp"])
        scene.say("new")
        await scene.fence(bot, scene.chat_id)
    assert heard == ["new"]


def test_wrong_filters() -> None:
    with pytest.raises(InvalidInputError, match=r"Combine filters with & \| ~"):
        _ = F.group and F.direct  # pyright: ignore[reportGeneralTypeIssues]
    with pytest.raises(InvalidInputError, match="Combine filters"):
        _ = not F.group  # pyright: ignore[reportGeneralTypeIssues]
    for wrong in ("(", 3):
        with pytest.raises(InvalidInputError, match="regular expression"):
            F.text(cast("Any", wrong))
    for ids in ((), ("",), ("a b",), ("a\nb",), (3,), ("x" * 501,)):
        with pytest.raises(InvalidInputError, match="IDs of chats"):
            F.chat(*cast("Any", ids))
    with pytest.raises(InvalidInputError, match="IDs of people"):
        F.sender()
    with pytest.raises(InvalidInputError, match="length of time"):
        F.recent("soon")
    with pytest.raises(InvalidInputError, match="made of a function"):
        Filter("text")  # type: ignore[arg-type]


# -- chats as people name them ------------------------------------------------------------------


def merged_of(scene: Scene) -> tuple[str, list[str]]:
    merged = next(c for c in scene.world.chats.values() if c.get("merge"))
    return merged["id"], merged["merge"]["chatIDs"]


@asynchronous
@pytest.mark.parametrize("where", ["filter", "bot"])
async def test_a_merged_chat_stands_for_its_members(where: str, scene: Scene) -> None:
    merged, members = merged_of(scene)
    bot = Bot(chats=[merged, scene.fence_id]) if where == "bot" else Bot()
    heard: list[str] = []

    @bot.on(MessageCreated, when=F.chat(merged) if where == "filter" else None)
    async def note(ctx: Ctx) -> None:
        heard.append(ctx.chat_id)

    async with scene.running(bot):
        for chat_id in (*members, scene.chat_id):
            scene.say("hello", chat_id=chat_id)
        await scene.fence(bot)
        await until(lambda: len(heard) == 2)
        await scene.fence(bot)
    assert sorted(heard) == sorted(members)


@asynchronous
@pytest.mark.parametrize("where", ["filter", "bot"])
async def test_a_local_id(where: str, scene: Scene) -> None:
    local = scene.world.chats[scene.chat_id]["localChatID"]
    bot = Bot(chats=[local, scene.fence_id]) if where == "bot" else Bot()
    heard: list[str] = []

    @bot.on(MessageCreated, when=F.group & F.chat(local) if where == "filter" else None)
    async def note(ctx: Ctx) -> None:
        heard.append(ctx.text)

    async with scene.running(bot):
        scene.say("elsewhere", chat_id=scene.groups[1])
        scene.say("here")
        await until(lambda: bool(heard))
        await scene.fence(bot)
    assert heard == ["here"]


@asynchronous
async def test_a_chat_that_the_app_does_not_have_is_reported_and_looked_for(
    scene: Scene, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "_SECONDS_BETWEEN_SAVES", 0.01)
    monkeypatch.setattr(run_module, "_SAVES_BETWEEN_LOOKS", 1)
    bot = Bot(chats=["!new0001:beeper.com", scene.fence_id])
    heard: list[str] = []

    @bot.on(MessageCreated, when=F.chat("!gone:beeper.com", "!new0001:beeper.com"))
    async def note(ctx: Ctx) -> None:
        heard.append(ctx.text)

    with caplog.at_level(logging.WARNING):
        async with scene.running(bot):
            assert set(bot.unknown_chats) == {"!gone:beeper.com", "!new0001:beeper.com"}
            person = {"id": "@somebody:beeper.com", "fullName": "Some Body"}
            account = scene.world.chats[scene.fence_id]["accountID"]
            chat = scene.world.create_chat(account, [person], "single", None)
            assert chat["id"] == "!new0001:beeper.com"
            await until(lambda: set(bot.unknown_chats) == {"!gone:beeper.com"})
            await until(lambda: len(scene.sim.sockets.subscriptions[0].chat_ids or ()) == 2)
            scene.say("hello", chat_id=chat["id"])
            await until(lambda: bool(heard))
    assert caplog.text.count("the app has no chat !gone:beeper.com") == 1
    assert heard == ["hello"]


@asynchronous
async def test_only_the_app_itself_says_that_there_is_no_chat(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot()

    @bot.on(MessageCreated, when=F.chat(scene.chat_id, scene.groups[1]))
    async def note(ctx: Ctx) -> None: ...

    path = "/v1/chats/"
    scene.sim.respond_next(404, text="a proxy", path=path + scene.chat_id, before=True)
    scene.sim.respond_next(500, path=path + scene.groups[1], before=True, times=9)
    async with scene.running(bot):
        assert bot.unknown_chats == frozenset()
    assert "no chat" not in caplog.text


@asynchronous
async def test_an_old_app_that_can_not_say_whether_it_has_synced(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot()

    @bot.on(MessageCreated, when=F.chat("!gone:beeper.com"))
    async def note(ctx: Ctx) -> None: ...

    scene.sim.respond_next(404, path="/v1/app/setup", times=100, before=True)
    async with scene.running(bot):
        assert set(bot.unknown_chats) == {"!gone:beeper.com"}
    assert "the app has no chat !gone:beeper.com" in caplog.text


@asynchronous
async def test_before_the_first_sync_is_done_a_404_says_nothing(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot()

    @bot.on(MessageCreated, when=F.chat("!gone:beeper.com"))
    async def note(ctx: Ctx) -> None: ...

    snapshot = scene.world.setup.snapshot()
    snapshot["e2ee"]["firstSyncDone"] = False
    scene.sim.respond_next(200, json=snapshot, path="/v1/app/setup", before=True)
    async with scene.running(bot):
        assert bot.unknown_chats == frozenset()
        assert bot._run is not None
        await bot._run.chats.resolve()
        assert set(bot.unknown_chats) == {"!gone:beeper.com"}
