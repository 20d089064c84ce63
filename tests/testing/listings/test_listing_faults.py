"""Listings that are served wrongly, as a client meets them on its way through."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise
from typing import get_args

import aiohttp
import pytest
import pytest_asyncio

from beeper_async.testing import Simulator
from beeper_async.testing.listings.listing_faults import (
    LISTINGS,
    BadItems,
    EmptyPage,
    EmptyTail,
    ErrorIn200,
    GrowingHistory,
    HasMoreMissing,
    IgnoredLimit,
    LateHistory,
    ListingName,
    MissingCursors,
    Moving,
    NullCursors,
    Overlap,
    ReservedTail,
    StuckHead,
    StuckTail,
)

from .listing_walk import PAGE, Json, Walk, walk_of

pytestmark = pytest.mark.asyncio

DIRECTIONS = ("before", "after")
EVERY_WALK = [(listing, direction) for listing in LISTINGS for direction in DIRECTIONS]


@pytest_asyncio.fixture(params=EVERY_WALK, ids=lambda one: "-".join(one))
async def walk(request: pytest.FixtureRequest) -> AsyncIterator[Walk]:
    async with Simulator(chats=12, page_size=PAGE) as sim:
        headers = {"Authorization": f"Bearer {sim.token}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            yield await walk_of(session, sim, *request.param)


@pytest_asyncio.fixture
async def chats(request: pytest.FixtureRequest) -> AsyncIterator[Walk]:
    """A single walk, where the listing makes no difference."""
    async with Simulator(chats=12, page_size=PAGE) as sim:
        headers = {"Authorization": f"Bearer {sim.token}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            yield await walk_of(session, sim, "chats.list", "before")


# -- walks that never end -----------------------------------------------------------------------


async def test_stuck_head_serves_the_first_page_for_ever(walk: Walk) -> None:
    honest = await Walk(walk.session, walk.sim, walk.listing, "before", walk.path).ask(None)
    walk.sim.set_listing_faults(StuckHead())
    assert await walk.pages(4) == [{**honest, "hasMore": True}] * 4


async def test_stuck_tail_repeats_the_last_page(walk: Walk) -> None:
    right = len(await walk.pages(100))
    walk.sim.set_listing_faults(StuckTail())
    pages = await walk.pages(right + 3)
    assert [one for page in pages[:right] for one in walk.ids(page)] == walk.honest
    assert pages[right:] == [pages[right - 1]] * 3
    assert pages[-1]["hasMore"] is True


async def test_reserved_tail_comes_with_a_new_cursor_each_time(walk: Walk) -> None:
    right = len(await walk.pages(100))
    walk.sim.set_listing_faults(ReservedTail())
    pages = await walk.pages(right + 3)
    assert [one for page in pages[:right] for one in walk.ids(page)] == walk.honest
    assert [page["items"] for page in pages[right:]] == [pages[right - 1]["items"]] * 3
    cursors = [walk.end(page) for page in pages]
    assert len(set(cursors)) == right + 3
    numbers = [int((cursor or "").partition("|")[0]) for cursor in cursors[right - 1 :]]
    step = -1 if walk.direction == "before" else 1
    assert numbers == [numbers[0] + step * index for index in range(4)]


@pytest.mark.parametrize("mode", [StuckTail, ReservedTail])
async def test_a_tail_is_served_to_those_who_come_from_elsewhere(
    chats: Walk, mode: type[StuckTail]
) -> None:
    last = (await chats.pages(100))[-1]
    chats.sim.set_listing_faults(mode())
    page = await chats.ask(last["oldestCursor"])
    assert chats.ids(page) == chats.honest[-PAGE:]
    assert page["hasMore"] is True


@pytest.mark.parametrize("mode", [StuckTail, ReservedTail, StuckHead])
async def test_a_listing_of_one_page_does_not_end_either(
    chats: Walk, mode: type[StuckTail]
) -> None:
    chats.sim.page_size = 200
    chats.sim.set_listing_faults(mode())
    pages = await chats.pages(3)
    assert [chats.ids(page) for page in pages] == [chats.honest] * 3


async def test_an_empty_tail_comes_where_the_listing_ends(walk: Walk) -> None:
    right = len(await walk.pages(100))
    walk.sim.set_listing_faults(EmptyTail())
    pages = await walk.pages(right + 1)
    assert [one for page in pages for one in walk.ids(page)] == walk.honest
    assert all(page["hasMore"] is True for page in pages)
    assert (pages[-1]["items"], walk.end(pages[-1])) == ([], None)


# -- pages of the wrong size --------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
async def test_overlap_repeats_the_end_of_the_page_before(walk: Walk, count: int) -> None:
    walk.sim.set_listing_faults(Overlap(count))
    pages = [walk.ids(page) for page in await walk.pages(100)]
    # A walk that begins with a cursor begins behind the item of that cursor, which is repeated too.
    pages[0] = [one for one in pages[0] if one in walk.honest]
    for page, following in pairwise(pages):
        assert following[:count] == page[-count:]
        assert len(following) <= PAGE
    assert pages[0] + [one for page in pages[1:] for one in page[count:]] == walk.honest


async def test_an_overlap_of_everything_still_moves_on(chats: Walk) -> None:
    chats.sim.set_listing_faults(Overlap(PAGE))
    pages = [chats.ids(page) for page in await chats.pages(100)]
    assert list(dict.fromkeys(one for page in pages for one in page)) == chats.honest
    assert len(pages) == 1 + len(chats.honest) - PAGE


async def test_ignored_limit(walk: Walk) -> None:
    walk.sim.set_listing_faults(IgnoredLimit())
    more = {} if walk.listing == "messages.list" else {"limit": 3}
    page = await walk.ask(walk.start, **more)
    assert walk.ids(page) == walk.honest[:25]
    walk.sim.set_listing_faults(IgnoredLimit(7))
    assert len((await walk.ask(walk.start, **more))["items"]) == 7


async def test_an_empty_page_leads_on(walk: Walk) -> None:
    right = len(await walk.pages(100))
    walk.sim.set_listing_faults(EmptyPage())
    pages: list[Json] = []
    for _ in range(2):  # each walk meets it
        pages = await walk.pages(100)
        sizes = [len(page["items"]) for page in pages]
        assert len(pages) == right + 1
        assert [index for index, size in enumerate(sizes) if size == 0] == [1]
        assert pages[1]["hasMore"] is True
        assert [one for page in pages for one in walk.ids(page)] == walk.honest
        assert walk.end(pages[1]) not in {walk.end(page) for page in [*pages[:1], *pages[2:]]}
    again = await walk.ask(walk.end(pages[0]))
    assert again == pages[1]


async def test_the_empty_page_may_come_later(chats: Walk) -> None:
    chats.sim.set_listing_faults(EmptyPage(after=2))
    assert [len(page["items"]) for page in await chats.pages(100)] == [5, 5, 0, 2]


async def test_an_empty_page_leads_on_from_a_message_id(chats: Walk) -> None:
    """Clients in the wild pass the ID of a message as the cursor."""
    chat_id = next(one for one, found in chats.sim.world.messages.items() if len(found) == 45)
    chats.path = f"/v1/chats/{chat_id}/messages"
    first = await chats.ask(None)
    second = await chats.ask(first["oldestCursor"])
    chats.sim.set_listing_faults(EmptyPage())
    await chats.ask(None)
    empty = await chats.ask(first["items"][-1]["id"])
    assert empty["items"] == []
    assert await chats.ask(empty["oldestCursor"]) == second


# -- envelopes that lack something --------------------------------------------------------------


async def test_missing_cursors(walk: Walk) -> None:
    honest = await walk.ask(walk.start)
    walk.sim.set_listing_faults(MissingCursors())
    page = await walk.ask(walk.start)
    assert page == {k: v for k, v in honest.items() if k not in ("oldestCursor", "newestCursor")}
    assert page["hasMore"] is True


async def test_null_cursors(walk: Walk) -> None:
    honest = await walk.ask(walk.start)
    walk.sim.set_listing_faults(NullCursors())
    page = await walk.ask(walk.start)
    assert page == {**honest, "oldestCursor": None, "newestCursor": None}
    assert page["hasMore"] is True


async def test_has_more_missing(walk: Walk) -> None:
    honest = await walk.ask(walk.start)
    walk.sim.set_listing_faults(HasMoreMissing())
    page = await walk.ask(walk.start)
    assert page == {name: value for name, value in honest.items() if name != "hasMore"}
    assert walk.end(page)


async def test_an_error_with_status_200(walk: Walk) -> None:
    walk.sim.set_listing_faults(ErrorIn200())
    assert await walk.ask(walk.start) == {"error": "Database is locked"}
    walk.sim.set_listing_faults(ErrorIn200(as_object=True))
    error = {"message": "Database is locked", "code": "INTERNAL_ERROR"}
    assert await walk.ask(walk.start) == error


async def test_an_error_in_the_middle_of_a_walk(chats: Walk) -> None:
    chats.sim.set_listing_faults(ErrorIn200(with_cursor_only=True))
    page = await chats.ask(None)
    assert chats.ids(page) == chats.honest[:PAGE]
    assert await chats.ask(chats.end(page)) == {"error": "Database is locked"}


# -- listings that change -----------------------------------------------------------------------


async def test_late_history_ends_early_at_first(walk: Walk) -> None:
    honest = await walk.ask(walk.start)
    walk.sim.set_listing_faults(LateHistory(2))
    for _ in range(2):
        assert await walk.ask(walk.start) == {**honest, "hasMore": False}
    pages = await walk.pages(100)
    assert [one for page in pages for one in walk.ids(page)] == walk.honest


async def test_history_is_late_for_each_chat(chats: Walk) -> None:
    long, short, *_ = sorted(chats.sim.world.messages.items(), key=lambda one: -len(one[1]))
    chats.sim.set_listing_faults(LateHistory(), listing="messages.list")
    for chat_id, _messages in (long, short):
        chats.path = f"/v1/chats/{chat_id}/messages"
        assert (await chats.ask(None))["hasMore"] is False
    chats.path = f"/v1/chats/{long[0]}/messages"
    assert (await chats.ask(None))["hasMore"] is True


@pytest.mark.parametrize("walk", [(one, "before") for one in LISTINGS], indirect=True)
async def test_growing_history_moves_the_end(walk: Walk) -> None:
    walk.sim.set_listing_faults(GrowingHistory(known=PAGE, step=2))
    page = await walk.ask(None)
    assert walk.ids(page) == walk.honest[:PAGE]
    assert page["hasMore"] is False
    found = walk.ids(page)
    while True:
        page = await walk.ask(walk.end(page))
        if not page["items"]:
            break
        assert len(page["items"]) <= 2
        found += walk.ids(page)
    assert found == walk.honest


CHAT_LISTS = ("chats.list", "chats.search")


@pytest.mark.parametrize("walk", [(one, "before") for one in CHAT_LISTS], indirect=True)
async def test_a_chat_that_moves_to_the_head_is_skipped(walk: Walk) -> None:
    walk.sim.set_listing_faults(Moving())
    found = [one for page in await walk.pages(100) for one in walk.ids(page)]
    skipped = walk.honest[PAGE]
    assert found == [one for one in walk.honest if one != skipped]
    assert walk.sim.world.by_activity()[0]["id"] == skipped
    assert walk.sim.world.messages[skipped][-1]["text"] == "on the move"


@pytest.mark.parametrize("walk", [(one, "after") for one in CHAT_LISTS], indirect=True)
async def test_a_chat_that_moves_to_the_head_is_met_twice(walk: Walk) -> None:
    walk.sim.set_listing_faults(Moving(times=2))
    pages = [walk.ids(page) for page in await walk.pages(100)]
    found = [one for page in pages for one in page]
    # First the chat that the walk came from (the oldest), then the last one of the first page.
    oldest = walk.sim.world.by_activity()[1]["id"]
    assert oldest not in walk.honest
    assert found == [*walk.honest, oldest, pages[0][-1]]


@pytest.mark.parametrize("walk", [("messages.list", "after")], indirect=True)
async def test_a_new_message_arrives_during_a_walk(walk: Walk) -> None:
    walk.sim.set_listing_faults(Moving())
    pages = await walk.pages(100)
    assert [one for page in pages for one in walk.ids(page)][:-1] == walk.honest
    assert pages[-1]["items"][0]["text"] == "on the move"


@pytest.mark.parametrize("walk", [("contacts.list", one) for one in DIRECTIONS], indirect=True)
async def test_people_do_not_move(walk: Walk) -> None:
    walk.sim.set_listing_faults(Moving())
    assert [one for page in await walk.pages(100) for one in walk.ids(page)] == walk.honest


# -- switching it on and off --------------------------------------------------------------------


async def test_one_listing_misbehaves_and_the_others_do_not(chats: Walk) -> None:
    chats.sim.set_listing_faults(HasMoreMissing(), listing="chats.search")
    assert "hasMore" in await chats.ask(None)
    chats.path = "/v1/chats/search"
    assert "hasMore" not in await chats.ask(None)
    chats.sim.set_listing_faults(NullCursors(), listing="chats.list")
    assert "hasMore" not in await chats.ask(None)
    chats.sim.clear_listing_faults("chats.search")
    assert "hasMore" in await chats.ask(None)
    chats.path = "/v1/chats"
    assert (await chats.ask(None))["oldestCursor"] is None
    chats.sim.clear_listing_faults()
    assert (await chats.ask(None))["oldestCursor"] is not None


async def test_modes_work_together(chats: Walk) -> None:
    chats.sim.set_listing_faults(HasMoreMissing(), Overlap(2), IgnoredLimit(6))
    first = await chats.ask(None)
    second = await chats.ask(chats.end(first))
    assert "hasMore" not in first
    assert len(chats.ids(first)) == 6
    assert chats.ids(second)[:2] == chats.ids(first)[-2:]


async def test_a_simulator_can_begin_with_it() -> None:
    async with Simulator(listing_faults=[MissingCursors()]) as sim:
        headers = {"Authorization": f"Bearer {sim.token}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            walk = Walk(session, sim, "chats.list", "before", "/v1/chats")
            assert set(await walk.ask(None)) == {"items", "hasMore"}


async def test_the_world_stays_as_it_is(walk: Walk) -> None:
    before = str(walk.sim.world.messages), str(walk.sim.world.chats)
    for mode in (StuckHead(), ReservedTail(), Overlap(2), GrowingHistory(3), ErrorIn200()):
        walk.sim.set_listing_faults(mode)
        await walk.ask(walk.start)
    walk.sim.clear_listing_faults()
    assert (str(walk.sim.world.messages), str(walk.sim.world.chats)) == before
    pages = await walk.pages(100)
    assert [one for page in pages for one in walk.ids(page)] == walk.honest


async def test_bad_cursors_are_refused_as_ever(chats: Walk) -> None:
    chats.sim.set_listing_faults(StuckHead())
    url = f"{chats.sim.url}/v1/chats?cursor=nonsense"
    async with chats.session.get(url) as response:
        assert response.status == 400


async def test_an_old_app_misbehaves_too(chats: Walk) -> None:
    chats.sim.app_version = "4.2.557"
    talk = next(one for one, found in chats.sim.world.messages.items() if len(found) == 45)
    chats.path = f"/v1/chats/{talk}/messages"
    chats.sim.set_listing_faults(StuckTail())
    last = str(chats.sim.world.messages[talk][0]["sortKey"])
    page = await chats.ask(last)
    assert set(page) == {"items", "hasMore"}
    assert len(page["items"]) == PAGE


async def test_wrong_names_and_numbers_are_refused() -> None:
    sim = Simulator()
    with pytest.raises(ValueError, match=r"chats\.list"):
        sim.set_listing_faults(StuckHead(), listing="chats.lst")  # type: ignore[arg-type]
    for wrong in (Overlap, IgnoredLimit, EmptyPage, LateHistory, GrowingHistory, Moving):
        with pytest.raises(ValueError, match=">= 1"):
            wrong(0)
    assert get_args(ListingName) == LISTINGS


# -- items that can't be read -------------------------------------------------------------------


async def test_some_items_lack_a_required_field_each_time(walk: Walk) -> None:
    walk.sim.set_listing_faults(BadItems(every=3))
    once, again = await walk.pages(most=30), await walk.pages(most=30)
    assert once == again
    items = [item for page in once for item in page["items"]]
    required = {"chats": "title", "messages": "senderID", "contacts": "id"}
    lost = required[walk.listing.partition(".")[0]]
    bad = [item for item in items if lost not in item]
    assert 0 < len(bad) < len(items)
    assert len(items) == len(walk.honest)


async def test_junk_takes_the_place_of_items(chats: Walk) -> None:
    chats.sim.set_listing_faults(BadItems(every=1, junk=True))
    page = await chats.ask(None)
    assert page["items"] == ["junk"] * PAGE
    assert page["oldestCursor"]
    assert chats.sim.world.by_activity()[0]["title"]
