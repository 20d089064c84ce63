"""WHEN of `remind`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from beeper_async.cli.moments import moment

pytestmark = pytest.mark.skipif(not hasattr(time, "tzset"), reason="needs a zone to set")


@pytest.fixture(autouse=True)
def _in_lisbon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Lisbon")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def now() -> datetime:
    return datetime(2026, 5, 5, 18, 30, 20).astimezone()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30m", "2026-05-05T19:00:20+01:00"),
        ("1h30m", "2026-05-05T20:00:20+01:00"),
        (" 2D ", "2026-05-07T18:30:20+01:00"),
        ("18:31", "2026-05-05T18:31:00+01:00"),
        ("18:30", "2026-05-06T18:30:00+01:00"),
        ("9:05", "2026-05-06T09:05:00+01:00"),
        ("2026-12-24 18:00", "2026-12-24T18:00:00+00:00"),
        ("2026-05-05T18:31", "2026-05-05T18:31:00+01:00"),
        ("2026-05-05T19:31+02:00", "2026-05-05T18:31:00+01:00"),
        ("2026-05-06", "2026-05-06T00:00:00+01:00"),
    ],
)
def test_a_time_to_come(text: str, expected: str) -> None:
    assert moment(text, now()) == datetime.fromisoformat(expected)


def test_the_clock_counts_when_summer_time_ends() -> None:
    evening = datetime(2026, 10, 24, 20, 0).astimezone()
    assert moment("19:00", evening) == datetime.fromisoformat("2026-10-25T19:00:00+00:00")
    assert moment("1d", evening) - evening == timedelta(hours=24)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "must be like"),
        ("soon", "must be like"),
        ("-5m", "must be like"),
        ("24:00", "must be like"),
        ("2026-13-01", "must be like"),
        ("2026-05-05 18:30 nowhere", "must be like"),
        ("9999999w", "must be like"),
        ("0m", "not in the future"),
        ("2026-05-05 18:30", "not in the future"),
    ],
)
def test_what_is_none(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        moment(text, now())
