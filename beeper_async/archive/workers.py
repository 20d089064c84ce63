"""Works through a list with a fixed number of tasks."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

T = TypeVar("T")


async def work_through(
    items: Iterable[T], work: Callable[[T], Awaitable[object]], tasks: int
) -> None:
    """Do something for each item, several at a time, in order of their beginning.

    Raises:
        Exception: The first one that `work` raised; the others are cancelled.
    """
    waiting = iter(items)

    async def work_on() -> None:
        for item in waiting:
            await work(item)

    async with _tasks() as group:
        for _ in range(tasks):
            group.create_task(work_on())


@asynccontextmanager
async def owned(
    work: Coroutine[Any, Any, None], *, is_awaited: bool = False
) -> AsyncGenerator[None]:
    """Run something during a block; if one of them fails, so does the other.

    Args:
        work: What to run.
        is_awaited: Whether its end is waited for after the block. Otherwise it is cancelled then.
    """
    async with _tasks() as group:
        task = group.create_task(work)
        yield
        if not is_awaited:
            task.cancel()


@asynccontextmanager
async def _tasks() -> AsyncGenerator[asyncio.TaskGroup]:
    """Give a group of tasks that raises what failed first, and no group of exceptions."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as errors:
        first = _first_of(errors)
    else:
        return
    raise first  # out here, so that its cause and context stay its own


def _first_of(errors: Any) -> BaseException:
    """Return the exception of a group that came first: the others followed from it."""
    first = errors.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first
