"""What people do with chats, told once and played by both clients."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from beeper_async import (
    APIError,
    AsyncBeeperDesktop,
    BadRequestError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
)
from beeper_async.models import DraftInput, ReminderInput, StartChatUserInput
from beeper_async.testing import Simulator

pytestmark = pytest.mark.asyncio


async def test_a_listing_gives_every_chat_once_newest_first(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chats = [chat async for chat in client.chats.list(limit=5)]
    assert sorted(chat.id for chat in chats) == sorted(sim.world.chats)
    activity = [chat.last_activity for chat in chats if chat.last_activity]
    assert activity == sorted(activity, reverse=True)
    assert any(chat.preview and chat.preview.text for chat in chats)
    assert len([r for r in sim.requests if r.path == "/v1/chats"]) == -(-len(chats) // 5)


async def test_a_page_knows_the_way_on(client: AsyncBeeperDesktop) -> None:
    page = await client.chats.list(limit=4)
    assert len(page.items) == 4
    assert page.has_more
    assert page.has_next_page()
    info = page.next_page_info()
    assert info is not None
    assert info.params == {"cursor": page.oldest_cursor}
    second = await page.get_next_page()
    assert type(second) is type(page)
    assert not {chat.id for chat in page.items} & {chat.id for chat in second.items}
    assert "4 items" in repr(second)


async def test_pages_can_be_walked_as_pages(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    sizes = [len(page.items) async for page in client.chats.list(limit=10).iter_pages()]
    assert sum(sizes) == len(sim.world.chats)
    assert all(size == 10 for size in sizes[:-1])
    page = await client.chats.list(limit=10)
    assert [len(p.items) async for p in page.iter_pages()] == sizes
    assert len([chat async for chat in page]) == sum(sizes)


async def test_walking_after_a_cursor_goes_to_newer_chats(client: AsyncBeeperDesktop) -> None:
    everything = [chat.id async for chat in client.chats.list()]
    last = [page async for page in client.chats.list(limit=5).iter_pages()][-1]
    assert last.newest_cursor is not None
    newer = client.chats.list(cursor=last.newest_cursor, direction="after", limit=3)
    found = [chat.id async for chat in newer]
    assert len(found) == len(set(found))
    assert set(found) == set(everything) - {chat.id for chat in last.items}


async def test_a_search_repeats_its_parameters_on_every_page(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    found = [chat async for chat in client.chats.search(type="group", limit=2)]
    assert len(found) > 4
    assert {chat.type for chat in found} == {"group"}
    searches = [request for request in sim.requests if request.path.endswith("/search")]
    assert len(searches) > 2
    assert all(("type", "group") in request.query for request in searches)


async def test_a_search_finds_by_words_and_by_time(client: AsyncBeeperDesktop) -> None:
    newest = (await client.chats.list(limit=1)).items[0]
    assert newest.last_activity is not None
    word = newest.title.split()[0].lower()
    found = [chat.id async for chat in client.chats.search(query=word)]
    assert newest.id in found
    before = newest.last_activity.astimezone(timezone(timedelta(hours=5)))
    older = [chat.id async for chat in client.chats.search(last_activity_before=before)]
    assert older
    assert newest.id not in older


async def test_one_chat_by_its_id_and_by_its_local_id(client: AsyncBeeperDesktop) -> None:
    listed = (await client.chats.list(limit=1)).items[0]
    chat = await client.chats.retrieve(listed.id)
    assert chat.title == listed.title
    assert chat.participants.items
    assert listed.local_chat_id is not None
    assert (await client.chats.retrieve(listed.local_chat_id)).id == listed.id
    alone = await client.chats.retrieve(chat_id=listed.id, max_participant_count=1)
    assert len(alone.participants.items) == 1
    assert alone.participants.total == chat.participants.total


async def test_a_chat_that_is_not_there_says_so(client: AsyncBeeperDesktop) -> None:
    with pytest.raises(NotFoundError) as caught:
        await client.chats.retrieve("!nobody:nowhere")
    error = caught.value
    assert error.status_code == 404
    assert error.code == error.body["code"]
    assert error.request.name == "chats.retrieve"
    assert error.response.headers["x-beeper-desktop-version"] == "4.3.73"
    assert "chats.retrieve" in str(error)


async def test_archiving_and_bringing_back(client: AsyncBeeperDesktop) -> None:
    chat = (await client.chats.list(limit=1)).items[0]
    assert await client.chats.archive(chat.id) is None  # type: ignore[func-returns-value]
    assert (await client.chats.retrieve(chat.id)).is_archived is True
    await client.chats.archive(chat.id, archived=False)
    assert (await client.chats.retrieve(chat.id)).is_archived is False


async def test_update_tells_omitted_from_none(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    chat = [chat async for chat in client.chats.search(type="group")][-1]
    await client.chats.update(chat.id, draft=None)
    changed = await client.chats.update(
        chat.id, title="Supper 🍲", draft=DraftInput(text="on my way"), is_muted=True
    )
    assert (changed.title, changed.is_muted) == ("Supper 🍲", True)
    assert changed.draft is not None
    assert changed.draft.text == "on my way"
    kept = await client.chats.update(chat.id, is_pinned=True)
    assert kept.draft is not None
    assert sim.requests[-1].json == {"isPinned": True}
    cleared = await client.chats.update(chat.id, draft=None)
    assert sim.requests[-1].json == {"draft": None}
    assert cleared.draft is None
    assert cleared.is_null("draft")


async def test_a_second_draft_is_refused_and_not_repeated(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat = (await client.chats.list(limit=1)).items[0]
    await client.chats.update(chat.id, draft=None)
    await client.chats.update(chat.id, draft={"text": "first"})
    impatient = client.with_options(max_retries=0)
    with pytest.raises((ConflictError, BadRequestError)):
        await impatient.chats.update(chat.id, draft={"text": "second"})


async def test_reading_and_unreading(client: AsyncBeeperDesktop) -> None:
    unread = (await client.chats.search(unread_only=True)).items[0]
    assert unread.unread_count > 0
    assert (await client.chats.mark_read(unread.id)).unread_count == 0
    marked = await client.chats.mark_unread(unread.id)
    assert marked.is_marked_unread or marked.unread_count > 0


async def test_reminders_come_and_go(client: AsyncBeeperDesktop) -> None:
    chat = (await client.chats.list(limit=1)).items[0]
    when = datetime(2027, 1, 2, 3, 4, 5, 678000, timezone(timedelta(hours=2)))
    await client.chats.reminders.create(chat.id, reminder={"remind_at": when})
    reminder = (await client.chats.retrieve(chat.id)).reminder
    assert reminder is not None
    assert reminder.remind_at == when
    await client.chats.reminders.create(
        chat.id, reminder=ReminderInput(remind_at=when, dismiss_on_incoming_message=True)
    )
    reminder = (await client.chats.retrieve(chat.id)).reminder
    assert reminder is not None
    assert reminder.dismiss_on_incoming_message is True
    await client.chats.reminders.delete(chat.id)
    assert (await client.chats.retrieve(chat.id)).reminder is None


async def test_creating_and_starting(client: AsyncBeeperDesktop) -> None:
    chat = (await client.chats.list(limit=1)).items[0]
    people = [p.id for p in chat.participants.items if not p.is_self]
    made = await client.chats.create(
        account_id=chat.account_id, participant_ids=people, type="group", title="Picnic"
    )
    assert made.id == made.chat_id
    assert made.title == "Picnic"
    user = StartChatUserInput(id=people[0])
    started = await client.chats.start(account_id=chat.account_id, user=user)
    again = await client.chats.start(account_id=chat.account_id, user={"id": people[0]})
    assert started.chat_id == again.chat_id


async def test_notify_anyway_is_for_imessage_only(client: AsyncBeeperDesktop) -> None:
    chats = [chat async for chat in client.chats.list()]
    on = {chat.network: chat for chat in chats}
    assert (await client.chats.notify_anyway(on["iMessage"].id)).id == on["iMessage"].id
    with pytest.raises(APIError):
        await client.chats.notify_anyway(on["WhatsApp"].id)


async def test_reactions_come_and_go(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    chat = next(c for c in [c async for c in client.chats.list()] if c.preview)
    assert chat.preview is not None
    message = chat.preview.id
    reactions = client.chats.messages.reactions
    added = await reactions.add(message, chat_id=chat.id, reaction_key="🥳")
    assert (added.success, added.reaction_key) == (True, "🥳")
    body = sim.requests[-1].json
    assert isinstance(body, dict)
    assert added.transaction_id == body["transactionID"]

    def mine() -> list[str]:
        stored = next(m for m in sim.world.messages[chat.id] if m["id"] == message)
        return [r["reactionKey"] for r in stored.get("reactions", [])]

    assert "🥳" in mine()
    taken = await reactions.delete(message, chat_id=chat.id, reaction_key="🥳")
    assert taken.message_id == message
    assert "🥳" not in mine()
    await reactions.add(message_id=message, chat_id=chat.id, reaction_key="👍", transaction_id="t1")
    await reactions.delete(message_id=message, chat_id=chat.id, reaction_key="👍")


async def test_a_token_without_the_scope_is_told_so(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.scopes = ("read",)
    chat = (await client.chats.list(limit=1)).items[0]
    with pytest.raises(PermissionDeniedError, match="scope"):
        await client.chats.archive(chat.id)


BAD_INPUT: list[tuple[str, dict[str, Any]]] = [
    ("list", {"limit": 0}),
    ("list", {"limit": 201}),
    ("list", {"limit": True}),
    ("list", {"direction": "sideways"}),
    ("list", {"account_ids": "matrix"}),
    ("search", {"query": ""}),
    ("search", {"query": "\udcff"}),
    ("search", {"scope": "everything"}),
    ("search", {"last_activity_after": datetime(2026, 1, 1)}),
    ("search", {"last_activity_before": "2026-01-01T00:00:00"}),
    ("search", {"last_activity_before": "yesterday"}),
    ("search", {"type": "channel"}),
    ("retrieve", {"chat_id": "x", "max_participant_count": 501}),
    ("retrieve", {"chat_id": ""}),
    ("create", {"account_id": "a", "participant_ids": [], "type": "group"}),
    ("create", {"account_id": "a", "participant_ids": ["b"], "type": "channel"}),
    ("start", {"account_id": "a", "user": {"nickname": "Bo"}}),
    ("start", {"account_id": "a", "user": "Bo"}),
    ("start", {"account_id": "a", "user": {"id": 5}}),
    ("update", {"chat_id": "x", "draft": {"attachments": {}}}),
    ("update", {"chat_id": "x", "draft": {"text": {"a": "b"}}}),
    ("update", {"chat_id": "x", "draft": {"text": "x", "attachments": ["a"]}}),
    ("update", {"chat_id": "x", "draft": {"text": "x", "attachments": {"a": {"size": {}}}}}),
    ("update", {"chat_id": "x", "message_expiry_seconds": -1}),
]


@pytest.mark.parametrize(("method", "arguments"), BAD_INPUT)
async def test_bad_input_is_refused_before_anything_is_sent(
    client: AsyncBeeperDesktop, sim: Simulator, method: str, arguments: dict[str, object]
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        await getattr(client.chats, method)(**arguments)
    assert sim.requests == []
    assert any(
        name.split("_")[0] in str(caught.value) for name in [*arguments, "ID", "A parameter"]
    )


async def test_a_naive_reminder_is_refused(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    with pytest.raises(InvalidInputError, match="time zone"):
        await client.chats.reminders.create("x", reminder={"remind_at": datetime(2027, 1, 1)})
    with pytest.raises(InvalidInputError, match="remind_at is missing"):
        await client.chats.reminders.create("x", reminder={})
    await client.chats.reminders.create(
        (await client.chats.list()).items[0].id, reminder={"remind_at": "2027-01-01T00:00:00Z"}
    )
    assert sim.requests[-1].json == {"reminder": {"remindAt": "2027-01-01T00:00:00+00:00"}}
