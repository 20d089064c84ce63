"""Leases on the one event loop thread of all blocking clients."""

from __future__ import annotations

import asyncio
import atexit
import functools
import threading
import weakref
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

from beeper_async.errors import BeeperDesktopError, ClientUseError

from . import loop_thread
from .loop_thread import Alarm, LoopThread, ThreadCall, refuse_loop_thread

P = ParamSpec("P")
T = TypeVar("T")
Hook = Callable[[], Awaitable[object]]
_nothing: Hook = functools.partial(asyncio.sleep, 0)

_exiting = False


class ReleasedError(ClientUseError):
    """The lease has been released, which cut the call short or came before it."""


class _Hold:
    """The state of a lease, which outlives it until its cleanup has run."""

    def __init__(self, owner: Lease, cleanup: Hook, on_fork: Hook) -> None:
        if _exiting:
            raise ClientUseError(
                "The process is exiting: the event loop thread has ended. Register your exit "
                "handler after importing beeper_sync, for the last registered runs first."
            )
        self._owner = weakref.ref(owner)
        self._cleanup = cleanup
        self._on_fork = on_fork
        self._thread: LoopThread | None = None
        self._is_inherited = False
        self.released = False
        self._is_awaited = False
        self._error: BaseException | None = None
        try:
            self._enter()
        except BaseException:  # nobody gets to see this lease
            self.released = True
            if self._thread is not None:
                self._thread.holders.discard(self)
            raise

    def _enter(self) -> LoopThread:
        """Hold a thread of this process, and return it once it runs."""
        thread = self._thread
        if thread is None or thread.is_inherited:
            thread = self._enter_another(thread)
        thread.start()
        return thread

    def _enter_another(self, old: LoopThread | None) -> LoopThread:
        refuse_loop_thread()
        with loop_thread.lock():
            if self._thread is not None and self._thread is not old:
                return self._thread  # another thread was quicker
            self._is_inherited = old is not None
            self._tasks: set[asyncio.Task[Any] | None] = set()
            self._renewing = asyncio.Lock()
            self._closed = Alarm()
            self._thread = loop_thread.thread_for(self)
            return self._thread

    def call(self, func: Callable[[], Awaitable[T]]) -> T:
        refuse_loop_thread()
        if self.released:
            raise self._refusal()
        thread = self._enter()
        if thread.loop.is_closed():
            raise ClientUseError("Event loop is closed. Make a new client.") from thread.error
        try:
            return ThreadCall(thread.loop, lambda: self._tracked(func)).run()
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
            if self._is_inherited:
                await self._renew()
            return await func()
        finally:
            self._tasks.discard(task)
            del task  # from the traceback of an error

    async def _renew(self) -> None:
        async with self._renewing:
            if self._is_inherited:
                await self._on_fork()
                self._is_inherited = False

    def _refusal(self) -> BaseException:
        if _exiting and threading.current_thread().daemon:
            return SystemExit()  # ends the thread without a traceback, as the interpreter would
        return ReleasedError("The client is closed. Make a new one, or close it later.")

    def close(self) -> None:
        refuse_loop_thread()
        if self._closed.wait(0):
            return
        # From here on, the loop thread does the rest, whether this one waits for it or not.
        self._is_awaited = self.released = True
        thread = self._enter()
        thread.look()
        while not self._closed.wait(loop_thread.POLL):
            if thread.loop.is_closed():
                raise ClientUseError("Event loop is closed. Nothing was cleaned up.")
        if thread.is_ending:
            thread.join()
        error, self._error = self._error, None
        if error is not None:
            raise error

    def give_up(self) -> None:
        """Let the loop thread wind up, and don't wait for it."""
        self.released = True

    def is_given_up(self) -> bool:
        return self.released or self._owner() is None

    async def wind_up(self) -> None:
        self.released = True
        tasks = [task for task in self._tasks if task is not None and task.cancel()]
        if tasks:
            await asyncio.wait(tasks, timeout=loop_thread.GRACE)
        async with asyncio.timeout(loop_thread.GRACE):
            if self._is_inherited:
                await self._renew()
            await self._cleanup()

    async def wind_up_elsewhere(self) -> None:
        """Wind up in a forked child that ends without a thread."""
        self._is_inherited = True
        self._tasks = set()
        self._renewing = asyncio.Lock()
        await self.wind_up()

    def ended(self, error: BaseException | None) -> None:
        if error is not None and not self._is_awaited:
            problem = {"message": "A blocking client was not closed cleanly", "exception": error}
            asyncio.get_running_loop().call_exception_handler(problem)
        self._error = error
        self._closed.set()


class Lease:
    """One client's hold on the event loop thread that all blocking clients share.

    `cleanup` runs in the loop thread once: at release or exit, or soon after garbage collection.
    `on_fork` runs in a forked child before anything else, to replace what was bound to the parent's
    loop. Neither may refer to the owner of the lease, which would then never be collected.
    """

    def __init__(self, *, cleanup: Hook = _nothing, on_fork: Hook = _nothing) -> None:
        # No finalizer: Ctrl-C inside one would be swallowed. The loop thread looks by itself.
        self._hold = _Hold(self, cleanup, on_fork)

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


def call_once(func: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `func(*args, **kwargs)` in the loop thread, for what has no client that holds it."""
    lease = Lease()
    try:
        return lease.call(func, *args, **kwargs)
    except BeeperDesktopError as error:
        # The frames from here to the loop thread hold the arguments, and say nothing more.
        del args, kwargs
        raise error.with_traceback(None) from error.__cause__
    finally:
        lease.release()


def _close_all() -> None:
    global _exiting
    try:
        _exiting = True
        # A child that never called ends here. It is too late for a thread of its own.
        for orphan in [one for one in loop_thread.orphans if isinstance(one, _Hold)]:
            loop_thread.orphans.discard(orphan)
            asyncio.run(orphan.wind_up_elsewhere())
        thread = loop_thread.current_thread()
        if thread is not None and thread.is_started:
            for hold in [one for one in list(thread.holders) if isinstance(one, _Hold)]:
                hold.give_up()
            thread.look()
            thread.join(3 * loop_thread.GRACE)  # calls, cleanups, and what else the loop runs
    except KeyboardInterrupt:
        pass  # the daemon thread ends with the process; a traceback at exit would help nobody


atexit.register(_close_all)
