"""`doctor` as a process of its own: its lines, its JSON and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from beeper_async.testing import Simulator

from .command_line import TIMEOUT, command, environment, is_safe, run


def reaching(sim: Simulator, token: str | None = None) -> dict[str, str]:
    return environment(BEEPER_BASE_URL=sim.url, BEEPER_ACCESS_TOKEN=token or sim.token)


def test_lines(sim: Simulator) -> None:
    sim.world.accounts["slackgo.T0FERN-U0NOOR"]["network"] = "\x1b[31mSlack\n"
    done = run("doctor", env=reaching(sim))
    assert (done.code, done.errors) == (0, "")
    assert {line[:3] for line in done.lines} == {"ok ", "?  "}
    assert f"ok Beeper 4.3.73 answers at {sim.url}." in done.lines
    assert any(line.startswith("?  Discord (discordgo): reconnect") for line in done.lines)
    assert is_safe(done.text)
    assert sim.token not in done.text


def test_json(sim: Simulator) -> None:
    done = run("doctor", "--json", env=reaching(sim))
    assert (done.code, done.errors, len(done.lines)) == (0, "", 1)
    report = json.loads(done.text)
    assert report["verdict"] == "doubtful"
    assert set(report["checks"][0]) == {"area", "verdict", "found", "advice"}
    assert sim.token not in done.text


@pytest.mark.parametrize(
    ("broken", "code"), [("app", 4), ("token", 3), ("setup", 4), ("events", 4), ("accounts", 7)]
)
def test_exit_codes(sim: Simulator, broken: str, code: int) -> None:
    env = reaching(sim)
    if broken == "app":
        sim.respond_next(200, text="router", path="*", times=100, before=True)
    elif broken == "token":
        env = reaching(sim, "wrong")
    elif broken == "setup":
        sim.world.setup.reset()
    elif broken == "events":
        sim.respond_next(502, path="/v1/ws", times=10)
    else:
        sim.respond_next(500, path="/v1/chats", times=10)
    assert run("doctor", env=env).code == code


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of its own")
def test_progress_on_a_terminal(sim: Simulator) -> None:
    import os
    import pty

    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command("doctor"), stdout=subprocess.PIPE, stderr=follower, env=reaching(sim)
    )
    os.close(follower)
    output, _ = process.communicate(timeout=TIMEOUT)
    shown = os.read(leader, 65536).decode()
    os.close(leader)
    assert "Checking the live socket" in shown
    assert shown.endswith("\r\x1b[K")
    assert b"Checking" not in output
