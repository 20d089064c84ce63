"""Searching messages, and everything at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast
from urllib.parse import quote, urlencode

import pytest

from beeper_async.testing import Simulator

pytestmark = pytest.mark.asyncio

Api = Callable[..., Awaitable[tuple[int, Any]]]
Json = dict[str, Any]

ALL = {"excludeLowPriority": "false"}


async def search(api: Api, **query: Any) -> Json:
    status, page = await api("GET", "/v1/messages/search?" + urlencode(query, doseq=True))
    assert status == 200, page
    assert isinstance(page, dict)
    return cast("Json", page)


def living(sim: Simulator) -> list[Json]:
    """All messages there are, newest first."""
    found = [m for messages in sim.world.messages.values() for m in messages]
    return sorted(
        (m for m in found if not m.get("isDeleted")), key=lambda m: m["timestamp"], reverse=True
    )


async def walk(api: Api, **query: Any) -> list[Json]:
    found: list[Json] = []
    while True:
        page = await search(api, **query)
        found += page["items"]
        if not page["hasMore"]:
            return found
        query["cursor"] = page["oldestCursor"]


async def test_paging_both_ways_meets_every_message_once(sim: Simulator, api: Api) -> None:
    expected = [message["id"] for message in living(sim)]
    found = await walk(api, **ALL)
    assert len({message["id"] for message in found}) == len(expected) == len(found)
    assert {message["id"] for message in found} == set(expected)
    times = [message["timestamp"] for message in found]
    assert times == sorted(times, reverse=True)
    first = await search(api, **ALL)
    assert len(first["items"]) == 20
    second = await search(api, **ALL, cursor=first["oldestCursor"])
    back = await search(api, **ALL, cursor=second["newestCursor"], direction="after")
    assert back["items"] == first["items"]
    assert back["hasMore"] is False


async def test_the_page_brings_its_chats(api: Api) -> None:
    page = await search(api, **ALL)
    assert set(page["chats"]) == {message["chatID"] for message in page["items"]}
    for chat_id, chat in page["chats"].items():
        assert chat["id"] == chat_id
        assert len(chat["participants"]["items"]) <= 20
    empty = await search(api, query="no such words anywhere")
    assert empty == {
        "items": [],
        "hasMore": False,
        "oldestCursor": None,
        "newestCursor": None,
        "chats": {},
    }


async def test_words_in_any_order_without_markup(sim: Simulator, api: Api, trip: Json) -> None:
    for query in ("plan here", "HERE plan"):
        page = await search(api, query=query)
        assert [message["chatID"] for message in page["items"]] == [trip["id"]], query
    assert (await search(api, query="href"))["items"] == [], "a tag is no text"
    page = await search(api, query="& parking")
    assert [page["chats"][m["chatID"]]["title"] for m in page["items"]] == ["+1 415-555-0167"]
    sim.world.receive(trip["id"], "zebra crossing")
    assert len((await search(api, query="zebra"))["items"]) == 1


async def test_sender(sim: Simulator, api: Api, mum: Json) -> None:
    mine = await walk(api, **ALL, sender="me")
    others = await walk(api, **ALL, sender="others")
    assert mine
    assert all(message["isSender"] for message in mine)
    assert others
    assert not any(message["isSender"] for message in others)
    assert len(mine) + len(others) == len(living(sim))
    her = sim.world.messages[mum["id"]][0]["senderID"]
    found = await walk(api, sender=her)
    assert len(found) == 3
    assert {message["senderID"] for message in found} == {her}
    assert await walk(api, sender="@nobody:nowhere") == []


async def test_filters_on_chats(sim: Simulator, api: Api, mum: Json, trip: Json) -> None:
    found = await walk(api, accountIDs=[mum["accountID"], "matrix"], **ALL)
    assert {message["accountID"] for message in found} == {mum["accountID"], "matrix"}
    for chat_ids in ([mum["id"], trip["id"]], [mum["localChatID"], trip["localChatID"]]):
        found = await walk(api, chatIDs=chat_ids)
        assert {message["chatID"] for message in found} == {mum["id"], trip["id"]}
    assert await walk(api, chatIDs="nope") == []
    for kind in ("single", "group"):
        chats = (await search(api, chatType=kind))["chats"].values()
        assert {chat["type"] for chat in chats} == {kind}
    chats = [sim.world.chats[m["chatID"]] for m in await walk(api)]
    assert not any(chat["isLowPriority"] for chat in chats)
    assert any(chat["isMuted"] for chat in chats)
    chats = [sim.world.chats[m["chatID"]] for m in await walk(api, includeMuted="false", **ALL)]
    assert any(chat["isLowPriority"] for chat in chats)
    assert not any(chat["isMuted"] for chat in chats)


async def test_dates_are_strict(sim: Simulator, api: Api) -> None:
    messages = living(sim)
    newest, oldest = messages[3]["timestamp"], messages[9]["timestamp"]
    found = await walk(api, **ALL, dateAfter=oldest, dateBefore=newest)
    assert found
    assert all(oldest < message["timestamp"] < newest for message in found)
    expected = [m for m in messages if oldest < m["timestamp"] < newest]
    assert len(found) == len(expected)


async def test_media_types(sim: Simulator, api: Api) -> None:
    kinds = {"video": "VIDEO", "image": "IMAGE", "file": "FILE"}
    for media, expected in kinds.items():
        found = await walk(api, mediaTypes=media, **ALL)
        assert expected in {message["type"] for message in found}
        assert {message["type"] for message in found} <= {expected, "STICKER"}
    (linked,) = await walk(api, mediaTypes="link")
    assert linked["links"]
    any_kind = await walk(api, mediaTypes="any", **ALL)
    assert {"VIDEO", "IMAGE", "FILE", "VOICE"} <= {message["type"] for message in any_kind}
    both = await walk(api, mediaTypes=["video", "link"], **ALL)
    assert len(both) == 2


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=21", "limit"),
        ("limit=x", "limit"),
        ("chatType=any", "chatType"),
        ("direction=up", "direction"),
        ("mediaTypes=any&mediaTypes=song", "mediaTypes"),
        ("dateAfter=yesterday", "dateAfter"),
        ("dateBefore=2026-05-11T00:00:00", "dateBefore"),
        ("includeMuted=1", "includeMuted"),
        ("excludeLowPriority=no", "excludeLowPriority"),
        ("cursor=x", "cursor"),
    ],
)
async def test_bad_searches_are_named(api: Api, query: str, name: str) -> None:
    status, error = await api("GET", f"/v1/messages/search?{query}")
    assert status == 400
    (issue,) = error["details"]["issues"]
    assert issue["path"][:2] == ["query", name]


async def test_limits_and_page_size(sim: Simulator, api: Api) -> None:
    assert len((await search(api, limit=1))["items"]) == 1
    assert len((await search(api, limit=20))["items"]) == 20
    sim.page_size = 3
    assert len((await search(api))["items"]) == 3
    sim.scopes = ("write",)
    assert (await api("GET", "/v1/messages/search"))[0] == 403


async def test_everything_at_once(api: Api, trip: Json) -> None:
    status, answer = await api("GET", "/v1/search?query=lisbon")
    assert status == 200
    results = answer["results"]
    assert set(results) == {"chats", "in_groups", "messages"}
    assert [chat["id"] for chat in results["chats"]] == [trip["id"]]
    assert results["in_groups"] == []
    _, answer = await api("GET", f"/v1/search?query={quote('Inês')}")
    assert [chat["title"] for chat in answer["results"]["chats"]] == ["Inês Fontoura"]
    assert [chat["id"] for chat in answer["results"]["in_groups"]] == [trip["id"]]
    _, answer = await api("GET", "/v1/search?query=pull")
    _, page = await api("GET", "/v1/messages/search?query=pull")
    assert answer["results"]["messages"] == page
    assert page["hasMore"] is True


@pytest.mark.parametrize("query", ["", "?query="])
async def test_searching_everything_needs_words(api: Api, query: str) -> None:
    status, error = await api("GET", f"/v1/search{query}")
    assert status == 400
    assert error["details"]["issues"][0]["path"] == ["query", "query"]


async def test_old_apps_search_too(sim: Simulator, api: Api) -> None:
    sim.app_version = "4.2.557"
    page = await search(api, query="plan here")
    assert "links" not in page["items"][0]
    assert "network" not in next(iter(page["chats"].values()))
