"""The time of a bot."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Timer(Protocol):
    """A call that is planned."""

    def cancel(self) -> object:
        """Call it off."""
        ...


class Clock:
    """The time that a bot goes by: that of this machine. Tests hand in another one."""

    def now(self) -> datetime:
        """Return the present time."""
        return datetime.now(UTC)

    def call_later(self, seconds: float, call: Callable[[], object]) -> Timer:
        """Call a function after a length of time, in the event loop."""
        return asyncio.get_running_loop().call_later(seconds, call)

    async def hold_back(self, seconds: float) -> None:
        """Wait because the bot sends fast. Tests don't wait for it."""
        await self.sleep(seconds)

    async def sleep(self, seconds: float) -> None:
        """Wait for a length of time."""
        over = asyncio.Event()
        timer = self.call_later(seconds, over.set)
        try:
            await over.wait()
        finally:
            timer.cancel()
