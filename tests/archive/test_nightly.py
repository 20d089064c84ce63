"""The files for timers in the docs have the syntax of their programs."""

from __future__ import annotations

import configparser
import plistlib
import re

from ..docs.pages import ROOT, blocks_of

BLOCKS = {block.language: block.text for block in blocks_of(ROOT / "docs/archive.md")}


def test_the_units_of_systemd() -> None:
    service, timer = re.split(r"^# \S+\.timer$", BLOCKS["ini"], flags=re.M)
    units: list[configparser.ConfigParser] = []
    for text in (service, timer):
        unit = configparser.ConfigParser(interpolation=None)
        unit.read_string(text)
        units.append(unit)
    assert units[0]["Service"]["ExecStart"].startswith("beeper-async archive %h/")
    assert units[1]["Timer"]["OnCalendar"] == "*-*-* 03:30"


def test_the_agent_of_launchd() -> None:
    agent = plistlib.loads(BLOCKS["xml"].encode())
    assert agent["StartCalendarInterval"] == {"Hour": 3, "Minute": 30}
    assert "beeper-async archive" in agent["ProgramArguments"][2]
