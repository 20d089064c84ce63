"""When to retry, and after how long. Pure: outcome in, delay out.

The rule: a request is retried only if a second delivery can do no harm. Safe and idempotent
requests are retried after any transient failure. A request that is not idempotent, such as sending
a message, is retried only if it provably never reached the app, or if the app answered 429.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from .outcome import AttemptState, Outcome
from .request import Idempotency
from .server_info import parse_http_date

_TRANSIENT: Final = frozenset({408, 409, 429})
_FIRST_DELAY: Final = 0.5
_MAX_DELAY: Final = 8.0
_SECONDS: Final = re.compile(r"[0-9]+(\.[0-9]+)?")


def retry_delay(
    idempotency: Idempotency,
    attempt: int,
    outcome: Outcome,
    *,
    max_retries: int,
    max_retry_after: float | None,
    jitter: float,
    now: datetime,
) -> float | None:
    """Return the seconds to wait before the next attempt, or None to give up.

    Args:
        idempotency: What a second delivery would do.
        attempt: 0 after the first attempt.
        outcome: How that attempt ended.
        max_retries: Maximum number of retries.
        max_retry_after: Longest wait in seconds that the app may ask for; a longer one is not
            waited, and not cut short either: it gives up. None disables the limit.
        jitter: Random number from 0 to 1 that spreads clients out.
        now: The present time by the app's clock, for a Retry-After that is a date.
    """
    if attempt >= max_retries or not _may_retry(idempotency, outcome):
        return None
    requested = retry_after(outcome.headers, now)
    if requested is None:
        return backoff(attempt, jitter)
    return requested if max_retry_after is None or requested <= max_retry_after else None


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


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that the app asks to wait; None if it names no wait that makes sense.

    Reads retry-after-ms, else Retry-After as seconds or as a date. A date that is past counts as
    none: it is rather a clock that is wrong than a wish.

    Args:
        headers: Headers of the response.
        now: The present time by the app's clock.
    """
    milliseconds = headers.get("retry-after-ms", "").strip()
    if _SECONDS.fullmatch(milliseconds):
        return float(milliseconds) / 1000
    text = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    date = parse_http_date(text, unknown_zone=UTC)
    wait = 0.0 if date is None else (date - now).total_seconds()
    return wait if wait > 0 else None
