"""The figures as a table, and in docs/reliability.md."""

import platform
from collections.abc import Iterator, Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from beeper_async import __version__

from .runs import ROOT

PAGE: Final = ROOT / "docs" / "reliability.md"
BEGIN: Final = "<!-- soak: begin -->\n"
END: Final = "<!-- soak: end -->"

TITLES: Final = {
    "storm": "through a storm",
    "restarts": "with restarts",
    "storm-other": "another server",
    "restarts-other": "another server, with restarts",
    "awaits": "awaits for 30 s",
    "blocks": "blocks for 30 s",
    "busy": "busy connection",
    "quiet": "quiet connection",
    "recovery": "1,000 chats",
    "memory": "500,000 events",
}
TABLES: Final = {
    "Messages through a storm": ("storm", "restarts", "storm-other", "restarts-other"),
    "A handler that takes its time": ("awaits", "blocks"),
    "Time to notice a silent connection, in heartbeats": ("busy", "quiet"),
    "A live message while 1,000 chats are read, at 10 ms a response": ("recovery",),
    "Memory over 500,000 events": ("memory",),
}
_HIDDEN: Final = ("good", "for example")

Parts = Mapping[str, Mapping[str, Any]]


def about() -> dict[str, str]:
    """Tell when and with what the figures were made."""
    return {
        "date": date.today().isoformat(),
        "CPython": platform.python_version(),
        "beeper_async": __version__,
        "aiohttp": version("aiohttp"),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def tables(parts: Parts) -> Iterator[tuple[str, list[list[str]]]]:
    """Lay the figures out: one column for each part, and parts that are alike side by side."""
    for title, names in TABLES.items():
        shown = [name for name in names if name in parts]
        if not shown:
            continue
        labels = {label: None for name in shown for label in parts[name] if label not in _HIDDEN}
        rows = [["", *(TITLES[name] for name in shown)]]
        rows += [[label, *(_cell(label, parts[name].get(label)) for name in shown)]
                 for label in labels]  # fmt: skip
        yield title, rows


def _cell(label: str, value: Any) -> str:
    if value is None:
        return "0" if label.startswith("gaps") else ""
    if label.startswith("memory"):
        return f"{value / 1e6:.1f} MB"
    return f"{value:,}" if isinstance(value, int) else f"{value}"


def show(parts: Parts) -> Iterator[str]:
    """Write the figures for a terminal."""
    yield ", ".join(f"{name} {number}" for name, number in about().items())
    for title, rows in tables(parts):
        yield ""
        yield title
        widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
        for first, *others in rows:
            cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
            yield f"  {first.ljust(widths[0])}  {'  '.join(cells)}".rstrip()
    for name, part in parts.items():
        yield from (f"{name}: {example}" for example in part.get("for example", ()))
    bad = [name for name, part in parts.items() if not part["good"]]
    yield ""
    yield f"NOT AS IT SHOULD BE: {', '.join(bad)}" if bad else "All as it should be."


def write(parts: Parts, page: Path = PAGE) -> None:
    """Put the figures between the marks."""
    before, begin, rest = page.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} lacks the marks between which the figures go")
    text = "\n".join(_markdown(parts))
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", "utf-8")


def _markdown(parts: Parts) -> Iterator[str]:
    when = about()
    yield f"Measured on {when.pop('date')}: {', '.join(f'{k} {v}' for k, v in when.items())}."
    for title, (head, *rows) in tables(parts):
        yield f"\n**{title}**\n"
        yield f"| {' | '.join(head)} |"
        yield f"|---|{'---:|' * (len(head) - 1)}"
        for row in rows:
            yield f"| {' | '.join(row)} |"
    yield ""
