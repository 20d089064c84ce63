"""Which tests run which line, measured once and kept in a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path, PurePath

import coverage
from attrs import field, frozen

from .contexts import DURATIONS

# Not about the behaviour of the product, or far too slow to be run for every mutant.
_LEFT_OUT = ("benchmarks", "docs", "mutants", "soak")


@frozen
class CoverageMap:
    """The tests of each line, by file, and how many seconds each test takes."""

    lines: dict[str, dict[int, list[str]]]
    durations: dict[str, float]
    _reach: Counter[str] = field(init=False, repr=False, factory=Counter[str])
    """How many lines each test runs."""

    def __attrs_post_init__(self) -> None:
        for by_line in self.lines.values():
            for tests in by_line.values():
                self._reach.update(tests)

    def tests_of(self, path: str, lines: Sequence[int], budget: float = float("inf")) -> list[str]:
        """Return the tests that run one of some lines, closest first: those that run little else.

        Lines that run at import belong to no test: then all that run anything in the file, or all
        there are. No more than fit into a budget of seconds, but one at least.
        """
        by_line = self.lines.get(path, {})
        found = {test for line in lines for test in by_line.get(line, ())}
        if not found:
            found = {test for tests in by_line.values() for test in tests}
        closest = sorted(found or self._reach, key=lambda test: (self._reach[test], test))
        ends = accumulate(self.seconds([test]) for test in closest)
        return [test for test, end in zip(closest, ends, strict=True) if end <= budget] or closest[
            :1
        ]

    def seconds(self, tests: list[str]) -> float:
        """Return how long some tests take together."""
        return sum(self.durations.get(test, 1.0) for test in tests)

    def save(self, path: Path) -> None:
        """Write it to a file."""
        path.write_text(json.dumps({"lines": self.lines, "durations": self.durations}))

    @classmethod
    def load(cls, path: Path) -> CoverageMap:
        """Read what `save` has written."""
        read = json.loads(path.read_text())
        lines = {
            name: {int(line): tests for line, tests in by_line.items()}
            for name, by_line in read["lines"].items()
        }
        return cls(lines, read["durations"])

    def updated(self, newer: CoverageMap) -> CoverageMap:
        """Return a map with the tests of another one put in the place of what they were."""
        merged: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        for part, dropped in ((self, set(newer.durations)), (newer, set[str]())):
            for path, by_line in part.lines.items():
                for line, tests in by_line.items():
                    merged[path][line] += [test for test in tests if test not in dropped]
        return CoverageMap(merged, self.durations | newer.durations)


def measure(
    root: Path, packages: Sequence[str], omit: Sequence[str], tests: Sequence[str]
) -> CoverageMap:
    """Run tests under coverage, and say what each of them has run.

    Args:
        root: A tree that holds the packages and the tests.
        packages: What is measured.
        omit: Beginnings of paths that are not.
        tests: What pytest is to run; nothing runs all.
    """
    with tempfile.TemporaryDirectory() as folder:
        data, durations = Path(folder, "data"), Path(folder, "durations")
        ignored = [f"--ignore={root / 'tests' / name}" for name in _LEFT_OUT]
        command = ["-m", "coverage", "run", f"--data-file={data}", f"--source={','.join(packages)}"]
        command += [f"--omit={','.join(f'{root}/{path}*' for path in omit)}"]
        command += ["--concurrency=thread", "--rcfile=/dev/null", "-m", "pytest", "-q"]
        command += ["-p", "tests.mutants.contexts", "-p", "no:cacheprovider", *ignored, *tests]
        environment = {**os.environ, DURATIONS: str(durations), "PYTHONPATH": str(root)}
        done = subprocess.run(
            [sys.executable, *command], cwd=root, env=environment, stdout=subprocess.PIPE, text=True
        )
        if not durations.exists() or done.returncode not in (0, 1):
            raise SystemExit(f"The tests could not be measured:\n{done.stdout[-3000:]}")
        if done.returncode:
            print(f"Some tests fail without any change:\n{done.stdout[-1500:]}", file=sys.stderr)
        return CoverageMap(_lines(root, data), json.loads(durations.read_text()))


def _lines(root: Path, data_file: Path) -> dict[str, dict[int, list[str]]]:
    data = coverage.CoverageData(str(data_file))
    data.read()
    found: dict[str, dict[int, list[str]]] = {}
    for path in data.measured_files():
        name = PurePath(path).relative_to(root.resolve()).as_posix()
        by_line = data.contexts_by_lineno(path)
        found[name] = {line: [t for t in tests if t] for line, tests in by_line.items()}
    return found
