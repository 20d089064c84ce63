"""Walks along pages: an app that misbehaves must neither loop them nor cut them short unseen."""

from typing import Any

import pytest

from beeper_async import AsyncBeeperDesktop, InvalidInputError, PaginationError
from beeper_async.testing import Simulator

pytestmark = pytest.mark.asyncio


def page(ids: list[str], **envelope: Any) -> dict[str, Any]:
    items: list[dict[str, Any]] = [
        {
            "id": chat_id, "accountID": "a", "title": "t", "type": "single", "unreadCount": 0,
            "participants": {"items": [], "hasMore": False, "total": 0},
        }
        for chat_id in ids
    ]  # fmt: skip
    return {"items": items, "oldestCursor": None, "newestCursor": None, **envelope}


def serve(sim: Simulator, *pages: dict[str, Any]) -> None:
    for one in pages:
        sim.respond_next(status=200, json=one)


async def walk(client: AsyncBeeperDesktop, **query: Any) -> tuple[list[str], str]:
    """Return what was delivered, and how it ended."""
    seen: list[str] = []
    try:
        async for chat in client.chats.list(**query):
            seen.append(chat.id)  # noqa: PERF401 - what came before an error counts
    except PaginationError as error:
        return seen, str(error)
    return seen, ""


def cursors(sim: Simulator) -> list[str | None]:
    return [dict(request.query).get("cursor") for request in sim.requests]


@pytest.mark.parametrize(
    "last",
    [
        page(["c"], hasMore=False, oldestCursor="2"),
        page(["c"]),
        page([], hasMore=False),
        page([], oldestCursor="2"),
    ],
    ids=["no more", "no cursor", "empty and no more", "empty and silent"],
)
async def test_a_walk_ends_quietly_at_the_end(
    client: AsyncBeeperDesktop, sim: Simulator, last: dict[str, Any]
) -> None:
    serve(sim, page(["a", "b"], hasMore=True, oldestCursor="1"), last)
    assert await walk(client) == (["a", "b", *(item["id"] for item in last["items"])], "")
    assert cursors(sim) == [None, "1"]


@pytest.mark.parametrize("cursor", [None, ""])
async def test_more_without_a_way_to_it_is_told(
    client: AsyncBeeperDesktop, sim: Simulator, cursor: str | None
) -> None:
    serve(sim, page(["a"], hasMore=True, oldestCursor=cursor))
    seen, problem = await walk(client)
    assert seen == ["a"]
    assert "but not where" in problem


async def test_an_empty_page_in_the_middle_is_passed(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    serve(
        sim,
        page(["a"], hasMore=True, oldestCursor="1"),
        page([], hasMore=True, oldestCursor="2"),
        page(["b"], hasMore=False),
    )
    assert await walk(client) == (["a", "b"], "")


@pytest.mark.parametrize("start", [None, "1"])
async def test_an_app_that_leads_back_is_stopped(
    client: AsyncBeeperDesktop, sim: Simulator, start: str | None
) -> None:
    sim.respond_next(status=200, json=page(["a"], hasMore=True, oldestCursor="1"), times=99)
    seen, problem = await walk(client, **({} if start is None else {"cursor": start}))
    assert seen == ["a"]
    assert "already read" in problem
    assert len(sim.requests) <= 2


async def test_a_tail_served_again_under_new_cursors_is_the_end(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    serve(sim, *(page(["a", "b"], hasMore=True, oldestCursor=str(n)) for n in range(99)))
    assert await walk(client) == (["a", "b"], "")
    assert len(sim.requests) == 3


async def test_what_pages_repeat_is_delivered_once(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    serve(
        sim,
        page(["a", "b", "b"], hasMore=True, oldestCursor="1"),
        page(["b", "c"], hasMore=True, oldestCursor="2"),
        page(["a", "c", "d"], hasMore=False),
    )
    assert await walk(client) == (["a", "b", "c", "d"], "")


async def test_after_follows_the_newest_cursor(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    both = {"hasMore": True, "oldestCursor": "old"}
    serve(
        sim,
        page(["a"], **both, newestCursor="n1"),
        page(["b"], **both, newestCursor="n2"),
        page(["c"], hasMore=False),
    )
    query = {"cursor": "n0", "direction": "after", "account_ids": ["x", "y"], "limit": 9}
    assert await walk(client, **query) == (["a", "b", "c"], "")
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


async def test_a_walk_is_resumed_from_a_saved_cursor(client: AsyncBeeperDesktop) -> None:
    everything = [chat.id async for chat in client.chats.list(limit=4)]
    pages = [page async for page in client.chats.list(limit=4).iter_pages()]
    info = pages[1].next_page_info()
    assert info is not None
    rest = [chat.id async for chat in client.chats.list(limit=4, cursor=info.params["cursor"])]
    assert rest == everything[8:]


async def test_the_first_so_many_and_no_page_more(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    everything = await client.chats.list(limit=4).collect()
    sim.clear_requests()
    for count in (0, 1, 4, 5, 99):
        sim.clear_requests()
        found = await client.chats.list(limit=4).collect(count)
        assert found == everything[:count]
        assert len(sim.requests) <= max(1, -(-count // 4))
    assert [chat async for chat in client.chats.list(limit=4).take(6)] == everything[:6]
    with pytest.raises(InvalidInputError):
        await client.chats.list().collect(-1)


async def test_a_page_keeps_what_it_has_no_attribute_for(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.respond_next(status=200, json=page([], hasMore=False, totalCount=1))
    found = await client.chats.list()
    assert found.extra == {"totalCount": 1}
    assert found.to_dict() == page([], hasMore=False, totalCount=1)
