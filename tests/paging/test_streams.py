"""Reading ahead, merging, splitting: the same items as one after the other, nothing left over."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from beeper_async import APIResponseValidationError, BeeperDesktopError, PaginationError, merge

from .shelf import START, OddShelf, Shelf, Ways, circling, message, numbered


def shelf_of(rows: list[tuple[str, int]], size: int) -> Shelf:
    """Make a shelf of messages with these accounts and ages, the newest first."""
    aged = sorted((seconds, account) for account, seconds in rows)
    return Shelf([message(n, account, seconds) for n, (seconds, account) in enumerate(aged)], size)


shelves = st.builds(
    shelf_of,
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 50)), max_size=40),
    st.integers(1, 12),
)


@settings(max_examples=1000)
@given(
    shelf=shelves,
    ahead=st.integers(1, 4),
    in_flight=st.integers(1, 5),
    edges=st.lists(st.integers(-5, 55), min_size=1, max_size=4),
)
def test_all_ways_give_the_same_items(
    shelf: Shelf, ahead: int, in_flight: int, edges: list[int]
) -> None:
    async def main() -> None:
        one = [m.id async for m in shelf.listing()]
        assert one == [m["id"] for m in shelf.messages]
        async with shelf.listing().prefetch(ahead) as stream:
            assert [m.id async for m in stream] == one
        at = [START - timedelta(seconds=edge) for edge in edges]
        windows = shelf.listing().split(at=at)
        async with merge(windows, in_flight=in_flight, order="source") as merged:
            assert [m.id async for _, m in merged] == one
        shelf.most_out = 0
        accounts = shelf.listing().split(account_ids=["a", "b", "c"])
        async with merge(accounts, in_flight=in_flight) as arriving:
            found = [(account, m) async for account, m in arriving]
        assert sorted((m.id for _, m in found), key=int) == one
        assert all(account == m.account_id for account, m in found)
        assert shelf.most_out <= in_flight

    asyncio.run(main())


odd_shelves = st.builds(
    OddShelf,
    st.lists(st.integers(0, 50), max_size=25).map(
        lambda ages: [message(n, "ab"[n % 2], age) for n, age in enumerate(sorted(ages))]
    ),
    st.integers(1, 8),
    st.builds(
        Ways,
        st.sampled_from(["told", "silent", "empty page", "countdown"]),
        st.frozensets(st.integers(1, 25)),
        st.frozensets(st.integers(1, 25)),
        st.integers(0, 3),
    ),
)


@settings(max_examples=300)
@given(
    shelf=odd_shelves,
    direction=st.sampled_from(["before", "after"]),
    ahead=st.integers(1, 4),
    edges=st.lists(st.integers(-5, 55), min_size=1, max_size=3),
)
def test_every_listing_is_walked_to_its_end_however_it_ends(
    shelf: OddShelf, direction: str, ahead: int, edges: list[int]
) -> None:
    async def main() -> None:
        everything = [m["id"] for m in shelf.messages]
        listing = shelf.listing(direction=direction)
        assert [m.id for m in await listing.collect()] == everything
        pages = -(-len(everything) // shelf.page_size)
        assert shelf.served <= 2 * pages + 3
        async with listing.prefetch(ahead) as stream:
            assert [m.id async for m in stream] == everything
        windows = listing.split(at=[START - timedelta(seconds=edge) for edge in edges])
        async with merge(windows, order="source") as merged:
            assert [m.id async for _, m in merged] == everything
        accounts = listing.split(account_ids=["a", "b"])
        async with merge(accounts) as arriving:
            assert sorted([m.id async for _, m in arriving], key=int) == everything

    asyncio.run(main())


@pytest.mark.asyncio
async def test_a_slow_consumer_holds_the_fetching_back() -> None:
    shelf = Shelf(numbered(1000), 10)
    async with shelf.listing().prefetch(2) as stream:
        await anext(stream)
        for _ in range(200):
            await asyncio.sleep(0)
        assert shelf.served <= 5
    many = {n: shelf.listing() for n in range(50)}
    shelf.served = 0
    async with merge(many, in_flight=4) as merged:
        await anext(merged)
        for _ in range(500):
            await asyncio.sleep(0)
        assert shelf.served <= 10
        assert shelf.most_out <= 4
    shelf.served = 0
    async with merge(many, in_flight=50) as merged:
        await anext(merged)
        for _ in range(2000):
            await asyncio.sleep(0)
        assert shelf.served <= 60, "a page in the hand of each task, and few that wait"


@pytest.mark.asyncio
async def test_an_error_comes_after_everything_before_it() -> None:
    seen: list[str] = []
    with pytest.raises(PaginationError):
        async with circling().prefetch(3) as stream:
            async for item in stream:
                seen.append(item.id)  # noqa: PERF401 - what came before the error counts
    assert seen == ["0", "1", "2", "3", "4"]


@pytest.mark.asyncio
@pytest.mark.parametrize("order", ["arrival", "source"])
async def test_a_failing_source_stops_all_or_is_delivered_as_a_value(order: Any) -> None:
    good = Shelf(numbered(12), 5)
    listings = {"good": good.listing(), "bad": circling(), "too": good.listing()}
    with pytest.raises(PaginationError):
        async with merge(listings, in_flight=2, order=order) as merged:
            _ = [pair async for pair in merged]
    async with merge(listings, in_flight=2, order=order, errors="yield") as tolerant:
        found = [pair async for pair in tolerant]
    assert sum(isinstance(item, BeeperDesktopError) for _, item in found) == 1
    assert [key for key, item in found if isinstance(item, PaginationError)] == ["bad"]
    assert sum(key != "bad" for key, _ in found) == 24
    assert asyncio.all_tasks() == {asyncio.current_task()}


class Spoilt(Shelf):
    """A shelf whose second page is not what a page should be."""

    def __init__(self, spoilt: Any) -> None:
        super().__init__(numbered(20), 3)
        self.spoilt = spoilt

    def _page(self, query: dict[str, list[str]]) -> Any:
        page = super()._page(query)
        if query.get("cursor") != ["3"]:
            return page
        if self.spoilt == "items":
            page["items"] = [{}, {}]
            return page
        return self.spoilt


@pytest.mark.asyncio
@pytest.mark.parametrize("order", ["arrival", "source"])
@pytest.mark.parametrize("spoilt", [[], None, 5, "text", {}, "items"], ids=repr)
async def test_a_page_that_is_none_ends_its_listing_and_no_other(order: Any, spoilt: Any) -> None:
    bad, good = Spoilt(spoilt), Shelf(numbered(20), 3)
    listings = {"bad": bad.listing(), "good": good.listing()}
    async with merge(listings, order=order, errors="yield") as merged:
        found = [pair async for pair in merged]
    items: list[Any] = [item for key, item in found if key == "bad"]
    assert [item.id for item in items[:-1]] == ["0", "1", "2"]
    assert isinstance(items[-1], APIResponseValidationError)
    assert sum(key == "good" for key, _ in found) == 20
    assert bad.served < good.served or spoilt == "items", "nothing is requested after it"


@pytest.mark.asyncio
@pytest.mark.parametrize("spoilt", [[], None, 5, "text", {}], ids=repr)
async def test_nothing_is_requested_after_a_page_that_is_none(spoilt: Any) -> None:
    shelf, seen = Spoilt(spoilt), list[str]()
    async with shelf.listing().prefetch(5) as items:
        with pytest.raises(APIResponseValidationError):
            async for item in items:
                seen.append(item.id)
    assert (seen, shelf.served) == (["0", "1", "2"], 2)


@pytest.mark.asyncio
async def test_listings_may_come_one_by_one_and_fail() -> None:
    shelf = Shelf(numbered(3), 5)

    async def listings() -> AsyncIterator[tuple[int, Any]]:
        for number in range(5):
            await asyncio.sleep(0)
            yield number, shelf.listing()
        raise KeyError("broken")

    seen: list[int] = []
    with pytest.raises(KeyError, match="broken"):
        async with merge(listings(), in_flight=2) as merged:
            async for key, _ in merged:
                seen.append(key)
    assert set(seen) <= set(range(5))
    none: list[tuple[int, Any]] = []
    async with merge(none, in_flight=3) as nothing:
        assert [pair async for pair in nothing] == []


@pytest.mark.asyncio
async def test_messages_of_different_chats_may_share_an_id() -> None:
    rows = [{**message(1, "a", 1), "chatID": chat} for chat in ("one", "two")]
    assert [m.chat_id async for m in Shelf(rows, 5).listing()] == ["one", "two"]
