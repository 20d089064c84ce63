"""`chats` on a terminal: the table, with and without rich."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from beeper_async.cli.text import width
from beeper_async.testing import Simulator

from .command_line import (
    HOSTILE,
    HOSTILE_CLEANED,
    ROOT,
    Outcome,
    environment,
    is_safe,
    run_in_terminal,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")

COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(params=["with rich", "without rich"])
def rich(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The changes to the environment that take rich away, or none."""
    if request.param == "with rich":
        pytest.importorskip("rich")
        return {}
    (tmp_path / "rich.py").write_text("raise ImportError('as if rich was not installed')")
    return {"PYTHONPATH": f"{tmp_path}:{ROOT}"}


def show(sim: Simulator, env: dict[str, str], *arguments: str, columns: int = 80) -> Outcome:
    reach = {"BEEPER_BASE_URL": sim.url, "BEEPER_ACCESS_TOKEN": sim.token}
    return run_in_terminal("chats", *arguments, columns=columns, env=environment(**reach, **env))


def plain(done: Outcome) -> list[str]:
    return COLOURS.sub("", done.text).splitlines()


def column(lines: list[str], heading: str) -> list[str]:
    """What stands at the cells below a heading, one text a line."""
    start = lines[0].index(heading)
    return [at_cells(line, start) for line in lines[1:]]


def at_cells(line: str, start: int) -> str:
    for index in range(len(line) + 1):
        if width(line[:index]) == start and not line[index : index + 1].isspace():
            return line[index:].split("  ")[0]
    return ""


def newest(sim: Simulator) -> dict[str, Any]:
    return sim.world.by_activity()[0]


def test_the_table(rich: dict[str, str]) -> None:
    done = run_in_terminal("chats", "--demo", env=environment(**rich))
    lines = plain(done)
    assert (done.code, done.errors) == (0, "")
    assert lines[0].split() == ["CHAT", "NETWORK", "NEW", "ACTIVE", "LAST", "MESSAGE"]
    assert len(lines) == 24
    assert re.fullmatch(r"P   Mum 🌻 +WhatsApp    2  \d min ago +\[photo\] in the garden", lines[1])
    assert re.fullmatch(r"MA  Book club 📚 +Beeper .*Theo Marchetti: \[sticker\]", lines[21])
    assert all(width(line) <= 80 for line in lines)


def test_colours_come_from_rich_alone(rich: dict[str, str]) -> None:
    done = run_in_terminal("chats", "--demo", env=environment(**rich))
    assert ("\x1b[" in done.text) is (not rich)


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_columns_align_in_every_script(columns: int, rich: dict[str, str], sim: Simulator) -> None:
    lines = plain(show(sim, rich, columns=columns))
    assert all(width(line) <= columns for line in lines)
    networks = {chat["network"] for chat in sim.world.chats.values()}
    assert set(column(lines, "NETWORK")) == networks
    previews = column(lines, "LAST MESSAGE")
    assert [p[:5] for p in previews[4:7]] == ["You: ", "أرسلت", "You: "]


def test_at_40_columns_a_chat_is_one_line(rich: dict[str, str], sim: Simulator) -> None:
    lines = plain(show(sim, rich, columns=40))
    assert lines[0].split() == ["CHAT", "NETWORK", "NEW"]
    assert len(lines) == 24
    assert all(width(line) <= 40 for line in lines)


def test_long_texts_are_cut_to_the_width(rich: dict[str, str], sim: Simulator) -> None:
    lines = plain(show(sim, rich))
    assert "The very long name o…" in column(lines, "CHAT")
    assert lines[18].endswith("…")


def test_a_search_gives_the_room_to_the_titles(rich: dict[str, str], sim: Simulator) -> None:
    lines = plain(show(sim, rich, "--search", "whatsapp"))
    assert lines[0].split() == ["CHAT", "NETWORK", "NEW", "ACTIVE"]
    assert len(lines) == 6
    assert "The very long name of the neighbours' garden, co…" in lines[5]


def test_nothing_of_a_title_is_obeyed(rich: dict[str, str], sim: Simulator) -> None:
    chat = newest(sim)
    sim.world.change_chat(chat["id"], title=HOSTILE, network=HOSTILE, type="group")
    sim.world.messages[chat["id"]][-1].update(senderName=HOSTILE, text=HOSTILE, attachments=[])
    done = show(sim, rich, columns=400)
    assert is_safe(COLOURS.sub("", done.text))
    assert column(plain(done), "CHAT")[0] == HOSTILE_CLEANED  # with its [bold] and :skull:
    assert len(plain(done)) == 24


def test_an_unread_number_is_never_cut(rich: dict[str, str]) -> None:
    with Simulator(chats=210) as sim:
        last = sim.world.by_activity()[-1]
        sim.world.change_chat(last["id"], unreadCount=1234567)
        lines = plain(show(sim, rich, "--limit", "0"))
    assert len(lines) == 211
    assert "  1234567  " in lines[210]


def test_json_is_the_same_on_a_terminal(rich: dict[str, str], sim: Simulator) -> None:
    done = show(sim, rich, "--json", "--limit", "1")
    assert done.text.startswith('{"')
    assert is_safe(done.text)


def test_a_terminal_without_emoji(rich: dict[str, str], sim: Simulator) -> None:
    done = show(sim, {**rich, "PYTHONIOENCODING": "ascii"})
    assert (done.code, done.errors.count("\n")) == (0, 1)
    assert "encoding is ascii: ? stands for what it lacks" in done.errors
    assert column(plain(done), "CHAT")[0].strip() == "Mum ?"


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0, "just now"), (5, "5 min ago"), (150, "2 h ago"), (24 * 60, "1 day ago")],
)
def test_activity_is_relative(
    minutes: int, text: str, rich: dict[str, str], sim: Simulator
) -> None:
    moment = datetime.now(UTC) - timedelta(minutes=minutes)
    sim.world.change_chat(newest(sim)["id"], lastActivity=moment.isoformat())
    assert text in plain(show(sim, {}, "--limit", "1"))[1]
