"""Every python block of the README and of docs/ runs, and prints what the page says it prints."""

import doctest
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from beeper_async.testing import Simulator

from .pages import PAGES, ROOT, Block, blocks_of
from .running import let_log_in, point_to, run

BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def scripts() -> list[list[Block]]:
    """Group python blocks with the ones that go on from them and the outputs in between."""
    groups: list[list[Block]] = []
    for block in BLOCKS:
        if block.language == "python" and block.mark != "pytest":
            if block.mark == "continues" and groups and groups[-1][0].page == block.page:
                groups[-1].append(block)
            else:
                groups.append([block])
        elif block.mark == "prints":
            groups[-1].append(block)
    return groups


def suites() -> list[list[Block]]:
    """Group the blocks that are files of tests by page; they share one file."""
    found = [[b for b in blocks_of(page) if b.mark == "pytest"] for page in PAGES]
    return [group for group in found if group]


@pytest.mark.parametrize("group", scripts(), ids=lambda group: str(group[0].place))
def test_block_runs(
    group: list[Block],
    sim: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    point_to(sim, monkeypatch)
    let_log_in(tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    printed = ""
    for block in group:
        if block.language == "python":
            run(block.padded, str(block.page), namespace)
            printed = capsys.readouterr().out
        else:
            assert printed == block.text, f"{block.place}: this is not what is printed"


@pytest.mark.parametrize("group", suites(), ids=lambda group: str(group[0].place))
def test_block_of_tests_passes(group: list[Block], tmp_path: Path) -> None:
    source = "\n\n".join(block.text for block in group)
    (tmp_path / "test_of_a_page.py").write_text(source, "utf-8")
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nasyncio_default_fixture_loop_scope = function\n", "utf-8"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"PYTHONUTF8": "1"},  # pipes have another encoding on Windows
        capture_output=True,
        encoding="utf-8",
        timeout=170,
        check=False,
    )
    # Collected and passed, all of them: no test of the page may be left out.
    wanted = source.count("\ndef test_") + source.count("\nasync def test_")
    assert wanted > 0
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{wanted} passed" in done.stdout


def test_block_of_a_session_is_true(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    point_to(sim, monkeypatch)
    for block in BLOCKS:
        if block.language == "pycon":
            test = doctest.DocTestParser().get_doctest(
                block.text, {}, block.place, str(block.page), block.line - 1
            )
            assert doctest.DocTestRunner().run(test).failed == 0, block.place


def test_every_mark_is_known() -> None:
    for block in BLOCKS:
        marks = {"python": (None, "continues", "pytest"), "text": (None, "prints", "begins")}
        assert block.mark in marks.get(block.language, (None,)), block.place


# The timers of systemd and launchd: tests/archive/test_nightly.py
CHECKED_ELSEWHERE = {"ini", "xml"}


def test_no_python_hides_in_a_block_of_another_kind() -> None:
    languages = {block.language for block in BLOCKS}
    assert languages <= {"python", "pycon", "sh", "text", "mermaid", *CHECKED_ELSEWHERE}, (
        "say how this kind of block is tested"
    )
    assert "README.md" in {block.page.name for block in BLOCKS if block.language == "python"}
