"""The chart: how much more, or less, than ours each contender costs; an SVG by hand."""

import math
from collections.abc import Iterator
from html import escape
from typing import Final

from attrs import frozen

from .bench import FLOOR, OFFICIAL, OFFICIAL_AIOHTTP, Goal
from .measuring import judge
from .results import Results
from .scenarios import SCENARIOS

_SHOWN: Final = {
    OFFICIAL: ("official", "#d2691e"),
    OFFICIAL_AIOHTTP: ("official, aiohttp", "#e0a030"),
    FLOOR: ("floor", "#3a9d6e"),
}
_STYLE: Final = """
 .card { fill: #ffffff; } .grid { stroke: #d8dbe0; } .ours { stroke: #3273dc; stroke-width: 2; }
 text { font: 12px system-ui, sans-serif; fill: #24292f; } .note { fill: #59636e; }
 .end { text-anchor: end; } .middle { text-anchor: middle; } .us { fill: #3273dc; }
 @media (prefers-color-scheme: dark) {
  .card { fill: #15181d; } .grid { stroke: #363c44; } .ours { stroke: #6aa5ff; }
  text { fill: #e4e7eb; } .note { fill: #a0a8b2; } .us { fill: #6aa5ff; }
 }
"""
_WIDTH, _LEFT, _RIGHT, _TOP, _BAR, _GAP = 880, 372, 810, 66, 13, 11
_TICKS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@frozen
class Group:
    """A scenario with what its contenders cost, ours being 1."""

    name: str
    bars: dict[str, float]


def groups(results: Results) -> list[Group]:
    """Take what the chart shows out of the results."""
    found: list[Group] = []
    for scenario in SCENARIOS:
        if samples := results.samples.get(scenario.name):
            verdicts = {n: judge(scenario, Goal(n), samples) for n in _SHOWN if n in samples}
            bars = {name: verdict.ratio for name, verdict in verdicts.items()}
            if bars:
                found.append(Group(scenario.name, bars))
    return found


class Axis:
    """A logarithmic scale from the least to the most of what is shown."""

    def __init__(self, values: list[float]) -> None:
        low, high = min(0.5, *values), max(2.0, *values)
        below = [tick for tick in _TICKS if tick <= low]
        self.low = below[-1] if below else _TICKS[0]
        self.high = next((tick for tick in _TICKS if tick >= high), high)

    def at(self, value: float) -> float:
        """Return how far right a value lies."""
        share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return _LEFT + share * (_RIGHT - _LEFT)

    def ticks(self) -> Iterator[float]:
        return (tick for tick in _TICKS if self.low <= tick <= self.high)


def svg(results: Results) -> str:
    """Draw the chart."""
    found = groups(results)
    axis = Axis([value for group in found for value in group.bars.values()] or [1.0])
    height = _TOP + sum(len(group.bars) * _BAR + _GAP for group in found) + 34
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        "<title>What each contender costs, in multiples of ours</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="card" width="{_WIDTH}" height="{height}" rx="8"/>',
        *_legend(),
        *_grid(axis, height - 28),
        *_bars(found, axis),
        f'<text class="note end" x="{_RIGHT}" y="{height - 8}">'
        "logarithmic; to the left of ours costs less, to the right more</text>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _legend() -> Iterator[str]:
    yield '<text x="20" y="26">Cost in multiples of ours (CPU time, or memory), medians</text>'
    x = _LEFT
    for label, colour in _SHOWN.values():
        yield f'<rect x="{x}" y="16" width="11" height="11" rx="2" fill="{colour}"/>'
        yield f'<text x="{x + 17}" y="26">{label}</text>'
        x += 50 + 7 * len(label)


def _grid(axis: Axis, bottom: int) -> Iterator[str]:
    for tick in axis.ticks():
        x = axis.at(tick)
        kind, label = ("ours", "us") if tick == 1 else ("grid", "note")
        text = "ours" if tick == 1 else f"{tick:g} x"
        yield f'<path class="{kind}" d="M{x:.1f} {_TOP - 8}V{bottom}"/>'
        yield f'<text class="{label} middle" x="{x:.1f}" y="{_TOP - 14}">{text}</text>'


def _bars(found: list[Group], axis: Axis) -> Iterator[str]:
    y = _TOP
    for group in found:
        middle = y + len(group.bars) * _BAR / 2 + 4
        yield f'<text class="end" x="{_LEFT - 12}" y="{middle:.1f}">{escape(group.name)}</text>'
        for name, value in group.bars.items():
            start, end = sorted((axis.at(1), axis.at(value)))
            yield (
                f'<rect x="{start:.1f}" y="{y}" width="{max(end - start, 1):.1f}" '
                f'height="{_BAR - 2}" rx="2" fill="{_SHOWN[name][1]}"/>'
            )
            yield f'<text class="note" x="{end + 5:.1f}" y="{y + 10}">{value:.3g}</text>'
            y += _BAR
        y += _GAP
