"""Listing and searching chats, and walking through the pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import pytest

from beeper_async.testing import Simulator

pytestmark = pytest.mark.asyncio

Api = Callable[..., Awaitable[tuple[int, Any]]]
Json = dict[str, Any]


async def walk(api: Api, path: str, direction: str, cursor: str | None) -> list[list[str]]:
    """The IDs on every page from a cursor on."""
    pages: list[list[str]] = []
    while True:
        query = "" if cursor is None else f"&direction={direction}&cursor={quote(cursor)}"
        status, page = await api("GET", path + query)
        assert status == 200, page
        pages.append([item["id"] for item in page["items"]])
        cursor = page["oldestCursor" if direction == "before" else "newestCursor"]
        if not page["hasMore"]:
            return pages
        assert cursor is not None
        assert len(pages) < 500


async def search(api: Api, **query: object) -> list[str]:
    status, page = await api("GET", "/v1/chats/search?" + urlencode(query, doseq=True))
    assert status == 200, page
    return [item["title"] for item in page["items"]]


async def test_the_list_is_newest_first_and_has_previews(api: Api) -> None:
    status, page = await api("GET", "/v1/chats")
    assert status == 200
    activity = [item["lastActivity"] for item in page["items"]]
    assert activity == sorted(activity, reverse=True)
    assert page["items"][0]["preview"]["attachments"][0]["fileName"] == "hedgehog.jpg"
    assert "preview" not in page["items"][-1]


async def test_the_usual_page_sizes() -> None:
    async with Simulator(chats=60) as crowd, aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {crowd.token}"}
        for path, size in (
            ("/v1/chats", 25),
            ("/v1/chats?limit=1", 1),
            ("/v1/chats?limit=200", 60),
            ("/v1/chats/search", 50),
        ):
            async with session.get(crowd.url + path, headers=headers) as response:
                page = await response.json()
                assert len(page["items"]) == size
                assert page["hasMore"] is (size < 60)


@pytest.mark.parametrize("limit", [1, 7, 23, 24])
@pytest.mark.parametrize("path", ["/v1/chats?x=", "/v1/chats/search?x="])
async def test_walking_down_and_up_meets_every_chat_once(
    sim: Simulator, api: Api, limit: int, path: str
) -> None:
    expected = [chat["id"] for chat in sim.world.by_activity()]
    down = await walk(api, f"{path}&limit={limit}", "before", None)
    assert [one for page in down for one in page] == expected

    _, last = await api("GET", f"{path}&limit=200")
    up = await walk(api, f"{path}&limit={limit}", "after", last["oldestCursor"])
    assert [one for page in reversed(up) for one in page] == expected[:-1]


async def test_a_tie_in_activity_loses_no_chat(sim: Simulator, api: Api) -> None:
    for chat in sim.world.chats.values():
        sim.world.change_chat(chat["id"], lastActivity="2026-05-01T00:00:00.000Z")
    pages = await walk(api, "/v1/chats?limit=4", "before", None)
    found = [one for page in pages for one in page]
    assert sorted(found) == sorted(sim.world.chats)
    assert len(found) == len(set(found))


async def test_a_cursor_survives_the_chat_moving_away(sim: Simulator, api: Api) -> None:
    _, first = await api("GET", "/v1/chats?limit=5")
    sim.world.receive(first["items"][-1]["id"], "moved to the top")
    _, second = await api("GET", f"/v1/chats?limit=200&cursor={quote(first['oldestCursor'])}")
    expected = [chat["id"] for chat in sim.world.by_activity()[5:]]
    assert [item["id"] for item in second["items"]] == expected


async def test_after_without_a_cursor_ends_at_once(api: Api) -> None:
    _, page = await api("GET", "/v1/chats?direction=after&limit=3")
    assert len(page["items"]) == 3
    assert page["hasMore"] is False


async def test_an_empty_page_has_no_cursors(api: Api) -> None:
    status, page = await api("GET", "/v1/chats?accountIDs=nobody")
    assert status == 200
    assert page == {"items": [], "hasMore": False, "oldestCursor": None, "newestCursor": None}


async def test_accounts_are_repeated_keys(api: Api) -> None:
    _, page = await api("GET", "/v1/chats?accountIDs=discordgo&accountIDs=local-imessage")
    assert {item["network"] for item in page["items"]} == {"Discord", "iMessage"}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/chats?limit=0", "limit"),
        ("/v1/chats?limit=201", "limit"),
        ("/v1/chats?limit=ten", "limit"),
        ("/v1/chats?direction=sideways", "direction"),
        ("/v1/chats?cursor=nonsense", "cursor"),
        ("/v1/chats?cursor=", "cursor"),
        ("/v1/chats?cursor=17%7C%21%21%21", "cursor"),
        ("/v1/chats?cursor=17%7Cgarbage%C3%A4", "cursor"),
        ("/v1/chats/search?limit=0", "limit"),
        ("/v1/chats/search?limit=201", "limit"),
        ("/v1/chats/search?query=", "query"),
        ("/v1/chats/search?scope=messages", "scope"),
        ("/v1/chats/search?type=channel", "type"),
        ("/v1/chats/search?inbox=spam", "inbox"),
        ("/v1/chats/search?unreadOnly=1", "unreadOnly"),
        ("/v1/chats/search?includeMuted=True", "includeMuted"),
        ("/v1/chats/search?lastActivityAfter=yesterday", "lastActivityAfter"),
        ("/v1/chats/search?lastActivityBefore=2026-05-01T00:00:00", "lastActivityBefore"),
        ("/v1/chats/search?lastActivityBefore=2026-05-01T00:00:00+00:00", "lastActivityBefore"),
    ],
)
async def test_bad_parameters_are_named(api: Api, path: str, name: str) -> None:
    status, error = await api("GET", path)
    assert status == 400
    assert set(error) == {"message", "code", "details"}
    (issue,) = error["details"]["issues"]
    assert set(issue) == {"code", "message", "path"}
    assert issue["path"] == ["query", name]


async def test_all_complaints_come_at_once(api: Api) -> None:
    _, error = await api("GET", "/v1/chats/search?limit=0&type=x&scope=y")
    assert len(error["details"]["issues"]) == 3


async def test_search_words_must_all_match(api: Api) -> None:
    assert await search(api, query="lisbon") == ["Lisbon trip 🇵🇹"]
    assert await search(api, query="TRIP Lis") == ["Lisbon trip 🇵🇹"]
    assert await search(api, query="lisbon raid") == []
    assert await search(api, query="水野") == ["水野 凛"]
    assert await search(api, query="سمير") == ["سمير الخطيب"]


async def test_titles_include_the_network(api: Api) -> None:
    assert await search(api, query="imessage") == ["Tomas Vrba", "Ruth Amsel"]


async def test_participants_are_searched_on_demand(api: Api) -> None:
    assert await search(api, query="Wren") == ["Cassidy Wren"]
    assert await search(api, query="Wren", scope="participants") == ["#fern-launch", "Cassidy Wren"]
    assert await search(api, query="ama@example.com", scope="participants") == ["#fern-launch"]


async def test_each_filter_filters(sim: Simulator, api: Api) -> None:
    chats = sim.world.by_activity()

    def titles(keep: Callable[[Json], object]) -> list[str]:
        return [chat["title"] for chat in chats if keep(chat)]

    assert await search(api, type="group") == titles(lambda c: c["type"] == "group")
    assert await search(api, type="any") == titles(lambda c: True)
    assert await search(api, includeMuted="false") == titles(lambda c: not c["isMuted"])
    assert await search(api, inbox="archive") == titles(lambda c: c["isArchived"])
    assert await search(api, inbox="low-priority") == titles(lambda c: c["isLowPriority"])
    primary = titles(lambda c: not c["isArchived"] and not c["isLowPriority"])
    assert await search(api, inbox="primary") == primary
    assert await search(api, accountIDs=["discordgo"]) == ["Raid night", "Jonas Ekwueme"]
    assert await search(api, labelID="lbl_trip") == ["Lisbon trip 🇵🇹", "Inês Fontoura"]
    unread = titles(lambda c: c["unreadCount"] or c["isMarkedUnread"])
    assert await search(api, unreadOnly="true") == unread
    assert "Cassidy Wren" in unread


async def test_the_activity_window_is_open_at_both_ends(sim: Simulator, api: Api) -> None:
    times = [chat["lastActivity"] for chat in sim.world.by_activity()]
    found = await search(api, lastActivityAfter=times[4], lastActivityBefore=times[1])
    assert len(found) == 2
    shifted = await search(api, lastActivityAfter="2026-05-11T11:00:00.000000+02:00")
    assert shifted == ["Mum 🌻", "Lisbon trip 🇵🇹", "Tomas Vrba"]


async def test_listings_show_at_most_twenty_people(api: Api) -> None:
    for path in ("/v1/chats?limit=200", "/v1/chats/search?query=raid"):
        _, page = await api("GET", path)
        people = next(c for c in page["items"] if c["title"] == "Raid night")["participants"]
        assert len(people["items"]) == 20
        assert people["total"] == 131
        assert people["hasMore"] is True


async def test_page_size_replaces_every_default() -> None:
    async with Simulator(chats=30, page_size=4) as sim, aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {sim.token}"}
        long_talk = next(c for c, found in sim.world.messages.items() if len(found) == 45)
        for path in ("/v1/chats", "/v1/chats/search", f"/v1/chats/{long_talk}/messages"):
            async with session.get(sim.url + path, headers=headers) as response:
                assert len((await response.json())["items"]) == 4


async def test_two_worlds_are_alike() -> None:
    assert Simulator().world.chats == Simulator().world.chats
    assert Simulator(chats=40).world.messages == Simulator(chats=40).world.messages
