"""The frames that wait to be worked on, a bounded number of them.

The receiving side must never wait for handlers: the app would drop the connection, or the messages.
So a full inbox drops what comes, from one point on, and marks that point. Whoever empties it then
fetches over HTTP what was dropped.
"""

import asyncio
from enum import Enum
from typing import TypeAlias


class Mark(Enum):
    """Stands between frames for a place where something may be missing."""

    CONNECTED = "connected"
    """What follows comes over a new connection."""
    OVERFLOW = "overflow"
    """Frames were dropped here, because too many waited."""
    CHECK = "check"
    """Nothing is known to be missing, but it is time to look."""


Item: TypeAlias = bytes | Mark


class Inbox:
    """A queue that drops and marks instead of growing."""

    def __init__(self, size: int) -> None:
        self.arrived: int = 0
        """How many items were ever added, each of which has its number by that."""
        self.taken: int = 0
        """How many items were ever taken out: the number of the last one."""
        self.last_dropped: Item | None = None
        """What was dropped last, in the place of which an OVERFLOW stands; checks don't count."""
        self._size = size
        self._items: asyncio.Queue[Item] = asyncio.Queue()
        self._dropping = False

    @property
    def is_full(self) -> bool:
        """Whether the next frame would be dropped."""
        return self._items.qsize() >= self._size

    def put(self, item: Item) -> None:
        """Add a frame or a mark."""
        if self.is_full and not self._dropping:
            self._dropping, self.last_dropped = True, None
            self._add(Mark.OVERFLOW)
        if not self._dropping:
            self._add(item)
        elif item is not Mark.CHECK:
            self.last_dropped = item

    async def get(self) -> Item:
        """Take the oldest item out; wait for one if there is none."""
        item = await self._items.get()
        self.taken += 1
        if item is Mark.OVERFLOW:
            self._dropping = False
        return item

    def _add(self, item: Item) -> None:
        self.arrived += 1
        self._items.put_nowait(item)
