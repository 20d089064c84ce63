"""Pages of many listings as one stream, and how each listing ended, in both packages."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import beeper_async
from beeper_async import (
    AsyncBeeperDesktop,
    Ended,
    InternalServerError,
    InvalidInputError,
    MergedPage,
    PaginationError,
)
from beeper_async.testing import Simulator, listing_faults
from beeper_sync import BeeperDesktop, merge_pages as blocking_merge_pages

from .. import awaitable
from ..awaitable import AwaitableClient

orders = pytest.mark.parametrize("order", ["arrival", "source"])

MergePages = Callable[..., Any]


def is_end(step: Any) -> bool:
    return step.__class__ is Ended


@pytest.fixture
def merge_pages(client: AsyncBeeperDesktop) -> MergePages:
    """Give the `merge_pages` of the package that the client is from."""
    is_blocking = isinstance(client, AwaitableClient)
    return awaitable.merge_pages if is_blocking else beeper_async.merge_pages


@pytest.fixture
def chat_ids(sim: Simulator) -> list[str]:
    return [chat["id"] for chat in sim.world.fill(chats=6, messages=300, seed=1)]


@pytest.mark.asyncio
@orders
async def test_each_listing_delivers_its_pages_and_then_its_end(
    client: AsyncBeeperDesktop,
    sim: Simulator,
    merge_pages: MergePages,
    chat_ids: list[str],
    order: str,
) -> None:
    listings: dict[str, Any] = {one: client.messages.list(one) for one in chat_ids}
    steps: dict[str, list[Any]] = {one: [] for one in chat_ids}
    async with merge_pages(listings, in_flight=3, order=order) as merged:
        async for step in merged:
            steps[step.key].append(step)
    for chat_id in chat_ids:
        *pages, end = steps[chat_id]
        assert end == Ended(chat_id)
        raw = [item for step in pages for item in step.page.raw_items]
        assert raw == sim.world.messages[chat_id][::-1]
        assert all(isinstance(step, MergedPage) for step in pages)
        for step in pages:
            assert step.page.oldest_cursor == step.page.raw_items[-1]["sortKey"]


@pytest.mark.asyncio
async def test_in_the_order_of_the_listings(
    client: AsyncBeeperDesktop, merge_pages: MergePages, chat_ids: list[str]
) -> None:
    listings: dict[str, Any] = {one: client.messages.list(one) for one in chat_ids}
    async with merge_pages(listings, order="source") as merged:
        steps: list[Any] = [step async for step in merged]
    ends: list[str] = [step.key for step in steps if is_end(step)]
    assert ends == chat_ids


@pytest.mark.asyncio
@orders
async def test_the_failure_of_a_listing_is_its_end(
    client: AsyncBeeperDesktop,
    sim: Simulator,
    merge_pages: MergePages,
    chat_ids: list[str],
    order: str,
) -> None:
    once = client.with_options(max_retries=0)
    page = await once.messages.list(chat_ids[0])
    listings: dict[str, Any] = {one: once.messages.list(one) for one in chat_ids[1:]}
    listings = {chat_ids[0]: page, **listings}
    sim.fail_chat(chat_ids[0])
    delivered: dict[str, int] = dict.fromkeys(chat_ids, 0)
    ends: dict[str, Any] = {}
    async with merge_pages(listings, order=order) as merged:
        async for step in merged:
            if not is_end(step):
                delivered[step.key] += len(step.page.items)
            else:
                ends[step.key] = step.error
    assert isinstance(ends.pop(chat_ids[0]), InternalServerError)
    assert delivered.pop(chat_ids[0]) == len(page.items) > 0
    assert ends == dict.fromkeys(chat_ids[1:])
    assert delivered == {one: len(sim.world.messages[one]) for one in chat_ids[1:]}


@pytest.mark.asyncio
async def test_a_page_that_cannot_be_decoded_ends_its_listing(
    client: AsyncBeeperDesktop, sim: Simulator, merge_pages: MergePages, chat_ids: list[str]
) -> None:
    page = await client.messages.list(chat_ids[0])
    sim.set_listing_faults(listing_faults.BadItems(every=1), listing="messages.list")
    async with merge_pages({1: page}) as merged:
        first, end = [step async for step in merged]
    assert first.page.items == page.items
    assert isinstance(end.error, beeper_async.APIResponseValidationError)


@pytest.mark.asyncio
async def test_a_page_that_cannot_be_requested_ends_its_listing(
    client: AsyncBeeperDesktop, sim: Simulator, merge_pages: MergePages, chat_ids: list[str]
) -> None:
    sim.set_listing_faults(listing_faults.StuckHead(), listing="messages.list")
    async with merge_pages({1: client.messages.list(chat_ids[0])}) as merged:
        first, *_, end = [step async for step in merged]
    assert len(first.page.items) == 20
    assert isinstance(end.error, PaginationError)


@pytest.mark.asyncio
async def test_a_later_loop_continues_with_the_next_page(
    client: AsyncBeeperDesktop, sim: Simulator, merge_pages: MergePages, chat_ids: list[str]
) -> None:
    count = 0
    async with merge_pages({1: client.messages.list(chat_ids[0])}) as merged:
        async for step in merged:
            count += len(step.page.items)
            break
        async for step in merged:
            count += 0 if is_end(step) else len(step.page.items)
    assert count == len(sim.world.messages[chat_ids[0]]) > 20


@pytest.mark.asyncio
async def test_a_page_leads_on_by_itself(
    client: AsyncBeeperDesktop, sim: Simulator, merge_pages: MergePages, chat_ids: list[str]
) -> None:
    async with merge_pages({1: client.messages.list(chat_ids[0])}) as merged:
        step = await anext(merged)
    following: Any = step.page.get_next_page()  # of the client, which is still open
    if not isinstance(client, AwaitableClient):
        following = await following
    assert following.raw_items == sim.world.messages[chat_ids[0]][::-1][20:40]


@pytest.mark.asyncio
async def test_parameters_are_checked(client: AsyncBeeperDesktop, merge_pages: MergePages) -> None:
    with pytest.raises(InvalidInputError, match="in_flight"):
        merge_pages({}, in_flight=0)
    with pytest.raises(InvalidInputError, match="order"):
        merge_pages({}, order="newest")
    async with merge_pages({}) as merged:
        assert [step async for step in merged] == []


def test_blocking_listings_may_come_one_by_one(
    blocking: BeeperDesktop, sim: Simulator, chat_ids: list[str]
) -> None:
    def listings() -> Iterator[tuple[str, Any]]:
        for chat_id in chat_ids:
            yield chat_id, blocking.messages.list(chat_id)

    count = 0
    with blocking_merge_pages(listings(), in_flight=2) as steps:
        for step in steps:
            if isinstance(step, MergedPage):
                count += len(step.page.items)
    assert count == 300
