"""Writes beeper_sync/client.py and beeper_sync/resources/ from beeper_async.

    python -m beeper_sync._generate           write the files
    python -m beeper_sync._generate --check   fail if they are not what would be written

Explicit files instead of something dynamic, because every type checker and every editor then sees
the same signatures as on the async side. Nothing of either package is imported: signatures and
docstrings are taken over as they stand in the source, with other names and a body of one call.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
SOURCE = HERE.parent / "beeper_async"
HEADER = "# Generated from beeper_async/{} by `python -m beeper_sync._generate`.\n"

Method = ast.FunctionDef | ast.AsyncFunctionDef

# What `SyncClient` does by hand, because it is about the thread and not about the calls.
BY_HAND = {
    "transport",
    "stream",
    "fetch",
    "close",
    "__aenter__",
    "__aexit__",
    "__repr__",
    "__reduce__",
}

# Pages, which keep their kind in their name; everything else loses the word Async.
PAGES = r"Cursor\w+|\w+Page\b"

# What reads differently without await. Applied to docstrings, line breaks included.
WORDING = {
    "for asyncio.": "for blocking code.",
    "It connects on first use and belongs\n    to the event loop of that moment.": "It may be\n"
    "    shared by threads, and used inside a running event loop.",
    "        session: An aiohttp session to use instead of an own one. It is not closed.\n": "",
    "A paginator: await it for one page, iterate over it for all": "The first page; iterate over "
    "it for all",
    "async with ": "with ",
    "async for ": "for ",
    "await ": "",
}


def generate() -> dict[Path, str]:
    """Return every file to write with its text."""
    files = {HERE / "client.py": module(SOURCE / "client.py")}
    for path in sorted((SOURCE / "resources").glob("*.py")):
        if path.name == "__init__.py":
            files[HERE / "resources" / path.name] = path.read_text("utf-8")
        elif path.name != "base.py":
            files[HERE / "resources" / path.name] = module(path)
    return files


def module(path: Path) -> str:
    """Write the blocking twin of one module."""
    source = path.read_text("utf-8")
    tree = ast.parse(source)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    body = "\n\n".join(twin(cls, source) for cls in classes)
    name = path.relative_to(SOURCE).as_posix()
    title = reworded(ast.get_docstring(tree, clean=False) or "")
    top = imports(tree, body, path) + type_variables(tree, body)
    return f'{HEADER.format(name)}"""{title}"""\n\n{top}\n\n{body}'


def twin(cls: ast.ClassDef, source: str) -> str:
    """Write the blocking twin of one class."""
    is_client = cls.name == "AsyncBeeperDesktop"
    base = "SyncClient" if is_client else f"SyncResource[{cls.name}]"
    head = f"class {renamed(cls.name)}({base}):\n{docstring(cls, source)}\n"
    methods = [
        method(node, source) if isinstance(node, Method) else f"    {ast.unparse(node)}\n"
        for node in cls.body
        if isinstance(node, ast.Assign) or (isinstance(node, Method) and is_public(node))
    ]
    return head + "\n".join(methods)


def is_public(node: Method) -> bool:
    """Tell whether the blocking side has to have a method of its own for this one."""
    return node.name == "__init__" or (not node.name.startswith("_") and node.name not in BY_HAND)


def method(node: Method, source: str) -> str:
    """Write one method, property or sub-resource: the same signature, and a body of one call."""
    lines = source.splitlines(keepends=True)
    first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
    head = "".join(lines[first - 1 : node.body[0].lineno - 1]).replace("async def", "def")
    head = renamed(re.sub(r" +session: .*\n", "", head))
    returns = ast.unparse(node.returns).strip("'") if node.returns else ""
    target = f"self._async.{node.name}"
    if "cached_property" in head:
        owner = ast.unparse(node.body[-1].value.args[0])  # type: ignore[attr-defined]
        body = renamed(ast.unparse(node.body[1])) + "\n\n"
        body += f"return {renamed(returns)}({owner}, {target})\n"
    elif "@property" in head:
        body = f"return {target}\n"
    elif node.name == "__init__":
        body = f"client = {call('AsyncBeeperDesktop', node)}\nsuper().__init__(client)\n"
    elif returns == "Self":
        body = f"view = {call(target, node)}\nreturn self._view(view)\n"
    elif returns == "AsyncDownload":
        body = f"return self._download({call(target, node)})\n"
    elif returns.startswith("AsyncPaginator"):
        page = re.findall(r"\bAsync(Cursor\w+|\w+Page)", returns)[0]
        body = f"listing = {call(target, node)}\nreturn self._page(Sync{page}, listing)\n"
    else:
        body = f"return {call('self._call', node, target)}\n"
    return head + docstring(node, source) + re.sub(r"^(?=.)", " " * 8, body, flags=re.M)


def call(function: str, node: Method, *leading: str) -> str:
    """Write a call that passes every parameter on, broken like a formatter would if it is long."""
    named = [f"{arg.arg}={arg.arg}" for arg in node.args.kwonlyargs if arg.arg != "session"]
    passed = [*leading, *(arg.arg for arg in node.args.args[1:]), *named]
    line = f"{function}({', '.join(passed)})"
    if len(line) <= 60:
        return line
    return f"{function}(\n" + "".join(f"    {item},\n" for item in passed) + ")"


def docstring(node: Method | ast.ClassDef, source: str) -> str:
    """Take over a docstring, indented as it stands."""
    first = node.body[0]
    lines = source.splitlines(keepends=True)[first.lineno - 1 : first.end_lineno]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return reworded("".join(lines)) if is_docstring else ""


def reworded(text: str) -> str:
    """Turn a docstring to the words of the blocking side."""
    for words, instead in WORDING.items():
        text = text.replace(words, instead)
    return renamed(text)


def renamed(text: str) -> str:
    """Turn async names into their blocking twins."""
    text = re.sub(r"\bAsyncPaginator\[.*, (Async\w+\[.*\])\]", r"\1", text)
    text = re.sub(rf"\bAsync(?={PAGES})", "Sync", text)
    return re.sub(r"\bAsync(?=[A-Z])", "", text)


def imports(tree: ast.Module, body: str, path: Path) -> str:
    """Write the imports that the body needs: those of the async module, and its classes."""
    code = re.sub(r'"""[\s\S]*?"""', "", body)
    package = ["beeper_async", *path.relative_to(SOURCE).parts[:-1]]
    local = "." * len(package)
    needed: dict[str, set[str]] = {}
    for node in statements(tree):
        home = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
        home = ".".join(filter(None, (home, node.module)))
        for alias in node.names:
            name = alias.name
            if re.match(rf"Async({PAGES}|Download)", name):
                home = local + ("downloads" if name.endswith("Download") else "pages")
                name = renamed(name)
            if re.search(rf"\b{name}\b", code) and name != "TYPE_CHECKING":
                needed.setdefault(home, set()).add(name)
    for cls in re.findall(r"\b(AsyncBeeperDesktop|Async\w+Resource)\b", code):
        module_of_class = ".".join([*package, path.stem])
        needed.setdefault(module_of_class, set()).add(cls)
    for base in re.findall(r"\((SyncClient|SyncResource)\b", code):
        needed.setdefault(local + "facade", set()).add(base)
    later = later_imports(tree)
    if type_variables(tree, code):
        needed.setdefault("typing", set()).add("TypeVar")
    if later:
        needed.setdefault("typing", set()).add("TYPE_CHECKING")
    return import_lines(needed) + later


def type_variables(tree: ast.Module, code: str) -> str:
    """Write the type variables that the body uses."""
    found = [
        ast.unparse(node).replace("'", '"')
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("TypeVar")
        if re.search(rf"\b{ast.unparse(node.targets[0])}\b", code)
    ]
    return "\n" + "\n".join(found) + "\n" if found else ""


def statements(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    """Yield the imports at the top, those for type checkers alone included."""
    for node in tree.body:
        inner = node.body if isinstance(node, ast.If) else [node]
        yield from (part for part in inner if isinstance(part, ast.ImportFrom))


def import_lines(needed: dict[str, set[str]]) -> str:
    """Write imports in three groups: standard library, beeper_async, beeper_sync."""
    groups: list[list[str]] = [[], [], []]
    for place in sorted(needed):
        names = sorted(needed[place], key=lambda n: (not n.isupper(), n[0].islower(), n))
        line = f"from {place} import {', '.join(names)}\n"
        if len(line) > 101:
            line = f"from {place} import (\n" + "".join(f"    {n},\n" for n in names) + ")\n"
        groups[2 if place.startswith(".") else 1 if place.startswith("beeper") else 0].append(line)
    return "\n".join("".join(group) for group in groups if group)


def later_imports(tree: ast.Module) -> str:
    """Write the imports of sub-resources, which are loaded on first use."""
    found = {
        (node.module, renamed(alias.name))
        for node in statements(tree)
        for alias in node.names
        if re.fullmatch(r"Async\w+Resource", alias.name) and alias.name != "AsyncResource"
        if node.level == 1
    }
    if not found:
        return ""
    lines = "".join(f"    from .{home} import {name}\n" for home, name in sorted(found))
    return f"\nif TYPE_CHECKING:\n{lines}"


def main() -> int:
    """Write the files, or check them."""
    files = generate()
    stale = [
        path for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text
    ]
    stray = [path for path in (HERE / "resources").glob("*.py") if path not in files]
    if "--check" in sys.argv[1:]:
        for path in stale + stray:
            sys.stderr.write(f"{path.relative_to(HERE.parent)} is not what the generator writes\n")
        return 1 if stale or stray else 0
    (HERE / "resources").mkdir(exist_ok=True)
    for path in stale:
        path.write_text(files[path], "utf-8")
    for path in stray:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
