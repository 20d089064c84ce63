"""Rules: start and end, the outside, and the log."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from beeper_async import (
    APIConnectionError,
    AppStateUpdated,
    AsyncBeeperDesktop,
    AuthenticationError,
    Bot,
    ClientUseError,
    Context,
    Ctx,
    F,
    MessageCreated,
    MissingTokenError,
    NotFoundError,
    PermissionDeniedError,
    Router,
)
from beeper_async.bots import patience, run as run_module
from beeper_async.testing import Simulator

from ..live import DEADLINE, Scene, client_of, settled, until
from .gate import Gate, ended

pytestmark = pytest.mark.asyncio


# -- in good order ------------------------------------------------------------------------------


async def test_hooks_in_their_order(scene: Scene) -> None:
    bot, router = Bot(), Router()
    calls: list[str] = []
    asked = 0

    @bot.hook("startup")
    async def startup() -> None:
        nonlocal asked
        asked = len(scene.sim.requests)
        calls.append("startup")

    @router.hook("startup")
    async def second() -> None:
        calls.append("startup of a router")

    @bot.hook("ready")
    async def ready() -> None:
        assert bot.connected
        await bot.send(scene.chat_id, "here I am")
        calls.append("ready")

    @bot.hook("shutdown")
    async def shutdown() -> None:
        assert len((await bot.client.chats.list()).items) > 0
        calls.append("shutdown")

    @router.hook("shutdown")
    async def first() -> None:
        calls.append("shutdown of a router")

    @bot.command()
    async def last(ctx: Ctx) -> None:
        bot.stop()
        await settled()
        calls.append("handler")

    bot.include(router)
    assert not bot.connected
    async with scene.running(bot) as run:
        scene.say("/last")
        await run
    assert asked == 0
    assert calls == [
        *("startup", "startup of a router", "ready", "handler"),
        *("shutdown of a router", "shutdown"),
    ]


async def test_a_hook_that_fails_ends_the_run(scene: Scene) -> None:
    bot = Bot()
    calls: list[str] = []

    @bot.hook("startup")
    async def startup() -> None:
        raise KeyError("no database")

    @bot.hook("shutdown")
    async def shutdown() -> None:
        calls.append("shutdown")

    with pytest.raises(KeyError, match="no database"):
        await bot.run(scene.client)
    assert calls == []


async def test_a_handler_may_stop_its_bot(scene: Scene) -> None:
    bot = Bot()

    @bot.command()
    async def stop(ctx: Ctx) -> None:
        bot.stop()
        await ctx.reply("bye")

    async with scene.running(bot) as run:
        scene.say("/stop")
        await run
    assert [message["text"] for message in scene.sent()] == ["bye"]


async def test_stopping_before_it_runs(scene: Scene) -> None:
    bot = Bot()
    bot.stop()
    async with asyncio.timeout(DEADLINE):
        await bot.run(scene.client)
    async with scene.running(bot):  # once only
        await scene.fence(bot)


async def test_stopping_while_it_connects(scene: Scene) -> None:
    bot = Bot()
    scene.sim.respond_next(200, path="/v1/info", delay=10 * DEADLINE)
    async with asyncio.timeout(DEADLINE):
        run = asyncio.create_task(bot.run(scene.client))
        await until(lambda: any(one.path == "/v1/info" for one in scene.sim.requests))
        bot.stop()
        await run


async def test_cancelling_leaves_nothing_behind(scene: Scene) -> None:
    before = asyncio.all_tasks()
    bot, gate = Bot(grace=10 * DEADLINE), Gate()
    bot.on(MessageCreated)(gate)
    background = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            background.set()

    async with asyncio.timeout(DEADLINE):
        run = asyncio.create_task(bot.run(scene.client))
        await scene.sim.sockets.subscribers()
        scene.say("one")
        scene.say("two", chat_id=scene.groups[1])
        await gate.begun.get()
        await gate.begun.get()
        bot.spawn(work())
        await asyncio.sleep(0)
        run.cancel()
        await asyncio.wait([run])
        assert run.cancelled()
    assert gate.active == 0
    assert background.is_set()
    left = [t for t in asyncio.all_tasks() - before if "beeper_async/bots" in repr(t)]
    assert left == []


async def test_cancelling_while_it_ends_leaves_no_handler_behind(
    scene: Scene, tmp_path: Path
) -> None:
    bot, gate = Bot(store=tmp_path / "bot.db", grace=10 * DEADLINE), Gate()
    bot.on(MessageCreated, when=F.chat(scene.chat_id))(gate)
    async with asyncio.timeout(DEADLINE):
        run = asyncio.create_task(bot.run(scene.client))
        await scene.sim.sockets.subscribers()
        scene.say("one")
        await gate.begun.get()
        bot.stop()
        await settled()
        run.cancel()
        await asyncio.wait([run])
    assert (run.cancelled(), gate.active) == (True, 0)
    gate.open.set()
    await settled()
    assert gate.ended == []
    assert await scene.heard_by(Bot(store=tmp_path / "bot.db")) == [("one", True)]


async def test_cancelling_it_again_and_again_waits_for_handlers_that_clean_up(
    scene: Scene,
) -> None:
    bot, done = Bot(), asyncio.Event()
    begun: asyncio.Queue[None] = asyncio.Queue()
    cleaned: list[str] = []

    @bot.on(MessageCreated, when=F.chat(scene.chat_id))
    async def handle(ctx: Ctx) -> None:
        begun.put_nowait(None)
        try:
            await asyncio.Event().wait()
        finally:
            await done.wait()
            cleaned.append(ctx.text)

    async with asyncio.timeout(DEADLINE):
        run = asyncio.create_task(bot.run(scene.client))
        await scene.sim.sockets.subscribers()
        scene.say("one")
        await begun.get()
        for _ in range(3):
            run.cancel()
            await settled()
        assert not run.done()
        done.set()
        await asyncio.wait([run])
    assert (run.cancelled(), cleaned) == (True, ["one"])


async def test_a_fault_of_what_it_does_every_second_ends_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would go on without ever saving again."""
    monkeypatch.setattr(run_module, "_SECONDS_BETWEEN_SAVES", 0.01)
    bot = Bot()
    with pytest.raises(ZeroDivisionError):
        async with scene.running(bot):
            assert bot._run is not None
            monkeypatch.setattr(bot._run, "_watch_connection", lambda: 1 // 0)
            await until(lambda: bot._run is None)


async def test_what_is_not_caught_up_is_named(scene: Scene) -> None:
    bot = Bot()
    assert bot.behind == {}
    assert bot.last_gap is None
    async with scene.running(bot):
        assert bot.behind == {}
        scene.sim.fail_chat(scene.chat_id)
        scene.sim.sockets.drop()
        scene.say("missed")
        await until(lambda: scene.chat_id in bot.behind)
        assert "500" in bot.behind[scene.chat_id]
        scene.sim.heal_chat(scene.chat_id)
        await until(lambda: not bot.behind)
        assert bot.last_gap is not None
    assert not bot.behind


async def test_the_end_comes_before_a_handler_has_begun(scene: Scene) -> None:
    """Its task exists, but has not run yet."""
    bot, gate = Bot(grace=0), Gate()
    bot.on(MessageCreated)(gate)
    async with scene.running(bot):
        assert bot._run is not None
        dispatcher = bot._run._dispatcher
        scene.say("one")
        await until(lambda: bool(dispatcher._turns))
        dispatcher.cancel()
    assert gate.begun.empty()
    gate.open.set()
    async with scene.running(bot):
        assert await gate.begun.get() == "one"


async def test_one_run_at_a_time(scene: Scene, tmp_path: Path) -> None:
    store = tmp_path / "bot.db"
    bot = Bot(store=store)
    async with scene.running(bot):
        with pytest.raises(ClientUseError, match="running already"):
            await bot.run(scene.client)
        with pytest.raises(ClientUseError, match="Another bot uses"):
            await Bot(store=store).run(scene.client)
    async with scene.running(Bot(store=store)):
        pass


async def test_the_client_comes_from_the_environment(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = Bot()

    @bot.hook("ready")
    async def ready() -> None:
        bot.stop()

    with pytest.raises(MissingTokenError):
        await bot.run()
    monkeypatch.setenv("BEEPER_ACCESS_TOKEN", scene.sim.token)
    monkeypatch.setenv("BEEPER_BASE_URL", scene.sim.url)
    async with asyncio.timeout(DEADLINE):
        await bot.run()
    with pytest.raises(ClientUseError, match="not running"):
        _ = bot.client


async def test_work_in_the_background_is_logged_and_ends_with_the_bot(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot()

    @bot.command()
    async def start(ctx: Ctx) -> None:
        async def work() -> None:
            raise KeyError(ctx.text)

        ctx.spawn(work())

    async with scene.running(bot):
        scene.say("/start")
        await until(lambda: "work in the background" in caplog.text)
    assert "/start" not in caplog.text
    with pytest.raises(ClientUseError, match="not running"):
        bot.spawn(asyncio.sleep(0))


# -- signals ------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_in_good_order(number: signal.Signals, scene: Scene) -> None:
    def mine(*_: object) -> None: ...

    before = signal.signal(number, mine)
    bot, other = Bot(), Bot()
    gate = Gate()
    bot.on(MessageCreated, when=F.chat(scene.chat_id))(gate)
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
async def test_a_second_ctrl_c_cancels_everything(scene: Scene) -> None:
    bot, gate = Bot(grace=10 * DEADLINE), Gate()
    bot.on(MessageCreated, when=F.chat(scene.chat_id))(gate)
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
async def test_a_second_ctrl_c_ends_a_hook_that_hangs(scene: Scene) -> None:
    bot = Bot()
    hanging = asyncio.Event()

    @bot.hook("shutdown")
    async def shutdown() -> None:
        hanging.set()
        await asyncio.Event().wait()

    async with scene.running(bot) as run:
        bot.stop()
        await hanging.wait()
        os.kill(os.getpid(), signal.SIGINT)
        await run


HANGING = """
import asyncio, os, signal, sys, threading, time
from beeper_async import AsyncBeeperDesktop, Bot, Ctx, MessageCreated

bot = Bot(grace=1000)

@bot.on(MessageCreated)
async def hang(ctx: Ctx) -> None:
    print("hangs", flush=True)
    time.sleep(1000)

async def main():
    async with AsyncBeeperDesktop() as client:
        await bot.run(client)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
async def test_ctrl_c_ends_a_program_whose_loop_hangs(scene: Scene) -> None:
    environment = os.environ | {
        "BEEPER_ACCESS_TOKEN": scene.sim.token,
        "BEEPER_BASE_URL": scene.sim.url,
    }
    command = [sys.executable, "-c", textwrap.dedent(HANGING)]
    process = subprocess.Popen(  # noqa: ASYNC220 - it is waited for in a thread
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        await scene.sim.sockets.subscribers()
        scene.say("now")
        assert (await asyncio.to_thread(process.stdout.readline)).strip() == "hangs"
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)  # at once: a terminal and a parent may send two for one
        await asyncio.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, errors = await asyncio.to_thread(process.communicate, timeout=DEADLINE)
    finally:
        process.kill()
        process.wait()
    assert "KeyboardInterrupt" in errors


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
async def test_what_is_ignored_stays_ignored(scene: Scene) -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        async with scene.running(Bot()):
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


async def test_it_runs_in_other_threads_too(scene: Scene) -> None:
    heard = threading.Event()

    async def elsewhere() -> None:
        async with client_of(scene.sim) as client:
            bot = Bot()

            @bot.command()
            async def stop(ctx: Ctx) -> None:
                heard.set()
                bot.stop()

            await bot.run(client)

    thread = threading.Thread(target=lambda: asyncio.run(elsewhere()))
    thread.start()
    await scene.sim.sockets.subscribers()
    scene.say("/stop")
    await asyncio.to_thread(thread.join, DEADLINE)
    assert heard.is_set()
    assert not thread.is_alive()


# -- the app ------------------------------------------------------------------------------------


async def test_a_refused_token_ends_it_at_once(scene: Scene) -> None:
    async with client_of(scene.sim) as client:
        scene.sim.token = "another"
        with pytest.raises(AuthenticationError):
            await Bot().run(client)


async def test_a_token_without_rights_ends_it_if_the_app_says_so(scene: Scene) -> None:
    scene.sim.scopes = ()
    with pytest.raises(PermissionDeniedError):
        await Bot().run(scene.client)


async def test_a_403_of_something_else_does_not_end_it(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot()
    scene.sim.respond_next(403, text="a proxy", path="/v1/info", times=3, before=True)
    with caplog.at_level(logging.INFO):
        async with scene.running(bot):
            await scene.fence(bot)
    assert caplog.text.count("waits for the app (PermissionDeniedError") == 1


async def test_it_waits_for_an_app_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    sim = Simulator()
    async with sim:
        url = sim.url
    port = int(url.rpartition(":")[2])
    bot, ready = Bot(), asyncio.Event()

    @bot.hook("ready")
    async def listens() -> None:
        ready.set()
        bot.stop()

    async with AsyncBeeperDesktop(base_url=url, access_token=sim.token, max_retries=0) as client:
        with pytest.raises(APIConnectionError):
            await Bot().run(client, wait_for_app=0)
        with caplog.at_level(logging.INFO):
            run = asyncio.create_task(bot.run(client))
            await until(lambda: "waits for the app" in caplog.text)
            await asyncio.sleep(0.5)
            async with Simulator(port=port), asyncio.timeout(DEADLINE):
                await run
    assert ready.is_set()
    warnings = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "bot: listens to" in caplog.text


async def test_it_waits_as_long_as_the_app_asks_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    async def pause(failures: int, wait: float = 0.0) -> None:
        waits.append(wait)
        await asyncio.sleep(0)

    monkeypatch.setattr(patience, "pause", pause)
    async with client_of(scene.sim, max_retries=0) as client:
        scene.sim.respond_next(
            503, headers={"Retry-After": "7"}, path="/v1/info", times=2, before=True
        )
        bot = Bot()
        bot.hook("ready")(_stopping(bot))
        async with asyncio.timeout(DEADLINE):
            await bot.run(client)
    assert waits == [7.0, 7.0]


def _stopping(bot: Bot) -> Callable[[], Coroutine[Any, Any, None]]:
    async def hook() -> None:
        bot.stop()

    return hook


async def test_an_app_that_still_syncs_or_is_too_old_is_waited_for(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot()
    scene.sim.app_version = "4.2.300"
    with caplog.at_level(logging.WARNING), pytest.raises(NotFoundError):
        await bot.run(scene.client, wait_for_app=0)
    scene.sim.app_version = "4.3.73"
    scene.sim.refuse_while_starting(10)
    async with scene.running(bot):
        await scene.fence(bot)
    assert "waits for the app (BadRequestError" in caplog.text


async def test_a_token_that_is_revoked_lets_handlers_finish(scene: Scene) -> None:
    bot, gate = Bot(), Gate()
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


async def test_a_lost_connection_loses_nothing_and_is_reported(
    scene: Scene, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = Bot()
    heard: list[str] = []

    @bot.on(MessageCreated)
    async def note(ctx: Ctx) -> None:
        heard.append(ctx.text)

    with caplog.at_level(logging.INFO):
        async with scene.running(bot):
            run = bot._run
            assert run is not None
            scene.say("one")
            await scene.fence(bot, scene.chat_id)
            scene.sim.sockets.drop()
            await until(lambda: not bot.connected)
            run._watch_connection()
            run._watch_connection()
            scene.say("two")
            await scene.sim.sockets.subscribers()
            scene.say("three")
            await scene.fence(bot, scene.chat_id)
            run._watch_connection()
            assert bot.connected
    assert heard == ["one", "two", "three"]
    assert caplog.text.count("the app is away") == 1
    assert caplog.text.count("listens again") == 1


async def test_a_stream_that_fails_is_opened_again(
    scene: Scene, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = Bot()
    heard: list[str] = []
    calls: list[str] = []

    @bot.hook("ready")
    async def ready() -> None:
        calls.append("ready")

    @bot.on(MessageCreated)
    async def note(ctx: Ctx) -> None:
        heard.append(ctx.text)

    async with scene.running(bot):
        run = bot._run
        assert run is not None
        scene.say("one")
        await scene.fence(bot, scene.chat_id)
        assert run._feed is not None
        old = run._feed
        try:
            await scene.client.chats.retrieve("!nosuch:chat")
        except NotFoundError as error:
            old._outbox.end(error)
        scene.say("two")
        await until(lambda: run._feed is not None and run._feed is not old)
        scene.say("three")
        await scene.fence(bot, scene.chat_id)
    assert heard == ["one", "two", "three"]
    assert calls == ["ready"]
    assert "the events have ended (NotFoundError)" in caplog.text


async def test_events_of_the_app_on_demand(scene: Scene) -> None:
    bot = Bot()
    states: asyncio.Queue[str] = asyncio.Queue()

    @bot.on(AppStateUpdated)
    async def note(ctx: Context[AppStateUpdated]) -> None:
        with pytest.raises(ClientUseError, match="not about a chat"):
            _ = ctx.chat_id
        states.put_nowait(ctx.event.state.state)

    async with scene.running(bot):
        scene.sim.world.setup.reset()
        assert await states.get() == "needs-login"
