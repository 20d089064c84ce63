"""`send`: what is sent, where it comes from, and when it is asked about first."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from beeper_async.testing import Simulator

from .command_line import ROOT, TIMEOUT, command, environment
from .in_process import CommandLine

NEVER_WRITTEN = "Cassidy Wren"  # a chat in which the demo's user never wrote


def messages_in(sim: Simulator, title: str) -> list[dict[str, Any]]:
    chat_id = next(chat["id"] for chat in sim.world.chats.values() if chat["title"] == title)
    return sim.world.messages[chat_id]


def sent(sim: Simulator) -> list[dict[str, Any]]:
    """The bodies of the messages that were sent."""
    found = [r for r in sim.requests if r.method == "POST" and r.path.endswith("/messages")]
    return [request.json for request in found]


def give_input(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), "utf-8"))


def test_a_text(line: CommandLine, sim: Simulator) -> None:
    done = line.run("send", "mum", "On *my* way")
    assert (done.code, done.errors) == (0, "")
    assert sent(sim) == [{"text": "On *my* way"}]
    assert done.rows[0][:2] == ["sent", "Mum 🌻"]
    (known,) = line.run("send", "mum", "again", "--json").objects
    assert {"done", "chatID", "pendingMessageID", "title", "accountID"} == known.keys()


@pytest.mark.parametrize("ending", ["", "\n"])
def test_a_text_from_standard_input(
    ending: str, line: CommandLine, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_input(monkeypatch, f"first\n\n  third 🌻{ending}".encode())
    assert line.run("send", "Mum", "-").code == 0
    assert sent(sim) == [{"text": "first\n\n  third 🌻"}]


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xff\xfe"])
def test_no_text_on_standard_input(
    content: bytes, line: CommandLine, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_input(monkeypatch, content)
    done = line.run("send", "Mum", "-")
    assert (done.code, done.output, done.errors.count("\n")) == (2, "", 1)
    assert sim.requests == []


def test_no_standard_input(
    line: CommandLine, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert line.run("send", "Mum", "-").code == 2
    assert line.run("send", NEVER_WRITTEN, "hello").code == 2
    assert sent(sim) == []


@pytest.mark.parametrize("arguments", [(), ("",), (" ",), ("hi", "--reply-to", "")])
def test_nothing_to_send(arguments: tuple[str, ...], line: CommandLine, sim: Simulator) -> None:
    done = line.run("send", "Mum", *arguments)
    assert (done.code, done.output, done.errors.count("\n")) == (2, "", 1)
    assert sim.requests == []


def test_a_file_and_a_reply(line: CommandLine, sim: Simulator, tmp_path: Path) -> None:
    picture = tmp_path / "me.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    answered = messages_in(sim, "Mum 🌻")[0]["id"]
    done = line.run("send", "Mum", "look", "--file", str(picture), "--reply-to", answered)
    assert (done.code, done.errors) == (0, "")
    newest = messages_in(sim, "Mum 🌻")[-1]
    assert newest["attachments"][0]["fileName"] == "me.png"
    assert newest["linkedMessageID"] == answered
    assert line.run("send", "Mum", "--file", str(picture)).code == 0
    gone = line.run("send", "Mum", "--file", str(tmp_path / "none.png"))
    assert (gone.code, gone.output, len(sent(sim))) == (2, "", 2)


def test_wait_ends_with_the_final_id(line: CommandLine, sim: Simulator) -> None:
    done = line.run("send", "Mum", "hi", "--wait")
    newest = messages_in(sim, "Mum 🌻")[-1]
    assert [row[0::3] for row in done.rows] == [["delivered", newest["id"]]]


def test_what_the_network_refuses(line: CommandLine, sim: Simulator) -> None:
    refused = {"status": "FAIL_PERMANENT", "timestamp": "2026-05-05T12:00:00Z", "reason": "GONE"}
    message = {**messages_in(sim, "Mum 🌻")[1], "sendStatus": refused}
    sim.respond_next(200, json=message, method="GET", path="*/messages/*")
    done = line.run("send", "Mum", "secret text", "--wait")
    assert (done.code, done.output, done.errors.count("\n")) == (1, "", 1)
    assert "secret text" not in done.errors


def test_an_unknown_outcome_is_no_app_that_is_away(line: CommandLine, sim: Simulator) -> None:
    sim.drop_next(times=4, method="POST", path="*/messages")
    done = line.run("send", "Mum", "secret text")
    assert (done.code, done.output) == (1, "")
    assert "secret text" not in done.errors
    assert len(sent(sim)) == 1


# -- the question -------------------------------------------------------------------------------


def test_without_a_terminal_nobody_is_asked(line: CommandLine, sim: Simulator) -> None:
    done = line.run("send", NEVER_WRITTEN, "hello")
    assert (done.code, done.output) == (2, "")
    assert done.errors == (
        "beeper-async send: None of the newest messages in Cassidy Wren (Slack) is yours. "
        "Nothing was sent; --yes sends without a question; see --help\n"
    )
    assert sent(sim) == []
    assert line.run("send", NEVER_WRITTEN, "hello", "--yes").code == 0
    assert sent(sim) == [{"text": "hello"}]
    assert line.run("send", NEVER_WRITTEN, "and again").code == 0  # now there is one


def test_only_the_newest_page_counts(line: CommandLine, sim: Simulator) -> None:
    chat_id = messages_in(sim, "Mum 🌻")[0]["chatID"]
    for number in range(18):
        sim.world.receive(chat_id, str(number))
    assert line.run("send", "Mum", "hi").code == 2
    assert sent(sim) == []


def test_who_has_no_chat_is_found_among_the_contacts(line: CommandLine, sim: Simulator) -> None:
    done = line.run("send", "+44 7700 900777", "hello")
    assert (done.code, done.output) == (2, "")
    assert "There is no chat with Ilse Brandt (WhatsApp) yet." in done.errors
    assert {request.method for request in sim.requests} == {"GET"}
    done = line.run("send", "+44 7700 900777", "hello", "--yes")
    assert (done.code, done.errors) == (0, "")
    assert sent(sim) == [{"text": "hello"}]
    people = sim.world.chats[done.rows[0][2]]["participants"]["items"]
    assert "@447700900777:local-whatsapp.localhost" in [person["id"] for person in people]


def test_several_contacts_get_nothing(line: CommandLine, sim: Simulator) -> None:
    twin = {**sim.world.strangers["local-whatsapp_ba_Vd83kQ"][0], "id": "@twin:signal"}
    sim.world.strangers["local-signal_ba_Jm55tC"] = [twin]
    done = line.run("send", "+447700900777", "hello", "--yes")
    assert (done.code, done.output) == (6, "")
    assert done.errors.splitlines() == [
        "beeper-async: 2 people match; use the ID of one, or --account:",
        "  @447700900777:local-whatsapp.localhost  Ilse Brandt  WhatsApp",
        "  @twin:signal  Ilse Brandt  Signal",
    ]
    assert {request.method for request in sim.requests} == {"GET"}


class Asked:
    """`send` on a terminal."""

    def __init__(self, sim: Simulator) -> None:
        import pty  # here, because not every system has it

        self.leader, follower = pty.openpty()
        self.process = subprocess.Popen(
            command("send", NEVER_WRITTEN, "hello"),
            stdin=follower,
            stdout=subprocess.PIPE,
            stderr=follower,
            cwd=ROOT,
            env=environment(BEEPER_BASE_URL=sim.url, BEEPER_ACCESS_TOKEN=sim.token),
            start_new_session=True,
        )
        os.close(follower)

    def question(self) -> str:
        """What stands on the terminal when it waits for the answer."""
        question = b""
        while not question.endswith(b"[y/N] "):
            question += os.read(self.leader, 1000)
        return question.decode()

    def answered(self, answer: bytes) -> tuple[int, str]:
        os.write(self.leader, answer)
        return self.end()

    def end(self) -> tuple[int, str]:
        output, _ = self.process.communicate(timeout=TIMEOUT)
        return self.process.returncode, output.decode()


@pytest.fixture
def asked(sim: Simulator) -> Iterator[Asked]:
    asked = Asked(sim)
    try:
        yield asked
    finally:
        asked.process.kill()
        asked.process.communicate()
        os.close(asked.leader)


@pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")
@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 0), (b"YES\n", 0), (b"n\n", 1), (b"\n", 1)])
def test_the_question(answer: bytes, code: int, asked: Asked, sim: Simulator) -> None:
    assert "Cassidy Wren (Slack) is yours. Send it? [y/N]" in asked.question()
    returned, output = asked.answered(answer)
    assert (returned, len(sent(sim))) == (code, 1 - code)
    assert output.startswith("sent\t") is (code == 0)


@pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")
def test_the_end_of_the_input_is_no_yes(asked: Asked, sim: Simulator) -> None:
    asked.question()
    assert asked.answered(b"\x04") == (1, "")
    assert sent(sim) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")
def test_ctrl_c_at_the_question_ends_it_at_once(asked: Asked, sim: Simulator) -> None:
    asked.question()
    asked.process.send_signal(signal.SIGINT)
    assert asked.end() == (130, "")
    assert sent(sim) == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_neither_token_nor_text_is_in_the_list_of_processes(sim: Simulator) -> None:
    sim.respond_next(None, delay=TIMEOUT)
    process = subprocess.Popen(
        command("send", "Mum", "-"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=environment(BEEPER_BASE_URL=sim.url, BEEPER_ACCESS_TOKEN=sim.token),
    )
    assert process.stdin is not None
    process.stdin.write(b"private words")
    process.stdin.close()
    process.stdin = None
    while not sim.requests:
        assert process.poll() is None
    listed = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=TIMEOUT)
    assert (output, errors) == (b"", b"")
    assert b"private words" not in listed
    assert sim.token.encode() not in listed


def test_json_has_no_text(line: CommandLine) -> None:
    done = line.run("send", "Mum", "private words", "--json")
    assert "private words" not in json.dumps(done.objects)
