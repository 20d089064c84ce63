"""Calls that are made again while the app is away."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from .._http.retry import backoff
from ..errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    AuthenticationError,
    InternalServerError,
    PermissionDeniedError,
    RateLimitError,
)

T = TypeVar("T")

TRANSIENT: Final = (APIConnectionError, InternalServerError, RateLimitError)
"""Failures of a call that only reads, and that may succeed later."""

_log = logging.getLogger("beeper_async")


async def pause(failures: int, wait: float = 0.0) -> None:
    """Wait before the next attempt, the longer the more have failed.

    Args:
        failures: Number of failures before this one.
        wait: Seconds that the app asks to wait at least.
    """
    usual = backoff(failures, random.random())  # noqa: S311 - spreads load
    await asyncio.sleep(max(usual, wait))


async def patiently(
    call: Callable[[], Awaitable[T]],
    complaint: str,
    passing: tuple[type[APIError], ...] = TRANSIENT,
) -> T:
    """Make a call that only reads, again and again while it fails transiently.

    Args:
        call: Makes the call.
        complaint: What the log says of a failure.
        passing: The failures after which it is made again.
    """
    failures = 0
    while True:
        try:
            return await call()
        except passing as error:
            wait = retry_after(error)
            _log.info("bot: %s (%s)", complaint, type(error).__name__)
        await pause(failures, wait)
        failures += 1


def retry_after(error: Exception) -> float:
    """Return the seconds that the app asks to wait before the next request."""
    return (error.retry_after or 0.0) if isinstance(error, APIStatusError) else 0.0


async def when_app_is_there(attempt: Callable[[], Awaitable[T]], seconds: float | None) -> T:
    """Make an attempt again and again until the app is there.

    Args:
        attempt: The attempt.
        seconds: How long at most. None means without end.

    Raises:
        APIError: Waiting is of no use, or the app was not there in time.
    """
    loop = asyncio.get_running_loop()
    end = None if seconds is None else loop.time() + seconds
    failures = 0
    while True:
        try:
            return await attempt()
        except APIError as error:
            if is_final(error) or (end is not None and loop.time() >= end):
                raise
            if not failures:
                _log.warning("bot: waits for the app (%s: %s)", type(error).__name__, error)
            wait = retry_after(error)
        await pause(failures, wait)
        failures += 1


def is_final(error: Exception) -> bool:
    """Return whether waiting is of no use. Only the app itself can say so: a proxy can't."""
    if isinstance(error, PermissionDeniedError):
        return error.code is not None
    return isinstance(error, AuthenticationError)
