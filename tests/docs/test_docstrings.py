"""The examples in the docstrings of both packages run."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from beeper_async.testing import Simulator

from .pages import ROOT
from .running import let_log_in, point_to, run

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def examples() -> Iterator[tuple[str, str]]:
    """Yield package and code of every `Example:` section."""
    for package in ("beeper_async", "beeper_sync"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, Documented):
                    yield from ((where(path, node), code) for code in sections(node))


def where(path: Path, node: Documented) -> str:
    name = getattr(node, "name", "module")
    return f"{path.relative_to(ROOT).as_posix()}:{name}"


def sections(node: Documented) -> list[str]:
    """List the code of the `Example:` sections of one docstring."""
    text = inspect.cleandoc(ast.get_docstring(node) or "")
    return [textwrap.dedent(code) for code in re.findall(EXAMPLE, text, flags=re.M)]


def with_a_client(code: str, place: str) -> str:
    """Give an example of a method the client that it takes for granted."""
    if "client" not in code or re.search(r"\bclient\b( =|:\n|,)", code):
        return code
    head = (
        "async with AsyncBeeperDesktop"
        if place.startswith("beeper_async/")
        else "with BeeperDesktop"
    )
    return f"{head}() as client:\n{textwrap.indent(code, '    ')}"


def with_an_archive(code: str, place: str) -> str:
    """Give an example the archive that it takes for granted, with the messages of the demo."""
    if not re.search(r"\barchive\.", code) or re.search(r"\bas archive\b", code):
        return code
    is_async = place.startswith("beeper_async")
    head = (
        "async with AsyncBeeperDesktop() as client, Archive.open('backup') as archive:\n"
        "    await archive.update(client)\n"
        if is_async
        else "with BeeperDesktop() as client, Archive.open('backup') as archive:\n"
        "    archive.update(client)\n"
    )
    return head + textwrap.indent(code, "    ")


EXAMPLE = r"^Examples?:\n((?:(?: {4}.*)?\n?)+)"


@pytest.mark.parametrize(("place", "code"), list(examples()))
def test_example_runs(
    place: str,
    code: str,
    sim: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    point_to(sim, monkeypatch)
    let_log_in(tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)
    package = import_module(place.partition("/")[0])
    namespace: dict[str, Any] = {name: getattr(package, name) for name in dir(package)}
    # It has an import of its own in the docs.
    namespace["Archive"] = import_module(f"{package.__name__}.archive").Archive
    run(with_a_client(with_an_archive(code, place), place), place, namespace)
    assert "print(" not in code or capsys.readouterr().out.strip()


def test_both_clients_have_an_example() -> None:
    places = {place for place, _ in examples()}
    clients = {"beeper_async/client.py:AsyncBeeperDesktop", "beeper_sync/client.py:BeeperDesktop"}
    assert clients <= places
