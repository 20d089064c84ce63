"""The event loop thread, and calls that run in it.

Ctrl-C raises KeyboardInterrupt in the main thread, at any instruction. So what must happen happens
in the loop thread, where it can't strike. Another thread only notes what it wants, in one step, and
waits for an alarm; to interrupt that leaves nothing half done. The loop thread also looks at the
notes from time to time by itself, for Ctrl-C may come before it could be woken.
"""

from __future__ import annotations

import _thread
import asyncio
import concurrent.futures
import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any, Generic, Protocol, TypeVar

import anyio
from anyio.abc import TaskGroup
from anyio.from_thread import BlockingPortal

from beeper_async.errors import ClientUseError

T = TypeVar("T")

POLL = 0.5  # seconds between two looks, of the loop at its holders and of a caller at the loop
GRACE = 5.0  # seconds for a cancelled call, a cleanup, or the loop thread, to end


class Alarm:
    """A flag to wait for. Not an event: Ctrl-C inside one can leave it locked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()
        self._is_set = False

    def set(self) -> None:
        """Let all waits end. Called by one thread alone."""
        if not self._is_set:
            self._is_set = True
            self._lock.release()

    def wait(self, timeout: float) -> bool:
        """Return whether the alarm is set, or was set within so many seconds."""
        if not self._is_set and self._lock.acquire(timeout=timeout):
            self._lock.release()  # for who else waits, and would poll if Ctrl-C prevents this
        return self._is_set


class Loop(asyncio.SelectorEventLoop):
    """An event loop that counts as closed in a forked child, where no thread runs it."""

    def __init__(self) -> None:
        self._family = _family
        super().__init__()

    # That of the base class can run in the main thread, where it would swallow Ctrl-C.
    __del__: Any = object.__hash__

    @property
    def is_inherited(self) -> bool:
        """Whether this is a copy, in a child of the process that runs the loop."""
        return self._family is not _family

    def is_closed(self) -> bool:
        """Return whether the loop is closed, or no thread of this process runs it."""
        # Otherwise what is closed or collected in the child would wait for that thread, or take
        # the parent's sockets out of the epoll object that both share.
        return super().is_closed() or self.is_inherited

    def call_exception_handler(self, context: dict[str, object]) -> None:
        """Report a problem, if it is one of this process."""
        # A child drops copies of tasks that are pending in the parent.
        if not self.is_inherited:
            super().call_exception_handler(context)


class Holder(Protocol):
    """Who needs the loop thread."""

    def is_given_up(self) -> bool:
        """Whether it needs the thread no longer, except to wind up."""
        ...

    async def wind_up(self) -> None:
        """Clean up in the loop thread, once."""
        ...

    def ended(self, error: BaseException | None) -> None:
        """Take note of the end of `wind_up`."""
        ...


class LoopThread:
    """A thread that runs anyio with its blocking portal as long as somebody holds it.

    It is not started by anyio, which would join it where Ctrl-C has prevented its end.
    """

    def __init__(self) -> None:
        self._family = _family
        self.loop: asyncio.AbstractEventLoop
        self.holders: set[Holder] = set()
        self.is_ending: bool = False  # a new holder needs another thread
        self.error: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._ready, self._ended = Alarm(), Alarm()

    @property
    def is_inherited(self) -> bool:
        """Whether this is a copy, in a child of the process that has the thread."""
        return self._family is not _family

    @property
    def is_started(self) -> bool:
        """Whether the thread runs, or has run."""
        return self._thread is not None

    def start(self) -> None:
        """Start the thread if it does not run, and wait until its loop does."""
        if self._ready.wait(0):
            return
        if self._thread is None:
            # Thread.start waits for an event, where Ctrl-C can lock up both threads. This call is
            # a single step. If the new thread is not seen in time, another is started, and ends.
            _thread.start_new_thread(self._start_thread, ())
        while not self._ready.wait(POLL):
            pass
        if self.error is not None and not hasattr(self, "loop"):
            raise ClientUseError(f"The event loop thread can't start: {self.error}") from self.error

    def look(self) -> None:
        """Let the thread look at its holders now."""
        with contextlib.suppress(RuntimeError):  # it is closed
            self.loop.call_soon_threadsafe(self._changed.set)

    def join(self, timeout: float = GRACE) -> None:
        """Wait until the thread has ended, if it does in time."""
        if self._ended.wait(timeout) and self._thread is not None:
            self._thread.join(POLL)

    def _start_thread(self) -> None:
        try:
            threading.Thread(target=self._run, name="beeper-portal", daemon=True).start()
        except BaseException as error:  # no more threads
            self._end(error)

    def _run(self) -> None:
        with lock():
            if self._thread is not None:
                return
            self._thread = threading.current_thread()
        _last_threads.append(self._thread)
        error: BaseException | None = None
        try:
            anyio.run(self._main, backend="asyncio", backend_options={"loop_factory": Loop})
        except BaseException as exc:
            error = exc
        self._end(error)

    def _end(self, error: BaseException | None) -> None:
        self.error = error
        self.is_ending = True
        self._ready.set()
        self._ended.set()

    async def _main(self) -> None:
        async with BlockingPortal() as portal, anyio.create_task_group() as group:
            self.loop = asyncio.get_running_loop()
            self._changed = asyncio.Event()
            self._ready.set()
            group.start_soon(self._watch, portal, group)
            await portal.sleep_until_stopped()

    async def _watch(self, portal: BlockingPortal, group: TaskGroup) -> None:
        seen: set[Holder] = set()
        while not self._is_over():
            self._changed.clear()
            for holder in [one for one in list(self.holders) if one.is_given_up()]:
                if holder not in seen:
                    seen.add(holder)
                    group.start_soon(self._wind_up, holder)
            seen &= self.holders
            with anyio.move_on_after(POLL):
                await self._changed.wait()
        await portal.stop()

    async def _wind_up(self, holder: Holder) -> None:
        error: BaseException | None = None
        try:
            await holder.wind_up()
        except BaseException as exc:  # let free, it would end the loop for all
            error = exc
        self.holders.discard(holder)
        self._is_over()  # before the holder hears of it, who then waits for the thread as well
        holder.ended(error)
        self._changed.set()

    def _is_over(self) -> bool:
        with lock():
            is_over = not self.holders
            self.is_ending = is_over
        return is_over


class ThreadCall(Generic[T]):
    """One coroutine in the loop thread, and the thread that waits for it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Callable[[], Awaitable[T]]) -> None:
        self._loop = loop
        self._work = work
        self._task: asyncio.Task[None] | None = None
        self._result: T
        self._error: BaseException | None = asyncio.CancelledError()
        self._is_cancelled = False
        self._alarm = Alarm()

    def run(self) -> T:
        """Run the coroutine, and return or raise what it does."""
        try:
            self._loop.call_soon_threadsafe(self._start)
            # The timeout is for a loop that ends meanwhile, and for Ctrl-C on Windows.
            while not self._alarm.wait(POLL) and not self._loop.is_closed():
                pass
        except BaseException as exc:
            # An interrupted send may still go out until its coroutine is seen to end.
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._cancel)
                if not self._alarm.wait(GRACE):
                    exc.add_note(f"the cancelled call was still running after {GRACE:g} s")
            raise
        return self._outcome()

    def _start(self) -> None:
        self._task = self._loop.create_task(self._main())
        self._task.add_done_callback(self._end)

    def _cancel(self) -> None:
        self._is_cancelled = True  # so nobody asks for the outcome
        if self._task is None or not self._task.cancel():  # never started, or already ended
            self._end()

    async def _main(self) -> None:
        try:
            self._result = await self._work()
            self._error = None
        except BaseException as exc:  # a SystemExit set free would end the loop
            self._error = exc

    def _end(self, _: object = None) -> None:
        # Collected in this thread, see `_last_threads`. A traceback refers to the task as well.
        self._task = None
        if self._is_cancelled:
            self._error = None
        self._alarm.set()

    def _outcome(self) -> T:
        try:
            if self._error is not None:
                raise self._error
            return self._result
        except asyncio.CancelledError as exc:
            # To a caller inside asyncio, this would look like its own cancellation.
            raise concurrent.futures.CancelledError("the call was cancelled") from exc
        finally:
            self._error = None  # whose traceback leads back here


def lock() -> AbstractContextManager[bool]:
    """Return the lock of the notes. Reentrant, for a signal handler that releases or calls."""
    return _lock


def thread_for(holder: Holder) -> LoopThread:
    """Return the thread that the holder is noted to hold from now on. It may need to be started."""
    global _current
    _refuse_gevent()
    with _lock:
        if _current is None or _current.is_ending:
            _current = LoopThread()
        _current.holders.add(holder)
        orphans.discard(holder)
        return _current


def current_thread() -> LoopThread | None:
    """Return the thread that was started last."""
    return _current


def refuse_loop_thread() -> None:
    """Raise an error inside of the loop thread."""
    # Like get_running_loop, but without an exception: Ctrl-C in its handling keeps frames alive.
    loop = asyncio._get_running_loop()
    if isinstance(loop, Loop) and not loop.is_closed():
        raise ClientUseError(
            "A blocking call from the event loop thread would wait for itself. "
            "Call from another thread, or use beeper_async."
        )


def _refuse_gevent() -> None:
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.is_module_patched("threading"):
        raise ClientUseError(
            "gevent has replaced threads by greenlets (monkey.patch_all or patch_thread), and the "
            "blocking client needs a real thread. Run it in a process without gevent's patches."
        )


def _start_afresh() -> None:
    """Leave what a fork has made unusable; the new family also tells that one has happened."""
    global _family, _current, _lock
    if _current is not None:
        orphans.update(_current.holders)
        if hasattr(_current, "loop"):
            _current.loop.set_debug(False)  # which refuses to be closed by another thread
    _family, _current = object(), None
    _lock = threading.RLock()


# What is collected in the main thread runs Python code there, where Ctrl-C would be lost: threads
# and tasks are in a WeakSet. So the last threads are kept; the loop thread lets go of older ones.
_last_threads: deque[threading.Thread] = deque(maxlen=100)

orphans: set[Holder] = set()
"""Who held the thread of the parent process when this one was forked."""
_family: object
_lock: threading.RLock
_current: LoopThread | None = None
_start_afresh()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_afresh)
