"""Accounts, contacts, labels, focus, info and the search over everything, by both clients."""

import pytest

from beeper_async import AsyncBeeperDesktop, InvalidInputError, NotFoundError
from beeper_async.testing import Simulator

pytestmark = pytest.mark.asyncio


async def test_accounts_are_a_list(client: AsyncBeeperDesktop) -> None:
    accounts = await client.accounts.list()
    assert isinstance(accounts, list)
    first = accounts[0]
    assert (await client.accounts.retrieve(first.account_id)) == first
    with pytest.raises(NotFoundError):
        await client.accounts.retrieve("nobody")


async def test_contacts_are_listed_and_found(client: AsyncBeeperDesktop) -> None:
    account = (await client.accounts.list())[0].account_id
    people = [person async for person in client.accounts.contacts.list(account, limit=2)]
    assert len({person.id for person in people}) == len(people) > 2
    name = next(person.full_name for person in people if person.full_name)
    found = await client.accounts.contacts.search(account, query=name)
    assert name in [person.full_name for person in found.items]
    with pytest.raises(InvalidInputError):
        await client.accounts.contacts.search(account, query="")


async def test_labels_lead_to_their_chats(client: AsyncBeeperDesktop) -> None:
    labels = await client.labels.list()
    chats = [chat async for chat in client.chats.search(label_id=labels[0].id)]
    assert chats
    assert all(labels[0] in (chat.labels or []) for chat in chats)


async def test_one_search_over_everything(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    chat = (await client.chats.list(limit=1)).items[0]
    found = (await client.search(query=chat.title.split()[0])).results
    assert chat.id in [hit.id for hit in found.chats]
    assert found.messages.items is not None
    sim.clear_requests()
    with pytest.raises(InvalidInputError):
        await client.search(query="")
    assert sim.requests == []


async def test_focus_and_info(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    chat = (await client.chats.list(limit=1)).items[0]
    assert (await client.focus(chat_id=chat.id, draft_text="hm")).success
    assert (await client.focus()).success
    assert sim.requests[-1].json == {}
    info = await client.info.retrieve()
    assert info.app.version == "4.3.73"
    assert info.server.base_url.startswith("http://")
