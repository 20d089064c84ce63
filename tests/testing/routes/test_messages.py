"""Messages and reactions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import pytest

from beeper_async.testing import Simulator

pytestmark = pytest.mark.asyncio

Api = Callable[..., Awaitable[tuple[int, Any]]]
Json = dict[str, Any]


def by_title(sim: Simulator, title: str) -> Json:
    return next(chat for chat in sim.world.chats.values() if chat["title"] == title)


async def test_paging_both_ways_meets_every_message_once(sim: Simulator, api: Api) -> None:
    chat = by_title(sim, "#fern-launch")
    path = f"/v1/chats/{chat['id']}/messages"
    expected = [message["id"] for message in sim.world.messages[chat["id"]]][::-1]
    sizes: list[int] = []
    found: list[str] = []
    query = ""
    while True:
        _, page = await api("GET", path + query)
        sizes.append(len(page["items"]))
        found += [message["id"] for message in page["items"]]
        if not page["hasMore"]:
            break
        query = f"?cursor={page['oldestCursor']}"
    assert found == expected
    assert sizes == [20, 20, 8]

    up: list[str] = []
    cursor = page["oldestCursor"]
    while True:
        _, page = await api("GET", f"{path}?direction=after&cursor={cursor}")
        up = [message["id"] for message in page["items"]] + up
        if not page["hasMore"]:
            break
        cursor = page["newestCursor"]
    assert up == expected[:-1]


async def test_the_cursor_is_the_sort_key_but_an_id_works_too(sim: Simulator, api: Api) -> None:
    chat = by_title(sim, "#fern-launch")
    path = f"/v1/chats/{chat['id']}/messages"
    _, first = await api("GET", path)
    assert first["oldestCursor"] == first["items"][-1]["sortKey"]
    assert first["newestCursor"] == first["items"][0]["sortKey"]
    by_key = await api("GET", f"{path}?cursor={first['oldestCursor']}")
    by_id = await api("GET", f"{path}?cursor={first['items'][-1]['id']}")
    assert by_key == by_id
    assert (await api("GET", f"{path}?cursor=x"))[0] == 400
    assert (await api("GET", f"{path}?direction=up"))[0] == 400


async def test_a_sent_message_is_there_afterwards(api: Api, mum: Json) -> None:
    path = f"/v1/chats/{mum['id']}"
    status, answer = await api("POST", f"{path}/messages", {"text": "1 < 2 & so on"})
    assert status == 200
    assert set(answer) == {"chatID", "pendingMessageID"}
    _, message = await api("GET", f"{path}/messages/{answer['pendingMessageID']}")
    assert message["text"] == "1 &lt; 2 &amp; so on"
    assert message["isSender"] is True
    assert message["sendStatus"]["status"] == "SUCCESS"
    assert (await api("GET", f"{path}/messages/{message['id']}"))[1] == message
    _, page = await api("GET", "/v1/chats?limit=1")
    assert page["items"][0]["preview"] == message
    assert page["items"][0]["lastActivity"] == message["timestamp"]


async def test_sends_can_be_held_back(sim: Simulator, api: Api, mum: Json) -> None:
    path = f"/v1/chats/{mum['id']}/messages"
    sim.world.hold_sends = True
    _, answer = await api("POST", path, {"text": "wait"})
    pending = answer["pendingMessageID"]
    _, message = await api("GET", f"{path}/{pending}")
    assert message["id"] == pending
    assert message["sendStatus"]["status"] == "PENDING"
    sim.world.confirm_send(mum["id"], pending)
    _, message = await api("GET", f"{path}/{pending}")
    assert message["id"] != pending
    assert message["sendStatus"]["status"] == "SUCCESS"
    _, answer = await api("POST", path, {"text": "fail"})
    sim.world.fail_send(mum["id"], answer["pendingMessageID"])
    _, message = await api("GET", f"{path}/{answer['pendingMessageID']}")
    assert message["sendStatus"]["status"] == "FAIL_RETRIABLE"


async def test_replies_and_attachments(sim: Simulator, api: Api, mum: Json) -> None:
    path = f"/v1/chats/{mum['id']}/messages"
    first = sim.world.messages[mum["id"]][0]["id"]
    _, upload = await api("POST", "/v1/assets/upload/base64", {"content": "aGk="})
    attachment: Json = {"uploadID": upload["uploadID"], "mimeType": "image/png"}
    attachment["size"] = {"height": 1, "width": 2}
    body = {"attachment": attachment, "replyToMessageID": first}
    _, answer = await api("POST", path, body)
    _, message = await api("GET", f"{path}/{answer['pendingMessageID']}")
    assert message["type"] == "IMAGE"
    assert message["linkedMessageID"] == first
    assert message["attachments"][0]["type"] == "img"
    assert message["attachments"][0]["size"] == {"height": 1, "width": 2}
    assert "text" not in message
    for kind, expected in (("voice-note", "VOICE"), ("file", "FILE"), ("sticker", "STICKER")):
        attachment = {"uploadID": upload["uploadID"], "type": kind}
        _, answer = await api("POST", path, {"attachment": attachment})
        _, message = await api("GET", f"{path}/{answer['pendingMessageID']}")
        assert message["type"] == expected


async def test_refused_sends(sim: Simulator, api: Api, mum: Json) -> None:
    path = f"/v1/chats/{mum['id']}/messages"
    count = len(sim.world.messages[mum["id"]])
    bodies: list[tuple[Json, int]] = [
        ({}, 422),
        ({"text": ""}, 422),
        ({"text": 5}, 400),
        ({"text": None}, 400),
        ({"text": "x", "replyToMessageID": "nope"}, 404),
        ({"attachment": {}}, 400),
        ({"attachment": {"uploadID": "nope"}}, 404),
        ({"attachment": {"uploadID": "u", "size": {"width": 1}}}, 400),
        ({"attachment": {"uploadID": "u", "type": "hologram"}}, 400),
    ]
    for body, expected in bodies:
        assert (await api("POST", path, body))[0] == expected, body
    assert len(sim.world.messages[mum["id"]]) == count
    silent = by_title(sim, "Parcel Tracker")
    status, error = await api("POST", f"/v1/chats/{silent['id']}/messages", {"text": "hi"})
    assert status == 400
    assert error["code"] == "READ_ONLY"


async def test_a_merged_chat_sends_through_its_member(sim: Simulator, api: Api) -> None:
    merged = next(chat for chat in sim.world.chats.values() if chat.get("merge"))
    _, answer = await api("POST", f"/v1/chats/{merged['id']}/messages", {"text": "hi"})
    assert answer["chatID"] == merged["merge"]["defaultChatID"]
    _, page = await api("GET", f"/v1/chats/{merged['id']}/messages")
    assert page["items"] == []


async def test_an_unknown_message_is_404(api: Api, mum: Json) -> None:
    for method, suffix in (("GET", ""), ("POST", "/reactions"), ("DELETE", "/reactions/x")):
        path = f"/v1/chats/{mum['id']}/messages/nope{suffix}"
        status, error = await api(method, path, {"reactionKey": "x"})
        assert status == 404
        assert error["details"]["messageID"] == "nope"


async def test_reactions_come_and_go(sim: Simulator, api: Api, trip: Json) -> None:
    path = f"/v1/chats/{trip['id']}/messages/{sim.world.messages[trip['id']][0]['id']}"
    me = sim.world.me(trip["accountID"])["id"]
    for key in ("👍🏽", "a/b?c#d", "party-parrot", ".."):
        status, answer = await api("POST", f"{path}/reactions", {"reactionKey": key})
        assert status == 200
        assert answer["success"] is True
        assert answer["reactionKey"] == key
        assert answer["transactionID"]
        _, message = await api("GET", path)
        expected = {
            "id": me + key,
            "participantID": me,
            "reactionKey": key,
            "emoji": key[0] == "👍",
        }
        assert message["reactions"] == [expected]
        encoded = quote(key, safe="").replace(".", "%2E")
        status, answer = await api("DELETE", f"{path}/reactions/{encoded}")
        assert status == 200
        assert answer["reactionKey"] == key
        assert "reactions" not in (await api("GET", path))[1]
        status, error = await api("DELETE", f"{path}/reactions/{encoded}")
        assert status == 404
        assert error["code"] == "NOT_FOUND"


async def test_a_repeated_transaction_changes_nothing(sim: Simulator, api: Api, trip: Json) -> None:
    path = f"/v1/chats/{trip['id']}/messages/{sim.world.messages[trip['id']][0]['id']}"
    body = {"reactionKey": "👍", "transactionID": "t1"}
    first = await api("POST", f"{path}/reactions", body)
    assert await api("POST", f"{path}/reactions", body) == first
    assert await api("POST", f"{path}/reactions", body | {"reactionKey": "👎"}) == first
    await api("POST", f"{path}/reactions", {"reactionKey": "👍", "transactionID": "t2"})
    assert len((await api("GET", path))[1]["reactions"]) == 1
    await api("POST", f"{path}/reactions", {"reactionKey": "🎈"})
    assert len((await api("GET", path))[1]["reactions"]) == 2


async def test_a_late_repeat_does_not_bring_a_reaction_back(
    sim: Simulator, api: Api, trip: Json
) -> None:
    path = f"/v1/chats/{trip['id']}/messages/{sim.world.messages[trip['id']][0]['id']}"
    body = {"reactionKey": "👍", "transactionID": "t1"}
    await api("POST", f"{path}/reactions", body)
    await api("DELETE", f"{path}/reactions/{quote('👍')}")
    await api("POST", f"{path}/reactions", body)
    assert "reactions" not in (await api("GET", path))[1]


async def test_one_reaction_per_person_where_the_network_says_so(
    sim: Simulator, api: Api, mum: Json
) -> None:
    path = f"/v1/chats/{mum['id']}/messages/{sim.world.messages[mum['id']][0]['id']}"
    me = sim.world.me(mum["accountID"])["id"]
    for key in ("👍", "❤️"):
        await api("POST", f"{path}/reactions", {"reactionKey": key})
    _, message = await api("GET", path)
    expected = {"id": me, "participantID": me, "reactionKey": "❤️", "emoji": True}
    assert message["reactions"] == [expected]


async def test_bad_reactions(sim: Simulator, api: Api, mum: Json) -> None:
    path = f"/v1/chats/{mum['id']}/messages/{sim.world.messages[mum['id']][0]['id']}/reactions"
    for body in (
        {},
        {"reactionKey": ""},
        {"reactionKey": 5},
        {"reactionKey": "x", "transactionID": 5},
    ):
        assert (await api("POST", path, body))[0] == 400
    assert (await api("DELETE", path + "/"))[0] == 404
