"""What stands behind a stream: it puts the parts together and starts them.

connection -> intake --------------------------> recorder -> outbox -> consumer
                | asks for reads                    ^
                v                                   |
chat_list -> reconciler -> agenda -> reader, resolver
                                     (HTTP)
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from ..models.chat import ChatListResponse
from .changes import Source
from .chat_list import ChatList, activity
from .checkpoint import Checkpoint
from .checkpoint_records import CheckpointWriter, Identity, restore
from .intake import Intake
from .ledger import Ledger, no_time
from .ledgers import Ledgers
from .outbox import Outbox
from .placement import place
from .reader import Reader
from .reconciler import Reconciler
from .recorder import Recorder
from .refusals import Refusals
from .schedule import Schedule
from .source import EventSource, Notify, Report
from .waiters import Waiters


class Core:
    """Takes frames, reads what is missing, and fills the outbox.

    Args:
        source: The client, for reads in the background.
        notify: Called with the ID of a chat in which an own message was created or changed.
        report: Takes records that can't be read.
        schedule: When what is read.
        since: Where to begin; None means now.
        chat_ids: Returns the chats that the stream is about.
        outbox: Takes the events.
        waiters: See each event as it arrives.
        start: Starts a task.
    """

    def __init__(
        self,
        source: EventSource,
        notify: Notify,
        report: Report,
        schedule: Schedule,
        since: Checkpoint | datetime | None,
        chat_ids: Callable[[], tuple[str, ...] | None],
        outbox: Outbox,
        waiters: Waiters,
        start: Callable[[Callable[[], Awaitable[None]]], None],
    ) -> None:
        clock = asyncio.get_running_loop().time
        self.identity: Identity = Identity()
        self.refusals: Refusals = Refusals()
        self._outbox = outbox
        self._writer = CheckpointWriter()
        begin = _just_before(since) if isinstance(since, datetime) else no_time()
        self.ledgers: Ledgers = Ledgers(schedule, begin, begins_now=since is None)
        self._recorder = Recorder(outbox, waiters, notify, self._ask, self.ledgers.trim)
        self.reader: Reader = Reader(source, clock, schedule.just_read)
        self.reconciler: Reconciler = Reconciler(
            self.ledgers,
            self._recorder,
            outbox,
            self.reader,
            report,
            schedule,
            clock,
            self.refusals,
            self._want_list,
            chat_ids,
            start,
        )
        self.chat_list: ChatList = ChatList(
            source,
            self.ledgers,
            self.reconciler,
            self._recorder,
            outbox,
            schedule,
            self.refusals,
            chat_ids,
        )
        self._intake = Intake(
            self.ledgers,
            self._recorder,
            outbox,
            self.reconciler,
            report,
            self.chat_list.remove,
            self.chat_list.heard,
            schedule,
            clock,
        )
        self.reconciler.attach(self._intake)
        self.take: Callable[[bytes], None] = self._intake.take
        if isinstance(since, Checkpoint):
            self.chat_list.rows = restore(since, self.ledgers, clock())

    @property
    def is_caught_up(self) -> bool:
        """Whether everything that is known to be missing was read and handed to the outbox."""
        is_waiting = any(one.held or one.doubts for one in self.ledgers)
        return self.chat_list.is_idle and self.reconciler.is_idle and not is_waiting

    def begin_now(self, chats: Sequence[ChatListResponse]) -> None:
        """Count everything up to now as known.

        Args:
            chats: The chats with the latest activity.
        """
        self.ledgers.since = max(map(activity, chats), default=self.ledgers.since)
        for chat in chats:
            if chat.preview is not None and chat.merge is None:
                self.ledgers.of(chat.id).anchor(chat.preview)

    async def learn(self, chat_id: str) -> None:
        """Take how a chat is now for known: nothing of it is new.

        Raises:
            NotFoundError: There is no such chat.
            APIError: It can't be read.
        """
        ledger = self.ledgers.of(chat_id)
        if not ledger.known:
            ledger.since = datetime.max.replace(tzinfo=UTC)
            async for stretch in self.reader.newest(ledger, is_deep=False):
                place(ledger, stretch)
            ledger.since = no_time() if not ledger.known else datetime.now(UTC)

    def forget_others(self, chat_ids: Sequence[str] | None) -> None:
        """Forget the chats that the stream is no longer about, and look at the others."""
        if chat_ids is not None:
            for ledger in self.ledgers:
                if ledger.chat_id not in chat_ids:
                    self.reconciler.drop(ledger.chat_id)
                    self.ledgers.remove(ledger.chat_id)
        self.chat_list.want()

    def checkpoint(self) -> Checkpoint:
        """Return what is known, rolled back by everything that was not acknowledged."""
        return self._writer.write(
            self.ledgers, self.chat_list.rows, self.identity, self._outbox.unacknowledged()
        )

    def connected(self) -> None:
        """Note that what follows comes over a new connection."""
        self._intake.connected()
        self.reconciler.connected(True)
        self.chat_list.connected(True)

    def disconnected(self) -> None:
        """Note that the connection was lost: until it is back, no chat is read."""
        self.reconciler.connected(False)
        self.chat_list.connected(False)

    def _ask(self, ledger: Ledger, message_id: str, source: Source) -> None:
        self.reconciler.ask(ledger, message_id, source)

    def _want_list(self) -> None:
        self.chat_list.want()


def _just_before(time: datetime) -> datetime:
    """Return the time after which messages are new: those at the given time are, too."""
    is_first = time.replace(tzinfo=None) == datetime.min
    return time if is_first else time - timedelta(microseconds=1)
