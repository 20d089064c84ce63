"""`completion`: the scripts, and what bash offers with its one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from beeper_async.cli.group import COMMANDS

from .command_line import ROOT, TIMEOUT, environment, run

OPTIONS = ("search", "limit", "json", "demo", "base-url", "help")
COMPLETE = """
eval "$(beeper-async completion bash)"
COMP_WORDS=({words}) COMP_CWORD={number}
_beeper_async_completion beeper-async
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("shell", "registers"),
    [
        ("bash", "complete -o nosort -F _beeper_async_completion beeper-async"),
        ("zsh", "compdef _beeper_async_completion beeper-async"),
        ("fish", "complete --no-files --command beeper-async"),
    ],
)
def test_the_script_of_a_shell(shell: str, registers: str) -> None:
    done = run("completion", shell)
    assert done.code == 0
    assert registers in done.text
    assert f"_BEEPER_ASYNC_COMPLETE={shell}_complete" in done.text


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which `beeper-async` is this checkout."""
    script = tmp_path / "beeper-async"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m beeper_async "$@"\n')
    script.chmod(0o755)
    return f"{tmp_path}:{environment()['PATH']}"


@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("beeper-async ''", set(COMMANDS)),
        ("beeper-async ch", {"chats"}),
        ("beeper-async --v", {"--version"}),
        ("beeper-async chats --", {f"--{name}" for name in OPTIONS}),
        ("beeper-async chats --demo --l", {"--limit"}),
        ("beeper-async completion ''", {"bash", "zsh", "fish"}),
    ],
)
def test_bash_offers(path: str, words: str, offered: set[str]) -> None:
    done = subprocess.run(
        ["bash", "--norc", "-c", COMPLETE.format(words=words, number=len(words.split()) - 1)],
        capture_output=True,
        cwd=ROOT,
        env=environment(PATH=path),
        timeout=TIMEOUT,
        check=False,
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")
    assert set(done.stdout.decode().split()) == offered
