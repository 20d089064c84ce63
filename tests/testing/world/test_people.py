"""What people on the other side do, and what is heard of it."""

from __future__ import annotations

from typing import Any

import pytest

from beeper_async.testing import Simulator

from ..socket_client import subscribed

pytestmark = pytest.mark.asyncio

Json = dict[str, Any]


async def test_somebody_writes(sim: Simulator, trip: Json) -> None:
    me = sim.world.me(trip["accountID"])["id"]
    omar = trip["participants"]["items"][1]["id"]
    unread, mentions = trip["unreadCount"], trip["unreadMentionsCount"]
    for mentioned, counted in ([], 0), ([me], 1), (["@room"], 2), ([omar], 2):
        message = sim.world.receive(trip["id"], "hi", sender_id=omar, mentions=mentioned)
        unread += 1
        assert (message["senderID"], trip["lastActivity"]) == (omar, message["timestamp"])
        assert (trip["unreadCount"], trip["unreadMentionsCount"]) == (unread, mentions + counted)
    sim.world.receive(trip["id"], "seen already", isUnread=False, mentions=[me])
    sim.world.send(trip, "hello yourself")
    assert (trip["unreadCount"], trip["unreadMentionsCount"]) == (unread, mentions + 2)


async def test_somebody_edits_and_deletes_a_message(sim: Simulator, mum: Json) -> None:
    unread = mum["unreadCount"]
    async with subscribed(sim) as client:
        written = sim.world.receive(mum["id"], "see you at 6")
        await client.hears_all(2)
        sim.world.people.edit(mum["id"], written["id"], "see you at 7 & not later")
        edited = await client.hears()
        assert (edited["type"], edited["ids"]) == ("message.upserted", [written["id"]])
        assert edited["entries"][0]["text"] == "see you at 7 &amp; not later"
        assert edited["entries"][0]["editedTimestamp"] > written["timestamp"]
        sim.world.people.delete(mum["id"], written["id"])
        deleted, chat = await client.hears_all(2)
    assert (deleted["type"], deleted["ids"]) == ("message.deleted", [written["id"]])
    assert (chat["type"], mum["unreadCount"]) == ("chat.upserted", unread)
    tombstone = sim.world.find_message(mum["id"], written["id"])
    assert tombstone is not None
    assert tombstone["isDeleted"] is True


async def test_somebody_reacts_and_takes_it_back(sim: Simulator, trip: Json) -> None:
    message_id = sim.world.messages[trip["id"]][0]["id"]
    omar = trip["participants"]["items"][1]["id"]
    react, unreact = sim.world.people.react, sim.world.people.unreact
    async with subscribed(sim) as client:
        for _ in range(2):
            react(trip["id"], message_id, "🔥", person_id=omar)
        react(trip["id"], message_id, "🔥")
        for expected in (1, 2):
            (entry,) = (await client.hears())["entries"]
            assert len(entry["reactions"]) == expected
        assert entry["reactions"][0]["participantID"] == omar
        for _ in range(2):
            unreact(trip["id"], message_id, "🔥", person_id=omar)
        unreact(trip["id"], message_id, "🔥")
        (entry,) = (await client.hears())["entries"]
        assert [one["participantID"] == omar for one in entry["reactions"]] == [False]
        assert "reactions" not in (await client.hears())["entries"][0]


async def test_somebody_reads_a_message(sim: Simulator, mum: Json, trip: Json) -> None:
    people = [person["id"] for person in trip["participants"]["items"]]
    async with subscribed(sim) as client:
        alone, _ = sim.world.send(mum, "read this")
        together, _ = sim.world.send(trip, "and this")
        await client.hears_all(4)
        sim.world.people.read(mum["id"], alone["id"])
        (entry,) = (await client.hears())["entries"]
        assert entry["seen"] > alone["timestamp"]
        sim.world.people.read(trip["id"], together["id"])
        sim.world.people.read(trip["id"], together["id"], person_id=people[1])
        await client.hears()
        (entry,) = (await client.hears())["entries"]
        assert set(entry["seen"]) == set(people[:2])


async def test_what_is_not_there_is_a_key_error(sim: Simulator, mum: Json) -> None:
    with pytest.raises(KeyError, match="nope"):
        sim.world.people.edit(mum["id"], "nope", "x")
    with pytest.raises(KeyError):
        sim.world.people.delete("nope", "nope")
