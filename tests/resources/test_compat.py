"""Old and new apps: the form on the wire follows the version, the calls stay the same."""

from datetime import UTC, datetime

import pytest

from beeper_async import AsyncBeeperDesktop, NotFoundError, RequestInfo, ResponseInfo
from beeper_async._http.options import read_options
from beeper_async._http.server_info import NEWEST, parse_version
from beeper_async._http.transport import Transport
from beeper_async.testing import Simulator

WHEN = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.asyncio
async def test_an_old_app_gets_the_old_forms(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    sim.app_version = "4.2.557"
    chat = next(c for c in [c async for c in client.chats.list()] if c.preview)
    assert chat.network is None
    assert chat.preview is not None
    await client.chats.reminders.create(chat.id, reminder={"remind_at": WHEN})
    assert sim.requests[-1].json == {"reminder": {"remindAtMs": 1798761600000}}
    reactions = client.chats.messages.reactions
    await reactions.add(chat.preview.id, chat_id=chat.id, reaction_key="👍")
    await reactions.delete(chat.preview.id, chat_id=chat.id, reaction_key="👍")
    assert sim.requests[-1].raw_path.endswith("/reactions?reactionKey=%F0%9F%91%8D")
    person = next(p for p in chat.participants.items if not p.is_self)
    started = await client.chats.start(account_id=chat.account_id, user={"id": person.id})
    assert sim.requests[-1].request_line == "POST /v1/chats"
    assert sim.requests[-1].json == {
        "mode": "start",
        "accountID": chat.account_id,
        "user": {"id": person.id},
    }
    assert started.chat_id
    assert started.title is None
    with pytest.raises(NotFoundError, match="too old"):
        await client.chats.mark_read(chat.id)
    assert not [r for r in sim.requests if r.path == "/v1/info"], "the version was known already"


@pytest.mark.asyncio
async def test_the_version_is_asked_for_once(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    for _ in range(2):
        with pytest.raises(NotFoundError):
            await client.chats.reminders.create("x", reminder={"remind_at": WHEN})
    assert [r.path for r in sim.requests].count("/v1/info") == 1
    assert "Authorization" not in sim.requests[0].headers, "info needs no token"
    assert sim.requests[-1].json == {"reminder": {"remindAt": "2027-01-01T00:00:00+00:00"}}
    assert await client.app_version() == (4, 3, 73)


@pytest.mark.asyncio
async def test_an_app_without_info_is_an_old_one(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.app_version = "4.1.294"
    sim.respond_next(status=404, json={}, headers={}, path="/v1/info", before=True)
    with pytest.raises(NotFoundError):
        await client.chats.reminders.create("x", reminder={"remind_at": WHEN})
    assert sim.requests[-1].json == {"reminder": {"remindAtMs": 1798761600000}}
    assert await client.app_version() == (4, 1, 294)


@pytest.mark.asyncio
async def test_an_app_that_never_names_its_version_is_an_old_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def send(*_: object) -> None:
        request = RequestInfo("info.retrieve", "GET", "http://a/v1/info")
        raise NotFoundError("No.", request=request, response=ResponseInfo(request, 404, {}, 0.0, 0))

    transport = Transport()
    monkeypatch.setattr(transport, "send", send)
    assert await transport.app_version(read_options(access_token="t")) == (0,)


@pytest.mark.asyncio
async def test_an_app_that_is_updated_meanwhile_is_noticed(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.app_version = "4.2.557"
    chat = (await client.chats.list()).items[0]
    sim.app_version = "4.3.73"
    await client.chats.list()
    await client.chats.reminders.create(chat.id, reminder={"remind_at": WHEN})
    assert sim.requests[-1].json == {"reminder": {"remindAt": "2027-01-01T00:00:00+00:00"}}


@pytest.mark.asyncio
@pytest.mark.parametrize(("version", "is_new"), [("4.2.807", False), ("4.2.808", True)])
async def test_each_form_changes_with_its_version(
    client: AsyncBeeperDesktop, sim: Simulator, version: str, is_new: bool
) -> None:
    sim.app_version = version
    chat = next(c for c in [c async for c in client.chats.list()] if c.preview)
    assert chat.preview is not None
    await client.chats.reminders.create(
        chat.id, reminder={"remind_at": WHEN, "dismiss_on_incoming_message": True}
    )
    at = {"remindAt": WHEN.isoformat()} if is_new else {"remindAtMs": 1798761600000}
    assert sim.requests[-1].json == {"reminder": {**at, "dismissOnIncomingMessage": True}}
    reactions = client.chats.messages.reactions
    await reactions.add(chat.preview.id, chat_id=chat.id, reaction_key="x")
    await reactions.delete(chat.preview.id, chat_id=chat.id, reaction_key="x")
    assert sim.requests[-1].raw_path.endswith("/x" if is_new else "?reactionKey=x")
    person = next(p for p in chat.participants.items if not p.is_self)
    await client.chats.start(account_id=chat.account_id, user={"id": person.id})
    assert sim.requests[-1].path == ("/v1/chats/start" if is_new else "/v1/chats")


def test_versions_are_compared_as_numbers() -> None:
    assert parse_version("4.2.808") < parse_version("4.10.1")
    assert parse_version("4.3.73-nightly.2") == (4, 3, 73)
    assert parse_version("dev") == parse_version(None) == NEWEST
