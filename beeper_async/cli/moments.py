"""Times to come, as people write them: "2h", "18:30", "2026-05-05 18:30"."""

import re
from datetime import datetime, timedelta
from typing import Final

from beeper_async.bots.spans import duration

_CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})", re.ASCII)


def moment(text: str, now: datetime) -> datetime:
    """Read a time to come.

    Args:
        text: A length of time from now on ("30m", "1h30m", "2d"), the next time that the clock
            shows ("18:30"), or a date with a time ("2026-05-05 18:30"), local without a time zone.
        now: The present, in the local time zone.

    Raises:
        ValueError: It is none of these, or not in the future.
    """
    found = _read(text.strip(), now)
    if found <= now:
        raise ValueError("is not in the future")
    return found


def _read(text: str, now: datetime) -> datetime:
    try:
        if clock := _CLOCK.fullmatch(text):
            wall = now.replace(tzinfo=None, second=0, microsecond=0)
            today = wall.replace(hour=int(clock[1]), minute=int(clock[2]))
            later = today if today.astimezone() > now else today + timedelta(days=1)
            return later.astimezone()
        if text[4:5] == "-":
            return datetime.fromisoformat(text).astimezone()
        return now + duration(text)
    except (ValueError, OverflowError):
        raise ValueError('must be like "30m", "2d", "18:30" or "2026-05-05 18:30"') from None
