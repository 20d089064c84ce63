"""`chats` into a pipe: fields, JSON, paging, hostile text, encodings."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from datetime import datetime
from typing import Any

import pytest

from beeper_async.testing import Simulator

from .command_line import (
    HOSTILE,
    HOSTILE_CLEANED,
    ROOT,
    TIMEOUT,
    Outcome,
    command,
    environment,
    is_safe,
    run,
)


def run_against(sim: Simulator, *arguments: str, **env: str) -> Outcome:
    reach = {"BEEPER_BASE_URL": sim.url, "BEEPER_ACCESS_TOKEN": sim.token}
    return run("chats", *arguments, env=environment(**reach, **env))


def newest(sim: Simulator) -> dict[str, Any]:
    return sim.world.by_activity()[0]


def test_the_demo_needs_neither_app_nor_token() -> None:
    done = run("chats", "--demo")
    assert (done.code, done.errors) == (0, "")
    assert len(done.rows) == 23
    assert {len(row) for row in done.rows} == {6}
    title, network, unread, activity, marks, preview = done.rows[0]
    assert (title, network, unread) == ("Mum 🌻", "WhatsApp", "2")
    assert (marks, preview) == ("pinned", "[photo] in the garden")
    assert datetime.fromisoformat(activity).tzinfo is not None


def test_times_are_local_and_iso(sim: Simulator) -> None:
    sim.world.change_chat(newest(sim)["id"], lastActivity="2026-05-11T23:30:00.000Z")
    done = run_against(sim, "--limit", "1", TZ="Europe/Lisbon")
    assert done.rows[0][3] == "2026-05-12T00:30:00+01:00"


def test_a_placeholder_time_is_printed_as_it_is(sim: Simulator) -> None:
    for chat in sim.world.by_activity():
        sim.world.change_chat(chat["id"], lastActivity="0001-01-01T00:00:00.000Z")
    done = run_against(sim, TZ="America/New_York")
    assert (done.code, done.errors) == (0, "")
    assert {row[3] for row in done.rows} == {"0001-01-01T00:00:00+00:00"}


def test_previews_say_what_a_message_is(sim: Simulator) -> None:
    previews = {row[0]: row[5] for row in run_against(sim).rows}
    assert previews["Inês Fontoura"] == "[voice 12 s]"
    assert previews["Cassidy Wren"] == "[deleted]"
    assert previews["Choir — altos"] == "Lucía Parra: [file Kyrie.pdf] the score"
    assert previews["Book club 📚"] == "Theo Marchetti: [sticker]"
    assert previews["דנה לוי"] == "You: מעולה 👍"
    assert previews["+1 415-555-0167"] == "On my way, 20 minutes. <b>Gate code?</b> & parking?"
    assert previews["Allotment"] == ""
    assert len(previews["The very long name " + long_rest(sim)]) > 1900


def long_rest(sim: Simulator) -> str:
    titles: list[str] = [chat["title"] for chat in sim.world.chats.values()]
    return next(title for title in titles if title.startswith("The very")).removeprefix(
        "The very long name "
    )


@pytest.mark.parametrize(
    ("fields", "preview"),
    [
        ({"text": "<p>Hi <b>Ann</b>,</p><p>see<br/>you</p>"}, "Hi Ann, see you"),
        ({"text": "un<i>believ</i>able &amp; &#x1F600; 1 &lt; 2"}, "unbelievable & 😀 1 < 2"),
        ({"text": "I <3 you"}, "I <3 you"),
        ({"text": "&#27;[31m"}, "[31m"),
        ({"text": "x", "isDeleted": True}, "[deleted]"),
        ({"text": None, "type": "LOCATION"}, "[location]"),
        ({"text": None, "type": None}, "[message]"),
        ({"text": None, "attachments": [{"type": "video", "duration": 91.4}]}, "[video 1:31]"),
        ({"text": None, "attachments": [{"type": "audio"}]}, "[audio]"),
        ({"text": None, "attachments": [{"type": "img", "isGif": True}]}, "[gif]"),
        ({"text": None, "attachments": [{"type": "unknown"}]}, "[file]"),
        ({"text": None, "attachments": [{"type": "img"}] * 2}, "[photo] [photo]"),
    ],
)
def test_a_message_in_one_line(sim: Simulator, fields: dict[str, Any], preview: str) -> None:
    message = sim.world.messages[newest(sim)["id"]][-1]
    message.pop("attachments")
    message.update(fields)
    assert run_against(sim, "--limit", "1").rows[0][5] == preview


def test_a_hostile_text_is_read_in_linear_time(sim: Simulator) -> None:
    sim.world.messages[newest(sim)["id"]][-1]["text"] = "<a" * 500_000
    assert run_against(sim, "--limit", "1").code == 0


def test_marks_are_words(sim: Simulator) -> None:
    changes = {"isPinned": True, "isMuted": True, "isArchived": True, "isMarkedUnread": True}
    sim.world.change_chat(newest(sim)["id"], **changes)
    assert run_against(sim, "--limit", "1").rows[0][4] == "pinned,muted,archived,unread"


def test_nothing_reaches_the_terminal_that_it_would_obey(sim: Simulator) -> None:
    chat = newest(sim)
    sim.world.change_chat(chat["id"], title=HOSTILE, network=HOSTILE, type="group")
    sim.world.messages[chat["id"]][-1].update(senderName=HOSTILE, text=HOSTILE, attachments=[])
    done = run_against(sim)
    assert is_safe(done.text)
    assert len(done.lines) == 23
    assert done.rows[0][:2] == [HOSTILE_CLEANED, HOSTILE_CLEANED]
    assert done.rows[0][5].startswith(HOSTILE_CLEANED + ": ")


def test_json_is_what_the_app_sent(sim: Simulator) -> None:
    chat = newest(sim)
    sim.world.change_chat(chat["id"], title=HOSTILE, unheardOf={"new": [1, None]})
    done = run_against(sim, "--json", "--limit", "2")
    assert (done.code, done.errors) == (0, "")
    assert is_safe(done.text)
    assert len(done.text.splitlines()) == 2
    first = json.loads(done.lines[0])
    assert (first["title"], first["unheardOf"]) == (HOSTILE, {"new": [1, None]})
    assert first["preview"]["text"] == "in the garden"
    assert first["description"] is None
    assert done.lines[1].count("🇵🇹") == 1  # UTF-8, not escaped


@pytest.mark.parametrize(
    "encoding",
    [
        {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
        {"PYTHONUTF8": "0", "PYTHONIOENCODING": "cp1252:strict"},
        {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"},
    ],
)
def test_an_encoding_without_emoji(encoding: dict[str, str]) -> None:
    env = environment(**encoding)
    fields = run("chats", "--demo", env=env)
    assert fields.code == 0
    assert re.fullmatch(r"beeper-async: [^\n]+ \? stands for what it lacks[^\n]+\n", fields.errors)
    titles = [line.split(b"\t")[0] for line in fields.output.splitlines()]
    assert titles[0].startswith(b"Mum ")
    assert len(titles) == 23
    plain = run("chats", "--demo", "--search", "allotment", env=env)
    assert (plain.code, plain.errors) == (0, "")  # nothing was lacking
    as_json = run("chats", "--demo", "--json", env=env)
    assert (as_json.code, as_json.errors) == (0, "")
    assert json.loads(as_json.lines[0])["title"] == "Mum 🌻"


def test_search_finds_and_leaves_the_preview_empty() -> None:
    done = run("chats", "--demo", "--search", "TRIP lis")
    assert (done.code, done.errors) == (0, "")
    assert [row[0] for row in done.rows] == ["Lisbon trip 🇵🇹"]
    assert len(done.rows[0]) == 6
    assert done.rows[0][5] == ""


@pytest.mark.parametrize(("limit", "count"), [("1", 1), ("25", 25), ("260", 260), ("0", 300)])
@pytest.mark.parametrize("search", [(), ("--search", "0")])
def test_as_many_as_asked_for(limit: str, count: int, search: tuple[str, ...]) -> None:
    with Simulator(chats=300) as sim:
        done = run_against(sim, "--limit", limit, *search)
        assert len({row[0] for row in done.rows}) == len(done.rows) == count
        pages = [r for r in sim.requests if r.method == "GET"]
        assert len(pages) == (1 if count <= 200 else 2)


def test_twenty_five_by_default() -> None:
    with Simulator(chats=60) as sim:
        assert len(run_against(sim).lines) == 25


def test_an_old_app_with_small_pages_is_asked_again() -> None:
    with Simulator(chats=60, app_version="4.2.700") as old:
        done = run_against(old, "--limit", "60")
        assert len(done.lines) == 60
        assert len(old.requests) == 3
        assert done.rows[0][1] == newest(old)["accountID"]


def test_no_chats_is_no_failure() -> None:
    with Simulator(chats=0) as sim:
        done = run_against(sim)
    assert (done.code, done.output, done.errors) == (0, b"", "No chats.\n")


def test_a_search_that_finds_nothing() -> None:
    done = run("chats", "--demo", "--search", "no\x1bsuch")
    assert (done.code, done.output, done.errors) == (5, b"", "No chats for: no\ufffdsuch\n")


def test_a_page_is_printed_before_the_next_one_is_there() -> None:
    with Simulator(chats=300) as sim:
        sim.respond_next(None)
        sim.respond_next(None, delay=10 * TIMEOUT, times=10)
        env = environment(BEEPER_BASE_URL=sim.url, BEEPER_ACCESS_TOKEN=sim.token)
        with subprocess.Popen(
            command("chats", "--limit", "0"), stdout=subprocess.PIPE, cwd=ROOT, env=env
        ) as process:
            assert process.stdout is not None
            giving_up = threading.Timer(TIMEOUT, process.kill)
            giving_up.start()
            lines = [process.stdout.readline() for _ in range(200)]
            giving_up.cancel()
            process.kill()
    assert all(lines)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX pipes")
@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize("chats", [5, 3000])
def test_a_reader_that_has_seen_enough(form: tuple[str, ...], chats: int) -> None:
    with Simulator(chats=chats) as sim:
        env = environment(BEEPER_BASE_URL=sim.url, BEEPER_ACCESS_TOKEN=sim.token)
        process = subprocess.Popen(
            command("chats", "--limit", "0", *form),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=env,
        )
        assert process.stdout is not None
        if chats > 5:
            assert process.stdout.readline()
        process.stdout.close()
        process.stdout = None
        _, errors = process.communicate(timeout=TIMEOUT)
        assert (process.returncode, errors) == (0, b"")
