"""Measure this library beside the official SDK: `nox -s bench`, or `-- --rounds 20 --json FILE`.

The server runs in a process of its own, on another core where there is one. Contenders take turns
within every round, so that what slows the machine slows all of them. Ratios are what counts.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from . import compare
from .bench import Scenario
from .chart import svg
from .docs import write
from .measuring import cores, measure, pin, serving
from .results import About, Results
from .scenarios import EVERYTHING
from .table import show


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--rounds", type=int, default=7, help="how many count; default 7")
    parser.add_argument("--only", metavar="NAME", help="scenarios with this in their name")
    parser.add_argument("--list", action="store_true", help="name the scenarios and stop")
    parser.add_argument("--read", metavar="FILE", help="measure nothing, show what --json wrote")
    parser.add_argument("--json", metavar="FILE", help="write all samples and ratios there")
    parser.add_argument("--chart", metavar="FILE.svg", help="draw the chart there")
    parser.add_argument("--compare", metavar="REV", help="measure against a commit, in turns")
    parser.add_argument("--beside", metavar="FILE", help="for --docs: results of another machine")
    parser.add_argument("--docs", action="store_true", help="renew docs/performance.md")
    return parser


def run(scenarios: Sequence[Scenario], rounds: int) -> Results:
    """Measure one scenario after the other."""
    results = Results(About.here(rounds))
    for_client, for_server = cores()
    pin(for_client)
    with serving(for_server) as port:
        for scenario in scenarios:
            start = time.perf_counter()
            results.samples[scenario.name] = measure(scenario, port, rounds)
            seconds = time.perf_counter() - start
            print(f"... {scenario.name}: {seconds:.1f} s", file=sys.stderr, flush=True)
    return results


def print_comparison(scenarios: Sequence[Scenario], revision: str, rounds: int) -> None:
    """Measure this checkout and a commit in turns."""
    for_client, for_server = cores()
    pin(for_client)
    with serving(for_server) as port:
        for line in compare.show(scenarios, revision, port, rounds):
            print(line)


def main() -> None:
    """Run the scenarios that were asked for, and show what came out."""
    parser = arguments()
    options = parser.parse_args()
    wanted = (options.only or "").lower()
    chosen = [scenario for scenario in EVERYTHING if wanted in scenario.name.lower()]
    if not chosen or options.rounds < 1:
        parser.error("nothing to measure; --list names the scenarios")
    if options.docs and wanted:
        parser.error("--docs shows all scenarios, so leave --only out")
    if options.list:
        print("\n".join(scenario.name for scenario in chosen))
        return
    if options.compare:
        print_comparison(chosen, options.compare, options.rounds)
        return
    if options.read:
        results = Results.load(Path(options.read))
    elif find_spec("beeper_desktop_api") is None:
        parser.error("the official SDK is not installed; `nox -s bench` brings it")
    else:
        results = run(chosen, options.rounds)
    missing = [s.name for s in EVERYTHING if s.name not in results.samples]
    if options.docs and missing:
        parser.error(f"--docs shows everything, and there is no {missing[0]}")
    show(results)
    if options.json:
        results.save(Path(options.json))
    if options.chart:
        Path(options.chart).write_text(svg(results), "utf-8")
    if options.docs:
        write(results, Results.load(Path(options.beside)) if options.beside else None)


if __name__ == "__main__":
    main()
