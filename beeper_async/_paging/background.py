"""Tasks in the background of an `async with` block, and the end of what they put into a queue."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from .._http.session import running_loop
from ..errors import ClientUseError


class EndOfStream:
    """Stands in a queue for the end of what is put into it."""


def wake(queue: asyncio.Queue[Any]) -> None:
    """Let a consumer that still waits for the queue see that this is the end."""
    if not queue.full():
        queue.put_nowait(EndOfStream())


class BackgroundTasks:
    """Tasks that belong to one `async with` block."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._used = False

    def begin(self) -> None:
        """Enter the block, which is possible once."""
        if self._used:
            raise ClientUseError("A stream can be entered once. Make a new one.")
        running_loop()  # refuses to begin outside of asyncio
        self._used = True

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Add a task to the block."""
        self._tasks.add(asyncio.create_task(work))

    async def stop(self) -> None:
        """Cancel all tasks and wait for them, even if this wait is itself cancelled."""
        cancelled: asyncio.CancelledError | None = None
        # After a fork, the child has copies of tasks that no loop runs there.
        loop = asyncio.get_running_loop()
        tasks = [task for task in self._tasks if task.get_loop() is loop]
        for task in tasks:
            task.cancel()
        while pending := [task for task in tasks if not task.done()]:
            try:
                await asyncio.wait(pending)
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            raise cancelled
