"""When to retry, and after how long. Pure: outcome in, delay out.

The rule: a request is retried only if a second delivery can do no harm. Safe and idempotent
requests are retried after any transient failure. A request that is not idempotent, such as sending
a message, is retried only if it provably never reached the app, or if the app answered 429.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from .outcome import AttemptState, Outcome
from .request import Idempotency

_TRANSIENT: Final = frozenset({408, 409, 429})
_FIRST_DELAY: Final = 0.5
_MAX_DELAY: Final = 8.0
_MAX_RETRY_AFTER: Final = 60.0


def retry_delay(
    idempotency: Idempotency,
    attempt: int,
    outcome: Outcome,
    *,
    max_retries: int,
    jitter: float,
    now: datetime,
) -> float | None:
    """Return the seconds to wait before the next attempt, or None to give up.

    Args:
        idempotency: What a second delivery would do.
        attempt: 0 after the first attempt.
        outcome: How that attempt ended.
        max_retries: Maximum number of retries.
        jitter: Random number from 0 to 1 that spreads clients out.
        now: The present time, for a Retry-After that is a date.
    """
    if attempt >= max_retries or not _may_retry(idempotency, outcome):
        return None
    requested = _retry_after(outcome.headers, now)
    if requested is not None and 0 < requested <= _MAX_RETRY_AFTER:
        return requested
    return backoff(attempt, jitter)


def backoff(failures: int, jitter: float) -> float:
    """Return a delay in seconds that doubles with every failure, up to a maximum.

    Args:
        failures: Number of failures before this one.
        jitter: Random number from 0 to 1.
    """
    longest = min(_FIRST_DELAY * 2.0 ** min(failures, 10), _MAX_DELAY)
    return longest * (0.75 + 0.25 * jitter)


def _may_retry(idempotency: Idempotency, outcome: Outcome) -> bool:
    if outcome.state is AttemptState.NEVER_SENT:
        return True
    advice = outcome.headers.get("x-should-retry")
    if advice == "false":
        return False
    if idempotency is Idempotency.UNSAFE:
        return outcome.status == 429
    if outcome.state is AttemptState.UNKNOWN or advice == "true":
        return True
    # 501 says that the app has no such call; half a second later it still has none.
    return outcome.status in _TRANSIENT or (outcome.status >= 500 and outcome.status != 501)


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read retry-after-ms, else Retry-After as seconds or as a date."""
    try:
        return float(headers["retry-after-ms"]) / 1000
    except (KeyError, ValueError):
        pass
    text = headers.get("Retry-After", "")
    try:
        return float(text)
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return (aware - now).total_seconds()
