"""The one event loop thread of all blocking clients, from the first lease to the last release."""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import contextlib
import functools
import os
import threading
import weakref
from collections.abc import Awaitable, Callable
from typing import Any, Generic, ParamSpec, TypeVar

from anyio.from_thread import BlockingPortalProvider

from beeper_async.errors import ClientUseError

P = ParamSpec("P")
T = TypeVar("T")
Hook = Callable[[], Awaitable[object]]
_nothing: Hook = functools.partial(asyncio.sleep, 0)

_GRACE = 5.0  # seconds for a cancelled call, or for a cleanup, to end
_POLL = 0.5  # seconds between two looks at the loop while a call runs
_exiting = False


class ReleasedError(ClientUseError):
    """The lease has been released, which cut the call short or came before it."""


class _Loop(asyncio.SelectorEventLoop):
    """An event loop that counts as closed in a forked child, where no thread runs it."""

    def __init__(self) -> None:
        self._provider = _provider
        super().__init__()

    def is_closed(self) -> bool:
        # Otherwise what is closed or collected in the child would wait for that thread, or take
        # the parent's sockets out of the epoll object that both share.
        return super().is_closed() or self._provider is not _provider


class _ThreadCall(Generic[T]):
    """One coroutine in the loop thread, and the thread that waits for it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Callable[[], Awaitable[T]]) -> None:
        self._loop = loop
        self._work = work
        self._task: asyncio.Task[None] | None = None
        self._result: T
        self._error: BaseException | None = asyncio.CancelledError()
        # Not an event: Ctrl-C inside one can leave it locked, and the loop waiting for it.
        self._alarm = threading.Lock()
        self._alarm.acquire()

    def run(self) -> T:
        try:
            self._loop.call_soon_threadsafe(self._start)
            # The timeout is for a loop that ends meanwhile, and for Ctrl-C on Windows.
            while not self._alarm.acquire(timeout=_POLL) and not self._loop.is_closed():
                pass
        except BaseException as exc:
            # An interrupted send may still go out until its coroutine is seen to end.
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._cancel)
                if not self._alarm.acquire(timeout=_GRACE):
                    exc.add_note(f"the cancelled call was still running after {_GRACE:g} s")
            raise
        return self._outcome()

    def _start(self) -> None:
        self._task = self._loop.create_task(self._main())
        self._task.add_done_callback(self._end)

    def _cancel(self) -> None:
        if self._task is None or not self._task.cancel():  # never started, or already ended
            self._end()

    async def _main(self) -> None:
        try:
            self._result = await self._work()
            self._error = None
        except BaseException as exc:  # a SystemExit set free would end the loop
            self._error = exc

    def _end(self, _: object = None) -> None:
        if self._alarm.locked():
            self._alarm.release()

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


class _Hold:
    """The state of a lease, which outlives it until its cleanup has run."""

    def __init__(self, cleanup: Hook, on_fork: Hook) -> None:
        if _exiting:
            raise RuntimeError("the process is exiting, and would wait for a new loop thread")
        self._cleanup = cleanup
        self._on_fork = on_fork
        self._provider: BlockingPortalProvider | None = None
        self.released = False
        self._enter()
        _holds.add(self)

    def _enter(self) -> None:
        _refuse_loop_thread()
        with _lock, contextlib.ExitStack() as stack:
            if self._provider is _provider:  # another thread was quicker
                return
            portal = stack.enter_context(_provider)
            self._loop = portal.call(asyncio.get_running_loop)
            self._tasks: set[asyncio.Task[Any] | None] = set()
            if self._provider is not None:
                _ThreadCall(self._loop, self._on_fork).run()
            self._stack = stack.pop_all()
            self._provider = _provider

    def call(self, func: Callable[[], Awaitable[T]]) -> T:
        _refuse_loop_thread()
        if self.released:
            raise self._refusal()
        if self._provider is not _provider:
            self._enter()
        try:
            return _ThreadCall(self._loop, lambda: self._tracked(func)).run()
        except Exception as exc:
            if self.released:
                raise self._refusal() from exc
            raise

    async def _tracked(self, func: Callable[[], Awaitable[T]]) -> T:
        if self.released:  # since the caller looked
            raise asyncio.CancelledError
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            return await func()
        finally:
            self._tasks.discard(task)

    def _refusal(self) -> BaseException:
        if _exiting and threading.current_thread().daemon:
            return SystemExit()  # ends the thread without a traceback, as the interpreter would
        return ReleasedError("The client is closed. Make a new one, or close it later.")

    def close(self) -> None:
        _refuse_loop_thread()
        with _lock:
            if self.released:
                return
            if not _exiting:
                self._enter()
            self.released = True
            _holds.discard(self)
            if self._provider is not _provider:  # an idle child exits: too late for a new thread
                self._tasks.clear()
                asyncio.run(self._wind_up(self._on_fork))
            else:
                with self._stack:
                    _ThreadCall(self._loop, self._wind_up).run()

    async def _wind_up(self, first: Hook = _nothing) -> None:
        tasks = [task for task in self._tasks if task is not None and task.cancel()]
        if tasks:
            await asyncio.wait(tasks, timeout=_GRACE)
        async with asyncio.timeout(_GRACE):
            await first()
            await self._cleanup()

    def abandon(self) -> None:
        if not self.released:
            # The collector may strike in the loop thread, or below a lock that closing needs.
            with contextlib.suppress(RuntimeError):  # at exit, when _close_all does it
                threading.Thread(target=self.close, name="beeper-release").start()


class Lease:
    """One client's hold on the event loop thread that all blocking clients share.

    `cleanup` runs in the loop thread once: at release, exit or garbage collection. `on_fork` runs
    in a forked child before anything else, to replace what was bound to the parent's loop.
    Neither may refer to the owner of the lease, which would then never be collected.
    """

    def __init__(self, *, cleanup: Hook = _nothing, on_fork: Hook = _nothing) -> None:
        self._hold = _Hold(cleanup, on_fork)
        weakref.finalize(self, self._hold.abandon).atexit = False

    @property
    def released(self) -> bool:
        """Whether the lease has been released, be it by the exit of the process."""
        return self._hold.released

    def call(self, func: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `func(*args, **kwargs)` in the loop thread, and return or raise what it does.

        An interruption such as Ctrl-C cancels the coroutine, and surfaces once it has ended. A
        coroutine cancelled by anyone else raises `concurrent.futures.CancelledError`.
        """
        return self._hold.call(lambda: func(*args, **kwargs))

    def release(self) -> None:
        """Cancel the calls that still run, run the cleanup, and give up the thread, all once."""
        self._hold.close()


def _refuse_loop_thread() -> None:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return
    if isinstance(loop, _Loop) and not loop.is_closed():
        raise RuntimeError("a blocking call from the event loop thread would wait for itself")


def _close_all() -> None:
    global _exiting
    _exiting = True
    with _lock, contextlib.ExitStack() as stack:  # waits for a release under way, outlasts errors
        for hold in list(_holds):
            stack.callback(hold.close)


def _start_afresh() -> None:
    """Leave what a fork has made unusable; the new provider also tells that one has happened."""
    global _provider, _lock
    _provider = BlockingPortalProvider(backend_options={"loop_factory": _Loop})
    _lock = threading.RLock()  # reentrant, for a signal handler that releases during a release


_provider: BlockingPortalProvider
_lock: threading.RLock
_holds: set[_Hold] = set()
_start_afresh()
atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_afresh)
