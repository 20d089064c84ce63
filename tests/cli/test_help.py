"""Help texts at the widths of usual and of narrow terminals."""

from __future__ import annotations

import re

import pytest

from beeper_async.__main__ import main
from beeper_async.cli.exit_codes import MEANINGS
from beeper_async.cli.group import COMMANDS


@pytest.fixture(params=[40, 80, 200])
def columns(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("COLUMNS", str(request.param))
    return int(request.param)


def help_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main([*arguments, "--help"]) == 0
    output, errors = capsys.readouterr()
    assert errors == ""
    return output.splitlines()


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_fits_the_terminal(
    columns: int, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = help_of(capsys, *command)
    assert max(map(len, lines)) <= min(columns, 80)
    assert lines[0].startswith(" ".join(["Usage: beeper-async", *command]))
    assert any(line.startswith("  -h, --help  ") for line in lines)


def test_the_program_lists_its_commands_and_exit_codes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = help_of(capsys)
    assert lines[0] == "Usage: beeper-async [OPTIONS] COMMAND"
    for name, summary in COMMANDS.items():
        assert f"  {name:<{max(map(len, COMMANDS))}}  {summary}" in lines
    for code, meaning in MEANINGS.items():
        assert f"  {code.value:<3}  {meaning}" in lines
    assert "  beeper-async chats --demo" in lines


def test_the_help_explains_marks_and_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for command, first in (("chats", "PMAU123456"), ("watch", "1234567")):
        lines = help_of(capsys, command)
        terms = [line[2] for line in lines if re.match(r"  [^ -]\s+\S", line)]
        assert "".join(terms) == first


def test_a_url_is_whole_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = help_of(capsys, "chats")
    assert "  --base-url URL" in lines
    assert any("http://localhost:23373]" in line for line in lines)


def test_usage_and_examples_are_whole_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = help_of(capsys, "chats")
    assert lines[0] == "Usage: beeper-async chats [OPTIONS]"
    assert "  beeper-async chats --json | jq .title" in lines
    assert "  beeper-async watch --demo --limit 10" in help_of(capsys, "watch")


def test_short_help_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chats", "-h"]) == 0
    assert capsys.readouterr().out.startswith("Usage: beeper-async chats [OPTIONS]\n")
