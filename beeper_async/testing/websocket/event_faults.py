"""Faults of events: what the simulator does to the next ones before it sends them."""

from __future__ import annotations

from collections import deque

import attrs


@attrs.frozen(kw_only=True)
class EventFault:
    """What happens to one event. By default nothing unusual."""

    lost: bool = False
    silently: bool = False
    """A lost one uses no number."""
    held: bool = False
    """It waits for `Sockets.release`, and gets its number then."""
    copies: int = 1
    renumbered: bool = False
    """Each copy has a number of its own."""
    delay: float = 0.0
    """Seconds by which it is late, and with it everything behind it."""
    swapped: bool = False
    """It comes after the event that follows it."""


ORDINARY = EventFault()


class EventFaultQueue:
    """The faults of the next events, first come first served."""

    def __init__(self) -> None:
        self._planned: deque[EventFault] = deque()

    def add(self, fault: EventFault, times: int = 1) -> None:
        """Put a fault behind the others."""
        if times < 1:
            raise ValueError("times must be at least 1")
        self._planned.extend([fault] * times)

    def clear(self) -> None:
        """Let everything be ordinary."""
        self._planned.clear()

    def take(self) -> EventFault:
        """The fault of the next event."""
        return self._planned.popleft() if self._planned else ORDINARY
