"""The shared event loop thread: leases, exit, garbage collection, Ctrl-C and fork.

What ends or copies a process is tried in a subprocess, whose stderr must stay empty in dev mode
with all warnings turned into errors.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from beeper_sync import portal
from beeper_sync.portal import Lease, ReleasedError

ROOT = Path(__file__).parents[2]
TIMEOUT = 60  # seconds after which something that should have ended counts as hanging
COMMAND = [sys.executable, "-X", "dev", "-W", "error"]

PREAMBLE = """
import asyncio, logging, os, signal, sys, threading
from beeper_sync import portal
from beeper_sync.portal import Lease

logging.getLogger("asyncio").setLevel(logging.ERROR)  # a slow machine is no failure

def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

async def echo(value):
    return value

async def say_cleanup():
    say("cleanup")
"""

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


def run_script(script: str, *flags: str, before: str = "") -> list[str]:
    """Run the script, which must succeed and be silent on stderr; return what it printed."""
    process = subprocess.Popen(
        [*COMMAND, *flags, "-c", before + PREAMBLE + textwrap.dedent(script)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        # Its forked children hold the pipes too.
        os.killpg(process.pid, signal.SIGKILL)
        output, errors = process.communicate()
        pytest.fail(f"the script hangs after {output!r}\n{errors}")
    assert (process.returncode, errors) == (0, "")
    return output.splitlines()


def run_forking_script(script: str) -> list[str]:
    return run_script(script, "-W", "ignore:This process:DeprecationWarning")


@pytest.fixture
def lease() -> Iterator[Lease]:
    lease = Lease()
    yield lease
    lease.release()


async def echo(value: object, *, times: int = 1) -> list[object]:
    return [value] * times


async def current_thread() -> threading.Thread:
    return threading.current_thread()


async def current_loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


class Recorder:
    """Something that lives in the loop thread."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.cleaned = threading.Event()
        self.started = threading.Event()

    async def clean(self) -> None:
        await asyncio.sleep(0)
        self.events.append("cleaned")
        self.cleaned.set()

    async def sleep(self) -> None:
        self.started.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            self.events.append("ended")


def test_calls_pass_arguments_and_results(lease: Lease) -> None:
    assert lease.call(echo, "a", times=2) == ["a", "a"]


def test_calls_in_a_row_keep_the_loop(lease: Lease) -> None:
    loop, thread = lease.call(current_loop), lease.call(current_thread)
    for _ in range(3):
        assert lease.call(current_loop) is loop
        assert lease.call(current_thread) is thread
    assert thread is not threading.current_thread()


def test_threads_call_at_the_same_time(lease: Lease) -> None:
    async def meet(number: int) -> int:
        await barrier.wait()
        return number

    async def make_barrier() -> asyncio.Barrier:
        return asyncio.Barrier(8)

    barrier = lease.call(make_barrier)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(lease.call, meet, number) for number in range(80)]
        assert [call.result(TIMEOUT) for call in calls] == list(range(80))


def test_leases_share_a_thread_until_the_last_release() -> None:
    first, second = Lease(), Lease()
    thread = first.call(current_thread)
    assert second.call(current_thread) is thread
    first.release()
    assert second.call(current_thread) is thread
    second.release()
    assert not thread.is_alive()
    assert not [t for t in threading.enumerate() if "portal" in t.name]


def test_a_lease_after_the_last_release_starts_a_thread(lease: Lease) -> None:
    lease.release()
    later = Lease()
    assert later.call(echo, 1) == [1]
    later.release()


def test_call_inside_a_running_loop(lease: Lease) -> None:
    async def main() -> list[object]:
        assert lease.call(current_loop) is not asyncio.get_running_loop()
        return lease.call(echo, 1)

    assert asyncio.run(main()) == [1]


@pytest.mark.parametrize("blocking", ["call", "release", "lease"])
def test_blocking_the_loop_thread_is_refused(lease: Lease, blocking: str) -> None:
    async def block() -> None:
        if blocking == "call":
            lease.call(echo, 1)
        elif blocking == "release":
            lease.release()
        else:
            Lease()

    with pytest.raises(RuntimeError, match="from the event loop thread"):
        lease.call(block)
    assert lease.call(echo, 1) == [1]


def test_the_coroutine_sees_the_context_of_the_caller(lease: Lease) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")

    async def get() -> str:
        return variable.get()

    for value in ("a", "b"):
        variable.set(value)
        assert lease.call(get) == value


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), KeyboardInterrupt()])
def test_an_exception_reaches_the_caller(lease: Lease, error: BaseException) -> None:
    async def culprit() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        lease.call(culprit)
    assert caught.value is error
    frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert "culprit" in frames
    assert frames[0] == "test_an_exception_reaches_the_caller"
    assert lease.call(echo, 1) == [1]


def test_an_exception_before_the_first_await_reaches_the_caller(lease: Lease) -> None:
    with pytest.raises(TypeError, match="unexpected keyword"):
        lease.call(echo, 1, wrong=2)  # type: ignore[call-arg]


def test_a_coroutine_cancelled_by_a_third_party_cancels_no_caller(lease: Lease) -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    async def main() -> str:
        with pytest.raises(concurrent.futures.CancelledError) as caught:
            lease.call(cancelled)
        assert isinstance(caught.value, Exception)
        return "not cancelled"

    assert asyncio.run(main()) == "not cancelled"


def test_a_call_leaves_no_reference_behind(lease: Lease) -> None:
    class Argument:
        pass

    references: list[weakref.ref[object]] = []

    async def fail(argument: Argument) -> None:
        references.extend([weakref.ref(argument), weakref.ref(asyncio.current_task())])
        raise ValueError

    gc.disable()
    try:
        with contextlib.suppress(ValueError):
            lease.call(fail, Argument())
        lease.call(echo, 1)
        assert [reference() for reference in references] == [None, None]
    finally:
        gc.enable()


@pytest.mark.parametrize("moment", ["before the start", "after the end"])
def test_an_interruption_outside_the_coroutine(
    lease: Lease,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    moment: str,
) -> None:
    """The caller does not wait for a coroutine that never starts, or that has ended."""

    async def run() -> None:
        ran.append(True)
        asyncio.get_running_loop().call_soon(ended.set)

    def interrupted(callback: Callable[[], None]) -> None:
        monkeypatch.undo()
        if moment == "after the end":
            loop.call_soon_threadsafe(callback)
            assert ended.wait(TIMEOUT)
        raise KeyboardInterrupt

    ran: list[bool] = []
    ended = threading.Event()
    loop = lease.call(current_loop)
    monkeypatch.setattr(loop, "call_soon_threadsafe", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        lease.call(run)
    assert not hasattr(caught.value, "__notes__")
    lease.call(asyncio.sleep, 0)
    assert bool(ran) == (moment == "after the end")
    assert not caplog.records


def test_a_loop_that_ends_before_the_call_starts(
    lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = lease.call(current_loop)
    with monkeypatch.context() as patch:
        patch.setattr(portal, "_POLL", 0.01)
        patch.setattr(loop, "call_soon_threadsafe", lambda _: None)
        patch.setattr(loop, "is_closed", lambda: True)
        with pytest.raises(concurrent.futures.CancelledError):
            lease.call(echo, 1)


def test_release_runs_the_cleanup_once() -> None:
    recorder = Recorder()
    lease = Lease(cleanup=recorder.clean)
    assert not lease.released
    lease.release()
    lease.release()
    assert lease.released
    assert recorder.events == ["cleaned"]


def test_a_released_lease_refuses_calls() -> None:
    lease, other = Lease(), Lease()
    lease.release()
    with pytest.raises(ReleasedError, match="is closed"):
        lease.call(echo, 1)
    other.release()


def test_release_while_a_call_is_about_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        ran.append(True)

    def overtaken(callback: Callable[[], None]) -> None:
        monkeypatch.undo()
        lease.release()
        loop.call_soon_threadsafe(callback)

    ran: list[bool] = []
    lease, other = Lease(), Lease()
    loop = lease.call(current_loop)
    monkeypatch.setattr(loop, "call_soon_threadsafe", overtaken)
    with pytest.raises(ReleasedError):
        lease.call(run)
    assert not ran
    other.release()


def test_a_released_lease_is_forgotten() -> None:
    recorder = Recorder()
    lease = Lease(cleanup=recorder.clean)
    lease.release()
    del lease
    reference = weakref.ref(recorder)
    del recorder
    gc.collect()
    assert reference() is None


def test_release_does_not_wait_for_a_stubborn_call(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resist() -> str:
        while not released.is_set():
            started.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)
        return "late"

    monkeypatch.setattr(portal, "_GRACE", 0.05)
    started, released = threading.Event(), threading.Event()
    lease, other = Lease(), Lease()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        outcome = pool.submit(lease.call, resist)
        assert started.wait(TIMEOUT)
        try:
            pool.submit(lease.release).result(TIMEOUT)
        finally:
            released.set()
        assert outcome.result(TIMEOUT) == "late"
    other.release()


def test_a_cleanup_that_blocks_is_refused() -> None:
    """It would wait for a lock held by the thread that waits for it."""
    refusals = run_script("""
        async def cleanup():
            for blocking in (Lease, other.release, lambda: other.call(echo, 1)):
                try:
                    blocking()
                except RuntimeError as error:
                    say(error)

        lease, other = Lease(cleanup=cleanup), Lease()
        lease.release()
    """)
    assert refusals == ["a blocking call from the event loop thread would wait for itself"] * 3


def test_release_ends_running_calls_before_the_cleanup() -> None:
    recorder = Recorder()
    lease, other = Lease(cleanup=recorder.clean), Lease()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(lease.call, recorder.sleep)
        assert recorder.started.wait(TIMEOUT)
        lease.release()
        with pytest.raises(ReleasedError):
            outcome.result(TIMEOUT)
    assert recorder.events == ["ended", "cleaned"]
    assert other.call(echo, 1) == [1]
    other.release()


def test_a_failing_cleanup_surfaces_and_gives_up_the_thread() -> None:
    async def fail() -> None:
        raise OSError("x")

    lease = Lease(cleanup=fail)
    thread = lease.call(current_thread)
    with pytest.raises(OSError, match="x"):
        lease.release()
    assert lease.released
    assert not thread.is_alive()


def test_a_hanging_cleanup_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal, "_GRACE", 0.01)
    recorder = Recorder()
    lease = Lease(cleanup=recorder.sleep)
    thread = lease.call(current_thread)
    with pytest.raises(TimeoutError):
        lease.release()
    assert not thread.is_alive()


def test_a_call_does_not_outlast_a_dead_loop() -> None:
    async def kill_the_loop() -> None:
        asyncio.get_running_loop().call_soon(sys.exit)
        await asyncio.Event().wait()

    lease = Lease()
    thread = lease.call(current_thread)
    with pytest.raises(concurrent.futures.CancelledError):
        lease.call(kill_the_loop)
    thread.join(TIMEOUT)
    for blocking in (lambda: lease.call(echo, 1), lease.release):
        with pytest.raises(RuntimeError, match="Event loop is closed"):
            blocking()
    later = Lease()
    assert later.call(echo, 1) == [1]
    later.release()


class Owner:
    def __init__(self, recorder: Recorder) -> None:
        self.lease = Lease(cleanup=recorder.clean)
        self.itself = self


def test_collecting_an_owner_cleans_up_and_ends_the_thread() -> None:
    recorder = Recorder()
    owner = Owner(recorder)
    thread = owner.lease.call(current_thread)
    del owner
    gc.collect()
    assert recorder.cleaned.wait(TIMEOUT)
    thread.join(TIMEOUT)
    assert not thread.is_alive()


def test_collecting_an_owner_in_the_loop_thread(lease: Lease) -> None:
    async def collect() -> None:
        gc.collect()

    recorder = Recorder()
    gc.disable()
    try:
        Owner(recorder)
        lease.call(collect)
    finally:
        gc.enable()
    assert recorder.cleaned.wait(TIMEOUT)
    assert lease.call(echo, 1) == [1]


def test_collecting_a_released_lease_starts_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    lease = Lease()
    lease.release()
    thread = Mock()
    monkeypatch.setattr(threading, "Thread", thread)
    del lease
    gc.collect()
    thread.assert_not_called()


def test_exit_without_release_closes_an_aiohttp_session() -> None:
    assert run_script("""
        import aiohttp

        class Inner:
            async def open(self):
                self.session = aiohttp.ClientSession()
            async def close(self):
                await self.session.close()
                say("cleanup")

        inner = Inner()
        lease = Lease(cleanup=inner.close)
        lease.call(inner.open)
        say("end")
    """) == ["end", "cleanup"]


def test_exit_handlers_registered_after_the_import_can_still_call() -> None:
    assert run_script("""
        import atexit
        atexit.register(lambda: say(lease.call(echo, "farewell")))
        lease = Lease(cleanup=say_cleanup)
    """) == ["farewell", "cleanup"]


def test_exit_handlers_registered_before_the_import_are_refused() -> None:
    assert run_script(
        """
        def late():
            for blocking in (Lease, lambda: lease.call(echo, 1)):
                try:
                    say(blocking())
                except RuntimeError as error:
                    say(error)

        lease = Lease(cleanup=say_cleanup)
        """,
        before="import atexit; atexit.register(lambda: late())",
    ) == [
        "cleanup",
        "the process is exiting, and would wait for a new loop thread",
        "The client is closed. Make a new one, or close it later.",
    ]


def test_exit_handlers_that_drop_the_lease() -> None:
    assert run_script("""
        import atexit

        class Owner:
            lease = Lease(cleanup=say_cleanup)

        atexit.register(lambda: delattr(Owner, "lease"))
    """) == ["cleanup"]


def test_exit_after_failing_cleanups() -> None:
    assert run_script("""
        async def fail():
            say("cleanup")
            raise OSError

        sys.unraisablehook = lambda error: say(error.exc_type.__name__)
        leases = [Lease(cleanup=fail) for _ in range(3)]
    """) == ["cleanup", "cleanup", "cleanup", "OSError"]


def test_exit_after_an_error_in_main_thread_cleans_up() -> None:
    assert run_script("""
        lease = Lease(cleanup=say_cleanup)
        try:
            lease.call(echo, 1, 2)
        except TypeError:
            sys.exit(0)
    """) == ["cleanup"]


def test_exit_with_calls_in_daemon_threads() -> None:
    """One thread is inside a call when the process exits, another keeps calling."""
    assert run_script("""
        started = threading.Event()

        async def forever():
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                say("cancelled")

        def poll():
            while True:
                lease.call(asyncio.sleep, 0)

        lease = Lease(cleanup=say_cleanup)
        threading.Thread(target=lease.call, args=(forever,), daemon=True).start()
        threading.Thread(target=poll, daemon=True).start()
        started.wait()
    """) == ["cancelled", "cleanup"]


def test_exit_waits_for_threads_that_call() -> None:
    assert run_script("""
        def work():
            threading.main_thread().join()
            say(lease.call(echo, "late"))

        lease = Lease(cleanup=say_cleanup)
        threading.Thread(target=work).start()
    """) == ["late", "cleanup"]


@needs_signals
def test_ctrl_c_cancels_the_call_for_good() -> None:
    assert run_script("""
        async def send():
            os.kill(os.getpid(), signal.SIGINT)
            try:
                await asyncio.sleep(0.2)
                say("sent")
            finally:
                await asyncio.sleep(0.1)
                say("ended")

        lease = Lease(cleanup=say_cleanup)
        try:
            lease.call(send)
        except KeyboardInterrupt:
            say("interrupted")
        lease.call(asyncio.sleep, 0.3)
        say(lease.call(echo, "works"))
    """) == ["ended", "interrupted", "works", "cleanup"]


@needs_signals
def test_a_second_ctrl_c_interrupts_the_wait_for_a_stubborn_call() -> None:
    assert run_script("""
        portal._GRACE = 3600

        async def resist():
            os.kill(os.getpid(), signal.SIGINT)
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                os.kill(os.getpid(), signal.SIGINT)
                while not interrupted:
                    await asyncio.sleep(0.01)
                say("ended")

        interrupted = []
        lease = Lease(cleanup=say_cleanup)
        try:
            lease.call(resist)
        except KeyboardInterrupt as error:
            say("interrupted", type(error.__context__).__name__)
            interrupted.append(True)
    """) == ["interrupted KeyboardInterrupt", "cleanup"]


@needs_signals
def test_the_wait_for_a_stubborn_call_is_bounded() -> None:
    assert run_script("""
        portal._GRACE = 0.05

        async def resist():
            os.kill(os.getpid(), signal.SIGINT)
            while not interrupted:
                try:
                    await asyncio.sleep(0.01)
                except asyncio.CancelledError:
                    pass

        interrupted = []
        lease = Lease()
        try:
            lease.call(resist)
        except KeyboardInterrupt as error:
            say(*error.__notes__)
            interrupted.append(True)
    """) == ["the cancelled call was still running after 0.05 s"]


@needs_signals
def test_a_signal_handler_may_release() -> None:
    assert run_script("""
        async def forever():
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.Event().wait()

        lease = Lease(cleanup=say_cleanup)
        signal.signal(signal.SIGTERM, lambda *_: lease.release())
        try:
            lease.call(forever)
        except portal.ReleasedError:
            say("released")
    """) == ["cleanup", "released"]


FORK_PREAMBLE = """
    class Inner:
        def __init__(self):
            self.name = "parent"
        async def after_fork(self):
            await asyncio.sleep(0.1)
            self.name = "child"
            say("renewed")
        async def use(self):
            return self.name, asyncio.get_running_loop() is not old_loop
        async def close(self):
            say("cleanup", self.name)

    async def get_loop():
        return asyncio.get_running_loop()

    def wait_for(pid):
        say("child ended with", os.waitpid(pid, 0)[1])

    inner = Inner()
    lease = Lease(cleanup=inner.close, on_fork=inner.after_fork)
    old_loop = lease.call(get_loop)
"""


@needs_fork
def test_fork_renews_the_lease_in_the_child_only() -> None:
    assert run_forking_script(f"""{FORK_PREAMBLE}
    if pid := os.fork():
        wait_for(pid)
        say(*lease.call(inner.use))
    else:
        say(*lease.call(inner.use))
        say(*lease.call(inner.use))
    """) == [
        *("renewed", "child True", "child True", "cleanup child", "child ended with 0"),
        *("parent False", "cleanup parent"),
    ]


@needs_fork
def test_fork_renews_once_for_many_threads() -> None:
    assert run_forking_script(f"""{FORK_PREAMBLE}
    if pid := os.fork():
        wait_for(pid)
    else:
        threads = [
            threading.Thread(target=lambda: say(*lease.call(inner.use))) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
    """) == [
        *("renewed", "child True", "child True", "child True", "cleanup child"),
        *("child ended with 0", "cleanup parent"),
    ]


@needs_fork
def test_fork_while_other_threads_call_and_renew() -> None:
    assert run_forking_script(f"""{FORK_PREAMBLE}
    running = threading.Event()

    async def forever():
        running.set()
        await asyncio.Event().wait()

    threading.Thread(target=lease.call, args=(forever,), daemon=True).start()
    running.wait()
    portal._lock.acquire()
    if pid := os.fork():
        portal._lock.release()
        wait_for(pid)
    else:
        thread = threading.Thread(target=lambda: say(*lease.call(inner.use)))
        thread.start()
        thread.join()
        os._exit(0)
    """) == ["renewed", "child True", "child ended with 0", "cleanup parent"]


@needs_fork
@pytest.mark.parametrize("ending", ["pass", "lease.release()", "del lease"])
def test_a_child_that_never_calls_ends_in_order(ending: str) -> None:
    assert run_forking_script(f"""{FORK_PREAMBLE}
    if pid := os.fork():
        wait_for(pid)
        say(*lease.call(inner.use))
    else:
        {ending}
    """) == [
        *("renewed", "cleanup child", "child ended with 0"),
        *("parent False", "cleanup parent"),
    ]


@needs_fork
def test_a_child_that_never_calls_does_not_wait_for_a_call_of_the_parent() -> None:
    assert run_forking_script(f"""{FORK_PREAMBLE}
    portal._GRACE = 3600
    running = threading.Event()

    async def forever():
        running.set()
        await asyncio.Event().wait()

    threading.Thread(target=lease.call, args=(forever,), daemon=True).start()
    running.wait()
    if pid := os.fork():
        wait_for(pid)
    """) == ["renewed", "cleanup child", "child ended with 0", "cleanup parent"]


@needs_fork
def test_a_child_releases_inside_a_running_loop() -> None:
    assert run_forking_script(f"""{FORK_PREAMBLE}
    async def main():
        lease.release()

    if pid := os.fork():
        wait_for(pid)
    else:
        asyncio.run(main())
    """) == ["renewed", "cleanup child", "child ended with 0", "cleanup parent"]


@needs_fork
def test_a_released_lease_stays_released_in_a_child() -> None:
    assert run_forking_script(f"""{FORK_PREAMBLE}
    lease.release()
    if pid := os.fork():
        wait_for(pid)
    else:
        try:
            lease.call(inner.use)
        except portal.ReleasedError:
            say(*[thread.name for thread in threading.enumerate()])
    """) == ["cleanup parent", "MainThread", "child ended with 0"]


@needs_fork
def test_a_failing_fork_hook_is_tried_again() -> None:
    assert run_forking_script("""
        async def after_fork():
            tries.append(True)
            if len(tries) == 1:
                raise OSError("x")

        tries = []
        lease = Lease(on_fork=after_fork)
        if pid := os.fork():
            sys.exit(os.waitpid(pid, 0)[1])
        try:
            lease.call(echo, 1)
        except OSError as error:
            say(error)
        say(lease.call(echo, "works"), len(tries))
        lease.release()
        say(*[t.name for t in threading.enumerate()])
    """) == ["x", "works 2", "MainThread"]


@needs_fork
def test_closing_inherited_sockets_in_the_child_spares_the_parent() -> None:
    assert run_forking_script("""
        import socket

        class Connection:
            async def open(self, sock):
                self.reader, self.writer = await asyncio.open_connection(sock=sock)
            async def read(self):
                return await self.reader.readline()
            async def close(self):
                self.writer.transport.abort()

        near, far = socket.socketpair()
        connection = Connection()
        lease = Lease(cleanup=connection.close, on_fork=connection.close)
        lease.call(connection.open, near)
        if pid := os.fork():
            say("child ended with", os.waitpid(pid, 0)[1])
            far.send(b"still there\\n")
            say(lease.call(connection.read).decode().strip())
            far.close()
        else:
            lease.call(echo, 1)
            os._exit(0)
    """) == ["child ended with 0", "still there"]


@needs_fork
@pytest.mark.parametrize("use", ["pass", "lease.call(echo, 1)"])
def test_fork_with_an_aiohttp_connection_in_use(use: str) -> None:
    """The child closes the session it inherits; the parent's connection is used again."""
    assert run_forking_script(f"""
        import aiohttp
        from aiohttp import web

        class Inner:
            async def open(self):
                app = web.Application()
                app.router.add_get("/", self.answer)
                self.runner = web.AppRunner(app)
                await self.runner.setup()
                await web.TCPSite(self.runner, "127.0.0.1", 0).start()
                host, port = self.runner.addresses[0]
                self.url = f"http://{{host}}:{{port}}/"
                self.session = aiohttp.ClientSession()
            async def answer(self, request):
                return web.Response(text=str(request.transport.get_extra_info("peername")[1]))
            async def get(self):
                async with self.session.get(self.url) as response:
                    return await response.text()
            async def after_fork(self):
                await self.session.close()
                self.session = aiohttp.ClientSession()
            async def close(self):
                await self.session.close()
                if os.getpid() == parent:
                    await self.runner.cleanup()

        parent = os.getpid()
        inner = Inner()
        lease = Lease(cleanup=inner.close, on_fork=inner.after_fork)
        lease.call(inner.open)
        port = lease.call(inner.get)
        if pid := os.fork():
            say("child ended with", os.waitpid(pid, 0)[1])
            say("same connection", lease.call(inner.get) == port)
        else:
            {use}
    """) == ["child ended with 0", "same connection True"]
