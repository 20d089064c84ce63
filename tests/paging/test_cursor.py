"""The rule that leads from page to page, without an app: pages in, cursors and new items out."""

from typing import Any

import pytest

from beeper_async._paging.cursor import CursorState


def page(*ids: object, cursor: str | None = None, **envelope: Any) -> dict[str, Any]:
    return {
        "items": [{"id": one} for one in ids],
        "oldestCursor": cursor,
        "hasMore": True,
    } | envelope


def walk(state: CursorState, *pages: dict[str, Any]) -> tuple[CursorState, list[Any]]:
    items: list[Any] = []
    for one in pages:
        state, items = state.advance(one)
    return state, items


def test_a_position_starts_where_the_caller_says() -> None:
    state = CursorState.start({"cursor": "c", "direction": "after"}, "sortKey")
    assert (state.forward, state.item_cursor, state.cursor) == (True, "sortKey", None)
    assert not state.has_next
    for direction in ("before", None):
        assert not CursorState.start({"direction": direction}).forward
    back, _ = state.advance(page("1", newestCursor="c"))
    assert (back.cursor, back.has_next) == (None, True)
    assert "leads back" in str(back.problem)


@pytest.mark.parametrize(
    ("forward", "has_more", "cursor", "problem"),
    [
        (False, True, "old", None),
        (True, True, "new", None),
        (False, None, "old", None),
        (False, False, None, None),
    ],
)
def test_the_cursor_of_a_direction(
    forward: bool, has_more: bool | None, cursor: str | None, problem: str | None
) -> None:
    state = CursorState(forward=forward)
    sent = page("1", cursor="old", newestCursor="new", hasMore=has_more)
    after, _ = state.advance(sent)
    assert (after.cursor, after.problem, after.has_next) == (cursor, problem, cursor is not None)


@pytest.mark.parametrize(
    ("has_more", "items", "problem"),
    [
        (True, ["1"], "says that more follows, but not where"),
        (True, [], None),
        (None, ["1"], None),
        (None, [], None),
        (False, ["1"], None),
    ],
)
def test_a_page_without_a_cursor(has_more: Any, items: list[str], problem: str | None) -> None:
    after, _ = CursorState().advance(page(*items, hasMore=has_more))
    assert (after.cursor, after.problem, after.has_next) == (None, problem, problem is not None)


def test_without_items_and_has_more_a_cursor_leads_nowhere() -> None:
    after, _ = CursorState().advance(page(cursor="c", hasMore=None))
    assert not after.has_next


@pytest.mark.parametrize(("forward", "cursor"), [(False, "k3"), (True, "k1")])
def test_an_item_serves_as_a_cursor_where_the_page_has_none(forward: bool, cursor: str) -> None:
    items = [{"id": str(n), "sortKey": f"k{n}"} for n in (1, 2, 3)]
    state = CursorState(forward=forward, item_cursor="sortKey")
    assert state.advance({"items": items, "hasMore": True})[0].cursor == cursor
    named = {"items": items, "hasMore": True, "newestCursor": "n", "oldestCursor": "o"}
    assert state.advance(named)[0].cursor == ("n" if forward else "o")
    assert state.advance({"items": [], "hasMore": True})[0].cursor is None
    assert state.advance({"items": [5], "hasMore": True})[0].cursor is None
    bare = CursorState(forward=forward).advance({"items": items, "hasMore": True})[0]
    assert bare.cursor is None


def test_the_third_page_in_a_row_without_anything_is_the_last() -> None:
    state = CursorState.start({})
    problems: list[str | None] = []
    for number in range(3):
        state, _ = state.advance(page(cursor=f"c{number}"))
        problems.append(state.problem)
    assert problems == [None, None, "sent 3 pages in a row without anything new"]


def test_the_last_page_again_and_again_is_the_end() -> None:
    state, _ = CursorState.start({}).advance(page("1", cursor="start"))
    state, items = state.advance(page("1", cursor="c0"))
    assert (state.cursor, items) == ("c0", [])
    state, items = state.advance(page("1", cursor="c1"))
    assert (state.cursor, state.problem, items) == (None, None, [])


def test_a_new_item_starts_the_count_again() -> None:
    pages = [page("1" if n % 3 else str(n + 2), cursor=f"c{n}") for n in range(12)]
    assert walk(CursorState(), *pages)[0].problem is None


def test_what_a_page_repeats_is_dropped() -> None:
    state, _ = CursorState().advance(page("1", "2", cursor="a"))
    state, items = state.advance(page("3", "2", "3", "4", "1", cursor="b"))
    assert items == [{"id": "3"}, {"id": "4"}]
    _, items = state.advance(page("4", "5", cursor="c"))
    assert items == [{"id": "5"}]


def test_messages_of_different_chats_may_share_an_id() -> None:
    items = [{"id": "1", "chatID": "a"}, {"id": "1", "chatID": "b"}]
    state, first = CursorState().advance({"items": items, "hasMore": True, "oldestCursor": "c"})
    assert first == items
    assert state.advance({"items": [*items, {"id": "1"}]})[1] == [{"id": "1"}]


def test_items_without_an_id_are_all_kept() -> None:
    odd: list[Any] = [5, None, {"id": 5}, {"id": 5}, {"id": []}, {}, {"id": "1"}, {"id": "1"}]
    state, items = CursorState().advance({"items": odd, "hasMore": True, "oldestCursor": "c"})
    assert items == odd[:-1]
    assert state.advance({"items": odd})[1] == [], "the same page again"


@pytest.mark.parametrize("items", [None, {}, "ab", 5])
def test_items_that_are_no_list_are_none(items: Any) -> None:
    assert CursorState().advance({"items": items})[1] == []
    assert CursorState().advance({})[1] == []


def test_what_is_remembered_is_bounded() -> None:
    pages = [page(f"i{n}", cursor=f"c{n}") for n in range(64)]
    full, _ = walk(CursorState(), *pages)
    assert "leads back" in str(full.advance(page("new", cursor="c0"))[0].problem)
    longer, _ = full.advance(page("i64", cursor="c64"))
    assert longer.advance(page("new", cursor="c0"))[0].cursor == "c0", "it is forgotten"
    assert "leads back" in str(longer.advance(page("new", cursor="c1"))[0].problem)
    assert longer.advance(page("i57"))[1] == [], "of the last 8 pages"
    assert longer.advance(page("i56"))[1] == [{"id": "i56"}]
