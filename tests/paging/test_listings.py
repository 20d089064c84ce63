"""Listings in both packages: the same code gives the same items with the same requests."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from beeper_async import AsyncBeeperDesktop, ClientUseError, InvalidInputError, NotFoundError
from beeper_async.testing import Simulator

pytestmark = pytest.mark.asyncio

Merge = Callable[..., Any]
orders = pytest.mark.parametrize("order", ["arrival", "source"])


def requests_of(sim: Simulator) -> list[str]:
    return [request.raw_path for request in sim.requests]


async def test_prefetch(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    everything = [chat.id async for chat in client.chats.list(limit=5)]
    sim.clear_requests()
    async with client.chats.list(limit=5).prefetch(2) as chats:
        assert [chat.id async for chat in chats] == everything
    assert len(requests_of(sim)) == len(set(requests_of(sim))) == -(-len(everything) // 5)


async def test_prefetch_continues_after_a_break(client: AsyncBeeperDesktop) -> None:
    everything = [chat.id async for chat in client.chats.list()]
    async with client.chats.list(limit=5).prefetch() as chats:
        seen = [(await anext(chats)).id]
        async for chat in chats:
            seen.append(chat.id)
            if len(seen) == 7:
                break
        seen += [chat.id async for chat in chats]
    assert seen == everything


async def test_take_and_collect(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    everything = [chat.id async for chat in client.chats.list(limit=5)]
    sim.clear_requests()
    assert [chat.id async for chat in client.chats.list(limit=5).take(7)] == everything[:7]
    assert [chat.id for chat in await client.chats.list(limit=5).collect(7)] == everything[:7]
    assert len(sim.requests) == 4
    assert [chat.id for chat in await client.chats.list(limit=5).collect()] == everything


@pytest.mark.parametrize("kind", ["listing", "page"])
@orders
async def test_merge(
    client: AsyncBeeperDesktop, sim: Simulator, merge: Merge, order: str, kind: str
) -> None:
    chats = await client.chats.list().collect(8)
    one = {chat.id: await client.messages.list(chat.id).collect() for chat in chats}
    sim.clear_requests()
    listings: dict[str, Any] = {chat.id: client.messages.list(chat.id) for chat in chats}
    if kind == "page":
        listings = {chat_id: await listing for chat_id, listing in listings.items()}
    found: dict[str, list[Any]] = {}
    async with merge(listings, in_flight=3, order=order) as messages:
        async for chat_id, message in messages:
            found.setdefault(chat_id, []).append(message)
    assert found == {chat_id: messages for chat_id, messages in one.items() if messages}
    if order == "source":
        assert list(found) == [chat_id for chat_id, messages in one.items() if messages]
    assert len(requests_of(sim)) == len(set(requests_of(sim))), "no page is requested twice"


@orders
async def test_merge_page_by_page(client: AsyncBeeperDesktop, merge: Merge, order: str) -> None:
    listings = {name: client.chats.list(limit=9) for name in "ab"}
    async with merge(listings, order=order) as chats:
        pages = [(key, len(items)) async for key, items in chats.pages()]
    sizes = [len(page.items) async for page in client.chats.list(limit=9).iter_pages()]
    for name in "ab":
        assert [size for key, size in pages if key == name] == sizes
    assert len(pages) == 2 * len(sizes)


async def test_split_by_account(client: AsyncBeeperDesktop, merge: Merge) -> None:
    everything = {chat.id async for chat in client.chats.list()}
    accounts = [account.account_id for account in await client.accounts.list()]
    parts = client.chats.list(limit=4).split(account_ids=accounts)
    assert list(parts) == accounts
    found: list[str] = []
    async with merge(parts) as chats:
        async for account, chat in chats:
            assert chat.account_id == account
            found.append(chat.id)
    assert len(found) == len(everything)
    assert set(found) == everything


async def test_split_by_time(client: AsyncBeeperDesktop, merge: Merge) -> None:
    newest = (await client.chats.list()).items[0].last_activity
    assert newest is not None
    at = [newest - timedelta(days=days) for days in (0, 1, 7, 30)]
    parts = client.messages.search(include_muted=True).split(at=at)
    async with merge(parts, order="source") as messages:
        found = [message.id async for _, message in messages]
    assert found == [message.id async for message in client.messages.search(include_muted=True)]


async def test_a_part_is_a_listing(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    accounts = [account.account_id for account in await client.accounts.list()]
    whole = {
        account: [chat.id async for chat in client.chats.list(account_ids=[account])]
        for account in accounts
    }
    parts = client.chats.list(limit=2).split(account_ids=accounts)
    for account, part in parts.items():
        assert [chat.id async for chat in part] == whole[account]
        assert [chat.id for chat in await part.collect(3)] == whole[account][:3]
        assert [chat.id async for chat in part.take(1)] == whole[account][:1]
        assert [chat.id for chat in (await part).items] == whole[account][:2]
        async with part.prefetch() as chats:
            assert [chat.id async for chat in chats] == whole[account]


@orders
async def test_a_failure_stops_all_or_is_an_item(
    client: AsyncBeeperDesktop, sim: Simulator, merge: Merge, order: str
) -> None:
    chat_id = (await client.chats.list()).items[0].id
    path = f"/v1/chats/{chat_id}/messages"

    def listings() -> dict[str, Any]:
        # The second page fails, because the blocking client requests the first one at the call.
        page: dict[str, Any] = {
            "items": [],
            "hasMore": True,
            "oldestCursor": "1",
            "newestCursor": None,
        }
        sim.respond_next(status=200, json=page, path=path)
        sim.respond_next(status=404, path=path)
        return {"good": client.chats.list(limit=10), "bad": client.messages.list(chat_id)}

    with pytest.raises(NotFoundError):
        async with merge(listings(), order=order) as items:
            _ = [pair async for pair in items]
    async with merge(listings(), order=order, errors="yield") as items:
        found = [pair async for pair in items]
    failures = [(key, type(item)) for key, item in found if isinstance(item, Exception)]
    assert failures == [("bad", NotFoundError)]
    assert len(found) - 1 == len(await client.chats.list().collect())


async def test_streams_outside_of_their_block(client: AsyncBeeperDesktop, merge: Merge) -> None:
    for stream in (client.chats.list().prefetch(), merge({1: client.chats.list()})):
        with pytest.raises(ClientUseError, match="with "):
            await anext(stream)
        async with stream:
            await anext(stream)
        with pytest.raises(ClientUseError, match="closed"):
            await anext(stream)
        with pytest.raises(ClientUseError, match="entered once"):
            async with stream:
                pass


async def test_a_loop_that_was_taken_over(client: AsyncBeeperDesktop, merge: Merge) -> None:
    for stream in (client.chats.list().prefetch(), merge({1: client.chats.list()})):
        async with stream:
            former, later = aiter(stream), aiter(stream)
            seen = [await anext(former), await anext(later)]
            with pytest.raises(ClientUseError, match="another consumer"):
                await anext(former)
            seen += [item async for item in later]
            assert len(seen) == len(await client.chats.list().collect())


async def test_parameters_out_of_range(client: AsyncBeeperDesktop, merge: Merge) -> None:
    with pytest.raises(InvalidInputError, match="n must be"):
        await client.chats.list().collect(-1)
    with pytest.raises(InvalidInputError, match="pages must be"):
        client.chats.list().prefetch(0)
    with pytest.raises(InvalidInputError, match="account_ids, at"):
        client.chats.list().split(at=[])
    with pytest.raises(InvalidInputError, match="in_flight must be"):
        merge({}, in_flight=101)
    with pytest.raises(InvalidInputError, match="order must be"):
        merge({}, order="newest")
    with pytest.raises(InvalidInputError, match="errors must be"):
        merge({}, errors="ignore")
    with pytest.raises(InvalidInputError, match="by keys"):
        async with merge([1]) as nothing:
            await anext(nothing)


async def test_nothing_to_merge(client: AsyncBeeperDesktop, merge: Merge) -> None:
    async with merge({}) as nothing:
        assert [pair async for pair in nothing] == []
