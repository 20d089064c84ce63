"""Run the command line as a process of its own, as a user does."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import attrs

ROOT = Path(__file__).parents[2]
TIMEOUT = 60  # seconds after which something that should have ended counts as hanging

HOSTILE = (
    "\x1b]0;owned\x07\x1b[2Jred\x9b31m\tline\r\nbreak\u2028end \u202eevil\u202c [bold]x[/] :skull:"
)
HOSTILE_CLEANED = "\ufffd]0;owned\ufffd\ufffd[2Jred\ufffd31m line break end evil [bold]x[/] :skull:"


@attrs.frozen
class Outcome:
    """What came of a command."""

    code: int
    output: bytes
    errors: str

    @property
    def text(self) -> str:
        return self.output.decode()

    @property
    def lines(self) -> list[str]:
        return self.text.removesuffix("\n").split("\n") if self.output else []

    @property
    def rows(self) -> list[list[str]]:
        return [line.split("\t") for line in self.lines]


def environment(**changes: str) -> dict[str, str]:
    """The environment without what this machine sets, and with every warning an error."""
    cleared = ("BEEPER_", "PYTHON", "LC_", "LANG", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(cleared)}
    strict = {"PYTHONWARNINGS": "error", "PYTHONUTF8": "1", "BEEPER_PROFILE": ""}
    return kept | strict | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color"} | changes


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "beeper_async", *arguments]


def run(*arguments: str, env: Mapping[str, str] | None = None) -> Outcome:
    """Run with pipes for output and errors."""
    done = subprocess.run(
        command(*arguments),
        capture_output=True,
        cwd=ROOT,
        env=environment() if env is None else env,
        timeout=TIMEOUT,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr.decode())


def run_in_terminal(*arguments: str, columns: int = 80, env: Mapping[str, str]) -> Outcome:
    """Run with a terminal for output and a pipe for errors."""
    import pty

    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command(*arguments),
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={**env, "COLUMNS": str(columns)},
    )
    os.close(follower)
    output = b""
    while chunk := _read(leader):
        output += chunk
    os.close(leader)
    _, errors = process.communicate(timeout=TIMEOUT)
    return Outcome(process.returncode, output.replace(b"\r\n", b"\n"), errors.decode())


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that the other side is closed
        return b""


def is_safe(text: str) -> bool:
    """Whether a terminal obeys nothing in the text but tabs and ends of lines."""
    return not any(
        unicodedata.category(character) == "Cc"
        or unicodedata.bidirectional(character) in ("LRO", "RLO")
        for character in text.replace("\t", "").replace("\n", "")
    )
