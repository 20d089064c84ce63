"""Bots: how they end, what they remember, and that nothing is lost between two runs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading

import pytest

from beeper_async import AuthenticationError, ClientUseError, NotFoundError
from beeper_async.bots import dispatch
from beeper_async.bots.bot import Bot, Context
from beeper_async.bots.handlers import handler
from beeper_async.bots.selves import Selves
from beeper_async.events.checkpoint import Checkpoint
from beeper_async.events.kinds import AppStateUpdated, MessageCreated
from beeper_async.events.waiters import Waiters

from ..live import DEADLINE, NOON, Scene, client_of, message, settled, until
from .gate import Gate, ended

pytestmark = pytest.mark.asyncio


# -- ending in good order -----------------------------------------------------------------------


async def test_who_is_at_work_finishes_and_the_rest_comes_next_time(scene: Scene) -> None:
    bot = Bot(scene.client)
    gate = Gate()
    bot.on(MessageCreated, in_chat=scene.chat_id)(gate)
    async with scene.running(bot) as run:
        scene.say("one")
        scene.say("two")
        await gate.begun.get()
        await scene.fence(bot)
        bot.stop()
        bot.stop()  # once more does nothing
        await settled()
        assert not run.done()
        gate.open.set()
    assert (gate.ended, gate.begun.empty()) == (["one"], True)
    scene.say("three")
    again = Bot(scene.client, since=bot.checkpoint())
    assert await scene.heard_by(again) == [("two", True), ("three", True)]


async def test_after_the_grace_time_handlers_are_cancelled_and_come_again(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot(scene.client, grace=0)
    gate = Gate()
    bot.on(MessageCreated, in_chat=scene.chat_id)(gate)
    async with scene.running(bot):
        scene.say("one")
        await gate.begun.get()
    assert (gate.active, gate.ended) == (0, [])
    assert "1 handlers are cancelled after 0 s" in caplog.text
    again = Bot(scene.client, since=bot.checkpoint())
    assert await scene.heard_by(again) == [("one", True)]


async def test_who_only_waits_is_not_waited_for(scene: Scene) -> None:
    bot = Bot(scene.client, grace=10 * DEADLINE, concurrency=1)
    asked = asyncio.Event()

    @bot.command("order")
    async def order(ctx: Context[MessageCreated]) -> None:
        asked.set()
        await ctx.wait_for(MessageCreated, timeout=10 * DEADLINE)

    async with scene.running(bot):
        scene.say("/order")
        await asked.wait()
    again = Bot(scene.client, since=bot.checkpoint())
    assert await scene.heard_by(again) == [("/order", True)]


async def test_a_handler_may_stop_its_bot(scene: Scene) -> None:
    bot = Bot(scene.client)

    @bot.command("stop")
    async def stop(ctx: Context[MessageCreated]) -> None:
        bot.stop()
        await ctx.reply("bye")

    async with scene.running(bot) as run:
        scene.say("/stop")
        await run
    assert [message["text"] for message in scene.sent()] == ["bye"]
    assert await scene.heard_by(Bot(scene.client, since=bot.checkpoint())) == []


async def test_cancelling_leaves_nothing_behind(scene: Scene) -> None:
    before = asyncio.all_tasks()
    bot = Bot(scene.client, grace=10 * DEADLINE)
    gate = Gate()
    bot.on(MessageCreated)(gate)
    async with asyncio.timeout(DEADLINE):
        run = asyncio.create_task(bot.run())
        await scene.sim.sockets.subscribers()
        scene.say("one")
        scene.say("two", chat_id=scene.groups[1])
        await gate.begun.get()
        await gate.begun.get()
        run.cancel()
        await asyncio.wait([run])
        assert run.cancelled()
    assert gate.active == 0
    # The simulator, in the same loop, has a task for each connection that is open.
    left = [t for t in asyncio.all_tasks() - before if "beeper_async/" in repr(t)]
    assert left == []


async def test_stopping_while_it_connects(scene: Scene) -> None:
    bot = Bot(scene.client)
    scene.sim.respond_next(200, path="/v1/info", delay=10 * DEADLINE)
    async with asyncio.timeout(DEADLINE):
        run = asyncio.create_task(bot.run())
        await until(lambda: bool(scene.sim.requests))
        bot.stop()
        await run
    with pytest.raises(ClientUseError, match="has not run"):
        bot.checkpoint()


async def test_a_bot_runs_again_from_where_it_ended(scene: Scene) -> None:
    bot = Bot(scene.client)
    heard: list[str] = []

    @bot.on(MessageCreated)
    async def note(ctx: Context[MessageCreated]) -> None:
        heard.append(ctx.text)

    async with scene.running(bot):
        scene.say("one")
        await scene.fence(bot)
        with pytest.raises(ClientUseError, match="already"):
            await bot.run()
    scene.say("two")
    async with scene.running(bot):
        pass
    assert heard == ["one", "two"]


# -- signals ------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_in_good_order(number: signal.Signals, scene: Scene) -> None:
    def mine(*_: object) -> None: ...

    before = signal.signal(number, mine)
    bot, other = Bot(scene.client), Bot(scene.client)
    gate = Gate()
    bot.on(MessageCreated, in_chat=scene.chat_id)(gate)
    async with scene.running(bot) as run, scene.running(other) as other_run:
        scene.say("one")
        await gate.begun.get()
        os.kill(os.getpid(), number)
        await other_run
        assert not run.done()
        gate.open.set()
        await run
    assert gate.ended == ["one"]
    assert signal.signal(number, before) is mine


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
async def test_a_second_ctrl_c_cancels_at_once(scene: Scene) -> None:
    bot = Bot(scene.client, grace=10 * DEADLINE)
    gate = Gate()
    bot.on(MessageCreated, in_chat=scene.chat_id)(gate)
    async with scene.running(bot) as run:
        scene.say("one")
        await gate.begun.get()
        os.kill(os.getpid(), signal.SIGINT)
        await settled()
        assert not run.done()
        os.kill(os.getpid(), signal.SIGINT)
        await run
    assert (gate.ended, gate.active) == ([], 0)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
async def test_what_is_ignored_stays_ignored(scene: Scene) -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        async with scene.running(Bot(scene.client)):
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


async def test_it_runs_in_other_threads_too(scene: Scene) -> None:
    heard = threading.Event()

    async def elsewhere() -> None:
        async with client_of(scene.sim) as client:
            bot = Bot(client)

            @bot.command("stop")
            async def stop(ctx: Context[MessageCreated]) -> None:
                heard.set()
                bot.stop()

            await bot.run()

    thread = threading.Thread(target=lambda: asyncio.run(elsewhere()))
    thread.start()
    await scene.sim.sockets.subscribers()
    scene.say("/stop")
    await asyncio.to_thread(thread.join, DEADLINE)
    assert heard.is_set()
    assert not thread.is_alive()


# -- failures of the stream ---------------------------------------------------------------------


async def test_a_refused_token(scene: Scene) -> None:
    async with client_of(scene.sim) as client:
        scene.sim.token = "another"
        with pytest.raises(AuthenticationError):
            await Bot(client).run()


async def test_an_app_without_live_events(scene: Scene) -> None:
    scene.sim.app_version = "4.2.300"
    with pytest.raises(NotFoundError):
        await Bot(scene.client).run()


async def test_a_token_that_is_revoked_lets_handlers_finish(scene: Scene) -> None:
    bot = Bot(scene.client)
    gate = Gate()
    bot.on(MessageCreated)(gate)
    with pytest.raises(AuthenticationError):
        async with scene.running(bot) as run:
            scene.say("one")
            await gate.begun.get()
            scene.sim.token = "another"
            scene.sim.sockets.drop()
            await settled()
            gate.open.set()
            assert isinstance(await ended(run), AuthenticationError)
    assert gate.ended == ["one"]


async def test_a_lost_connection_loses_nothing(scene: Scene) -> None:
    bot = Bot(scene.client)
    heard: list[str] = []

    @bot.on(MessageCreated)
    async def note(ctx: Context[MessageCreated]) -> None:
        heard.append(ctx.text)

    async with scene.running(bot):
        scene.say("one")
        scene.sim.sockets.drop()
        scene.say("two")
        await scene.sim.sockets.subscribers()
        scene.say("three")
        await scene.fence(bot, scene.chat_id)
    assert heard == ["one", "two", "three"]


async def test_events_of_the_app_on_demand(scene: Scene) -> None:
    bot = Bot(scene.client)
    states: asyncio.Queue[str] = asyncio.Queue()

    @bot.on(AppStateUpdated)
    async def note(ctx: Context[AppStateUpdated]) -> None:
        with pytest.raises(ClientUseError, match="not about a chat"):
            _ = ctx.chat_id
        states.put_nowait(ctx.event.state.state)

    async with scene.running(bot):
        scene.sim.world.setup.reset()
        assert await states.get() == "needs-login"


# -- the bound ----------------------------------------------------------------------------------


class Stream:
    """A stream that hands out what is there, without ever waiting."""

    def __init__(self, count: int) -> None:
        self.handed_out = 0
        self._count = count

    def opened(self, *_: object, **__: object) -> Stream:
        return self

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(NOON)

    async def __aenter__(self) -> Stream:
        return self

    async def __aexit__(self, *_: object) -> None: ...

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> MessageCreated:
        if self.handed_out == self._count:
            raise StopAsyncIteration
        self.handed_out += 1
        return MessageCreated(message=message(self.handed_out, text=str(self.handed_out)))


async def test_a_slow_chat_holds_the_stream_back_in_the_end(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Stream(500)
    monkeypatch.setattr(dispatch, "MOST_WAITING", 20)
    monkeypatch.setattr(scene.client, "events", stream.opened)
    bot = Bot(scene.client)
    gate = Gate()
    bot.on(MessageCreated)(gate)
    async with asyncio.timeout(DEADLINE):
        run = asyncio.create_task(bot.run())
        await gate.begun.get()
        await settled()
        assert stream.handed_out == 20
        gate.open.set()
        await run
    assert gate.ended == [str(number) for number in range(1, 501)]


async def test_a_fast_stream_starves_nobody(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream(100_000)
    monkeypatch.setattr(scene.client, "events", stream.opened)
    bot = Bot(scene.client)
    async with asyncio.timeout(DEADLINE):
        run = asyncio.create_task(bot.run())
        await settled()
        bot.stop()
        await run
    assert 0 < stream.handed_out < 100_000


async def test_the_end_comes_before_a_handler_has_begun(scene: Scene) -> None:
    """Its task exists, but has not had a turn yet."""
    gate, done = Gate(), list[object]()
    note = handler(gate, MessageCreated, in_chat=None, matches=None, own=False)
    events = dispatch.Dispatcher(
        scene.client,
        [note],
        Waiters(),
        on_done=done.append,
        concurrency=1,
        selves=Selves(scene.client),
    )
    events.take(MessageCreated(message=message()))
    async with asyncio.timeout(DEADLINE):
        await events.finish(10 * DEADLINE)
    assert (gate.begun.empty(), done, events.is_idle) == (True, [], False)
