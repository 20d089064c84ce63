"""Messages and chats that are not as the reference has them, as the simulator plays them."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from beeper_async.testing import Simulator
from beeper_async.testing.world.clock import from_wire
from beeper_async.testing.world.sort_keys import SORT_KEYS, SortKeys

from ..conftest import Api
from ..socket_client import subscribed

pytestmark = pytest.mark.asyncio

Json = dict[str, Any]


async def page_of(api: Api, chat: Json, query: str = "") -> list[Json]:
    status, page = await api("GET", f"/v1/chats/{chat['id']}/messages{query}")
    assert status == 200
    items: list[Json] = page["items"]
    return items


def time_of(message: Json) -> Any:
    return from_wire(message["timestamp"])


@pytest.mark.parametrize("newer", [1, 2, 3])
async def test_a_message_that_arrives_late_is_below_newer_ones(
    sim: Simulator, api: Api, mum: Json, newer: int
) -> None:
    before, activity, unread = await page_of(api, mum), mum["lastActivity"], mum["unreadCount"]
    async with subscribed(sim) as client:
        late = sim.world.history.receive_below(mum["id"], "late", newer=newer)
        event = await client.hears()
    assert event["entries"] == [late]
    after = await page_of(api, mum)
    assert after[: len(before) + 1] == [*before[:newer], late, *before[newer:]][: len(after)]
    assert all(time_of(new) > time_of(old) for new, old in pairwise(after[: newer + 2]))
    assert all(int(new["sortKey"]) > int(old["sortKey"]) for new, old in pairwise(after))
    assert (mum["lastActivity"], mum["unreadCount"]) == (activity, unread + 1)


async def test_a_late_message_needs_a_place(sim: Simulator, mum: Json) -> None:
    history, count = sim.world.history, len(sim.world.messages[mum["id"]])
    for newer in (0, count + 1):
        with pytest.raises(ValueError, match="number of messages"):
            history.receive_below(mum["id"], "late", newer=newer)
    oldest = history.receive_below(mum["id"], "first of all", newer=count)
    assert sim.world.messages[mum["id"]][0] is oldest
    with pytest.raises(ValueError, match="no sort key"):
        for _ in range(12):
            history.receive_below(mum["id"], "late")


async def test_a_message_with_an_old_time_is_on_top(sim: Simulator, api: Api, mum: Json) -> None:
    activity = mum["lastActivity"]
    old = sim.world.history.receive_old(mum["id"], "from last week", age=timedelta(days=7))
    first, second, *_ = await page_of(api, mum)
    assert first == old
    assert time_of(second) - time_of(old) > timedelta(days=6)
    assert mum["lastActivity"] == activity


@pytest.mark.parametrize("kind", SORT_KEYS)
async def test_odd_sort_keys_change_nothing_but_themselves(
    sim: Simulator, api: Api, mum: Json, kind: SortKeys
) -> None:
    sim.world.mark_read(mum)
    sim.page_size = 3
    ordinary = await page_of(api, mum)
    sim.world.sort_keys[mum["id"]] = kind
    odd = await page_of(api, mum)
    assert [{**one, "sortKey": ""} for one in odd] == [{**one, "sortKey": ""} for one in ordinary]
    keys = [one["sortKey"] for one in odd]
    assert len(set(keys)) == 3
    assert not set(keys) & {one["sortKey"] for one in ordinary}
    assert await page_of(api, mum, f"?cursor={keys[0]}") == [
        *odd[1:],
        *(await page_of(api, mum, f"?cursor={odd[-1]['id']}"))[:1],
    ]
    _, chat = await api("GET", f"/v1/chats/{mum['id']}")
    assert chat["lastReadMessageSortKey"] == keys[0]
    _, chats = await api("GET", "/v1/chats")
    preview = next(one for one in chats["items"] if one["id"] == mum["id"])["preview"]
    assert preview == odd[0]
    async with subscribed(sim) as client:
        sim.world.receive(mum["id"], "new")
        (shown,) = (await client.hears())["entries"]
    assert shown == (await page_of(api, mum))[0]


async def test_what_sort_keys_can_be(sim: Simulator, api: Api, mum: Json) -> None:
    keys: dict[str, list[str]] = {}
    for kind in SORT_KEYS:
        sim.world.sort_keys[mum["id"]] = kind
        keys[kind] = [one["sortKey"] for one in await page_of(api, mum)]
    for new, old in pairwise(map(int, keys["falling"])):
        assert new < old
    for new, old in pairwise(map(int, keys["negative"])):
        assert old < new < 0
    for new, old in pairwise(map(int, keys["renumbered"])):
        assert new > old
    assert sorted(keys["random"], key=int) != keys["random"][::-1]
    assert not any(one.isdecimal() for one in keys["text"])


async def test_a_damaged_message_lacks_its_sender_until_it_is_healed(
    sim: Simulator, api: Api, mum: Json
) -> None:
    history, world = sim.world.history, sim.world
    fine = world.receive(mum["id"], "fine")
    sender = fine["senderID"]
    async with subscribed(sim) as client:
        history.damage(mum["id"], fine["id"])
        history.damage(mum["id"], fine["id"])
        damaged = history.receive_damaged(mum["id"], "unreadable")
        events = [await client.hears_anything() for _ in range(3)]
    assert [event["entries"][0]["senderID"] for event in events] == [None] * 3
    assert [one["senderID"] for one in (await page_of(api, mum))[:2]] == [None, None]
    for one in (fine, damaged):
        history.heal(mum["id"], one["id"])
    assert [one["senderID"] for one in (await page_of(api, mum))[:2]] == [sender, sender]
    with pytest.raises(KeyError):
        history.heal(mum["id"], fine["id"])
    with pytest.raises(KeyError):
        history.damage(mum["id"], "999")


async def test_a_reaction_is_also_a_message_if_wanted(sim: Simulator, api: Api, mum: Json) -> None:
    world = sim.world
    said = world.receive(mum["id"], "Cake?")
    world.people.react(mum["id"], said["id"], "👍")
    assert (await page_of(api, mum))[0]["id"] == said["id"]
    world.reaction_messages = True
    async with subscribed(sim) as client:
        world.people.react(mum["id"], said["id"], "🎉")
        target, extra, _ = await client.hears_all(3)
    assert target["entries"][0]["reactions"][-1]["reactionKey"] == "🎉"
    (message,) = extra["entries"]
    assert (message["type"], message["linkedMessageID"]) == ("REACTION", said["id"])
    assert message["text"] == "{{sender}} reacted 🎉"
    assert (message["isSender"], message["senderID"]) == (False, said["senderID"])
    world.people.react(mum["id"], said["id"], "🎉")
    assert (await page_of(api, mum))[0] == message
    body = {"reactionKey": "❤️"}
    await api("POST", f"/v1/chats/{mum['id']}/messages/{said['id']}/reactions", body)
    own = (await page_of(api, mum))[0]
    assert (own["type"], own["isSender"]) == ("REACTION", True)


async def test_one_chat_fails_until_it_is_healed(
    sim: Simulator, api: Api, mum: Json, trip: Json
) -> None:
    sim.fail_chat(mum["id"], 503)
    paths = ["", "/messages", f"/messages/{sim.world.messages[mum['id']][-1]['id']}"]
    for path in paths:
        assert (await api("GET", f"/v1/chats/{mum['id']}{path}"))[0] == 503
    assert (await api("GET", f"/v1/chats/{mum['localChatID']}"))[0] == 503
    assert (await api("GET", f"/v1/chats/{trip['id']}/messages"))[0] == 200
    _, chats = await api("GET", "/v1/chats")
    assert mum["id"] in {one["id"] for one in chats["items"]}
    sim.heal_chat(mum["id"])
    for path in paths:
        assert (await api("GET", f"/v1/chats/{mum['id']}{path}"))[0] == 200
    with pytest.raises(KeyError):
        sim.fail_chat("!nothing:beeper.com")
    with pytest.raises(ValueError, match="400 to 599"):
        sim.fail_chat(mum["id"], 200)


async def test_an_app_that_starts_for_some_seconds(sim: Simulator, api: Api) -> None:
    sim.refuse_while_starting(seconds=60)
    for _ in range(3):
        status, body = await api("GET", "/v1/chats")
        assert (status, body["code"]) == (400, "VALIDATION_ERROR")
    sim.clear_responses()
    assert (await api("GET", "/v1/chats"))[0] == 200
    sim.refuse_while_starting(1, "/v1/info", seconds=60)
    assert [(await api("GET", path))[0] for path in ("/v1/chats", *["/v1/info"] * 2)] == [
        *(200, 400, 200)
    ]
    sim.refuse_while_starting(seconds=1e-6)
    assert (await api("GET", "/v1/chats"))[0] == 200
    with pytest.raises(ValueError, match="more than 0"):
        sim.refuse_while_starting(seconds=0)


async def test_messages_vanish_without_a_word(sim: Simulator, api: Api, mum: Json) -> None:
    kept, *gone = [sim.world.receive(mum["id"], text)["id"] for text in ("kept", "one", "two")]
    activity, unread = mum["lastActivity"], mum["unreadCount"]
    async with subscribed(sim) as client:
        sim.world.history.vanish(mum["id"], *gone)
        last = sim.world.receive(mum["id"], "next")
        assert (await client.hears())["entries"] == [last]
    assert [one["id"] for one in await page_of(api, mum)][:2] == [last["id"], kept]
    assert mum["lastActivity"] >= activity
    assert mum["unreadCount"] == unread - 1
    for message_id in gone:
        assert (await api("GET", f"/v1/chats/{mum['id']}/messages/{message_id}"))[0] == 404
    with pytest.raises(KeyError):
        sim.world.history.vanish(mum["id"], kept, gone[0])
    assert (await page_of(api, mum))[1]["id"] == kept


async def test_new_ids_can_be_those_of_other_messages(sim: Simulator, api: Api, mum: Json) -> None:
    before = await page_of(api, mum)
    sim.world.history.renumber(by=1)
    after = await page_of(api, mum)
    assert [int(one["id"]) for one in after] == [int(one["id"]) + 1 for one in before]
    assert {one["id"] for one in after} & {one["id"] for one in before}
    assert [one["timestamp"] for one in after] == [one["timestamp"] for one in before]
    with pytest.raises(ValueError, match="at least 1"):
        sim.world.history.renumber(by=0)
