"""What is used of aiohttp though it promises nothing of it, so that a loss is seen at once."""

import ast
import asyncio
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pytest

ROOT = Path(__file__).parents[1]
FILES = [p for room in ("beeper_async", "beeper_sync") for p in sorted((ROOT / room).rglob("*.py"))]
TREES = {path: ast.parse(path.read_text("utf-8")) for path in FILES}


def session_retries() -> object:
    """Whether a session sends requests again by itself on a connection that was closed."""

    async def look() -> object:
        async with aiohttp.ClientSession() as session:
            return session._retry_connection

    return asyncio.run(look())


def socket_requests() -> object:
    """How a session opens a live socket: through its own `request`, which a stand-in can take."""
    source = inspect.getsource(aiohttp.ClientSession._ws_connect)
    return "await self.request(" in source, "allow_redirects" in source


# Each private attribute that the packages use, and how to see that it is there and what it holds.
USED: dict[str, tuple[Callable[[], object], object]] = {
    "_retry_connection": (session_retries, True),
    "_ws_connect": (socket_requests, (True, False)),
    # Of asyncio, which documents it for those who write event loops.
    "_get_running_loop": (asyncio._get_running_loop, None),
}


BY_STRING = ("getattr", "setattr", "hasattr", "delattr")


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def own_names(tree: ast.AST) -> Iterator[str]:
    """Yield the names that code defines: functions, classes, variables and attributes of self."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and ast.unparse(node.value) == "self"
        ):
            yield node.attr


def used_names(tree: ast.AST) -> Iterator[str]:
    """Yield the private attributes that code reads or sets, by name or through a string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            yield node.attr
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in BY_STRING:
            match node.args[1:2]:
                case [ast.Constant(value=str(name))] if is_private(name):
                    yield name
                case _:
                    pass


def foreign(sources: dict[Path, ast.Module]) -> dict[str, str]:
    """Return the private attributes that none of our classes has, and a file that uses each."""
    ours = {name for tree in sources.values() for name in own_names(tree)}
    return {
        name: path.relative_to(ROOT).as_posix()
        for path, tree in sources.items()
        for name in used_names(tree)
        if name not in ours
    }


@pytest.mark.parametrize("name", USED)
def test_aiohttp_still_has_it(name: str) -> None:
    look, expected = USED[name]
    try:
        found = look()
    except AttributeError:
        pytest.fail(
            f"This aiohttp ({aiohttp.__version__}) has no {name}. Find out what replaces it, in "
            f"{foreign(TREES).get(name)}; until then, exclude this version in pyproject.toml."
        )
    assert found == expected, f"{name} means something else in aiohttp {aiohttp.__version__}"


def test_no_other_is_used() -> None:
    unlisted = {name: file for name, file in foreign(TREES).items() if name not in USED}
    assert unlisted == {}, "private attributes of another library; list them above, with a check"
    assert set(USED) <= set(foreign(TREES)), "no longer used; take it off the list"


def test_the_search_finds_each_way_to_use_one() -> None:
    source = """
class Ours:
    def __init__(self, session):
        self._own = session

    def _method(self):
        self._own._retries = 1
        session = self._own
        session._closing = True
        return self._own._conn, getattr(self._own, "_loop"), self._method(), self.__class__
"""
    found = foreign({ROOT / "x.py": ast.parse(source)})
    assert set(found) == {"_retries", "_closing", "_conn", "_loop"}
