"""Changes the product at random places and reports which changes no test notices.

    python -m tests.mutants --seed 1 --count 120

Which test runs which line is measured first, and kept in .mutants.json: the next run measures only
what has changed. Fails if fewer than 95 % of the mutants that differ from the original are noticed.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import Queue
from typing import Final

from attrs import frozen

from . import equivalent
from .coverage_map import CoverageMap, brought_up_to_date
from .operators import Mutant, mutants_of
from .workspace import Workspace

_PACKAGES: Final = ("beeper_async", "beeper_sync")
# Written by the generator, whose own test compares them; there for tests; or set by a release.
_LEFT_OUT: Final = (
    "beeper_async/_version.py",
    "beeper_async/testing/",
    "beeper_async/models/__init__.py",
    "beeper_sync/client.py",
    "beeper_sync/resources/",
    "beeper_sync/_generate",
)
# Drawn only if `--only` names them: rooms with goals of their own, and what people read.
_APART: Final = (
    "beeper_async/events/",
    "beeper_async/bots/",
    "beeper_async/cli/chat_output.py",
    "beeper_async/cli/event_output.py",
    "beeper_async/cli/event_text.py",
    "beeper_async/cli/help.py",
    "beeper_async/cli/message_text.py",
    "beeper_async/cli/text.py",
)
_KEPT: Final = ".mutants.json"
_GOAL: Final = 0.95


@frozen
class Result:
    """What became of a mutant."""

    mutant: Mutant
    how: str
    """killed, survived, uncovered or equivalent."""
    detail: str = ""


def main() -> int:
    """Run the command; gives its exit code."""
    arguments = _arguments()
    project = Path(__file__).parents[2]
    found = _all_mutants(project)
    listed = equivalent.read(equivalent.LISTED.read_text())
    for place, before, after in listed.keys() - set(map(equivalent.key_of, found)):
        print(f"listed as equivalent, but not there any more: {place}: {before} => {after}")
    sample = _sample(found, arguments)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder, ExitStack() as stack:
        spaces = [
            stack.enter_context(Workspace(project, Path(folder, str(number))))
            for number in range(arguments.jobs)
        ]
        tests = brought_up_to_date(spaces[0].folder, _PACKAGES, arguments.map)
        results = _try_all(sample, spaces, tests, listed, arguments.budget)
    return _report(results, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="which mutants are drawn")
    parser.add_argument("--count", type=int, default=120, help="how many")
    parser.add_argument("--only", action="append", default=[], help="paths that begin like this")
    parser.add_argument("--without", action="append", default=[], help="leave these paths out")
    parser.add_argument("--jobs", type=int, default=2, help="how many at once")
    parser.add_argument(
        "--budget", type=float, default=60.0, help="seconds of tests that a mutant has to survive"
    )
    parser.add_argument(
        "--map",
        type=Path,
        default=Path(__file__).parents[2] / _KEPT,
        help="file that keeps which test runs which line",
    )
    return parser.parse_args()


def _all_mutants(project: Path) -> list[Mutant]:
    found: list[Mutant] = []
    for package in _PACKAGES:
        for file in sorted((project / package).rglob("*.py")):
            path = file.relative_to(project).as_posix()
            if not path.startswith(_LEFT_OUT):
                found += mutants_of(path, file.read_bytes())
    return found


def _sample(found: list[Mutant], arguments: argparse.Namespace) -> list[Mutant]:
    wanted = [
        mutant
        for mutant in found
        if mutant.path.startswith(tuple(arguments.only or _PACKAGES))
        and not mutant.path.startswith((*arguments.without, *(() if arguments.only else _APART)))
    ]
    count = min(arguments.count, len(wanted))
    print(f"{len(wanted)} places; {count} drawn, seed {arguments.seed}")
    return random.Random(arguments.seed).sample(wanted, count)


def _try_all(
    sample: list[Mutant],
    spaces: list[Workspace],
    tests: CoverageMap,
    listed: dict[equivalent.Key, str],
    budget: float,
) -> list[Result]:
    free: Queue[Workspace] = Queue()
    for space in spaces:
        free.put(space)

    def judge(mutant: Mutant) -> Result:
        if reason := listed.get(equivalent.key_of(mutant)):
            return Result(mutant, "equivalent", reason)
        chosen = tests.tests_of(mutant.path, (mutant.line, *mutant.used_in), budget)
        if not chosen:
            return Result(mutant, "uncovered")
        space = free.get()
        try:
            noticed = space.kills(mutant, chosen, tests.seconds(chosen))
        finally:
            free.put(space)
        return Result(mutant, "killed" if noticed else "survived", noticed or "")

    results: list[Result] = []
    with ThreadPoolExecutor(len(spaces)) as pool:
        for number, result in enumerate(pool.map(judge, sample), 1):
            place = f"{result.mutant.path}:{result.mutant.line}"
            print(f"{number:4} {result.how:10} {place:45} {result.detail[:90]}", flush=True)
            results.append(result)
    return results


def _report(results: list[Result], arguments: argparse.Namespace) -> int:
    counts = {how: sum(result.how == how for result in results) for how in _KINDS}
    for result in results:
        if result.how in ("survived", "uncovered"):
            mutant = result.mutant
            print(f"\n{result.how}: {mutant.path}:{mutant.line}")
            print(f"- {mutant.before}\n+ {mutant.after}")
    different = len(results) - counts["equivalent"]
    share = counts["killed"] / different if different else 1.0
    print("\n" + "  ".join(f"{how} {count}" for how, count in counts.items()))
    print(f"{share:.1%} of {different} mutants were killed (seed {arguments.seed})")
    return 0 if share >= _GOAL else 1


_KINDS: Final = ("killed", "survived", "uncovered", "equivalent")

if __name__ == "__main__":
    sys.exit(main())
