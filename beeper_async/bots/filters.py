"""Filters: which events a handler wants."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, NoReturn, TypeVar

from .._validation import check_list
from ..errors import InvalidInputError
from ..events.kinds import Event, MessageDeleted, MessageUpserted
from .about import chat_of, message_of, person_of
from .context import Context, When
from .spans import Span, seconds_of

E = TypeVar("E", bound=Event)
E_contra = TypeVar("E_contra", bound=Event, contravariant=True)

# An ID is made by an app or a network. None has white space in it, and none is that long.
_CHAT_ID: Final = re.compile(r"[^\s\x00-\x1f]{1,500}")
_EVERYBODY: Final = "@room"


class _NamesChats:
    """A condition that may name chats, which the bot looks up when it starts."""

    chat_names: frozenset[str] = frozenset()


class Filter(_NamesChats, Generic[E_contra]):
    """A condition on events, to be combined with `&`, `|` and `~`.

    Args:
        function: Takes the context of an event, and returns whether it fits. May be a coroutine
            function.

    Example:
        long = Filter(lambda ctx: len(ctx.text) > 100)
        calm_group = F.group & ~long

        @Filter
        async def from_work(ctx: Ctx) -> bool:
            return (await ctx.chat()).network == "Slack"
    """

    def __init__(
        self,
        function: When[E_contra],
        *,
        chat_names: frozenset[str] = frozenset(),
    ) -> None:
        if not callable(function):
            raise InvalidInputError("A filter is made of a function.")
        self._function = function
        self.chat_names: frozenset[str] = chat_names | chat_names_of(function)

    def __call__(self, ctx: Context[E_contra]) -> bool | Awaitable[bool]:
        """Return whether an event fits."""
        return self._function(ctx)

    def __and__(self, other: When[E_contra]) -> Filter[E_contra]:
        """Return a filter of events that fit both."""
        return Filter(_both(self, other), chat_names=_names(self, other))

    def __rand__(self, other: When[E_contra]) -> Filter[E_contra]:
        """Return a filter of events that fit both."""
        return Filter(_both(other, self), chat_names=_names(other, self))

    def __or__(self, other: When[E_contra]) -> Filter[E_contra]:
        """Return a filter of events that fit one or both."""
        return Filter(_either(self, other), chat_names=_names(self, other))

    def __ror__(self, other: When[E_contra]) -> Filter[E_contra]:
        """Return a filter of events that fit one or both."""
        return Filter(_either(other, self), chat_names=_names(other, self))

    def __invert__(self) -> Filter[E_contra]:
        """Return a filter of events that don't fit."""
        return Filter(_neither(self), chat_names=self.chat_names)

    def __bool__(self) -> NoReturn:
        raise InvalidInputError("Combine filters with & | ~, not with `and`, `or`, `not`.")


def chat_names_of(when: object) -> frozenset[str]:
    """Return the chats that a condition names."""
    return when.chat_names if isinstance(when, _NamesChats) else frozenset()


def check_chat_ids(name: str, value: Any) -> frozenset[str]:
    """Check IDs of chats, of which at least one is needed.

    Raises:
        InvalidInputError: One of them can't be the ID of a chat.
    """
    found = check_list(name, value, "IDs of chats")
    if not found or not all(isinstance(one, str) and _CHAT_ID.fullmatch(one) for one in found):
        raise InvalidInputError(f"{name} must be IDs of chats, at least one.")
    return frozenset(found)


def _names(*whens: object) -> frozenset[str]:
    return frozenset[str]().union(*map(chat_names_of, whens))


Verdict = bool | Awaitable[bool]


def _both(first: When[E], second: When[E]) -> Callable[[Context[E]], Verdict]:
    return lambda ctx: _then(first(ctx), lambda fits: second(ctx) if fits else False)


def _either(first: When[E], second: When[E]) -> Callable[[Context[E]], Verdict]:
    return lambda ctx: _then(first(ctx), lambda fits: True if fits else second(ctx))


def _neither(one: When[E]) -> Callable[[Context[E]], Verdict]:
    return lambda ctx: _then(one(ctx), lambda fits: not fits)


def _then(verdict: Verdict, then: Callable[[bool], Verdict]) -> Verdict:
    # A filter that has nothing to wait for stays one that nobody has to wait for.
    return _later(verdict, then) if isinstance(verdict, Awaitable) else then(bool(verdict))


async def _later(verdict: Awaitable[bool], then: Callable[[bool], Verdict]) -> bool:
    result = then(bool(await verdict))
    return bool(await result) if isinstance(result, Awaitable) else bool(result)


class _Filters:
    """The filters that most bots need."""

    recovered: Final = Filter[Event](lambda ctx: ctx.event.recovered)
    """What was found after a disconnect or a restart."""

    group: Final = Filter[Event](lambda ctx: _is_group(ctx))
    """What happens in groups."""

    direct: Final = Filter[Event](lambda ctx: _is_direct(ctx))
    """What happens in chats with one other person."""

    has_attachment: Final = Filter[MessageUpserted | MessageDeleted](
        lambda ctx: bool(getattr(message_of(ctx.event), "attachments", None))
    )
    """Messages with at least one file."""

    mentions_me: Final = Filter[MessageUpserted | MessageDeleted](lambda ctx: _mentions_me(ctx))
    """Messages that mention you."""

    replies_to_me: Final = Filter[MessageUpserted](lambda ctx: _replies_to_me(ctx))
    """Messages that reply to one of yours, or of the bot's."""

    def text(self, pattern: str | re.Pattern[str]) -> Filter[MessageUpserted | MessageDeleted]:
        """Return a filter of messages whose plain text has a match, which is then `ctx.match`.

        Args:
            pattern: A regular expression, found anywhere in the text.

        Raises:
            InvalidInputError: It is no regular expression.
        """
        try:
            search = re.compile(pattern).search
        except (re.error, TypeError) as error:
            raise InvalidInputError(f"F.text needs a regular expression: {error}.") from None

        def has_match(ctx: Context[MessageUpserted | MessageDeleted]) -> bool:
            found = search(ctx.text)
            if found is not None:
                ctx.match = found
            return found is not None

        return Filter(has_match)

    def chat(self, *chat_ids: str) -> Filter[Event]:
        """Return a filter of what happens in some chats.

        Args:
            chat_ids: IDs of chats: also that of a merged chat, which stands for its members, or one
                that is local to the installation.

        Raises:
            InvalidInputError: One of them can't be the ID of a chat.
        """
        names = check_chat_ids("F.chat", chat_ids)

        def is_there(ctx: Context[Event]) -> bool:
            chat_id = chat_of(ctx.event)
            return chat_id is not None and ctx.desk.is_chat(chat_id, names)

        return Filter(is_there, chat_names=names)

    def sender(self, *person_ids: str) -> Filter[Event]:
        """Return a filter of what some people write or react.

        Args:
            person_ids: IDs of people.

        Raises:
            InvalidInputError: There is none, or one is no text.
        """
        if not person_ids or not all(isinstance(one, str) and one for one in person_ids):
            raise InvalidInputError("F.sender needs IDs of people.")
        people = frozenset(person_ids)
        return Filter(lambda ctx: person_of(ctx.event) in people)

    def recent(self, span: Span) -> Filter[Event]:
        """Return a filter of what happened within a length of time before now.

        Args:
            span: The length of time, e.g. "5m".

        Raises:
            InvalidInputError: It is no length of time.
        """
        seconds = seconds_of("F.recent", span)
        return Filter(lambda ctx: ctx.age.total_seconds() <= seconds)


async def _is_group(ctx: Context[Event]) -> bool:
    chat_id = chat_of(ctx.event)
    return chat_id is not None and await ctx.desk.is_group(chat_id)


async def _is_direct(ctx: Context[Event]) -> bool:
    chat_id = chat_of(ctx.event)
    return chat_id is not None and not await ctx.desk.is_group(chat_id)


async def _mentions_me(ctx: Context[MessageUpserted | MessageDeleted]) -> bool:
    message = message_of(ctx.event)
    for person_id in (message.mentions or ()) if message is not None else ():
        if person_id == _EVERYBODY or (message and await ctx.desk.is_me(message, person_id)):
            return True
    return False


async def _replies_to_me(ctx: Context[MessageUpserted]) -> bool:
    original = await ctx.replied_to() if ctx.message.linked_message_id is not None else None
    return original is not None and bool(original.is_sender)


F: Final = _Filters()
"""The filters that most bots need: `F.group`, `F.text(r"...")`, `F.chat("!id")` and so on."""
