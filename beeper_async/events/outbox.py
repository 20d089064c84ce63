"""Events on their way to the consumer, until they are acknowledged.

Putting an event never waits: the receiving side must not, or the app would drop the connection.
Who puts events looks at `is_full` first, and keeps back what can be found again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator

from attrs import define, field

from .kinds import Event
from .ledger import Ledger
from .states import State


@define(eq=False, weakref_slot=False)
class Delivery:
    """An event that was handed to a consumer, until it is acknowledged.

    A checkpoint does not cover it before: a stream that begins there delivers it again.
    """

    event: Event
    _outbox: Outbox = field(repr=False)
    ledger: Ledger | None = field(default=None, repr=False)
    message_id: str | None = field(default=None, repr=False)
    before: State | None = field(default=None, repr=False)
    previous_id: str | None = field(default=None, repr=False)
    size: int = field(default=0, repr=False)

    def acknowledge(self) -> None:
        """Note that the event has been handled. A second time changes nothing."""
        self._outbox.acknowledge(self)


class Outbox:
    """The events that wait for the consumer, and those that it has not acknowledged."""

    def __init__(self, size: int, max_bytes: int) -> None:
        self.on_room: Callable[[], None] = lambda: None
        """Called when half of it is free again."""
        self._size = size
        self._max_bytes = max_bytes
        self._bytes = 0
        self._waiting: deque[Delivery] = deque()
        self._unacknowledged: dict[Delivery, None] = {}
        self._was_full = False
        self._end: Exception | None = None
        self._has_ended = False
        self._consumer: asyncio.Future[None] | None = None
        self._room: list[asyncio.Future[None]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether live events have to be kept back."""
        is_full = len(self._waiting) >= self._size or self._bytes >= self._max_bytes
        self._was_full |= is_full
        return is_full

    @property
    def is_awaited(self) -> bool:
        """Whether a consumer waits for an event."""
        return self._consumer is not None

    def put(
        self,
        event: Event,
        ledger: Ledger | None = None,
        message_id: str | None = None,
        before: State | None = None,
        previous_id: str | None = None,
        size: int = 0,
    ) -> None:
        """Put an event.

        Args:
            event: The event.
            ledger: The chat of its message.
            message_id: ID of the message whose state it changes.
            before: How the message was before; None if it was not known.
            previous_id: The ID that it had before, if that is another one.
            size: About how many bytes it takes.
        """
        delivery = Delivery(event, self, ledger, message_id, before, previous_id, size)
        self._waiting.append(delivery)
        self._bytes += size
        if message_id is not None:
            self._unacknowledged[delivery] = None
        if self._consumer is not None and not self._consumer.done():
            self._consumer.set_result(None)

    def end(self, error: Exception | None) -> None:
        """End the stream after all events. The first end counts."""
        if not self._has_ended:
            self._has_ended, self._end = True, error
        if self._consumer is not None and not self._consumer.done():
            self._consumer.set_result(None)
        self._wake_room()

    def drop_all(self) -> None:
        """Let nothing come any more; what was not handed out counts as not delivered."""
        self._waiting.clear()
        self.end(None)

    async def get(self) -> Delivery | None:
        """Return the next event; None at the end.

        A cancelled wait takes nothing.

        Raises:
            Exception: What ended the stream.
        """
        while not self._waiting:
            if self._has_ended:
                error, self._end = self._end, None
                if error is not None:
                    raise error
                return None
            self._consumer = asyncio.get_running_loop().create_future()
            try:
                await self._consumer
            finally:
                self._consumer = None
        return self._take()

    def get_nowait(self) -> Delivery | None:
        """Return the next event; None if there is none, or another consumer waits for it."""
        return self._take() if self._waiting and self._consumer is None else None

    def _take(self) -> Delivery:
        delivery = self._waiting.popleft()
        self._bytes -= delivery.size
        if self._was_full and self._is_half_empty:
            self._was_full = False
            self._wake_room()
            self.on_room()
        return delivery

    @property
    def _is_half_empty(self) -> bool:
        return len(self._waiting) * 2 <= self._size and self._bytes * 2 <= self._max_bytes

    def acknowledge(self, delivery: Delivery) -> None:
        """Note that an event has been handled."""
        self._unacknowledged.pop(delivery, None)

    def unacknowledged(self) -> Iterator[Delivery]:
        """Iterate over what was put and not acknowledged, oldest first.

        Other threads may acknowledge meanwhile.
        """
        return iter(list(self._unacknowledged))

    async def room(self) -> None:
        """Wait until there is room for what was found on pages."""
        while self.is_full and not self._has_ended:
            room: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._room.append(room)
            try:
                await room
            finally:
                self._room.remove(room)

    def _wake_room(self) -> None:
        for room in self._room:
            if not room.done():
                room.set_result(None)
