"""Bot: handlers for live events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from .._validation import check_range, check_seconds, check_text_list
from ..errors import ClientUseError, InvalidInputError
from ..events.checkpoint import Checkpoint
from ..events.kinds import AppStateUpdated, Event, MessageCreated, SendStatusChanged
from ..events.waiters import Waiters
from .checkpoint_file import Saver, read_checkpoint
from .context import Context as Context
from .dispatch import Dispatcher
from .handlers import Handler, Handling, Matches, command_handler, handler, is_word
from .progress import Progress
from .selves import Selves
from .signals import on_signals

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop
    from ..events.stream import EventStream

E = TypeVar("E", bound=Event)

# Events that are taken in one go before handlers get their turn.
_IN_ONE_GO: Final = 32


class Bot:
    """Calls handlers for live events, and misses none of them.

    The events of a chat are handled one after the other, in their order; chats side by side. Up
    to 1000 events wait for their handlers; beyond that the stream is not read on, and nothing is
    lost by it.

    Args:
        client: The client; it is not closed.
        chat_ids: Only events of these chats; None for all.
        since: A checkpoint: messages since then come first. None begins now.
        prefix: What commands begin with; not empty.
        concurrency: How many handlers may be at work at once, 1 or more.
        grace: Seconds that handlers at work have to finish after `stop`, 0 or more.
        checkpoint_file: Where to keep the checkpoint, at most a second old. If the file is there,
            it goes before `since`.

    Raises:
        InvalidInputError: A parameter can't be right.

    Example:
        import asyncio

        async with AsyncBeeperDesktop() as client:
            bot = Bot(client)

            @bot.command("ping")
            async def ping(ctx: Context[MessageCreated]) -> None:
                await ctx.reply("pong")

            asyncio.get_running_loop().call_later(0.5, bot.stop)  # or it runs until Ctrl-C
            await bot.run()
    """

    def __init__(
        self,
        client: AsyncBeeperDesktop,
        *,
        chat_ids: Sequence[str] | None = None,
        since: Checkpoint | None = None,
        prefix: str = "/",
        concurrency: int = 16,
        grace: float = 10.0,
        checkpoint_file: str | PathLike[str] | None = None,
    ) -> None:
        if not is_word(prefix):
            raise InvalidInputError("prefix must have at least one character, and no space.")
        self._client = client
        self._chat_ids: Sequence[str] | None = check_text_list(
            "chat_ids", chat_ids, may_be_empty=True
        )
        self._checkpoint = since
        self._prefix = prefix
        self._concurrency: int = check_range("concurrency", concurrency, 1)
        self._grace: float = check_seconds("grace", grace)
        self._file = None if checkpoint_file is None else Path(checkpoint_file)
        self._handlers: list[Handler] = []
        self._waiters = Waiters()
        self._selves = Selves(client)
        self._dispatcher: Dispatcher | None = None
        self._progress: Progress | None = None
        self._saver = Saver(self._file, self.checkpoint)
        self._reading: asyncio.Timeout | None = None
        self._is_stopping = False

    def on(
        self,
        event_type: type[E],
        *,
        in_chat: str | Iterable[str] | None = None,
        matches: Matches[E] | None = None,
        own: bool = False,
    ) -> Callable[[Handling[E]], Handling[E]]:
        """Register a handler: `async def handler(ctx: Context[MessageCreated])`.

        Handlers of one event are called one after the other, in the order of registration.

        Args:
            event_type: The class of events, e.g. `MessageCreated`, or one above it.
            in_chat: Only in this chat, or in these.
            matches: A regular expression, found anywhere in the plain text of the message; or a
                function that takes the event and tells whether it is one for the handler.
            own: Also for what the user does, and so what the bot itself does. Such a handler has
                to take care itself not to answer itself for ever.

        Returns:
            A decorator, which leaves the function as it is.

        Raises:
            InvalidInputError: A parameter can't be right, or what is registered is no coroutine
                function.
        """

        def register(call: Handling[E]) -> Handling[E]:
            self._handlers.append(
                handler(call, event_type, in_chat=in_chat, matches=matches, own=own)
            )
            return call

        return register

    def command(
        self, name: str, *, in_chat: str | Iterable[str] | None = None, own: bool = False
    ) -> Callable[[Handling[MessageCreated]], Handling[MessageCreated]]:
        """Register a handler of new messages that begin with a command; `ctx.args` are the rest.

        Args:
            name: The command without its prefix: "ping" for `/ping`. Case makes no difference.
            in_chat: As for `on`.
            own: As for `on`.

        Returns:
            A decorator, which leaves the function as it is.

        Raises:
            InvalidInputError: As from `on`, or the name is not one word.
        """

        def register(call: Handling[MessageCreated]) -> Handling[MessageCreated]:
            self._handlers.append(
                command_handler(call, self._prefix, name, in_chat=in_chat, own=own)
            )
            return call

        return register

    async def run(self) -> None:
        """Call the handlers for what happens, until `stop()`, Ctrl-C or SIGTERM.

        Then no more events are taken, and handlers at work have the grace time to finish; a second
        Ctrl-C cancels them at once, and so does cancelling this call. What was not finished is not
        covered by the checkpoint. Run again, the bot goes on where it ended.

        Raises:
            ClientUseError: It is running already.
            InvalidInputError: The checkpoint file holds something else; nothing was sent.
            OSError: The checkpoint file can't be read or written; in the beginning nothing was
                sent then.
            AuthenticationError: The token is not valid, or not any more.
            NotFoundError: The app is older than 4.2.557, or there is no such chat.
            APIError: There was no connection in the beginning. Lost ones are made again.
        """
        if self._dispatcher is not None:
            raise ClientUseError("This bot is running already.")
        if self._file is not None:
            self._checkpoint = read_checkpoint(self._file) or self._checkpoint
        self._is_stopping = False
        self._dispatcher = Dispatcher(
            self._client,
            self._handlers,
            self._waiters,
            on_done=self._done,
            concurrency=self._concurrency,
            selves=self._selves,
        )
        try:
            with on_signals(self._interrupt):
                async with AsyncExitStack() as stack:
                    await self._live(stack, self._dispatcher)
        finally:
            self._dispatcher = None

    def stop(self) -> None:
        """Let `run` end in good order. Without effect if the bot is not running.

        To be called in the thread of the event loop; handlers may call it.
        """
        self._is_stopping = True
        if self._reading is not None:
            self._reading.reschedule(0)  # a time that has passed
            self._reading = None

    def checkpoint(self) -> Checkpoint:
        """Return how far the handlers have come, for `Bot(since=...)` later on.

        It covers messages that all handlers are done with; of what came while a handler was at
        work, only the messages before it in its chat.

        Raises:
            ClientUseError: The bot has not run yet, and began without a checkpoint.
        """
        if self._progress is not None:
            self._checkpoint = self._progress.checkpoint()
        if self._checkpoint is None:
            raise ClientUseError("This bot has not run yet.")
        return self._checkpoint

    async def wait_for(
        self,
        event_type: type[E],
        predicate: Callable[[E], bool] | None = None,
        timeout: float = 60.0,
        *,
        own: bool = False,
    ) -> E:
        """Wait for an event of any chat. It comes here and goes to no handler.

        Args:
            event_type: The class of events to wait for, or one above it.
            predicate: Takes such an event, and tells whether it is the one.
            timeout: Seconds to wait at most.
            own: Also take what the user does, and so what the bot itself does.

        Returns:
            The event.

        Raises:
            InvalidInputError: Only own events are of this class, and `own` is false.
            TimeoutError: None came in time. Nothing comes while the bot is not running.
        """
        if issubclass(event_type, SendStatusChanged) and not own:
            raise InvalidInputError("Only own messages have a send status: this needs own=True.")

        def wanted(event: E) -> bool:
            is_own = not own and self._selves.is_own(event)
            return not is_own and (predicate is None or predicate(event))

        return await self._waiters.wait_for(event_type, wanted, timeout)

    async def _live(self, stack: AsyncExitStack, dispatcher: Dispatcher) -> None:
        grace = self._grace
        try:
            async with self._until_stopped():
                events = await stack.enter_async_context(self._stream())
                self._progress = Progress(events.checkpoint)
                self._saver.save()  # a crash from now on must not lose what comes
                await self._read(events, dispatcher)
        except asyncio.CancelledError:
            grace = 0.0
            raise
        finally:
            try:
                await dispatcher.finish(grace)
            finally:
                self._end()

    def _stream(self) -> EventStream:
        app_state = any(one.event_type is AppStateUpdated for one in self._handlers)
        return self._client.events(self._chat_ids, app_state=app_state, since=self._checkpoint)

    @asynccontextmanager
    async def _until_stopped(self) -> AsyncGenerator[None]:
        """Run what is inside until `stop` is called."""
        reading = asyncio.timeout(None)
        try:
            async with reading:
                self._reading = reading
                yield
        except TimeoutError:
            if not reading.expired():
                raise
        finally:
            self._reading = None

    async def _read(self, events: EventStream, dispatcher: Dispatcher) -> None:
        taken = 0
        async for delivery in events.deliveries():
            event = delivery.event
            if self._progress is not None:
                self._progress.begun(delivery)
            await self._selves.prepare(event)
            dispatcher.take(event)
            # Before the next one is handed out: whatever is, must be taken.
            await dispatcher.room()
            taken += 1
            if not taken % _IN_ONE_GO:
                await asyncio.sleep(0)

    def _end(self) -> None:
        if self._progress is not None:
            self._checkpoint = self._progress.checkpoint()
            self._progress = None
            self._saver.save()

    def _done(self, event: Event) -> None:
        if self._progress is not None:
            self._progress.done(event)
            self._saver.changed()

    def _interrupt(self) -> None:
        if not self._is_stopping:
            self.stop()
        elif self._dispatcher is not None:
            self._dispatcher.cancel()
