"""A limit on how often a handler is called."""

from __future__ import annotations

import functools
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Final, Literal, ParamSpec, TypeVar

from .._validation import check_choice, check_range
from ..errors import InvalidInputError
from ..events.kinds import Event
from .context import Context
from .spans import Span, seconds_of

E = TypeVar("E", bound=Event)
P = ParamSpec("P")
R = TypeVar("R")

_MOST: Final = 10_000


def cooldown(
    times: int, per: Span, *, of: Literal["person", "chat", "bot"] = "person", say: str = ""
) -> Callable[
    [Callable[Concatenate[Context[E], P], Coroutine[Any, Any, R]]],
    Callable[Concatenate[Context[E], P], Coroutine[Any, Any, R | None]],
]:
    """Limit how often a handler is called. Stands between its registration and the function.

    Args:
        times: How often. At least 1.
        per: Within which length of time.
        of: For whom it counts: each person, each chat, or all together.
        say: What the others get as a reply. Empty means none.

    Returns:
        A decorator.

    Raises:
        InvalidInputError: A parameter is invalid.

    Example:
        bot = Bot()

        @bot.command()
        @cooldown(3, "1m", say="Later.")
        async def joke(ctx: Ctx) -> None:
            await ctx.reply("Knock, knock.")
    """
    if check_range("times", times, 1) is None:
        raise InvalidInputError("times must be an integer, 1 or more.")
    seconds = seconds_of("per", per)
    check_choice("of", of, "person", "chat", "bot")

    def decorate(
        call: Callable[Concatenate[Context[E], P], Coroutine[Any, Any, R]],
    ) -> Callable[Concatenate[Context[E], P], Coroutine[Any, Any, R | None]]:
        calls: OrderedDict[str, deque[float]] = OrderedDict()

        @functools.wraps(call)
        async def limited(ctx: Context[E], /, *args: P.args, **kwargs: P.kwargs) -> R | None:
            key = {"person": lambda: ctx.person_id, "chat": lambda: ctx.chat_id}.get(of, str)()
            now = ctx.bot.clock.now().timestamp()
            recent = calls.setdefault(key, deque())
            calls.move_to_end(key)
            if len(calls) > _MOST:
                calls.popitem(last=False)
            while recent and recent[0] <= now - seconds:
                recent.popleft()
            if len(recent) >= times:
                if say:
                    await ctx.reply(say)
                return None
            recent.append(now)
            return await call(ctx, *args, **kwargs)

        return limited

    return decorate
