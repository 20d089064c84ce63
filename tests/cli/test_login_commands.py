"""`login`, `logout` and `whoami` as processes of their own."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from beeper_async.testing import Simulator

from ..auth.browsing import consent, query_of
from ..auth.test_login import consenting_browser
from .command_line import TIMEOUT, Outcome, command, environment, run

Env = dict[str, str]


@pytest.fixture
def env(sim: Simulator, tmp_path: Path) -> Env:
    """Point commands to the app, and to a store of the test."""
    found = environment(BEEPER_BASE_URL=sim.url, XDG_CONFIG_HOME=str(tmp_path))
    del found["BEEPER_PROFILE"]
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        found.pop(name, None)
    return found


def file_of(env: Env, profile: str = "default") -> Path:
    return Path(env["XDG_CONFIG_HOME"], "beeper-async", "profiles", f"{profile}.json")


def pasted(text: str, *arguments: str, env: Env) -> Outcome:
    done = subprocess.run(
        command("login", "--token", "-", *arguments),
        input=text.encode(),
        capture_output=True,
        env=env,
        timeout=TIMEOUT,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr.decode())


def test_a_browser_and_then_every_command(sim: Simulator, env: Env) -> None:
    done = run("login", env={**env, "BROWSER": consenting_browser()})
    assert (done.code, done.lines[0]) == (
        0,
        f"Logged in to {sim.url}. The token may: read and write.",
    )
    assert done.lines[1].startswith("It expires ")
    assert file_of(env).stat().st_mode & 0o777 == 0o600
    (token,) = sim.tokens.valid
    assert token not in done.text + done.errors
    del env["BEEPER_BASE_URL"]
    assert len(run("chats", env=env).rows) == 23


def test_the_address_is_printed(sim: Simulator, env: Env) -> None:
    import asyncio

    process = subprocess.Popen(
        command("login", "--no-browser", "--read-only", "--profile", "backup"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**env, "BROWSER": "/bin/false"},
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "Allow this program on the page of the app:\n"
    page = process.stderr.readline().rstrip("\n")
    assert query_of(page)["scope"] == "read"
    asyncio.run(consent(page))
    output, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, "The token may: read.\n" in output) == (0, True)
    assert errors == "To use it: export BEEPER_PROFILE=backup\n"
    assert file_of(env, "backup").exists()


def test_without_a_browser_it_says_so_and_waits(env: Env) -> None:
    done = run("login", "--timeout", "1", env=env)
    assert done.code == 3
    assert "No browser could be opened: open the page by hand." in done.errors
    assert "Nobody answered the consent page within 1 s" in done.errors


def test_a_port_that_is_taken(env: Env) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("login", "--port", port, env=env)
    assert (done.code, done.output) == (3, b"")
    assert re.fullmatch(rf"beeper-async: Port {port} [^\n]+\n", done.errors)


def test_a_token_through_a_pipe(sim: Simulator, env: Env) -> None:
    token = sim.tokens.issue(["read"])
    done = pasted(f"{token}\n", env=env)
    assert (done.code, done.errors) == (0, "")
    assert json.loads(file_of(env).read_text())["access_token"] == token


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", 2, "standard input holds no token"),
        (" \n", 2, "standard input holds no token"),
        ("wrong-token\n", 3, "does not accept this token"),
        ("wrong-t\u00f6ken\n", 2, "outside of ASCII"),
    ],
)
def test_what_is_no_token(env: Env, text: str, code: int, words: str) -> None:
    done = pasted(text, env=env)
    assert (done.code, done.output, words in done.errors) == (code, b"", True)
    assert "wrong" not in done.errors
    assert not file_of(env).exists()


def test_a_token_on_the_command_line_is_refused(env: Env) -> None:
    done = run("login", "--token", "secret-token", env=env)
    assert (done.code, done.output) == (2, b"")
    assert "must not stand on the command line" in done.errors
    assert "secret-token" not in done.errors


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of its own")
def test_a_token_typed_at_a_terminal_is_not_shown(sim: Simulator, env: Env) -> None:
    import pty

    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command("login", "--token", "-"),
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=env,
        start_new_session=True,
        preexec_fn=take_terminal,
    )
    os.close(follower)
    shown = b""
    while b"Token" not in shown:
        shown += os.read(leader, 1024)
    os.write(leader, sim.token.encode() + b"\n")
    while True:
        try:
            chunk = os.read(leader, 1024)
        except OSError:  # how Linux says that the other side is closed
            break
        if not chunk:
            break
        shown += chunk
    os.close(leader)
    assert process.wait(TIMEOUT) == 0
    assert b"Logged in" in shown
    assert sim.token.encode() not in shown


def take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_the_token_of_the_environment_wins(sim: Simulator, env: Env) -> None:
    done = pasted(f"{sim.token}\n", env={**env, "BEEPER_ACCESS_TOKEN": "other"})
    assert "BEEPER_ACCESS_TOKEN is set, and wins" in done.errors


def test_whoami(sim: Simulator, env: Env) -> None:
    assert run("whoami", env=env).code == 3
    pasted(f"{sim.tokens.issue(['read'])}\n", env=env)
    done = run("whoami", env=env)
    assert (done.code, done.errors) == (0, "")
    fields = dict(re.split(r"  +", line, maxsplit=1) for line in done.lines)
    assert fields["base url"] == sim.url
    assert (fields["source"], fields["active"], fields["scopes"]) == ("profile", "yes", "read")
    as_json = json.loads(run("whoami", "--json", env=env).text)
    assert (as_json["profile"], as_json["scopes"], as_json["expires_at"]) == (
        "default",
        ["read"],
        None,
    )


def test_whoami_of_a_token_that_has_expired(sim: Simulator, env: Env) -> None:
    token = sim.tokens.issue()
    pasted(f"{token}\n", env=env)
    sim.tokens.expire(token)
    done = run("whoami", "--json", env=env)
    assert (done.code, json.loads(done.text)["active"]) == (3, False)


def test_logout(sim: Simulator, env: Env) -> None:
    token = sim.tokens.issue()
    pasted(f"{token}\n", env=env)
    done = run("logout", env=env)
    assert (done.code, done.errors) == (0, "")
    assert (file_of(env).exists(), sim.tokens.valid) == (False, [])
    again = run("logout", env=env)
    assert (again.code, again.errors) == (5, "There was no stored token.\n")


def test_logout_without_the_app(env: Env) -> None:
    with Simulator() as other:
        pasted(f"{other.token}\n", "--base-url", other.url, env=env)
    done = run("logout", env=env)
    assert (done.code, file_of(env).exists()) == (7, False)
    assert "could not be told" in done.errors


def test_a_refused_token_names_the_way(sim: Simulator, env: Env) -> None:
    token = sim.tokens.issue()
    pasted(f"{token}\n", env=env)
    sim.tokens.expire(token)
    done = run("chats", env=env)
    assert done.code == 3
    assert "Token expired" in done.errors
    assert "`beeper-async login`" in done.errors
