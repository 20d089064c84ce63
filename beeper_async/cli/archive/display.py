"""How far a run is, on standard error: one line that changes, or plain lines where it can't."""

import shutil
import sys
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Final

import attrs

from beeper_async.archive import Progress, Report

from ..output import json_of, print_json
from ..text import clean, shorten

_PAUSE: Final = 60.0
"""Seconds between two plain lines."""
_TURN: Final = 0.1
"""Seconds between two states of a line that changes."""
_PATIENCE: Final = 5.0
"""Seconds before the first one: of a short run its report is enough."""
_WORDS: Final = {
    "chats": "reading the chats",
    "messages": "reading new messages",
    "sweep": "comparing",
    "search": "indexing",
    "files": "fetching files",
    "done": "done",
}


Show = Callable[[Progress], object]
"""Shows how far a run is."""


@contextmanager
def display(*, as_json: bool) -> Generator[Show]:
    """Give what suits: JSON Lines, a line that changes, or a line a minute."""
    if as_json:
        yield _now_and_then(lambda progress: print_event("progress", progress), 1.0)
    elif not sys.stderr.isatty():
        yield _now_and_then(_print, _PAUSE, after=_PATIENCE)
    else:
        with _rich_line() or _plain_line() as write:
            yield _now_and_then(write, _TURN)


def line_of(progress: Progress) -> str:
    """Describe how far a run is in one line."""
    counts = progress.counts
    of = f" of {progress.chats_total}" if progress.chats_total else ""
    parts = [
        _WORDS.get(progress.phase, progress.phase),
        f"{progress.chats_done}{of} chats",
        f"{progress.messages:,} messages ({_changes(progress)})",
    ]
    if progress.resumed and progress.phase == "chats":
        parts.insert(0, "continuing a run that was stopped")
    if progress.per_second >= 1:
        parts.append(f"{progress.per_second:,.0f}/s")
    if progress.files_total:
        parts.append(f"{progress.files_done:,} of {progress.files_total:,} files")
    if counts.problems:
        parts.append(f"{counts.problems} problems")
    if progress.waiting_for:
        parts.append(f"waiting for {progress.waiting_for}")
    if progress.chat_title:
        back = f", back to {progress.back_to:%B %Y}" if progress.back_to else ""
        parts.append(f"{clean(progress.chat_title)}{back}")
    return " · ".join(parts)


def _changes(progress: Progress) -> str:
    counts = progress.counts
    found = {"new": counts.new, "changed": counts.changed, "vanished": counts.vanished}
    return ", ".join(f"{count:,} {name}" for name, count in found.items() if count) or "none new"


def report_lines(report: Report) -> list[str]:
    """Describe what a run did."""
    counts = report.counts
    took = timedelta(seconds=round((report.ended - report.started).total_seconds()))
    lines = [
        f"{report.messages:,} messages in {report.chats:,} chats; "
        f"{counts.new:,} new, {counts.changed:,} changed, {counts.deleted:,} deleted, "
        f"{counts.vanished:,} vanished ({took})"
    ]
    if counts.files or report.open_files:
        lines.append(f"{counts.files:,} files fetched, {report.open_files:,} still wanted")
    if report.resumed:
        lines.append("Continued a run that was stopped.")
    if report.sweep != "full":
        oldest = report.oldest_sweep
        when = "never" if oldest is None else f"{oldest.astimezone():%d %B %Y %H:%M}"
        lines.append(f"Compared with the app: {report.sweep}; the oldest comparison: {when}")
    if report.open_problems:
        lines.append(f"{report.open_problems:,} problems; see: beeper-async archive problems DIR")
    return lines


def print_event(event: str, value: Progress | Report) -> None:
    """Print a progress or a report as a line of JSON."""
    print_json([json_of({"event": event, **attrs.asdict(value)})])
    sys.stdout.flush()


def _now_and_then(write: Show, pause: float, after: float = 0) -> Show:
    """Limit how often something is written.

    Args:
        write: Writes it.
        pause: Seconds between two times.
        after: Seconds before the first one.
    """
    due = time.monotonic() + after

    def show(progress: Progress) -> None:
        nonlocal due
        now = time.monotonic()
        if now >= due:
            due = now + pause
            write(progress)

    return show


@contextmanager
def _plain_line() -> Generator[Show]:
    """Give a line that is written over. Needs no library."""

    def overwrite(progress: Progress) -> None:
        cells = max(shutil.get_terminal_size().columns - 1, 10)
        sys.stderr.write(f"\r{shorten(line_of(progress), cells)}\x1b[K")
        sys.stderr.flush()

    try:
        yield overwrite
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _rich_line() -> AbstractContextManager[Show] | None:
    """Return a line drawn by rich, if that is installed."""
    try:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text
    except ImportError:
        return None

    @contextmanager
    def draw() -> Generator[Show]:
        with Live(console=Console(stderr=True), transient=True, auto_refresh=False) as live:
            yield lambda progress: live.update(
                Text(line_of(progress), no_wrap=True, overflow="ellipsis"), refresh=True
            )

    return draw()


def _print(progress: Progress) -> None:
    sys.stderr.write(line_of(progress) + "\n")
    sys.stderr.flush()
