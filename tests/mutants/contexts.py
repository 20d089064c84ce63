"""A pytest plugin that notes which test runs which line: `-p tests.mutants.contexts`.

Each process that runs tests measures itself, so that pytest-xdist can run them side by side. One
context for the whole process, so that tasks and threads count for the test that is running.
"""

from __future__ import annotations

import json
import os
import pkgutil
from collections import defaultdict
from collections.abc import Generator
from importlib import import_module
from pathlib import Path
from typing import Final

import coverage
import pytest

FOLDER: Final = "MUTANTS_FOLDER"
"""Environment variable: the folder for what each process has measured."""
PACKAGES: Final = "MUTANTS_PACKAGES"
"""Environment variable: the packages to measure, with commas between."""

_durations: dict[str, float] = defaultdict(float)
_measuring: list[coverage.Coverage] = []


def without_parameters(node_id: str) -> str:
    """Return the ID of a test function. pytest-xdist adds the group that a test is in."""
    return node_id.partition("[")[0].partition("@")[0]


def _is_measured(config: pytest.Config) -> bool:
    """Tell a process that runs tests from one that hands them out."""
    return hasattr(config, "workerinput") or not config.getoption("numprocesses", None)


def pytest_configure(config: pytest.Config) -> None:
    """Start to measure."""
    if not _is_measured(config):
        return
    packages = os.environ[PACKAGES].split(",")
    # Lines that run at import belong to no test, and so not to whichever imports them first.
    for package in packages:
        for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)
    folder = os.environ[FOLDER]
    measuring = coverage.Coverage(
        data_file=f"{folder}/data",
        data_suffix=str(os.getpid()),
        source=packages,
        concurrency=["thread"],
        config_file=False,
    )
    measuring.start()
    _measuring.append(measuring)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Give each test its context."""
    for measuring in _measuring:
        measuring.switch_context(without_parameters(item.nodeid))
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up how long a test took."""
    _durations[without_parameters(report.nodeid)] += report.duration


def pytest_unconfigure() -> None:
    """Write down what was measured."""
    if not _measuring:
        return
    measuring = _measuring.pop()
    measuring.stop()
    measuring.save()
    Path(os.environ[FOLDER], f"durations.{os.getpid()}").write_text(json.dumps(_durations))
