"""What is registered: functions, and what each of them wants."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, Literal, TypeAlias

from attrs import define, field, frozen

from .._validation import check_choice
from ..errors import InvalidInputError
from ..events.kinds import Event, MessageCreated, SendStatusChanged
from .commands import Arguments, arguments_of, key_of, name_of, signature_of
from .context import By, Context, When
from .job import TimeUp

Co: TypeAlias = Coroutine[Any, Any, Any]
Middleware: TypeAlias = Callable[[Context[Event], Callable[[], Awaitable[None]]], Co]
Moment: TypeAlias = Literal["startup", "ready", "shutdown"]

_HEARS: Final[dict[str, frozenset[str]]] = {
    "others": frozenset({"others"}),
    "me": frozenset({"me"}),
    "anyone": frozenset({"others", "me"}),
    "bot": frozenset({"bot"}),
}


@define(eq=False)
class Scope:
    """What holds for all handlers of a router."""

    when: When[Any] | None
    parent: Scope | None = None
    middleware: list[Middleware] = field(factory=list[Middleware])
    errors: list[tuple[type[Exception], Callable[..., Co]]] = field(
        factory=list[tuple[type[Exception], Callable[..., Co]]]
    )

    def outwards(self) -> list[Scope]:
        """List the scopes from this one to the outermost."""
        return [self, *(self.parent.outwards() if self.parent is not None else ())]


@frozen(eq=False)
class Handler:
    """A function, and which events it is for."""

    call: Callable[..., Co]
    types: tuple[type[Event], ...]
    when: When[Any] | None
    by: By
    scope: Scope
    listens: bool = False
    """Whether it hears an event in addition to the one handler that gets it."""

    @property
    def name(self) -> str:
        """What the log calls it."""
        return name_of(self.call)

    @property
    def role(self) -> str:
        """The part that it has in an event, for the mark that this part is done."""
        return full_name_of(self.call) if self.listens else ""

    def hears(self, by: str) -> bool:
        """Return whether it hears what somebody did."""
        return by in _HEARS[self.by]

    def conditions(self) -> list[When[Any]]:
        """List what must hold for an event, outermost router first, but for class and author."""
        outer = [scope.when for scope in reversed(self.scope.outwards())]
        return [when for when in (*outer, self.when) if when is not None]


@frozen(eq=False)
class Command(Handler):
    """A handler of messages that begin with one of its names."""

    names: tuple[str, ...] = ()
    arguments: Arguments = Arguments(())  # noqa: RUF009 - immutable
    hidden: bool = False

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.call) or "").partition("\n")[0]

    def usage(self, prefix: str) -> str:
        """Return how it is written."""
        return f"{prefix}{self.names[0]} {self.arguments.usage}".strip()


@frozen(eq=False)
class JobHandler(Handler):
    """A function whose time comes."""

    signature: inspect.Signature = inspect.Signature()  # noqa: RUF009 - immutable
    every: float | None = None
    """Seconds between two runs, if it runs by itself."""
    daily: tuple[int, int] | None = None
    """Hour and minute of the local clock, if it runs by itself."""
    at_start: bool = False

    @property
    def full_name(self) -> str:
        """The name under which it is stored."""
        return full_name_of(self.call)

    @property
    def is_regular(self) -> bool:
        """Whether it runs by itself."""
        return self.every is not None or self.daily is not None


def full_name_of(call: Callable[..., Any]) -> str:
    """Return module and qualified name of a function."""
    return f"{getattr(call, '__module__', type(call).__module__)}.{name_of(call)}"


def check_events(types: tuple[Any, ...], when: object, by: object) -> None:
    """Check which events are wanted.

    Raises:
        InvalidInputError: There can't be such events.
    """
    if not types or not all(isinstance(one, type) and issubclass(one, Event) for one in types):
        raise InvalidInputError("A handler needs classes of events, such as MessageCreated.")
    _check_wishes(when, by)
    if by == "others" and all(issubclass(one, SendStatusChanged) for one in types):
        raise InvalidInputError('Only own messages have a send status: this needs by="bot".')


def event_handler(
    call: Any,
    types: tuple[Any, ...],
    *,
    when: When[Any] | None,
    by: By,
    scope: Scope,
    listens: bool,
) -> Handler:
    """Check what is registered with `on` and `listen`, and make a handler of it.

    Raises:
        InvalidInputError: It is no coroutine function.
    """
    check_coroutine_function(call)
    return Handler(call, types, when, by, scope, listens)


def command_handler(
    call: Any,
    names: tuple[Any, ...],
    *,
    when: When[Any] | None,
    by: By,
    hidden: bool,
    scope: Scope,
) -> Command:
    """Check what is registered with `command`, and make a handler of it.

    Raises:
        InvalidInputError: A name is not one word, or an argument can't be read.
    """
    check_coroutine_function(call)
    _check_wishes(when, by)
    names = names or (name_of(call).rpartition(".")[2],)
    check_names(names)
    arguments = arguments_of(call)
    return Command(
        call, (MessageCreated,), when, by, scope, names=names, arguments=arguments, hidden=hidden
    )


def job_handler(
    call: Any,
    scope: Scope,
    *,
    every: float | None = None,
    daily: tuple[int, int] | None = None,
    at_start: bool = False,
) -> JobHandler:
    """Check what is registered with `job`, `every` and `daily`, and make a handler of it.

    Raises:
        InvalidInputError: It is no coroutine function that takes a context.
    """
    check_coroutine_function(call)
    signature = signature_of(call)
    if (every is not None or daily is not None) and not _takes_context_alone(signature):
        raise InvalidInputError("What runs by itself takes a context and no other argument.")
    return JobHandler(
        call,
        (TimeUp,),
        None,
        "bot",
        scope,
        signature=signature,
        every=every,
        daily=daily,
        at_start=at_start,
    )


def check_names(names: tuple[Any, ...]) -> None:
    """Check the names of a command.

    Raises:
        InvalidInputError: One of them is not one word.
    """
    for name in names:
        if not is_word(name) or not key_of(name) or "@" in name:
            raise InvalidInputError(
                "The name of a command is one word. Without a name, write @bot.command()."
            )


def is_word(value: object) -> bool:
    """Return whether a value is a text without spaces, of at least one character."""
    return isinstance(value, str) and value.split() == [value]


def check_coroutine_function(call: object) -> None:
    """Check that something is made with `async def`.

    Raises:
        InvalidInputError: It is not.
    """
    called: object = getattr(call, "__call__", None)  # noqa: B004 - an object called like one
    if not inspect.iscoroutinefunction(call) and not inspect.iscoroutinefunction(called):
        raise InvalidInputError("A handler is a function made with `async def`.")


def check_when(when: object) -> None:
    """Check a condition.

    Raises:
        InvalidInputError: It can't be called.
    """
    if when is not None and not callable(when):
        raise InvalidInputError("when must be a filter or a function.")


def _check_wishes(when: object, by: object) -> None:
    check_when(when)
    if by is None or check_choice("by", by, *_HEARS) is None:
        raise InvalidInputError("by must be one of 'others', 'me', 'anyone', 'bot'.")


def _takes_context_alone(signature: inspect.Signature) -> bool:
    further = list(signature.parameters.values())[1:]
    return all(one.default is not inspect.Parameter.empty for one in further)
