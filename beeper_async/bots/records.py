"""What a run writes to the store, and what it read from it at the start."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping

from ..events.checkpoint import CheckpointChange
from .scheduler import Scheduler
from .states import States, is_of_message
from .store import Batch, Mark, Store
from .turns import Entry

_log = logging.getLogger("beeper_async")


class Records:
    """The states, jobs, marks and checkpoint of a run.

    What one handler has changed is written in one transaction, together with the marks that its
    events are done. A mark is needed until a checkpoint covers the event.

    Args:
        store: The store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.states: States = States(store.state)
        self.scheduler: Scheduler | None = None
        self._marks = store.marks()
        self._covered: list[Mark] = []
        self._unwritten: list[tuple[Batch, set[str], Callable[[], object]]] = []

    def is_done(self, entry: Entry, part: str) -> bool:
        """Return whether a part of an event was done by an earlier run."""
        if not self._marks:
            return False
        mark = entry.mark(part)
        if mark in self._marks:
            entry.marks += (mark,)
            return True
        return False

    def handled(self, entry: Entry) -> None:
        """Note that an event is acknowledged: the next checkpoint covers it."""
        self._covered += entry.marks

    def commit(
        self,
        states: set[str],
        jobs: Collection[int],
        parts: list[tuple[Entry, str]],
        then: Callable[[], object],
    ) -> None:
        """Write what a handler has changed.

        Args:
            states: The names of the states that it has changed.
            jobs: The IDs of the jobs that it has planned, cancelled or run.
            parts: The parts of events that are done with that.
            then: Called when it is written.
        """
        if not states and not jobs:
            then()  # a repetition would find everything as it is now
            return
        batch = Batch(states={name: self.states.json(name) for name in states})
        if jobs and self.scheduler is not None:
            batch.jobs = {job_id: self.scheduler.rows.get(job_id) for job_id in jobs}
            batch.last_job = self.scheduler.last_id
        marks = [(entry, entry.mark(part)) for entry, part in parts]
        batch.marks = [mark for _, mark in marks]
        for entry, mark in marks:
            entry.marks += (mark,)
        self._unwritten.append((batch, states, then))
        self.flush()

    def flush(self) -> bool:
        """Write what could not be written so far; return whether nothing is left."""
        while self._unwritten:
            batch, states, then = self._unwritten[0]
            try:
                self._store.write(batch)
            except OSError as error:
                _log.error("bot: the store can't be written; it is tried again (%s)", error)
                return False
            self._unwritten.pop(0)
            self.states.stored(states)
            then()
        return True

    def keep_sent(self, changes: Mapping[str, str | None]) -> None:
        """Write by what messages are recognised that were sent. A failure stops no message."""
        try:
            self._store.keep_sent(changes)
        except OSError as error:
            _log.error("bot: what was sent can't be noted in the store (%s)", error)

    def begin_anew(self, change: CheckpointChange) -> None:
        """Forget all that belongs to messages by their IDs, which mean other messages by now.

        Args:
            change: Leads to the checkpoint from where events begin; written with all the rest.

        Raises:
            OSError: It can't be written.
        """
        states = filter(is_of_message, self._store.state_names())
        self._store.write(
            Batch(
                states=dict.fromkeys(states),
                jobs={} if self.scheduler is None else self.scheduler.forget_messages(),
                covered=tuple(self._marks),
                checkpoint=change.written,
                removed=change.removed,
            )
        )
        self._marks.clear()

    def save(self, change: CheckpointChange) -> None:
        """Write a checkpoint, and remove the marks that it covers.

        Raises:
            OSError: It can't be written.
        """
        covered, self._covered = self._covered, []
        if change or covered:
            try:
                self._store.write(
                    Batch(checkpoint=change.written, removed=change.removed, covered=covered)
                )
            except OSError:
                self._covered = covered + self._covered
                raise
        self._marks.difference_update(covered)
