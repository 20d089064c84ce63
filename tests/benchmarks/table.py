"""The tables: what was measured as rows of text, and those rows on a terminal."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from .bench import Cost, Scenario
from .measuring import Samples, judge, median
from .results import Results
from .scenarios import SCENARIOS
from .slopes import SIZES, SLOPES

Row = Sequence[str]

HEADINGS: Final = (
    "scenario", "ours, CPU", "wall", "against", "theirs, CPU", "wall", "ratio", "min to max",
    "must", "goal",
)  # fmt: skip
SLOPE_HEADINGS: Final = ("what grows", *(f"{size}x" for size in SIZES), "must")
# On a terminal, where the name of a scenario is followed by our CPU time and wall time; an arrow
# upwards stands for "faster".
_NARROW_HEADINGS: Final = ("against", "CPU", "wall", "ratio", "range", "must", "goal")
YES: Final = "reached"
NO: Final = "NOT REACHED"
_SCALES: Final = {"us": 1e6, "ms": 1e3, "MB": 1e-6}


def amount(value: float, unit: str) -> str:
    """Write a cost with three digits that count."""
    number = value * _SCALES[unit]
    return f"{number:.0f} {unit}" if number >= 100 else f"{number:.3g} {unit}"


def rows(results: Results) -> Iterator[Row]:
    """Write one row for each thing that a scenario is held against."""
    for scenario in SCENARIOS:
        samples = results.samples.get(scenario.name)
        for goal in scenario.goals if samples else ():
            assert samples is not None
            found = judge(scenario, goal, samples)
            yield (
                scenario.name,
                *_amounts(found.ours, scenario),
                goal.against,
                *_amounts(found.theirs, scenario),
                f"{found.ratio:.2f} x{' faster' * goal.faster}",
                f"{found.least:.2f} to {found.most:.2f}",
                _mark(goal.must, found.must),
                _mark(goal.goal, found.goal),
            )


def _amounts(cost: Cost, scenario: Scenario) -> Row:
    """Write the CPU time and the wall time; memory has only one figure."""
    cells = [amount(each, scenario.unit) for each in (cost.cpu, cost.wall)]
    return cells if scenario.unit != "MB" else [cells[0], ""]


def _mark(wanted: float | None, reached: bool | None) -> str:
    return "" if wanted is None else f"{wanted:g} x {YES if reached else NO}"


def slope_rows(results: Results) -> Iterator[Row]:
    """Write the cost of a unit at each size, and how it compares to the smallest."""
    for slope in SLOPES:
        if samples := results.samples.get(slope.name):
            yield slope.name.removeprefix("slope: "), *_slope_cells(slope, samples)


def _slope_cells(slope: Scenario, samples: Samples) -> Iterator[str]:
    medians = [median(samples[name]).cpu for name in slope.contenders]
    for each in medians:
        yield f"{amount(each, slope.unit)} ({each / medians[0]:.2f})"
    steepest = slope.most_slope
    yield _mark(steepest, steepest is not None and medians[-1] / medians[0] <= steepest)


def summary(results: Results) -> str:
    """Count what was reached."""
    found = list(rows(results))
    musts, goals = ([row[n] for row in found if row[n]] for n in (-2, -1))
    musts += [row[-1] for row in slope_rows(results) if row[-1]]
    reached = [sum(cell.endswith(" " + YES) for cell in cells) for cells in (musts, goals)]
    return f"{reached[0]} of {len(musts)} musts and {reached[1]} of {len(goals)} goals reached"


def show(results: Results) -> None:
    """Print everything: in columns, or narrower in colours where there is a terminal and rich."""
    found, slopes = list(rows(results)), list(slope_rows(results))
    print(results.about)
    if found and not (sys.stdout.isatty() and _show_in_colours(found)):
        print("\n".join(columns([HEADINGS, *found])))
    if found:
        print(f"Ratios of medians; {summary(results)}.")
    if slopes:
        print("\nCost of one unit when there are more of them (1.00 is linear):")
        print("\n".join(columns([SLOPE_HEADINGS, *slopes])))


def _show_in_colours(found: list[Row]) -> bool:
    """Print the rows of each scenario under its name, narrow enough for 80 columns."""
    try:
        from rich.console import Console
        from rich.text import Text
    except ModuleNotFoundError:
        return False
    short = [[_shortened(cell) for cell in row[3:]] for row in found]
    head, *lines = columns([_NARROW_HEADINGS, *short])
    console, scenario = Console(highlight=False), ""
    console.print(f"  {head}", style="dim", soft_wrap=True)
    for (name, cpu, wall, *_), line in zip(found, lines, strict=True):
        if name != scenario:
            ours = f": {cpu} / {wall}" if wall else f": {cpu}"
            console.print(Text.assemble((name, "bold"), ours), soft_wrap=True)
            scenario = name
        text = Text(f"  {line}")
        text.highlight_regex(r"[\d.]+ ✓", "green")
        text.highlight_regex(r"[\d.]+ ✗", "red")
        console.print(text, soft_wrap=True)
    return True


def _shortened(cell: str) -> str:
    for long, short in (("x " + NO, "✗"), ("x " + YES, "✓"), (" to ", "-"), ("x faster", "x ↑")):
        cell = cell.replace(long, short)
    return cell


def columns(table: Sequence[Row]) -> Iterator[str]:
    """Align the cells with blanks."""
    widths = [max(len(row[n]) for row in table) for n in range(len(table[0]))]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def markdown(table: Iterable[Row]) -> Iterator[str]:
    """Write a table for the docs."""
    head, *body = table
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    for row in body:
        yield f"| {' | '.join(row).replace(NO, f'**{NO.lower()}**')} |"
