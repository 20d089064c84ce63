"""What the frames of the socket hold, however odd they are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from beeper_async.events.frames import exact, id_of, ids_of, parsed, raw_time, seq_of, time_of

from ..live import NOON


@pytest.mark.parametrize("text", [b"", b"5", b"null", b"[{}]", b'"x"', b"{", b"\xff", b"[" * 9999])
def test_what_is_no_frame(text: bytes) -> None:
    assert parsed(text) is None
    assert exact(text, {"kept": 1}) == {"kept": 1}


def test_integers_beyond_64_bits_are_exact_on_demand() -> None:
    text = b'{"size": 1000000000000000000000000000000}'
    frame = parsed(text)
    assert frame == {"size": 1e30}
    assert exact(text, frame) == {"size": 10**30}


@pytest.mark.parametrize(
    ("ts", "time"),
    [
        ("2026-05-11T12:00:00Z", NOON),
        (NOON.timestamp() * 1000, NOON),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (None, None), ("yesterday", None), ("", None), (10**18, None), ([], None), ({}, None),
    ],
)  # fmt: skip
def test_when_an_event_was_sent(ts: Any, time: datetime | None) -> None:
    assert time_of({"ts": ts}) == time
    assert time_of({}) is None


@pytest.mark.parametrize(
    ("timestamp", "time"),
    [("2026-05-11T12:00:00Z", NOON.timestamp()), ("yesterday", None), (5, None), (None, None)],
)
def test_when_an_unreadable_message_was_sent(timestamp: Any, time: float | None) -> None:
    assert raw_time({"timestamp": timestamp}) == time


@pytest.mark.parametrize(("seq", "number"), [(7, 7), ("7", None), (1.5, None), (None, None)])
def test_numbers_of_events(seq: Any, number: int | None) -> None:
    assert seq_of({"seq": seq}) == number


def test_what_can_be_an_id() -> None:
    assert id_of("a/../b") == "a/../b"
    odd: list[Any] = ["", ".", "..", 5, None, []]
    assert [id_of(one) for one in odd] == [None] * 6
    assert ids_of({"ids": ["1", "", 5, None, "1", ".."]}) == ["1", "1"]
    for ids in (None, "12", 5, {"1": "2"}):
        assert ids_of({"ids": ids}) == []
