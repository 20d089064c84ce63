"""Reading ahead, merging, splitting: the same items as one after the other, nothing left over."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import orjson
import pytest
from hypothesis import given, settings, strategies as st

from beeper_async import (
    AsyncBeeperDesktop,
    BeeperDesktopError,
    InvalidInputError,
    NotFoundError,
    PaginationError,
)
from beeper_async._http.decoding import ParsedResponse
from beeper_async.errors import ClientUseError
from beeper_async.models import Message
from beeper_async.models.page import CursorPage
from beeper_async.pagination import AsyncCursorSearch, AsyncPaginator, Listing, Times
from beeper_async._http.request import Request
from beeper_async._response import RequestInfo, ResponseInfo
from beeper_async.streams import merge
from beeper_async.testing import Fault, FaultProxy, Simulator
from beeper_sync import BeeperDesktop

START = datetime(2026, 5, 1, tzinfo=UTC)


class Shelf:
    """A listing in memory that pages, filters and answers like the app, a step at a time."""

    def __init__(self, messages: list[dict[str, Any]], page_size: int) -> None:
        self.messages = messages
        self.page_size = page_size
        self.out = self.most_out = self.served = 0

    def listing(self, **query: Any) -> AsyncPaginator[Message, AsyncCursorSearch[Message]]:
        request = Request("shelf", "GET", "/shelf", CursorPage[Message])
        defaults: dict[str, Any] = {"account_ids": None, "date_after": None, "date_before": None}
        times = Times("date_after", "date_before", "timestamp")
        shelf = Listing(request, {**defaults, **query}, times=times)
        return AsyncPaginator(AsyncCursorSearch, shelf, self.fetch)

    async def fetch(self, request: Request[Any]) -> ParsedResponse[Any]:
        self.out += 1
        self.served += 1
        self.most_out = max(self.most_out, self.out)
        try:
            await asyncio.sleep(0)
            page = self._page(parse_qs(request.path.partition("?")[2]))
            return ParsedResponse(request, _info(), page, orjson.dumps(page))
        finally:
            self.out -= 1

    def _page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        rows = [
            m for m in self.messages if m["accountID"] in query.get("accountIDs", m["accountID"])
        ]
        for name, keep in (("dateAfter", datetime.__gt__), ("dateBefore", datetime.__lt__)):
            if name in query:
                edge = datetime.fromisoformat(query[name][0])
                rows = [m for m in rows if keep(datetime.fromisoformat(m["timestamp"]), edge)]
        start = int(query["cursor"][0]) if "cursor" in query else 0
        end = start + self.page_size
        more = end < len(rows)
        cursor = str(end) if more else None
        return {"items": rows[start:end], "hasMore": more, "oldestCursor": cursor}


def _info() -> ResponseInfo:
    return ResponseInfo(RequestInfo("shelf", "GET", ""), 200, {}, 0.0, 0)


def message(number: int, account: str, seconds: int) -> dict[str, Any]:
    time = (START - timedelta(seconds=seconds)).isoformat(timespec="milliseconds")
    return {
        "id": str(number), "accountID": account, "chatID": "c", "senderID": "s",
        "sortKey": str(number), "timestamp": time,
    }  # fmt: skip


shelves = st.builds(
    lambda rows, size: Shelf(
        [
            message(number, account, seconds)
            for number, (account, seconds) in enumerate(sorted(rows, key=lambda row: row[1]))
        ],
        size,
    ),
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


def numbered(count: int) -> list[dict[str, Any]]:
    return [message(number, "a", number) for number in range(count)]


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


def circling() -> AsyncPaginator[Message, Any]:
    shelf = Shelf(numbered(5), 5)
    page = {"items": shelf.messages, "hasMore": True, "oldestCursor": "0"}
    shelf._page = lambda query: page  # type: ignore[method-assign]
    return shelf.listing()


@pytest.mark.asyncio
async def test_an_error_comes_after_everything_before_it() -> None:
    seen = []
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


@pytest.mark.asyncio
async def test_listings_may_come_one_by_one_and_fail() -> None:
    shelf = Shelf(numbered(3), 5)

    async def listings() -> AsyncIterator[tuple[int, Any]]:
        for number in range(5):
            await asyncio.sleep(0)
            yield number, shelf.listing()
        raise KeyError("broken")

    seen = []
    with pytest.raises(KeyError, match="broken"):
        async with merge(listings(), in_flight=2) as merged:
            async for key, _ in merged:
                seen.append(key)
    assert set(seen) <= set(range(5))
    none: list[tuple[int, Any]] = []
    async with merge(none, in_flight=3) as nothing:
        assert [pair async for pair in nothing] == []


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
async def test_a_stream_is_entered_once() -> None:
    stream = Shelf(numbered(3), 2).listing().prefetch()
    async with stream:
        pass
    with pytest.raises(ClientUseError):
        async with stream:
            pass


@pytest.mark.asyncio
async def test_parts_that_make_no_sense(sim: Simulator) -> None:
    async with AsyncBeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
        with pytest.raises(InvalidInputError):
            client.chats.list().split(at=[START])
        with pytest.raises(InvalidInputError):
            client.messages.list("x").split(account_ids=["a"])
        with pytest.raises(InvalidInputError, match="time zone"):
            client.chats.search().split(at=[datetime(2026, 1, 1)])
        with pytest.raises(InvalidInputError):
            client.chats.list().prefetch(0)
        with pytest.raises(InvalidInputError):
            merge({}, in_flight=0)
    assert sim.requests == []


@pytest.mark.asyncio
async def test_over_http(sim: Simulator) -> None:
    async with AsyncBeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
        chats = await client.chats.list().collect()
        one = {chat.id: await client.messages.list(chat.id).collect() for chat in chats}
        listings = {chat.id: client.messages.list(chat.id) for chat in chats}
        async with merge(listings, in_flight=8) as merged:
            found: dict[str, list[Message]] = {}
            async for chat_id, item in merged:
                found.setdefault(chat_id, []).append(item)
        assert found == {chat_id: items for chat_id, items in one.items() if items}
        accounts = {chat.account_id for chat in chats}
        async with merge(client.chats.list().split(account_ids=[*accounts])) as parts:
            assert {chat.id async for _, chat in parts} == {chat.id for chat in chats}
        newest = chats[0].last_activity
        assert newest is not None
        at = [newest - timedelta(days=days) for days in (0, 1, 7, 30)]
        windows = client.messages.search(include_muted=True).split(at=at)
        async with merge(windows, order="source") as by_time:
            ids = [item.id async for _, item in by_time]
        everything = [item.id async for item in client.messages.search(include_muted=True)]
        assert ids == everything
        with pytest.raises(NotFoundError):
            async with merge({"x": client.messages.list("x")}) as broken:
                _ = [pair async for pair in broken]


def test_blocking_streams(sim: Simulator) -> None:
    with BeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
        chats = client.chats.list(limit=5).collect()
        with client.prefetch(client.listings.chats.list(limit=5), 2) as ahead:
            assert [chat.id for chat in ahead] == [chat.id for chat in chats]
        listings = {chat.id: client.listings.messages.list(chat.id) for chat in chats}
        with client.merge(listings, in_flight=4, order="source") as merged:
            found = [(key, item.id) for key, item in merged]
        assert found == [(c.id, m.id) for c in chats for m in client.messages.list(c.id)]
        with client.merge(listings) as left:
            for _ in left:
                break
        with client.merge({"x": client.listings.messages.list("x")}, errors="yield") as bad:
            assert [type(item) for _, item in bad] == [NotFoundError]
        with (
            pytest.raises(NotFoundError),
            client.merge({"x": client.listings.messages.list("x")}) as broken,
        ):
            list(broken)


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


@pytest.mark.asyncio
async def test_messages_of_different_chats_may_share_an_id() -> None:
    rows = [{**message(1, "a", 1), "chatID": chat} for chat in ("one", "two")]
    assert [m.chat_id async for m in Shelf(rows, 5).listing()] == ["one", "two"]


@pytest.mark.asyncio
async def test_several_readers_of_a_stream_all_come_to_its_end() -> None:
    async def read(stream: Any) -> list[Any]:
        return [item async for item in stream]

    async with Shelf(numbered(20), 3).listing().prefetch(2) as ahead:
        parts = await asyncio.wait_for(asyncio.gather(read(ahead), read(ahead)), 10)
    assert sorted((m.id for part in parts for m in part), key=int) == [str(n) for n in range(20)]
    for order in ("arrival", "source"):
        listings = {n: Shelf(numbered(7), 3).listing() for n in range(3)}
        async with merge(listings, order=order) as merged:
            found = await asyncio.wait_for(asyncio.gather(read(merged), read(merged)), 10)
        assert sum(map(len, found)) == 21


def test_parts_stay_within_the_whole() -> None:
    shelf = Shelf([message(n, "abc"[n % 3], n) for n in range(9)], 4)
    assert list(shelf.listing(account_ids=["a", "b"]).split(account_ids=["b", "c"])) == ["b"]
    with pytest.raises(InvalidInputError):
        shelf.listing().split(account_ids=["a"], at=[START])  # type: ignore[call-overload]
    with pytest.raises(InvalidInputError):
        shelf.listing().split(at=["2026-01-01T00:00:00Z"])  # type: ignore[list-item]


@pytest.mark.asyncio
async def test_an_item_that_does_not_fit_is_told_as_such_in_a_part() -> None:
    shelf = Shelf(numbered(3), 5)
    page = {"items": [{**message(1, "a", 1), "timestamp": "nonsense"}, 7], "hasMore": False}
    shelf._page = lambda query: page  # type: ignore[method-assign]
    async with merge(shelf.listing().split(at=[START]), errors="yield") as merged:
        kinds = {type(item).__name__ async for _, item in merged}
    assert kinds == {"APIResponseValidationError"}


def test_a_blocking_stream_goes_on_where_it_was_left(sim: Simulator) -> None:
    with BeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
        everything = [chat.id for chat in client.chats.list()]
        with client.prefetch(client.listings.chats.list(limit=5)) as stream:
            first = next(stream).id
            assert [first, *(chat.id for chat in stream)] == everything
        with client.merge({1: client.listings.chats.list(limit=5)}) as merged:
            _, chat = next(merged)
            assert [chat.id, *(chat.id for _, chat in merged)] == everything
