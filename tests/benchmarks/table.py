"""The tables: what was measured as rows of text, and those rows on a terminal."""

import statistics
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from .bench import Scenario
from .measuring import judge
from .results import Results
from .scenarios import SCENARIOS
from .slopes import SIZES, SLOPES

Row = Sequence[str]

HEADINGS: Final = (
    "scenario", "ours", "against", "theirs", "ratio", "min to max", "must", "goal"
)  # fmt: skip
SLOPE_HEADINGS: Final = ("what grows", *(f"{size}x" for size in SIZES))
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
            found = judge(goal, samples)
            yield (
                scenario.name,
                amount(found.ours, scenario.unit),
                goal.against,
                amount(found.theirs, scenario.unit),
                f"{found.ratio:.2f} x{' faster' * goal.faster}",
                f"{found.least:.2f} to {found.most:.2f}",
                _mark(goal.must, found.must),
                _mark(goal.goal, found.goal),
            )


def _mark(wanted: float | None, reached: bool | None) -> str:
    return "" if wanted is None else f"{wanted:g} x {YES if reached else NO}"


def slope_rows(results: Results) -> Iterator[Row]:
    """Write the cost of a unit at each size, and how it compares to the smallest."""
    for slope in SLOPES:
        if samples := results.samples.get(slope.name):
            yield slope.name.removeprefix("slope: "), *_slope_cells(slope, samples)


def _slope_cells(slope: Scenario, samples: dict[str, list[float]]) -> Iterator[str]:
    medians = [statistics.median(samples[name]) for name in slope.contenders]
    for each in medians:
        yield f"{amount(each, slope.unit)} ({each / medians[0]:.2f})"


def summary(results: Results) -> str:
    """Count what was reached."""
    musts, goals = ([cell for row in rows(results) if (cell := row[n])] for n in (-2, -1))
    reached = [sum(cell.endswith(" " + YES) for cell in cells) for cells in (musts, goals)]
    return f"{reached[0]} of {len(musts)} musts and {reached[1]} of {len(goals)} goals reached"


def show(results: Results) -> None:
    """Print everything: in columns, or in colours where there is a terminal and rich."""
    print(results.about)
    if found := list(rows(results)):
        _print([HEADINGS, *found])
        print(f"Ratios of medians; {summary(results)}.")
    if slopes := list(slope_rows(results)):
        print("\nCost of one unit when there are more of them (1.00 is linear):")
        _print([SLOPE_HEADINGS, *slopes])


def _print(table: list[Row]) -> None:
    if not sys.stdout.isatty() or not _print_rich(table):
        print("\n".join(columns(table)))


def columns(table: Sequence[Row]) -> Iterator[str]:
    """Align the cells with blanks."""
    widths = [max(len(row[n]) for row in table) for n in range(len(table[0]))]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _print_rich(table: list[Row]) -> bool:
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ModuleNotFoundError:
        return False
    drawn = Table(*table[0], header_style="bold")
    for row in table[1:]:
        drawn.add_row(*(Text(cell, style=_style(cell)) for cell in row))
    Console().print(drawn)
    return True


def _style(cell: str) -> str:
    return "red" if cell.endswith(NO) else "green" if cell.endswith(YES) else ""


def markdown(table: Iterable[Row]) -> Iterator[str]:
    """Write a table for the docs."""
    head, *body = table
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    for row in body:
        yield f"| {' | '.join(row).replace(NO, f'**{NO.lower()}**')} |"
