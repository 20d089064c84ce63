"""The program as a whole: its commands, what it imports for them, and async ones."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

import beeper_async
from beeper_async import __main__ as program
from beeper_async.cli import PROG
from beeper_async.cli.archive import ArchiveGroup
from beeper_async.cli.exit_codes import ExitCode
from beeper_async.cli.group import COMMANDS, group
from beeper_async.cli.help import Command
from beeper_async.cli.running import run_async

from .command_line import ROOT, TIMEOUT, environment, run

HEAVY = ("aiohttp", "attrs", "attr", "cattrs", "anyio", "asyncio", "orjson", "rich", "yarl")
CODE = "import sys; from beeper_async.__main__ import main; main({arguments}); print(*sys.modules)"


def modules_after(*arguments: str) -> set[str]:
    """What a command has imported when it is done, read from the last line."""
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(arguments=list(arguments))],
        capture_output=True,
        cwd=ROOT,
        env=environment(),
        timeout=TIMEOUT,
        check=True,
    )
    return set(done.stdout.decode().splitlines()[-1].split())


def module_of(name: str) -> str:
    return f"beeper_async.cli.{name.replace('-', '_')}"


def test_help_imports_neither_the_client_nor_a_command() -> None:
    imported = modules_after("--help")
    assert "beeper_async.cli.group" in imported
    assert not imported & {*HEAVY, "beeper_async.client", "beeper_async.models"}
    assert not imported & {module_of(name) for name in COMMANDS}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_imports_no_client_and_no_other_command(name: str) -> None:
    imported = modules_after(name, "--help")
    assert module_of(name) in imported
    assert not imported & {*HEAVY, "beeper_async.client", "beeper_async.models"}
    assert not imported & {module_of(other) for other in COMMANDS if other != name}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_name_leads_to_its_command(name: str) -> None:
    context = click.Context(group)
    assert name in group.list_commands(context)
    command = group.get_command(context, name)
    assert isinstance(command, Command | ArchiveGroup)
    assert command.name == name
    assert command.callback is not None
    assert command.help


def test_version() -> None:
    done = run("--version")
    assert (done.code, done.errors) == (0, "")
    assert done.text == f"beeper-async {beeper_async.__version__}\n"


def test_the_console_script_is_this_program() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {PROG: "beeper_async.__main__:main"}
    assert "beeper_async.cli.group" in modules_after("--version")


def invoke(monkeypatch: pytest.MonkeyPatch, command: click.Command) -> int:
    """Run a command of this test as if it were `chats`."""

    def get_command(*_: object) -> click.Command:
        return command

    monkeypatch.setattr(type(group), "get_command", get_command)
    return program.main(["chats"])


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (ExitCode.PROBLEMS, 7)])
def test_a_command_returns_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, returned: ExitCode | None, code: int
) -> None:
    @click.command(cls=Command)
    @run_async
    async def command() -> ExitCode | None:
        return returned

    assert invoke(monkeypatch, command) == code


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, ""),
        (click.Abort(), 130, ""),
        (click.FileError("notes.txt", "no such file"), 1, "beeper-async: Could not open file"),
        (beeper_async.InvalidInputError("chat_id is empty"), 2, "beeper-async: chat_id is empty\n"),
        (click.UsageError("--reply-to needs a text"), 2, "beeper-async chats: --reply-to needs"),
    ],
)
def test_what_ends_a_command(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    said: str,
) -> None:
    @click.command(cls=Command)
    @run_async
    async def command() -> None:
        raise error

    assert invoke(monkeypatch, command) == code
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith(said)
    assert errors.count("\n") == bool(said)


def test_a_full_disk_while_a_command_writes_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")

    @click.command(cls=Command)
    def command() -> None:
        Path("/dev/full").write_text("archive")

    monkeypatch.setattr(program, "_abandon_stdout", lambda: None)
    assert invoke(monkeypatch, command) == 8
    assert capsys.readouterr().err == "beeper-async: No space left on device\n"
