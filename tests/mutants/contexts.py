"""A pytest plugin that notes which test runs which line: `-p tests.mutants.contexts`.

It runs under `coverage run`, whose contexts it sets, and writes how long each test took. One
context for the whole process, so that tasks and threads count for the test that is running.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import coverage
import pytest

DURATIONS = "MUTANTS_DURATIONS"
"""Environment variable: the file to write the durations to, in seconds by test."""

_durations: dict[str, float] = defaultdict(float)


def without_parameters(node_id: str) -> str:
    """Return the ID of a test function."""
    return node_id.partition("[")[0]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Give each test its context."""
    measuring = coverage.Coverage.current()
    if measuring is not None:
        measuring.switch_context(without_parameters(item.nodeid))
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up how long a test took."""
    _durations[without_parameters(report.nodeid)] += report.duration


def pytest_sessionfinish() -> None:
    """Write the durations down."""
    if path := os.environ.get(DURATIONS):
        Path(path).write_text(json.dumps(_durations))
