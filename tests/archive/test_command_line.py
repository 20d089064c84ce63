"""`beeper-async archive` and its commands, run as a user runs them."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from beeper_async.__main__ import main
from beeper_async.cli.archive import COMMANDS

from ..blocking.programs import needs_signals
from ..cli.command_line import command, environment, run
from .app import App
from .judge import differences
from .running import rows
from .world import World


@pytest.fixture(autouse=True)
def _no_handlers() -> Iterator[None]:
    """Remove what the command adds to the logger of the library, for it runs in this process."""
    yield
    logging.getLogger("beeper_async").handlers.clear()


@pytest.fixture
def archived(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Give the archive of the demo."""
    folder = str(tmp_path / "backup")
    assert main(["archive", folder, "--demo"]) == 0
    capsys.readouterr()
    return folder


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(["archive", *arguments]) == code
    output, errors = capsys.readouterr()
    assert bool(errors) == bool(code) or "No problems" in errors
    return output or errors


@pytest.mark.parametrize("columns", ["40", "80"])
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_fits_the_terminal(
    name: str, columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    arguments = [name] if name else []
    lines = said(capsys, *arguments, "--help").splitlines()
    assert max(map(len, lines)) <= int(columns)
    assert lines[0].startswith(" ".join(["Usage: beeper-async archive", *arguments]))


def test_a_run_says_what_it_did(archived: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, archived, "--demo", "--sweep", "full")
    assert text.startswith("202 messages in 21 chats; 0 new, 0 changed, 0 deleted, 0 vanished (")
    assert text.count("\n") == 1


def test_a_run_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, str(tmp_path / "b"), "--demo", "--json").splitlines()
    values: list[dict[str, Any]] = [json.loads(line) for line in lines]
    assert values[-1]["event"] == "report"
    assert (values[-1]["messages"], values[-1]["exit_code"]) == (202, 0)
    assert {value["event"] for value in values[:-1]} <= {"progress"}


def test_status(archived: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "status", archived).splitlines()
    assert "messages     202" in lines
    assert json.loads(said(capsys, "status", archived, "--json"))["messages"] == 202


def test_search(archived: str, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = said(capsys, "search", archived, "dinner", "confirmed").splitlines()
    assert line.split("\t")[1:] == [*("Tomas Vrba", "Tomas Vrba", "Yes! Dinner plans confirmed 🍜")]
    assert said(capsys, "search", archived, "nowhere", code=5) == "Nothing was found.\n"
    (text,) = said(capsys, "search", archived, "dinner confirmed", "--json").splitlines()
    assert json.loads(text)["text"].startswith("Yes!")
    assert "no chat" in said(capsys, "search", archived, "x", "--chat", "No such", code=5)


@pytest.mark.parametrize("format", ["jsonl", "csv", "markdown", "html"])
def test_export(
    format: str, archived: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    text = said(capsys, "export", archived, "--format", format, "--to", str(out))
    assert text.startswith("202 messages of ")
    assert out.exists()


def test_verify(archived: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "verify", archived, "--files")
    assert text == "202 messages in 21 chats, 4 files: nothing is wrong\n"
    text = said(capsys, "verify", archived, "--against-app", "--demo")
    assert "nothing is wrong" in text
    assert json.loads(said(capsys, "verify", archived, "--json"))["counts"] == {}


def test_verify_finds_damage(archived: str, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (Path(archived) / "files").rglob("*"):
        if path.is_file():
            path.unlink()
    assert main(["archive", "verify", archived]) == 7
    output, errors = capsys.readouterr()
    assert "4 file" in output
    assert errors == ""


def test_problems_and_forget(archived: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "problems", archived) == "No problems.\n"
    text = said(capsys, "forget", archived, "--chat", "Raid night")
    assert text == "1 chats were removed.\n"
    assert rows(Path(archived), "select count(*) from messages") == [(82,)]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 2),
        (("status",), 2),
        (("--nonsense", "x"), 2),
        (("x", "--sweep", "some", "--demo"), 2),
        (("x", "--sweep", "off", "--watch", "--demo"), 2),
        (("x", "--max-file", "big", "--demo"), 2),
        (("x", "--max-file", "0", "--demo"), 2),
        (("search", "x"), 2),
        (("search", "x", "y", "--since", "soon"), 2),
        (("export", "x", "--format", "pdf", "--to", "y"), 2),
        (("status", "not-there"), 5),
        (("verify", "not-there"), 5),
    ],
)
def test_bad_input(
    arguments: tuple[str, ...],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["archive", *arguments]) == code
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("beeper-async")
    assert errors.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_app_that_is_not_there(tmp_path: Path) -> None:
    folder = str(tmp_path / "backup")
    settings = environment(BEEPER_ACCESS_TOKEN="x", BEEPER_BASE_URL="http://127.0.0.1:1")
    done = run("archive", folder, "--wait-for-app", "0", env=settings)
    assert (done.code, done.output) == (4, b"")
    assert done.errors.count("\n") == 1


@needs_signals
def test_ctrl_c(tmp_path: Path) -> None:
    world = World(chats=30, messages=3000, seed=1)
    with App(world) as app:
        app.latency = 0.02
        settings = environment(BEEPER_ACCESS_TOKEN=app.token, BEEPER_BASE_URL=app.url)
        arguments = command("archive", str(tmp_path), "--json")
        with subprocess.Popen(
            arguments, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (130, "")
        app.latency = 0
        assert run("archive", str(tmp_path), env=settings).code == 0
        assert differences(tmp_path, world) == {}
