"""Parts of a listing: together they are the whole."""

from datetime import UTC, datetime

import pytest

from beeper_async import AsyncBeeperDesktop, InvalidInputError, merge
from beeper_async.testing import Simulator

from .shelf import START, Shelf, message, numbered


@pytest.mark.asyncio
async def test_parts_that_make_no_sense(sim: Simulator) -> None:
    async with AsyncBeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
        with pytest.raises(InvalidInputError):
            client.chats.list().split(at=[START])
        with pytest.raises(InvalidInputError):
            client.messages.list("x").split(account_ids=["a"])
        with pytest.raises(InvalidInputError, match="time zone"):
            client.chats.search().split(at=[datetime(2026, 1, 1)])
        with pytest.raises(InvalidInputError):
            client.chats.list().prefetch(0)
        with pytest.raises(InvalidInputError):
            merge({}, in_flight=0)
    assert sim.requests == []


def test_parts_stay_within_the_whole() -> None:
    shelf = Shelf([message(n, "abc"[n % 3], n) for n in range(9)], 4)
    assert list(shelf.listing(account_ids=["a", "b"]).split(account_ids=["b", "c"])) == ["b"]
    with pytest.raises(InvalidInputError):
        shelf.listing().split(account_ids=["a"], at=[START])  # type: ignore[call-overload]
    with pytest.raises(InvalidInputError):
        shelf.listing().split(at=["2026-01-01T00:00:00Z"])  # type: ignore[list-item]


@pytest.mark.asyncio
async def test_an_item_that_does_not_fit_is_told_as_such_in_a_part() -> None:
    shelf = Shelf(numbered(3), 5)
    page = {"items": [{**message(1, "a", 1), "timestamp": "nonsense"}, 7], "hasMore": False}
    shelf._page = lambda query: page  # type: ignore[method-assign]
    async with merge(shelf.listing().split(at=[START]), errors="yield") as merged:
        kinds = {type(item).__name__ async for _, item in merged}
    assert kinds == {"APIResponseValidationError"}


def test_times_split_into_one_part_more() -> None:
    later, earlier = datetime(2026, 5, 2, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
    assert list(Shelf([], 1).listing().split(at=[earlier, later])) == [later, earlier, None]


@pytest.mark.asyncio
async def test_one_more_item_than_a_page_of_the_neighbour() -> None:
    """The app is asked for a margin; items in it belong to one part alone."""
    shelf = Shelf([message(0, "a", 0), message(1, "a", 1)], 5)
    parts = shelf.listing().split(at=[START])
    assert [m.id async for m in parts[START]] == ["0"]
    assert [m.id async for m in parts[None]] == ["1"]
