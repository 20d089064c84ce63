"""Records, pages and frames that apps were seen to send, and what is right for each."""

import json
import logging
from pathlib import Path
from typing import Any

import orjson
import pytest

from beeper_async import (
    APIResponseValidationError,
    AsyncBeeperDesktop,
    MessageCreated,
    ReactionAdded,
    Unreadable,
)
from beeper_async._codec.decoder import decode_leniently
from beeper_async.models import Message
from beeper_async.testing import Simulator
from beeper_async.testing.world.clock import to_wire
from beeper_sync import BeeperDesktop

from .. import reference
from ..live import Scene, kinds, of_type

pytestmark = pytest.mark.asyncio

HERE = Path(__file__).parent
CHAT = "!c1:local"
LISTINGS = {"chats": "/v1/chats", "messages": f"/v1/chats/{CHAT}/messages"}


def listing_of(client: AsyncBeeperDesktop, name: str) -> Any:
    return client.chats.list() if name == "chats" else client.messages.list(CHAT)


def serve(sim: Simulator, file: str) -> dict[str, Any]:
    """Let the next listing be a file; gives it as Python's own parser reads it."""
    text = (HERE / file).read_bytes()
    sim.respond_next(status=200, text=text, headers={"Content-Type": "application/json"})
    return json.loads(text)  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", LISTINGS)
async def test_a_text_cut_in_the_middle_of_an_emoji(
    client: AsyncBeeperDesktop, sim: Simulator, name: str
) -> None:
    sent = serve(sim, f"{name}_lone_surrogate.json")
    page = await listing_of(client, name)
    assert [item.id for item in page.items] == [item["id"] for item in sent["items"]]
    assert not page.unreadable
    text = repr(page.to_dict()) + page.items[1].to_json()
    assert "\ufffd" in text
    text.encode()
    orjson.dumps(page.to_dict())


@pytest.mark.parametrize("name", LISTINGS)
async def test_one_bad_record_costs_one_record(
    client: AsyncBeeperDesktop, sim: Simulator, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    found: list[Unreadable] = []
    sent = serve(sim, f"{name}_one_bad_record.json")
    bad = [
        index
        for index, item in enumerate(sent["items"])
        if any(value is None or isinstance(value, list) for value in item.values())
        or not isinstance(item.get("timestamp", ""), str)
        or not isinstance(item.get("id"), str)
    ]
    view = client.with_options(on_unreadable=found.append)
    with caplog.at_level(logging.WARNING):
        page = await listing_of(view, name)
    lost = {record.index for record in page.unreadable}
    assert lost
    assert lost <= {*bad, *range(5)}
    good = [item["id"] for index, item in enumerate(sent["items"]) if index not in lost]
    assert [item.id for item in page.items] == good
    assert [record.index for record in found] == sorted(lost), "each once"
    for record in found:
        assert record.raw == sent["items"][record.index]
        assert record.problems
        assert all(one.startswith(f"items[{record.index}].") for one in record.problems)
        assert (record.item, record.call) == (None, f"{name}.list")
    assert page.to_dict()["items"] == sent["items"]
    assert caplog.messages == []


@pytest.mark.parametrize("name", LISTINGS)
async def test_a_bad_record_is_logged_once_and_without_its_values(
    client: AsyncBeeperDesktop, sim: Simulator, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            serve(sim, f"{name}_one_bad_record.json")
            assert (await listing_of(client, name)).unreadable
    assert caplog.messages
    assert len(set(caplog.messages)) == len(caplog.messages)
    assert all(message.startswith(f"{name}.list: items[]") for message in caplog.messages)
    assert not any("Chat 1" in message or "message 1" in message for message in caplog.messages)


@pytest.mark.parametrize("name", LISTINGS)
async def test_a_bad_record_raises_where_that_was_asked_for(
    client: AsyncBeeperDesktop, sim: Simulator, name: str
) -> None:
    sent = serve(sim, f"{name}_one_bad_record.json")
    with pytest.raises(APIResponseValidationError) as caught:
        await listing_of(client.with_options(on_unreadable="raise"), name)
    assert caught.value.problems
    assert caught.value.body == sent


async def test_a_bad_leaf_costs_the_leaf(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    found: list[Unreadable] = []
    sent = serve(sim, "messages_bad_leaf.json")
    view = client.with_options(on_unreadable=found.append)
    page = await view.messages.list(CHAT)
    assert [item.id for item in page.items] == [item["id"] for item in sent["items"]]
    assert not page.unreadable
    assert page.to_dict() == sent, "nothing is lost"
    assert found
    for record in found:
        assert record.index is not None
        assert record.item is page.items[record.index]
        assert record.raw == sent["items"][record.index]
    first, second, third = page.items[:3]
    assert first.attachments is not None
    assert (first.attachments[0].file_size, dict(first.misfits)) == (None, {})
    assert dict(first.attachments[0].misfits) == {"fileSize": "12 kB"}
    assert (second.is_unread, dict(second.misfits)) == (None, {"isUnread": 1})
    assert [reaction.id for reaction in third.reactions or ()] == ["r"]
    assert dict(third.misfits) == {"reactions": sent["items"][2]["reactions"]}


@pytest.mark.parametrize("file", sorted(path.name for path in HERE.glob("listing_is_*.json")))
@pytest.mark.parametrize("policy", ["warn", "raise", print])
async def test_what_is_no_page(
    client: AsyncBeeperDesktop, sim: Simulator, file: str, policy: Any
) -> None:
    view = client.with_options(on_unreadable=policy)
    for endpoint in reference.ENDPOINTS:
        if not endpoint.get("pagination"):
            continue
        serve(sim, file)
        with pytest.raises(APIResponseValidationError):
            await reference.method_of(view, endpoint["sdk_name"])(
                **reference.full_arguments(endpoint)
            )


async def test_pages_of_which_nothing_can_be_read(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    bad = {"items": [{"id": 1}, {"id": 2}], "hasMore": False}
    sim.respond_next(status=200, json=bad)
    with pytest.raises(APIResponseValidationError):
        await client.chats.list()
    found: list[Unreadable] = []
    sim.respond_next(status=200, json=bad)
    assert (await client.with_options(on_unreadable=found.append).chats.list()).items == []
    assert [record.raw for record in found] == bad["items"]
    sim.respond_next(status=200, json={"items": [{"id": 1}], "hasMore": False})
    assert (await client.chats.list()).items == [], "one record alone may be bad"


async def test_the_entries_of_a_bare_list_are_records_too(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    labels = reference.example("labels.list.json")
    found: list[Unreadable] = []
    view = client.with_options(on_unreadable=found.append)
    sim.respond_next(status=200, json=[{}, *labels])
    assert [label.id for label in await view.labels.list()] == [one["id"] for one in labels]
    assert [(record.index, record.raw, record.item) for record in found] == [(0, {}, None)]
    sim.respond_next(status=200, json=[{}, {}])
    with pytest.raises(APIResponseValidationError):
        await client.labels.list()
    sim.respond_next(status=200, json=[{}, {}])
    assert await view.labels.list() == []


@pytest.mark.parametrize("value", [0, "false", [], {}, 1.5])
async def test_who_sent_a_message_is_never_guessed(value: object) -> None:
    body = json.loads((HERE / "messages_lone_surrogate.json").read_text())["items"][0]
    whole = decode_leniently(Message, body)
    assert whole.value.is_sender is False
    with pytest.raises(ValueError, match="isSender: expected true or false"):
        decode_leniently(Message, {**body, "isSender": value})


async def test_the_same_as_a_live_event(scene: Scene) -> None:
    frame = json.loads((HERE / "ws_message_lone_surrogate.json").read_bytes())
    chat_id = scene.chat_id
    entry = {**frame["entries"][0], "chatID": chat_id, "id": "999001", "sortKey": "999001000"}
    entry["timestamp"] = to_wire(scene.world.clock.next())
    del frame["seq"], frame["ts"]  # those of now are added
    async with scene.listening() as events:
        scene.sim.sockets.send(
            {**frame, "chatID": chat_id, "ids": ["999001"], "entries": [entry]}, numbered=True
        )
        async for event in events:
            if isinstance(event, MessageCreated) and event.message.id == "999001":
                assert event.message.text == "cut \ufffd"
                break


def react_with_a_message(sim: Simulator, chat_id: str, target_id: str) -> None:
    """Let somebody react, which the socket sends only as a message of the type REACTION."""
    message = json.loads((HERE / "reaction_as_message.json").read_bytes())
    ours = {"chatID": chat_id, "linkedMessageID": target_id, "id": "999001"}
    entry = message | ours | {"sortKey": "999001000", "timestamp": to_wire(sim.world.clock.next())}
    frame = {"type": "message.upserted", "chatID": chat_id, "ids": ["999001"], "entries": [entry]}
    sim.sockets.lose_next(silently=True)
    sim.world.people.react(chat_id, target_id, "👍")
    for _ in range(2):
        sim.sockets.send(frame, numbered=True)


async def test_a_reaction_as_a_message_of_its_own(scene: Scene) -> None:
    """It makes no new message. Its target is read again, and has a reaction that is new."""
    async with scene.listening() as events:
        target_id = scene.say("Cake?")["id"]
        await scene.heard(events)
        react_with_a_message(scene.sim, scene.chat_id, target_id)
        heard = await scene.heard(events)
    assert kinds(heard) == ["ReactionAdded"]
    (added,) = of_type(heard, ReactionAdded)
    assert (added.message_id, added.reaction.reaction_key) == (target_id, "👍")


async def test_the_same_with_the_blocking_client(sim: Simulator, blocking: BeeperDesktop) -> None:
    chat_id = sim.world.by_activity()[0]["id"]
    with blocking.events(timeout=1.0) as events:
        target_id = sim.world.receive(chat_id, "Cake?")["id"]
        assert kinds(events) == ["MessageCreated"]
        react_with_a_message(sim, chat_id, target_id)
        assert kinds(events) == ["ReactionAdded"]
