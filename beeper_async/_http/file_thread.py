"""A thread for the file of one transfer. It ends with the transfer, whatever ends that."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import Any, ParamSpec, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class FileThread:
    """Runs functions that may block, one after the other, in a thread of its own.

    A call that is cancelled waits for its function to end before it raises. So whoever comes after
    it has the file for himself, be it a retry that reads it again or a cleanup that removes it.
    """

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function in the thread, and return or raise what it does."""
        if self._thread is None:  # a file in memory needs none
            # A daemon, because the interpreter would otherwise wait for a read that hangs.
            self._thread = threading.Thread(target=self._serve, name="beeper-file", daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[T] = loop.create_future()
        self._work.put(partial(_carry_out, partial(function, *args, **kwargs), loop, ended))
        return await settled(ended)

    def close(self) -> None:
        """End the thread, which has nothing to do any more."""
        if self._thread is not None:
            self._work.put(None)
            self._thread.join()
            self._thread = None

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            work()
            del work


def _carry_out(
    function: Callable[[], T], loop: asyncio.AbstractEventLoop, ended: "asyncio.Future[T]"
) -> None:
    settle: Callable[[], None]
    try:
        settle = partial(ended.set_result, function())
    except StopIteration as error:  # refused by futures, so that the wait would have no end
        stopped = RuntimeError("a function in a file's thread raised StopIteration")
        stopped.__cause__ = error
        settle = partial(ended.set_exception, stopped)
    except BaseException as error:
        settle = partial(ended.set_exception, error)
    with contextlib.suppress(RuntimeError):  # the loop was closed; nobody waits any more
        loop.call_soon_threadsafe(settle)


async def settled(future: "asyncio.Future[T]") -> T:
    """Wait until a future or a task has ended, even if cancelled meanwhile."""
    interruption: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait({future})
        except asyncio.CancelledError as error:
            interruption = error
    if interruption is not None:
        _read(future)
        raise interruption
    return future.result()


def _read(future: "asyncio.Future[Any]") -> None:
    """Take notice of an error that gives way to a cancellation; asyncio would report it."""
    if not future.cancelled():
        future.exception()
