"""Type checkers know every public name, and no other. Runs where both checkers are installed."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

CHECKERS = {
    "mypy": ["mypy", "--strict", "--no-incremental", "--hide-error-context"],
    "pyright": ["pyright", "--pythonpath", sys.executable],
}
FACES = {
    name: import_module(name).__all__
    for name in (
        *("beeper_async", "beeper_async.models", "beeper_async.events", "beeper_async.bots"),
        *("beeper_async.testing", "beeper_sync", "beeper_sync.models"),
    )
}

# Each line is wrong, for both checkers.
WRONG = """\
from beeper_async import AsyncBeeperDesktopp
from beeper_async import BeeperDesktop
from beeper_async import lazy_exports
from beeper_async.models import Mesage
from beeper_async.models import lazy_exports as from_models
from beeper_async.events import MessageCreatedd
from beeper_async.bots import Bott
from beeper_async.testing import Simulatorr
from beeper_sync import AsyncBeeperDesktop
from beeper_sync import Bot
from beeper_sync import Merged
from beeper_sync.models import Chatt
"""


def known() -> str:
    """Import every public name."""
    return "".join(
        f"from {face} import {name} as n{number}_{index}\n"
        for number, (face, names) in enumerate(FACES.items())
        for index, name in enumerate(names)
    )


def star(package: str, client: str) -> str:
    """Import all of a package; its third line is wrong."""
    return f"from {package} import *\nclient = {client}()\nthing: Any\n"


HERE = Path(__file__).parent
WRONG_BOTS = (HERE / "wrong_bots.txt").read_text("utf-8")
MISTAKES = {
    number for number, line in enumerate(WRONG_BOTS.splitlines(), 1) if line.find("# wrong") > 0
}

CHECKED = {
    "wrong": WRONG,
    "known": known(),
    "star_async": star("beeper_async", "AsyncBeeperDesktop"),
    "star_sync": star("beeper_sync", "BeeperDesktop"),
    "good_bots": (HERE / "good_bots.py").read_text("utf-8"),
    "wrong_bots": WRONG_BOTS,
}


@pytest.fixture(scope="module", params=CHECKERS)
def errors(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> set[tuple[str, int]]:
    """Check all files in one run; return the lines that have errors, counted from 1."""
    name: str = request.param
    pytest.importorskip(name, reason="only the `types` session installs the type checkers")
    folder = tmp_path_factory.mktemp(name)
    for file, code in CHECKED.items():
        (folder / f"{file}.py").write_text(code, "utf-8")
    command = [sys.executable, "-m", *CHECKERS[name], *(f"{file}.py" for file in CHECKED)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = re.findall(r"(\w+)\.py:(\d+)[:\d]* ?-? ?error", done.stdout)
    return {(file, int(line)) for file, line in found}


def lines_of(errors: set[tuple[str, int]], file: str) -> set[int]:
    return {line for name, line in errors if name == file}


def test_every_wrong_import_is_an_error(errors: set[tuple[str, int]]) -> None:
    assert lines_of(errors, "wrong") == set(range(1, len(WRONG.splitlines()) + 1))


def test_every_public_name_is_known(errors: set[tuple[str, int]]) -> None:
    assert lines_of(errors, "known") == set()


@pytest.mark.parametrize("file", ["star_async", "star_sync"])
def test_a_star_brings_the_client_and_not_any(errors: set[tuple[str, int]], file: str) -> None:
    assert lines_of(errors, file) == {3}


def test_every_mistake_in_a_bot_is_found(errors: set[tuple[str, int]]) -> None:
    assert len(MISTAKES) >= 50
    assert lines_of(errors, "wrong_bots") == MISTAKES


def test_nothing_is_said_of_good_bots(errors: set[tuple[str, int]]) -> None:
    assert lines_of(errors, "good_bots") == set()
