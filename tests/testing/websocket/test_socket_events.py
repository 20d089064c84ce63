"""Every event that something in the world causes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import pytest

from beeper_async.testing import RECOVERY_KEY, Simulator

from ..socket_client import check_message, kinds, subscribed

pytestmark = pytest.mark.asyncio

Api = Callable[..., Awaitable[tuple[int, Any]]]
Json = dict[str, Any]


async def test_each_change_over_http_is_heard(sim: Simulator, mum: Json, api: Api) -> None:
    chat = f"/v1/chats/{mum['id']}"
    first = sim.world.messages[mum["id"]][0]["id"]
    async with subscribed(sim) as client:

        async def causes(method: str, path: str, body: object = None) -> list[str]:
            """What is heard because of a request."""
            status, _ = await api(method, path, body)
            assert status < 300
            sim.sockets.send({"type": "mark"})
            heard: list[str] = []
            while (message := await client.hears_anything())["type"] != "mark":
                check_message(message)
                assert message["chatID"] == mum["id"]
                heard.append(message["type"])
            return heard

        assert await causes("POST", chat + "/archive", {"archived": True}) == ["chat.upserted"]
        assert await causes("PATCH", chat, {"isPinned": False, "title": "M"}) == ["chat.upserted"]
        assert await causes("PATCH", chat, {"draft": {"text": "x"}}) == ["chat.upserted"]
        reminder = {"reminder": {"remindAt": "2026-06-01T10:00:00Z"}}
        assert await causes("POST", chat + "/reminders", reminder) == ["chat.upserted"]
        assert await causes("DELETE", chat + "/reminders") == ["chat.upserted"]
        focus = {"chatID": mum["id"], "draftText": "y"}
        assert await causes("POST", "/v1/focus", focus) == ["chat.upserted"]
        both = ["message.upserted", "chat.upserted"]
        assert await causes("POST", chat + "/read", {}) == both
        assert await causes("POST", chat + "/unread", {"messageID": first}) == both
        assert await causes("POST", chat + "/unread", {}) == ["chat.upserted"]
        assert await causes("POST", chat + "/messages", {"text": "hello"}) == both
        sent = f"{chat}/messages/{sim.world.messages[mum['id']][-1]['id']}"
        assert await causes("PUT", sent, {"text": "hello!"}) == ["message.upserted"]
        liked = {"reactionKey": "👍", "transactionID": "t"}
        assert await causes("POST", sent + "/reactions", liked) == ["message.upserted"]
        assert await causes("POST", sent + "/reactions", liked) == [], "nothing changed"
        assert await causes("DELETE", f"{sent}/reactions/{quote('👍')}") == ["message.upserted"]
        deleted = ["message.deleted", "chat.upserted"]
        assert await causes("DELETE", sent) == deleted
        theirs = f"{chat}/messages/{first}?forEveryone=false"
        assert await causes("DELETE", theirs) == deleted
        assert await causes("GET", chat) == []
        assert await causes("PATCH", chat, {}) == []


async def test_entries_are_what_reading_the_message_gives(
    sim: Simulator, mum: Json, api: Api
) -> None:
    picture = sim.world.messages[mum["id"]][-1]
    for version in ("4.3.73", "4.2.808"):
        sim.app_version = version
        async with subscribed(sim) as client:
            sim.world.react(mum, picture, version, version)
            event = await client.hears()
            path = f"/v1/chats/{mum['id']}/messages/{picture['id']}"
            assert event["entries"] == [(await api("GET", path))[1]]
    sim.app_version = "4.2.557"
    async with subscribed(sim) as client:
        sim.world.react(mum, picture, "last", "last")
        (entry,) = (await client.hears())["entries"]
        _, page = await api("GET", f"/v1/chats/{mum['id']}/messages")
        assert entry == page["items"][0]
        assert "mentions" not in entry


async def test_an_entry_is_a_copy_of_its_moment(sim: Simulator, mum: Json) -> None:
    async with subscribed(sim) as client:
        with sim.world.lock:
            message = sim.world.receive(mum["id"], "first")
            sim.world.react(mum, message, "👍", "t")
        before, chat, after = await client.hears_all(3)
    assert kinds([before, chat, after]) == ["message.upserted", "chat.upserted", "message.upserted"]
    assert "reactions" not in before["entries"][0]
    assert after["entries"][0]["reactions"][0]["reactionKey"] == "👍"


@pytest.mark.parametrize("works", [True, False])
async def test_a_sent_message_gets_its_final_id(
    sim: Simulator, mum: Json, api: Api, works: bool
) -> None:
    sim.world.hold_sends = True
    async with subscribed(sim) as client:
        _, sent = await api("POST", f"/v1/chats/{mum['id']}/messages", {"text": "hello"})
        pending = sent["pendingMessageID"]
        first, _ = await client.hears_all(2)
        assert first["ids"] == [pending]
        assert first["entries"][0]["sendStatus"]["status"] == "PENDING"
        assert first["entries"][0]["isSender"] is True
        if works:
            final = sim.world.confirm_send(mum["id"], pending)["id"]
        else:
            final = sim.world.fail_send(mum["id"], pending)["id"]
        second = await client.hears()
    assert second["ids"] == [final]
    assert (final == pending) is not works
    status = second["entries"][0]["sendStatus"]["status"]
    assert status == ("SUCCESS" if works else "FAIL_RETRIABLE")


async def test_many_messages_that_change_at_once(sim: Simulator, api: Api) -> None:
    raid = next(chat for chat in sim.world.chats.values() if chat["title"] == "Raid night")
    sim.world.mark_unread(raid, sim.world.messages[raid["id"]][0])
    async with subscribed(sim) as client:
        await api("POST", f"/v1/chats/{raid['id']}/read", {})
        first, second, chat = await client.hears_all(3)
    assert kinds([first, second, chat]) == ["message.upserted"] * 2 + ["chat.upserted"]
    assert [len(first["ids"]), len(second["ids"])] == [100, 20]
    assert not any(entry["isUnread"] for entry in first["entries"] + second["entries"])


async def test_a_lost_account_takes_its_chats_along(sim: Simulator, api: Api) -> None:
    (merged,) = (chat for chat in sim.world.chats.values() if chat.get("merge"))
    signal = merged["merge"]["defaultChatID"]
    account = sim.world.accounts["discordgo"]
    path = f"/v1/bridges/discordgo/logins/{account['loginID']}/remove"
    gone = {chat["id"] for chat in sim.world.chats.values() if chat["accountID"] == "discordgo"}
    async with subscribed(sim) as client:
        status, _ = await api("POST", path, {"scope": "all-devices"})
        assert status < 300
        heard = await client.hears_all(len(gone) + 2)
    deleted = [one["chatID"] for one in heard if one["type"] == "chat.deleted"]
    assert set(deleted) == gone | {merged["id"]}
    assert (heard[-1]["type"], heard[-1]["chatID"]) == ("chat.upserted", signal)


async def test_the_state_of_the_app(sim: Simulator, api: Api, mum: Json) -> None:
    setup = sim.world.setup
    async with subscribed(sim, app={"state": True}) as client, subscribed(sim) as other:
        setup.reset()
        setup.reset()
        setup.sign_in()
        states = [(await client.hears())["appState"]["state"] for _ in range(2)]
        assert states == ["needs-login", "initializing"]
        _, now = await api("GET", "/v1/app/setup")
        assert (await client.hears())["appState"] == now
        setup.sign_in()
        assert (await client.hears())["appState"]["matrix"]["deviceID"] != now["matrix"]["deviceID"]
        await api("GET", "/v1/app/setup")
        assert (await client.hears())["appState"]["state"] == "needs-verification"
        await api("POST", "/v1/app/setup/verifications", {})
        started = (await client.hears())["appState"]
        assert started["verification"]["state"] == "requested"
        await api("GET", "/v1/app/setup")
        assert (await client.hears())["appState"]["verification"]["state"] == "ready"
        setup.verifications.fail(started["verification"]["id"])
        assert "verification" not in (await client.hears())["appState"]
        key = "/v1/app/setup/verification/recovery-key"
        await api("POST", key, {"recoveryKey": RECOVERY_KEY})
        _, now = await api("GET", "/v1/app/setup")
        event = await client.hears()
        assert event["appState"] == now
        assert event["appState"]["state"] == "ready"
        assert (set(event), event["seq"]) == ({"type", "seq", "ts", "appState"}, 9)
        sim.world.change_chat(mum["id"], isMuted=True)
        assert (await client.hears())["type"] == "chat.upserted"
        assert (await other.hears())["type"] == "chat.upserted", "it did not ask for the state"
