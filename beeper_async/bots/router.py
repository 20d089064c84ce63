"""Router: where handlers are registered."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, Concatenate, Final, ParamSpec, TypeAlias, TypeVar, overload

from ..errors import InvalidInputError
from ..events.kinds import Event, MessageCreated
from .context import By, Context, When
from .handlers import (
    Handler,
    Moment,
    Scope,
    check_coroutine_function,
    check_events,
    check_names,
    check_when,
    command_handler,
    event_handler,
    job_handler,
)
from .job import TimeUp
from .spans import Span, seconds_of
from .table import Table

A = TypeVar("A", bound=Event)
B = TypeVar("B", bound=Event)
C = TypeVar("C", bound=Event)
R = TypeVar("R")
X = TypeVar("X", bound=Exception)
P = ParamSpec("P")

Co: TypeAlias = Coroutine[Any, Any, R]
Hook: TypeAlias = Callable[[], Coroutine[Any, Any, object]]
Next: TypeAlias = Callable[[], Awaitable[None]]

_TIME_OF_DAY: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_MOMENTS: Final = ("startup", "ready", "shutdown")


class Router:
    """Collects handlers, in a file of their own if you like; a bot is the outermost router.

    Of all handlers of an event, one gets it: the command that it is; else the conversation that
    waits for it; else the first `on` whose conditions hold. Listeners hear it in addition.

    Args:
        when: A condition for all events of this router and those included in it. It does not hold
            for jobs.

    Raises:
        InvalidInputError: The condition can't be called.

    Example:
        polls = Router(when=F.group)

        @polls.on(ReactionAdded)
        async def vote(ctx: Context[ReactionAdded]) -> None:
            await ctx.reply(f"One more {ctx.event.reaction.reaction_key}")

        bot = Bot()
        bot.include(polls)
    """

    def __init__(self, *, when: When[Event] | None = None) -> None:
        check_when(when)
        self._scope = Scope(when)
        self._parent: Router | None = None
        self._entries: list[Handler | Router] = []
        self._hooks: list[tuple[Moment, Hook]] = []
        self._table = Table(())
        self._prefix = ""

    def include(self, *routers: Router) -> None:
        """Include other routers, whose handlers then stand here in the order of registration.

        Args:
            routers: The routers. Each one has one parent.

        Raises:
            InvalidInputError: A router is included already, contains this one, is a bot, or has a
                command of a name that is taken.
        """
        for router in routers:
            if not isinstance(router, Router) or router._is_root():
                raise InvalidInputError("Only a Router can be included.")
            if router._parent is not None:
                raise InvalidInputError("A router is included once.")
            if router is self._root():
                raise InvalidInputError("A router can't contain itself.")
            router._parent, router._scope.parent = self, self._scope
            try:
                self._add(router)
            except InvalidInputError:
                router._parent = router._scope.parent = None
                raise

    @overload
    def on(
        self, a: type[A], /, *, when: When[A] | None = None, by: By = "others"
    ) -> Callable[[Callable[[Context[A]], Co[R]]], Callable[[Context[A]], Co[R]]]: ...
    @overload
    def on(
        self, a: type[A], b: type[B], /, *, when: When[A | B] | None = None, by: By = "others"
    ) -> Callable[
        [Callable[[Context[A] | Context[B]], Co[R]]], Callable[[Context[A] | Context[B]], Co[R]]
    ]: ...
    @overload
    def on(
        self,
        a: type[A],
        b: type[B],
        c: type[C],
        /,
        *,
        when: When[A | B | C] | None = None,
        by: By = "others",
    ) -> Callable[
        [Callable[[Context[A] | Context[B] | Context[C]], Co[R]]],
        Callable[[Context[A] | Context[B] | Context[C]], Co[R]],
    ]: ...
    def on(
        self, *event_types: type[Any], when: When[Any] | None = None, by: By = "others"
    ) -> Callable[..., Any]:
        """Register a handler of events that are no command and that no conversation waits for.

        The first one whose conditions hold gets the event. If it raises `Skip`, the next one does.

        Args:
            event_types: One to three classes of events, such as `MessageCreated`, or base classes.
            when: A condition: a filter, or a function of the context.
            by: Whose events: "others", "me" on any device, "anyone" of both, or "bot".

        Returns:
            A decorator, which leaves the function as it is.

        Raises:
            InvalidInputError: A parameter is invalid, or the function is no coroutine function.

        Example:
            bot = Bot()

            @bot.on(MessageCreated, when=F.text(r"(?i)coffee"))
            async def coffee(ctx: Ctx) -> None:
                await ctx.react("☕")
        """
        return self._register(event_types, when, by, listens=False)

    @overload
    def listen(
        self, a: type[A], /, *, when: When[A] | None = None, by: By = "others"
    ) -> Callable[[Callable[[Context[A]], Co[R]]], Callable[[Context[A]], Co[R]]]: ...
    @overload
    def listen(
        self, a: type[A], b: type[B], /, *, when: When[A | B] | None = None, by: By = "others"
    ) -> Callable[
        [Callable[[Context[A] | Context[B]], Co[R]]], Callable[[Context[A] | Context[B]], Co[R]]
    ]: ...
    @overload
    def listen(
        self,
        a: type[A],
        b: type[B],
        c: type[C],
        /,
        *,
        when: When[A | B | C] | None = None,
        by: By = "others",
    ) -> Callable[
        [Callable[[Context[A] | Context[B] | Context[C]], Co[R]]],
        Callable[[Context[A] | Context[B] | Context[C]], Co[R]],
    ]: ...
    def listen(
        self, *event_types: type[Any], when: When[Any] | None = None, by: By = "others"
    ) -> Callable[..., Any]:
        """Register a listener, which hears events in addition to the one handler that gets each.

        Listeners are called first, one after the other, in the order of registration.

        Args:
            event_types: As for `on`.
            when: As for `on`.
            by: As for `on`.

        Returns:
            A decorator, which leaves the function as it is.

        Raises:
            InvalidInputError: As from `on`.
        """
        return self._register(event_types, when, by, listens=True)

    def command(
        self,
        *names: str,
        when: When[MessageCreated] | None = None,
        by: By = "others",
        hidden: bool = False,
    ) -> Callable[
        [Callable[Concatenate[Context[MessageCreated], P], Co[R]]],
        Callable[Concatenate[Context[MessageCreated], P], Co[R]],
    ]:
        """Register a handler of new messages that begin with a command.

        The parameters of the function after the context are the arguments: a positional one takes
        a word or what is quoted, `*args` all further words, a keyword-only one everything that is
        left, as it was typed. Annotations say how a text is read.

        Args:
            names: The command without its prefix, and other names for it. None means the name of
                the function. Case does not count.
            when: As for `on`. Where it does not hold, the message is no command.
            by: As for `on`.
            hidden: True keeps it out of `bot.help`.

        Returns:
            A decorator, which leaves the function as it is.

        Raises:
            InvalidInputError: A name is taken, not one word or written with the prefix of the bot,
                or an argument can't be read.

        Example:
            bot = Bot()

            @bot.command("remind", "r")
            async def remind(ctx: Ctx, delay: Duration, *, text: str) -> None:
                await ctx.reply(f"In {delay}: {text}")
        """
        # At once: a decorator without its parentheses would register nothing, and say nothing.
        check_names(names)

        def register(
            call: Callable[Concatenate[Context[MessageCreated], P], Co[R]],
        ) -> Callable[Concatenate[Context[MessageCreated], P], Co[R]]:
            self._add(
                command_handler(call, names, when=when, by=by, hidden=hidden, scope=self._scope)
            )
            return call

        return register

    def job(
        self, call: Callable[Concatenate[Context[TimeUp], P], Co[R]]
    ) -> Callable[Concatenate[Context[TimeUp], P], Co[R]]:
        """Register a function that `ctx.after` can plan.

        Its name identifies it in the store: module and qualified name.

        Args:
            call: The function. It takes a context, and arguments that can be stored as JSON.

        Returns:
            The function.

        Raises:
            InvalidInputError: It is no coroutine function that takes a context.
        """
        self._add(job_handler(call, self._scope))
        return call

    def every(
        self, span: Span, *, at_start: bool = False
    ) -> Callable[[Callable[[Context[TimeUp]], Co[R]]], Callable[[Context[TimeUp]], Co[R]]]:
        """Register a function that is called at intervals. If the bot was off, it is called once.

        Args:
            span: The interval, at least 1 second.
            at_start: True if a bot that has never called it does so when it starts.

        Returns:
            A decorator, which leaves the function as it is.

        Raises:
            InvalidInputError: A parameter is invalid.
        """
        seconds = seconds_of("span", span)
        if seconds < 1:
            raise InvalidInputError("span must be at least 1 second.")

        def register(
            call: Callable[[Context[TimeUp]], Co[R]],
        ) -> Callable[[Context[TimeUp]], Co[R]]:
            self._add(job_handler(call, self._scope, every=seconds, at_start=at_start))
            return call

        return register

    def daily(
        self, at: str
    ) -> Callable[[Callable[[Context[TimeUp]], Co[R]]], Callable[[Context[TimeUp]], Co[R]]]:
        """Register a function that is called once a day. If the bot was off, it is called once.

        Args:
            at: The time of the local clock, such as "08:00".

        Returns:
            A decorator, which leaves the function as it is.

        Raises:
            InvalidInputError: It is no time of day.
        """
        found = _TIME_OF_DAY.fullmatch(at) if isinstance(at, str) else None
        if found is None:
            raise InvalidInputError('at must be a time of day such as "08:00".')
        time = int(found[1]), int(found[2])

        def register(
            call: Callable[[Context[TimeUp]], Co[R]],
        ) -> Callable[[Context[TimeUp]], Co[R]]:
            self._add(job_handler(call, self._scope, daily=time))
            return call

        return register

    def middleware(
        self, call: Callable[[Context[Event], Next], Co[R]]
    ) -> Callable[[Context[Event], Next], Co[R]]:
        """Register a function around all handlers of this router: `async def f(ctx, call_next)`.

        The outermost router comes first, and within a router the first one registered. A function
        that does not await `call_next()` keeps the event from the handler.

        Args:
            call: The function.

        Returns:
            The function.

        Raises:
            InvalidInputError: It is no coroutine function.
        """
        check_coroutine_function(call)
        self._scope.middleware.append(call)
        self._changed()
        return call

    def error(
        self, kind: type[X], /
    ) -> Callable[[Callable[[Context[Event], X], Co[R]]], Callable[[Context[Event], X], Co[R]]]:
        """Register a function that is called when a handler fails: `async def f(ctx, error)`.

        Searched for from the router of the handler outwards. The first one that fits is called.

        Args:
            kind: The class of errors, or a base class.

        Returns:
            A decorator, which leaves the function as it is.

        Raises:
            InvalidInputError: It is no class of exceptions.
        """
        if not isinstance(kind, type) or not issubclass(kind, Exception):
            raise InvalidInputError("error needs a class of exceptions, such as APIError.")

        def register(
            call: Callable[[Context[Event], X], Co[R]],
        ) -> Callable[[Context[Event], X], Co[R]]:
            check_coroutine_function(call)
            self._scope.errors.append((kind, call))
            return call

        return register

    def hook(self, moment: Moment) -> Callable[[Callable[[], Co[R]]], Callable[[], Co[R]]]:
        """Register a function for a moment in the life of a bot: `async def f()`.

        Args:
            moment: "startup", before any request is made; "ready", when events arrive; "shutdown",
                after the last handler, while the client is still open.

        Returns:
            A decorator, which leaves the function as it is.

        Raises:
            InvalidInputError: There is no such moment.
        """
        if moment not in _MOMENTS:
            raise InvalidInputError(f"moment must be one of {', '.join(map(repr, _MOMENTS))}.")

        def register(call: Callable[[], Co[R]]) -> Callable[[], Co[R]]:
            check_coroutine_function(call)
            self._hooks.append((moment, call))
            return call

        return register

    def _register(
        self, event_types: tuple[Any, ...], when: When[Any] | None, by: By, *, listens: bool
    ) -> Callable[..., Any]:
        # At once: a decorator without its classes would register nothing, and say nothing.
        check_events(event_types, when, by)

        def register(call: Callable[..., Any]) -> Callable[..., Any]:
            self._add(
                event_handler(
                    call, event_types, when=when, by=by, scope=self._scope, listens=listens
                )
            )
            return call

        return register

    def _add(self, entry: Handler | Router) -> None:
        """Take a handler or a router, unless the whole would make no sense with it."""
        self._entries.append(entry)
        try:
            self._changed()
        except InvalidInputError:
            self._entries.pop()
            raise

    def _changed(self) -> None:
        root = self._root()
        root._table = Table(root._all_handlers(), root._prefix)

    def _root(self) -> Router:
        return self if self._parent is None else self._parent._root()

    def _is_root(self) -> bool:
        """Whether it can't be part of another one; a bot can't."""
        return False

    def _all_handlers(self) -> Iterator[Handler]:
        for entry in self._entries:
            if isinstance(entry, Router):
                yield from entry._all_handlers()
            else:
                yield entry

    def _all_hooks(self, moment: Moment) -> list[Hook]:
        found = [call for when, call in self._hooks if when == moment]
        for entry in self._entries:
            if isinstance(entry, Router):
                found += entry._all_hooks(moment)
        return found
