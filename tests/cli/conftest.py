"""What the tests of the command line share."""

from __future__ import annotations

import pytest

from beeper_async.testing import Simulator

from .in_process import CommandLine


@pytest.fixture
def line(
    sim: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    """The command line, with `sim` as its app."""
    command_line = CommandLine(monkeypatch, capsys)
    command_line.point_to(sim)
    monkeypatch.setenv("TZ", "UTC")
    return command_line
