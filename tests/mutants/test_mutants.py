"""What the mutation tester changes, and what it leaves alone."""

import ast
from pathlib import Path

import pytest

from . import equivalent
from .coverage_map import CoverageMap
from .operators import mutants_of


def becomes(line: str) -> set[str]:
    """Return what a line of a function's loop may become."""
    source = f"async def f(a, b, c):\n    while True:\n        {line}\n".encode()
    changed: set[str] = set()
    for mutant in mutants_of("x.py", source):
        ast.parse(mutant.apply(source))
        if mutant.line == 3:
            changed.add(mutant.after)
    return changed


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("c(a < b)", {"c(a <= b)", "c(a > b)", "pass"}),
        ("c(a is not b)", {"c(a is b)", "pass"}),
        ("c(a in b)", {"c(a not in b)", "pass"}),
        ("x = a and b", {"x = (a or b)", "x = (a)", "x = (b)"}),
        ("x = not a", {"x = (a)"}),
        ("x = a + b", {"x = (a - b)"}),
        ("x = a | b", {"x = (a)", "x = (b)"}),
        ("x += a", {"pass", "x -= a"}),
        ("a.x = b", {"pass"}),
        ("x = [1, True]", {"x = [2, True]", "x = [0, True]", "x = [1, False]"}),
        ("x = 'word'", {"x = 'wordXX'"}),
        ("x = 'a text to be read'", set[str]()),
        ("x = a if b else c", {"x = a if not (b) else c"}),
        ("x = [y for y in a if y]", {"x = [y for y in a if True]"}),
        ("return a", {"return None"}),
        ("return None", set[str]()),
        ("await a()", {"pass"}),
        ("raise a", {"pass"}),
        ("break", {"continue"}),
        ("x = a[b:c]", {"x = a[b + 1:c]", "x = a[b:c + 1]"}),
        ("x = é[0:c]", {"x = é[1:c]", "x = é[-1:c]", "x = é[0:c + 1]"}),
    ],
)
def test_each_kind_of_change(line: str, expected: set[str]) -> None:
    assert becomes(line) == expected


@pytest.mark.parametrize(
    "source",
    [
        'def f(a: "int | None") -> "list[1]":\n    """Doc."""\n',
        "if TYPE_CHECKING:\n    from x import y\n    z = 5\n",
        "def __repr__(self):\n    return 'x' + 'y'\n",
        "_log.info('word', 5)\n",
        "x: TypeAlias = 'int | str'\n",
        "@cache(5)\ndef f(): ...\n",
        "T = TypeVar('T', bound=5)\n",
        "x = f'{5} words'\n",
    ],
)
def test_what_is_left_alone(source: str) -> None:
    assert mutants_of("x.py", source.encode()) == []


def test_a_constant_knows_where_it_is_used() -> None:
    source = b"A = 5\ndef f(b=6):\n    return A + A\n"
    assert [mutant.used_in for mutant in mutants_of("x.py", source)[:3]] == [(3,), (3,), ()]


def test_default_arguments_and_handlers_are_changed() -> None:
    source = b"def f(a=True):\n    try:\n        g\n    except (A, B):\n        h\n"
    changed = {mutant.after for mutant in mutants_of("x.py", source)}
    assert changed == {"def f(a=False):", "except A:", "except B:"}


def test_the_list_of_equivalents_is_well_formed_and_found_again() -> None:
    (mutant, *_) = mutants_of("x.py", b"class A:\n    def f(self):\n        x = 5\n")
    text = "# a comment\n\nx.py A.f\n- x = 5\n+ x = 4\n  Nobody\n  reads it.\n"
    assert equivalent.read(text) == {equivalent.key_of(mutant): "Nobody reads it."}
    with pytest.raises(ValueError, match="reason"):
        equivalent.read("x.py\n- x = 5\n+ x = 4\n")
    assert equivalent.read(equivalent.LISTED.read_text())


def test_a_line_has_its_tests_the_closest_first(tmp_path: Path) -> None:
    tests = CoverageMap(
        {"x.py": {1: [], 2: ["a", "b"], 3: ["a", "c"]}}, {"a": 2.0, "b": 1.0, "c": 3.0}
    )
    assert tests.tests_of("x.py", [2]) == ["b", "a"]
    assert tests.tests_of("x.py", [1]) == ["b", "c", "a"], "it runs at import"
    assert tests.tests_of("x.py", [1], 4.5) == ["b", "c"]
    assert tests.tests_of("x.py", [1], 0.5) == ["b"]
    assert tests.tests_of("y.py", [1]) == ["b", "c", "a"], "it only declares"


def test_what_is_measured_again_takes_the_place_of_what_was(tmp_path: Path) -> None:
    old = CoverageMap(
        {"x.py": {2: ["t/a.py::a", "t/b.py::b"], 3: ["t/a.py::gone"]}},
        {"t/a.py::a": 2.0, "t/a.py::gone": 1.0, "t/b.py::b": 1.0},
        {"": "product", "t/a.py": "old", "t/c.py": "gone"},
    )
    newer = CoverageMap({"x.py": {1: ["t/a.py::a"]}}, {"t/a.py::a": 0.5}, {"t/a.py": "new"})
    old.updated(newer, {"t/a.py", "t/c.py"}).save(tmp_path / "map")
    merged = CoverageMap.load(tmp_path / "map")
    assert merged.tests_of("x.py", [1]) == ["t/a.py::a"]
    assert merged.tests_of("x.py", [2]) == ["t/b.py::b"]
    assert merged.durations == {"t/a.py::a": 0.5, "t/b.py::b": 1.0}
    assert merged.files == {"": "product", "t/a.py": "new"}


def test_lines_without_tests_have_those_first_whose_file_is_named_after_theirs() -> None:
    tests = CoverageMap({"a/x.py": {2: ["t/test_b.py::b", "t/test_x.py::x"]}}, {})
    assert tests.tests_of("a/x.py", [1]) == ["t/test_x.py::x", "t/test_b.py::b"]
    of_a_room = CoverageMap({"a/_b/y.py": {2: ["t/a.py::a", "t/test_b.py::b", "t/b/c.py::c"]}}, {})
    assert of_a_room.tests_of("a/_b/y.py", [1]) == ["t/b/c.py::c", "t/test_b.py::b", "t/a.py::a"]


def test_commands_have_the_tests_that_run_them_in_processes_of_their_own() -> None:
    files = ["tests/cli/test_chats.py", "tests/cli/test_watch.py", "tests/test_x.py"]
    tests = CoverageMap({}, {"tests/test_x.py::x": 1.0}, dict.fromkeys(files, "digest"))
    named_after_first = ["tests/cli/test_watch.py", "tests/cli/test_chats.py"]
    assert tests.tests_of("beeper_async/cli/watch.py", [1]) == named_after_first
    assert tests.tests_of("beeper_async/cli/watch.py", [1], 10.0) == named_after_first[:1]


def test_what_forks_has_the_tests_in_processes_of_their_own_last() -> None:
    (fork, exits) = ("tests/blocking/test_portal_forks.py", "tests/blocking/test_portal_exit.py")
    tests = CoverageMap({"beeper_sync/portal.py": {1: ["z"]}}, {}, {fork: "", exits: ""})
    assert tests.tests_of("beeper_sync/portal.py", [1]) == ["z", exits, fork]
