"""Those who wait for an event, and get it before any handler does."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from attrs import define

from .kinds import Event

E = TypeVar("E", bound=Event)


@define(eq=False)
class _Waiter(Generic[E]):
    event_type: type[E]
    wanted: Callable[[E], bool] | None
    event: asyncio.Future[E]

    def takes(self, event: Event) -> bool:
        if self.event.done() or not isinstance(event, self.event_type):
            return False
        try:
            wanted = self.wanted is None or self.wanted(event)
        except Exception as error:
            self.event.set_exception(error)  # it is the fault of the one who waits
            return False
        if wanted:
            self.event.set_result(event)
        return wanted


class Waiters:
    """A list of those who wait; an event goes to the first whom it suits."""

    def __init__(self) -> None:
        self._waiters: list[_Waiter[Any]] = []

    @property
    def any(self) -> bool:
        """Whether anybody waits."""
        return bool(self._waiters)

    def offer(self, event: Event) -> bool:
        """Give an event to whoever waits for it; false if nobody does."""
        return any(waiter.takes(event) for waiter in self._waiters)

    def show(self, event: Event) -> None:
        """Give an event to everybody who waits for it."""
        for waiter in self._waiters:
            waiter.takes(event)

    def fail(self, error: Exception) -> None:
        """Tell everybody who waits that no more events come."""
        for waiter in self._waiters:
            if not waiter.event.done():
                waiter.event.set_exception(error)

    def wait_for(
        self,
        event_type: type[E],
        wanted: Callable[[E], bool] | None = None,
        timeout: float | None = None,
    ) -> Coroutine[Any, Any, E]:
        """Wait until an event is offered that suits. Every event from the call on counts.

        Raises:
            TimeoutError: None came in so many seconds.
        """
        waiter = _Waiter(event_type, wanted, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        return self._wait(waiter, timeout)

    async def _wait(self, waiter: _Waiter[E], timeout: float | None) -> E:
        try:
            async with asyncio.timeout(timeout):
                event: E = await waiter.event
                return event
        except TimeoutError:
            if waiter.event.done() and not waiter.event.cancelled():
                result: E = waiter.event.result()
                return result  # both at once; nobody else gets the event any more
            raise TimeoutError(
                f"No {waiter.event_type.__name__} came within {timeout} s."
            ) from None
        finally:
            self._waiters.remove(waiter)
