"""Collects how far a run is, and reports it at most ten times a second."""

import time
from collections.abc import Callable
from typing import Any, Final

from attrs import evolve

from ..report import Counts, Phase, Progress
from ..storage.records import time_of

_PAUSE: Final = 0.1
_SPAN: Final = 5.0
"""Seconds over which the speed is measured."""


class Meter:
    """Collects how far a run is.

    Args:
        report: Called with the progress; an exception in it ends the run.
        counts: Returns what was written so far.
        messages: Messages that are in the archive already.
        resumed: Whether the run continues one that was stopped.
    """

    def __init__(
        self,
        report: Callable[[Progress], object] | None,
        counts: Callable[[], Counts],
        messages: int,
        *,
        resumed: bool,
    ) -> None:
        self._report = report
        self._counts = counts
        self._before = messages
        self._progress = Progress(phase="chats", resumed=resumed)
        self._next = 0.0
        self._read = 0
        self._since = (time.monotonic(), 0)

    def begin(self, phase: Phase, total: int = 0) -> None:
        """Note that a phase begins, with so many chats to do."""
        self.note(
            phase=phase,
            chats_done=0,
            chats_total=total,
            chat_title=None,
            back_to=None,
            at_once=True,
        )

    def chats(self, count: int) -> None:
        """Note that chats were listed."""
        self.note(chats_done=self._progress.chats_done + count)

    def page(self, title: str, count: int, oldest: int | None) -> None:
        """Note that a page of messages was read."""
        self._read += count
        if self._report is not None:
            back_to = None if oldest is None else time_of(oldest)
            self.note(chat_title=title, back_to=back_to)

    def chat_done(self) -> None:
        """Note that a chat of the phase is done."""
        self.note(chats_done=self._progress.chats_done + 1)

    def note(self, *, at_once: bool = False, **changes: Any) -> None:
        """Note changes of the progress, and report it now and then."""
        self._progress = evolve(self._progress, **changes)
        now = time.monotonic()
        if self._report is None or (now < self._next and not at_once):
            return
        self._next = now + _PAUSE
        counts = self._counts()
        self._report(
            evolve(
                self._progress,
                counts=counts,
                messages=self._before + counts.new,
                per_second=self._speed(now),
            )
        )

    def tick(self, waiting_for: str | None) -> None:
        """Report what is waited for, also while nothing happens."""
        if waiting_for is not None or self._progress.waiting_for is not None:
            self.note(waiting_for=waiting_for)

    def _speed(self, now: float) -> float:
        since, read = self._since
        if now - since > _SPAN:
            self._since = (now, self._read)
        return (self._read - read) / max(now - since, _PAUSE)
