"""What people do with messages, told once and played by both clients."""

from datetime import timedelta
from typing import Any

import pytest

from beeper_async import (
    APIConnectionError,
    AsyncBeeperDesktop,
    InternalServerError,
    InvalidInputError,
    NotFoundError,
)
from beeper_async.models import AttachmentInput, Chat
from beeper_async.testing import Simulator

pytestmark = pytest.mark.asyncio


async def chat_on(client: AsyncBeeperDesktop, network: str) -> Chat:
    return next(c for c in [c async for c in client.chats.list()] if c.network == network)


def sends(sim: Simulator) -> int:
    return len([r for r in sim.requests if r.method == "POST" and r.path.endswith("/messages")])


async def test_send_list_edit_delete(client: AsyncBeeperDesktop) -> None:
    chat = await chat_on(client, "WhatsApp")
    sent = await client.messages.send(chat.id, text="Hello **there**")
    message = await client.messages.retrieve(sent.pending_message_id, chat_id=sent.chat_id)
    assert message.is_sender
    newest = (await client.messages.list(chat.id)).items[0]
    assert newest.id == message.id
    edited = await client.messages.update(message.id, chat_id=chat.id, text="Bye")
    assert (edited.message_id, edited.success) == (message.id, True)
    assert (await client.messages.retrieve(message.id, chat_id=chat.id)).text == "Bye"
    await client.messages.delete(message.id, chat_id=chat.id, for_everyone=True)
    left = [m async for m in client.messages.list(chat.id) if m.id == message.id]
    assert left == [] or left[0].is_deleted


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, "false"),
        ({"for_everyone": None}, "false"),
        ({"for_everyone": False}, "false"),
        ({"for_everyone": True}, "true"),
    ],
)
async def test_a_message_is_deleted_for_everyone_only_when_that_is_said(
    client: AsyncBeeperDesktop, sim: Simulator, given: dict[str, Any], sent: str
) -> None:
    chat = await chat_on(client, "WhatsApp")
    own = await client.messages.send(chat.id, text="hm")
    message = await client.messages.retrieve(own.pending_message_id, chat_id=chat.id)
    await client.messages.delete(message.id, chat_id=chat.id, **given)
    assert sim.requests[-1].query == [("forEveryone", sent)]


async def test_a_reply_with_an_attachment(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    chat = await chat_on(client, "Telegram")
    first = (await client.messages.list(chat.id)).items[0]
    upload = await client.assets.upload(file=("a.png", b"\x89PNG\r\n", "image/png"))
    assert upload.upload_id is not None
    attachment = AttachmentInput(upload_id=upload.upload_id, file_name="b.png")
    sent = await client.messages.send(chat.id, attachment=attachment, reply_to_message_id=first.id)
    message = await client.messages.retrieve(sent.pending_message_id, chat_id=chat.id)
    assert message.linked_message_id == first.id
    assert message.attachments is not None
    assert message.attachments[0].file_name == "b.png"
    bare = await client.messages.send(chat.id, attachment={"upload_id": upload.upload_id})
    assert sim.requests[-1].json == {"attachment": {"uploadID": upload.upload_id}}
    assert bare.pending_message_id != sent.pending_message_id


@pytest.mark.parametrize("arguments", [{}, {"text": ""}, {"attachment": {}}])
async def test_an_empty_message_is_refused_before_sending(
    client: AsyncBeeperDesktop, sim: Simulator, arguments: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInputError):
        await client.messages.send("x", **arguments)
    assert sim.requests == []


async def test_a_message_is_sent_once_whatever_happens_to_the_answer(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat = await chat_on(client, "Signal")
    sim.drop_next(method="POST")
    with pytest.raises(APIConnectionError) as lost:
        await client.messages.send(chat.id, text="only once")
    sim.respond_next(status=500, method="POST")
    with pytest.raises(InternalServerError) as failed:
        await client.messages.send(chat.id, text="only once")
    assert sends(sim) == 2
    for error in (lost.value, failed.value):
        assert "only once" not in repr(error)


async def test_every_message_comes_once_in_both_directions(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat = await chat_on(client, "iMessage")
    for number in range(45):
        sim.world.receive(chat.id, f"message {number}")
    everything = [message async for message in client.messages.list(chat.id)]
    assert len({message.id for message in everything}) == len(everything) >= 45
    oldest = everything[-1]
    newer = client.messages.list(chat.id, cursor=oldest.sort_key, direction="after")
    ids = [message.id async for message in newer]
    assert len(ids) == len(set(ids))
    assert set(ids) == {message.id for message in everything[:-1]}


async def test_old_apps_without_cursors_are_walked_by_the_sort_key(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.app_version = "4.2.557"
    chat_id = next(c for c in sim.world.chats if len(sim.world.messages[c]) > 3)
    for number in range(45):
        sim.world.receive(chat_id, f"message {number}")
    page = await client.messages.list(chat_id)
    assert page.oldest_cursor is None
    assert page.has_next_page()
    ids = [message.id async for message in client.messages.list(chat_id)]
    assert len(ids) == len(set(ids)) >= 45
    cursors = [dict(r.query).get("cursor") for r in sim.requests]
    assert page.items[-1].sort_key in cursors


async def test_a_search_keeps_the_chats_of_its_messages(client: AsyncBeeperDesktop) -> None:
    page = await client.messages.search(limit=5)
    assert len(page.items) == 5
    assert {message.chat_id for message in page.items} <= set(page.chats)
    assert all(isinstance(chat, Chat) for chat in page.chats.values())
    second = await page.get_next_page()
    assert {message.chat_id for message in second.items} <= set(second.chats)


async def test_a_search_by_sender_time_and_media(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    mine = [m async for m in client.messages.search(sender="me", limit=20)]
    assert mine
    assert all(message.is_sender for message in mine)
    edge = mine[0].timestamp
    older = [
        m
        async for m in client.messages.search(
            date_before=edge, date_after=edge - timedelta(days=400)
        )
    ]
    assert older
    assert all(message.timestamp < edge for message in older)
    unset: Any = None
    everything = [m.id for m in (await client.messages.search(media_types=unset)).items]
    assert everything == [m.id for m in (await client.messages.search()).items]
    images = [m async for m in client.messages.search(media_types=["image", "video"])]
    assert all(message.attachments for message in images)
    with pytest.raises(InvalidInputError, match="media_types"):
        await client.messages.search(media_types=["music"])  # type: ignore[list-item]
    with pytest.raises(InvalidInputError, match="limit"):
        await client.messages.search(limit=21)


async def test_a_message_that_is_not_there(client: AsyncBeeperDesktop) -> None:
    chat = await chat_on(client, "Signal")
    with pytest.raises(NotFoundError):
        await client.messages.retrieve("nothing", chat_id=chat.id)
