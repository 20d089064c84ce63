"""Bot: handlers for live events, and what they have in common."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from .._http.uploads import FileInput
from .._validation import check_choice, check_range, check_seconds
from ..errors import ClientUseError, InvalidInputError
from ..events.gap import Gap
from ..events.kinds import Event
from ..models.attachment import Attachment
from .clock import Clock
from .commands import key_of
from .context import Context, Ctx, When
from .errors import UsageError
from .filters import check_chat_ids
from .handlers import Command, is_word
from .job import Job, TimeUp, job_of
from .router import Router
from .run import Run, Settings
from .sent import Sent
from .signals import on_signals
from .store import Store

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop

T = TypeVar("T")


class Bot(Router):
    """A bot: the outermost router, and what runs it.

    It is a definition, and may stand at the top of a module: it has neither a client nor an event
    loop until it runs.

    Args:
        prefix: What commands begin with. One word.
        chats: Only events of these chats: IDs, also those of merged chats, or local to the
            installation. None means all.
        store: A file that keeps state, jobs and how far the bot has come, for the next run. Only
            you can read it, and one bot uses it. None keeps them as long as the program runs.
        when: A condition for all events.
        order: "chat" if the events of a chat are handled one after the other; "person" if those of
            each person in a chat are.
        concurrency: How many handlers may be at work at once. At least 1.
        grace: Seconds that handlers at work have to finish after `stop`. At least 0.
        sends_per_minute: More messages than that a minute wait. None disables it.
        sends_per_chat: More messages than that a minute to one chat raise `LoopBrakeError`. None
            disables it.
        name: What the bot is called after an `@`, as in `/ping@name`. The names of your accounts
            count too.

    Raises:
        InvalidInputError: A parameter is invalid.

    Example:
        bot = Bot(prefix="!")

        @bot.command()
        async def ping(ctx: Ctx) -> None:
            await ctx.reply("pong")

        @bot.hook("ready")
        async def ready() -> None:
            bot.stop()  # or it runs until Ctrl-C

        await bot.run()
    """

    clock: Clock = Clock()
    """The time that the bot goes by. Tests replace it."""
    store: str | PathLike[str] | None
    """The file that keeps what it has for the next run. Tests replace it."""

    def __init__(
        self,
        *,
        prefix: str = "/",
        chats: Iterable[str] | None = None,
        store: str | PathLike[str] | None = None,
        when: When[Event] | None = None,
        order: Literal["chat", "person"] = "chat",
        concurrency: int = 100,
        grace: float = 10.0,
        sends_per_minute: int | None = 60,
        sends_per_chat: int | None = 20,
        name: str | None = None,
    ) -> None:
        super().__init__(when=when)
        if not is_word(prefix) or not key_of(prefix):
            raise InvalidInputError("prefix must have at least one character, and no space.")
        if name is not None and not is_word(name):
            raise InvalidInputError("name must be one word.")
        if check_choice("order", order, "chat", "person") is None:
            raise InvalidInputError("order must be one of 'chat', 'person'.")
        if (
            check_range("concurrency", concurrency, 1) is None
            or check_seconds("grace", grace) is None
        ):
            raise InvalidInputError("concurrency and grace can't be None.")
        self._prefix = prefix
        self._settings = Settings(
            prefix=prefix,
            name=name,
            chats=None if chats is None else check_chat_ids("chats", chats),
            concurrency=concurrency,
            order=order,
            grace=grace,
            sends_per_minute=check_range("sends_per_minute", sends_per_minute, 1),
            sends_per_chat=check_range("sends_per_chat", sends_per_chat, 1),
        )
        self.store = store
        self._memory: Store | None = None
        self._things: dict[type, object] = {}
        self._run: Run | None = None
        self._is_running = False
        self._is_stopped = False

    def _is_root(self) -> bool:
        return True

    # -- running ------------------------------------------------------------------------------

    async def run(
        self, client: AsyncBeeperDesktop | None = None, *, wait_for_app: float | None = None
    ) -> None:
        """Call the handlers for what happens, until `stop()`, Ctrl-C or SIGTERM.

        If the app is not there, the bot waits for it, also later on. After `stop()`, no more events
        are taken, handlers that wait are cancelled, and those at work have the grace time to
        finish. What was not finished comes again in the next run. A second Ctrl-C cancels
        everything.

        Args:
            client: The client; it is not closed. None makes one from the environment.
            wait_for_app: Seconds to wait for the app at the start. None means without end.

        Raises:
            ClientUseError: The bot is running already, or another bot uses its store.
            OtherAccountError: The store is from another Beeper account.
            InvalidInputError: The store is something else.
            OSError: The store can't be read or written.
            AuthenticationError: The token is not valid, or not any more.
            PermissionDeniedError: The token may not read.
            APIError: The app was not there within `wait_for_app` seconds.
        """
        if self._is_running:
            raise ClientUseError("This bot is running already.")
        check_seconds("wait_for_app", wait_for_app)
        self._is_running = True
        try:
            async with AsyncExitStack() as stack:
                if client is None:
                    from ..client import AsyncBeeperDesktop

                    client = await stack.enter_async_context(AsyncBeeperDesktop())
                store = stack.enter_context(self._open_store())
                self._run = Run(
                    self,
                    lambda: self._table,
                    self._all_hooks,
                    self._settings,
                    client,
                    store,
                    self.clock,
                )
                stack.enter_context(on_signals(self._run.interrupt))
                if self._is_stopped:
                    self._run.stop()
                await self._run.live(wait_for_app)
        finally:
            self._run = None
            self._is_running = self._is_stopped = False

    def stop(self) -> None:
        """Let `run` end in good order; if it has not begun, it ends as soon as it does.

        To be called in the thread of the event loop. Handlers may call it.
        """
        self._is_stopped = True
        if self._run is not None:
            self._run.stop()

    @contextmanager
    def _open_store(self) -> Generator[Store]:
        if self.store is None:
            if self._memory is None:
                self._memory = Store(None)
                weakref.finalize(self, self._memory.close)
            yield self._memory
            return
        store = Store(self.store)
        try:
            yield store
        finally:
            store.close()

    def _now_running(self) -> Run:
        if self._run is None:
            raise ClientUseError("The bot is not running.")
        return self._run

    # -- what handlers share ------------------------------------------------------------------

    def provide(self, *things: object) -> None:
        """Hand objects of your program to the handlers, which find them by class: `ctx[Database]`.

        Args:
            things: The objects. A later one replaces an earlier one of the same class.
        """
        for thing in things:
            self._things[type(thing)] = thing

    def __getitem__(self, kind: type[T]) -> T:
        """Return what `provide` was given of a class, or of a class derived from it.

        Raises:
            ClientUseError: It was given nothing of this class.
        """
        thing = self._things.get(kind)
        if isinstance(thing, kind):
            return thing
        for thing in self._things.values():
            if isinstance(thing, kind):
                return thing
        raise ClientUseError(
            f"Nothing of the class {kind.__qualname__} was given to bot.provide()."
        )

    @property
    def client(self) -> AsyncBeeperDesktop:
        """The client of this run.

        Raises:
            ClientUseError: The bot is not running.
        """
        return self._now_running().client

    @property
    def connected(self) -> bool:
        """Whether events arrive at the moment."""
        return self._run is not None and self._run.connected

    @property
    def behind(self) -> Mapping[str, str]:
        """The chats that are not caught up at the moment, by ID, each with the reason.

        They are read again by themselves. Their live events are handled meanwhile. Empty while the
        bot is not running.
        """
        return {} if self._run is None else self._run.behind

    @property
    def last_gap(self) -> Gap | None:
        """When and why events were last missing, and how many messages were found since.

        None if none were, or the bot is not running.
        """
        return None if self._run is None else self._run.last_gap

    @property
    def unknown_chats(self) -> frozenset[str]:
        """What `chats` and filters name, and the app has no chat for."""
        return frozenset(self._now_running().chats.unknown)

    async def send(
        self,
        chat_id: str,
        text: str = "",
        *,
        file: FileInput | Attachment | None = None,
        reply_to: str | None = None,
        plain: bool = False,
    ) -> Sent:
        """Send a message to a chat.

        While the app is away, the message waits for it. It is sent again only if the request
        provably never reached the app.

        Args:
            chat_id: The chat.
            text: Plain text or Markdown. A text or a file is needed.
            file: A file, as for `client.messages.send`, or one of a message that was received.
            reply_to: The ID of the message to reply to.
            plain: True if the text is shown as it is, without reading Markdown in it.

        Returns:
            What was sent.

        Raises:
            ClientUseError: The bot is not running.
            InvalidInputError: There is neither a text nor a file. No request is made.
            LoopBrakeError: The bot sends too much to this chat. No request is made.
            OutcomeUnknownError: The app may or may not have sent it.
            APIError: The call failed for another reason.
        """
        run = self._now_running()
        if not text and file is None:
            raise InvalidInputError("One of text, file is needed.")
        return await run.outgoing.send(chat_id, text, file=file, reply_to=reply_to, plain=plain)

    @contextmanager
    def _open_state(self, kind: type[T], key: tuple[str, ...]) -> Generator[T]:
        run = self._now_running()
        changed: list[str] = []
        with run.records.states.use(kind, ("bot", *key), changed.append) as value:
            yield value
        for name in changed:
            run.store_state(name)

    def state(self, kind: type[T], *key: str) -> AbstractContextManager[T]:
        """Open a state of the bot itself. It is stored at the end of the `with`.

        Args:
            kind: An attrs class, or another that cattrs can build, with a default for every field.
            key: Words that tell states of one class apart.

        Returns:
            A context manager for `with`.

        Raises:
            ClientUseError: On entering: the bot is not running.
        """
        return self._open_state(kind, key)

    # -- jobs ---------------------------------------------------------------------------------

    def jobs(self) -> list[Job]:
        """List what is planned, the next one first.

        Raises:
            ClientUseError: The bot is not running.
        """
        rows = self._now_running().scheduler.rows.values()
        return [job_of(row) for row in sorted(rows, key=lambda row: (row.due, row.id))]

    def now(self, job: Callable[[Context[TimeUp]], Coroutine[Any, Any, object]]) -> None:
        """Run what is registered with `every` or `daily` at once.

        Args:
            job: The function.

        Raises:
            ClientUseError: The bot is not running.
            InvalidInputError: It is not registered.
        """
        run = self._now_running()
        run.scheduler.run_now(run.job_name(job))

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Run a coroutine in the background. Its failure is logged, and it ends with the bot.

        Args:
            work: The coroutine.

        Raises:
            ClientUseError: The bot is not running.
        """
        if self._run is None:
            work.close()
        self._now_running().spawn(work)

    # -- help ---------------------------------------------------------------------------------

    async def help(self, ctx: Ctx, name: str = "") -> None:
        """List the commands, or explain one."""
        prefix = self._settings.prefix
        if name:
            command = self._table.command(key_of(name.removeprefix(prefix)))
            if command is None:
                raise UsageError(f"There is no command {name}.")
            lines = [command.usage(prefix), command.summary]
        else:
            commands = [one for one in self._table if isinstance(one, Command) and not one.hidden]
            lines = [f"{one.usage(prefix)}   {one.summary}".rstrip() for one in commands]
        await ctx.reply("\n".join(filter(None, lines)), plain=True)


def run_of(bot: Bot) -> Run | None:
    """Return what happens inside of a bot while it runs; for tests of bots."""
    return bot._run  # pyright: ignore[reportPrivateUsage]
