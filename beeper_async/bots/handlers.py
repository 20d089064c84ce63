"""The handlers of a bot: what each of them wants to hear."""

import inspect
import re
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, TypeAlias, TypeVar

from attrs import frozen

from ..errors import InvalidInputError
from ..events.kinds import (
    Event,
    MessageCreated,
    MessageDeleted,
    MessageUpserted,
    SendStatusChanged,
)
from .about import chat_of, text_of
from .context import Context

E = TypeVar("E", bound=Event)

Handling: TypeAlias = Callable[[Context[E]], Coroutine[Any, Any, object]]
"""What is registered with a bot: a coroutine function that takes a `Context`."""
Matches: TypeAlias = str | re.Pattern[str] | Callable[[E], bool]


@frozen
class Handler:
    """A coroutine function, and which events it is for."""

    call: Handling[Any]
    event_type: type[Event]
    in_chat: frozenset[str] | None
    matches: Callable[[Any], bool] | None
    own: bool
    command: str | None = None
    """The command with its prefix."""

    @property
    def name(self) -> str:
        """What the log calls it."""
        return getattr(self.call, "__qualname__", type(self.call).__name__)

    def wants(self, event: Event, *, is_own: bool) -> bool:
        """Tell whether an event is for it."""
        return (
            isinstance(event, self.event_type)
            and (self.own or not is_own)
            and (self.in_chat is None or chat_of(event) in self.in_chat)
            and (self.matches is None or bool(self.matches(event)))
        )

    def args(self, event: Event) -> Sequence[str]:
        """Return the words after the command."""
        return () if self.command is None else tuple(text_of(event).split()[1:])


def handler(
    call: Handling[Any],
    event_type: type[Event],
    *,
    in_chat: str | Iterable[str] | None,
    matches: Matches[Any] | None,
    own: bool,
) -> Handler:
    """Check what is registered with `Bot.on`, and make a handler of it."""
    _check_coroutine_function(call)
    if not _is_event_type(event_type):
        raise InvalidInputError("A handler needs a class of events, such as MessageCreated.")
    if issubclass(event_type, SendStatusChanged) and not own:
        raise InvalidInputError("Only own messages have a send status: this needs own=True.")
    return Handler(call, event_type, _chats(in_chat), _matcher(matches, event_type), own)


def command_handler(
    call: Handling[Any],
    prefix: str,
    name: str,
    *,
    in_chat: str | Iterable[str] | None,
    own: bool,
) -> Handler:
    """Check what is registered with `Bot.command`, and make a handler of it."""
    _check_coroutine_function(call)
    if not is_word(name) or name.startswith(prefix):
        raise InvalidInputError(f"A command is one word, without the {prefix!r} in front of it.")
    command = prefix + name

    def is_command(event: MessageCreated) -> bool:
        words = text_of(event).split(maxsplit=1)
        return bool(words) and words[0].casefold() == command.casefold()

    return Handler(call, MessageCreated, _chats(in_chat), is_command, own, command)


def is_word(value: object) -> bool:
    """Return whether a value is a text without spaces, of at least one character."""
    return isinstance(value, str) and value.split() == [value]


def _is_event_type(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Event)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _check_coroutine_function(call: object) -> None:
    if not _is_coroutine_function(call):
        raise InvalidInputError("A handler is a function made with `async def`.")


def _is_coroutine_function(call: object) -> bool:
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(
        getattr(call, "__call__", None)  # noqa: B004 - an object that is called like one
    )


def _chats(in_chat: str | Iterable[str] | None) -> frozenset[str] | None:
    if in_chat is None:
        return None
    chats = frozenset([in_chat] if isinstance(in_chat, str) else in_chat)
    if not chats or not all(map(_is_id, chats)):
        raise InvalidInputError("in_chat must be the ID of a chat, or a list of them.")
    return chats


def _matcher(matches: Matches[Any] | None, event_type: type[Event]) -> Callable[[Any], bool] | None:
    if matches is None:
        return None
    if not isinstance(matches, str | re.Pattern):
        if not callable(matches) or _is_coroutine_function(matches):
            raise InvalidInputError("matches must be a regular expression or a plain function.")
        return matches
    if not issubclass(event_type, MessageUpserted | MessageDeleted):
        raise InvalidInputError(f"{event_type.__name__} has no text that could match.")
    try:
        pattern = re.compile(matches)
    except re.error as error:
        raise InvalidInputError(f"matches is no regular expression: {error}.") from None
    return lambda event: pattern.search(text_of(event)) is not None
