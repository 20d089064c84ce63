"""Measure this library beside the official SDK: `nox -s bench`, or `-- --rounds 20 --json FILE`.

The server runs in a process of its own, on another core where there is one. Contenders take turns
within every round, so that what slows the machine slows all of them. Ratios are what counts.
"""

import argparse
import gc
import json
import os
import platform
import statistics
import subprocess
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from beeper_async import __version__

from .scenarios import Bench, Goal, Scenario, scenarios


def measure(scenario: Scenario, rounds: int) -> dict[str, list[float]]:
    """Let the contenders take turns; the first round only warms them up."""
    times: dict[str, list[float]] = {name: [] for name in scenario.contenders}
    for number in range(rounds + 1):
        for name, go in scenario.contenders.items():
            gc.collect()
            seconds = go()
            if number:
                times[name].append(seconds)
    return times


def judge(goal: Goal, times: dict[str, list[float]]) -> tuple[float, str]:
    """Return the ratio of the medians and whether it reaches what it should."""
    ours, other = statistics.median(times["ours"]), statistics.median(times[goal.against])
    ratio = other / ours if goal.faster else ours / other
    sign = 1 if goal.faster else -1
    reached = [word for word in ("goal", "must") if sign * ratio >= sign * getattr(goal, word)]
    return ratio, reached[0] if reached else "MISSED"


def rows(results: dict[str, tuple[Scenario, dict[str, list[float]]]]) -> list[list[str]]:
    """Return the table: a row for each thing that a scenario is held against."""
    table = [["scenario", "ours", "against", "theirs", "ratio", "min..max", "must", "goal", ""]]
    for scenario, times in results.values():
        scale = 1e6 if scenario.unit == "us" else 1e3
        for goal in scenario.goals:
            ratio, word = judge(goal, times)
            pairs = zip(times["ours"], times[goal.against], strict=True)
            each = sorted(b / a if goal.faster else a / b for a, b in pairs)
            sign = "x faster" if goal.faster else "x"
            table.append(
                [
                    scenario.name,
                    f"{statistics.median(times['ours']) * scale:.2f} {scenario.unit}",
                    goal.against,
                    f"{statistics.median(times[goal.against]) * scale:.2f} {scenario.unit}",
                    f"{ratio:.2f} {sign}",
                    f"{each[0]:.2f}..{each[-1]:.2f}",
                    f"{goal.must:g}",
                    f"{goal.goal:g}",
                    word,
                ]
            )
    return table


def machine() -> str:
    """Say what was measured where."""
    packages = ("beeper_desktop_api", "aiohttp", "attrs", "cattrs", "orjson")
    found = ", ".join(f"{name} {version(name)}" for name in packages)
    cores = os.cpu_count()
    python = platform.python_version()
    where = f"CPython {python}, {platform.machine()}, {cores} cores"
    return f"{date.today()}, {where}; ours {__version__}, {found}"


def main() -> None:
    """Run the scenarios that were asked for and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", help="part of the name of a scenario")
    parser.add_argument("--json", metavar="FILE", help="write all times there")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})  # for the server, which inherits it
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {0})
    assert server.stdout is not None
    assert server.stdin is not None
    bench = Bench(int(server.stdout.readline()))
    results: dict[str, tuple[Scenario, dict[str, list[float]]]] = {}
    try:
        for scenario in scenarios(bench):
            if options.only is None or options.only in scenario.name:
                print(f"... {scenario.name}", file=sys.stderr, flush=True)
                results[scenario.name] = (scenario, measure(scenario, options.rounds))
    finally:
        bench.close()
        server.stdin.close()
        server.wait()
    table = rows(results)
    widths = [max(len(row[n]) for row in table) for n in range(len(table[0]))]
    print(machine())
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))
    if options.json:
        times: dict[str, Any] = {name: found for name, (_, found) in results.items()}
        text = json.dumps({"machine": machine(), "seconds": times}, indent=1)
        Path(options.json).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
