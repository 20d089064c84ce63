"""A search for a sent message that meets records it can't read must not say "not found"."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from beeper_async import AsyncBeeperDesktop, OutcomeUnknownError, PaginationError, Unreadable
from beeper_async.testing import Simulator
from beeper_sync import BeeperDesktop

from ..docs.pages import ROOT, blocks_of

pytestmark = pytest.mark.asyncio

CHAT = "!c1:local"
TEXT = "meet me at the **old** mill"
SINCE = datetime(2026, 5, 5, 12, tzinfo=UTC)

Damage = Callable[[dict[str, Any]], Any]


def record(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Write a message as the app serves it: an own one, sent after `SINCE`."""
    return {
        "id": f"m{number}",
        "accountID": "a",
        "chatID": CHAT,
        "senderID": "@me:local",
        "sortKey": f"{number}",
        "timestamp": "2026-05-05T12:00:01.000Z",
        "isSender": True,
        "text": "meet me at the <b>old</b> mill",
        **fields,
    }


def other(number: int = 2) -> dict[str, Any]:
    return record(number, isSender=False, text="hello")


def without(*names: str) -> Damage:
    return lambda one: {name: value for name, value in one.items() if name not in names}


def with_(**fields: Any) -> Damage:
    return lambda one: {**one, **fields}


def serve(sim: Simulator, *pages: list[Any]) -> None:
    """Let the next requests of a history be these pages."""
    for number, items in enumerate(pages, 1):
        more = number < len(pages)
        page = {"items": items, "hasMore": more, "oldestCursor": f"{number}" if more else None}
        sim.respond_next(200, method="GET", path="/v1/chats/*/messages", json=page)


MAY_BE_IT: dict[str, Damage] = {
    "no id": without("id"),
    "id is a number": with_(id=7),
    "nobody knows whose": with_(isSender="true"),
    "no time": without("timestamp"),
    "time is a number": with_(timestamp=1_777_982_401),
    "time and text are gone": without("timestamp", "text", "isSender"),
    "text is a list": with_(text=["meet"]),
    "text is a list, no id": with_(text=["meet"], id=None),
    "null": lambda _: None,
    "a number": lambda _: 5,
    "nothing in it": lambda _: {},
}

CANNOT_BE_IT: dict[str, Damage] = {
    "another's": with_(isSender=False, id=None),
    "deleted": with_(isDeleted=True, id=None),
    "another text": with_(text="hello", id=None),
    "too old": with_(timestamp="2026-05-04T12:00:00.000Z", id=None),
    "an odd reaction": with_(reactions=[5], text="hello"),
    "an odd text of another": with_(text=5, isSender=False),
    "an odd text before": with_(text=5, timestamp="2026-05-04T12:00:00.000Z"),
}


@pytest.mark.parametrize("damage", MAY_BE_IT.values(), ids=MAY_BE_IT)
async def test_what_may_be_it_is_no_proof_that_it_was_not_sent(
    client: AsyncBeeperDesktop, sim: Simulator, damage: Damage
) -> None:
    serve(sim, [other(), damage(record())])
    with pytest.raises(PaginationError, match=r"^messages\.find_sent: ") as caught:
        await client.messages.find_sent(CHAT, since=SINCE, text=TEXT)
    assert "mill" not in str(caught.value)
    assert not caught.value.items


@pytest.mark.parametrize("damage", CANNOT_BE_IT.values(), ids=CANNOT_BE_IT)
async def test_what_can_not_be_it_leaves_no_doubt(
    client: AsyncBeeperDesktop, sim: Simulator, damage: Damage
) -> None:
    serve(sim, [other(), damage(record())])
    assert await client.messages.find_sent(CHAT, since=SINCE, text=TEXT) is None


async def test_a_reply_is_recognised_by_what_it_replies_to(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    serve(sim, [other(), record(id=None, linkedMessageID="m8")])
    find = client.messages.find_sent
    assert await find(CHAT, since=SINCE, text=TEXT, reply_to_message_id="m9") is None
    for damaged in (record(id=None, linkedMessageID="m9"), record(linkedMessageID=9)):
        serve(sim, [other(), damaged])
        with pytest.raises(PaginationError):
            await find(CHAT, since=SINCE, text=TEXT, reply_to_message_id="m9")


async def test_without_a_text_any_damaged_own_record_may_be_it(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    serve(sim, [other(), record(id=None, text="anything")])
    with pytest.raises(PaginationError):
        await client.messages.find_sent(CHAT, since=SINCE)


async def test_the_search_goes_on_behind_what_may_be_it(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    serve(sim, [record(3, id=None), other()], [other(4), record()])
    found = await client.messages.find_sent(CHAT, since=SINCE, text=TEXT)
    assert found is not None
    assert found.id == "m1"
    old = [record(n, timestamp="2026-05-01T12:00:00.000Z", text="old") for n in range(10, 30)]
    serve(sim, [record(3, id=None), *old], [other(4), record()])
    with pytest.raises(PaginationError):
        await client.messages.find_sent(CHAT, since=SINCE, text=TEXT)


def ignore(_: Unreadable) -> None:
    """Take no notice of what can't be read."""


@pytest.mark.parametrize("on_unreadable", ["raise", ignore], ids=["raise", "callback"])
async def test_no_option_turns_a_lost_record_into_not_found(
    client: AsyncBeeperDesktop, sim: Simulator, on_unreadable: Any
) -> None:
    serve(sim, [record(id=None), record(2, id=None)])
    view = client.with_options(on_unreadable=on_unreadable)
    with pytest.raises(Exception, match=r"^messages\.(find_sent|list): "):
        await view.messages.find_sent(CHAT, since=SINCE, text=TEXT)


async def test_the_recipe_of_the_docs_does_not_return_as_if_nothing_was_sent() -> None:
    blocks = blocks_of(ROOT / "docs/reliability.md")
    recipe = next(block.text for block in blocks if "def send_once" in block.text)
    names: dict[str, Any] = {}
    exec(recipe.partition("\nwith ")[0], names)
    with (
        Simulator(now=datetime.now(UTC)) as sim,
        BeeperDesktop(base_url=sim.url, access_token=sim.token) as blocking,
    ):
        sim.drop_next(method="POST")
        serve(sim, [record(id=None, timestamp=datetime.now(UTC).isoformat())])
        with pytest.raises(PaginationError) as caught:
            names["send_once"](blocking, blocking.chats.list().items[0].id, TEXT, wait=0)
        assert isinstance(caught.value.__context__, OutcomeUnknownError)
        assert len([one for one in sim.requests if one.method == "POST"]) == 1
