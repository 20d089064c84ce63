"""The commands for the daily job: what each does, and the same rules for all of them."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from datetime import datetime
from typing import Any

import pytest

from beeper_async.testing import Simulator

from .command_line import HOSTILE, HOSTILE_CLEANED, ROOT, TIMEOUT, command, environment, is_safe
from .in_process import CommandLine

# The arguments with which each command does its job in the demo world.
ARGUMENTS = {
    "messages": ("Mum",),
    "search": ("dinner",),
    "send": ("Mum", "On my way"),
    "read": ("Mum",),
    "archive-chat": ("Mum",),
    "unarchive": ("Ruth Amsel",),
    "mute": ("Mum",),
    "remind": ("Mum", "2h"),
    "open": ("Mum",),
    "contacts": (),
    "accounts": (),
}
ABOUT_A_CHAT = [name for name in ARGUMENTS if name not in ("search", "contacts", "accounts")]
JONAS = "Jonas Ekwueme"


def chat_called(sim: Simulator, title: str) -> dict[str, Any]:
    return next(chat for chat in sim.world.chats.values() if chat["title"] == title)


# -- the same for all ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_demo_needs_neither_app_nor_token(
    name: str, line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BEEPER_BASE_URL")
    monkeypatch.delenv("BEEPER_ACCESS_TOKEN")
    done = line.run(name, *ARGUMENTS[name], "--demo")
    assert (done.code, done.errors) == (0, "")
    assert len({len(row) for row in done.rows}) == 1
    assert done.rows


@pytest.mark.parametrize("name", ARGUMENTS)
def test_json(name: str, line: CommandLine) -> None:
    done = line.run(name, *ARGUMENTS[name], "--json")
    assert (done.code, done.errors) == (0, "")
    assert done.objects


@pytest.mark.parametrize("name", ARGUMENTS)
def test_no_token(name: str, line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BEEPER_ACCESS_TOKEN")
    done = line.run(name, *ARGUMENTS[name])
    assert (done.code, done.output) == (3, "")
    assert re.fullmatch(r"beeper-async: [^\n]+\n", done.errors)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_no_app(name: str, line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulator() as gone:
        monkeypatch.setenv("BEEPER_BASE_URL", gone.url)
    done = line.run(name, *ARGUMENTS[name])
    assert (done.code, done.output) == (4, "")
    assert re.fullmatch(r"beeper-async: [^\n]+Is Beeper Desktop running[^\n]+\n", done.errors)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_an_app_that_is_not_ready(name: str, line: CommandLine, sim: Simulator) -> None:
    sim.respond_next(503, times=20)
    done = line.run(name, *ARGUMENTS[name])
    assert (done.code, done.output, done.errors.count("\n")) == (4, "", 1)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_wrong_options(name: str, line: CommandLine, sim: Simulator) -> None:
    for wrong in (("--nonsense",), ("--demo", "--base-url", "http://localhost"), ("a", "b", "c")):
        done = line.run(name, *ARGUMENTS[name], *wrong)
        assert (done.code, done.output) == (2, "")
        assert re.fullmatch(rf"beeper-async {name}: [^\n]+\n", done.errors)
    assert sim.requests == []


@pytest.mark.parametrize("name", ABOUT_A_CHAT)
def test_a_blank_chat(name: str, line: CommandLine, sim: Simulator) -> None:
    for arguments in ((" ", *ARGUMENTS[name][1:]), (*ARGUMENTS[name], "--network", "")):
        done = line.run(name, *arguments)
        assert (done.code, done.output, done.errors.count("\n")) == (2, "", 1)
    assert sim.requests == []


@pytest.mark.parametrize("name", ABOUT_A_CHAT)
def test_an_ambiguous_chat_is_left_alone(name: str, line: CommandLine, sim: Simulator) -> None:
    sim.world.change_chat(chat_called(sim, "Tomas Vrba")["id"], title="mum")
    always = ("--yes",) if name == "send" else ()
    done = (
        line.run(name, *ARGUMENTS[name], *always) if name != "unarchive" else line.run(name, "Mum")
    )
    assert (done.code, done.output) == (6, "")
    first, *candidates = done.errors.splitlines()
    assert first == "beeper-async: 2 chats match; use the ID of one:"
    assert sorted(candidates) == ["  307  Mum 🌻  WhatsApp", "  314  mum  iMessage"]
    assert {request.method for request in sim.requests} == {"GET"}


@pytest.mark.parametrize("name", ABOUT_A_CHAT)
def test_an_unknown_chat(name: str, line: CommandLine, sim: Simulator) -> None:
    done = line.run(name, "Tomas Vrbo", *ARGUMENTS[name][1:])
    assert (done.code, done.output) == (5, "")
    assert done.errors == (
        "beeper-async: No chat matches; similar ones:\n  314  Tomas Vrba  iMessage\n"
    )
    assert {request.method for request in sim.requests} == {"GET"}


@pytest.mark.parametrize("name", ABOUT_A_CHAT)
def test_a_chat_is_narrowed(name: str, line: CommandLine, sim: Simulator) -> None:
    sim.world.change_chat(chat_called(sim, "Tomas Vrba")["id"], title="mum")
    for narrowing in (("--network", "imessage"), ("--account", "local-imessage"), ("--exact",)):
        done = line.run(name, "mum", *ARGUMENTS[name][1:], *narrowing)
        assert (done.code, done.errors) == (0, "")


@pytest.mark.parametrize("name", ARGUMENTS)
def test_nothing_of_a_text_is_obeyed(name: str, line: CommandLine, sim: Simulator) -> None:
    chat = chat_called(sim, "Mum 🌻")
    sim.world.change_chat(chat["id"], title=HOSTILE, network=HOSTILE)
    for message in sim.world.messages[chat["id"]]:
        message.update(senderName=HOSTILE, text=f"dinner {HOSTILE}")
    for person in chat["participants"]["items"]:
        person.update(fullName=HOSTILE)
    account = sim.world.accounts[chat["accountID"]]
    account.update(network=HOSTILE, statusText=HOSTILE)
    about = [chat["localChatID"], *ARGUMENTS[name][1:]] if name in ABOUT_A_CHAT else ARGUMENTS[name]
    for form in ((), ("--json",)):
        done = line.run(name, *about, *form)
        assert (done.code, done.errors) == (0, "")
        assert is_safe(done.output)
    assert HOSTILE_CLEANED in line.run(name, *about).output


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("name", ARGUMENTS)
def test_ctrl_c(name: str, sim: Simulator) -> None:
    sim.respond_next(None, delay=TIMEOUT)
    process = subprocess.Popen(
        command(name, *ARGUMENTS[name]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=environment(BEEPER_BASE_URL=sim.url, BEEPER_ACCESS_TOKEN=sim.token),
    )
    while not sim.requests:
        assert process.poll() is None
        time.sleep(0.01)  # leaves the interpreter to the simulator's thread
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=TIMEOUT) == (b"", b"")
    assert process.returncode == 130


# -- what each does ---------------------------------------------------------------------------


def test_messages_are_the_newest_ones_the_newest_last(line: CommandLine, sim: Simulator) -> None:
    done = line.run("messages", "mum", "--limit", "2")
    assert [row[2:] for row in done.rows] == [
        ["Greta Haldane", "Look who came to visit"],
        ["Greta Haldane", "[photo] in the garden"],
    ]
    chat = chat_called(sim, "Mum 🌻")
    assert [row[0] for row in done.rows] == [m["id"] for m in sim.world.messages[chat["id"]][-2:]]
    assert line.run("messages", "+447700900111").rows[1][2:] == ["You", "Twice! They look happy"]


def test_more_messages_than_a_page(line: CommandLine, sim: Simulator) -> None:
    chat = chat_called(sim, "Mum 🌻")
    for number in range(60):
        sim.world.receive(chat["id"], f"number {number}")
    done = line.run("messages", "Mum", "--limit", "45")
    assert [row[3] for row in done.rows] == [f"number {number}" for number in range(15, 60)]


def test_a_chat_without_messages(line: CommandLine) -> None:
    done = line.run("messages", "Allotment")
    assert (done.code, done.output, done.errors) == (0, "", "No messages.\n")


def test_search(line: CommandLine, sim: Simulator) -> None:
    done = line.run("search", "dinner")
    (row,) = done.rows
    chat = chat_called(sim, "Tomas Vrba")
    assert row[2:] == ["Tomas Vrba", "Tomas Vrba", "Yes! Dinner plans confirmed 🍜", chat["id"]]
    assert line.run("search", "dinner", "--from", "me").code == 5
    assert line.run("search", "dinner", "--chat", "Mum").code == 5
    both = line.run("search", "dinner", "--chat", "Mum", "--chat", "tomas vrba")
    assert both.rows == [row]


def test_search_in_chats_of_low_priority(line: CommandLine) -> None:
    assert line.run("search", "parcel").rows[0][2] == "Parcel Tracker"


def test_search_that_finds_nothing(line: CommandLine) -> None:
    done = line.run("search", "no\x1bsuch")
    assert (done.code, done.output, done.errors) == (5, "", "No messages for: no\ufffdsuch\n")


@pytest.mark.parametrize(("limit", "count"), [("3", 3), ("0", 45), ("30", 30)])
def test_as_many_as_asked_for(limit: str, count: int, line: CommandLine, sim: Simulator) -> None:
    chat = chat_called(sim, "Mum 🌻")
    for _ in range(45):
        sim.world.receive(chat["id"], "needle")
    assert len(line.run("search", "needle", "--limit", limit).rows) == count


def test_read_and_unread(line: CommandLine, sim: Simulator) -> None:
    chat = chat_called(sim, "Mum 🌻")
    assert chat["unreadCount"] == 2
    done = line.run("read", "Mum")
    assert done.rows == [["read", "Mum 🌻", chat["id"]]]
    assert chat["unreadCount"] == 0
    assert line.run("read", "Mum", "--unread").rows[0][0] == "marked unread"
    assert chat["isMarkedUnread"]


def test_archive_and_back(line: CommandLine, sim: Simulator) -> None:
    chat = chat_called(sim, "Mum 🌻")
    assert line.run("archive-chat", "Mum").rows[0][0] == "archived"
    assert chat["isArchived"]
    assert line.run("unarchive", "Mum").rows[0][0] == "unarchived"
    assert not chat["isArchived"]


def test_an_app_that_archives_with_200_and_nothing(line: CommandLine, sim: Simulator) -> None:
    sim.respond_next(200, text="", path="*/archive")
    assert line.run("archive-chat", "Mum").code == 0


def test_mute(line: CommandLine, sim: Simulator) -> None:
    chat = chat_called(sim, "Mum 🌻")
    assert line.run("mute", "Mum").rows[0][0] == "muted"
    assert chat["isMuted"]
    assert line.run("mute", "Mum", "--off").rows[0][0] == "unmuted"
    assert not chat["isMuted"]


def test_remind(line: CommandLine, sim: Simulator) -> None:
    chat = chat_called(sim, "Mum 🌻")
    (row,) = line.run("remind", "Mum", "2099-05-05 18:30+02:00", "--unless-answered").rows
    assert row[0] == "reminder set"
    kept = datetime.fromisoformat(chat["reminder"]["remindAt"])
    assert kept == datetime.fromisoformat(row[3])
    assert chat["reminder"]["dismissOnIncomingMessage"] is True
    assert line.run("remind", "Mum", "off").rows[0][0] == "reminder removed"
    assert chat["reminder"] is None


@pytest.mark.parametrize("when", ["yesterday", "0m", "2020-01-01 10:00", "25:00", "18:3", ""])
def test_no_time_to_come(when: str, line: CommandLine, sim: Simulator) -> None:
    done = line.run("remind", "Mum", when)
    assert (done.code, done.output) == (2, "")
    assert re.fullmatch(r"beeper-async remind: WHEN [^\n]+\n", done.errors)
    assert sim.requests == []


def test_open(line: CommandLine, sim: Simulator) -> None:
    chat = chat_called(sim, "Mum 🌻")
    message = sim.world.messages[chat["id"]][0]["id"]
    line.run("open", "Mum")
    line.run("open", "Mum", "--message", message)
    assert sim.world.focused == [
        {"chatID": chat["id"]},
        {"chatID": chat["id"], "messageID": message},
    ]


def test_contacts(line: CommandLine, sim: Simulator) -> None:
    done = line.run("contacts", "--limit", "0")
    tomas = ["Tomas Vrba", "iMessage", "+14155550123", "", ""]
    account = chat_called(sim, "Tomas Vrba")["accountID"]
    assert [*tomas, "@imsg_14155550123:local-imessage.localhost", account] in done.rows
    assert [row[0] for row in line.run("contacts", "--search", "vrba").rows] == ["Tomas Vrba"]
    assert line.run("contacts", "--search", "vrba", "--account", "matrix").code == 5
    assert len(line.run("contacts", "--limit", "2").rows) == 2
    assert line.run("contacts", "--account", "nobody").code == 5


def test_accounts(line: CommandLine) -> None:
    rows = line.run("accounts").rows
    assert ["discordgo", "Discord", "reconnect_required", "Sign in again", "Noor Haldane"] in rows
    assert len(rows) == 7


def test_accounts_of_an_old_app(line: CommandLine, sim: Simulator) -> None:
    sim.app_version = "4.2.700"
    done = line.run("accounts")
    assert (done.code, {len(row) for row in done.rows}) == (0, {5})


def test_no_accounts(line: CommandLine, sim: Simulator) -> None:
    sim.world.unlisted_accounts.update(sim.world.accounts)
    done = line.run("accounts")
    assert (done.code, done.output, done.errors) == (0, "", "No accounts.\n")
    assert line.run("contacts").errors == "No contacts.\n"


def test_the_merged_chat_is_one(line: CommandLine, sim: Simulator) -> None:
    merged = next(chat["id"] for chat in sim.world.chats.values() if chat.get("merge"))
    assert line.run("read", JONAS).rows[0][2] == merged
    assert line.run("read", JONAS, "--network", "Signal").rows[0][2] != merged


def test_watch_takes_a_title(line: CommandLine, sim: Simulator) -> None:
    sim.world.change_chat(chat_called(sim, "Tomas Vrba")["id"], title="mum")
    done = line.run("watch", "--chat", "Mum")
    assert (done.code, done.output) == (6, "")
