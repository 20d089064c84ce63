"""Rounds in which contenders take turns, each on its core, with the server on another."""

import gc
import os
import statistics
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from attrs import astuple, frozen

from .bench import OURS, Bench, Cost, Goal, Scenario

Samples: TypeAlias = dict[str, list[Cost]]
"""What each contender of a scenario cost, round by round."""


def cores() -> tuple[int | None, int | None]:
    """Choose a core for the client and one for the server; None where there is no choice."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    first, *others = sorted(os.sched_getaffinity(0))
    return (first, others[0]) if others else (None, None)


def pin(core: int | None) -> None:
    """Keep this process, and those that it starts, on one core."""
    if core is not None:
        os.sched_setaffinity(0, {core})


@contextmanager
def serving(core: int | None = None) -> Generator[int]:
    """Run the server in a process of its own; give its port."""
    where = [] if core is None else [str(core)]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.server", *where],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        yield int(server.stdout.readline())


def measure(scenario: Scenario, port: int, rounds: int) -> Samples:
    """Let the contenders take turns, each round another first; round 0 only warms them up."""
    with Bench(port) as bench:
        goes = {name: prepare(bench) for name, prepare in scenario.contenders.items()}
        samples: Samples = {name: [] for name in goes}
        names = list(goes)
        for number in range(min(rounds, scenario.most_rounds) + 1):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                gc.collect()
                cost = goes[name]()
                if number:
                    samples[name].append(cost)
    return samples


@frozen
class Verdict:
    """What became of a goal: the ratio of the medians, and those of the single rounds."""

    ours: Cost
    theirs: Cost
    ratio: float
    least: float
    most: float
    must: bool | None
    goal: bool | None


def median(costs: Sequence[Cost]) -> Cost:
    """Return the medians of both clocks, each for itself."""
    return Cost(*(statistics.median(clock) for clock in zip(*map(astuple, costs), strict=True)))


def judge(scenario: Scenario, goal: Goal, samples: Samples) -> Verdict:
    """Hold ours against the other; None stands for what was not set as a goal."""

    def counted(cost: Cost) -> float:
        return cost.wall if scenario.waits else cost.cpu

    def ratio_of(ours: Cost, theirs: Cost) -> float:
        faster = counted(theirs) / counted(ours)
        return faster if goal.faster else 1 / faster

    ours, theirs = (median(samples[name]) for name in (OURS, goal.against))
    ratio = ratio_of(ours, theirs)
    each = list(map(ratio_of, samples[OURS], samples[goal.against]))

    def reached(wanted: float | None) -> bool | None:
        if wanted is None:
            return None
        return ratio >= wanted if goal.faster else ratio <= wanted

    must, best = reached(goal.must), reached(goal.goal)
    return Verdict(ours, theirs, ratio, min(each), max(each), must, best)
