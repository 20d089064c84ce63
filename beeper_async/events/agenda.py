"""Which chat is read next, and when. Pure: it is handed the time."""

import heapq
from collections.abc import Iterator
from enum import IntEnum
from itertools import count
from typing import Final


class Job(IntEnum):
    """Why a chat is read; the lower ones come first."""

    ASK = 0
    """It is not clear how some of its messages are."""
    LIVE = 1
    """Live events wait for it."""
    LISTED = 2
    """The list of chats shows something new."""
    LOOK = 3
    """It had a live event some time ago."""
    LEARN = 4
    """Too little is known of it."""
    DEEP = 5
    """Everything that is known of it is compared."""


_URGENT: Final = frozenset({Job.ASK, Job.LIVE, Job.LISTED})
SLOW: Final = frozenset({Job.LEARN, Job.DEEP})
"""What takes many requests, and nobody waits for."""


class Agenda:
    """Jobs of chats, each with the time from which on it is due."""

    def __init__(self) -> None:
        self._due: dict[tuple[Job, str], float] = {}
        self._heaps: dict[Job, list[tuple[float, int, str]]] = {job: [] for job in Job}
        self._numbers: Iterator[int] = count()

    def add(self, job: Job, chat_id: str, at: float) -> None:
        """Add a job, or move it to an earlier time."""
        due = self._due.get((job, chat_id))
        if due is None or at < due:
            self._due[job, chat_id] = at
            heapq.heappush(self._heaps[job], (at, next(self._numbers), chat_id))

    def has(self, job: Job, chat_id: str) -> bool:
        """Whether a chat has such a job."""
        return (job, chat_id) in self._due

    def is_waiting(self, now: float) -> bool:
        """Whether a job is due, or one that nobody planned for later."""
        return any(at <= now or job in _URGENT for (job, _), at in self._due.items())

    def drop(self, chat_id: str) -> None:
        """Remove all jobs of a chat."""
        for job in Job:
            self._due.pop((job, chat_id), None)

    def pop(self, now: float, *, without_slow: bool) -> tuple[Job, str] | None:
        """Take the most urgent job that is due."""
        for job in Job:
            if without_slow and job in SLOW:
                continue
            heap = self._first(job)
            if heap and heap[0][0] <= now:
                _, _, chat_id = heapq.heappop(heap)
                del self._due[job, chat_id]
                return job, chat_id
        return None

    def next_time(self, *, without_slow: bool) -> float | None:
        """Return when the next job is due."""
        heaps = [self._first(job) for job in Job if not (without_slow and job in SLOW)]
        return min((heap[0][0] for heap in heaps if heap), default=None)

    def _first(self, job: Job) -> list[tuple[float, int, str]]:
        """Return the heap of a kind of job, with one that is valid on top."""
        heap = self._heaps[job]
        while heap and self._due.get((job, heap[0][2])) != heap[0][0]:
            heapq.heappop(heap)
        return heap
