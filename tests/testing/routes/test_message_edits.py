"""Editing and deleting messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from beeper_async.testing import Simulator

pytestmark = pytest.mark.asyncio

Api = Callable[..., Awaitable[tuple[int, Any]]]
Json = dict[str, Any]


async def send(api: Api, chat: Json, text: str = "first") -> tuple[str, Json]:
    """The path of a new own message, and the message."""
    path = f"/v1/chats/{chat['id']}/messages"
    _, answer = await api("POST", path, {"text": text})
    _, message = await api("GET", f"{path}/{answer['pendingMessageID']}")
    return f"{path}/{message['id']}", message


async def ids(api: Api, chat: Json) -> list[str]:
    _, page = await api("GET", f"/v1/chats/{chat['id']}/messages")
    return [message["id"] for message in page["items"]]


async def test_an_edit_is_there_afterwards(api: Api, mum: Json) -> None:
    path, before = await send(api, mum)
    status, answer = await api("PUT", path, {"text": "5 > 4 & more"})
    assert status == 200
    assert answer["text"] == "5 &gt; 4 &amp; more"
    assert answer["editedTimestamp"] > before["timestamp"]
    assert (answer.pop("messageID"), answer.pop("success")) == (before["id"], True)
    assert (await api("GET", path))[1] == answer
    _, page = await api("GET", f"/v1/chats/{mum['id']}/messages")
    assert page["items"][0] == answer
    _, chats = await api("GET", "/v1/chats?limit=1")
    assert chats["items"][0]["preview"] == answer
    _, found = await api("GET", "/v1/messages/search?query=first")
    assert found["items"] == []


async def test_what_cannot_be_edited(sim: Simulator, api: Api, mum: Json) -> None:
    path, _ = await send(api, mum)
    for body in ({}, {"text": ""}, {"text": 5}, {"text": None}):
        assert (await api("PUT", path, body))[0] == 400, body
    messages = f"/v1/chats/{mum['id']}/messages"
    theirs = sim.world.messages[mum["id"]][0]
    status, error = await api("PUT", f"{messages}/{theirs['id']}", {"text": "x"})
    assert (status, error["code"]) == (400, "NOT_SUPPORTED")
    _, upload = await api("POST", "/v1/assets/upload/base64", {"content": "aGk="})
    with_upload: Json = {"text": "look", "attachment": {"uploadID": upload["uploadID"]}}
    _, sent = await api("POST", messages, with_upload)
    with_file = f"{messages}/{sent['pendingMessageID']}"
    assert (await api("PUT", with_file, {"text": "x"}))[0] == 400
    assert (await api("GET", with_file))[1]["text"] == "look"
    assert (await api("PUT", f"{messages}/nope", {"text": "x"}))[0] == 404
    assert (await api("PUT", "/v1/chats/nope/messages/1", {"text": "x"}))[0] == 404
    sim.scopes = ("read",)
    assert (await api("PUT", path, {"text": "x"}))[0] == 403


@pytest.mark.parametrize("query", ["", "?forEveryone=true"])
async def test_deleting_is_for_everyone_unless_said_otherwise(
    api: Api, mum: Json, query: str
) -> None:
    path, message = await send(api, mum)
    await api("POST", f"{path}/reactions", {"reactionKey": "👍"})
    assert await api("DELETE", path + query) == (204, None)
    status, left = await api("GET", path)
    assert status == 200
    assert left["isDeleted"] is True
    assert left["sortKey"] == message["sortKey"]
    assert not {"text", "reactions", "attachments", "sendStatus"} & set(left)
    assert (await ids(api, mum))[0] == message["id"], "the mark stays in the list"
    assert (await api("DELETE", path))[0] == 404
    assert (await api("PUT", path, {"text": "x"}))[0] == 404
    _, found = await api("GET", "/v1/messages/search?query=first")
    assert found["items"] == []


async def test_deleting_for_me_leaves_nothing(api: Api, mum: Json) -> None:
    before = await ids(api, mum)
    path, _ = await send(api, mum)
    assert await api("DELETE", path + "?forEveryone=false") == (204, None)
    assert (await api("GET", path))[0] == 404
    assert await ids(api, mum) == before
    assert (await api("DELETE", path + "?forEveryone=false"))[0] == 404


async def test_unread_messages_that_go_are_not_counted(sim: Simulator, api: Api, mum: Json) -> None:
    unread = next(m for m in sim.world.messages[mum["id"]] if m["isUnread"])
    path = f"/v1/chats/{mum['id']}"
    assert (await api("GET", path))[1]["unreadCount"] == 2
    await api("DELETE", f"{path}/messages/{unread['id']}?forEveryone=false")
    assert (await api("GET", path))[1]["unreadCount"] == 1


async def test_what_cannot_be_deleted(sim: Simulator, api: Api, mum: Json, trip: Json) -> None:
    path, message = await send(api, mum)
    assert (await api("DELETE", path + "?forEveryone=maybe"))[0] == 400
    assert (await api("DELETE", f"/v1/chats/{mum['id']}/messages/nope"))[0] == 404
    for chat in (mum, trip):
        theirs = sim.world.messages[chat["id"]][0]
        status, error = await api("DELETE", f"/v1/chats/{chat['id']}/messages/{theirs['id']}")
        assert (status, error["code"]) == (400, "NOT_SUPPORTED")
        assert not theirs.get("isDeleted")
    mum["capabilities"] = {"delete": -2, "deleteForMe": False}
    assert (await api("DELETE", path))[0] == 400
    assert (await api("DELETE", path + "?forEveryone=false"))[0] == 400
    sim.scopes = ("read",)
    assert (await api("DELETE", path))[0] == 403
    assert message["id"] in await ids(api, mum)


async def test_a_pending_id_cannot_be_deleted(sim: Simulator, api: Api, mum: Json) -> None:
    path = f"/v1/chats/{mum['id']}/messages"
    sim.world.hold_sends = True
    _, answer = await api("POST", path, {"text": "wait"})
    pending = answer["pendingMessageID"]
    status, error = await api("DELETE", f"{path}/{pending}")
    assert status == 400
    assert error["details"]["issues"][0]["path"] == ["params", "messageID"]
    final = sim.world.confirm_send(mum["id"], pending)["id"]
    assert (await api("DELETE", f"{path}/{pending}"))[0] == 400
    assert (await api("DELETE", f"{path}/{final}?forEveryone=false"))[0] == 204
    assert (await api("GET", f"{path}/{pending}"))[0] == 404


async def test_old_apps_edit_differently(sim: Simulator, api: Api, mum: Json) -> None:
    path, message = await send(api, mum)
    sim.app_version = "4.2.807"
    assert await api("PUT", path, {"text": "old"}) == (
        200,
        {"chatID": mum["id"], "messageID": message["id"], "success": True},
    )
    assert (await api("DELETE", path))[0] == 404
    sim.app_version = "4.2.498"
    assert (await api("PUT", path, {"text": "older"}))[0] == 404
    sim.app_version = "4.3.73"
    assert (await api("GET", path))[1]["text"] == "old"
