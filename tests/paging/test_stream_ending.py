"""However a stream is left, no task, request or connection outlives it."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from beeper_async import AsyncBeeperDesktop, merge
from beeper_async.testing import Fault, FaultProxy, Simulator

from .shelf import Shelf, numbered


async def prefetching(step: Callable[[], Awaitable[None]]) -> None:
    async with Shelf(numbered(30), 4).listing().prefetch(2) as stream:
        async for _ in stream:
            await step()


async def merging(step: Callable[[], Awaitable[None]]) -> None:
    listings = {n: Shelf(numbered(9), 4).listing() for n in range(4)}
    async with merge(listings, in_flight=3) as merged:
        async for _ in merged:
            await step()


async def merging_in_order(step: Callable[[], Awaitable[None]]) -> None:
    listings = {n: Shelf(numbered(9), 4).listing() for n in range(4)}
    async with merge(listings, in_flight=3, order="source") as merged:
        async for _ in merged.pages():
            await step()


@pytest.mark.parametrize("construct", [prefetching, merging, merging_in_order])
def test_cancelling_at_every_await_leaves_nothing(construct: Any) -> None:
    """Cancel after k turns of the event loop, for every k until it gets through."""

    async def cancelled_after(turns: int) -> bool:
        async def step() -> None:
            await asyncio.sleep(0)

        task = asyncio.ensure_future(construct(step))
        for _ in range(turns):
            await asyncio.sleep(0)
        finished: bool = task.done()
        task.cancel()
        await asyncio.wait([task])
        assert asyncio.all_tasks() == {asyncio.current_task()}, f"cancelled after {turns} turns"
        gc.collect()
        return finished

    async def main() -> int:
        turns = 0
        while not await cancelled_after(turns):
            turns += 1
        return turns

    assert asyncio.run(main()) > 10


class _OwnError(Exception):
    pass


@pytest.mark.parametrize("construct", [prefetching, merging, merging_in_order])
def test_leaving_at_every_item_leaves_nothing(construct: Any) -> None:
    async def left_after(items: int) -> bool:
        seen = 0

        async def step() -> None:
            nonlocal seen
            seen += 1
            if seen > items:
                raise _OwnError

        try:
            await construct(step)
        except _OwnError:
            finished = False
        else:
            finished = True
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return finished

    async def main() -> int:
        items = 0
        while not await left_after(items):
            items += 1
        return items

    assert asyncio.run(main()) > 5


@pytest.mark.asyncio
@pytest.mark.parametrize("construct", ["prefetch", "arrival", "source"])
@pytest.mark.parametrize("leave", ["break", "raise", "cancel"])
async def test_leaving_closes_the_connections_of_requests_under_way(
    sim: Simulator, construct: Any, leave: str
) -> None:
    """Requests that nobody waits for any more must not go on, nor their connections stay open."""
    chats = list(sim.world.chats)
    for number in range(60):
        for chat_id in chats[:6]:
            sim.world.receive(chat_id, f"message {number}")
    with FaultProxy(sim.url) as proxy:
        client = AsyncBeeperDesktop(access_token=sim.token, base_url=proxy.url)
        proxy.plan(Fault.lose_response(), path="/v1/chats/*", nth=3, times=None)

        def stream() -> Any:
            if construct == "prefetch":
                return client.messages.list(chats[0]).prefetch(3)
            listings = {chat_id: client.messages.list(chat_id) for chat_id in chats[:6]}
            return merge(listings, in_flight=4, order=construct)

        async def read() -> None:
            async with stream() as items:
                async for _ in items:
                    if leave == "break":
                        break
                    if leave == "raise":
                        raise _OwnError

        task = asyncio.ensure_future(read())
        done, _ = await asyncio.wait([task], timeout=0.5)
        task.cancel()
        await asyncio.wait([task])
        left_behind = asyncio.all_tasks() - {asyncio.current_task()}
        await client.close()
        assert bool(done) == (leave != "cancel")
        assert left_behind == set()
        for _ in range(200):
            if not proxy.connections:
                break
            await asyncio.sleep(0.01)
        assert proxy.connections == []
