"""Whatever ends a task in the background ends the stream with it; no consumer waits for ever."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import Any

import pytest

from beeper_async import ClientUseError, merge
from beeper_async._paging import fetchers
from beeper_async._paging.background import EndingQueue
from beeper_async._paging.page import PageSource

from .shelf import Shelf, numbered

pytestmark = pytest.mark.asyncio

DEADLINE = 20  # seconds after which a consumer counts as waiting for ever

FAULTS = [RuntimeError, MemoryError, asyncio.CancelledError, SystemExit, KeyboardInterrupt]
faults = pytest.mark.parametrize("fault", [*FAULTS, GeneratorExit])
Make = Callable[[], Any]


def listings() -> dict[int, Any]:
    return {number: Shelf(numbered(20), 3).listing() for number in range(3)}


def prefetched() -> Any:
    return Shelf(numbered(20), 3).listing().prefetch(2)


def by_arrival() -> Any:
    return merge(listings(), in_flight=2)


def by_source() -> Any:
    return merge(listings(), in_flight=2, order="source")


def tolerant() -> Any:
    return merge(listings(), in_flight=2, order="source", errors="yield")


streams = pytest.mark.parametrize("make", [prefetched, by_arrival, by_source, tolerant])
merges = pytest.mark.parametrize("make", [by_arrival, by_source, tolerant])


async def items_until(fault: type[BaseException], stream: Any) -> list[Any]:
    """Read a stream to its error, and return what came before it."""
    found: list[Any] = []
    async with asyncio.timeout(DEADLINE), stream:
        with pytest.raises(fault):
            async for item in stream:
                found.append(item)  # noqa: PERF401 - the list is kept when the loop raises
        with pytest.raises(fault):  # not the end: who reads on would take this for everything
            await anext(stream)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    return found


@streams
@faults
@pytest.mark.parametrize("pages", [0, 1, 2])
async def test_a_source_that_breaks_between_its_pages(
    make: Make, fault: type[BaseException], pages: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy: Any = PageSource[Any].pages

    async def broken(self: Any) -> AsyncIterator[Any]:
        async with aclosing(healthy(self)) as whole:
            count = 0
            async for page in whole:
                if count == pages:
                    raise fault
                count += 1
                yield page

    monkeypatch.setattr(PageSource, "pages", broken)
    found = await items_until(fault, make())
    assert len(found) >= 3 * pages, "an error comes after the pages before it"


@streams
@faults
async def test_a_request_that_breaks(
    make: Make, fault: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        await asyncio.sleep(0)
        raise fault

    monkeypatch.setattr(Shelf, "fetch", broken)
    assert await items_until(fault, make()) == []


@streams
@faults
async def test_a_queue_that_breaks(
    make: Make, fault: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise fault

    monkeypatch.setattr(EndingQueue, "put", broken)
    assert await items_until(fault, make()) == []


@merges
@faults
@pytest.mark.parametrize("name", ["_take", "_open", "source_of", "_pages_or_error", "_run"])
async def test_a_function_of_the_merge_that_breaks(
    make: Make, fault: type[BaseException], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = make()

    def broken(*_: Any) -> Any:
        raise fault

    in_module = hasattr(fetchers, name)
    target: Any = fetchers if in_module else stream._fetchers.__class__
    monkeypatch.setattr(target, name, broken)
    assert await items_until(fault, stream) == []


class _BreakingMapping(Mapping[int, Any]):
    def __init__(self, fault: type[BaseException]) -> None:
        self._fault = fault

    def __getitem__(self, key: int) -> Any:
        if key == 2:
            raise self._fault
        return Shelf(numbered(5), 3).listing()

    def __iter__(self) -> Iterator[int]:
        return iter(range(5))

    def __len__(self) -> int:
        return 5


@pytest.mark.parametrize("order", ["arrival", "source"])
@pytest.mark.parametrize("in_flight", [1, 3])
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_mapping_of_the_user_that_breaks(
    fault: type[BaseException], order: Any, in_flight: int
) -> None:
    stream = merge(_BreakingMapping(fault), in_flight=in_flight, order=order)
    found = await items_until(fault, stream)
    if order == "source" or in_flight == 1:
        assert [(key, m.id) for key, m in found] == [
            (k, str(n)) for k in range(2) for n in range(5)
        ]


@streams
async def test_a_task_that_is_cancelled_from_outside(make: Make) -> None:
    async with asyncio.timeout(DEADLINE):
        async with make() as stream:
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            with pytest.raises(asyncio.CancelledError):
                async for _ in stream:
                    pass


@streams
async def test_leaving_is_no_failure(make: Make) -> None:
    """A consumer in another task sees that the block was left, not that tasks were cancelled."""

    async def never(*_: Any) -> None:
        await asyncio.Event().wait()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Shelf, "fetch", never)
        async with make() as stream:
            reader = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0.01)
        with pytest.raises(ClientUseError, match="closed"):
            await asyncio.wait_for(reader, DEADLINE)
