"""A stream has one consumer, inside of its block; anything else is an error, and loses no item."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest

from beeper_async import ClientUseError, InvalidInputError, PaginationError, merge

from .shelf import Shelf, circling, numbered

pytestmark = pytest.mark.asyncio

Make = Callable[[], Any]


def prefetched() -> Any:
    return Shelf(numbered(20), 3).listing().prefetch(2)


def by_arrival() -> Any:
    return merge({1: Shelf(numbered(20), 3).listing()})


def by_source() -> Any:
    return merge({1: Shelf(numbered(20), 3).listing()}, order="source")


streams = pytest.mark.parametrize("make", [prefetched, by_arrival, by_source])


def id_of(item: Any) -> str:
    message: Any = cast("Any", item)[1] if isinstance(item, tuple) else item
    return message.id  # type: ignore[no-any-return]


EVERYTHING = [str(number) for number in range(20)]


@streams
async def test_a_stream_that_was_not_entered_says_what_to_write(make: Make) -> None:
    stream = make()
    with pytest.raises(ClientUseError, match="async with"):
        await anext(stream)
    with pytest.raises(ClientUseError, match="async with"):
        async for _ in stream:
            pass
    async with stream:
        assert [id_of(item) async for item in stream] == EVERYTHING


async def test_pages_of_a_merge_that_was_not_entered() -> None:
    with pytest.raises(ClientUseError, match="async with merge"):
        await anext(by_arrival().pages())


@streams
async def test_a_stream_that_was_left_is_closed(make: Make) -> None:
    async with make() as stream:
        await anext(stream)
    with pytest.raises(ClientUseError, match="closed"):
        await anext(stream)
    with pytest.raises(ClientUseError, match="entered once"):
        async with stream:
            pass


@streams
async def test_a_stream_that_came_to_its_end_stays_there(make: Make) -> None:
    async with make() as stream:
        assert [id_of(item) async for item in stream] == EVERYTHING
        assert [item async for item in stream] == []
    assert [item async for item in stream] == []


@streams
async def test_a_loop_continues_where_another_was_left(make: Make) -> None:
    async with make() as stream:
        seen = [id_of(await anext(stream))]
        async for item in stream:
            seen.append(id_of(item))
            if len(seen) == 5:
                break
        seen += [id_of(item) async for item in stream]
    assert seen == EVERYTHING


@streams
async def test_a_second_task_is_refused_while_the_first_waits(make: Make) -> None:
    async def read() -> list[str]:
        return [id_of(item) async for item in stream]

    async with make() as stream:
        first, second = await asyncio.gather(read(), read(), return_exceptions=True)
    assert first == EVERYTHING
    assert isinstance(second, ClientUseError)
    assert "another consumer" in str(second)


@streams
async def test_two_loops_in_turn_lose_no_item(make: Make) -> None:
    """Each reads while the other doesn't, so the later one takes over, and the former is told."""

    async def loop() -> AsyncIterator[str]:
        async for item in stream:
            yield id_of(item)

    async with make() as stream:
        former, later = loop(), loop()
        seen = [await anext(former), await anext(later)]
        with pytest.raises(ClientUseError, match="another consumer"):
            await anext(former)
        seen += [item async for item in later]
    assert seen == EVERYTHING


def behind(gate: asyncio.Event) -> list[Any]:
    """Return streams whose pages come once the gate is open."""

    def listing() -> Any:
        shelf = Shelf(numbered(20), 3)
        fetch = shelf.fetch

        async def wait_and_fetch(request: Any) -> Any:
            await gate.wait()
            return await fetch(request)

        shelf.fetch = wait_and_fetch  # type: ignore[method-assign]
        return shelf.listing()

    return [listing().prefetch(), merge({1: listing()}), merge({1: listing()}, order="source")]


async def test_a_cancelled_read_takes_nothing_away() -> None:
    for stream in behind(gate := asyncio.Event()):
        gate.clear()
        async with stream:
            reader = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0)
            reader.cancel()
            await asyncio.wait([reader])
            assert reader.cancelled()
            gate.set()
            assert [id_of(item) async for item in stream] == EVERYTHING


async def test_leaving_the_block_ends_the_wait_of_another_task() -> None:
    for stream in behind(asyncio.Event()):
        async with stream:
            reader = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0)
        with pytest.raises(ClientUseError, match="closed"):
            await asyncio.wait_for(reader, 10)


async def test_pages_continue_in_the_middle_of_a_page() -> None:
    async with by_arrival() as stream:
        assert id_of(await anext(stream)) == "0"
        pages = [items async for _, items in stream.pages()]
    assert [item.id for items in pages for item in items] == EVERYTHING[1:]
    assert [len(items) for items in pages] == [2, 3, 3, 3, 3, 3, 2]


async def test_after_its_error_a_stream_raises_it_again() -> None:
    for stream in (circling().prefetch(), merge({1: circling()})):
        async with stream:
            for _ in range(3):
                with pytest.raises(PaginationError):
                    async for _ in stream:
                        pass


async def test_two_loops_over_one_listing_are_two_walks() -> None:
    shelf = Shelf(numbered(20), 3)
    listing = shelf.listing()
    both = [(one.id, other.id) async for one in listing.take(3) async for other in listing.take(2)]
    assert both == [(a, b) for a in "012" for b in "01"]
    async with listing.prefetch() as one, listing.prefetch() as other:
        assert [m.id async for m in one] == [m.id async for m in other] == EVERYTHING


async def test_merge_refuses_what_is_not_a_listing_by_key() -> None:
    several: list[Any] = [{1: "listing"}, [Shelf([], 1).listing()], [1], [(1, 2, 3)]]
    for wrong in several:
        with pytest.raises(InvalidInputError, match="by keys"):
            async with merge(wrong) as merged:
                await anext(merged)
