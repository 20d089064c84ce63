"""Runs a piece of code as if it were a script, with the environment set to a simulator."""

import ast
import asyncio
import inspect
import sys
from pathlib import Path
from typing import Any

import pytest

from beeper_async.testing import Simulator

CONSENTING_BROWSER = Path(__file__).parents[1] / "auth" / "consenting_browser.py"


def point_to(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment as a user would."""
    monkeypatch.setenv("BEEPER_ACCESS_TOKEN", sim.token)
    monkeypatch.setenv("BEEPER_BASE_URL", sim.url)


def let_log_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the code a store of tokens of its own, and a browser that allows what is requested."""
    monkeypatch.delenv("BEEPER_PROFILE")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    monkeypatch.setenv("BROWSER", f"{sys.executable} {CONSENTING_BROWSER} %s")


def run(source: str, filename: str, namespace: dict[str, Any]) -> None:
    """Run the code in the namespace; `await` may stand outside of functions."""
    code = compile(source, filename, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    # The code is this project's own documentation.
    result = eval(code, namespace)
    if inspect.iscoroutine(result):
        asyncio.run(result)
