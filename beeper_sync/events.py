"""Blocking live events: the stream runs in the event loop thread, events cross over one by one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from types import TracebackType
from typing import Generic, Self, TypeVar

from beeper_async.events.checkpoint import Checkpoint
from beeper_async.events.gap import Gap
from beeper_async.events.kinds import Event
from beeper_async.events.outbox import Delivery
from beeper_async.events.stream import EventStream

from .generators import BlockingIterator
from .portal import Lease

E = TypeVar("E", bound=Event)
T = TypeVar("T")


class _Crossing:
    """Takes events out of a stream, and keeps the last one until the calling thread has it.

    Ctrl-C may come when the event has left the stream and has not arrived. Then it comes again.
    """

    def __init__(self, stream: EventStream, timeout: float | None) -> None:
        self.received: Delivery | None = None
        """What the calling thread got last."""
        self._stream = stream
        self._timeout = timeout
        self._taken: Delivery | None = None
        self._is_handled_by_asking = False

    async def take(self, acknowledges: bool) -> Delivery | None:
        """Return the next event; None at the end, or when nothing happens for a while.

        Args:
            acknowledges: Whether asking for another event acknowledges this one.
        """
        taken = self._taken
        if taken is None or taken is self.received:
            if taken is not None and self._is_handled_by_asking:
                taken.acknowledge()
            taken = self._taken = await self._wait()
        self._is_handled_by_asking = acknowledges
        return taken

    async def _wait(self) -> Delivery | None:
        quiet = asyncio.timeout(self._timeout)
        try:
            async with quiet, aclosing(self._stream.deliveries()) as deliveries:
                return await anext(deliveries, None)
        except TimeoutError:
            if quiet.expired():
                return None
            raise


class _Loop(Iterator[T], Generic[T]):
    """One loop over a stream."""

    def __init__(
        self,
        request: Callable[[], Delivery | None],
        crossing: _Crossing,
        result: Callable[[Delivery], T],
    ) -> None:
        self._request = request
        self._crossing = crossing
        self._result = result

    def __next__(self) -> T:
        delivery = self._request()
        if delivery is None:
            raise StopIteration
        result = self._result(delivery)
        # Nothing is called from here on, so an interruption comes before this or after the return.
        self._crossing.received = delivery
        return result


class SyncEventStream:
    """Live events of the app, to iterate over. Made by `client.events()`.

    One thread iterates over a stream. A second one that waits for an event at the same time gets a
    `ClientUseError`, and the first one gets the event.

    Ctrl-C and other interruptions lose no event: inside of a `with` block, another loop continues
    with the next one.
    """

    def __init__(self, lease: Lease, stream: EventStream, timeout: float | None) -> None:
        self._lease = lease
        self._stream = stream
        self._crossing = _Crossing(stream, timeout)
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
        """When and why events were last missing, and how many messages were found since."""
        return self._stream.last_gap

    @property
    def behind(self) -> Mapping[str, str]:
        """The chats that are not caught up at the moment, by ID, each with the reason.

        They are read again with a growing delay; their live events are delivered meanwhile.
        """
        return self._stream.behind

    def checkpoint(self) -> Checkpoint:
        """Return how far this consumer has come, for `client.events(since=...)` later on.

        It covers the events that were acknowledged: an event is when the next one is requested, or
        with `Delivery.acknowledge`. Cheap enough for once a second. To store only what changed
        since an earlier one, use `change_from`.
        """
        if self._lease.released:
            return self._stream.checkpoint()
        return self._lease.call(self._checkpoint)  # where nothing changes meanwhile

    async def _checkpoint(self) -> Checkpoint:
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
        return self._loop(lambda delivery: delivery.event, acknowledges=True)

    def deliveries(self) -> Iterator[Delivery]:
        """Iterate over events that you acknowledge yourself, in any order and from any thread.

            for delivery in events.deliveries():
                handle(delivery.event)
                delivery.acknowledge()

        A checkpoint covers exactly what was acknowledged: after a restart with it, exactly the
        rest is delivered again.
        """
        return self._loop(lambda delivery: delivery, acknowledges=False)

    def _loop(self, result: Callable[[Delivery], T], *, acknowledges: bool) -> Iterator[T]:
        if self._entered:

            def request() -> Delivery | None:
                return self._lease.call(self._crossing.take, acknowledges)

            return _Loop(request, self._crossing, result)
        # `for event in client.events():` connects, and closes soon after the loop is left.
        items = BlockingIterator(self._lease, self._run(acknowledges))
        return _Loop(partial(next, items, None), self._crossing, result)

    async def _run(self, acknowledges: bool) -> AsyncGenerator[Delivery]:
        async with self._stream:
            while (delivery := await self._crossing.take(acknowledges)) is not None:
                yield delivery
