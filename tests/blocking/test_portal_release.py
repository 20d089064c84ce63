"""The end of a lease: released, or collected with its owner."""

import asyncio
import concurrent.futures
import contextlib
import gc
import sys
import threading
import weakref
from collections.abc import Callable

import pytest

from beeper_sync import loop_thread
from beeper_sync.portal import Lease, ReleasedError

from .loop_thread import Recorder, current_loop, current_thread, echo
from .programs import TIMEOUT, run_script


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

    monkeypatch.setattr(loop_thread, "GRACE", 0.05)
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
                    say(type(error).__name__, error)

        lease, other = Lease(cleanup=cleanup), Lease()
        lease.release()
    """)
    refusal = "ClientUseError A blocking call from the event loop thread would wait for itself."
    assert [line[: len(refusal)] for line in refusals] == [refusal] * 3


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
    monkeypatch.setattr(loop_thread, "GRACE", 0.01)
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
