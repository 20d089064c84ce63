"""Rule: jobs. They are events in the lane of their chat, run at least once, and are kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import define

from beeper_async import (
    APIConnectionError,
    Bot,
    Context,
    Ctx,
    Event,
    InvalidInputError,
    MessageCreated,
    TimeUp,
)
from beeper_async._response import RequestInfo
from beeper_async.bots.handlers import JobHandler, Scope, job_handler
from beeper_async.bots.job import Row
from beeper_async.bots.scheduler import Scheduler, next_time

from ..live import Scene, settled, until
from .gate import Gate
from .rig import TurnedClock, as_after_a_crash, save, with_clock

pytestmark = pytest.mark.asyncio


@define
class Gift:
    name: str
    price: float


def texts(scene: Scene) -> list[str]:
    return [message["text"] for message in scene.sent()]


async def ring(ctx: Context[TimeUp], text: str, *gifts: Gift, times: int = 1) -> None:
    more = "".join(f" {gift.name}" for gift in gifts)
    await ctx.reply(f"{text}{more}" * times)


def reminder(store: Path | None = None, clock: TurnedClock | None = None) -> Bot:
    """A bot that reminds people, and lists and cancels what is planned."""
    bot = Bot(store=store, sends_per_minute=None)
    if clock is not None:
        bot.clock = clock

    bot.job(ring)

    @bot.command()
    async def remind(ctx: Ctx, delay: str, *, text: str) -> None:
        job = ctx.after(delay, ring, text)
        await ctx.reply(job.short)

    @bot.command()
    async def listed(ctx: Ctx) -> None:
        await ctx.reply(" ".join(f"{job.short} {job.argument('text')}" for job in ctx.jobs()))

    @bot.command()
    async def cancel(ctx: Ctx, number: int) -> None:
        await ctx.reply(str(ctx.cancel(number)))

    @bot.command()
    async def gifts(ctx: Ctx) -> None:
        ctx.after(60, ring, "for", Gift("Ann", 1.5), Gift("Bob", 2), times=2)

    return bot


async def test_a_job_answers_the_message_of_then(scene: Scene) -> None:
    bot = reminder(clock=TurnedClock())
    clock = bot.clock
    assert isinstance(clock, TurnedClock)
    async with scene.running(bot):
        said = scene.say("/remind 10m buy  milk")
        await scene.fence(bot, scene.chat_id)
        await clock.advance(599)
        assert texts(scene) == ["#1"]
        await clock.advance(2)
        await until(lambda: len(scene.sent()) == 2)
        assert bot.jobs() == []
    assert scene.sent()[-1]["text"] == "buy  milk"
    assert scene.sent()[-1]["linkedMessageID"] == said["id"]


async def test_arguments_of_all_kinds(scene: Scene) -> None:
    bot = reminder(clock=TurnedClock())
    clock = bot.clock
    assert isinstance(clock, TurnedClock)
    async with scene.running(bot):
        scene.say("/gifts")
        await scene.fence(bot, scene.chat_id)
        await clock.advance(61)
        await until(lambda: bool(scene.sent()))
    assert texts(scene) == ["for Ann Bobfor Ann Bob"]


async def test_listing_and_cancelling_only_in_the_chat(scene: Scene) -> None:
    bot = reminder(clock=TurnedClock())
    other = scene.groups[1]
    async with scene.running(bot):
        scene.say("/remind 1h there", chat_id=other)
        await scene.fence(bot, other)
        for text in ("/remind 2h late", "/remind 1h soon", "/listed"):
            scene.say(text)
        for text in ("/cancel 1", "/cancel 2", "/cancel 2", "/listed"):
            scene.say(text)
        await scene.fence(bot, scene.chat_id)
        assert [job.id for job in bot.jobs()] == [1, 3]
    assert texts(scene) == ["#2", "#3", "#3 soon #2 late", "False", "True", "False", "#3 soon"]


async def test_jobs_are_kept_and_missed_ones_run_at_the_start(scene: Scene, tmp_path: Path) -> None:
    store, clock = tmp_path / "bot.db", TurnedClock()
    bot = reminder(store, clock)
    async with scene.running(bot):
        scene.say("/remind 10m one")
        scene.say("/remind 3h two")
        await scene.fence(bot, scene.chat_id)
    await clock.advance(3600)
    assert len(scene.sent()) == 2
    bot = reminder(store, clock)
    async with scene.running(bot):
        await until(lambda: len(scene.sent()) == 3)
        await clock.advance(7200)
        await until(lambda: len(scene.sent()) == 4)
        scene.say("/remind 1h three")
        await scene.fence(bot, scene.chat_id)
    assert texts(scene) == ["#1", "#2", "one", "two", "#3"]


async def test_a_job_that_was_at_work_in_a_crash_runs_again(scene: Scene, tmp_path: Path) -> None:
    store, clock, gate = tmp_path / "bot.db", TurnedClock(), Gate()
    runs: list[int] = []

    def bot_of(store: Path) -> Bot:
        bot = Bot(store=store, grace=0)
        bot.clock = clock

        async def work(ctx: Context[TimeUp]) -> None:
            runs.append(ctx.event.job_id)
            await gate.open.wait()

        work.__qualname__ = "work"
        bot.job(work)

        @bot.command()
        async def plan(ctx: Ctx) -> None:
            ctx.after(0, work)

        return bot

    bot = bot_of(store)
    async with scene.running(bot):
        scene.say("/plan")
        await until(lambda: bool(runs))
        save(bot)
        crashed = as_after_a_crash(store)
    bot = bot_of(crashed)
    gate.open.set()
    async with scene.running(bot):
        await until(lambda: len(runs) == 2)
        await settled()
        assert bot.jobs() == []
    assert runs == [1, 1]


async def test_a_repeated_handler_plans_nothing_twice(scene: Scene, tmp_path: Path) -> None:
    store, clock = tmp_path / "bot.db", TurnedClock()
    gate = Gate()

    def bot_of(*, holds: bool) -> Bot:
        bot = Bot(store=store, grace=0)
        bot.clock = clock

        async def work(ctx: Context[TimeUp], number: int) -> None: ...

        work.__qualname__ = "work"
        bot.job(work)

        async def plan(ctx: Ctx) -> None:
            ctx.after("2000w", work, 1)
            ctx.after("2000w", work, 2)
            if holds:
                assert bot._run is not None
                # As if the store had the jobs, and not the mark that the handler is done.
                rows = bot._run.scheduler.rows
                bot._run.records.commit(set(), list(rows), [], lambda: None)
                await gate(ctx)

        plan.__qualname__ = "plan"
        bot.command("plan")(plan)
        return bot

    bot = bot_of(holds=True)
    async with scene.running(bot):
        scene.say("/plan")
        await gate.begun.get()
    bot = bot_of(holds=False)
    async with scene.running(bot):
        await scene.fence(bot, scene.chat_id)
        assert [job.argument("number") for job in bot.jobs()] == [1, 2]


async def test_a_delay_counts_from_the_message_if_it_is_handled_late(
    scene: Scene, tmp_path: Path
) -> None:
    store, clock = tmp_path / "bot.db", TurnedClock()
    async with scene.running(reminder(store, clock)):
        pass
    said = scene.say("/remind 100d late")
    scene.say("/remind 1m too late")
    at = datetime.fromisoformat(said["timestamp"])
    assert at < clock.now()
    bot = reminder(store, clock)
    async with scene.running(bot):
        await scene.fence(bot, scene.chat_id)
        await until(lambda: "too late" in texts(scene))
        (job,) = bot.jobs()
        assert job.due == at + timedelta(days=100)


def failing(bot: Bot, errors: list[BaseException | None]) -> Callable[..., Any]:
    @bot.job
    async def work(ctx: Context[TimeUp]) -> None:
        error = errors.pop(0)
        if error is not None:
            raise error

    @bot.command()
    async def plan(ctx: Ctx) -> None:
        ctx.after(0, work)

    return work


async def test_a_transient_failure_is_tried_again_later(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot()
    clock = with_clock(bot)

    @bot.job
    async def work(ctx: Context[TimeUp]) -> None:
        await ctx.client.chats.retrieve(scene.chat_id)
        await ctx.reply("done")

    @bot.command()
    async def plan(ctx: Ctx) -> None:
        ctx.after(0, work)

    async with scene.running(bot):
        scene.sim.respond_next(503, path=f"/v1/chats/{scene.chat_id}", times=6)
        scene.say("/plan")
        await until(lambda: "again in 30 s" in caplog.text)
        (job,) = bot.jobs()
        assert (job.tries, job.due) == (1, clock.now() + timedelta(seconds=30))
        await clock.advance(29)
        assert "again in 60 s" not in caplog.text
        await clock.advance(2)
        await until(lambda: "again in 60 s" in caplog.text)
        await clock.advance(61)
        await until(lambda: texts(scene) == ["done"])
        await settled()
        assert bot.jobs() == []


async def test_what_runs_by_itself_is_not_later_because_it_has_failed(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot()
    clock = with_clock(bot)
    failures: list[Exception] = []

    @bot.every("10s")
    async def work(ctx: Context[TimeUp]) -> None:
        try:
            await ctx.client.chats.retrieve(scene.chat_id)
        except Exception as error:
            failures.append(error)
            raise

    async with scene.running(bot):
        scene.sim.respond_next(503, path=f"/v1/chats/{scene.chat_id}", times=100)
        await clock.advance(11)
        await until(lambda: "again in 30 s" in caplog.text)
        (job,) = bot.jobs()
        assert job.due <= clock.now() + timedelta(seconds=10)
        assert job.tries == len(failures) == 1


async def test_a_job_at_work_can_not_be_cancelled(scene: Scene) -> None:
    bot = Bot()
    with_clock(bot)
    results: list[bool] = []

    @bot.job
    async def work(ctx: Context[TimeUp]) -> None:
        (job,) = ctx.jobs()
        results.append(ctx.cancel(job.id))

    @bot.command()
    async def plan(ctx: Ctx) -> None:
        ctx.after(0, work)

    async with scene.running(bot):
        scene.say("/plan")
        await until(lambda: bool(results))
    assert results == [False]


async def test_after_a_day_of_failures_it_is_given_up() -> None:
    row = Row(1, "key", "work", "{}", 0.0, tries=23)
    scheduler = Scheduler(TurnedClock(), [row], 1, lambda row: None)
    away = APIConnectionError("away", request=RequestInfo("call", "GET", "/"))
    assert scheduler.may_retry(row, away)
    row.tries += 1
    assert not scheduler.may_retry(row, away)


async def test_any_other_failure_goes_to_the_error_handlers_and_ends_it(scene: Scene) -> None:
    bot = Bot()
    with_clock(bot)
    caught: list[str] = []

    @bot.error(KeyError)
    async def error(ctx: Context[Event], error: KeyError) -> None:
        assert isinstance(ctx.event, TimeUp)
        caught.append(ctx.event.name.rpartition(".")[2])

    failing(bot, [KeyError()])
    async with scene.running(bot):
        scene.say("/plan")
        await until(lambda: bool(caught))
        await settled()
        assert bot.jobs() == []
    assert caught == ["work"]


async def test_an_unknown_outcome_is_no_reason_to_send_again(scene: Scene) -> None:
    bot = Bot()
    with_clock(bot)
    caught: list[str] = []

    @bot.error(Exception)
    async def error(ctx: Context[Event], error: Exception) -> None:
        caught.append(type(error).__name__)

    @bot.job
    async def work(ctx: Context[TimeUp]) -> None:
        await ctx.reply("once")

    @bot.command()
    async def plan(ctx: Ctx) -> None:
        ctx.after(0, work)

    path = f"/v1/chats/{scene.chat_id}/messages"
    async with scene.running(bot):
        scene.sim.drop_next(method="POST", path=path)
        scene.say("/plan")
        await until(lambda: bool(caught))
        await settled()
        assert bot.jobs() == []
    assert (caught, texts(scene)) == (["LostResponseError"], ["once"])


async def test_a_job_waits_for_its_turn_in_the_chat(scene: Scene) -> None:
    bot = Bot()
    clock = with_clock(bot)
    gate, ran = Gate(), list[str]()
    bot.on(MessageCreated)(gate)

    @bot.job
    async def work(ctx: Context[TimeUp]) -> None:
        ran.append(ctx.chat_id)
        await ctx.ask("Well?")

    @bot.command()
    async def plan(ctx: Ctx) -> None:
        ctx.after(10, work)

    async with scene.running(bot):
        scene.say("/plan")
        await scene.fence(bot, scene.chat_id)
        scene.say("hold")
        await gate.begun.get()
        await clock.advance(20)
        assert ran == []
        gate.open.set()
        await until(lambda: bool(ran))
        await until(lambda: texts(scene) == ["Well?"])


async def test_a_job_that_is_cancelled_while_it_waits_for_its_turn_does_not_run(
    scene: Scene,
) -> None:
    bot = Bot()
    clock = with_clock(bot)
    gate, ran = Gate(), list[str]()

    @bot.job
    async def work(ctx: Context[TimeUp]) -> None:
        ran.append(ctx.chat_id)

    @bot.command()
    async def plan(ctx: Ctx) -> None:
        job = ctx.after(10, work)
        await gate(ctx)
        assert ctx.cancel(job.id)

    async with scene.running(bot):
        scene.say("/plan")
        await gate.begun.get()
        await clock.advance(20)
        gate.open.set()
        await scene.fence(bot, scene.chat_id)
    assert ran == []


async def test_regular_jobs(scene: Scene, tmp_path: Path) -> None:
    store, clock = tmp_path / "bot.db", TurnedClock()

    def bot_of(span: str) -> tuple[Bot, list[str], Any]:
        bot = Bot(store=store)
        bot.clock = clock
        runs: list[str] = []

        async def often(ctx: Context[TimeUp]) -> None:
            runs.append(f"often {ctx.event.due:%H:%M}")

        async def first(ctx: Context[TimeUp]) -> None:
            runs.append("first")

        for call in (often, first):
            call.__qualname__ = call.__name__
        bot.every(span)(often)
        bot.every("1d", at_start=True)(first)
        return bot, runs, often

    bot, runs, often = bot_of("10m")
    async with scene.running(bot):
        await until(lambda: runs == ["first"])
        await clock.advance(601)
        await until(lambda: runs == ["first", "often 12:10"])
        bot.now(often)
        await until(lambda: len(runs) == 3)
    await clock.advance(7200)  # twelve are missed: it runs once
    bot, runs, often = bot_of("10m")
    async with scene.running(bot):
        await until(lambda: len(runs) == 1)
        await clock.advance(601)
        await until(lambda: len(runs) == 2)
    bot, runs, often = bot_of("1m")  # a shorter interval holds at once
    async with scene.running(bot):
        await clock.advance(61)
        await until(lambda: len(runs) == 1)
        assert {job.name for job in bot.jobs()} == {
            f"{__name__}.often",
            f"{__name__}.first",
        }
    async with scene.running(Bot(store=store)) as _:
        pass
    bot = Bot(store=store)
    async with scene.running(bot):
        assert bot.jobs() == []
        with pytest.raises(InvalidInputError, match="not registered with `every`"):
            bot.now(often)


async def test_jobs_of_a_function_that_is_gone_are_kept(
    scene: Scene, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, clock = tmp_path / "bot.db", TurnedClock()
    bot = reminder(store, clock)
    async with scene.running(bot):
        scene.say("/remind 1m one")
        scene.say("/remind 1m two")
        await scene.fence(bot, scene.chat_id)
    await clock.advance(120)
    bot = Bot(store=store)
    bot.clock = clock
    with caplog.at_level(logging.WARNING):
        async with scene.running(bot):
            await until(lambda: "test_jobs.ring" in caplog.text)
            await settled()
            assert len(bot.jobs()) == 2
    assert caplog.text.count("there is no such job") == 1
    async with scene.running(reminder(store, clock)):
        await until(lambda: len(scene.sent()) == 4)


async def test_what_can_not_be_planned(scene: Scene) -> None:
    bot = Bot()
    with_clock(bot)
    done = asyncio.Event()

    async def stranger(ctx: Context[TimeUp]) -> None: ...

    @bot.job
    async def work(ctx: Context[TimeUp], number: int) -> None: ...

    @bot.command()
    async def plan(ctx: Ctx) -> None:
        with pytest.raises(InvalidInputError, match="is no job"):
            ctx.after(1, stranger)
        with pytest.raises(InvalidInputError, match="can't be called like this"):
            ctx.after(1, work)  # type: ignore[call-arg]
        with pytest.raises(InvalidInputError, match="can't be stored"):
            ctx.after(1, work, object())  # type: ignore[arg-type]
        with pytest.raises(InvalidInputError, match="delay must be a length"):
            ctx.after("soon", work, 1)
        done.set()

    async with scene.running(bot):
        scene.say("/plan")
        await done.wait()
        assert bot.jobs() == []


def regular(**options: Any) -> JobHandler:
    async def work(ctx: Context[TimeUp]) -> None: ...

    return job_handler(work, Scope(None), **options)


async def test_the_next_time() -> None:
    now = datetime(2026, 5, 11, 12, 0, tzinfo=UTC)
    every = regular(every=600.0)
    assert next_time(every, now) == now + timedelta(minutes=10)
    last = now - timedelta(minutes=25)
    assert next_time(every, now, last) == now + timedelta(minutes=5)
    for hour, minute in ((0, 0), (12, 0), (23, 59)):
        daily = next_time(regular(daily=(hour, minute)), now)
        assert timedelta(0) < daily - now <= timedelta(days=1)
        assert (daily.astimezone().hour, daily.astimezone().minute) == (hour, minute)
