"""A limit on how many requests an app answers in a while."""

from __future__ import annotations

import time

from .refusals import RefusalError


class RateLimit:
    """Lets the app answer so many requests in a while, and 429 to all others.

    The while begins with the first request, and anew with the first one after its end. Requests
    that are answered with 429 don't count. Only requests with a valid token are limited, and none
    of WebSockets. Use each object for one simulator.

    Args:
        requests: Number of requests that are answered. At least 1.
        seconds: Length of the while in seconds. More than 0.
        retry_after: True sends the seconds to wait in the header ``Retry-After``, with decimals.
            False sends no such header.

    Raises:
        ValueError: `requests` is less than 1, or `seconds` is not more than 0.

    Example:
        from beeper_async.testing import RateLimit, Simulator

        async with Simulator() as sim:
            sim.rate_limit = RateLimit(2, seconds=0.1)
            async with AsyncBeeperDesktop(base_url=sim.url, access_token=sim.token) as client:
                for _ in range(3):
                    await client.chats.list()
            print(len(sim.requests))  # 4: one of them was refused first
    """

    def __init__(self, requests: int, seconds: float, *, retry_after: bool = True) -> None:
        if requests < 1:
            raise ValueError("requests must be at least 1")
        if not seconds > 0:
            raise ValueError("seconds must be more than 0")
        self.requests: int = requests
        """Number of requests that are answered in a while."""
        self.seconds: float = seconds
        """Length of the while in seconds."""
        self.retry_after: bool = retry_after
        """Whether a 429 says how long to wait."""
        self.refused: int = 0
        """Number of requests that were answered with 429 so far."""
        self._answered = 0
        self._ends_at = 0.0

    def check(self) -> None:
        """Count a request.

        Raises:
            RefusalError: It is one too many.
        """
        now = time.monotonic()
        if now >= self._ends_at:
            self._answered, self._ends_at = 0, now + self.seconds
        if self._answered < self.requests:
            self._answered += 1
            return
        self.refused += 1
        wait = self._ends_at - now
        # A little more than what is left, so that who waits as long is not too early.
        raise RefusalError(
            429, headers={"Retry-After": f"{wait + 0.001:.3f}"} if self.retry_after else None
        )
