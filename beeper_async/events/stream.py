"""The stream of live events, from which nothing is missing.

Two tasks stand behind it. One keeps the socket open and only receives (`line`); it never waits, so
the app never has to. The other (`pump`) turns what was received into events, fetches over HTTP what
was missed, drops what was already delivered, and waits when the consumer is slow.

    line -> inbox (bounded: drops and marks) -> pump -> outbox (bounded: waits) -> consumer
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Final, Self, TypeVar

from .._paging.background import BackgroundTasks, EndOfStream
from .._validation import check_range, check_seconds
from ..errors import BeeperDesktopError, ClientUseError, InvalidInputError, NotFoundError
from .address import socket_url
from .checkpoint import Checkpoint, Marks
from .inbox import Inbox, Mark
from .kinds import Event
from .line import Line, Subscription, chats_of
from .pump import Delivery, Gap, Outbox, Pump
from .recovery import EVER, Recovery
from .source import Connect, EventSource, Notify, Report
from .waiters import Waiters

E = TypeVar("E", bound=Event)

_NOT_ENTERED: Final = "Use the stream as a context manager: async with client.events() as events."
_SECOND_CONSUMER: Final = (
    "Another task or thread is already waiting for the next event of this stream. Each event goes "
    "to one consumer: open a stream for each with client.events(), or use wait_for, which takes "
    "no event away."
)


def checkpoint_at(since: datetime | Checkpoint | None) -> Checkpoint:
    """Return the checkpoint of a time, or of before everything."""
    if isinstance(since, Checkpoint):
        return since
    if since is not None and since.tzinfo is None:
        raise InvalidInputError("since needs a time zone, e.g. datetime.now(UTC).")
    return Checkpoint(EVER if since is None else since)


class EventStream:
    """Live events of the app; a context manager to iterate over. Made by `client.events()`.

    One consumer iterates over a stream. A second one that waits for an event at the same time gets
    a `ClientUseError`, and the first one gets the event.
    """

    def __init__(
        self,
        source: EventSource,
        chat_ids: Sequence[str] | None = None,
        *,
        connect: Connect,
        notify: Notify,
        report: Report,
        app_state: bool = False,
        since: Checkpoint | None = None,
        heartbeat: float = 30.0,
        check_every: float = 300.0,
        buffer: int = 1000,
    ) -> None:
        for name, value in (("heartbeat", heartbeat), ("check_every", check_every)):
            if check_seconds(name, value) is None or value < 1:
                raise InvalidInputError(f"{name} must be seconds, 1 or more.")
        if check_range("buffer", buffer, 1) is None:
            raise InvalidInputError("buffer must be an integer, 1 or more.")
        self._source = source
        self._connect = connect
        self._notify = notify
        self._report = report
        self._subscription = Subscription(chats_of(chat_ids), app_state)
        self._since = since
        self._heartbeat = heartbeat
        self._check_every = check_every
        self._inbox = Inbox(buffer)
        self._outbox: Outbox = asyncio.Queue(buffer)
        self._waiters = Waiters()
        self._recovery = Recovery(source)
        self._workers = BackgroundTasks()
        self._subscribing = asyncio.Lock()
        self._is_awaited = False
        self._ended = False
        self._failure: Exception | None = None
        self._line: Line | None = None
        self._pump: Pump | None = None
        self._delivered: Marks | None = None

    @property
    def connected(self) -> bool:
        """Whether the socket is open at the moment."""
        return self._line is not None and self._line.connected

    @property
    def reconnects(self) -> int:
        """How often the connection was lost and made again."""
        return 0 if self._line is None else self._line.reconnects

    @property
    def last_gap(self) -> Gap | None:
        """When and why something was missing last, and how much was recovered; None for never."""
        return None if self._pump is None else self._pump.last_gap

    def checkpoint(self) -> Checkpoint:
        """Return how far this consumer has come, for `client.events(since=...)` later on.

        It covers what the iteration has handed out so far. What was handed out last counts as done,
        so take it after working on an event, not before.
        """
        if self._delivered is None:
            raise ClientUseError(_NOT_ENTERED)
        return self._delivered.checkpoint()

    async def subscribe(self, chat_ids: Sequence[str] | None, *, app_state: bool = False) -> None:
        """Change what is told while the stream goes on.

        Args:
            chat_ids: Only these chats; none with `[]`; None for all.
            app_state: Also tell how the app's sign-in goes on; apps before 4.3 refuse that.

        Raises:
            SubscriptionError: The app refuses it.
            NotFoundError: There is no such chat.
            APIError: Any other failure of a call.
        """
        if self._line is None or self._pump is None or self._delivered is None:
            raise ClientUseError(_NOT_ENTERED)
        wanted = Subscription(chats_of(chat_ids), app_state)
        async with self._subscribing:
            self._raise_failure()
            old, new = self._line.subscription.chat_ids, wanted.chat_ids
            if old is not None:
                further = None if new is None else tuple(one for one in new if one not in old)
                now = (await self._recovery.now(further)).without(old)
                self._pump.adopt(now)
                self._delivered.adopt(now)
            self._raise_failure()
            await self._line.subscribe(wanted)
            self._inbox.put(Mark.CHECK)

    async def wait_for(
        self,
        event_type: type[E],
        predicate: Callable[[E], bool] | None = None,
        timeout: float | None = None,
    ) -> E:
        """Wait for an event as it arrives, without taking it away from the iteration.

            ready = await events.wait_for(MessageCreated, lambda e: not e.is_own, timeout=60)

        Args:
            event_type: The class of event, e.g. `MessageCreated`.
            predicate: Which of them; None for the next one.
            timeout: Seconds to wait; None for as long as it takes.

        Returns:
            The event.

        Raises:
            TimeoutError: None came in time. If nobody iterates, no more than the `buffer` of the
                stream is looked at.
            BeeperDesktopError: The stream has ended; this is why.
        """
        if self._delivered is None:
            raise ClientUseError(_NOT_ENTERED)
        self._raise_failure()
        return await self._waiters.wait_for(event_type, predicate, timeout)

    async def __aenter__(self) -> Self:
        self._workers.begin()
        chat_ids = self._subscription.chat_ids
        url = await socket_url(self._source)
        # Before subscribing: what happens between the two is then found again as missed.
        since = self._since or await self._recovery.now(chat_ids)
        self._line = Line(
            lambda: self._connect(url),
            self._inbox,
            self._subscription,
            heartbeat=self._heartbeat,
        )
        self._delivered = Marks(since)
        self._pump = Pump(
            self._source,
            self._notify,
            self._report,
            self._line,
            self._inbox,
            self._outbox,
            self._waiters,
            since,
        )
        try:
            await self._line.open(self._source.max_retries + 1, self._source.max_retry_after)
        except NotFoundError as error:
            error.add_note("Live events came with app 4.2.557; this one seems to be older.")
            raise
        for work in (self._line.run, self._pump.run, self._check):
            self._workers.start(partial(self._guarded, work), self._lose)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended = True
        self._fail(ClientUseError("The stream of events was closed."))
        try:
            await self._workers.stop()
        finally:
            if not self._outbox.full():  # a consumer may wait for it still
                self._outbox.put_nowait(EndOfStream())
            if self._line is not None:
                await self._line.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        if self._delivered is None:
            raise ClientUseError(_NOT_ENTERED)
        if self._ended:
            raise StopAsyncIteration
        if self._is_awaited:
            raise ClientUseError(_SECOND_CONSUMER)
        self._is_awaited = True
        try:
            item = await self._outbox.get()
        finally:
            self._is_awaited = False
        if isinstance(item, Delivery):
            if item.message is not None:
                self._delivered.take(item.message)
            if item.settled is not None:
                self._delivered.settle(item.settled)
            return item.event
        self._ended = True
        if isinstance(item, Exception):
            raise item
        raise StopAsyncIteration

    async def _check(self) -> None:
        """Have a look now and then: an event lost at the very end leaves no gap to notice."""
        while True:
            await asyncio.sleep(self._check_every)
            self._inbox.put(Mark.CHECK)

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception as error:  # delivered where it belongs: after the events before it
            await self._deliver(error)
        await self._outbox.put(EndOfStream())

    async def _deliver(self, error: Exception) -> None:
        self._fail(error)
        await self._outbox.put(error)

    def _lose(self, error: BaseException) -> None:
        """End the stream with what is no `Exception`, such as a stray cancellation."""
        reason = BeeperDesktopError(f"The stream of events ended with {type(error).__name__}.")
        reason.__cause__ = error
        self._workers.start(partial(self._deliver, reason), lambda _: self._fail(reason))

    def _fail(self, error: Exception) -> None:
        """Tell all who wait for anything why the stream ends."""
        self._failure = self._failure or error
        self._waiters.fail(error)
        if self._line is not None:
            self._line.fail(error)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
