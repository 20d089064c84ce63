"""Writes the blocking twin of one async module. See `_generate`."""

import ast
import builtins
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

HERE = Path(__file__).parent
SOURCE = HERE.parent / "beeper_async"
HEADER = "# Generated from beeper_async/{} by `python -m beeper_sync._generate`.\n"

Method = ast.FunctionDef | ast.AsyncFunctionDef
Edit = tuple[int, int, str]

CLIENT = "AsyncBeeperDesktop"
# Parameters that have no blocking form.
DROPPED = {"session"}
# Names that `SyncClient` and its async original spell differently.
SPELLED = {"__aenter__": "__enter__", "__aexit__": "__exit__"}
# What reads differently without await. Applied to docstrings, line breaks included.
WORDING = {
    "for asyncio.": "for blocking code.",
    "It connects on first use and belongs\n    to the event loop of that moment.": "It may be\n"
    "    shared by threads, and used inside a running event loop.",
    "        session: An aiohttp session to use instead of an own one. It is not closed.\n": "",
    "A paginator: await it for one page, iterate over it for all": "The first page; iterate over "
    "it for all",
}
GRAMMAR = {"async with ": "with ", "async for ": "for ", "await ": ""}
LEFT_OVER = re.compile(r"\bawait\b|\basync (?:with|for|def)\b|\basyncio\b|\bAsync[A-Z]\w*")
RULES = {*WORDING, *DROPPED}


class GeneratorError(Exception):
    """Source that the generator doesn't understand."""


class Module:
    """One module of the async client, and its blocking twin."""

    def __init__(self, path: Path, source: str, matched: set[str] | None = None) -> None:
        self.path = path
        self.source = source.encode()
        self.matched = set[str]() if matched is None else matched
        self.tree = ast.parse(source, str(path))
        starts = [0]
        for line in self.source.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        self.starts = starts
        self.package = ["beeper_async", *path.relative_to(SOURCE).parts[:-1]]
        self.local = "." * len(self.package)
        self.classes: list[ast.ClassDef] = []
        self.homes: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self.needed: dict[str, set[str]] = {}
        self.later: set[tuple[str, str]] = set()
        self.used_variables: set[str] = set()
        for node in self.tree.body:
            self.scan(node)

    def fail(self, node: ast.AST, problem: str) -> NoReturn:
        """Give up, and say where."""
        line = getattr(node, "lineno", 1)
        place = self.path.relative_to(SOURCE.parent).as_posix()
        raise GeneratorError(f"{place}:{line}: {problem}")

    def scan(self, node: ast.stmt) -> None:
        """Take in a statement of the top level."""
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                pass
            case ast.ImportFrom(module=module, level=level, names=names):
                home = ".".join(self.package[: len(self.package) - level + 1]) if level else ""
                for alias in names:
                    self.homes[alias.asname or alias.name] = ".".join(filter(None, (home, module)))
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=[]):
                for inner in node.body:
                    if not isinstance(inner, ast.ImportFrom | ast.Import):
                        self.fail(inner, "only imports are understood under TYPE_CHECKING.")
                    self.scan(inner)
            case ast.Import():
                pass  # a signature that uses it is refused
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="TypeVar"))
            ):
                self.variables[name] = self.text(node)
            case ast.ClassDef() if not node.name.startswith("_"):
                self.classes.append(node)
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef() if is_private(node):
                pass
            case ast.Assign(targets=[ast.Name(id=name)]) if name.startswith("_"):
                pass
            case ast.AnnAssign(target=ast.Name(id=name)) if name.startswith("_"):
                pass
            case _:
                self.fail(node, "a public name that is no class has no blocking form.")

    def blocking(self) -> str:
        """Write the blocking twin of the module."""
        if not self.classes:
            self.fail(self.tree, "there is no class to write a blocking twin of.")
        body = "\n\n".join(self.twin(cls) for cls in self.classes)
        title = self.reworded(ast.get_docstring(self.tree, clean=False) or "", self.tree)
        origin = self.path.relative_to(SOURCE).as_posix()
        variables = [text for name, text in self.variables.items() if name in self.used_variables]
        if variables:
            self.need("typing", "TypeVar")
        if self.later:
            self.need("typing", "TYPE_CHECKING")
        top = import_lines(self.needed)
        if self.later:
            lines = "".join(f"    from .{home} import {n}\n" for home, n in sorted(self.later))
            top += f"\nif TYPE_CHECKING:\n{lines}"
        if variables:
            top += "\n" + "\n".join(variables) + "\n"
        return f'{HEADER.format(origin)}"""{title}"""\n\n{top}\n\n{body}'

    def twin(self, cls: ast.ClassDef) -> str:
        """Write the blocking twin of one class."""
        bases = {ast.unparse(base) for base in cls.bases}
        is_client = cls.name == CLIENT
        if is_client and not bases:
            by_hand, base = methods_of_sync_client(), "SyncClient"
        elif bases == {"AsyncResource"} and re.fullmatch(r"Async[A-Z]\w*Resource", cls.name):
            by_hand, base = set[str](), f"SyncResource[{cls.name}]"
        else:
            self.fail(cls, f"{cls.name} is neither the client nor a resource.")
        if cls.decorator_list or cls.keywords:
            self.fail(cls, "class decorators and keywords are not understood.")
        self.need(".".join([*self.package, self.path.stem]), cls.name)
        self.need(self.local + "base", base.partition("[")[0])
        parts = [self.member(node, by_hand) for node in cls.body[1:]]
        head = f"class {self.blocking_name(cls.name, cls)}({base}):\n{self.docstring(cls)}\n"
        return head + "\n".join(part for part in parts if part is not None)

    def member(self, node: ast.stmt, by_hand: set[str]) -> str | None:
        """Write a member of a class; None if it is private or by hand."""
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if SPELLED.get(name, name) in by_hand and name != "__init__":
                    pass
                elif name == "__init__":  # a resource is made by its parent alone
                    return self.method(node, is_client=True) if by_hand else None
                elif re.fullmatch(r"__\w+__", name):
                    self.fail(node, f"{name} has no blocking form; write it by hand.")
                elif not name.startswith("_"):
                    return self.method(node, is_client=bool(by_hand))
                return None
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=original)):
                return f"    {name} = {original}\n"
            case ast.AnnAssign(target=ast.Name(id=name)) if name.startswith("_"):
                return None
            case _:
                self.fail(node, "this member of a class is not understood.")

    def method(self, node: Method, *, is_client: bool) -> str:
        """Write one method, property or sub-resource: the same signature, a body of one call."""
        kind = self.decorator(node)
        returns = unquoted(node.returns) if node.returns else None
        if returns is None:
            self.fail(node, f"{node.name} has no return annotation.")
        target = f"self._async.{node.name}"
        family = ast.unparse(returns)
        if kind and re.fullmatch(r"Async[A-Z]\w*Resource", family):
            body = self.sub_resource(node, family, "self" if is_client else "self._client")
        elif kind == "property":
            body = f"return {target}\n"
        elif kind:
            self.fail(node, f"{node.name} is cached, but no resource.")
        elif node.name == "__init__":
            body = f"client = {self.call(CLIENT, node)}\nsuper().__init__(client)\n"
        elif isinstance(node, ast.AsyncFunctionDef):
            if any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(node)):
                self.fail(node, f"{node.name} is an async generator; return a class instead.")
            body = f"return {self.call('self._call', node, target)}\n"
        elif family == "Self" and is_client:
            body = f"view = {self.call(target, node)}\nreturn self._view(view)\n"
        elif family == "AsyncDownload":
            body = f"return self._download({self.call(target, node)})\n"
        elif (page := page_of(returns)) is not None:
            name = f"{self.blocking_name(ast.unparse(page.value), node)}[{ast.unparse(page.slice)}]"
            body = f"listing = {self.call(target, node)}\nreturn self._page({name}, listing)\n"
        else:
            self.fail(node, f"{node.name} is not async; no blocking form of {family} is known.")
        head = self.signature(node, returns)
        return head + self.docstring(node) + re.sub(r"^(?=.)", " " * 8, body, flags=re.M)

    def decorator(self, node: Method) -> str | None:
        """Return the only decorator of a method."""
        names = [ast.unparse(one) for one in node.decorator_list]
        if len(names) > 1 or not {*names} <= {"property", "cached_property"}:
            self.fail(node, f"the decorators of {node.name} are not understood: {names}.")
        if names and isinstance(node, ast.AsyncFunctionDef):
            self.fail(node, f"{node.name} is a property, so it can't be async.")
        if names == ["cached_property"]:
            self.need("functools", "cached_property")
        return names[0] if names else None

    def sub_resource(self, node: Method, family: str, owner: str) -> str:
        """Write the body of a property that makes a resource on first use."""
        name = self.blocking_name(family, node)
        match node.body[1:]:
            case [
                ast.ImportFrom(module=str(module), level=1, names=[ast.alias(family_, None)]),
                ast.Return(ast.Call(ast.Name(made), [_, *_], [])),
            ] if made == family_ == family:
                self.later.add((module, name))
                line = f"from .{module} import {name}\n\n"
            case [ast.Return(ast.Call(ast.Name(made), [_, *_], []))] if made == family:
                if made not in {cls.name for cls in self.classes}:
                    self.fail(node, f"{family} is neither imported here nor of this module.")
                line = ""
            case _:
                self.fail(node, f"{node.name} does more than to import and make {family}.")
        return f"{line}return {name}({owner}, self._async.{node.name})\n"

    def signature(self, node: Method, returns: ast.expr) -> str:
        """Take over the signature as it stands, with the blocking names."""
        args = node.args
        if args.posonlyargs or args.vararg or args.kwarg:
            self.fail(node, f"{node.name} has other than plain parameters.")
        first = node.decorator_list[0] if node.decorator_list else node
        start = self.starts[first.lineno - 1]
        edits: list[Edit] = []
        if isinstance(node, ast.AsyncFunctionDef):
            edits.append((self.offset(node), self.offset(node) + len("async "), ""))
        for arg in [*args.args[1:], *args.kwonlyargs]:
            if arg.annotation is None:
                self.fail(arg, f"the parameter {arg.arg} has no annotation.")
            if arg.arg in DROPPED:
                self.matched.add(arg.arg)
                line = self.starts[arg.lineno - 1], self.starts[arg.lineno]
                if not re.fullmatch(rb" +\w+: .*,\n", self.source[line[0] : line[1]]):
                    self.fail(arg, f"the parameter {arg.arg} is not alone on its line.")
                edits.append((*line, ""))
            else:
                edits += self.renamings(arg.annotation)
        for default in [*args.defaults, *args.kw_defaults]:
            if isinstance(default, ast.Constant):
                continue  # text would be taken for an annotation
            if isinstance(default, ast.expr) and not self.inside(default, edits):
                edits += self.renamings(default)
        assert node.returns is not None  # noqa: S101 - the caller has seen it
        page = page_of(returns)
        if page is not None and returns is not node.returns:
            self.fail(node, "the annotation of a listing must not be quoted.")
        if page is None:
            edits += self.renamings(node.returns)
        else:
            edits.append((self.offset(node.returns), self.offset(page), ""))
            edits += self.renamings(page)
            edits.append((self.end(page), self.end(node.returns), ""))
        return self.edited(start, self.starts[node.body[0].lineno - 1], edits)

    def renamings(self, node: ast.expr, base: int | None = None) -> Iterator[Edit]:
        """Yield the changes of the names in an expression, and see that they get imported."""
        match node:
            case ast.Name(id=name):
                start = self.offset(node) if base is None else base + node.col_offset
                yield start, start + len(name), self.resolved(name, node)
            case ast.Subscript(value=ast.Name(id="Literal")):
                self.resolved("Literal", node)
            case ast.Constant(value=str()) if base is None:
                yield from self.renamings(unquoted(node), self.offset(node) + 1)
            case ast.Attribute():
                self.fail(node, f"{ast.unparse(node)}: import the name itself.")
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        yield from self.renamings(child, base)

    def resolved(self, name: str, node: ast.AST) -> str:
        """Return the blocking form of a name in a signature; it gets imported."""
        if name in self.variables:
            self.used_variables.add(name)
        elif re.match(r"Async[A-Z]", name):
            return self.blocking_name(name, node)
        elif name in self.homes:
            self.need(self.homes[name], name)
        elif not hasattr(builtins, name):
            self.fail(node, f"{name} is neither imported here nor a type variable.")
        return name

    def blocking_name(self, name: str, node: ast.AST, *, mentioned: bool = False) -> str:
        """Return what an async class is called here; it gets imported unless only mentioned."""
        bare = name.removeprefix("Async")
        if name == CLIENT or name.endswith("Resource"):
            return bare
        by_hand = classes_by_hand()
        for twin in (f"Sync{bare}", bare):
            if twin in by_hand:
                if not mentioned:
                    self.need(self.local + by_hand[twin], twin)
                return twin
        self.fail(node, f"beeper_sync has no class for {name}.")

    def need(self, home: str, name: str) -> None:
        """Import a name."""
        self.needed.setdefault(home, set()).add(name)

    def call(self, function: str, node: Method, *leading: str) -> str:
        """Write a call that passes every parameter on, broken if it is long."""
        named = [f"{arg.arg}={arg.arg}" for arg in node.args.kwonlyargs if arg.arg not in DROPPED]
        passed = [*leading, *(arg.arg for arg in node.args.args[1:]), *named]
        line = f"{function}({', '.join(passed)})"
        if len(line) <= 60:
            return line
        return f"{function}(\n" + "".join(f"    {item},\n" for item in passed) + ")"

    def docstring(self, node: Method | ast.ClassDef) -> str:
        """Take over a docstring, indented as it stands."""
        first = node.body[0]
        if ast.get_docstring(node, clean=False) is None:
            return "" if node.name == "__init__" else self.fail(node, f"{node.name}: no docstring.")
        assert first.end_lineno is not None  # noqa: S101 - parsed from text
        text = self.source[self.starts[first.lineno - 1] : self.starts[first.end_lineno]].decode()
        return self.reworded(text, first)

    def reworded(self, text: str, node: ast.AST) -> str:
        """Turn a docstring to the words of the blocking side."""
        for words, instead in WORDING.items():
            if words in text:
                self.matched.add(words)
                text = text.replace(words, instead)
        for words, instead in GRAMMAR.items():
            text = text.replace(words, instead)
        for name in sorted({*re.findall(r"\bAsync[A-Z]\w*", text)}):
            text = re.sub(rf"\b{name}\b", self.blocking_name(name, node, mentioned=True), text)
        if found := LEFT_OVER.search(text):
            self.fail(node, f"the docstring still says {found.group()!r}; WORDING has no rule.")
        return text

    def text(self, node: ast.stmt) -> str:
        return self.source[self.offset(node) : self.end(node)].decode()

    def offset(self, node: ast.expr | ast.stmt) -> int:
        return self.starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None  # noqa: S101 - parsed from text
        assert node.end_col_offset is not None  # noqa: S101
        return self.starts[node.end_lineno - 1] + node.end_col_offset

    def inside(self, node: ast.expr, edits: list[Edit]) -> bool:
        return any(start <= self.offset(node) < end for start, end, _ in edits)

    def edited(self, start: int, stop: int, edits: list[Edit]) -> str:
        """Return a piece of the source with changes, which don't overlap."""
        parts: list[str] = []
        for begin, end, instead in sorted(edits):
            parts.append(self.source[start:begin].decode() + instead)
            start = end
        return "".join(parts) + self.source[start:stop].decode()


def is_private(node: ast.ClassDef | Method) -> bool:
    return node.name.startswith("_")


def unquoted(node: ast.expr) -> ast.expr:
    """Parse an annotation that is written as text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        inner = ast.parse(node.value, mode="eval").body
        for part in ast.walk(inner):
            setattr(part, "lineno", node.lineno)  # noqa: B010 - for what `fail` says
        return inner
    return node


def page_of(returns: ast.expr) -> ast.Subscript | None:
    """Return `AsyncPage[Item]` of `AsyncPaginator[Item, AsyncPage[Item]]`."""
    match returns:
        case ast.Subscript(ast.Name("AsyncPaginator"), ast.Tuple([_, ast.Subscript() as page])):
            return page
        case _:
            return None


def classes_by_hand() -> dict[str, str]:
    """Return the public classes of the modules written by hand, with their modules."""
    found: dict[str, str] = {}
    for path in HERE.glob("*.py"):
        if path.stem not in ("__init__", "_generate", "client"):
            for node in ast.parse(path.read_text("utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    found[node.name] = path.stem
    return found


def methods_of_sync_client() -> set[str]:
    """Return the names that `SyncClient` defines by hand."""
    tree = ast.parse((HERE / "base.py").read_text("utf-8"))
    (client,) = (n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "SyncClient")
    return {node.name for node in client.body if isinstance(node, Method)}


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
