"""Calls that cross over to the event loop thread."""

import asyncio
import concurrent.futures
import contextlib
import contextvars
import gc
import threading
import traceback
import weakref
from collections.abc import Callable
from unittest.mock import Mock

import pytest

from beeper_sync import loop_thread
from beeper_sync.portal import Lease

from .loop_thread import current_loop, current_thread, echo
from .programs import TIMEOUT


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
        patch.setattr(loop_thread, "POLL", 0.01)
        patch.setattr(loop, "call_soon_threadsafe", Mock())
        patch.setattr(loop, "is_closed", Mock(side_effect=[False, True, True]))
        with pytest.raises(concurrent.futures.CancelledError):
            lease.call(echo, 1)
