"""Reading, opening and changing chats."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import pytest

from beeper_async.testing import Simulator

pytestmark = pytest.mark.asyncio

Api = Callable[..., Awaitable[tuple[int, Any]]]
WHATSAPP = "local-whatsapp_ba_Vd83kQ"
Json = dict[str, Any]


def by_title(sim: Simulator, title: str) -> Json:
    return next(chat for chat in sim.world.chats.values() if chat["title"] == title)


async def test_global_and_local_ids_and_escapes_all_work(api: Api, mum: Json) -> None:
    for spelling in (mum["id"], mum["localChatID"], quote(mum["id"], safe="")):
        status, chat = await api("GET", f"/v1/chats/{spelling}")
        assert status == 200
        assert chat["id"] == mum["id"]
        assert "preview" not in chat


async def test_the_participant_cap(sim: Simulator, api: Api) -> None:
    path = f"/v1/chats/{by_title(sim, 'Raid night')['id']}"
    for query, shown in (("", 100), ("?maxParticipantCount=-1", 131)):
        _, chat = await api("GET", path + query)
        assert len(chat["participants"]["items"]) == shown
        assert chat["participants"]["total"] == 131
        assert chat["participants"]["hasMore"] is (shown < 131)
    for few in (0, 3):
        _, chat = await api("GET", f"{path}?maxParticipantCount={few}")
        assert len(chat["participants"]["items"]) == few
    for count in ("-2", "501", "many"):
        status, error = await api("GET", f"{path}?maxParticipantCount={count}")
        assert status == 400
        assert error["details"]["issues"][0]["path"] == ["query", "maxParticipantCount"]


@pytest.mark.parametrize(
    ("method", "suffix"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("POST", "/archive"),
        ("POST", "/read"),
        ("POST", "/unread"),
        ("POST", "/notify-anyway"),
        ("POST", "/reminders"),
        ("DELETE", "/reminders"),
        ("GET", "/messages"),
        ("POST", "/messages"),
        ("GET", "/messages/1"),
        ("POST", "/messages/1/reactions"),
        ("DELETE", "/messages/1/reactions/x"),
    ],
)
async def test_an_unknown_chat_is_404_everywhere(api: Api, method: str, suffix: str) -> None:
    status, error = await api(method, f"/v1/chats/!no%2Fsuch:chat{suffix}", {})
    assert status == 404
    assert error["code"] == "NOT_FOUND"
    assert error["details"] == {"chatID": "!no/such:chat"}


async def test_flags_stay_changed(api: Api, mum: Json) -> None:
    path = f"/v1/chats/{mum['id']}"
    changes: Json = {"isMuted": True, "isPinned": False, "isLowPriority": True, "isArchived": True}
    changes |= {"description": "d", "imgURL": "/tmp/a.png", "messageExpirySeconds": 60}
    status, chat = await api("PATCH", path, changes)
    assert status == 200
    assert {name: chat[name] for name in changes} == changes
    _, again = await api("GET", path)
    assert again == chat
    cleared = dict.fromkeys(("description", "imgURL", "messageExpirySeconds"))
    _, chat = await api("PATCH", path, cleared)
    assert {name: chat[name] for name in cleared} == cleared
    assert chat["isMuted"] is True


async def test_a_cleared_title_is_computed_again(api: Api, mum: Json) -> None:
    path = f"/v1/chats/{mum['id']}"
    _, chat = await api("PATCH", path, {"title": "Home"})
    assert chat["title"] == "Home"
    _, chat = await api("PATCH", path, {"isMuted": True})
    assert chat["title"] == "Home"
    _, chat = await api("PATCH", path, {"title": None})
    assert chat["title"] == "Mum 🌻"


async def test_a_draft_must_be_cleared_before_the_next(sim: Simulator, api: Api, mum: Json) -> None:
    path = f"/v1/chats/{mum['id']}"
    _, upload = await api("POST", "/v1/assets/upload/base64", {"content": "aGk="})
    entry: Json = {"uploadID": upload["uploadID"], "fileName": "p.png"}
    entry["size"] = {"height": 1, "width": 2}
    draft = {"text": "hi", "attachments": {"a1": entry}}
    status, chat = await api("PATCH", path, {"draft": draft})
    assert status == 200
    assert chat["draft"]["text"] == "hi"
    assert chat["draft"]["attachments"]["a1"] == {
        "id": "a1",
        "type": "file",
        "fileName": "p.png",
        "filePath": upload["srcURL"].removeprefix("file://"),
        "fileSize": 2,
        "mimeType": "text/plain",
        "size": {"height": 1, "width": 2},
    }
    unknown = {"text": "hi", "attachments": {"a1": {"uploadID": "nope"}}}
    assert (await api("PATCH", path, {"draft": unknown}))[0] == 404
    status, error = await api("PATCH", path, {"draft": {"text": "other"}, "isMuted": True})
    assert status == 409
    assert error["code"] == "CONFLICT"
    assert (await api("GET", path))[1]["isMuted"] is False, "a refused update changes nothing"
    sim.app_version = "4.2.808"
    assert (await api("PATCH", path, {"draft": {"text": "other"}}))[0] == 400
    assert (await api("PATCH", path, {"draft": None}))[1]["draft"] is None
    assert (await api("PATCH", path, {"draft": {"text": "b"}}))[1]["draft"] == {"text": "b"}
    assert (await api("PATCH", path, {"draft": {"text": ""}}))[1]["draft"] is None


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"isMuted": "yes"}, ["isMuted"]),
        ({"isMuted": None}, ["isMuted"]),
        ({"messageExpirySeconds": -1}, ["messageExpirySeconds"]),
        ({"messageExpirySeconds": True}, ["messageExpirySeconds"]),
        ({"title": 5}, ["title"]),
        ({"draft": {}}, ["draft", "text"]),
        ({"draft": "hello"}, ["draft"]),
        (
            {"draft": {"text": "", "attachments": {"a": {}}}},
            ["draft", "attachments", "a", "uploadID"],
        ),
    ],
)
async def test_bad_updates_are_named(api: Api, mum: Json, body: Json, path: list[str]) -> None:
    status, error = await api("PATCH", f"/v1/chats/{mum['id']}", body)
    assert status == 400
    assert [issue["path"] for issue in error["details"]["issues"]] == [["body", *path]]


async def test_archiving(api: Api, mum: Json) -> None:
    path = f"/v1/chats/{mum['id']}"
    for body, archived in (({"archived": True}, True), ({"archived": False}, False), ({}, True)):
        assert await api("POST", f"{path}/archive", body) == (204, None)
        assert (await api("GET", path))[1]["isArchived"] is archived
    assert await api("POST", f"{path}/archive") == (204, None), "an empty body is fine"
    assert (await api("POST", f"{path}/archive", {"archived": 1}))[0] == 400


async def test_reading_everything_and_marking_unread(api: Api, mum: Json) -> None:
    path = f"/v1/chats/{mum['id']}"
    assert (await api("GET", path))[1]["unreadCount"] == 2
    status, chat = await api("POST", f"{path}/read", {})
    assert status == 200
    assert chat["unreadCount"] == 0
    assert chat["isMarkedUnread"] is False
    _, page = await api("GET", f"{path}/messages")
    assert chat["lastReadMessageSortKey"] == page["items"][0]["sortKey"]
    assert not any(message["isUnread"] for message in page["items"])
    _, chat = await api("POST", f"{path}/unread")
    assert chat["isMarkedUnread"] is True
    assert chat["unreadCount"] == 0
    _, chat = await api("POST", f"{path}/read")
    assert chat["isMarkedUnread"] is False


async def test_reading_up_to_a_message(sim: Simulator, api: Api, mum: Json) -> None:
    path = f"/v1/chats/{mum['id']}"
    first, _, third, fourth = sim.world.messages[mum["id"]]
    _, chat = await api("POST", f"{path}/read", {"messageID": third["id"]})
    assert chat["unreadCount"] == 1
    assert chat["lastReadMessageSortKey"] == third["sortKey"]
    assert fourth["isUnread"] is True
    _, chat = await api("POST", f"{path}/unread", {"messageID": first["id"]})
    assert chat["unreadCount"] == 3, "own messages never count"
    assert "lastReadMessageSortKey" not in chat
    assert (await api("POST", f"{path}/read", {"messageID": "nope"}))[0] == 404
    assert (await api("POST", f"{path}/unread", {"messageID": 5}))[0] == 400


async def test_only_imessage_can_notify_anyway(sim: Simulator, api: Api, mum: Json) -> None:
    tomas = by_title(sim, "Tomas Vrba")
    status, chat = await api("POST", f"/v1/chats/{tomas['id']}/notify-anyway", {})
    assert status == 200
    assert chat["id"] == tomas["id"]
    assert sim.world.notified == [tomas["id"]]
    status, error = await api("POST", f"/v1/chats/{mum['id']}/notify-anyway", {})
    assert status == 400
    assert "WhatsApp" in error["message"]


async def test_reminders(sim: Simulator, api: Api, mum: Json) -> None:
    path = f"/v1/chats/{mum['id']}"
    reminder = {"remindAt": "2026-06-01T09:00:00+02:00", "dismissOnIncomingMessage": True}
    assert await api("POST", f"{path}/reminders", {"reminder": reminder}) == (204, None)
    shown = (await api("GET", path))[1]["reminder"]
    assert shown == {"remindAt": "2026-06-01T07:00:00.000Z", "dismissOnIncomingMessage": True}
    sim.world.receive(mum["id"], "ding")
    assert (await api("GET", path))[1]["reminder"] is None

    await api("POST", f"{path}/reminders", {"reminder": {"remindAt": "2026-06-01T09:00:00Z"}})
    sim.world.receive(mum["id"], "dong")
    assert (await api("GET", path))[1]["reminder"] == {"remindAt": "2026-06-01T09:00:00.000Z"}
    for _ in range(2):
        assert await api("DELETE", f"{path}/reminders") == (204, None)
    assert (await api("GET", path))[1]["reminder"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reminder": {}},
        {"reminder": {"remindAt": 5}},
        {"reminder": {"remindAt": "soon"}},
        {"reminder": {"remindAt": "2026-06-01T09:00:00"}},
        {"reminder": {"remindAtMs": 1780000000000}},
        {"reminder": {"remindAt": "2026-06-01T09:00:00Z", "dismissOnIncomingMessage": "no"}},
    ],
)
async def test_bad_reminders(api: Api, mum: Json, body: Json) -> None:
    status, error = await api("POST", f"/v1/chats/{mum['id']}/reminders", body)
    assert status == 400
    assert error["details"]["issues"][0]["path"][:2] == ["body", "reminder"]


async def test_creating_a_group(api: Api) -> None:
    people = ["@447700900111:local-whatsapp.localhost", "@447700900999:local-whatsapp.localhost"]
    body = {"accountID": WHATSAPP, "participantIDs": people, "type": "group"}
    body |= {"title": "New", "messageText": "hello"}
    status, chat = await api("POST", "/v1/chats", body)
    assert status == 200
    assert chat["chatID"] == chat["id"]
    assert chat["status"] == "created"
    assert chat["title"] == "New"
    assert chat["participants"]["total"] == 3
    assert chat["participants"]["items"][0]["fullName"] == "Greta Haldane"
    _, page = await api("GET", "/v1/chats?limit=1")
    assert page["items"][0]["id"] == chat["id"]
    assert page["items"][0]["preview"]["text"] == "hello"
    _, second = await api("POST", "/v1/chats", body)
    assert second["id"] != chat["id"], "creating again makes another chat"


async def test_creating_nonsense(api: Api) -> None:
    good = {"accountID": WHATSAPP, "participantIDs": ["@a:b"], "type": "single"}
    changes: list[tuple[Json, int]] = [
        ({"participantIDs": []}, 422),
        ({"participantIDs": ["@a:b", "@c:d"]}, 422),
        ({"participantIDs": "@a:b"}, 400),
        ({"participantIDs": [5]}, 400),
        ({"type": "channel"}, 400),
        ({"title": None}, 400),
        ({"accountID": "nobody"}, 404),
    ]
    for change, expected in changes:
        status, error = await api("POST", "/v1/chats", good | change)
        assert status == expected, (change, error)
    for name in good:
        missing = {key: value for key, value in good.items() if key != name}
        status, error = await api("POST", "/v1/chats", missing)
        assert status == 400
        assert error["details"]["issues"][0]["path"] == ["body", name]


async def test_starting_reuses_the_direct_chat(api: Api, mum: Json) -> None:
    for user in (
        {"phoneNumber": "+44 7700 900111"},
        {"id": "@447700900111:local-whatsapp.localhost"},
        {"username": "nobody_at_all", "phoneNumber": "+447700900111"},
    ):
        status, chat = await api("POST", "/v1/chats/start", {"accountID": WHATSAPP, "user": user})
        assert status == 200
        assert chat["id"] == mum["id"]
        assert chat["status"] == "existing"


async def test_starting_with_somebody_new(sim: Simulator, api: Api) -> None:
    user = {"phoneNumber": "+14155550199", "fullName": "Ann Other"}
    body = {"accountID": WHATSAPP, "user": user, "allowInvite": False}
    count = len(sim.world.chats)
    assert (await api("POST", "/v1/chats/start", body))[0] == 404
    assert len(sim.world.chats) == count
    status, chat = await api("POST", "/v1/chats/start", body | {"allowInvite": True})
    assert status == 200
    assert chat["status"] == "created"
    assert chat["title"] == "Ann Other"
    _, again = await api("POST", "/v1/chats/start", body | {"messageText": "hi"})
    assert again["id"] == chat["id"]
    assert again["status"] == "existing"
    assert sim.world.messages[chat["id"]][-1]["text"] == "hi"


async def test_starting_nonsense(api: Api) -> None:
    for body, expected in (
        ({"accountID": WHATSAPP}, 400),
        ({"accountID": WHATSAPP, "user": {"id": 5}}, 400),
        ({"user": {"id": "@a:b"}}, 400),
        ({"accountID": WHATSAPP, "user": {"fullName": "Only A Hint"}}, 422),
        ({"accountID": "nobody", "user": {"id": "@a:b"}}, 404),
    ):
        assert (await api("POST", "/v1/chats/start", body))[0] == expected, body
