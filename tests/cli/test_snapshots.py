"""What the commands show on terminals of 80 and of 40 columns, to the letter.

WRITE_SNAPSHOTS=1 writes tests/cli/snapshots anew; look at the difference before you commit it.
"""

from __future__ import annotations

import io
import os
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from beeper_async.__main__ import main
from beeper_async.cli.text import width
from beeper_async.testing import Simulator

from .command_line import HOSTILE, ROOT, TIMEOUT, command, environment

SNAPSHOTS = Path(__file__).parent / "snapshots"
LOOK = {"TZ": "UTC", "NO_COLOR": "1"}
# What `chats` and `watch` show depends on the time of day; they have tests of their own.
SESSION = [
    ("messages", "Mum"),
    ("messages", "lisbon trip", "--limit", "4"),
    ("messages", "HOSTILE", "--limit", "2"),
    ("messages", "Allotment"),
    ("search", "the", "--limit", "5"),
    ("search", "nothing like this"),
    ("send", "Mum", "On my way"),
    ("send", "Mum", "On my way", "--wait"),
    ("send", "twin", "Hi", "--yes"),
    ("send", "Tomas Vrbo", "Hi"),
    ("read", "Mum"),
    ("archive-chat", "+447700900111"),
    ("unarchive", "ruth@example.com"),
    ("mute", "@dana_l"),
    ("remind", "Mum", "2h"),
    ("open", "Jonas Ekwueme"),
    ("contacts", "--limit", "8"),
    ("contacts", "--search", "+4477"),
    ("accounts",),
]


@pytest.fixture
def sim() -> Simulator:
    return Simulator()


def prepare(sim: Simulator) -> None:
    """Change the demo world: two chats of one name, and one whose texts are hostile."""
    titles = {chat["title"]: chat["id"] for chat in sim.world.chats.values()}
    sim.world.change_chat(titles["Note to self"], title="Twin 🌻")
    sim.world.change_chat(titles["水野 凛"], title="TWIN")
    hostile = titles["Cassidy Wren"]
    sim.world.change_chat(hostile, title="HOSTILE", network=HOSTILE)
    for message in sim.world.messages[hostile]:
        message.update(senderName=HOSTILE, text=HOSTILE)


class Terminal(io.StringIO):
    """An output that is a terminal."""

    def isatty(self) -> bool:
        return True


def session_in_process(sim: Simulator, columns: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run all commands in this process, and return what stands on the terminal then."""
    reach = {"BEEPER_BASE_URL": sim.url, "BEEPER_ACCESS_TOKEN": sim.token}
    for name, value in {**LOOK, **reach, "COLUMNS": str(columns), "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    time.tzset()
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    for arguments in SESSION:
        terminal.write(f"$ {shlex.join(arguments)}\n")
        code = main(arguments)
        if code:
            terminal.write(f"[exit code {code}]\n")
    monkeypatch.undo()
    time.tzset()
    return terminal.getvalue()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a zone to set")
@pytest.mark.parametrize("columns", [80, 40])
def test_snapshot(columns: int, sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with sim:
        prepare(sim)
        shown = session_in_process(sim, columns, monkeypatch)
    path = SNAPSHOTS / f"{columns}.txt"
    if os.environ.get("WRITE_SNAPSHOTS"):
        path.write_text(shown, "utf-8")
    assert shown == path.read_text("utf-8")
    rows = [line for line in shown.splitlines() if not line.startswith(("$ ", "beeper-async"))]
    assert [row for row in rows if width(row) > columns] == []


@pytest.mark.skipif(not shutil.which("tmux"), reason="needs tmux")
@pytest.mark.parametrize("columns", [80, 40])
def test_in_tmux(columns: int, sim: Simulator, tmp_path: Path) -> None:
    """The same on a real terminal, which wraps what is too long for it."""
    tmux = ["tmux", "-L", f"beeper-{uuid.uuid4().hex}", "-u", "-f", "/dev/null"]
    with sim:
        prepare(sim)
        env = environment(BEEPER_BASE_URL=sim.url, BEEPER_ACCESS_TOKEN=sim.token, **LOOK)
        script = tmp_path / "session.sh"
        script.write_text(script_of_session(shlex.join([*tmux, "wait-for", "-S", "done"])))
        size = ("-x", str(columns), "-y", "300")
        start = [*tmux, "new-session", "-d", *size, f"cd {ROOT} && sh {script}"]
        subprocess.run(start, env={**env, "TERM": "xterm"}, check=True, timeout=TIMEOUT)
        try:
            subprocess.run([*tmux, "wait-for", "done"], check=True, timeout=2 * TIMEOUT)
            pane, joined = (
                subprocess.run(
                    [*tmux, "capture-pane", "-p", *join], capture_output=True, check=True
                ).stdout.decode()
                for join in ((), ("-J",))
            )
        finally:
            subprocess.run([*tmux, "kill-server"], check=False)
    lines = legible(joined)
    assert lines == legible((SNAPSHOTS / f"{columns}.txt").read_text("utf-8"))
    on_screen = {line.rstrip() for line in pane.splitlines()}
    wrapped = [line for line in lines if line not in on_screen]
    assert [line for line in wrapped if not line.startswith(("$ ", "beeper-async"))] == []


def legible(text: str) -> list[str]:
    """The lines without those that have longer sequences of emoji than tmux keeps."""
    return [line.rstrip() for line in text.rstrip().splitlines() if "\u200d" not in line]


def script_of_session(signal: str) -> str:
    """Write the shell script that runs all commands and then waits to be looked at."""
    lines = ["stty -echo"]
    for arguments in SESSION:
        lines.append(f"printf '%s\\n' {shlex.quote('$ ' + shlex.join(arguments))}")
        lines.append(f"{shlex.join(command(*arguments))}")
        lines.append('code=$?; [ $code = 0 ] || echo "[exit code $code]"')
    return "\n".join([*lines, signal, f"sleep {TIMEOUT}"]) + "\n"
