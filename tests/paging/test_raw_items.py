"""The JSON of the items of a page, as it was received, in both packages."""

from typing import Any

import pytest

from beeper_async import AsyncBeeperDesktop
from beeper_async.testing import Simulator, listing_faults

pytestmark = pytest.mark.asyncio


@pytest.fixture
def chat_id(sim: Simulator) -> str:
    chat: str = sim.world.fill(chats=1, messages=50, seed=1)[0]["id"]
    return chat


async def test_every_item_is_there_as_it_was_received(
    client: AsyncBeeperDesktop, sim: Simulator, chat_id: str
) -> None:
    page = await client.messages.list(chat_id)
    assert page.raw_items == sim.world.messages[chat_id][::-1][:20]
    assert page.raw_items == [message.to_dict() for message in page.items]
    assert page.raw_items is page.raw_items
    following = await page.get_next_page()
    assert following.raw_items == sim.world.messages[chat_id][::-1][20:40]


@pytest.mark.parametrize("junk", [False, True])
async def test_items_that_cannot_be_read_are_in_their_place(
    client: AsyncBeeperDesktop, sim: Simulator, chat_id: str, junk: bool
) -> None:
    sim.set_listing_faults(listing_faults.BadItems(every=4, junk=junk))
    page = await client.messages.list(chat_id)
    assert 0 < len(page.unreadable) < 10
    assert len(page.raw_items) == 20
    raw: list[Any] = list(page.raw_items)
    for record in reversed(page.unreadable):
        assert record.index is not None
        assert raw.pop(record.index) == record.raw
    assert raw == [message.to_dict() for message in page.items]


async def test_items_that_a_page_repeats_are_left_out(
    client: AsyncBeeperDesktop, sim: Simulator, chat_id: str
) -> None:
    sim.set_listing_faults(listing_faults.Overlap(3))
    page = await client.messages.list(chat_id)
    following = await page.get_next_page()
    assert following.raw_items == sim.world.messages[chat_id][::-1][20:37]
    assert len(following.items) == 17


async def test_integers_keep_their_size(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    people: dict[str, Any] = {"items": [], "hasMore": False, "total": 0}
    chat: dict[str, Any] = {
        **sim.world.by_activity()[0],
        "large": 2**80 + 1,
        "participants": people,
    }
    page: dict[str, Any] = {"items": [chat], "hasMore": False}
    sim.respond_next(200, json=page, path="/v1/chats")
    assert (await client.chats.list()).raw_items[0]["large"] == 2**80 + 1


async def test_an_empty_page_has_none(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    chat = sim.world.by_activity()[0]
    sim.world.history.vanish(
        chat["id"], *[message["id"] for message in sim.world.messages[chat["id"]]]
    )
    assert (await client.messages.list(chat["id"])).raw_items == []
