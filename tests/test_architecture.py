"""The rooms of docs/architecture.md: no circle of imports, and no arrow that runs back up.

Imports for type checkers alone count, and so do those inside of functions: a reader follows both.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# From the bottom to the top: a room imports only from rooms before it. `__init__` is the face of
# the package, which only programs on top of it import.
ORDER = {
    "beeper_async": (
        *("_version", "_omit", "_lazy", "_response", "_codec", "models", "errors", "_logging"),
        *("_validation", "_http", "_paging", "resources", "events", "auth", "client", "bots"),
        *("archive", "__init__", "testing", "cli", "__main__"),
    ),
    "beeper_async.testing": (
        *("hosting", "world", "listings", "demo", "server", "routes", "websocket", "fault_proxy"),
        *("simulator", "kit", "__init__", "__main__"),
    ),
    "beeper_sync": (
        *(
            "loop_thread",
            "portal",
            "models",
            "generators",
            "downloads",
            "item_stream",
            "pairs",
            "paging",
            "merging",
            "events",
            "auth",
            "base",
            "resources",
        ),
        *("client", "archive", "__init__", "_generate_module", "_generate"),
    ),
}
# Two of the 22 are rooms that users import from by their own names: `auth` and `archive`.
MOST_ENTRIES = {"beeper_async": 22, "beeper_async.testing": 13}


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    module_of(path): path
    for package in ("beeper_async", "beeper_sync")
    for path in sorted((ROOT / package).rglob("*.py"))
}


def imports_of(module: str) -> Iterator[str]:
    """Yield every module of ours that a module imports, wherever in its text."""
    path = MODULES[module]
    here = module.split(".") if path.stem == "__init__" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            up = here[: len(here) - node.level + 1] if node.level else []
            home = ".".join([*up, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{home}.{alias.name}"
                if inner in MODULES:
                    yield inner
                elif home in MODULES and home != module:
                    yield home


ARROWS = {module: sorted(set(imports_of(module))) for module in MODULES}


def room_of(module: str, package: str) -> str:
    """Return the entry of a package that a module is in."""
    return module.removeprefix(package).lstrip(".").split(".")[0] or "__init__"


@pytest.mark.parametrize("package", ORDER)
def test_no_arrow_runs_back_up(package: str) -> None:
    floor = {room: number for number, room in enumerate(ORDER[package])}
    upward = [
        f"{module} -> {target}"
        for module, targets in ARROWS.items()
        for target in targets
        if all(f"{name}.".startswith(f"{package}.") for name in (module, target))
        if floor[room_of(module, package)] < floor[room_of(target, package)]
    ]
    assert upward == []


def test_no_circle() -> None:
    left = {module: set(targets) for module, targets in ARROWS.items()}
    while leaves := [module for module, targets in left.items() if not targets & left.keys()]:
        for module in leaves:
            del left[module]
    assert left == {}, "these import each other"


def test_the_async_package_knows_nothing_of_the_blocking_one() -> None:
    assert [
        f"{module} -> {target}"
        for module, targets in ARROWS.items()
        for target in targets
        if module.startswith("beeper_async") and target.startswith("beeper_sync")
    ] == []


@pytest.mark.parametrize("package", ORDER)
def test_every_room_has_its_place_in_the_order(package: str) -> None:
    folder = ROOT.joinpath(*package.split("."))
    entries = {path for path in folder.iterdir() if path.name != "__pycache__"}
    rooms = {path.stem for path in entries if path.suffix == ".py" or path.is_dir()}
    assert rooms == set(ORDER[package])
    assert len(entries) <= MOST_ENTRIES.get(package, len(entries))
