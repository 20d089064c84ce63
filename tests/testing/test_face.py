"""The package `beeper_async.testing` exports what its users need, and loads it when it is used."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from beeper_async import testing

ROOM = Path(testing.__file__).parent


@pytest.mark.parametrize("name", testing.__all__)
def test_every_name_is_there(name: str) -> None:
    found = getattr(testing, name)
    if inspect.isclass(found):
        assert found.__name__ == name
        assert found.__doc__


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Simulatr'"):
        _ = testing.Simulatr  # type: ignore[attr-defined]
    assert dir(testing) == sorted(testing.__all__)


@pytest.mark.parametrize("name", [n for n in testing.__all__ if n[0].isupper() and n[1].islower()])
def test_every_public_member_has_a_docstring(name: str) -> None:
    found = getattr(testing, name)
    if inspect.isclass(found):
        members = [
            getattr(member, "fget", None) or getattr(member, "__func__", member)
            for key, member in vars(found).items()
            if not key.startswith("_")
        ]
        bare = [one.__name__ for one in members if inspect.isfunction(one) and not one.__doc__]
        assert bare == []


def test_the_simulator_shares_no_code_with_the_client() -> None:
    code = (
        "import sys, beeper_async\n"
        "before = set(sys.modules)\n"
        "from beeper_async.testing import FaultProxy, Simulator\n"
        "new = {m for m in set(sys.modules) - before if m.startswith('beeper')}\n"
        "print([m for m in new if not m.startswith('beeper_async.testing')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_top_shelf_is_short() -> None:
    entries = [path.name for path in ROOM.iterdir() if path.name != "__pycache__"]
    assert len(entries) <= 13
