"""Walks along pages: an app that misbehaves must neither loop them nor cut them short unseen."""

from typing import Any

import pytest

from beeper_async import AsyncBeeperDesktop, PaginationError
from beeper_async.testing import Simulator

pytestmark = pytest.mark.asyncio


def page(ids: list[str], **envelope: Any) -> dict[str, Any]:
    items = [
        {
            "id": chat_id, "accountID": "a", "title": "t", "type": "single", "unreadCount": 0,
            "participants": {"items": [], "hasMore": False, "total": 0},
        }
        for chat_id in ids
    ]  # fmt: skip
    return {"items": items, "oldestCursor": None, "newestCursor": None, **envelope}


async def walk(client: AsyncBeeperDesktop, **query: Any) -> list[str]:
    return [chat.id async for chat in client.chats.list(**query)]


def cursors(sim: Simulator) -> list[str | None]:
    return [dict(request.query).get("cursor") for request in sim.requests]


@pytest.mark.parametrize(
    "last",
    [
        page(["c"], hasMore=False, oldestCursor="2"),
        page(["c"], hasMore=True),
        page(["c"], hasMore=True, oldestCursor=""),
        page([], hasMore=True, oldestCursor="2"),
    ],
    ids=["no more", "null cursor", "empty cursor", "empty page"],
)
async def test_a_walk_ends_where_there_is_no_way_on(
    client: AsyncBeeperDesktop, sim: Simulator, last: dict[str, Any]
) -> None:
    sim.answer_next(status=200, json=page(["a", "b"], hasMore=True, oldestCursor="1"))
    sim.answer_next(status=200, json=last)
    assert await walk(client) == ["a", "b", *(item["id"] for item in last["items"])]
    assert cursors(sim) == [None, "1"]


async def test_a_page_that_does_not_say_whether_more_follows_is_followed_by_its_cursor(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.answer_next(status=200, json=page(["a"], oldestCursor="1"))
    sim.answer_next(status=200, json=page(["b"]))
    assert await walk(client) == ["a", "b"]


@pytest.mark.parametrize("start", [None, "1"])
async def test_an_app_that_leads_in_circles_is_stopped(
    client: AsyncBeeperDesktop, sim: Simulator, start: str | None
) -> None:
    sim.answer_next(status=200, json=page(["a"], hasMore=True, oldestCursor="1"), times=99)
    query: dict[str, Any] = {} if start is None else {"cursor": start}
    seen = []
    with pytest.raises(PaginationError, match="already read"):
        async for chat in client.chats.list(**query):
            seen.append(chat.id)  # noqa: PERF401 - what came before the error counts
    assert len(seen) == len(sim.requests) <= 2


async def test_after_follows_the_newest_cursor(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    both = {"hasMore": True, "oldestCursor": "old"}
    sim.answer_next(status=200, json=page(["a"], **both, newestCursor="n1"))
    sim.answer_next(status=200, json=page(["b"], **both, newestCursor="n2"))
    sim.answer_next(status=200, json=page(["c"], hasMore=False))
    query = {"cursor": "n0", "direction": "after", "account_ids": ["x", "y"], "limit": 9}
    assert await walk(client, **query) == ["a", "b", "c"]
    assert cursors(sim) == ["n0", "n1", "n2"]
    for request in sim.requests:
        assert [pair for pair in request.query if pair[0] != "cursor"] == [
            ("accountIDs", "x"),
            ("accountIDs", "y"),
            ("direction", "after"),
            ("limit", "9"),
        ]


async def test_asking_beyond_the_last_page_is_an_error(client: AsyncBeeperDesktop) -> None:
    last = await client.chats.list(limit=200)
    assert not last.has_next_page()
    assert last.next_page_info() is None
    with pytest.raises(PaginationError, match="last page"):
        await last.get_next_page()


async def test_a_page_can_be_gone_on_from_twice(client: AsyncBeeperDesktop) -> None:
    first = await client.chats.list(limit=3)
    one, two = await first.get_next_page(), await first.get_next_page()
    assert [chat.id for chat in one.items] == [chat.id for chat in two.items]


async def test_a_page_keeps_what_it_has_no_attribute_for(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.answer_next(status=200, json=page([], hasMore=False, totalCount=1))
    found = await client.chats.list()
    assert found.extra == {"totalCount": 1}
    assert found.to_dict() == page([], hasMore=False, totalCount=1)
