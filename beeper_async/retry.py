"""When to ask again, and after how long. Pure: outcome in, delay out.

The rule: a request is repeated only if a second delivery can't do harm. Reads and absolute state
changes may be repeated after anything temporary. An unsafe call, such as sending a message, only
when the first one certainly never reached the app, or when the app said 429: "not now".
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from attrs import field, frozen

from .request import Repeat

_TEMPORARY = frozenset({408, 409, 429})
_FIRST_DELAY = 0.5
_LONGEST_DELAY = 8.0
_LONGEST_WISH = 60.0


@frozen
class Outcome:
    """How an attempt ended: with a status, or without any answer."""

    status: int | None = None
    headers: Mapping[str, str] = field(factory=dict)
    never_sent: bool = False
    """True when the request certainly didn't reach the app: refused, no such host."""


def delay(
    repeat: Repeat,
    attempt: int,
    outcome: Outcome,
    *,
    max_retries: int,
    chance: float,
    now: datetime,
) -> float | None:
    """Return the seconds to wait before the next attempt, or None to give up.

    Args:
        repeat: What a second delivery would do.
        attempt: 0 after the first attempt.
        outcome: How that attempt ended.
        max_retries: How many repeats are allowed in all.
        chance: A random number from 0 to 1 that spreads clients out.
        now: The present time, for a Retry-After that is a date.
    """
    if attempt >= max_retries or not _may_repeat(repeat, outcome):
        return None
    wish = _wished_delay(outcome.headers, now)
    if wish is not None and 0 < wish <= _LONGEST_WISH:
        return wish
    return backoff(attempt, chance)


def backoff(failures: int, chance: float) -> float:
    """Return a pause that doubles with every failure, up to a bound; `chance` is 0 to 1."""
    longest = min(_FIRST_DELAY * 2.0 ** min(failures, 10), _LONGEST_DELAY)
    return longest * (0.75 + 0.25 * chance)


def _may_repeat(repeat: Repeat, outcome: Outcome) -> bool:
    if outcome.never_sent:
        return True
    advice = outcome.headers.get("x-should-retry")
    if advice == "false":
        return False
    if repeat is Repeat.UNSAFE:
        return outcome.status == 429
    if outcome.status is None or advice == "true":
        return True
    # 501 says that the app has no such call; it won't have it half a second later.
    return outcome.status in _TEMPORARY or (outcome.status >= 500 and outcome.status != 501)


def _wished_delay(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read retry-after-ms, else Retry-After as seconds or as a date."""
    try:
        return float(headers["retry-after-ms"]) / 1000
    except (KeyError, ValueError):
        pass
    wish = headers.get("Retry-After", "")
    try:
        return float(wish)
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(wish)
    except ValueError:
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return (aware - now).total_seconds()
