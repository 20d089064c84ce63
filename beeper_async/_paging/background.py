"""Tasks in the background of an `async with` block, and the queues that they put things into."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Generic, TypeVar

from .._http.session import running_loop
from ..errors import ClientUseError

T = TypeVar("T")


class EndOfStream:
    """Stands in a queue for the end of what is put into it, and for the error that ended it."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error

    def raise_error(self) -> None:
        """Raise the error, if there is one."""
        if self.error is not None:
            raise self.error


class EndingQueue(Generic[T]):
    """A bounded queue with an end, which needs no room: to put it can neither wait nor fail."""

    def __init__(self, size: int) -> None:
        self._room = asyncio.Semaphore(size)
        self._queue: asyncio.Queue[T | EndOfStream] = asyncio.Queue()
        self._ended = False

    async def put(self, item: T) -> None:
        """Put an item, once there is room for it."""
        await self._room.acquire()
        self._queue.put_nowait(item)

    def end(self, error: BaseException | None = None) -> None:
        """Put the end after all items. The first end counts."""
        if not self._ended:
            self._ended = True
            self._queue.put_nowait(EndOfStream(error))

    async def get(self) -> T | EndOfStream:
        """Return the next item, or the end."""
        item = await self._queue.get()
        if isinstance(item, EndOfStream):
            self._queue.put_nowait(item)  # nobody may wait behind the end
        else:
            self._room.release()
        return item


class BackgroundTasks:
    """Tasks that belong to one `async with` block."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[BaseException | None]] = set()
        self._used = False
        self._stopping = False

    def begin(self) -> None:
        """Enter the block, which is possible once."""
        if self._used:
            raise ClientUseError("A stream can be entered once. Make a new one.")
        running_loop()  # refuses to begin outside of asyncio
        self._used = True

    def start(
        self, work: Callable[[], Awaitable[None]], on_failure: Callable[[BaseException], None]
    ) -> None:
        """Add a task to the block.

        `on_failure` is called with whatever ends the task, except for `stop`: also with what is no
        `Exception`, and with a cancellation that nobody asked for. Otherwise a consumer would wait
        for a task that is gone.
        """

        def ended(task: asyncio.Task[BaseException | None]) -> None:
            self._tasks.discard(task)
            error = asyncio.CancelledError() if task.cancelled() else task.exception()
            if not task.cancelled() and error is None:
                error = task.result()
            if error is not None and not self._stopping:
                on_failure(error)

        task = asyncio.create_task(_error_of(work))
        task.add_done_callback(ended)
        self._tasks.add(task)

    async def stop(self) -> None:
        """Cancel all tasks and wait for them, even if this wait is itself cancelled."""
        self._stopping = True
        # After a fork, the child has copies of tasks that no loop runs there.
        loop = asyncio.get_running_loop()
        tasks = [task for task in self._tasks if task.get_loop() is loop]
        for task in tasks:
            task.cancel()
        await all_done(tasks)


async def all_done(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Wait for the end of tasks, even if this wait is itself cancelled.

    Raises:
        CancelledError: This was cancelled; all tasks have ended.
    """
    cancelled: asyncio.CancelledError | None = None
    while pending := [task for task in tasks if not task.done()]:
        try:
            await asyncio.wait(pending)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled


async def _error_of(work: Callable[[], Awaitable[None]]) -> BaseException | None:
    """Return what a coroutine raises: a SystemExit that leaves a task would end the event loop."""
    try:
        await work()
    except GeneratorExit:  # closes the coroutine, as when the event loop is gone
        raise
    except BaseException as error:
        return error
    return None
