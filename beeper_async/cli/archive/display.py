"""How far a run is, on standard error: one line that changes, or plain lines where it can't."""

import json
import shutil
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, Protocol, Self

import attrs

from beeper_async.archive import Progress, Report

from ..text import clean, shorten

_PAUSE: Final = 60.0
"""Seconds between two plain lines."""
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


class Display(Protocol):
    """Shows how far a run is."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def show(self, progress: Progress) -> None:
        """Show it."""
        ...


def display(*, as_json: bool) -> Display:
    """Choose what suits: JSON Lines, a line that changes, or a line a minute."""
    if as_json:
        return _Lines(_print_json, 1.0)
    if sys.stderr.isatty():
        return _rich_line() or _ChangingLine()
    return _Lines(lambda progress: _print(line_of(progress)), _PAUSE, after=_PATIENCE)


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


def as_json_line(event: str, value: Any) -> str:
    """Return a progress or a report as a line of JSON."""
    fields = attrs.asdict(value)
    return json.dumps({"event": event, **fields}, default=str, ensure_ascii=True)


class _Lines:
    """A line now and then.

    Args:
        write: Writes it.
        pause: Seconds between two lines.
        after: Seconds before the first one.
    """

    def __init__(self, write: Callable[[Progress], object], pause: float, after: float = 0) -> None:
        self._write = write
        self._pause = pause
        self._next = time.monotonic() + after

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def show(self, progress: Progress) -> None:
        """Write a line, if it is time."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + self._pause
            self._write(progress)


class _ChangingLine(_Lines):
    """A line that is written over. Needs no library."""

    def __init__(self) -> None:
        super().__init__(self._overwrite, 0.1)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    def _overwrite(self, progress: Progress) -> None:
        cells = max(shutil.get_terminal_size().columns - 1, 10)
        sys.stderr.write(f"\r{shorten(line_of(progress), cells)}\x1b[K")
        sys.stderr.flush()


def _rich_line() -> Display | None:
    """Return a line drawn by rich, if that is installed."""
    try:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text
    except ImportError:
        return None

    class RichLine(_Lines):
        def __init__(self) -> None:
            super().__init__(self._update, 0.1)
            console = Console(stderr=True)
            self._live = Live(console=console, transient=True, auto_refresh=False)

        def __enter__(self) -> Self:
            self._live.start()
            return self

        def __exit__(
            self,
            kind: type[BaseException] | None,
            error: BaseException | None,
            trace: TracebackType | None,
        ) -> None:
            self._live.stop()

        def _update(self, progress: Progress) -> None:
            text = Text(line_of(progress), no_wrap=True, overflow="ellipsis")
            self._live.update(text, refresh=True)

    return RichLine()


def _print_json(progress: Progress) -> None:
    sys.stdout.write(as_json_line("progress", progress) + "\n")
    sys.stdout.flush()


def _print(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
