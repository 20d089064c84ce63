"""The stream of live events: connects, and hands events to its consumer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType, TracebackType
from typing import Any, Final, Self, TypeVar

from attrs import evolve

from .._paging.background import BackgroundTasks
from .._validation import check_range, check_seconds
from ..errors import (
    APIConnectionError,
    APIError,
    BeeperDesktopError,
    ClientUseError,
    InvalidInputError,
    NotFoundError,
    OtherAccountError,
)
from .address import socket_url
from .checkpoint import Checkpoint
from .checkpoint_records import Identity, identity_in
from .connection import Connection, Subscription, chats_of
from .core import Core
from .gap import Gap
from .kinds import Event
from .outbox import Delivery, Outbox
from .schedule import USUAL, Schedule
from .source import Connect, EventSource, Notify, Report
from .waiters import Waiters

_log = logging.getLogger("beeper_async")

E = TypeVar("E", bound=Event)

_NOT_ENTERED: Final = "Use the stream as a context manager: async with client.events() as events."
_SECOND_CONSUMER: Final = (
    "Another task or thread is already waiting for the next event of this stream. Each event goes "
    "to one consumer: open a stream for each with client.events(), or use wait_for, which takes "
    "no event away."
)


_OTHER_ACCOUNT: Final = (
    "The checkpoint belongs to another Beeper account than the app. Sign in to that account, or "
    "begin without the checkpoint; a bot, with another store."
)
_BUFFER_BYTES: Final = 64 * 2**20


class EventStream:
    """Live events of the app; a context manager to iterate over. Made by `client.events()`.

    One consumer iterates over a stream. A second one that waits for an event at the same time gets
    a `ClientUseError`, and the first one gets the event.
    """

    def __init__(
        self,
        source: EventSource,
        background: EventSource,
        chat_ids: Sequence[str] | None = None,
        *,
        connect: Connect,
        notify: Notify,
        report: Report,
        app_state: bool = False,
        since: Checkpoint | datetime | None = None,
        heartbeat: float = 30.0,
        check_every: float = 300.0,
        check_silent_every: float = 30.0,
        remember: int = 10_000,
        buffer: int = 1000,
        schedule: Schedule | None = None,
    ) -> None:
        seconds = {
            "heartbeat": heartbeat,
            "check_every": check_every,
            "check_silent_every": check_silent_every,
        }
        for name, value in seconds.items():
            if check_seconds(name, value) is None or value < 1:
                raise InvalidInputError(f"{name} must be seconds, 1 or more.")
        if check_range("buffer", buffer, 1) is None:
            raise InvalidInputError("buffer must be an integer, 1 or more.")
        if isinstance(since, datetime) and since.tzinfo is None:
            raise InvalidInputError("since needs a time zone, e.g. datetime.now(UTC).")
        self._source = source
        self._background = background
        self._connect = connect
        self._notify = notify
        self._report = report
        self._subscription = Subscription(chats_of(chat_ids), app_state)
        self._since = since
        self._heartbeat = heartbeat
        if check_range("remember", remember, 0) is None:
            raise InvalidInputError("remember must be an integer, 0 or more.")
        self._schedule = schedule or evolve(
            USUAL, check_every=check_every, check_silent_every=check_silent_every, window=remember
        )
        self._outbox = Outbox(buffer, _BUFFER_BYTES)
        self._waiters = Waiters()
        self._workers = BackgroundTasks()
        self._subscribing = asyncio.Lock()
        self._ended = False
        self._last: Delivery | None = None
        self._failure: Exception | None = None
        self._connection: Connection | None = None
        self._core: Core | None = None
        self._void: Gap | None = None
        self._identity = Identity()
        self._complaint: str | None = None

    @property
    def connected(self) -> bool:
        """Whether the socket is open at the moment."""
        return self._connection is not None and self._connection.is_open

    @property
    def reconnects(self) -> int:
        """How often the connection was lost and made again."""
        return 0 if self._connection is None else self._connection.reconnects

    @property
    def last_gap(self) -> Gap | None:
        """When and why events were last missing, and how many messages were found since."""
        gap = None if self._core is None else self._core.reconciler.last_gap
        return gap or self._void

    @property
    def behind(self) -> Mapping[str, str]:
        """The chats that are not caught up at the moment, by ID, each with the reason.

        They are read again with a growing delay; their live events are delivered meanwhile.
        """
        return MappingProxyType({} if self._core is None else dict(self._core.reconciler.behind))

    def checkpoint(self) -> Checkpoint:
        """Return how far this consumer has come, for `client.events(since=...)` later on.

        It covers the events that were acknowledged: an event is when the next one is requested, or
        with `Delivery.acknowledge`. Cheap enough for once a second. To store only what changed
        since an earlier one, use `change_from`.
        """
        if self._core is None:
            raise ClientUseError(_NOT_ENTERED)
        return self._core.checkpoint()

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
        if self._connection is None or self._core is None:
            raise ClientUseError(_NOT_ENTERED)
        wanted = Subscription(chats_of(chat_ids), app_state)
        async with self._subscribing:
            self._raise_failure()
            old = self._connection.subscription.chat_ids
            if old is not None and wanted.chat_ids is None:
                await self._begin_now()
            wanted = await self._resolved(wanted, known=old or ())
            self._raise_failure()
            await self._connection.subscribe(wanted)
            self._core.forget_others(wanted.chat_ids)

    def wait_for(
        self,
        event_type: type[E],
        predicate: Callable[[E], bool] | None = None,
        timeout: float | None = None,
    ) -> Coroutine[Any, Any, E]:
        """Wait for an event as it arrives, without taking it away from the iteration.

            reply = events.wait_for(MessageCreated, lambda e: not e.is_own, timeout=60)
            await client.messages.send(chat_id, text="Ready?")
            event = await reply

        It sees every event from the call on, so what happens between the call and the `await` is
        not missed. The timeout begins with the `await`.

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
        if self._core is None:
            raise ClientUseError(_NOT_ENTERED)
        self._raise_failure()
        return self._waiters.wait_for(event_type, predicate, timeout)

    async def __aenter__(self) -> Self:
        self._workers.begin()
        url = await socket_url(self._source)
        since = await self._checked(self._since)
        self._core = Core(
            self._background,
            self._notify,
            self._report,
            self._schedule,
            since,
            self._chat_ids,
            self._outbox,
            self._waiters,
            lambda work: self._workers.start(work, self._lose),
        )
        self._core.identity = self._identity
        # Before subscribing: what happens between the two is then found again as missed.
        if since is None and self._subscription.chat_ids is None:
            await self._begin_now()
        self._subscription = await self._resolved(self._subscription, is_new=since is None)
        self._connection = Connection(
            lambda: self._connect(url),
            self._core,
            self._subscription,
            self._core.refusals,
            heartbeat=self._heartbeat,
        )
        try:
            retries, max_wait = self._source.max_retries, self._source.max_retry_after
            await self._connection.open(retries + 1, max_wait)
        except NotFoundError as error:
            error.add_note("Live events came with app 4.2.557; this one seems to be older.")
            raise
        if self._complaint is not None:  # only now: who fails to connect may try again and again
            _log.warning("events: %s", self._complaint)
        for work in (self._connection.run, self._core.reconciler.run, self._core.chat_list.run):
            self._workers.start(partial(self._guarded, work), self._lose)
        return self

    async def _checked(self, since: Checkpoint | datetime | None) -> Checkpoint | datetime | None:
        """Return where to begin: not at the checkpoint of another installation.

        Raises:
            OtherAccountError: The checkpoint belongs to another account.
        """
        saved = identity_in(since) if isinstance(since, Checkpoint) else Identity()
        now = await self._read_identity(is_needed=isinstance(since, Checkpoint))
        # What can't be read is taken for what it was, and stays known for the next time.
        self._identity = Identity(
            now.account or saved.account, now.installation or saved.installation
        )
        if saved.account and saved.account != self._identity.account:
            raise OtherAccountError(_OTHER_ACCOUNT)
        if saved.installation and saved.installation != self._identity.installation:
            self._complaint = (
                "the checkpoint is of another installation of the app, which has other message "
                "IDs; events begin now"
            )
            self._void = Gap(datetime.now(UTC), "installation", 0)
            return None
        return since

    async def _read_identity(self, *, is_needed: bool) -> Identity:
        try:
            matrix = (await self._source.app.setup.retrieve()).matrix
        except APIConnectionError:
            raise
        except APIError as error:
            problem = f" ({type(error).__name__})"
        else:
            if matrix is not None:
                return Identity(matrix.user_id, matrix.device_id)
            problem = ""
        if is_needed:
            self._complaint = f"can't read whose app this is{problem}"
        return Identity()

    async def _begin_now(self) -> None:
        """Note the last messages: what comes after them is new."""
        if self._core is not None:
            self._core.begin_now((await self._source.chats.list()).items)

    async def _resolved(
        self, wanted: Subscription, known: Sequence[str] = (), *, is_new: bool = True
    ) -> Subscription:
        """Return a subscription to the chats that own messages: of a merged chat its members.

        Args:
            wanted: What is asked for.
            known: The chats of the subscription before.
            is_new: Whether the messages that the chats have now are not to be delivered.
        """
        if wanted.chat_ids is None or self._core is None:
            return wanted
        chat_ids: dict[str, None] = {}
        for chat_id in wanted.chat_ids:
            if chat_id in known:
                chat_ids[chat_id] = None
                continue
            chat = await self._source.chats.retrieve(chat_id)
            members = [chat.id] if chat.merge is None else chat.merge.chat_ids
            for member in members:
                chat_ids[member] = None
                if is_new:
                    await self._core.learn(member)
        return evolve(wanted, chat_ids=tuple(chat_ids))

    def _chat_ids(self) -> tuple[str, ...] | None:
        return None if self._connection is None else self._connection.subscription.chat_ids

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended = True
        self._fail(ClientUseError("The stream of events was closed."))
        self._outbox.drop_all()
        try:
            await self._workers.stop()
        finally:
            if self._connection is not None:
                await self._connection.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        if (last := self._last) is not None:
            self._last = None
            last.acknowledge()
        delivery = self._outbox.get_nowait()
        if delivery is None:
            delivery = await self._next()
            if delivery is None:
                raise StopAsyncIteration
        self._last = delivery
        return delivery.event

    async def deliveries(self) -> AsyncGenerator[Delivery]:
        """Iterate over events that you acknowledge yourself, in any order.

            async for delivery in events.deliveries():
                await handle(delivery.event)
                delivery.acknowledge()

        A checkpoint covers exactly what was acknowledged: after a restart with it, exactly the
        rest is delivered again.
        """
        while True:
            if (last := self._last) is not None:  # of an iteration before
                self._last = None
                last.acknowledge()
            delivery = await self._next()
            if delivery is None:
                return
            yield delivery

    async def _next(self) -> Delivery | None:
        if self._core is None:
            raise ClientUseError(_NOT_ENTERED)
        if self._ended:
            return None
        if self._outbox.is_awaited:
            raise ClientUseError(_SECOND_CONSUMER)
        try:
            delivery = await self._outbox.get()
        except Exception:
            self._ended = True
            raise
        self._ended = delivery is None
        return delivery

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception as error:  # delivered where it belongs: after the events before it
            self._fail(error)
            self._outbox.end(error)

    def _lose(self, error: BaseException) -> None:
        """End the stream with what ended one of its tasks."""
        reason: Exception
        if isinstance(error, Exception):
            reason = error
        else:  # such as a stray cancellation
            name = type(error).__name__
            reason = BeeperDesktopError(f"The stream of events ended with {name}.")
            reason.__cause__ = error
        self._fail(reason)
        self._outbox.end(reason)

    def _fail(self, error: Exception) -> None:
        """Hand all who wait for anything the reason why the stream ends."""
        self._failure = self._failure or error
        self._waiters.fail(error)
        if self._connection is not None:
            self._connection.fail(error)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
