"""Behaving like an app from before 4.2.808."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from beeper_async.testing import Simulator

pytestmark = pytest.mark.asyncio

Api = Callable[..., Awaitable[tuple[int, Any]]]
Json = dict[str, Any]
OLD_CHAT = {
    *("id", "accountID", "participants", "title", "type", "unreadCount"),
    *("isArchived", "isMuted", "isPinned", "lastActivity", "lastReadMessageSortKey"),
    *("localChatID", "preview"),
}
OLD_PERSON = {
    *("id", "cannotMessage", "email", "fullName", "imgURL", "isSelf", "phoneNumber"),
    "username",
}
OLD_MESSAGE = {
    *("id", "accountID", "chatID", "senderID", "sortKey", "timestamp", "attachments"),
    *("isSender", "isUnread", "linkedMessageID", "reactions", "senderName", "text", "type"),
}


@pytest.fixture
def old(sim: Simulator) -> Simulator:
    sim.app_version = "4.2.557"
    return sim


async def test_chats_lack_the_newer_fields(old: Simulator, api: Api) -> None:
    for path in ("/v1/chats", "/v1/chats/search"):
        _, page = await api("GET", path)
        assert page["items"]
        assert page["oldestCursor"]
        for chat in page["items"]:
            assert set(chat) <= OLD_CHAT
            assert all(set(person) <= OLD_PERSON for person in chat["participants"]["items"])
            preview = chat.get("preview", {})
            assert set(preview) <= OLD_MESSAGE
            assert all("transcription" not in part for part in preview.get("attachments", ()))


async def test_everyone_is_shown_by_default(old: Simulator, api: Api) -> None:
    raid = next(chat for chat in old.world.chats.values() if chat["title"] == "Raid night")
    _, chat = await api("GET", f"/v1/chats/{raid['id']}")
    assert len(chat["participants"]["items"]) == 131
    assert chat["participants"]["hasMore"] is False


async def test_the_world_itself_is_left_alone(old: Simulator, api: Api, trip: Json) -> None:
    await api("GET", f"/v1/chats/{trip['id']}")
    await api("GET", f"/v1/chats/{trip['id']}/messages")
    old.app_version = "4.3.73"
    _, chat = await api("GET", f"/v1/chats/{trip['id']}")
    assert chat["network"] == "Telegram"
    assert chat["participants"]["items"][0]["isAdmin"] is True


async def test_messages_have_no_cursors(old: Simulator, api: Api) -> None:
    chat = next(chat for chat in old.world.chats.values() if chat["title"] == "#fern-launch")
    path = f"/v1/chats/{chat['id']}/messages"
    found: list[str] = []
    query = ""
    while True:
        _, page = await api("GET", path + query)
        assert set(page) == {"items", "hasMore"}
        assert all(set(message) <= OLD_MESSAGE for message in page["items"])
        found += [message["id"] for message in page["items"]]
        if not page["hasMore"]:
            break
        query = f"?cursor={page['items'][-1]['sortKey']}"
    assert found == [message["id"] for message in old.world.messages[chat["id"]]][::-1]


async def test_creating_answers_two_fields(old: Simulator, api: Api, mum: Json) -> None:
    account = mum["accountID"]
    body = {"accountID": account, "participantIDs": ["@x:y"], "type": "single"}
    status, answer = await api("POST", "/v1/chats", body)
    assert status == 200
    assert set(answer) == {"chatID", "status"}
    assert answer["status"] == "created"
    body = {"accountID": account, "mode": "start", "user": {"phoneNumber": "+447700900111"}}
    assert await api("POST", "/v1/chats", body) == (
        200,
        {"chatID": mum["id"], "status": "existing"},
    )
    assert (await api("POST", "/v1/chats", body | {"mode": "stop"}))[0] == 400
    assert (await api("POST", "/v1/chats", {"accountID": account}))[0] == 400


@pytest.mark.parametrize(
    ("method", "suffix"),
    [
        ("PATCH", "/{chat}"),
        ("POST", "/{chat}/read"),
        ("POST", "/{chat}/unread"),
        ("POST", "/{chat}/notify-anyway"),
        ("POST", "/start"),
        ("GET", "/{chat}/messages/{message}"),
        ("DELETE", "/{chat}/messages/{message}/reactions/x"),
    ],
)
async def test_newer_endpoints_do_not_exist(
    old: Simulator, api: Api, mum: Json, method: str, suffix: str
) -> None:
    message = old.world.messages[mum["id"]][0]["id"]
    status, error = await api(
        method, "/v1/chats" + suffix.format(chat=mum["id"], message=message), {}
    )
    assert status == 404
    assert set(error) == {"message", "code"}


async def test_reminders_take_milliseconds(old: Simulator, api: Api, mum: Json) -> None:
    path = f"/v1/chats/{mum['id']}/reminders"
    body: Json = {"reminder": {"remindAtMs": 1780000000123}}
    assert await api("POST", path, body) == (204, None)
    assert mum["reminder"] == {"remindAt": "2026-05-28T20:26:40.123Z"}
    for value in ({"remindAt": "2026-06-01T09:00:00Z"}, {"remindAtMs": "5"}, {"remindAtMs": 1e300}):
        assert (await api("POST", path, {"reminder": value}))[0] == 400
    assert await api("DELETE", path) == (204, None)
    assert mum["reminder"] is None


async def test_the_reaction_key_is_in_the_query(old: Simulator, api: Api, mum: Json) -> None:
    message = old.world.messages[mum["id"]][0]
    path = f"/v1/chats/{mum['id']}/messages/{message['id']}/reactions"
    await api("POST", path, {"reactionKey": "👍"})
    assert len(message["reactions"]) == 1
    assert (await api("DELETE", path))[0] == 400
    status, answer = await api("DELETE", f"{path}?reactionKey=%F0%9F%91%8D")
    assert status == 200
    assert answer["reactionKey"] == "👍"
    assert "reactions" not in message
    old.app_version = "4.3.73"
    assert (await api("DELETE", f"{path}?reactionKey=x"))[0] == 404


async def test_info_and_reactions_came_with_4_2_557(sim: Simulator, api: Api, mum: Json) -> None:
    sim.app_version = "4.2.556"
    assert (await api("GET", "/v1/info"))[0] == 404
    message = sim.world.messages[mum["id"]][0]["id"]
    path = f"/v1/chats/{mum['id']}/messages/{message}/reactions"
    assert (await api("POST", path, {"reactionKey": "x"}))[0] == 404
    sim.app_version = "4.2.557"
    assert (await api("GET", "/v1/info"))[0] == 200


async def test_4_3_0_ignores_the_limit_of_the_list(sim: Simulator, api: Api) -> None:
    sim.app_version = "4.3.0"
    _, page = await api("GET", "/v1/chats?limit=3")
    assert len(page["items"]) == len(sim.world.chats)
    sim.app_version = "4.3.73"
    _, page = await api("GET", "/v1/chats?limit=3")
    assert len(page["items"]) == 3


async def test_a_version_must_be_one(sim: Simulator) -> None:
    with pytest.raises(ValueError, match="app version"):
        sim.app_version = "new"
    assert sim.app_version == "4.3.73"
