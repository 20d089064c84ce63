"""A bot that is killed at random moments keeps what it promises. `nox -s kills` goes on longer."""

import sys

import pytest

from .killed import kill


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_nothing_is_lost_and_nothing_stored_twice() -> None:
    report = kill(3, seed=1)
    assert report.problems == []
    assert len(report.said) > 3
