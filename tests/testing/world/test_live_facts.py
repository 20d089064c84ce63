"""What live apps do that the reference doesn't say, as the simulator plays it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import aiohttp
import pytest

from beeper_async.testing import Simulator

from ..conftest import Api

pytestmark = pytest.mark.asyncio

HALF = "half \ud83d"


def a_chat(sim: Simulator, network: str = "WhatsApp") -> Any:
    return next(
        c for c in sim.world.by_activity() if c["network"] == network and not c.get("merge")
    )


async def messages_of(api: Api, chat_id: str) -> list[Any]:
    found: list[Any] = []
    cursor = ""
    while True:
        status, page = await api("GET", f"/v1/chats/{chat_id}/messages{cursor}")
        assert status == 200
        found += page["items"]
        if not page["hasMore"]:
            return found
        cursor = f"?cursor={page['oldestCursor']}"


async def test_old_messages_are_filled_in_and_nothing_else_moves(sim: Simulator, api: Api) -> None:
    chat = a_chat(sim)
    before, activity = await messages_of(api, chat["id"]), chat["lastActivity"]
    order = [c["id"] for c in sim.world.by_activity()]
    added = sim.world.history.backfill(chat["id"], 45)
    after = await messages_of(api, chat["id"])
    assert after == before + added[::-1]
    assert chat["lastActivity"] == activity
    assert [c["id"] for c in sim.world.by_activity()] == order
    assert all(new["timestamp"] > old["timestamp"] for new, old in pairwise(after[len(before) :]))
    assert len({message["id"] for message in after}) == len(after)


async def test_a_new_installation_gives_other_ids_in_the_same_order(
    sim: Simulator, api: Api
) -> None:
    chat = a_chat(sim)
    first = sim.world.receive(chat["id"], "one")
    sim.world.send(chat, "two", reply_to=first["id"])
    sim.world.mark_read(chat)
    before = [dict(message) for message in await messages_of(api, chat["id"])]
    read = chat["lastReadMessageSortKey"]
    sim.world.history.renumber()
    after = await messages_of(api, chat["id"])
    assert [m.get("text") for m in after] == [m.get("text") for m in before]
    assert {m["id"] for m in after}.isdisjoint(m["id"] for m in before)
    assert after[0]["linkedMessageID"] == after[1]["id"]
    assert chat["lastReadMessageSortKey"] == after[0]["sortKey"] != read
    newest = sim.world.receive(chat["id"], "three")
    assert [m["id"] for m in await messages_of(api, chat["id"])][:2] == [
        newest["id"],
        after[0]["id"],
    ]


async def test_an_app_that_still_syncs_refuses_requests_that_are_right(
    sim: Simulator, api: Api
) -> None:
    sim.refuse_while_starting(2)
    answers = [await api("GET", "/v1/chats") for _ in range(3)]
    assert [status for status, _ in answers] == [400, 400, 200]
    assert answers[0][1]["code"] == "VALIDATION_ERROR"
    with pytest.raises(ValueError, match="at least 1"):
        sim.refuse_while_starting(0)


async def test_a_direction_that_is_none(sim: Simulator, api: Api) -> None:
    status, body = await api("GET", f"/v1/chats/{a_chat(sim)['id']}/messages?direction=sideways")
    assert (status, body["code"]) == (400, "VALIDATION_ERROR")


async def test_texts_are_html_or_plain(sim: Simulator, api: Api) -> None:
    chat, text = a_chat(sim), "/run <flag> & x"
    sim.world.receive(chat["id"], text)
    sim.world.plain_text = True
    sim.world.receive(chat["id"], text)
    sim.world.send(chat, text)
    edited = sim.world.receive(chat["id"], "first")
    sim.world.people.edit(chat["id"], edited["id"], text)
    texts = [message["text"] for message in (await messages_of(api, chat["id"]))[:4]]
    assert texts == [text, text, text, "/run &lt;flag&gt; &amp; x"]


async def test_half_an_emoji_is_an_escape_in_the_json(sim: Simulator) -> None:
    chat = a_chat(sim)
    headers = {"Authorization": f"Bearer {sim.token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.ws_connect(f"{sim.url}/v1/ws") as socket,
    ):
        await socket.receive_json()
        await socket.send_json({"type": "subscriptions.set", "chatIDs": ["*"]})
        await socket.receive_json()
        sim.world.receive(chat["id"], HALF)
        assert "half \\ud83d" in await socket.receive_str()
        sim.world.change_chat(chat["id"], title=HALF)
        for path in ("/v1/chats", f"/v1/chats/{chat['id']}/messages"):
            async with session.get(sim.url + path) as response:
                assert b"half \\ud83d" in await response.read()
        sim.respond_next(200, json={"title": HALF}, path="/v1/chats")
        async with session.get(f"{sim.url}/v1/chats") as response:
            assert await response.json() == {"title": HALF}


async def test_accounts_that_are_left_out_have_chats(sim: Simulator, api: Api) -> None:
    chat = a_chat(sim, "iMessage")
    account_id = chat["accountID"]
    sim.world.unlisted_accounts.add(account_id)
    _, accounts = await api("GET", "/v1/accounts")
    assert accounts
    assert account_id not in {account["accountID"] for account in accounts}
    assert (await api("GET", f"/v1/accounts/{account_id}"))[0] == 404
    _, found = await api("GET", f"/v1/chats?accountIDs={account_id}")
    assert chat["id"] in {one["id"] for one in found["items"]}
    assert (await api("GET", f"/v1/chats/{chat['id']}/messages"))[0] == 200


async def test_people_who_are_opaque(sim: Simulator, api: Api) -> None:
    chat = a_chat(sim, "iMessage")
    sim.world.receive(chat["id"], "who am I?")
    sim.world.people.make_opaque(chat["accountID"])
    _, shown = await api("GET", f"/v1/chats/{chat['id']}")
    others = [p for p in shown["participants"]["items"] if not p["isSelf"]]
    assert [p for p in shown["participants"]["items"] if p["isSelf"]]
    assert all(p["id"].startswith("imsg##participant:") for p in others)
    assert all(p.get("fullName") is None for p in others)
    assert shown["title"].startswith("+1")
    newest = (await messages_of(api, chat["id"]))[0]
    assert newest["senderID"] == newest["senderName"] == others[0]["id"]
