"""Who gets an event: the handlers of a bot and its routers, looked up. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from ..errors import InvalidInputError
from ..events.kinds import Event
from .commands import key_of
from .context import When
from .filters import chat_names_of
from .handlers import Command, Handler, JobHandler, Middleware


class Table:
    """The handlers of a bot, in the order of registration.

    Args:
        handlers: All handlers. An included router stands where it was included.
        prefix: What commands begin with; empty in a router that is part of no bot yet.

    Raises:
        InvalidInputError: Two commands have the same name, or two jobs, or the name of a command
            begins with the prefix.
    """

    def __init__(self, handlers: Iterable[Handler], prefix: str = "") -> None:
        self._handlers = list(handlers)
        self._by_type: dict[type[Event], tuple[Sequence[Handler], Sequence[Handler]]] = {}
        self._conditions: dict[Handler, Sequence[When[Any]]] = {}
        self._middleware: dict[Handler, Sequence[Middleware]] = {}
        self.commands: dict[str, Command] = {}
        self.jobs: dict[str, JobHandler] = {}
        for handler in self._handlers:
            if isinstance(handler, Command):
                for name in handler.names:
                    if prefix and name.removeprefix(prefix) not in (name, ""):
                        raise InvalidInputError(
                            f"The name of a command has no {prefix!r} in front of it: {name!r}."
                        )
                    if self.commands.setdefault(key_of(name), handler) is not handler:
                        raise InvalidInputError(f"There are two commands of the name {name!r}.")
            elif isinstance(handler, JobHandler):
                name = handler.full_name
                if self.jobs.setdefault(name, handler) is not handler:
                    raise InvalidInputError(f"There are two jobs of the name {name!r}.")

    def listeners(self, event: Event) -> Sequence[Handler]:
        """Return all that listen to an event of this class."""
        return self._of(type(event))[0]

    def handlers(self, event: Event) -> Sequence[Handler]:
        """Return those that an event of this class can go to, of which one gets it."""
        return self._of(type(event))[1]

    def command(self, name: str) -> Command | None:
        """Return the command of a name, as `key_of` returns it."""
        return self.commands.get(name)

    def conditions(self, handler: Handler) -> Sequence[When[Any]]:
        """Return what must hold for an event of a handler, but for class and author."""
        found = self._conditions.get(handler)
        if found is None:
            found = self._conditions[handler] = handler.conditions()
        return found

    def middleware(self, handler: Handler) -> Sequence[Middleware]:
        """Return the middleware around a handler, the outermost first."""
        found = self._middleware.get(handler)
        if found is None:
            scopes = reversed(handler.scope.outwards())
            found = self._middleware[handler] = [one for it in scopes for one in it.middleware]
        return found

    def wants(self, kind: type[Event]) -> bool:
        """Return whether a handler names exactly this class of events."""
        return any(kind in handler.types for handler in self._handlers)

    def chat_names(self) -> frozenset[str]:
        """Return the chats that filters name."""
        whens = chain.from_iterable(handler.conditions() for handler in self._handlers)
        return frozenset(chain.from_iterable(map(chat_names_of, whens)))

    def __iter__(self) -> Iterator[Handler]:
        return iter(self._handlers)

    def _of(self, kind: type[Event]) -> tuple[Sequence[Handler], Sequence[Handler]]:
        found = self._by_type.get(kind)
        if found is None:
            fitting = [
                handler
                for handler in self._handlers
                if not isinstance(handler, Command | JobHandler) and issubclass(kind, handler.types)
            ]
            found = (
                [one for one in fitting if one.listens],
                [one for one in fitting if not one.listens],
            )
            self._by_type[kind] = found
        return found
