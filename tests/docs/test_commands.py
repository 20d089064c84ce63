"""Every command of the README and of docs/ is run, or known to need more than this machine."""

import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from beeper_async.__main__ import main

from .pages import PAGES, ROOT, Block, blocks_of

# Commands that are not run here, and what they need.
NEED_MORE = {
    r"pip install .+": "a network",
    r"nox .+": "a network, and minutes",
    r"pre-commit install": "a repository of git to change",
    r"export \w+=.+": "nothing: it sets up the shell",
    r"git clone .+": "a network",
    r"python -m beeper_async [a-z]+( --token -)?": "a running app",
    r"python -m beeper_async archive .+": "an archive, or a running app",
    r"python docs/examples/\w+\.py": "a running app",
    r"WRITE_DOCS=1 python -m pytest .+": "minutes; it writes a page anew",
    r"python -m tests\.benchmarks.*": "minutes, and the official SDK beside it",
    r"python -m beeper_async\.testing": "somebody to press Ctrl-C",
}


def commands(block: Block) -> list[str]:
    """List the single commands of a block of shell."""
    lines = block.text.replace("\\\n", " ").splitlines()
    plain = [line.partition("  #")[0] for line in lines if not line.lstrip().startswith("#")]
    return [part.strip() for line in plain for part in line.split("&&") if part.strip()]


BLOCKS = [block for page in PAGES for block in blocks_of(page) if block.language == "sh"]
COMMANDS = [(block.place, command) for block in BLOCKS for command in commands(block)]
DEMOS = [(place, command) for place, command in COMMANDS if "--demo" in command]


def run(command: list[str], cwd: Path) -> str:
    """Run a command of this Python, warnings being errors; return its output."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error",
        "PYTHONUTF8": "1",  # pipes have another encoding on Windows
    }
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=170,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize(("place", "command"), DEMOS)
def test_demo_runs(place: str, command: str, tmp_path: Path) -> None:
    program, *arguments = shlex.split(command)
    assert program == "python", place
    # Examples write files, so not in the checkout.
    arguments = [str(ROOT / word) if word.startswith("docs/") else word for word in arguments]
    if "watch" in arguments:
        arguments += ["--limit", "2"]  # by itself it never ends
    assert run([sys.executable, *arguments], cwd=tmp_path).strip()


@pytest.mark.parametrize(("place", "command"), [c for c in COMMANDS if c not in DEMOS])
def test_other_command_is_known(place: str, command: str) -> None:
    assert any(re.fullmatch(pattern, command) for pattern in NEED_MORE), f"{place}: {command}"


@pytest.mark.parametrize("example", sorted(ROOT.glob("docs/examples/*.py")), ids=lambda p: p.stem)
def test_example_runs_and_needs_a_token_without_demo(example: Path, tmp_path: Path) -> None:
    assert run([sys.executable, str(example), "--demo"], cwd=tmp_path).strip()
    with pytest.raises(AssertionError, match="BEEPER_ACCESS_TOKEN"):
        run([sys.executable, str(example)], cwd=tmp_path)


class Terminal(io.StringIO):
    """Standard output that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_readme_shows_what_the_demo_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    (shown,) = (block for block in blocks_of(ROOT / "README.md") if block.mark == "begins")
    monkeypatch.setenv("COLUMNS", "88")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert main(["chats", "--demo"]) == 0
    assert terminal.getvalue().startswith(shown.text)


def test_readme_has_the_two_commands_that_newcomers_start_with() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert "\npip install . && python -m beeper_async chats --demo\n" in text
    assert "\npip install nox && nox -s tests\n" in text
