"""The generated part of docs/performance.md, and the chart beside it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .chart import svg
from .processes import ROOT
from .results import Results
from .table import HEADINGS, SLOPE_HEADINGS, markdown, rows, slope_rows, summary

PAGE: Final = ROOT / "docs" / "performance.md"
BEGIN: Final = "<!-- figures: begin -->\n"
END: Final = "<!-- figures: end -->"
BESIDE_HEADINGS: Final = ("scenario", "against", "ratio here", "ratio there")
_ENOUGH: Final = 5


def write(results: Results, beside: Results | None = None, page: Path = PAGE) -> None:
    """Put the figures between the marks, and the chart next to the page.

    Args:
        results: What was measured here.
        beside: What was measured on another machine.
        page: The page to write on.
    """
    before, begin, rest = page.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} lacks the marks between which the figures go")
    parts = [*_figures(results), *(_beside(results, beside) if beside else ())]
    figures = "\n".join(parts)
    page.write_text(f"{before}{BEGIN}\n{figures}\n\n{END}{after}", "utf-8")
    page.with_suffix(".svg").write_text(svg(results), "utf-8")


def _figures(results: Results) -> Iterator[str]:
    about = results.about
    yield f"Measured on {about.date}: {about.place}."
    yield f"{about.software}."
    yield ""
    if about.rounds < _ENOUGH:
        yield "This was a short run, so the figures are rough."
    yield f"**{summary(results)}.**"
    yield ""
    yield "![What each contender costs, in multiples of ours](performance.svg)"
    yield ""
    yield from markdown([HEADINGS, *rows(results)])
    yield ""
    yield "Cost of one unit when there are more of them; in brackets compared to the first, 1.00"
    yield "being linear:"
    yield ""
    yield from markdown([SLOPE_HEADINGS, *slope_rows(results)])


def _beside(here: Results, there: Results) -> Iterator[str]:
    yield ""
    yield f"The ratios again, and beside them those of {there.about.date}: {there.about.place}."
    yield f"{there.about.software}."
    yield ""
    others = {(row[0], row[3]): row[6] for row in rows(there)}
    compared = [(row[0], row[3], row[6], others.get((row[0], row[3]), "")) for row in rows(here)]
    yield from markdown([BESIDE_HEADINGS, *compared])
