"""One call of a handler: the middleware around it, its arguments, and its errors."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from ..errors import BeeperDesktopError
from .commands import name_of, parse_call
from .context import Context
from .errors import NoAnswer, Skip, Superseded, UsageError
from .handlers import Command, Handler, JobHandler, Middleware
from .values import decode_arguments

_log = logging.getLogger("beeper_async")

# A conversation that ends like this needs no word, unless an error handler has one.
_QUIET: Final = (NoAnswer, Superseded)


class Calls:
    """Calls handlers.

    Args:
        prefix: What commands begin with.
        names: What the bot may be called after an `@`.
    """

    def __init__(self, prefix: str, names: set[str]) -> None:
        self.prefix = prefix
        self._names = names

    def command_in(self, text: str) -> str | None:
        """Return the name of the command that a text begins with."""
        call = parse_call(text, self.prefix, self._names)
        return None if call is None else call.name

    async def __call__(
        self,
        handler: Handler,
        ctx: Context[Any],
        around: Sequence[Middleware] = (),
        arguments: str = "",
        raises: Callable[[Exception], bool] | None = None,
    ) -> None:
        """Call a handler, and take care of its errors.

        Args:
            handler: The handler.
            ctx: The context of the event.
            around: The middleware around it, the outermost first.
            arguments: Those of a job, as they are stored.
            raises: Says which errors are the caller's.

        Raises:
            Skip: The handler does not want the event.
        """
        try:
            if not around:
                await self._handle(handler, ctx, arguments)
            else:
                chain = _last(self._handle, handler, ctx, arguments)
                for middleware in reversed(around):
                    chain = _around(middleware, ctx, chain)
                await chain()
        except Skip:
            raise
        except Exception as error:
            if raises is not None and raises(error):
                raise
            await self._failed(handler, ctx, error)

    async def _handle(self, handler: Handler, ctx: Context[Any], arguments: str) -> None:
        if isinstance(handler, Command):
            call = parse_call(ctx.text, self.prefix, self._names)
            args, kwargs = handler.arguments.read("" if call is None else call.rest)
            await handler.call(ctx, *args, **kwargs)
        elif isinstance(handler, JobHandler):
            bound = decode_arguments(handler.signature, arguments)
            await handler.call(ctx, *bound.args[1:], **bound.kwargs)
        else:
            await handler.call(ctx)

    async def _failed(self, handler: Handler, ctx: Context[Any], error: Exception) -> None:
        for scope in handler.scope.outwards():
            for kind, call in scope.errors:
                if isinstance(error, kind):
                    try:
                        await call(ctx, error)
                    except Exception as another:
                        log_failure(f"error handler {name_of(call)}", ctx.event, another)
                    return
        if isinstance(error, UsageError):
            await self._explain(handler, ctx, error)
        elif not isinstance(error, _QUIET):
            log_failure(handler.name, ctx.event, error)

    async def _explain(self, handler: Handler, ctx: Context[Any], error: UsageError) -> None:
        text = str(error)
        if isinstance(handler, Command):
            text += f"\nUsage: {handler.usage(self.prefix)}"
        try:
            await ctx.reply(text, plain=True)
        except Exception as another:
            log_failure(handler.name, ctx.event, another)


def _last(
    handle: Callable[[Handler, Context[Any], str], Awaitable[None]],
    handler: Handler,
    ctx: Context[Any],
    arguments: str,
) -> Callable[[], Awaitable[None]]:
    return lambda: handle(handler, ctx, arguments)


def _around(
    middleware: Callable[..., Awaitable[object]],
    ctx: Context[Any],
    call_next: Callable[[], Awaitable[None]],
) -> Callable[[], Awaitable[None]]:
    async def call() -> None:
        await middleware(ctx, call_next)

    return call


def log_failure(what: str, event: object, error: BaseException) -> None:
    """Log a failure with its class and its place, without any text of a message."""
    kind = type(error).__name__
    # The text of a stranger's exception may have a message in it. Ours don't, except for what
    # somebody typed.
    is_ours = isinstance(error, BeeperDesktopError) and not isinstance(error, UsageError)
    text = f"{kind}: {error}" if is_ours else kind
    where = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    _log.error("bot: %s failed at a %s: %s\n%s", what, type(event).__name__, text, where)
    _log.debug("bot: the whole error", exc_info=error)
