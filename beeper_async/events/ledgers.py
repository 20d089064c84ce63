"""What is known of all chats together. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from .ledger import Ledger
from .schedule import Schedule

_AT_ONCE: Final = 20
_REMOVED: Final = 1000
_SLACK: Final = 10


class Ledgers:
    """The ledgers, by chat ID.

    Args:
        schedule: How much is remembered.
        since: Messages after this time are new in chats of which nothing is known.
        begins_now: Whether nothing before the first connection is to be delivered.
    """

    def __init__(self, schedule: Schedule, since: datetime, *, begins_now: bool) -> None:
        self.epoch: int = 0
        """How often events may have been lost. A chat that was read since then is current."""
        self.since: datetime = since
        self.is_listed: bool = False
        """Whether the list of chats was read since then."""
        self.begins_now: bool = begins_now
        self._schedule = schedule
        self._ledgers: dict[str, Ledger] = {}
        self._removed: dict[str, None] = {}

    def __iter__(self) -> Iterator[Ledger]:
        return iter(list(self._ledgers.values()))

    def __contains__(self, chat_id: str) -> bool:
        return chat_id in self._ledgers

    def get(self, chat_id: str) -> Ledger | None:
        """Return the ledger of a chat, if there is one."""
        return self._ledgers.get(chat_id)

    def of(self, chat_id: str) -> Ledger:
        """Return the ledger of a chat, a new one if the chat is not known."""
        ledger = self._ledgers.get(chat_id)
        if ledger is None:
            ledger = self._ledgers[chat_id] = Ledger(chat_id, self.since)
            ledger.is_brand_new = self.is_listed and chat_id not in self._removed
            ledger.epoch = self.epoch if self.is_listed or self.begins_now else -1
        return ledger

    def put(self, ledger: Ledger) -> None:
        """Add a ledger from a checkpoint."""
        self._ledgers[ledger.chat_id] = ledger

    def remove(self, chat_id: str) -> None:
        """Forget a chat, but not that it was there: late events may come."""
        self._ledgers.pop(chat_id, None)
        self._removed[chat_id] = None
        if len(self._removed) > _REMOVED:
            del self._removed[next(iter(self._removed))]

    def lost(self) -> None:
        """Note that events may be missing: each chat has to be read again."""
        self.epoch += 1
        self.is_listed = False

    @property
    def count(self) -> int:
        """How many messages are remembered."""
        return sum(len(ledger.known) for ledger in self._ledgers.values())

    def trim(self) -> None:
        """Forget the oldest messages of all, if there are too many; each chat keeps its newest.

        A few too many are left for the next time: each time costs a look at every chat.
        """
        excess = self.count - self._schedule.window
        if excess <= self._schedule.window // _SLACK:
            return
        spare = (one for one in self if self._has_spare(one) and not _is_busy(one))
        floors = [(one.floor_time() or 0.0, one.chat_id) for one in spare]
        heapq.heapify(floors)
        while excess > 0 and floors:
            _, chat_id = heapq.heappop(floors)
            ledger = self._ledgers[chat_id]
            number = min(_AT_ONCE, excess, len(ledger.known) - self._schedule.chat_window)
            ledger.trim(number)
            excess -= number
            if self._has_spare(ledger):
                heapq.heappush(floors, (ledger.floor_time() or 0.0, chat_id))

    def _has_spare(self, ledger: Ledger) -> bool:
        return len(ledger.known) > self._schedule.chat_window

    def shallowest(self) -> Ledger | None:
        """Return the chat whose next older message is likely the newest that is not remembered."""
        if self.count >= self._schedule.window:
            return None
        open_ones = [one for one in self if one.cursor is not None]
        return max(open_ones, key=lambda one: one.floor_time() or 0.0, default=None)


def _is_busy(ledger: Ledger) -> bool:
    """Whether live events, or pages that were read, would seem to be new after forgetting."""
    return bool(ledger.held or ledger.doubts) or ledger.is_read
