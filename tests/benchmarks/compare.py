"""This checkout beside another commit: both measured by the benchmarks of this one, in turns."""

import io
import subprocess
import sys
import tarfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from .bench import OURS, Cost, Scenario
from .measuring import Samples, median
from .processes import ROOT
from .table import Row, amount, columns

NOW: Final = "this checkout"
_PACKAGES: Final = ("beeper_async", "beeper_sync")
_ROUNDS_PER_PROCESS: Final = 2
HEADINGS: Final = ("scenario", "before, CPU", "now, CPU", "times as fast", "min to max")


@contextmanager
def checkout(revision: str) -> Generator[Path]:
    """Give a directory with the packages of a commit, and with the benchmarks of this checkout."""
    command = ["git", "archive", revision, *_PACKAGES]
    archive = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    with TemporaryDirectory() as name:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(name, filter="data")
        (Path(name) / "tests").symlink_to(ROOT / "tests", target_is_directory=True)
        yield Path(name)


class _Contender:
    """A process in which our side of one scenario goes when it is told to."""

    def __init__(self, directory: Path, port: int, scenario: Scenario) -> None:
        self._name = scenario.name
        command = [sys.executable, "-m", "tests.benchmarks.compared", str(port), scenario.name]
        self.process: subprocess.Popen[str] = subprocess.Popen(
            command, cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def go(self) -> Cost:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print("go", file=self.process.stdin, flush=True)
        if not (line := self.process.stdout.readline()):
            raise RuntimeError(f"{self._name}: what was measured has ended")
        return Cost(*map(float, line.split()))

    def close(self) -> None:
        self.process.communicate()


def compare(scenario: Scenario, directory: Path, port: int, rounds: int) -> Samples:
    """Let two commits take turns; keys are the names of both.

    The same code may be a fifth faster in one process than in the next, so every few rounds are
    measured in new processes.
    """
    places = {directory.name: directory, NOW: ROOT}
    samples: Samples = {name: [] for name in places}
    left = min(rounds, scenario.most_rounds)
    while left > 0:
        with ExitStack() as stack:
            contenders = {n: _Contender(where, port, scenario) for n, where in places.items()}
            for one in contenders.values():
                stack.callback(one.close)
                one.go()  # only warms up
            for number in range(min(left, _ROUNDS_PER_PROCESS)):
                for name in places if number % 2 else reversed(places):
                    samples[name].append(contenders[name].go())
        left -= _ROUNDS_PER_PROCESS
    return samples


def comparable(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """Return the scenarios that have a side of ours."""
    return [scenario for scenario in scenarios if OURS in scenario.contenders]


def row(scenario: Scenario, samples: Samples) -> Row:
    """Write how much faster this checkout is in one scenario; below 1 it is slower."""
    before, now = samples.values()
    each = [one.cpu / other.cpu for one, other in zip(before, now, strict=True)]
    medians = median(before).cpu, median(now).cpu
    return (
        scenario.name,
        *(amount(one, scenario.unit) for one in medians),
        f"{medians[0] / medians[1]:.2f} x",
        f"{min(each):.2f} to {max(each):.2f}",
    )


def show(scenarios: Sequence[Scenario], revision: str, port: int, rounds: int) -> Iterator[str]:
    """Measure the scenarios against a commit, and write a line for each."""
    with checkout(revision) as directory:
        rows = [
            row(scenario, compare(scenario, directory, port, rounds))
            for scenario in comparable(scenarios)
        ]
    yield from columns([HEADINGS, *rows])
