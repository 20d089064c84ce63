"""An event loop in a thread of its own, for blocking code."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class LoopThread:
    """An event loop in a thread, alive between two coroutines."""

    def __init__(self, name: str, begin: Callable[[], Any], end: Callable[[], Any]) -> None:
        self._begin = begin
        self._end = end
        self._running: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        # A daemon, so that a test run that was aborted in the middle can still exit.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Return once the first coroutine is done, with its error if it failed."""
        self._thread.start()
        try:
            self._running.result()
        except BaseException:
            self._thread.join()
            raise

    def stop(self) -> None:
        """Return once the second coroutine is done and the thread gone."""
        loop, stopped = self._running.result()
        loop.call_soon_threadsafe(stopped.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            # Too late to report unless the start itself failed.
            if not self._running.done():
                self._running.set_exception(error)
            else:
                raise

    async def _main(self) -> None:
        stopped = asyncio.Event()
        await self._begin()
        self._running.set_result((asyncio.get_running_loop(), stopped))
        try:
            await stopped.wait()
        finally:
            await self._end()
