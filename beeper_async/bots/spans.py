"""Lengths of time as people write them: "10m", "1h30m". Pure."""

import re
from datetime import timedelta
from typing import Annotated, Final, TypeAlias

from ..errors import InvalidInputError

Span: TypeAlias = str | float | timedelta
"""A length of time: a text such as "10m" or "1h30m", seconds, or a timedelta."""

_SECONDS: Final = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
    **dict.fromkeys(("w", "week", "weeks"), 604_800.0),
}
_PART: Final = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([a-z]+)", re.ASCII)
_LONGEST: Final = 100 * 366 * 86_400.0


def duration(text: str) -> timedelta:
    """Read a length of time.

    Args:
        text: Numbers with their units: s, m, h, d, w, or the words for them.

    Returns:
        The length.

    Raises:
        ValueError: The text is something else, or more than 100 years.

    Example:
        print(duration("1h30m"))  # 1:30:00
    """
    seconds, end, text = 0.0, 0, text.strip().lower()
    for part in _PART.finditer(text):
        if part.start() != end or part[2] not in _SECONDS:
            break
        seconds, end = seconds + float(part[1]) * _SECONDS[part[2]], part.end()
    if not text or end != len(text) or seconds > _LONGEST:
        raise ValueError("not a length of time such as 10m or 1h30m")
    return timedelta(seconds=seconds)


Duration = Annotated[timedelta, duration]
"""The annotation of a command's argument that is a length of time. The handler gets a timedelta."""


def seconds_of(name: str, span: Span) -> float:
    """Return a length of time in seconds.

    Args:
        name: The parameter, for the error.
        span: The length.

    Raises:
        InvalidInputError: It is no length of time, negative, or more than 100 years.
    """
    try:
        if isinstance(span, str):
            span = duration(span)
        seconds = span.total_seconds() if isinstance(span, timedelta) else float(span)
    except (ValueError, TypeError):
        seconds = -1.0
    if isinstance(span, bool) or not 0 <= seconds <= _LONGEST:
        raise InvalidInputError(f'{name} must be a length of time: "10m", seconds or a timedelta.')
    return seconds
