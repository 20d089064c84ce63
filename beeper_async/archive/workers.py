"""Works through a list with a fixed number of tasks."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

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

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(tasks):
                group.create_task(work_on())
    except BaseExceptionGroup as errors:
        first: BaseException = errors
    else:
        return
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    raise first
