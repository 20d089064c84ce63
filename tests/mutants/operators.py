"""What is changed in a source, one place at a time. Pure: source in, mutants out.

A mutant replaces the text of one node. Left alone is what no test of behaviour can see, or need
not: annotations, docstrings, decorators, `__repr__`, log calls, and texts that people read.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from typing import Any, Final

from attrs import frozen

_COMPARISONS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr,
}  # fmt: skip
_LOGGERS: Final = frozenset({"_log", "log", "logger", "logging", "warnings"})
_TYPE_MAKERS: Final = frozenset({"TypeVar", "ParamSpec", "NewType", "cast"})

Change = tuple[ast.expr | ast.stmt, str]
"""A node, and the text to put in its place."""


@frozen
class Mutant:
    """One place of a source, changed."""

    path: str
    """From the root of the repository, with slashes."""
    scope: str
    """The functions and classes around it, as in `Line.open`; empty outside of all."""
    line: int
    used_in: tuple[int, ...]
    """The lines that use what is assigned here, where it is assigned at import."""
    start: int
    """First byte of what is replaced."""
    end: int
    replacement: str
    before: str
    """The lines that are touched, without indentation."""
    after: str
    """What becomes of them."""

    def apply(self, source: bytes) -> bytes:
        """Return the changed source."""
        return source[: self.start] + self.replacement.encode() + source[self.end :]


def mutants_of(path: str, source: bytes) -> list[Mutant]:
    """List every mutant of a source, in the order of its text."""
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    tree = ast.parse(source)
    scopes = list(_scopes(tree))
    uses = _uses(tree)
    found: list[Mutant] = []
    for node, text in _changes(tree):
        assert node.end_lineno is not None, "the parser gives every node its end"
        assert node.end_col_offset is not None
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        first, last = starts[node.lineno - 1], starts[node.end_lineno]
        before = source[first:last].decode()
        after = (source[first:start] + text.encode() + source[end:last]).decode()
        number = node.lineno
        scope = ".".join(name for name, begin, stop in scopes if begin <= number <= stop)
        found.append(
            Mutant(
                path,
                scope,
                number,
                uses.get(number, ()),
                start,
                end,
                text,
                _flat(before),
                _flat(after),
            )
        )
    unique = {(one.start, one.end, one.replacement): one for one in found}
    return sorted(unique.values(), key=lambda one: (one.start, one.end, one.replacement))


def _scopes(tree: ast.Module) -> Iterator[tuple[str, int, int]]:
    """List functions and classes with their first and last line, the outer ones first."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno, node.end_lineno or node.lineno


def _uses(tree: ast.Module) -> dict[int, tuple[int, ...]]:
    """Map the lines of each assignment of a module to the lines that use its name."""
    names: dict[str, set[int]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            names.setdefault(node.id, set()).add(node.lineno)
    found: dict[int, tuple[int, ...]] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            target = (
                statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
            )
            for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
                found[line] = tuple(sorted(names.get(_name(target), ())))
    return found


def _flat(text: str) -> str:
    return " ".join(text.split())


def _changes(node: ast.AST) -> Iterator[Change]:
    """Walk what may be changed, and yield what it may become."""
    for child in _children(node):
        yield from _changes_of(child)
        yield from _changes(child)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    hidden: list[ast.AST] = []
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        if node.name == "__repr__":
            return
        hidden += [*node.decorator_list, *filter(None, [node.returns])]
    elif isinstance(node, ast.ClassDef):
        hidden += node.decorator_list
    elif isinstance(node, ast.arg):
        hidden += filter(None, [node.annotation])
    elif isinstance(node, ast.AnnAssign):
        hidden.append(node.annotation)
        if _name(node.annotation) == "TypeAlias" and node.value is not None:
            hidden.append(node.value)
    elif isinstance(node, ast.If) and _name(node.test) == "TYPE_CHECKING":
        hidden += [node.test, *node.body]
    elif isinstance(node, ast.Call) and _name(node.func) in _TYPE_MAKERS:
        return
    elif isinstance(node, ast.JoinedStr):
        return  # a part of it has no place of its own before Python 3.12
    yield from (
        child
        for child in ast.iter_child_nodes(node)
        if child not in hidden and not _is_silent(child)
    )


def _is_silent(node: ast.AST) -> bool:
    """Tell statements that no test of behaviour sees."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Global | ast.Nonlocal | ast.Assert):
        return True
    if isinstance(node, ast.Assign) and _name(node.targets[0]) in ("__all__", "__slots__"):
        return True
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript | ast.BinOp):
        target = _name(node.targets[0])  # a name of a type: Hook = Callable[...]
        return target[:1].isupper() and not target.isupper()
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    if isinstance(value, ast.Constant):
        return True  # a docstring, or `...`
    return isinstance(value, ast.Call) and _name(_owner(value.func)) in _LOGGERS


def _owner(node: ast.AST) -> ast.AST:
    return node.value if isinstance(node, ast.Attribute) else node


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _changes_of(node: ast.AST) -> Iterator[Change]:
    for kind, change in _OPERATORS:
        if isinstance(node, kind):
            yield from ((place, text) for place, text in change(node))


def _with(node: ast.AST, **fields: object) -> str:
    """Write a node with some of its parts replaced."""
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return ast.unparse(changed)


def _not(test: ast.expr) -> str:
    return f"not ({ast.unparse(test)})"


def _compare(node: ast.Compare) -> Iterator[Change]:
    for index, op in enumerate(node.ops):
        other = [*node.ops[:index], _COMPARISONS[type(op)](), *node.ops[index + 1 :]]
        yield node, _with(node, ops=other)
    if isinstance(node.ops[0], ast.Lt | ast.Gt) and len(node.ops) == 1:
        turned = ast.Gt() if isinstance(node.ops[0], ast.Lt) else ast.Lt()
        yield node, _with(node, ops=[turned])


def _boolean(node: ast.BoolOp) -> Iterator[Change]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield node, f"({_with(node, op=other)})"
    for index in range(len(node.values)):
        left = [*node.values[:index], *node.values[index + 1 :]]
        yield node, f"({_with(node, values=left) if len(left) > 1 else ast.unparse(left[0])})"


def _negation(node: ast.UnaryOp) -> Iterator[Change]:
    if isinstance(node.op, ast.Not | ast.USub):
        yield node, f"({ast.unparse(node.operand)})"


def _branch(node: ast.If | ast.IfExp | ast.While) -> Iterator[Change]:
    if _name(node.test) == "TYPE_CHECKING":
        return
    if not isinstance(node.test, ast.Constant | ast.Compare | ast.UnaryOp):
        yield node.test, _not(node.test)


def _filter(node: ast.comprehension) -> Iterator[Change]:
    yield from ((test, "True") for test in node.ifs)


def _constant(node: ast.Constant) -> Iterator[Change]:
    value = node.value
    if isinstance(value, bool):
        yield node, str(not value)
    elif isinstance(value, int | float):
        yield from ((node, repr(value + step)) for step in (1, -1))
    elif isinstance(value, str | bytes) and value and not _is_prose(value):
        yield node, repr(f"{value}XX" if isinstance(value, str) else value + b"XX")


def _is_prose(value: str | bytes) -> bool:
    text = value if isinstance(value, str) else value.decode(errors="replace")
    return " " in text.strip() or "\n" in text.strip()


def _arithmetic(node: ast.BinOp) -> Iterator[Change]:
    if type(node.op) in _ARITHMETIC:
        if not isinstance(node.left, ast.Constant) or not isinstance(node.left.value, str):
            yield node, f"({_with(node, op=_ARITHMETIC[type(node.op)]())})"
    elif isinstance(node.op, ast.BitOr):
        yield from ((node, f"({ast.unparse(side)})") for side in (node.left, node.right))


def _augmented(node: ast.AugAssign) -> Iterator[Change]:
    yield node, "pass"
    if type(node.op) in _ARITHMETIC:
        yield node, _with(node, op=_ARITHMETIC[type(node.op)]())


def _statement(node: ast.Expr | ast.Raise | ast.Delete) -> Iterator[Change]:
    if not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call | ast.Await):
        yield node, "pass"


def _assignment(node: ast.Assign | ast.AnnAssign) -> Iterator[Change]:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if node.value is not None and isinstance(target, ast.Attribute | ast.Subscript):
        yield node, "pass"


def _return(node: ast.Return) -> Iterator[Change]:
    if node.value is not None and not _is_none(node.value):
        yield node, "return None"


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _jump(node: ast.Break | ast.Continue) -> Iterator[Change]:
    yield node, "continue" if isinstance(node, ast.Break) else "break"


def _slice(node: ast.Slice) -> Iterator[Change]:
    for bound in (node.lower, node.upper):
        if bound is not None and not isinstance(bound, ast.Constant):
            yield bound, f"{ast.unparse(bound)} + 1"


def _handler(node: ast.ExceptHandler) -> Iterator[Change]:
    caught = node.type
    if isinstance(caught, ast.Tuple) and len(caught.elts) > 1:
        for index in range(len(caught.elts)):
            left = [*caught.elts[:index], *caught.elts[index + 1 :]]
            yield caught, _with(caught, elts=left) if len(left) > 1 else ast.unparse(left[0])


_OPERATORS: Final[list[tuple[Any, Callable[..., Iterator[Change]]]]] = [
    (ast.Compare, _compare),
    (ast.BoolOp, _boolean),
    (ast.UnaryOp, _negation),
    (ast.If | ast.IfExp | ast.While, _branch),
    (ast.comprehension, _filter),
    (ast.Constant, _constant),
    (ast.BinOp, _arithmetic),
    (ast.AugAssign, _augmented),
    (ast.Expr | ast.Raise | ast.Delete, _statement),
    (ast.Assign | ast.AnnAssign, _assignment),
    (ast.Return, _return),
    (ast.Break | ast.Continue, _jump),
    (ast.Slice, _slice),
    (ast.ExceptHandler, _handler),
]
