"""The retry rule, as a pure function."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import MappingProxyType

import pytest
from attrs import evolve
from hypothesis import given, strategies as st
from multidict import CIMultiDict

from beeper_async._http.outcome import AttemptState, Outcome
from beeper_async._http.request import Idempotency
from beeper_async._http.retry import retry_delay

NOW = datetime(2026, 5, 1, tzinfo=UTC)
HARMLESS = [Idempotency.SAFE, Idempotency.IDEMPOTENT]


NEVER_SENT = Outcome(AttemptState.NEVER_SENT)
UNKNOWN = Outcome(AttemptState.UNKNOWN)


def answered(status: int, headers: Mapping[str, str] = MappingProxyType({})) -> Outcome:
    return Outcome(AttemptState.ANSWERED, status, CIMultiDict(headers))


PASSING = [408, 409, 429, 500, 502, 503, 504, 505, 599]


def delay(idempotency: Idempotency, outcome: Outcome, attempt: int = 0) -> float | None:
    return retry_delay(
        idempotency, attempt, outcome, max_retries=2, max_retry_after=60, jitter=1.0, now=NOW
    )


@pytest.mark.parametrize("idempotency", HARMLESS)
@pytest.mark.parametrize("outcome", [UNKNOWN, *map(answered, PASSING)])
def test_harmless_calls_are_repeated_after_passing_failures(
    idempotency: Idempotency, outcome: Outcome
) -> None:
    assert delay(idempotency, outcome) == 0.5


@pytest.mark.parametrize("idempotency", list(Idempotency))
@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 410, 422, 425, 428, 430, 499, 501])
def test_lasting_failures_are_not_repeated(idempotency: Idempotency, status: int) -> None:
    assert delay(idempotency, answered(status)) is None


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 504])
@pytest.mark.parametrize("headers", [{}, {"x-should-retry": "true"}, {"Retry-After": "1"}])
def test_an_unsafe_call_whose_outcome_is_unknown_is_never_repeated(
    status: int, headers: dict[str, str]
) -> None:
    assert delay(Idempotency.UNSAFE, UNKNOWN) is None
    assert delay(Idempotency.UNSAFE, answered(status, headers)) is None


@pytest.mark.parametrize("idempotency", list(Idempotency))
def test_what_never_left_and_what_was_put_off_is_repeated(idempotency: Idempotency) -> None:
    assert delay(idempotency, NEVER_SENT) == 0.5
    assert delay(idempotency, answered(429)) == 0.5


def test_the_app_may_advise() -> None:
    advice = "X-Should-Retry"
    assert delay(Idempotency.SAFE, answered(500, {advice: "false"})) is None
    assert delay(Idempotency.SAFE, answered(404, {advice: "true"})) == 0.5
    assert delay(Idempotency.UNSAFE, answered(429, {advice: "false"})) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After-Ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "Retry-After": "7"}, 1.5),
        ({"retry-after-ms": "soon", "Retry-After": "7"}, 7.0),
        ({"Retry-After": "2.5"}, 2.5),
        ({"Retry-After": "60"}, 60.0),
        ({"Retry-After": "61"}, None),
        ({"retry-after-ms": "60001"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"Retry-After": "Fri, 01 May 2126 00:00:00 GMT"}, None),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "-3"}, 0.5),
        ({"Retry-After": "nan"}, 0.5),
        ({"Retry-After": "inf"}, 0.5),
        ({"Retry-After": "1e400"}, 0.5),
        ({"Retry-After": "\u0661"}, 0.5),
        ({"retry-after-ms": "-1", "Retry-After": ""}, 0.5),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 +99999999"}, 0.5),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 -2300"}, 0.5),
        ({"Retry-After": "later"}, 0.5),
        ({"Retry-After": format_datetime(NOW + timedelta(seconds=9), usegmt=True)}, 9.0),
        ({"Retry-After": format_datetime(NOW - timedelta(seconds=9), usegmt=True)}, 0.5),
        ({"Retry-After": "Fri, 01 May 2026 00:00:09 -0000"}, 9.0),
        ({"Retry-After": "Fri, 01 May 2026 02:00:09 +0200"}, 9.0),
    ],
)
def test_the_wish_of_the_app_is_heeded_within_reason(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert delay(Idempotency.SAFE, answered(429, headers)) == seconds


def test_waits_grow_and_stay_bounded() -> None:
    waits = [
        retry_delay(
            Idempotency.SAFE,
            n,
            answered(500),
            max_retries=99,
            max_retry_after=None,
            jitter=1.0,
            now=NOW,
        )
        for n in range(7)
    ]
    assert waits == [0.5, 1, 2, 4, 8, 8, 8]
    assert delay(Idempotency.SAFE, answered(500), attempt=2) is None


@given(st.floats(0, 1), st.integers(0, 40))
def test_jitter_spreads_the_waits(jitter: float, attempt: int) -> None:
    wait = retry_delay(
        Idempotency.SAFE,
        attempt,
        answered(500),
        max_retries=99,
        max_retry_after=60,
        jitter=jitter,
        now=NOW,
    )
    longest = min(0.5 * 2**attempt, 8)
    assert wait is not None
    assert 0.75 * longest <= wait <= longest


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (NEVER_SENT, False),
        (UNKNOWN, True),
        (answered(400), False),
        (answered(404), False),
        (answered(408), True),
        (answered(409), True),
        (answered(410), False),
        (answered(429), False),
        (answered(500), True),
        (answered(499), False),
        (answered(501), False),
        (answered(502), True),
        (answered(503), True),
        (answered(101), True),
        (answered(302), True),
        (answered(999), True),
        (answered(200), False),
        (evolve(answered(200), readable=False), True),
        (evolve(answered(404), readable=False), False),
    ],
)
def test_an_outcome_says_whether_the_app_may_have_done_it(outcome: Outcome, expected: bool) -> None:
    assert outcome.may_have_happened is expected
