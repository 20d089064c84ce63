"""One run of a bot: from the start hooks to the last checkpoint."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from .._paging.background import all_done
from ..errors import (
    APIError,
    BeeperDesktopError,
    InvalidInputError,
)
from ..events.checkpoint import Checkpoint
from ..events.gap import Gap
from ..events.kinds import AppStateUpdated, Event, MessageUpserted, SendStatusChanged
from ..models.chat import Chat
from ..models.message import Message
from . import patience
from .authors import Authors
from .calls import Calls, log_failure
from .chats import Chats
from .clock import Clock
from .commands import key_of
from .desk import BotView
from .dispatch import Dispatcher
from .feed import is_from_elsewhere, is_read_up, open_feed
from .handlers import Moment
from .lanes import Order
from .outgoing import Brake, Outgoing, Pace
from .records import Records
from .router import Hook
from .scheduler import Scheduler
from .store import Store
from .table import Table
from .turns import Entry

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop
    from ..events.stream import EventStream

_log = logging.getLogger("beeper_async")

# Events that are taken in one go before handlers get their turn.
_IN_ONE_GO: Final = 32
_SECONDS_BETWEEN_SAVES: Final = 1.0
_SAVES_BETWEEN_LOOKS: Final = 30


@frozen
class Settings:
    """How a bot behaves, as it was made."""

    prefix: str
    name: str | None
    chats: frozenset[str] | None
    concurrency: int
    order: Order
    grace: float
    sends_per_minute: int | None
    sends_per_chat: int | None


class Run:
    """A bot while it runs.

    Args:
        bot: The bot, as handlers see it.
        table: Returns its handlers as they are now.
        hooks: Returns the hooks of a moment.
        settings: How it behaves.
        client: The client; it is not closed.
        store: What the bot keeps; it is not closed.
        clock: The time.
    """

    def __init__(
        self,
        bot: BotView,
        table: Callable[[], Table],
        hooks: Callable[[Moment], list[Hook]],
        settings: Settings,
        client: AsyncBeeperDesktop,
        store: Store,
        clock: Clock,
    ) -> None:
        self.bot = bot
        self.client = client
        self.chats: Chats = Chats(client, (settings.chats or frozenset()) | table().chat_names())
        self._table = table
        self._hooks = hooks
        self._settings = settings
        self._store = store
        self._clock = clock
        self._authors = Authors(client)
        if settings.name is not None:
            self._authors.names.add(key_of(settings.name))
        self.outgoing: Outgoing = Outgoing(
            client,
            Pace(clock, settings.sends_per_minute),
            Brake(clock, settings.sends_per_chat),
        )
        self._begin_anew()
        self.takes: Callable[[Event], bool] | None = None
        """Sees each event before the handlers; returns whether it takes it away from them."""
        self._feed: EventStream | None = None
        self._saved = Checkpoint(store.checkpoint())
        self._was_connected = True
        self._spawned: set[asyncio.Task[Any]] = set()
        self._hook: asyncio.Task[Any] | None = None
        self._reading: asyncio.Timeout | None = None
        self._is_stopping = False

    def _begin_anew(self) -> None:
        """Begin with what is stored: what was not handled is not in it."""
        self.records: Records = Records(self._store)
        self.scheduler: Scheduler = Scheduler(
            self._clock, self._store.jobs(), self._store.last_job(), self._start_job
        )
        self.records.scheduler = self.scheduler
        self._dispatcher = Dispatcher(
            self._table,
            Calls(self._settings.prefix, self._authors.names),
            self,
            self._authors,
            self.records,
            self.scheduler,
            clock=self._clock,
            concurrency=self._settings.concurrency,
            order=self._settings.order,
        )
        self._dispatcher.lanes.on_failure = self.stop

    @property
    def connected(self) -> bool:
        """Whether events arrive at the moment."""
        return self._feed is not None and self._feed.connected

    @property
    def behind(self) -> Mapping[str, str]:
        """The chats that are not caught up, each with the reason."""
        return {} if self._feed is None else self._feed.behind

    @property
    def last_gap(self) -> Gap | None:
        """When and why events were last missing."""
        return None if self._feed is None else self._feed.last_gap

    @property
    def connection(self) -> tuple[int, int]:
        """What tells one connection to the app from another one."""
        return (id(self._feed), 0 if self._feed is None else self._feed.reconnects)

    @property
    def background(self) -> frozenset[asyncio.Task[Any]]:
        """What runs in the background."""
        return frozenset(self._spawned)

    def is_read_up(self) -> bool:
        """Return whether all that is known to have happened was taken."""
        return self._feed is not None and is_read_up(self._feed)

    def at_work(self, asleep: Collection[asyncio.Task[Any]]) -> list[str]:
        """Name what is being done now. An empty list means that the bot waits for something.

        Args:
            asleep: Tasks that don't count: those that sleep by the clock, or have no end.
        """
        tasks = [task for task in self._spawned if task not in asleep]
        return [*self._dispatcher.at_work(asleep), *(_work_of(task) for task in tasks)]

    def stop(self) -> None:
        """Let the run end in good order."""
        self._is_stopping = True
        if self._reading is not None:
            self._reading.reschedule(0)  # a time that has passed
            self._reading = None

    def interrupt(self) -> None:
        """Stop; the second time, cancel everything."""
        if not self._is_stopping:
            self.stop()
            return
        self._dispatcher.cancel()
        for task in (*self._spawned, self._hook):
            if task is not None:
                task.cancel()

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Run a coroutine in the background; its failure is logged."""
        task = asyncio.create_task(work)
        self._spawned.add(task)
        task.add_done_callback(self._spawned_is_over)

    def _spawned_is_over(self, task: asyncio.Task[Any]) -> None:
        self._spawned.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log_failure("work in the background", self.bot, error)

    # -- the life of a bot --------------------------------------------------------------------

    async def live(self, wait_for_app: float | None) -> None:
        """Call hooks and handlers until `stop`; see `Bot.run`."""
        sent = self.client.sent_log.records
        sent.restore(self._store.sent())
        with sent.kept_by(self.records.keep_sent):
            await self._live(wait_for_app)

    async def _live(self, wait_for_app: float | None) -> None:
        await self._call_hooks("startup")
        try:
            is_first = True
            while not self._is_stopping:
                await self._listen(wait_for_app if is_first else None, is_first=is_first)
                is_first = False
        finally:
            await self._call_hooks("shutdown")
        if self._dispatcher.lanes.failure is not None:
            raise self._dispatcher.lanes.failure

    async def _call_hooks(self, moment: Moment) -> None:
        hooks = self._hooks(moment)
        for hook in reversed(hooks) if moment == "shutdown" else hooks:
            self._hook = asyncio.create_task(hook())
            try:
                with suppress(asyncio.CancelledError):
                    await asyncio.shield(self._hook)
                    continue
                # Either the hook was cancelled, by a second signal, or the run is.
                if not self._hook.cancelled():
                    self._hook.cancel()
                    raise asyncio.CancelledError
            finally:
                self._hook = None

    async def _listen(self, wait_for_app: float | None, *, is_first: bool) -> None:
        """Take events until `stop`, or until the stream fails, which can be opened again."""
        if not is_first:
            self._begin_anew()
        grace = self._settings.grace
        tick = asyncio.create_task(self._tick())
        tick.add_done_callback(self._tick_is_over)
        async with AsyncExitStack() as stack:
            try:
                async with self._until_stopped():
                    self._feed = await self._open(stack, wait_for_app)
                    if is_from_elsewhere(self._saved.records, self._feed):
                        self._begin_elsewhere(self._feed)
                    self._save()  # a crash from now on must not lose what comes
                    self._begin_jobs()
                    if is_first:
                        await self._call_hooks("ready")
                    await self._read(self._feed)
                    self._is_stopping = True
            except asyncio.CancelledError:
                grace = 0.0
                raise
            except BeeperDesktopError as error:
                if (
                    not isinstance(error, APIError)
                    or patience.is_final(error)
                    or self._feed is None
                ):
                    raise
                _log.warning("bot: the events have ended (%s)", type(error).__name__)
            finally:
                await self._end(grace, tick)

    def _begin_elsewhere(self, feed: EventStream) -> None:
        """Forget what is known of messages by their IDs, of which the stream has warned."""
        self.client.sent_log.records.forget(self._store.sent())
        now = feed.checkpoint()
        self.records.begin_anew(now.change_from(self._saved))
        self._saved = now

    def _begin_jobs(self) -> None:
        changed = self.scheduler.begin(self._table().jobs.values())
        self.records.commit(set(), changed, [], lambda: None)

    async def _end(self, grace: float, tick: asyncio.Task[None]) -> None:
        """End everything that has begun, even if this is itself cancelled."""
        self.scheduler.end()
        try:
            await self._dispatcher.finish(grace)
        finally:
            tasks = [tick, *self._spawned]
            for task in tasks:
                task.cancel()
            try:
                await all_done(tasks)
            finally:
                feed, self._feed = self._feed, None
                if feed is not None:
                    self._save(feed)

    @asynccontextmanager
    async def _until_stopped(self) -> AsyncGenerator[None]:
        """Run what is inside until `stop` is called."""
        reading = asyncio.timeout(0 if self._is_stopping else None)
        try:
            async with reading:
                self._reading = reading
                yield
        except TimeoutError:
            if not reading.expired():
                raise
        finally:
            self._reading = None

    async def _open(self, stack: AsyncExitStack, wait_for_app: float | None) -> EventStream:
        """Open the stream, as soon as the app is there."""

        async def attempt() -> EventStream:
            await self._prepare()
            return await stack.enter_async_context(
                open_feed(
                    self.client,
                    chat_ids=self._chat_ids(),
                    app_state=self._table().wants(AppStateUpdated),
                    records=self._saved.records,
                )
            )

        feed = await patience.when_app_is_there(attempt, wait_for_app)
        _log.info("bot: listens to %s", self.client.base_url)
        return feed

    async def _prepare(self) -> None:
        """Learn who the user is, and which chats are meant; neither is worth waiting for."""
        try:
            await self._authors.learn()
        except APIError as error:
            _log.info("bot: can't read the accounts (%s)", type(error).__name__)
        await self.chats.resolve()

    def _chat_ids(self) -> list[str] | None:
        chats = self._settings.chats
        return None if chats is None else self.chats.ids_of(chats)

    async def _read(self, feed: EventStream) -> None:
        taken = 0
        async for delivery in feed.deliveries():
            if self.takes is not None and self.takes(delivery.event):
                delivery.acknowledge()
                continue
            self._look_at(delivery.event)
            self._dispatcher.take(Entry(delivery.event, delivery))
            # Before the next one is delivered: whatever is, must be taken.
            await self._dispatcher.lanes.room()
            taken += 1
            if not taken % _IN_ONE_GO:
                await asyncio.sleep(0)

    def _look_at(self, event: Event) -> None:
        self.chats.changed(event)
        if isinstance(event, SendStatusChanged) and event.previous_id is not None:
            self.client.sent_log.records.renamed(event.previous_id, event.message.id)
        if isinstance(event, MessageUpserted):
            status = event.message.send_status
            if status is not None and status.status.startswith("FAIL"):
                self.spawn(self._warn_of_refusal(event))

    async def _warn_of_refusal(self, event: MessageUpserted) -> None:
        message, before = event.message, event.before
        status = message.send_status
        was = before.send_status if before is not None else None
        is_news = was is None or status is None or was.status != status.status
        if status is not None and is_news and await self._authors.by(event) == "bot":
            reason = status.reason or "no reason given"
            _log.warning("bot: the network refused a message to %s (%s)", message.chat_id, reason)

    def _start_job(self, row: Any) -> None:
        self._dispatcher.take_job(row)

    # -- once a second ------------------------------------------------------------------------

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        ticks = 0
        while True:
            await asyncio.sleep(_SECONDS_BETWEEN_SAVES)
            ticks += 1
            self._dispatcher.lanes.watch(loop.time())
            self._watch_connection()
            with suppress(OSError):  # logged; the next time tries again, and the end raises
                self._save(may_fail=True)
            if not ticks % _SAVES_BETWEEN_LOOKS and await self.chats.resolve():
                await self._subscribe()

    def _tick_is_over(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._dispatcher.lanes.fail(error)

    def _save(self, feed: EventStream | None = None, *, may_fail: bool = False) -> None:
        feed = feed or self._feed
        is_written = self.records.flush()
        if feed is None:
            return
        now = feed.checkpoint()
        try:
            self.records.save(now.change_from(self._saved))
        except OSError as error:
            if may_fail:
                _log.error("bot: the checkpoint can't be written; it is tried again (%s)", error)
            raise
        self._saved = now
        if not is_written and not may_fail:
            raise OSError("The store of this bot can't be written.")

    def _watch_connection(self) -> None:
        if self._feed is None or self._feed.connected == self._was_connected:
            return
        self._was_connected = self._feed.connected
        if self._was_connected:
            _log.info("bot: listens again")
        else:
            _log.warning("bot: the app is away; waiting for it")

    async def _subscribe(self) -> None:
        """Listen to chats of which the app has heard only now."""
        if self._feed is None or self._settings.chats is None:
            return
        try:
            app_state = self._table().wants(AppStateUpdated)
            await self._feed.subscribe(self._chat_ids(), app_state=app_state)
        except BeeperDesktopError as error:
            _log.info("bot: can't change the subscription (%s)", type(error).__name__)

    # -- for contexts -------------------------------------------------------------------------

    async def chat(self, chat_id: str) -> Chat:
        """Return a chat, from memory while it has not changed."""
        return await self.chats.get(chat_id)

    async def is_group(self, chat_id: str) -> bool:
        """Return whether a chat is a group."""
        return await self.chats.is_group(chat_id)

    def is_chat(self, chat_id: str, names: frozenset[str]) -> bool:
        """Return whether a chat is one of those that are named."""
        return self.chats.is_one_of(chat_id, names)

    async def is_me(self, message: Message, person_id: str) -> bool:
        """Return whether an ID is one of the user's own."""
        return await self._authors.is_me(message, person_id)

    async def react(self, message_id: str, chat_id: str, key: str) -> None:
        """React to a message."""
        await self.outgoing.react(message_id, chat_id, key)

    def store_state(self, name: str) -> None:
        """Store a state that no handler has changed."""
        self._dispatcher.store_state(name)

    def job_name(self, call: Callable[..., Any]) -> str:
        """Return the name of what runs by itself.

        Raises:
            InvalidInputError: It is not registered.
        """
        handler = self._dispatcher.job_named(call)
        if handler is None or not handler.is_regular:
            raise InvalidInputError("This is not registered with `every` or `daily`.")
        return handler.full_name


def _work_of(task: asyncio.Task[Any]) -> str:
    return f"{getattr(task.get_coro(), '__qualname__', 'something')} in the background"
