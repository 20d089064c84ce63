"""Wrong input, no app, no token: one line, no traceback, an exit code to rely on."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from beeper_async.testing import Simulator

from .command_line import HOSTILE, ROOT, TIMEOUT, Outcome, command, environment, is_safe, run


def reaching(sim: Simulator, token: str | None = None) -> dict[str, str]:
    return environment(BEEPER_BASE_URL=sim.url, BEEPER_ACCESS_TOKEN=token or sim.token)


def assert_one_line(done: Outcome, code: int, *words: str) -> None:
    assert (done.code, done.output) == (code, b"")
    assert re.fullmatch(r"beeper-async( chats| completion)?: [^\n]+\n", done.errors)
    for word in words:
        assert word in done.errors


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ["Missing command", "--help"]),
        (("nonsense",), ["nonsense", "chats"]),
        (("chats", "--limit", "-3"), ["--limit", "0 or more"]),
        (("chats", "--limit", "ten"), ["--limit", "whole number"]),
        (("chats", "--search", ""), ["--search", "at least one word"]),
        (("chats", "--search", " \t"), ["--search", "at least one word"]),
        (("chats", "--demo", "--base-url", "http://localhost"), ["--demo", "--base-url"]),
        (("chats", "--token", "x"), ["--token"]),
        (("chats", "--dem"), ["--dem", "Did you mean", "? See --help"]),
        (("chats", "--search"), ["chats: ", "--search", "--help"]),
        (("chats", "--limit", "9" * 5000), ["--limit", "whole number"]),
        (("completion",), ["completion: ", "bash, zsh, fish"]),
        (("completion", "tcsh"), ["completion: ", "tcsh"]),
        (("chats", "--no\x1b[31m\nsuch"), ["--no"]),
    ],
)
def test_wrong_options(arguments: tuple[str, ...], words: list[str]) -> None:
    done = run(*arguments)
    assert_one_line(done, 2, *words)
    assert is_safe(done.errors)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such argument")
def test_a_search_for_what_is_no_text() -> None:
    done = run("chats", "--demo", "--search", "\udcff")
    assert_one_line(done, 2, "--search")


def test_no_token() -> None:
    assert_one_line(run("chats"), 3, "BEEPER_ACCESS_TOKEN")


def test_a_wrong_address() -> None:
    env = environment(BEEPER_ACCESS_TOKEN="secret")
    assert_one_line(run("chats", "--base-url", "nowhere", env=env), 2, "base_url")
    env["BEEPER_BASE_URL"] = "ftp://nowhere"
    assert_one_line(run("chats", env=env), 2, "base_url")


def test_no_app() -> None:
    with Simulator() as sim:
        url = sim.url
    env = environment(BEEPER_ACCESS_TOKEN="secret")
    done = run("chats", "--base-url", url, env=env)
    assert_one_line(done, 4, url, "Is Beeper Desktop running")
    assert "secret" not in done.errors


def test_the_option_wins_over_the_environment(sim: Simulator) -> None:
    env = environment(BEEPER_ACCESS_TOKEN=sim.token, BEEPER_BASE_URL="http://127.0.0.1:1")
    assert run("chats", "--base-url", sim.url, env=env).code == 0


def test_a_refused_token(sim: Simulator) -> None:
    done = run("chats", env=reaching(sim, "wrong-token"))
    assert_one_line(done, 3, "401", "BEEPER_ACCESS_TOKEN")
    assert "wrong-token" not in done.errors


def test_an_answer_is_not_trusted_either(sim: Simulator) -> None:
    sim.respond_next(422, json={"message": HOSTILE + "long " * 1000})
    done = run("chats", env=reaching(sim))
    assert_one_line(done, 1, "422")
    assert is_safe(done.errors)
    assert len(done.errors) < 700


def test_something_else_listens_there(sim: Simulator) -> None:
    sim.respond_next(200, text="<html>Router login</html>")
    assert_one_line(run("chats", env=reaching(sim)), 1, "not JSON")
    sim.respond_next(200, json={"items": [{"id": 5}, {"id": 6}]})
    assert_one_line(run("chats", env=reaching(sim)), 1, "items[0].id")


def test_what_was_read_before_a_failure_is_printed() -> None:
    with Simulator(chats=300) as sim:
        sim.respond_next(None)
        sim.respond_next(400)
        done = run("chats", "--limit", "0", env=reaching(sim))
    assert done.code == 1
    assert len(done.lines) == 200
    assert done.errors.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c(sim: Simulator) -> None:
    sim.respond_next(None, delay=TIMEOUT)
    process = subprocess.Popen(
        command("chats"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=reaching(sim),
    )
    while not sim.requests:
        assert process.poll() is None
        time.sleep(0.01)  # leaves the interpreter to the simulator's thread
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=TIMEOUT) == (b"", b"")
    assert process.returncode == 130


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("chats", "--demo"),
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=environment(),
            timeout=TIMEOUT,
            check=False,
        )
    assert (done.returncode, done.stderr) == (8, b"beeper-async: No space left on device\n")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize("form", ["", "--json"])
def test_no_output_at_all(form: str) -> None:
    done = subprocess.run(
        f"{sys.executable} -m beeper_async chats --demo {form} >&-",
        shell=True,
        capture_output=True,
        cwd=ROOT,
        env=environment(),
        timeout=TIMEOUT,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_simulator_is_imported_for_the_demo_alone(sim: Simulator) -> None:
    def imports(*arguments: str) -> str:
        env = {**reaching(sim), "PYTHONPROFILEIMPORTTIME": "1"}
        return run("chats", *arguments, env=env).errors

    assert "beeper_async.testing" not in imports()
    assert "beeper_async.testing.server.state" in imports("--demo")
