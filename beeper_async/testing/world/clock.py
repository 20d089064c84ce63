"""The simulator's clock, and times as the API writes them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

FIXED_NOW = datetime(2026, 5, 11, 10, 0, tzinfo=UTC)
"""The time at which a simulated world stands still by default."""


def to_wire(moment: datetime) -> str:
    """Format a time as the app does: UTC, milliseconds, ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_wire(text: str) -> datetime | None:
    """Parse a time. Return None if it is not a time or has no offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def to_milliseconds(text: str | None) -> int:
    """Convert a time of the API to Unix milliseconds. Return 0 if there is none."""
    moment = from_wire(text) if text else None
    return 0 if moment is None else round(moment.timestamp() * 1000)


class Clock:
    """Gives each event a later time than the one before.

    Args:
        start: The time at which it starts to run. None means that it stands still: the world begins
            at `FIXED_NOW` and each event is one second after the last, so that two runs give the
            same responses.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self.start: datetime = FIXED_NOW if start is None else start.astimezone(UTC)
        self._ticking = start is not None
        self._began = time.monotonic()
        self._last = self.start

    def next(self) -> datetime:
        """Return the time of the next event."""
        if self._ticking:
            moment = max(self.now(), self._last + timedelta(milliseconds=1))
        else:
            moment = self._last + timedelta(seconds=1)
        self._last = moment
        return moment

    def now(self) -> datetime:
        """Return the current time, or that of the last event while the clock stands still."""
        if not self._ticking:
            return self._last
        passed = self.start + timedelta(seconds=time.monotonic() - self._began)
        return max(passed, self._last)
