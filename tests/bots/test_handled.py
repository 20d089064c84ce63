"""Rule: handled. After a stop or a crash exactly what was not handled comes again, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from beeper_async import (
    Bot,
    Context,
    Ctx,
    F,
    MessageCreated,
    MessageEdited,
    ReactionAdded,
    Skip,
    TimeUp,
)
from beeper_async.bots.store import Batch

from ..live import DEADLINE, Scene, settled, until
from .gate import Gate
from .rig import as_after_a_crash, save

pytestmark = pytest.mark.asyncio


@define
class Tally:
    texts: list[str] = field(factory=list[str])


def noting(bot: Bot) -> list[str]:
    heard: list[str] = []

    @bot.on(MessageCreated)
    async def note(ctx: Ctx) -> None:
        heard.append(ctx.text)

    return heard


async def test_who_is_at_work_finishes_and_the_rest_comes_next_time(
    scene: Scene, tmp_path: Path
) -> None:
    store = tmp_path / "bot.db"
    bot, gate = Bot(store=store), Gate()
    bot.on(MessageCreated, when=F.chat(scene.chat_id))(gate)
    async with scene.running(bot) as run:
        scene.say("one")
        scene.say("two")
        await gate.begun.get()
        await scene.fence(bot)
        bot.stop()
        bot.stop()  # once more does nothing
        await asyncio.sleep(0)
        assert not run.done()
        gate.open.set()
    assert (gate.ended, gate.begun.empty()) == (["one"], True)
    scene.say("three")
    assert await scene.heard_by(Bot(store=store)) == [("two", True), ("three", True)]


async def test_after_the_grace_time_handlers_are_cancelled_and_come_again(
    scene: Scene, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = tmp_path / "bot.db"
    bot, gate = Bot(store=store, grace=0), Gate()
    bot.on(MessageCreated, when=F.chat(scene.chat_id))(gate)
    async with scene.running(bot):
        scene.say("one")
        await gate.begun.get()
    assert (gate.active, gate.ended) == (0, [])
    assert "1 handlers are cancelled after 0 s" in caplog.text
    assert await scene.heard_by(Bot(store=store)) == [("one", True)]


async def test_who_only_waits_is_not_waited_for(scene: Scene, tmp_path: Path) -> None:
    store = tmp_path / "bot.db"
    bot = Bot(store=store, grace=10 * DEADLINE)
    asked = asyncio.Event()

    @bot.command()
    async def order(ctx: Ctx) -> None:
        asked.set()
        await ctx.wait_for(MessageCreated, timeout=10 * DEADLINE)

    async with scene.running(bot):
        scene.say("/order")
        await asked.wait()
    assert await scene.heard_by(Bot(store=store)) == [("/order", True)]


async def test_a_conversation_is_repeated_with_the_answers_it_had(
    scene: Scene, tmp_path: Path
) -> None:
    store = tmp_path / "bot.db"

    def conversation() -> tuple[Bot, list[str], list[str]]:
        bot = Bot(store=store)
        done: list[str] = []

        @bot.command()
        async def order(ctx: Ctx) -> None:
            what = await ctx.ask("What?")
            count = await ctx.ask("How many?", int)
            done.append(f"{count} {what.text}")

        return bot, noting(bot), done

    bot, heard, _ = conversation()
    async with scene.running(bot):
        scene.say("before")
        scene.say("/order")
        scene.say("aside", person=1)
        scene.say("tea")
        await until(lambda: len(scene.sent()) == 2)
        await scene.fence(bot, scene.chat_id)
    assert heard == ["before", "aside"]
    scene.say("3")
    bot, heard, done = conversation()
    async with scene.running(bot):
        await scene.fence(bot, scene.chat_id)
    assert done == ["3 tea"]
    assert heard == []  # what others wrote meanwhile is not handled twice


async def test_after_a_crash_exactly_the_unhandled_come_again(scene: Scene, tmp_path: Path) -> None:
    store = tmp_path / "bot.db"
    bot, gate = Bot(store=store, grace=0), Gate()
    bot.on(MessageCreated, when=F.text("^hang"))(gate)
    heard = noting(bot)

    @bot.command()
    async def acked(ctx: Ctx) -> None:
        ctx.ack()
        await asyncio.Event().wait()

    @bot.command()
    async def wait(ctx: Ctx) -> None:
        await ctx.wait_for(MessageCreated, when=F.text("never"))

    async with scene.running(bot):
        scene.say("one")
        scene.say("/wait", person=1)
        scene.say("two")
        scene.say("hang")
        scene.say("three")
        scene.say("/acked", chat_id=scene.groups[1])
        scene.say("four", chat_id=scene.groups[1])
        await gate.begun.get()
        await scene.fence(bot)
        save(bot)
        crashed = as_after_a_crash(store)
    assert heard == ["one", "two"]
    again = await scene.heard_by(Bot(store=crashed))
    assert [text for text, _ in again if text != "four"] == ["/wait", "hang", "three"]
    assert ("four", True) in again


async def test_a_store_from_the_middle_of_the_handler_repeats_it(
    scene: Scene, tmp_path: Path
) -> None:
    """The state, the job and the mark of a handler are stored together, at its end."""
    store = tmp_path / "bot.db"
    gate = Gate()

    def counting(store: Path, *, holds: bool) -> tuple[Bot, list[str]]:
        bot = Bot(store=store, grace=0)
        done: list[str] = []

        @bot.job
        async def job(ctx: Context[TimeUp]) -> None: ...

        job.__qualname__ = "job"

        @bot.on(MessageCreated)
        async def count(ctx: Ctx) -> None:
            with ctx.state(Tally) as tally:
                tally.texts.append(ctx.text)
            ctx.after("2000w", job)  # the world of the demo has a time of its own
            if holds:
                await gate(ctx)
            with ctx.state(Tally) as tally:
                done.append("+".join(tally.texts))

        return bot, done

    bot, _ = counting(store, holds=True)
    async with scene.running(bot):
        scene.say("one")
        await gate.begun.get()
        save(bot)
        in_the_middle = as_after_a_crash(store, "middle.db")
        gate.open.set()
        await scene.fence(bot, scene.chat_id)
        # No checkpoint since then: the mark alone says that it is done.
        at_the_end = as_after_a_crash(store, "end.db")
    bot, done = counting(in_the_middle, holds=False)
    async with scene.running(bot):
        await scene.fence(bot, scene.chat_id)
        assert len(bot.jobs()) == 1
    assert done == ["one"]
    bot, done = counting(at_the_end, holds=False)
    async with scene.running(bot):
        await scene.fence(bot, scene.chat_id)
        assert len(bot.jobs()) == 1
    assert done == []


async def test_of_two_handlers_of_an_event_the_one_that_is_done_is_not_repeated(
    scene: Scene, tmp_path: Path
) -> None:
    store = tmp_path / "bot.db"
    gate = Gate()
    counted: list[str] = []

    def two(store: Path) -> Bot:
        bot = Bot(store=store, grace=0)

        @bot.listen(MessageCreated, when=F.text("^hang"))
        async def listener(ctx: Ctx) -> None:
            with ctx.state(Tally) as tally:
                tally.texts.append(ctx.text)
                counted.append("+".join(tally.texts))

        bot.on(MessageCreated, when=F.text("^hang"))(gate)
        return bot

    bot = two(store)
    async with scene.running(bot):
        scene.say("hang")
        await gate.begun.get()
        save(bot)
        crashed = as_after_a_crash(store)
    bot = two(crashed)
    async with scene.running(bot):
        assert await gate.begun.get() == "hang"
        gate.open.set()
        await scene.fence(bot, scene.chat_id)
    assert counted == ["hang"]
    assert gate.ended == ["hang"]
    assert await scene.heard_by(two(crashed)) == []


async def test_answers_of_a_conversation_that_is_stored_are_done_too(
    scene: Scene, tmp_path: Path
) -> None:
    store = tmp_path / "bot.db"

    def bot_of(store: Path) -> tuple[Bot, list[str]]:
        bot = Bot(store=store)

        @bot.command()
        async def order(ctx: Ctx) -> None:
            answer = await ctx.ask("What?")
            with ctx.state(Tally) as tally:
                tally.texts.append(answer.text)

        return bot, noting(bot)

    bot, _ = bot_of(store)
    async with scene.running(bot):
        save(bot)
        scene.say("/order")
        scene.say("tea")
        await scene.fence(bot, scene.chat_id)
        crashed = as_after_a_crash(store)
    bot, heard = bot_of(crashed)
    asked = len(scene.sent())
    async with scene.running(bot):
        await scene.fence(bot, scene.chat_id)
    assert heard == []
    assert len(scene.sent()) == asked


async def test_marks_go_when_a_checkpoint_covers_them(scene: Scene, tmp_path: Path) -> None:
    bot = Bot(store=tmp_path / "bot.db")

    @bot.on(MessageCreated)
    async def count(ctx: Ctx) -> None:
        with ctx.state(Tally) as tally:
            tally.texts.append(ctx.text)

    async with scene.running(bot):
        assert bot._run is not None
        store = bot._run._store
        scene.say("one")
        await scene.fence(bot, scene.chat_id)
        assert len(store.marks()) == 1
        save(bot)
        assert store.marks() == set()


async def test_marks_go_later_if_the_checkpoint_can_not_be_written(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = Bot(store=tmp_path / "bot.db")

    @bot.on(MessageCreated)
    async def count(ctx: Ctx) -> None:
        with ctx.state(Tally) as tally:
            tally.texts.append(ctx.text)

    async with scene.running(bot):
        assert bot._run is not None
        store = bot._run._store
        scene.say("one")
        await scene.fence(bot, scene.chat_id)

        def full(batch: Batch) -> None:
            raise OSError("the disk is full")

        with monkeypatch.context() as broken:
            broken.setattr(store, "write", full)
            with pytest.raises(OSError, match="full"):
                save(bot)
        assert len(store.marks()) == 1
        save(bot)
        assert store.marks() == set()


async def test_a_bot_in_memory_runs_again_from_where_it_ended(scene: Scene) -> None:
    bot = Bot()
    heard = noting(bot)
    async with scene.running(bot):
        scene.say("one")
        await scene.fence(bot)
    scene.say("two")
    async with scene.running(bot):
        pass
    assert heard == ["one", "two"]


async def test_what_a_cancelled_handler_has_changed_is_not_kept(
    scene: Scene, tmp_path: Path
) -> None:
    bot, gate = Bot(store=tmp_path / "bot.db", grace=0), Gate()

    @bot.on(MessageCreated)
    async def count(ctx: Ctx) -> None:
        with ctx.state(Tally) as tally:
            tally.texts.append(ctx.text)
        await gate(ctx)

    async with scene.running(bot):
        scene.say("one")
        await gate.begun.get()
    gate.open.set()
    async with scene.running(bot):
        await scene.fence(bot, scene.chat_id)
    async with scene.running(bot):
        assert bot._run is not None
        (state,) = bot._run._store._run("select value from state")
    assert state == ('{"texts": ["one"]}',)


async def test_what_waits_for_a_place_at_the_end_comes_again(scene: Scene, tmp_path: Path) -> None:
    store = tmp_path / "bot.db"
    bot, gate = Bot(store=store, concurrency=1), Gate()
    bot.on(MessageCreated)(gate)
    async with scene.running(bot):
        scene.say("one")
        await gate.begun.get()
        scene.say("two", chat_id=scene.groups[1])
        await settled()
        bot.stop()
        await settled()
        gate.open.set()
    assert gate.ended == ["one"]
    assert await scene.heard_by(Bot(store=store)) == [("two", True)]


async def test_one_handler_does_not_acknowledge_for_another(scene: Scene, tmp_path: Path) -> None:
    store = tmp_path / "bot.db"
    bot = Bot(store=store)

    @bot.listen(MessageCreated, when=F.text("^/go"))
    async def listener(ctx: Ctx) -> None:
        await ctx.wait_for(MessageCreated, when=F.text("never"), anyone=True)

    @bot.command()
    async def go(ctx: Ctx) -> None:
        ctx.ack()
        ctx.ack()

    async with scene.running(bot):
        scene.say("/go")
        await scene.fence(bot, scene.chat_id)
    assert await scene.heard_by(Bot(store=store)) == [("/go", True)]


async def test_a_crash_before_the_first_second_is_over(scene: Scene, tmp_path: Path) -> None:
    store = tmp_path / "bot.db"
    bot, gate = Bot(store=store, grace=0), Gate()
    bot.on(MessageCreated)(gate)
    ready = asyncio.Event()
    bot.hook("ready")(_setting(ready))
    async with asyncio.timeout(DEADLINE):
        run = asyncio.create_task(bot.run(scene.client))
        await ready.wait()
        scene.say("one")
        await gate.begun.get()
        crashed = as_after_a_crash(store)
        bot.stop()
        await run
    assert await scene.heard_by(Bot(store=crashed)) == [("one", True)]


def _setting(event: asyncio.Event) -> Callable[[], Coroutine[Any, Any, None]]:
    async def hook() -> None:
        event.set()

    return hook


async def test_a_listener_does_not_acknowledge_for_the_handler(
    scene: Scene, tmp_path: Path
) -> None:
    store = tmp_path / "bot.db"
    bot, gate = Bot(store=store, grace=0), Gate()

    @bot.listen(MessageCreated, when=F.text("^hang"))
    async def listener(ctx: Ctx) -> None:
        ctx.ack()

    bot.on(MessageCreated, when=F.text("^hang"))(gate)
    async with scene.running(bot):
        scene.say("hang")
        await gate.begun.get()
    assert await scene.heard_by(Bot(store=store)) == [("hang", True)]


async def test_who_skips_an_event_has_not_handled_it(scene: Scene, tmp_path: Path) -> None:
    store = tmp_path / "bot.db"
    bot, gate = Bot(store=store, grace=0), Gate()

    @bot.on(MessageCreated, when=F.text("^hang"))
    async def first(ctx: Ctx) -> None:
        with ctx.state(Tally) as tally:
            tally.texts.append(ctx.text)
        raise Skip

    bot.on(MessageCreated, when=F.text("^hang"))(gate)
    async with scene.running(bot):
        scene.say("hang")
        await gate.begun.get()
    bot = Bot(store=store)
    heard = noting(bot)
    async with scene.running(bot):
        await scene.fence(bot, scene.chat_id)
    assert heard == ["hang"]


def counting(store: Path) -> tuple[Bot, list[str]]:
    """A bot whose handlers of edits and reactions change a state, so that they leave marks."""
    bot = Bot(store=store)
    heard: list[str] = []

    @bot.on(MessageEdited, ReactionAdded)
    async def count(ctx: Context[MessageEdited] | Context[ReactionAdded]) -> None:
        event = ctx.event
        what = event.reaction.reaction_key if isinstance(event, ReactionAdded) else ctx.text
        with ctx.state(Tally) as tally:
            tally.texts.append(what)
        heard.append(what)

    return bot, heard


async def test_a_second_edit_is_another_event(scene: Scene, tmp_path: Path) -> None:
    store = tmp_path / "bot.db"
    bot, heard = counting(store)
    async with scene.running(bot):
        message = scene.say("draft")
        await scene.fence(bot, scene.chat_id)
        save(bot)
        scene.world.people.edit(scene.chat_id, message["id"], "first")
        await scene.fence(bot, scene.chat_id)
        crashed = as_after_a_crash(store)
    assert heard == ["first"]
    scene.world.people.edit(scene.chat_id, message["id"], "second")
    bot, heard = counting(crashed)
    async with scene.running(bot):
        await scene.fence(bot, scene.chat_id)
    assert heard == ["second"]


async def test_a_mark_is_gone_when_the_same_happens_again(scene: Scene, tmp_path: Path) -> None:
    store = tmp_path / "bot.db"
    people = scene.world.people
    bot, heard = counting(store)
    async with scene.running(bot):
        message = scene.say("Look!")
        await scene.fence(bot, scene.chat_id)
        save(bot)
        people.react(scene.chat_id, message["id"], "🎉")
        await scene.fence(bot, scene.chat_id)
        crashed = as_after_a_crash(store)
    assert heard == ["🎉"]
    bot, heard = counting(crashed)
    async with scene.running(bot):
        await scene.fence(bot, scene.chat_id)
        save(bot)
        people.unreact(scene.chat_id, message["id"], "🎉")
        await scene.fence(bot, scene.chat_id)
        people.react(scene.chat_id, message["id"], "🎉")
        await scene.fence(bot, scene.chat_id)
    assert heard == ["🎉"]
