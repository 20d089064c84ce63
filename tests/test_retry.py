"""The retry rule, as a pure function."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st
from multidict import CIMultiDict

from beeper_async._http.request import Idempotency
from beeper_async._http.outcome import Outcome
from beeper_async._http.retry import retry_delay

NOW = datetime(2026, 5, 1, tzinfo=UTC)
HARMLESS = [Idempotency.SAFE, Idempotency.IDEMPOTENT]


def ask(
    repeat: Idempotency, attempt: int = 0, *, chance: float = 1.0, **outcome: Any
) -> float | None:
    headers = CIMultiDict(outcome.pop("headers", {}))
    return retry_delay(
        repeat, attempt, Outcome(headers=headers, **outcome), max_retries=2, chance=chance, now=NOW
    )


@pytest.mark.parametrize("repeat", HARMLESS)
@pytest.mark.parametrize("status", [None, 408, 409, 429, 500, 502, 503, 504])
def test_harmless_calls_are_repeated_after_passing_failures(
    repeat: Idempotency, status: int | None
) -> None:
    assert ask(repeat, status=status) == 0.5


@pytest.mark.parametrize("repeat", list(Idempotency))
@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422, 425, 501])
def test_lasting_failures_are_not_repeated(repeat: Idempotency, status: int) -> None:
    assert ask(repeat, status=status) is None


@pytest.mark.parametrize("status", [None, 408, 409, 500, 502, 503, 504])
@pytest.mark.parametrize("headers", [{}, {"x-should-retry": "true"}, {"Retry-After": "1"}])
def test_an_unsafe_call_whose_outcome_is_unknown_is_never_repeated(
    status: int | None, headers: dict[str, str]
) -> None:
    assert ask(Idempotency.UNSAFE, status=status, headers=headers) is None


@pytest.mark.parametrize("repeat", list(Idempotency))
def test_what_never_left_and_what_was_put_off_is_repeated(repeat: Idempotency) -> None:
    assert ask(repeat, never_sent=True) == 0.5
    assert ask(repeat, status=429) == 0.5


def test_the_app_may_advise() -> None:
    assert ask(Idempotency.SAFE, status=500, headers={"X-Should-Retry": "false"}) is None
    assert ask(Idempotency.SAFE, status=404, headers={"X-Should-Retry": "true"}) == 0.5
    assert ask(Idempotency.UNSAFE, status=429, headers={"X-Should-Retry": "false"}) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After-Ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "Retry-After": "7"}, 1.5),
        ({"retry-after-ms": "soon", "Retry-After": "7"}, 7.0),
        ({"Retry-After": "2.5"}, 2.5),
        ({"Retry-After": "60"}, 60.0),
        ({"Retry-After": "61"}, 0.5),
        ({"Retry-After": "0"}, 0.5),
        ({"Retry-After": "-3"}, 0.5),
        ({"Retry-After": "nan"}, 0.5),
        ({"Retry-After": "later"}, 0.5),
        ({"Retry-After": format_datetime(NOW + timedelta(seconds=9), usegmt=True)}, 9.0),
        ({"Retry-After": format_datetime(NOW - timedelta(seconds=9), usegmt=True)}, 0.5),
        ({"Retry-After": "Fri, 01 May 2026 00:00:09 -0000"}, 9.0),
        ({"Retry-After": "Fri, 01 May 2026 02:00:09 +0200"}, 9.0),
    ],
)
def test_the_wish_of_the_app_is_heeded_within_reason(
    headers: dict[str, str], seconds: float
) -> None:
    assert ask(Idempotency.SAFE, status=429, headers=headers) == seconds


def test_waits_grow_and_stay_bounded() -> None:
    waits = [
        retry_delay(Idempotency.SAFE, n, Outcome(status=500), max_retries=99, chance=1.0, now=NOW)
        for n in range(7)
    ]
    assert waits == [0.5, 1, 2, 4, 8, 8, 8]
    assert ask(Idempotency.SAFE, attempt=2, status=500) is None


@given(st.floats(0, 1), st.integers(0, 40))
def test_chance_spreads_the_waits(chance: float, attempt: int) -> None:
    wait = retry_delay(
        Idempotency.SAFE, attempt, Outcome(status=500), max_retries=99, chance=chance, now=NOW
    )
    longest = min(0.5 * 2**attempt, 8)
    assert wait is not None
    assert 0.75 * longest <= wait <= longest
