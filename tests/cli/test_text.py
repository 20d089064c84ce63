"""Text of strangers on a terminal: its width, cut and filled."""

from __future__ import annotations

import pytest

from beeper_async.cli.text import pad, shorten, width


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("abc", 3),
        ("水野", 4),
        ("e\u0301", 1),
        ("🌻", 2),
        ("🇵🇹", 2),
        ("👍🏽", 2),
        ("👩\u200d👩\u200d👧", 2),
        ("❤\ufe0f", 2),
        ("🌻\ufe0f", 2),
        ("\ufe0f", 0),
    ],
)
def test_the_width_of_a_text(text: str, cells: int) -> None:
    assert width(text) == cells


def test_cutting_and_filling() -> None:
    assert shorten("水野 凛", 7) == "水野 凛"
    assert shorten("水野 凛", 6) == "水野…"
    assert shorten("水野 凛", 4) == "水…"
    assert pad("水", 4) == "水  "
    assert pad("水", 4, right=True) == "  水"
    assert pad("long", 2) == "long"
