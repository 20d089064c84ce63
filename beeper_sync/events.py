"""Blocking live events: the stream runs in the event loop thread, events cross over one by one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import (
    Self,
    TypeVar,
)

from beeper_async.events.checkpoint import Checkpoint
from beeper_async.events.gap import Gap
from beeper_async.events.kinds import Event
from beeper_async.events.stream import EventStream

from .generators import BlockingIterator
from .portal import Lease

E = TypeVar("E", bound=Event)


class SyncEventStream:
    """Live events of the app, to iterate over. Made by `client.events()`.

    One thread iterates over a stream. A second one that waits for an event at the same time gets a
    `ClientUseError`, and the first one gets the event.
    """

    def __init__(self, lease: Lease, stream: EventStream, timeout: float | None) -> None:
        self._lease = lease
        self._stream = stream
        self._timeout = timeout
        self._entered = False

    @property
    def connected(self) -> bool:
        """Whether the socket is open at the moment."""
        return self._stream.connected

    @property
    def reconnects(self) -> int:
        """How often the connection was lost and made again."""
        return self._stream.reconnects

    @property
    def last_gap(self) -> Gap | None:
        """When and why something was missing last, and how much was recovered; None for never."""
        return self._stream.last_gap

    def checkpoint(self) -> Checkpoint:
        """Return how far this consumer has come, for `client.events(since=...)` later on.

        It covers what the iteration has handed out so far. What was handed out last counts as done,
        so take it after working on an event, not before.
        """
        return self._stream.checkpoint()

    def subscribe(self, chat_ids: Sequence[str] | None, *, app_state: bool = False) -> None:
        """Change what is told while the stream goes on.

        Args:
            chat_ids: Only these chats; none with `[]`; None for all.
            app_state: Also tell how the app's sign-in goes on; apps before 4.3 refuse that.

        Raises:
            SubscriptionError: The app refuses it.
            NotFoundError: There is no such chat.
            APIError: Any other failure of a call.
        """
        self._lease.call(self._stream.subscribe, chat_ids, app_state=app_state)

    def wait_for(
        self,
        event_type: type[E],
        predicate: Callable[[E], bool] | None = None,
        timeout: float | None = None,
    ) -> E:
        """Wait for an event as it arrives, without taking it away from the iteration.

        Args:
            event_type: The class of event, e.g. `MessageCreated`.
            predicate: Which of them, called in another thread; None for the next one.
            timeout: Seconds to wait; None for as long as it takes.

        Returns:
            The event.

        Raises:
            TimeoutError: None came in time. If nobody iterates, no more than the `buffer` of the
                stream is looked at.
            BeeperDesktopError: The stream has ended; this is why.
        """
        return self._lease.call(self._stream.wait_for, event_type, predicate, timeout)

    def __enter__(self) -> Self:
        self._lease.call(self._stream.__aenter__)
        self._entered = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._entered = False
        self._lease.call(self._stream.__aexit__, kind, error, trace)

    def __iter__(self) -> Iterator[Event]:
        # `for event in client.events():` connects, and closes soon after the loop is left.
        return BlockingIterator(self._lease, self._events() if self._entered else self._run())

    async def _run(self) -> AsyncGenerator[Event]:
        async with self._stream, aclosing(self._events()) as events:
            async for event in events:
                yield event

    async def _events(self) -> AsyncGenerator[Event]:
        while (event := await self._next()) is not None:
            yield event

    async def _next(self) -> Event | None:
        quiet = asyncio.timeout(self._timeout)
        try:
            async with quiet:
                return await anext(self._stream, None)
        except TimeoutError:
            if quiet.expired():
                return None
            raise
