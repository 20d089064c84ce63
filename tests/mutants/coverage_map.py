"""Which tests run which line, measured once and kept in a file."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate
from pathlib import Path, PurePath
from typing import Final

import coverage
from attrs import field, frozen

from .contexts import FOLDER, PACKAGES

# Not about the behaviour of the product, or far too slow to be run for every mutant.
_LEFT_OUT: Final = (
    "tests/benchmarks/",
    "tests/docs/",
    "tests/mutants/",
    "tests/soak/",
    "tests/surface/test_type_checkers.py",
    "tests/test_aiohttp_private.py",
    "tests/testing/",
    "tests/http/test_large_files.py",
)
# What runs at import alone, or in processes that tests start, which nothing measures: these files
# of tests are added.
_UNSEEN: Final = {
    "beeper_async/__init__.py": "tests/surface/test_names.py",
    "beeper_sync/__init__.py": "tests/surface/test_names.py",
    "beeper_async/cli/": "tests/cli/",
    "beeper_async/__main__.py": "tests/cli/",
    "beeper_sync/portal.py": "tests/blocking/test_portal_",
    "beeper_async/_paging/background.py": "tests/blocking/test_paging.py",
}
_NOT_MEASURED: Final = "tests/cli/"
_UNSEEN_SECONDS: Final = 6.0
"""What a file of such tests is taken to need."""


@frozen
class CoverageMap:
    """The tests of each line, by file, and how many seconds each test takes."""

    lines: dict[str, dict[int, list[str]]]
    durations: dict[str, float]
    files: dict[str, str] = field(factory=dict[str, str])
    """What was measured: test files with a digest, and the product as a whole under ``""``."""
    _reach: Counter[str] = field(init=False, repr=False, factory=lambda: Counter[str]())
    """How many lines each test runs."""

    def __attrs_post_init__(self) -> None:
        for by_line in self.lines.values():
            for tests in by_line.values():
                self._reach.update(tests)

    def tests_of(self, path: str, lines: Sequence[int], budget: float = float("inf")) -> list[str]:
        """Return the tests that run one of some lines, first the quick ones that run little else.

        Lines that run at import belong to no test: then all that run anything in the file, or all
        there are, with those first whose file is named after it. No more than fit into a budget of
        seconds, but one at least.
        """
        by_line = self.lines.get(path, {})
        found = {test for line in lines for test in by_line.get(line, ())}
        measured = bool(found)
        if not found:
            found = {test for tests in by_line.values() for test in tests}
        added = tuple(tests for room, tests in _UNSEEN.items() if path.startswith(room))
        files = {name for name in self.files if name.startswith(added)}

        def distance(test: str) -> tuple[bool, int, float, str]:
            kinship = 0 if measured else _kinship(path, test)
            return test in files, kinship, self._reach[test] * self.seconds([test]), test

        closest = sorted(found | files or self._reach, key=distance)
        ends = accumulate(self.seconds([test]) for test in closest)
        return [test for test, end in zip(closest, ends, strict=True) if end <= budget] or closest[
            :1
        ]

    def seconds(self, tests: list[str]) -> float:
        """Return how long some tests take together."""
        unknown = {True: _UNSEEN_SECONDS, False: 1.0}
        return sum(self.durations.get(test, unknown[test.endswith(".py")]) for test in tests)

    def save(self, path: Path) -> None:
        """Write it to a file."""
        kept = {"lines": self.lines, "durations": self.durations, "files": self.files}
        path.write_text(json.dumps(kept))

    @classmethod
    def load(cls, path: Path) -> CoverageMap:
        """Read what `save` has written."""
        read = json.loads(path.read_text())
        lines = {
            name: {int(line): tests for line, tests in by_line.items()}
            for name, by_line in read["lines"].items()
        }
        return cls(lines, read["durations"], read["files"])

    def updated(self, newer: CoverageMap, files: Collection[str]) -> CoverageMap:
        """Return a map with some test files dropped, and what another map has of them."""
        dropped = {test for test in self.durations if test.partition("::")[0] in files}
        merged: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        for part, hidden in ((self, dropped), (newer, set[str]())):
            for path, by_line in part.lines.items():
                for line, tests in by_line.items():
                    merged[path][line] += [test for test in tests if test not in hidden]
        kept = {test: took for test, took in self.durations.items() if test not in dropped}
        digests = {name: digest for name, digest in self.files.items() if name not in files}
        return CoverageMap(merged, kept | newer.durations, digests | newer.files)


def brought_up_to_date(root: Path, packages: Sequence[str], kept: Path) -> CoverageMap:
    """Return the map that a file keeps, with what has changed since measured again, and keep it.

    Args:
        root: A tree that holds the packages and the tests.
        packages: What is measured.
        kept: The file. Without it, and after a change of the product, everything is measured.
    """
    now = _digests(root, packages)
    known = CoverageMap.load(kept) if kept.exists() else CoverageMap({}, {})
    if known.files.get("") != now[""]:
        known = CoverageMap({}, {})
    changed = {
        name for name in known.files.keys() | now.keys() if known.files.get(name) != now.get(name)
    }
    tests = sorted(changed & now.keys() - {""})
    tests = [name for name in tests if not name.startswith(_NOT_MEASURED)]
    if tests:
        print(f"{len(tests)} files of tests are measured", flush=True)
        lines, durations = _measure(root, packages, tests)
    else:
        lines, durations = {}, {}
    newer = CoverageMap(lines, durations, {name: now[name] for name in changed if name in now})
    known = known.updated(newer, changed)
    known.save(kept)
    return known


def _digests(root: Path, packages: Sequence[str]) -> dict[str, str]:
    product = [path for name in packages for path in sorted((root / name).rglob("*.py"))]
    found = {"": _digest(product)}
    for path in sorted((root / "tests").rglob("test_*.py")):
        name = path.relative_to(root).as_posix()
        if not name.startswith(_LEFT_OUT):
            found[name] = _digest([path])
    return found


def _digest(paths: Iterable[Path]) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def _kinship(path: str, test: str) -> int:
    """Return 0 for the tests named after a file, 1 for those named after its room, else 2."""
    room, name = PurePath("/", path).with_suffix("").parts[-2:]
    tested = PurePath(test.partition("::")[0])
    if name.strip("_") in tested.stem:
        return 0
    return 1 if any(room.strip("_") in part for part in tested.parts) else 2


def _measure(
    root: Path, packages: Sequence[str], tests: Sequence[str]
) -> tuple[dict[str, dict[int, list[str]]], dict[str, float]]:
    """Run tests, and say which lines each of them has run, and how long each took."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["-m", "pytest", "-q", "-n", "auto", "--dist", "loadgroup"]
        command += ["-p", "tests.mutants.contexts", "-p", "no:cacheprovider", *tests]
        done = subprocess.run(
            [sys.executable, *command],
            cwd=root,
            env={
                **os.environ,
                FOLDER: folder,
                PACKAGES: ",".join(packages),
                "PYTHONPATH": str(root),
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        durations: dict[str, float] = {}
        for part in Path(folder).glob("durations.*"):
            durations |= json.loads(part.read_text())
        if not durations or done.returncode not in (0, 1):
            raise SystemExit(f"The tests could not be measured:\n{done.stdout[-3000:]}")
        if done.returncode:
            print(f"Some tests fail without any change:\n{done.stdout[-1500:]}", file=sys.stderr)
        return _lines(root, Path(folder).glob("data.*")), durations


def _lines(root: Path, data_files: Iterable[Path]) -> dict[str, dict[int, list[str]]]:
    found: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for data_file in data_files:
        data = coverage.CoverageData(str(data_file))
        data.read()
        for path in data.measured_files():
            name = PurePath(path).relative_to(root.resolve()).as_posix()
            for line, tests in data.contexts_by_lineno(path).items():
                known = found[name][line]
                known += [test for test in tests if test and test not in known]
    return found
