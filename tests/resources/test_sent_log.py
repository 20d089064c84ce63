"""What a client has sent is recognised, and nothing else is; and no text of it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from beeper_async import (
    APIConnectionError,
    AsyncBeeperDesktop,
    BadRequestError,
    NotFoundError,
    OutcomeUnknownError,
)
from beeper_async.models import Message
from beeper_async.resources import sent_records
from beeper_async.resources.sent_records import SentRecords
from beeper_async.testing import Simulator
from beeper_async.testing.routes import messages as routes
from beeper_async.testing.world.edits import edit_message

from ..live import until

pytestmark = pytest.mark.asyncio

SECRET = "meet me at the old mill"
PATH = "/v1/chats/{}/messages"


def group(sim: Simulator) -> dict[str, Any]:
    return next(c for c in sim.world.by_activity() if c["type"] == "group" and not c.get("merge"))


def on_the_phone(sim: Simulator, text: str, chat: dict[str, Any] | None = None) -> str:
    """Send a message as the user does with another client; gives its ID."""
    return str(sim.world.send(chat or group(sim), text)[0]["id"])


async def seen(client: AsyncBeeperDesktop, chat_id: str, message_id: str) -> Message:
    return await client.messages.retrieve(message_id, chat_id=chat_id)


async def newest(client: AsyncBeeperDesktop, chat_id: str) -> Message:
    return (await client.messages.list(chat_id)).items[0]


def changing(sim: Simulator, monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str]) -> None:
    """Let the network change the text of what is sent."""
    send = sim.world.send

    def changed(chat: Any, text: Any, *args: Any) -> Any:
        return send(chat, text and change(text), *args)

    monkeypatch.setattr(sim.world, "send", changed)


# -- messages -----------------------------------------------------------------------------------


async def test_what_it_has_sent_and_what_the_phone_has(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat_id = group(sim)["id"]
    await client.messages.send(chat_id, text="same")
    ours = await newest(client, chat_id)
    phone = await seen(client, chat_id, on_the_phone(sim, "same"))
    assert not await client.sent_log.is_ours(phone)
    assert await client.sent_log.is_ours(ours)
    assert await client.sent_log.is_ours(ours)  # as often as one asks
    delivered = await client.messages.send_and_wait(chat_id, text="**waited** for")
    sim.clear_requests()
    assert await client.sent_log.is_ours(delivered)
    assert not sim.requests  # its ID is known


async def test_the_phone_is_first(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    chat_id = group(sim)["id"]
    phone = await seen(client, chat_id, on_the_phone(sim, "same"))
    sent = await client.messages.send(chat_id, text="same")
    assert not await client.sent_log.is_ours(phone)
    assert await client.sent_log.is_ours(await seen(client, chat_id, sent.pending_message_id))


async def test_views_and_other_clients(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    chat_id = group(sim)["id"]
    await client.with_options(max_retries=0).messages.send(chat_id, text="from a view")
    assert await client.sent_log.is_ours(await newest(client, chat_id))
    async with AsyncBeeperDesktop(base_url=sim.url, access_token=sim.token) as another:
        await another.messages.send(chat_id, text="from another client")
        assert not await client.sent_log.is_ours(await newest(client, chat_id))


async def test_the_network_changes_the_text(
    client: AsyncBeeperDesktop, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing(sim, monkeypatch, lambda text: f"{text.upper()} (edited by the network)")
    chat_id = group(sim)["id"]
    await client.messages.send(chat_id, text=":wave: hello")
    ours = await newest(client, chat_id)
    phone = await seen(client, chat_id, on_the_phone(sim, "hello"))
    assert not await client.sent_log.is_ours(phone)
    assert await client.sent_log.is_ours(ours)


async def test_files(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    chat_id = group(sim)["id"]
    await client.messages.send(chat_id, file=b"a file")
    assert await client.sent_log.is_ours(await newest(client, chat_id))
    await client.messages.send(chat_id, file=b"a file", text="with a text")
    assert await client.sent_log.is_ours(await newest(client, chat_id))


async def test_a_pending_message_and_its_final_id(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat_id = group(sim)["id"]
    sim.world.hold_sends = True
    sent = await client.messages.send(chat_id, text="on its way")
    pending = await newest(client, chat_id)
    phone = await seen(client, chat_id, on_the_phone(sim, "on its way"))
    assert pending.id == sent.pending_message_id
    assert await client.sent_log.is_ours(pending)
    assert not await client.sent_log.is_ours(phone)
    sim.world.confirm_send(chat_id, sent.pending_message_id)
    final = await newest_but_one(client, chat_id)
    assert final.id != pending.id
    sim.respond_next(404, path=PATH.format(chat_id) + "/*", times=10, before=True)
    assert await client.sent_log.is_ours(final, previous_id=pending.id)
    assert await client.sent_log.is_ours(final)


async def newest_but_one(client: AsyncBeeperDesktop, chat_id: str) -> Message:
    return (await client.messages.list(chat_id)).items[1]


async def test_the_names_of_a_chat(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    """A merged chat is answered with one of its members, a local ID with the real one."""
    merged = next(chat for chat in sim.world.by_activity() if chat.get("merge"))
    sent = await client.messages.send(merged["id"], text="to whichever")
    assert sent.chat_id != merged["id"]
    assert await client.sent_log.is_ours(await newest(client, sent.chat_id))
    chat = group(sim)
    await client.messages.send(chat["localChatID"], text="by its local ID")
    assert await client.sent_log.is_ours(await newest(client, chat["id"]))


async def test_the_first_message_of_a_chat(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    account_id = group(sim)["accountID"]
    person = next(iter(sim.world.contacts(account_id)))["id"]
    made = await client.chats.create(
        account_id=account_id, participant_ids=[person], type="group", message_text="Welcome!"
    )
    ours = await newest(client, made.chat_id)
    phone = on_the_phone(sim, "Hello", sim.world.chats[made.chat_id])
    assert not await client.sent_log.is_ours(await seen(client, made.chat_id, phone))
    assert await client.sent_log.is_ours(ours)


async def test_an_app_that_finds_no_pending_id(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    """Then what one reads decides: markup and white space don't count."""
    chat_id = group(sim)["id"]
    await client.messages.send(chat_id, text="**bold**  & _more_")
    ours = await newest(client, chat_id)
    sim.respond_next(404, path=PATH.format(chat_id) + "/*", times=10, before=True)
    other = attrs.evolve(ours, id="999", text="another text")
    assert not await client.sent_log.is_ours(other)
    assert await client.sent_log.is_ours(attrs.evolve(ours, text="<b>bold</b> &amp; <i>more</i>"))
    assert not await client.sent_log.is_ours(attrs.evolve(ours, id="999"))  # only one was sent


async def test_what_nobody_knows_of_is_recognised_by_its_look(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat_id = group(sim)["id"]
    sim.respond_next(502, method="POST", path=PATH.format(chat_id))
    with pytest.raises(OutcomeUnknownError):
        await client.messages.send(chat_id, text="perhaps")
    assert await client.sent_log.is_ours(await newest(client, chat_id))


async def test_what_was_refused_was_not_sent(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    chat_id = group(sim)["id"]
    sim.respond_next(400, method="POST", path=PATH.format(chat_id), before=True)
    with pytest.raises(BadRequestError):
        await client.messages.send(chat_id, text="refused")
    phone = await seen(client, chat_id, on_the_phone(sim, "refused"))
    assert not await client.sent_log.is_ours(phone)


@pytest.mark.parametrize("name", ["id", "localChatID"])
async def test_a_message_that_is_seen_before_the_call_returns(sim: Simulator, name: str) -> None:
    chat_id, called = group(sim)["id"], group(sim)[name]
    async with AsyncBeeperDesktop(base_url=sim.url, access_token=sim.token) as client:
        before = await newest(client, chat_id)
        sim.respond_next(None, method="POST", path=PATH.format(called), delay=0.3)
        sending = asyncio.create_task(client.messages.send(called, text="quick"))
        ours = before
        while ours.id == before.id:
            ours = await newest(client, chat_id)
        asking = asyncio.create_task(client.sent_log.is_ours(ours))
        await asyncio.wait([sending, asking], return_when=asyncio.FIRST_COMPLETED)
        assert sending.done()
        assert await asking


async def test_a_call_that_is_cancelled_may_have_sent_it(sim: Simulator) -> None:
    chat_id = group(sim)["id"]
    async with AsyncBeeperDesktop(base_url=sim.url, access_token=sim.token) as client:
        sim.respond_next(None, method="POST", path=PATH.format(chat_id), delay=30)
        sending = asyncio.create_task(client.messages.send(chat_id, text="perhaps"))
        await until(lambda: any(r.method == "POST" for r in sim.requests))
        sending.cancel()
        await asyncio.wait([sending])
        assert await client.sent_log.is_ours(await newest(client, chat_id))


async def test_other_chats_are_not_waited_for(sim: Simulator) -> None:
    chat_id = group(sim)["id"]
    other = next(c["id"] for c in sim.world.by_activity() if c["id"] != chat_id)
    async with AsyncBeeperDesktop(base_url=sim.url, access_token=sim.token) as client:
        await client.messages.send(chat_id, text="the chat is known from now on")
        sim.respond_next(None, method="POST", path=PATH.format(chat_id), delay=30)
        sending = asyncio.create_task(client.messages.send(chat_id, text="hangs"))
        await until(lambda: sum(r.method == "POST" for r in sim.requests) == 2)
        phone = on_the_phone(sim, "elsewhere", sim.world.chats[other])
        assert not await client.sent_log.is_ours(await seen(client, other, phone))
        assert not sending.done()
        sending.cancel()
        await asyncio.wait([sending])


async def test_while_the_app_is_away_nothing_is_said(sim: Simulator) -> None:
    chat_id = group(sim)["id"]
    async with AsyncBeeperDesktop(
        base_url=sim.url, access_token=sim.token, max_retries=0
    ) as client:
        await client.messages.send(chat_id, text="hello")
        ours = await newest(client, chat_id)
        sim.drop_next(times=100, path=PATH.format(chat_id) + "/*")
        with pytest.raises(APIConnectionError):
            await client.sent_log.is_ours(ours)
        sim.clear_responses()
        assert await client.sent_log.is_ours(ours)


# -- what is done to messages -------------------------------------------------------------------


@pytest.mark.parametrize("version", ["4.3.73", "4.2.800"])
async def test_edits(
    client: AsyncBeeperDesktop, sim: Simulator, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """Also of messages that the user wrote on the phone, and of texts that the network changes."""
    chat = group(sim)
    message_id = on_the_phone(sim, "ETA 5")
    message = sim.world.find_message(chat["id"], message_id)
    assert message is not None

    async def is_ours() -> bool:
        shown = await newest(client, chat["id"])
        return await client.sent_log.is_our_edit(shown)

    def changed(world: Any, chat: Any, message: Any, text: str) -> None:
        edit_message(world, chat, message, text.upper() + " (as the network writes it)")

    sim.app_version = version
    message["text"] = "changed on the phone"
    assert not await is_ours()
    await client.messages.update(message_id, chat_id=chat["id"], text="**five** minutes")
    assert await is_ours()
    assert await is_ours()
    message["text"] = "changed on the phone again"
    assert not await is_ours()
    monkeypatch.setattr(routes, "edit_message", changed)
    await client.messages.update(message_id, chat_id=chat["id"], text="six minutes")
    assert await is_ours()
    assert await is_ours()
    message["text"] = "changed on the phone once more"
    assert not await is_ours()
    sim.respond_next(400, method="PUT", before=True)
    with pytest.raises(BadRequestError):
        await client.messages.update(message_id, chat_id=chat["id"], text="refused")
    message["text"] = "refused"
    assert not await is_ours()


async def test_deletions(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    chat = group(sim)
    first, second = on_the_phone(sim, "one"), on_the_phone(sim, "two")
    await client.messages.delete(first, chat_id=chat["id"])
    assert await client.sent_log.is_our_deletion(first)
    assert not await client.sent_log.is_our_deletion(second)


async def test_reactions(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    chat = group(sim)
    message_id = on_the_phone(sim, "Look!")
    reactions = client.chats.messages.reactions

    async def ours() -> list[str]:
        message = await seen(client, chat["id"], message_id)
        return [
            one.reaction_key
            for one in message.reactions or ()
            if await client.sent_log.is_our_reaction(message_id, one)
        ]

    message = sim.world.find_message(chat["id"], message_id)
    assert message is not None
    sim.world.react(chat, message, "🎉", "on the phone")
    await reactions.add(message_id, chat_id=chat["id"], reaction_key="❤\ufe0f")
    message["reactions"][-1]["reactionKey"] = "❤"  # as networks do
    assert await ours() == ["❤"]
    (one,) = [
        reaction
        for reaction in (await seen(client, chat["id"], message_id)).reactions or ()
        if reaction.reaction_key == "❤"
    ]
    assert not await client.sent_log.is_our_reaction(message_id, one, removed=True)
    await reactions.delete(message_id, chat_id=chat["id"], reaction_key="❤")
    assert await client.sent_log.is_our_reaction(message_id, one, removed=True)
    with pytest.raises(NotFoundError):
        await reactions.add("1234", chat_id=chat["id"], reaction_key="🎉")
    assert not await client.sent_log.is_our_reaction("1234", one)


# -- what is kept -------------------------------------------------------------------------------


async def test_it_is_kept_over_restarts_without_text(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat_id = group(sim)["id"]
    kept: dict[str, str] = {}

    def keep(changes: Any) -> None:
        for key, value in changes.items():
            kept.pop(key, None)
            if value is not None:
                kept[key] = value

    with client.sent_log.records.kept_by(keep):
        await client.messages.send_and_wait(chat_id, text=SECRET)
        waited = await newest(client, chat_id)
        sent = await client.messages.send(chat_id, text=SECRET)
        sim.respond_next(502, method="POST", path=PATH.format(chat_id))
        with pytest.raises(OutcomeUnknownError):
            await client.messages.send(chat_id, text=SECRET + ", perhaps")
        perhaps = await newest(client, chat_id)
        await client.messages.update(waited.id, chat_id=chat_id, text=SECRET + " and wait")
    await client.messages.send(chat_id, text="not kept any more")
    assert not any(word in f"{kept}" for word in SECRET.split() if len(word) > 2)
    async with AsyncBeeperDesktop(base_url=sim.url, access_token=sim.token) as after:
        after.sent_log.records.restore(kept)
        assert await after.sent_log.is_ours(waited)
        assert await after.sent_log.is_our_edit(await seen(client, chat_id, waited.id))
        assert await after.sent_log.is_ours(await seen(client, chat_id, sent.pending_message_id))
        assert await after.sent_log.is_ours(perhaps)
        assert not await after.sent_log.is_ours(await newest(client, chat_id))


async def test_what_was_done_to_a_message_that_has_another_id_now(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    """The program ended before the app could say so."""
    chat_id = group(sim)["id"]
    sent = await client.messages.send_and_wait(chat_id, text="first")
    kept: dict[str, str | None] = {}
    with client.sent_log.records.kept_by(kept.update):
        with client.sent_log.records.acting("edit", "pending", "second"):
            pass
        client.sent_log.records.renamed("pending", sent.id)
    async with AsyncBeeperDesktop(base_url=sim.url, access_token=sim.token) as after:
        after.sent_log.records.restore(
            {key: text for key, text in kept.items() if text is not None}
        )
        assert not await after.sent_log.is_our_edit(sent)
        assert await after.sent_log.is_our_edit(attrs.evolve(sent, text="second"))


async def test_it_is_bounded(
    client: AsyncBeeperDesktop, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent_records, "MOST", 10)
    chat_id = group(sim)["id"]
    kept: dict[str, str | None] = {}
    records: SentRecords = client.sent_log.records
    with records.kept_by(kept.update):
        messages = [await client.messages.send_and_wait(chat_id, text=str(n)) for n in range(12)]
        for n in range(20):
            await client.messages.send(chat_id, text=f"and {n}")
        assert len(records) == 20
        assert sum(value is not None for value in kept.values()) == 20
    assert await client.sent_log.is_ours(await newest(client, chat_id))
    assert not await client.sent_log.is_ours(messages[0])


async def test_after_a_while_a_look_says_nothing(
    client: AsyncBeeperDesktop, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat_id = group(sim)["id"]
    sim.respond_next(502, method="POST", path=PATH.format(chat_id), before=True)
    with pytest.raises(OutcomeUnknownError):
        await client.messages.send(chat_id, text="perhaps")
    monkeypatch.setattr(sent_records, "SECONDS_OPEN", -1.0)
    phone = await seen(client, chat_id, on_the_phone(sim, "perhaps"))
    assert not await client.sent_log.is_ours(phone)
