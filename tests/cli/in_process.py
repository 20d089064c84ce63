"""Run the command line in this process, against a simulator: much faster than as a process."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from beeper_async.__main__ import main
from beeper_async.testing import Simulator


@attrs.frozen
class Result:
    """What came of a command."""

    code: int
    output: str
    errors: str

    @property
    def rows(self) -> list[list[str]]:
        return [line.split("\t") for line in self.output.splitlines()]

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.splitlines()]


class CommandLine:
    """The command line of a test. Its standard input is no terminal, and neither is its output."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def point_to(self, sim: Simulator) -> None:
        """Set the environment as for a user of this app."""
        self._monkeypatch.setenv("BEEPER_BASE_URL", sim.url)
        self._monkeypatch.setenv("BEEPER_ACCESS_TOKEN", sim.token)

    def run(self, *arguments: str) -> Result:
        code = main(arguments)
        output, errors = self._capsys.readouterr()
        return Result(code, output, errors)
