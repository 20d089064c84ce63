"""How listings end: quietly where the history does, and with an error where the app is broken."""

import pickle
from typing import Any

import pytest

from beeper_async import AsyncBeeperDesktop, PaginationError
from beeper_async._paging.cursor import CursorState
from beeper_async.testing import Simulator

from ..cases import case

pytestmark = pytest.mark.asyncio

PATH = "/v1/chats/x/messages"


def serve(sim: Simulator, steps: list[dict[str, Any]]) -> None:
    for step in steps[:-1]:
        sim.respond_next(200, json=step, path=PATH)
    sim.respond_next(200, json=steps[-1], path=PATH, times=99)


def mirrored(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make the pages of the other direction out of those of one."""
    return [
        {**step, "oldestCursor": step["newestCursor"], "newestCursor": step["oldestCursor"]}
        for step in steps
    ]


@pytest.mark.parametrize("way", ["collect", "prefetch", "merge"])
@pytest.mark.parametrize("direction", ["before", "after"])
@pytest.mark.parametrize("name", ["history_end_empty_page", "history_end_countdown"])
async def test_the_end_of_a_history_is_quiet(
    client: AsyncBeeperDesktop, sim: Simulator, merge: Any, name: str, direction: Any, way: str
) -> None:
    steps = case(name)["steps"]
    query: dict[str, Any] = {"cursor": "9", "direction": direction} if direction == "after" else {}
    serve(sim, mirrored(steps) if direction == "after" else steps)
    listing = client.messages.list("x", **query)
    if way == "collect":
        found = await listing.collect()
    elif way == "prefetch":
        async with listing.prefetch() as messages:
            found = [message async for message in messages]
    else:
        async with merge({"x": listing}) as merged:
            found = [message async for _, message in merged]
    assert [message.id for message in found] == ["1003", "1002", "1001"]
    assert len(sim.requests) <= len(steps)


async def test_a_broken_cursor_is_an_error_that_carries_what_came(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    serve(sim, case("history_broken_cursor")["steps"])
    with pytest.raises(PaginationError, match="but not where") as caught:
        await client.messages.list("x").collect()
    error = caught.value
    assert [message.id for message in error.items] == ["1003", "1002"]
    assert "message 3" not in str(error) + repr(error) + str(pickle.dumps(error))
    assert pickle.loads(pickle.dumps(error)).items == ()


async def test_what_was_collected_up_to_a_number_is_no_error(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    serve(sim, case("history_broken_cursor")["steps"])
    assert len(await client.messages.list("x").collect(2)) == 2
    with pytest.raises(PaginationError) as caught:
        await client.messages.list("x").collect(3)
    assert len(caught.value.items) == 2


# -- the rule by itself: pages as (items, cursor, hasMore), and what becomes of them ------------

END, CYCLE, NO_CURSOR, NOTHING_NEW = "", "already read", "but not where", "without anything new"
Step = tuple[Any, Any, Any]
WALKS: dict[str, tuple[list[Step], Any, str]] = {
    "the app says so": ([("ab", "1", True), ("c", "2", False)], "abc", END),
    "says nothing and gives no cursor": ([("ab", "1", None), ("c", None, None)], "abc", END),
    "says nothing and is empty": ([("ab", "1", None), ("", "2", None)], "ab", END),
    "empty without a cursor": ([("ab", "1", True), ("", None, True)], "ab", END),
    "empty, and no text as a cursor": ([("ab", "1", True), ("", {}, True)], "ab", END),
    "empty from the start": ([("", None, True)], "", END),
    "last page under new cursors": ([("a", "1", True), ("b", "2", True), ("b", "3", True),
                                     ("b", "4", True)], "ab", END),
    "last page under one new cursor": ([("a", "1", True), ("b", "2", True), ("b", "3", True),
                                        ("b", "3", True)], "ab", END),
    "cursors that are numbers": ([("a", 3, True), ("b", 2, True), ("b", 1, True), ("b", 0, True)],
                                 "ab", END),
    "a part of the last page": ([("ab", "1", True), ("b", "2", True), ("b", "3", True)], "ab", END),
    "last page of an overlap": ([("abc", "1", True), ("cd", "2", True), ("cd", "3", True),
                                 ("d", "4", True)], "abcd", END),
    "last page, then empty": ([("a", "1", True), ("a", "2", True), ("", None, True)], "a", END),
    "last page, then empty with a cursor": ([("a", "1", True), ("a", "2", True), ("", "3", True)],
                                            "a", END),
    "a page twice in the middle": ([("ab", "1", True), ("ab", "2", True), ("cd", "3", False)],
                                   "abcd", END),
    "empty pages in the middle": ([("a", "1", True), ("", "2", True), ("", "3", True),
                                   ("b", "4", False)], "ab", END),
    "first page for ever": ([("ab", "1", True), ("ab", "1", True)], "ab", CYCLE),
    "last page, same cursor": ([("a", "1", True), ("b", "2", True), ("b", "2", True)],
                               "ab", CYCLE),
    "empty page, same cursor": ([("a", "1", True), ("", "1", True)], "a", CYCLE),
    "back to an earlier page": ([("a", "1", True), ("b", "2", True), ("a", "1", True)],
                                "ab", CYCLE),
    "new items, old cursor": ([("a", "1", True), ("b", "1", True)], "ab", CYCLE),
    "earlier pages under new cursors": ([("a", "1", True), ("b", "2", True), ("a", "3", True),
                                         ("b", "4", True), ("a", "5", True)], "ab", NOTHING_NEW),
    "first page under new cursors": ([("a", "1", True), ("b", "2", True), ("a", "3", True),
                                      ("a", "4", True), ("a", "5", True)], "ab", NOTHING_NEW),
    "empty pages for ever": ([("a", "1", True), ("", "2", True), ("", "3", True),
                              ("", "4", True)], "a", NOTHING_NEW),
    "items without a cursor": ([("a", "1", True), ("b", None, True)], "ab", NO_CURSOR),
    "last page without a cursor": ([("a", "1", True), ("a", None, True)], "a", NO_CURSOR),
    "earlier page without a cursor": ([("a", "1", True), ("b", "2", True), ("a", None, True)],
                                      "ab", NO_CURSOR),
    "items that can't be read": ([([None], "1", True), ([None, 5], "2", True),
                                  ([None, 5], "3", True), ([5], "4", True)], [None, None, 5], END),
    "a page that is no list": ([("a", "1", True), ({}, None, True)], "a", END),
}  # fmt: skip


def as_items(items: Any) -> Any:
    return [{"id": one, "chatID": "c"} for one in items] if isinstance(items, str) else items


@pytest.mark.parametrize("direction", ["before", "after"])
@pytest.mark.parametrize("name", list(WALKS))
async def test_the_rule(name: str, direction: str) -> None:
    pages, delivered, ending = WALKS[name]
    state, seen = CursorState.start({"direction": direction}), list[Any]()
    ours, other = ("oldestCursor", "newestCursor")[:: 1 if direction == "before" else -1]
    for number, (items, cursor, more) in enumerate(pages, 1):
        page = {"items": as_items(items), ours: cursor, other: "0"}
        if more is not None:
            page["hasMore"] = more
        state, new = state.advance(page)
        seen += new
        assert state.has_next is (number < len(pages) or ending != END)
        assert (state.cursor is not None) is (number < len(pages))
    assert seen == as_items(delivered)
    assert state.problem is None if ending == END else ending in (state.problem or "")


async def test_old_apps_continue_from_the_outermost_item_that_has_a_sort_key() -> None:
    state = CursorState.start({}, "sortKey")
    items = [{"id": "a", "sortKey": "2"}, {"id": "b", "sortKey": "1"}, {"id": "c", "sortKey": None}]
    state, _ = state.advance({"items": [*items, None], "hasMore": True})
    assert state.cursor == "1"
    state = CursorState.start({"direction": "after"}, "sortKey")
    state, _ = state.advance({"items": [None, *items], "hasMore": True})
    assert state.cursor == "2"


async def test_odd_identities_cost_nothing() -> None:
    state = CursorState.start({})
    items = [{"id": "a", "chatID": ["x"]}, {"id": 1}, {"id": 1}, {"id": ["a"]}, "a", None, None]
    state, new = state.advance({"items": items, "hasMore": True, "oldestCursor": "1"})
    assert new == items, "items without an ID are not told apart, so none is dropped"
    state, new = state.advance({"items": items, "hasMore": True, "oldestCursor": "2"})
    assert new == []
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    _, new = state.advance({"items": [deep], "hasMore": False})
    assert len(new) == 1
