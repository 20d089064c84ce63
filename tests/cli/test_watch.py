"""`watch`: live events in a pipe, on a terminal and as JSON."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from beeper_async import ChatDeleted
from beeper_async.cli.event_output import print_sentence
from beeper_async.cli.event_text import Happening
from beeper_async.cli.text import width
from beeper_async.testing import Simulator

from .command_line import (
    HOSTILE,
    HOSTILE_CLEANED,
    ROOT,
    TIMEOUT,
    command,
    environment,
    is_safe,
    run,
    run_in_terminal,
)

COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Watching:
    """A running `watch`, and the simulator that it watches."""

    def __init__(self, sim: Simulator, process: subprocess.Popen[bytes]) -> None:
        self.sim = sim
        self.process = process
        chats = [chat for chat in sim.world.by_activity() if chat["type"] == "group"]
        self.chat, self.other = chats[:2]
        self.chat_id: str = self.chat["id"]

    def line(self) -> str:
        """The next line of the output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode().removesuffix("\n")

    def row(self) -> list[str]:
        """The next line that is not about a fence, as fields."""
        while "fence" in (line := self.line()):
            pass
        return line.split("\t")

    def until_live(self) -> None:
        """Wait until it has read what it may have missed while it started."""
        self.sim.sockets.wait_for_subscribers(timeout=TIMEOUT)
        while True:
            self.sim.world.receive(self.chat_id, "fence")
            line = self.line()
            if not line.endswith("\trecovered") and '"recovered":true' not in line:
                return

    def end(self, number: signal.Signals = signal.SIGINT) -> tuple[str, str]:
        """Press Ctrl-C; give what else was printed."""
        self.process.send_signal(number)
        output, errors = self.process.communicate(timeout=TIMEOUT)
        return output.decode(), errors.decode()


@contextmanager
def watching(sim: Simulator, *arguments: str) -> Generator[Watching]:
    env = environment(BEEPER_BASE_URL=sim.url, BEEPER_ACCESS_TOKEN=sim.token)
    with subprocess.Popen(
        command("watch", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=env,
    ) as process:
        try:
            watch = Watching(sim, process)
            watch.until_live()
            yield watch
        finally:
            process.kill()


def test_what_people_do_to_messages(sim: Simulator) -> None:
    with watching(sim) as watch:
        title = watch.chat["title"]
        message = sim.world.receive(watch.chat_id, "See you at <six>")
        who = message["senderName"]
        time, *rest = watch.row()
        assert datetime.fromisoformat(time) == datetime.fromisoformat(message["timestamp"])
        assert rest == ["created", title, who, "", "See you at <six>", ""]
        others = sim.world.people
        others.edit(watch.chat_id, message["id"], "at seven")
        assert watch.row()[1:] == ["edited", title, who, "", "at seven", ""]
        person = watch.chat["participants"]["items"][-1]
        person = {"id": message["senderID"], "fullName": who} if person["isSelf"] else person
        others.react(watch.chat_id, message["id"], "👍", person_id=person["id"])
        reacted = [title, person["fullName"], "👍", "at seven", ""]
        assert watch.row()[1:] == ["reaction added", *reacted]
        others.unreact(watch.chat_id, message["id"], "👍", person_id=person["id"])
        assert watch.row()[1:] == ["reaction removed", *reacted]
        others.delete(watch.chat_id, message["id"])
        assert watch.row()[1:] == ["deleted", title, who, "", "at seven", ""]
        assert watch.end() == ("", "")
        assert watch.process.returncode == 130


def test_everything(sim: Simulator) -> None:
    with watching(sim, "--all") as watch:
        sim.world.receive(watch.chat_id, "hello")
        while (row := watch.row())[1] == "chat upserted":
            pass
        assert row[1] == "created"
        assert watch.row()[1:3] == ["chat upserted", watch.chat["title"]]
        sim.sockets.send({"type": "brand.new", "chatID": watch.chat_id}, numbered=True)
        assert watch.row()[1] == "brand.new"


def test_only_some_chats(sim: Simulator) -> None:
    chats = [chat["id"] for chat in sim.world.by_activity() if chat["type"] == "group"]
    with watching(sim, "--chat", chats[0], "--chat", chats[2]) as watch:
        sim.world.receive(chats[1], "elsewhere")
        sim.world.receive(chats[2], "here")
        assert watch.row()[5] == "here"
        sim.world.receive(chats[0], "here too")
        assert watch.row()[5] == "here too"


def test_json(sim: Simulator) -> None:
    with watching(sim, "--json") as watch:
        message = sim.world.receive(watch.chat_id, HOSTILE)
        line = watch.line()
        assert is_safe(line)
        told: dict[str, Any] = json.loads(line)
        assert (told["event"], told["chatID"], told["recovered"]) == (
            "MessageCreated",
            watch.chat_id,
            False,
        )
        assert told["message"] == {**message, "mentions": []}
        sim.world.people.react(watch.chat_id, message["id"], "👍")
        assert json.loads(watch.line())["reaction"]["reactionKey"] == "👍"
        sim.world.people.delete(watch.chat_id, message["id"])
        assert json.loads(watch.line())["messageID"] == message["id"]


def test_nothing_of_a_text_is_obeyed(sim: Simulator) -> None:
    with watching(sim) as watch:
        sim.world.change_chat(watch.other["id"], title=HOSTILE)
        sim.world.receive(watch.other["id"], HOSTILE, senderName=HOSTILE)
        row = watch.row()
        assert is_safe("\t".join(row))
        assert row[2:] == [HOSTILE_CLEANED, HOSTILE_CLEANED, "", HOSTILE_CLEANED, ""]


def test_nothing_of_a_text_is_obeyed_on_a_terminal() -> None:
    happening = Happening(
        time=datetime.now(UTC),
        what="reaction added",
        chat=HOSTILE,
        who=HOSTILE,
        detail=HOSTILE,
        text=HOSTILE,
        is_recovered=True,
        event=ChatDeleted(chat_id="!any:beeper.com"),
    )
    printed: list[str] = []
    print_sentence(happening, lambda cells, styles: printed.extend(cells))
    assert is_safe("".join(printed))
    assert printed[2].startswith(f"(missed) {HOSTILE_CLEANED}"[:30])


def test_a_lost_connection(sim: Simulator) -> None:
    with watching(sim) as watch:
        sim.respond_next(503, path="/v1/ws", times=2)
        sim.sockets.drop()
        sim.world.receive(watch.chat_id, "said meanwhile")
        row = watch.row()
        assert row[5:] == ["said meanwhile", "recovered"]
        sim.world.receive(watch.chat_id, "said later")
        while watch.row()[5] != "said later":
            pass
        _, errors = watch.end()
    # What is found can be told before the connection is seen to be lost, which is looked at now and
    # then; on a slow machine the message that `watching` waits for is itself one that was found.
    assert set(errors.splitlines()) <= {
        "-- connection lost; trying again",
        "-- connected again",
        "-- found what was missed: 1",
    }
    assert "-- connected again" in errors.splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX pipes")
def test_a_reader_that_has_seen_enough(sim: Simulator) -> None:
    with watching(sim) as watch:
        assert watch.process.stdout is not None
        watch.process.stdout.close()
        watch.process.stdout = None
        sim.world.receive(watch.chat_id, "nobody reads this")
        _, errors = watch.process.communicate(timeout=TIMEOUT)
        assert (watch.process.returncode, errors) == (0, b"")


def test_the_demo_talks() -> None:
    done = run("watch", "--demo", "--limit", "2")
    assert (done.code, done.errors, len(done.rows)) == (0, "", 2)
    assert {len(row) for row in done.rows} == {7}


@pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")
@pytest.mark.parametrize("has_rich", [True, False])
def test_on_a_terminal(has_rich: bool, tmp_path: Path) -> None:
    env = environment()
    if has_rich:
        pytest.importorskip("rich")
    else:
        (tmp_path / "rich.py").write_text("raise ImportError('as if rich was not installed')")
        env["PYTHONPATH"] = f"{tmp_path}:{ROOT}"
    done = run_in_terminal("watch", "--demo", "--all", "--limit", "4", columns=50, env=env)
    assert (done.code, done.errors) == (0, "")
    assert ("\x1b[" in done.text) is has_rich
    lines = COLOURS.sub("", done.text).splitlines()
    assert len(lines) == 4
    assert re.fullmatch(r"\d\d:\d\d:\d\d  \S.*  \S.*: .*", lines[0])
    assert lines[1].endswith("chat upserted")
    assert all(width(line) <= 50 for line in lines)


def test_no_app() -> None:
    with Simulator() as sim:
        url = sim.url
    env = environment(BEEPER_ACCESS_TOKEN="secret")
    done = run("watch", "--base-url", url, env=env)
    assert (done.code, done.output) == (4, b"")
    assert re.fullmatch(r"beeper-async: [^\n]+Is Beeper Desktop running[^\n]+\n", done.errors)


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("--limit", "0"), 2, "1 or more"),
        (("--limit", "some"), 2, "whole number"),
        (("--chat",), 2, "--chat"),
        (("--demo", "--base-url", "http://localhost"), 2, "--base-url"),
        (("--demo", "--chat", "!gone:beeper.com"), 5, "No chat matches"),
        ((), 3, "BEEPER_ACCESS_TOKEN"),
    ],
)
def test_what_can_not_be_done(arguments: tuple[str, ...], code: int, word: str) -> None:
    done = run("watch", *arguments)
    assert (done.code, done.output) == (code, b"")
    assert re.fullmatch(r"beeper-async( watch)?: [^\n]+\n", done.errors)
    assert word in done.errors
