"""An event loop whose clock runs only while nothing else is to do, so that hours take seconds.

What is sent over the loopback interface has arrived when the call that sent it returns. So when no
socket has anything to read, nothing is on its way, and the clock may jump to the next timer.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")

# A program that waits for no timer and for no socket hangs. Threads, such as those of a name
# look-up, take real time, but not so much of it.
_PATIENCE: Final = 10.0


class _JumpingSelector(selectors.DefaultSelector):
    """Returns what is ready at once, or lets the time pass that it should have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            ready = super().select(_PATIENCE)
            if not ready:
                raise TimeoutError("all tasks wait for something that will not happen")
            return ready
        self.now += timeout
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A loop that starts at 0 seconds and takes no time for anything but waiting."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)
