"""Worlds with long histories: always the same ones, and served page by page without a copy."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import orjson
import pytest

from beeper_async.testing import Simulator, World
from beeper_async.testing.listings.cursors import NewestFirst

from ..conftest import Api

Json = dict[str, Any]


def filled(seed: int = 1, *, chats: int = 30, messages: int = 3000) -> tuple[World, list[Json]]:
    world = Simulator(chats=0).world
    return world, world.fill(chats=chats, messages=messages, seed=seed)


def test_as_many_as_wanted_and_a_few_long_chats() -> None:
    world, chats = filled()
    counts = [len(world.messages[chat["id"]]) for chat in chats]
    assert (len(chats), sum(counts)) == (30, 3000)
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 20 * counts[-1] > 0
    assert world.by_activity() == chats


def test_the_same_seed_gives_the_same_world() -> None:
    one, other = filled(), filled()
    assert (one[1], one[0].messages) == (other[1], other[0].messages)
    assert filled(2)[0].messages != one[0].messages


def test_messages_are_in_order_and_have_ids_of_their_own() -> None:
    world, chats = filled()
    everything = [message for chat in chats for message in world.messages[chat["id"]]]
    assert Counter(message["id"] for message in everything).most_common(1)[0][1] == 1
    for chat in chats:
        past = world.messages[chat["id"]]
        assert all(int(a["sortKey"]) < int(b["sortKey"]) for a, b in pairwise(past))
        assert all(a["timestamp"] < b["timestamp"] for a, b in pairwise(past))
        assert past[-1]["timestamp"] == chat["lastActivity"]


def test_messages_are_as_long_as_real_ones() -> None:
    world, chats = filled()
    everything = [message for chat in chats for message in world.messages[chat["id"]]]
    sizes = [len(orjson.dumps(message)) for message in everything]
    assert 430 < sum(sizes) / len(sizes) < 470
    assert max(sizes) > 2 * min(sizes)
    for name in ("linkedMessageID", "reactions", "editedTimestamp", "isDeleted"):
        assert 0 < sum(name in message for message in everything) < 300


def test_a_world_is_filled_once_with_each_seed() -> None:
    world, _ = filled(1)
    world.fill(chats=2, messages=4, seed=2)
    assert len(world.chats) == 32
    with pytest.raises(ValueError, match="seed 2 before"):
        world.fill(chats=2, messages=4, seed=2)
    with pytest.raises(ValueError, match="at least the number of chats"):
        world.fill(chats=2, messages=1)
    with pytest.raises(ValueError, match="no account"):
        World().fill(chats=1, messages=1)


@pytest.mark.asyncio
async def test_a_filled_chat_is_served_from_its_newest_to_its_oldest(
    sim: Simulator, api: Api
) -> None:
    chat = sim.world.fill(chats=2, messages=90, seed=1)[0]
    served: list[Json] = []
    cursor, has_more = "", True
    while has_more:
        _, page = await api("GET", f"/v1/chats/{chat['id']}/messages{cursor}")
        served += page["items"]
        cursor, has_more = f"?cursor={page['oldestCursor']}", page["hasMore"]
    assert served == sim.world.messages[chat["id"]][::-1]
    older = sim.world.history.backfill(chat["id"], 3)
    _, page = await api("GET", f"/v1/chats/{chat['id']}/messages{cursor}")
    assert page["items"] == older[::-1]


@pytest.mark.parametrize("size", range(4))
def test_a_list_the_other_way_round(size: int) -> None:
    oldest_first = list(range(size))
    expected, view = oldest_first[::-1], NewestFirst(oldest_first)
    assert list(view) == expected
    assert len(view) == size
    ends = (None, *range(-size - 1, size + 2))
    for start in ends:
        for stop in ends:
            for step in (None, 1, 2):
                assert list(view[start:stop:step]) == expected[start:stop:step]
    assert [view[index] for index in range(-size, size)] == [*expected, *expected]
    with pytest.raises(IndexError):
        _ = view[size]
