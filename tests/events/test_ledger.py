"""Where messages belong, by their ID and their place on pages, and which of them are new."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given, strategies as st

from beeper_async.events.changes import RECOVERED, Source
from beeper_async.events.ledger import Held, Ledger, no_time
from beeper_async.events.placement import Item, Placement, Stretch, extend, has_news, place
from beeper_async.events.states import (
    UNDELIVERED,
    digest_of,
    is_new_unreadable,
    state_of,
    time_in,
    unreadable_state,
)
from beeper_async.models import Message

from ..live import NOON, message
from .material import CHAT, _readable, at, item, ledger_of, own, pages, state, unreadable


def ids(items: Sequence[Item]) -> list[int]:
    return [int(one.id) for one in items]


def known(ledger: Ledger) -> list[int]:
    return [int(one) for one in ledger.known]


def push(ledger: Ledger, number: int, **fields: object) -> None:
    """Take a message that was pushed, and that no page has shown."""
    one = item(number, **fields).message
    assert one is not None
    ledger.add(one, state_of(one))


# -- what is new --------------------------------------------------------------------------------


def test_the_first_page_of_a_new_stream_is_history() -> None:
    ledger = Ledger(CHAT, at(3))
    found = place(ledger, pages(ledger, [5, 4, 3, 2]))
    assert ids(found.created) == [4, 5], "by time, which counts as long as nothing is known"
    assert known(ledger) == [2, 3, 4, 5]
    assert ledger.unverified == set()


def test_what_lies_above_the_known_is_new_oldest_first() -> None:
    ledger = ledger_of(1, 2, 3)
    found = place(ledger, pages(ledger, [5, 4, 3, 2]))
    assert ids(found.created) == [4, 5]
    assert (found.changed, found.doubtful, found.missing) == ([], [], [])
    assert known(ledger) == [1, 2, 3, 4, 5]


def test_what_lies_between_the_known_is_new_whatever_its_time() -> None:
    ledger = ledger_of(1, 2, 4)
    late = item(3, timestamp=at(-10_000))
    found = place(ledger, pages(ledger, [4, late, 2, 1]))
    assert ids(found.created) == [3]
    assert known(ledger) == [1, 2, 3, 4]


def test_what_lies_below_the_known_is_history_whatever_its_time() -> None:
    ledger = ledger_of(3, 4)
    found = place(ledger, pages(ledger, [4, 3, item(2, timestamp=at(99)), 1]))
    assert found == Placement()
    assert known(ledger) == [1, 2, 3, 4]
    assert set(ledger.just_learned) == {"1", "2"}


def test_a_pushed_message_is_no_proof_for_what_lies_above_it() -> None:
    """Between it and the verified ones, messages may have been lost."""
    ledger = ledger_of(1, 2)
    push(ledger, 5)
    found = place(ledger, pages(ledger, [5, 4, 3, 2]))
    assert ids(found.created) == [3, 4]
    assert known(ledger) == [1, 2, 3, 4, 5]
    assert all(ledger.is_verified(one) for one in ledger.known)


def test_where_only_pushed_messages_are_known_they_divide_old_from_new() -> None:
    ledger = Ledger(CHAT, at(9))
    push(ledger, 3)
    found = place(ledger, pages(ledger, [5, 4, 3, 2, 1]))
    assert ids(found.created) == [4, 5]


def test_a_gap_is_filled_by_time_where_nothing_on_the_pages_is_known() -> None:
    ledger = ledger_of(1, 2)
    found = place(ledger, pages(ledger, [9, 8, item(7, timestamp=at(0.5))]))
    assert ids(found.created) == [8, 9]
    assert known(ledger) == [1, 2, 7, 8, 9]


def test_a_message_that_was_deleted_does_not_come_again() -> None:
    ledger = ledger_of(1, 2, 3)
    ledger.remove("2")
    found = place(ledger, pages(ledger, [4, 3, 2, 1]))
    assert ids(found.created) == [4]
    assert found.doubtful == ["2"], "the page may be older than the deletion"
    assert known(ledger) == [1, 3, 4]


def test_an_unreadable_message_is_new_once_and_again_when_it_can_be_read() -> None:
    ledger = ledger_of(1)
    assert ids(place(ledger, pages(ledger, [unreadable(2), 1])).created) == [2]
    assert place(ledger, pages(ledger, [unreadable(2), 1])).created == []
    (now,) = place(ledger, pages(ledger, [2, 1])).created
    assert now.message is not None
    assert known(ledger) == [1, 2]


def test_unreadable_history_stays_history() -> None:
    ledger = ledger_of(2)
    assert place(ledger, pages(ledger, [2, unreadable(1)])).created == []
    assert place(ledger, pages(ledger, [2, 1])).created == []


def test_an_undelivered_message_is_new_in_its_place() -> None:
    ledger = ledger_of(1, 2, 3)
    ledger.known["2"] = UNDELIVERED
    assert ledger.has_undelivered
    assert ids(place(ledger, pages(ledger, [3, 2, 1])).created) == [2]
    assert known(ledger) == [1, 2, 3]
    assert not ledger.has_undelivered


# -- what changed -------------------------------------------------------------------------------


def test_a_message_that_a_page_shows_otherwise_is_changed() -> None:
    ledger = ledger_of(1, 2)
    found = place(ledger, pages(ledger, [item(2, text="new"), 1]))
    assert ids(found.changed) == [2]
    assert ledger.known["2"] == state(2), "the state before is needed to compare"


def test_a_message_that_an_event_touched_meanwhile_is_asked_for() -> None:
    ledger = ledger_of(1, 2, 3)
    ledger.touched |= {"2", "3"}
    found = place(ledger, pages(ledger, [3, item(2, text="other"), 1]))
    assert (sorted(found.doubtful), found.changed, found.created) == (["2", "3"], [], [])
    assert known(ledger) == [1, 2, 3]


# -- what is missing ----------------------------------------------------------------------------


def test_what_is_not_where_it_belongs_is_missing() -> None:
    ledger = ledger_of(1, 2, 3, 4)
    found = place(ledger, pages(ledger, [4, 2]))
    assert found.missing == ["3"]
    assert sorted(known(ledger)) == [1, 2, 3, 4], "until it is known what became of it"


def test_what_is_missing_keeps_its_place_until_it_is_known_what_became_of_it() -> None:
    ledger = ledger_of(1, 2, 3, 4)
    place(ledger, pages(ledger, [4, 2]))
    assert known(ledger) == [1, 2, 3, 4]
    assert place(ledger, pages(ledger, [4, 2])).missing == ["3"]


def test_nothing_below_the_pages_is_missing() -> None:
    ledger = ledger_of(1, 2, 3, 4)
    assert place(ledger, pages(ledger, [4, 3])).missing == []


def test_at_the_end_of_a_history_everything_has_been_seen() -> None:
    ledger = ledger_of(1, 2, 3, 4)
    assert place(ledger, pages(ledger, [4, 3], is_oldest=True)).missing == ["1", "2"]
    assert place(ledger, pages(ledger, [], is_oldest=True)).missing == ["1", "2", "3", "4"]


def test_what_lies_above_older_pages_is_not_missing() -> None:
    ledger = ledger_of(1, 2, 3, 4)
    assert place(ledger, pages(ledger, [2, 1], is_newest=False)).missing == []
    ledger = ledger_of(1, 2, 3, 4)
    assert place(ledger, pages(ledger, [3, 1], is_newest=False)).missing == ["2"]


def test_a_deleted_message_is_missing_though_history_follows_it() -> None:
    """Its neighbour below was never seen, and is the next record of the page."""
    ledger = ledger_of(3, 4)
    ledger.known = {"2": state(2), **ledger.known}
    found = place(ledger, pages(ledger, [4, 3, 1]))
    assert found.missing == ["2"]


def test_what_an_event_touched_meanwhile_is_not_missing() -> None:
    ledger = ledger_of(1, 2, 3)
    ledger.touched.add("2")
    assert place(ledger, pages(ledger, [3, 1])).missing == []


def test_a_pushed_message_that_no_page_shows_is_missing() -> None:
    ledger = ledger_of(1, 2)
    push(ledger, 3)
    assert place(ledger, pages(ledger, [2, 1])).missing == ["3"]


# -- any history, any pages ---------------------------------------------------------------------

worlds = st.lists(st.integers(1, 40), unique=True, max_size=25)


@given(world=worlds, data=st.data())
def test_a_read_of_everything_shows_exactly_what_is_new(
    world: list[int], data: st.DataObject
) -> None:
    """The order of a chat is whatever its pages show; IDs and times mean nothing."""
    seen = [one for one in world if data.draw(st.booleans())]
    first = world.index(seen[0]) if seen else len(world)
    gone = data.draw(st.sets(st.integers(50, 60), max_size=3))
    ledger = ledger_of(*(seen + sorted(gone)))
    found = place(ledger, pages(ledger, [*reversed(world)], is_oldest=True))
    there = [one for one in world[first:] if one not in seen]
    if seen:
        assert ids(found.created) == there
        assert known(ledger)[: len(world)] == world
    assert sorted(map(int, found.missing)) == sorted(gone)
    assert found.changed == []
    again = place(ledger, pages(ledger, [*reversed(world)], is_oldest=True))
    assert (again.created, again.changed) == ([], [])


@given(world=worlds.filter(lambda one: len(one) > 2), data=st.data())
def test_reads_of_parts_lead_to_the_same_as_one_read_of_all(
    world: list[int], data: st.DataObject
) -> None:
    """Each part begins in what is known, as a reader makes them."""
    count = data.draw(st.integers(1, len(world) - 1))
    ledger = ledger_of(*world[:count])
    created: list[int] = []
    end = count
    while end < len(world):
        end = data.draw(st.integers(end + 1, len(world)))
        begin = data.draw(st.integers(0, count - 1))
        part = world[begin:end]
        found = place(ledger, pages(ledger, [*reversed(part)], is_newest=end == len(world)))
        created += ids(found.created)
        assert (found.missing, found.changed) == ([], [])
        count = end
    assert created == [one for one in world if one in created]
    assert known(ledger) == world
    assert len(created) == len(set(created))


@given(world=worlds.filter(bool), data=st.data())
def test_pushed_and_read_messages_are_created_once(world: list[int], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(world)))
    ledger = ledger_of(*world[:count])
    pushed = [one for one in world[count:] if data.draw(st.booleans())]
    for one in pushed:
        push(ledger, one)
    found = place(ledger, pages(ledger, [*reversed(world)]))
    assert ids(found.created) == [one for one in world[count:] if one not in pushed]
    assert known(ledger) == world
    assert ledger.unverified == set()


# -- older history ------------------------------------------------------------------------------


def test_older_pages_go_below_everything() -> None:
    ledger = ledger_of(4, 5)
    extend(ledger, pages(ledger, [3, 2], is_newest=False, cursor="on"))
    assert known(ledger) == [2, 3, 4, 5]
    assert ledger.cursor == "on"
    assert ledger.horizon == at(2).timestamp()
    extend(ledger, pages(ledger, [1], is_newest=False))
    assert known(ledger)[0] == 1
    assert not ledger.cursor


def test_a_page_that_is_served_again_and_again_ends_the_history() -> None:
    ledger = ledger_of(1, 2)
    extend(ledger, pages(ledger, [2, 1], is_newest=False, cursor="another"))
    assert (known(ledger), ledger.cursor) == ([1, 2], None)


def test_older_pages_bring_nothing_back() -> None:
    ledger = ledger_of(3, 4)
    ledger.remove("2")
    ledger.set(message(1, text="pushed"), b"{}")
    extend(ledger, pages(ledger, [2, 1], is_newest=False, cursor="on"))
    assert known(ledger) == [1, 3, 4]
    assert ledger.known["1"] == b"{}", "what an event showed is newer than that"
    assert ledger.loose == {}


def test_what_can_not_be_read_there_is_no_new_message_later() -> None:
    ledger = ledger_of(3)
    extend(ledger, pages(ledger, [unreadable(2)], is_newest=False))
    assert not is_new_unreadable(ledger.known["2"])


# -- single messages ----------------------------------------------------------------------------


def test_a_change_of_an_unknown_message_has_no_place() -> None:
    ledger = ledger_of(5)
    ledger.set(message(1), b"{}")
    assert (known(ledger), ledger.state("1")) == ([5], b"{}")
    assert not ledger.is_verified("1")
    found = place(ledger, pages(ledger, [5, 1]))
    assert found.created == []
    assert (known(ledger), ledger.loose) == ([1, 5], {})


def test_a_deletion_gives_how_it_was_and_leaves_a_tombstone() -> None:
    ledger = ledger_of(1, 2)
    ledger.owed["2"] = False
    assert ledger.remove("2") == state(2)
    assert ledger.remove("2") is None
    assert ("2" in ledger.gone, ledger.owed, known(ledger)) == (True, {}, [1])


def test_tombstones_and_loose_messages_are_bounded() -> None:
    ledger = ledger_of(1)
    for number in range(2500):
        ledger.remove(f"gone {number}")
        ledger.set(message(10_000 + number), b"{}")
        ledger.note_sending(own(20_000 + number))
    assert (len(ledger.gone), len(ledger.loose)) == (1000, 1000)
    assert "gone 2499" in ledger.gone
    assert "12499" in ledger.loose
    assert [*ledger.sending] == [str(22_480 + number) for number in range(20)]


def test_another_id_keeps_the_place() -> None:
    ledger = ledger_of(1, 2)
    push(ledger, 3)
    push(ledger, 4)
    ledger.rename("3", "9")
    assert known(ledger) == [1, 2, 9, 4]
    assert ledger.unverified == {"9", "4"}
    ledger.rename("2", "8")
    assert ledger.is_verified("8")
    assert ledger.state("2") is None
    ledger.set(message(7), b"{}")
    ledger.rename("7", "6")
    assert ledger.loose == {"6": b"{}"}


def test_a_message_that_is_elsewhere_loses_its_place() -> None:
    ledger = ledger_of(1, 2, 3)
    ledger.loosen("2")
    assert (known(ledger), ledger.loose) == ([1, 3], {"2": state(2)})
    ledger.loosen("5")
    assert ledger.loose == {"2": state(2)}


def test_the_preview_of_a_chat_is_where_it_begins() -> None:
    ledger = Ledger(CHAT, NOON)
    ledger.anchor(message(5, timestamp=at(5)))
    assert (known(ledger), ledger.floor) == ([5], "5")
    assert ledger.horizon == ledger.newest == at(5).timestamp()
    ledger.anchor(message(6))
    assert known(ledger) == [5], "more than that is known already"
    found = place(ledger, pages(ledger, [6, 5, 4]))
    assert ids(found.created) == [6]


def test_the_floor_is_the_oldest_that_a_page_showed() -> None:
    ledger = Ledger(CHAT, NOON)
    assert ledger.floor is None
    push(ledger, 1)
    assert ledger.floor is None
    ledger = ledger_of(2, 3)
    ledger.known = {"1": b"{}", **ledger.known}
    ledger.unverified.add("1")
    assert ledger.floor == "2"


def test_where_a_message_was_first_seen() -> None:
    ledger, live = Ledger(CHAT, NOON), Source(NOON, 3)
    assert ledger.source_of("1") == RECOVERED
    ledger.held["1"] = Held(b"{}", live)
    ledger.doubts["2"] = Held(b"{}", live)
    assert (ledger.source_of("1"), ledger.source_of("2")) == (live, live)


# -- own messages -------------------------------------------------------------------------------


def sending(*messages: Message) -> Ledger:
    ledger = ledger_of(100)
    for one in messages:
        ledger.add(one, state_of(one))
    return ledger


def test_which_sent_message_a_new_own_one_may_be() -> None:
    ledger = sending(own(1, text="one"), own(2, text="two"), own(3, None, text="three"))
    assert ledger.may_be(own(9, "SUCCESS", text="one")) == ["1", "2"], "any that is under way"
    assert ledger.may_be(own(9, "SUCCESS", text="three")) == ["1", "2", "3"]
    edited = own(9, "SUCCESS", text="other", edited_timestamp=NOON)
    assert ledger.may_be(edited) == ["1", "2", "3"]
    ledger.set(own(1, "SUCCESS", text="one"), b"{}")
    assert ledger.may_be(own(9, "SUCCESS", text="one")) == ["2"], "the network has that one"


def test_messages_of_others_are_never_under_way() -> None:
    ledger = sending(message(1, text="hi"), message(2, is_sender=False))
    assert ledger.may_be(own(9)) == []


def test_a_sent_message_that_was_not_delivered_may_be_any() -> None:
    ledger = sending(own(1))
    ledger.known["1"] = UNDELIVERED
    assert ledger.may_be(own(9, "SUCCESS", text="anything")) == ["1"]
    del ledger.known["1"]
    assert ledger.may_be(own(9, "SUCCESS")) == [], "of that one nothing is known"


@pytest.mark.parametrize(
    ("now", "is_same"),
    [
        (own(9, "SUCCESS"), True),
        (own(9, "SUCCESS", text="other"), False),
        (own(9, "SUCCESS", text="other", edited_timestamp=at(1)), True),
        (own(9, "SUCCESS", timestamp=NOON + timedelta(seconds=61)), False),
    ],
)
def test_a_forgotten_id_and_a_new_message(now: Message, is_same: bool) -> None:
    ledger = sending(own(1))
    assert ledger.is_same_sending("1", now) == is_same
    assert not ledger.is_same_sending("2", now)


# -- times --------------------------------------------------------------------------------------


def test_new_by_time() -> None:
    ledger = Ledger(CHAT, at(3))
    assert [ledger.is_new_by_time(at(n).timestamp()) for n in (2, 3, 4)] == [False, False, True]
    assert not ledger.is_new_by_time(None)
    place(ledger, pages(ledger, [5]))
    assert [ledger.is_new_by_time(at(n).timestamp()) for n in (5, 6)] == [False, True]


def test_newer_than_everything() -> None:
    ledger = Ledger(CHAT, at(3))
    assert [ledger.is_after_all(message(9, timestamp=at(n))) for n in (3, 4)] == [False, True]
    place(ledger, pages(ledger, [5, 4]))
    assert [ledger.is_after_all(message(9, timestamp=at(n))) for n in (5, 6)] == [False, True]


@given(st.lists(st.lists(st.integers(-100, 100), min_size=1, max_size=5), max_size=5))
def test_the_horizon_only_sinks_and_the_newest_only_rises(reads: list[list[int]]) -> None:
    ledger = Ledger(CHAT, no_time())
    times: list[float] = []
    for number, minutes in enumerate(reads):
        items = [item(10 * number + place, timestamp=at(one)) for place, one in enumerate(minutes)]
        times += [at(one).timestamp() for one in minutes]
        place(ledger, Stretch(items, is_newest=True, is_oldest=False))
        assert (ledger.horizon, ledger.newest) == (min(times), max(times))


def test_what_was_just_read_is_forgotten_after_a_while() -> None:
    ledger = Ledger(CHAT, NOON)
    ledger.note_read(["1"], 100.0, 10.0)
    ledger.just_learned["1"] = 100.0
    ledger.note_read(["2"], 109.0, 10.0)
    assert (ledger.just_read, set(ledger.just_learned)) == ({"1", "2"}, {"1"})
    ledger.note_read(["3"], 120.0, 10.0)
    assert (ledger.just_read, ledger.just_learned) == ({"3"}, {})


# -- how much is remembered ---------------------------------------------------------------------


def test_the_oldest_are_forgotten_first() -> None:
    ledger = ledger_of(1, 2, 3, 4)
    ledger.cursor = "older"
    push(ledger, 5)
    ledger.trim(2)
    assert known(ledger) == [3, 4, 5]
    assert not ledger.cursor
    assert ledger.unverified == {"5"}
    assert ledger.floor_time() == at(3).timestamp()
    ledger.trim(3)
    assert (known(ledger), ledger.unverified, ledger.floor_time()) == ([], set(), None)


def test_the_time_of_the_floor_skips_what_can_not_be_read() -> None:
    ledger = ledger_of(3, 4)
    ledger.known = {"1": unreadable_state({}, is_old=True), "2": UNDELIVERED, **ledger.known}
    assert ledger.floor_time() == time_in(state(3))


def test_each_change_of_what_a_checkpoint_holds_raises_the_version() -> None:
    ledger, versions = ledger_of(1, 2, 3), [0]
    one = message(9, timestamp=at(9))
    for change in (
        lambda: ledger.add(one, state_of(one)),
        lambda: ledger.set(one, digest_of(one).pack()),
        lambda: ledger.set(message(8), b"{}"),
        lambda: ledger.rename("9", "10"),
        lambda: ledger.loosen("2"),
        lambda: ledger.remove("3"),
        lambda: extend(ledger, pages(ledger, [0], is_newest=False)),
        lambda: place(ledger, pages(ledger, [11, 10])),
        lambda: ledger.trim(1),
    ):
        change()
        versions.append(ledger.version)
    assert versions == sorted(set(versions))


def test_items_that_repeat_count_once() -> None:
    ledger = ledger_of(1, 2)
    found = place(ledger, pages(ledger, [4, 3, 3, 2, 2, 1]))
    assert ids(found.created) == [3, 4]
    assert known(ledger) == [1, 2, 3, 4]


def test_a_placement_is_made_of_lists_of_its_own() -> None:
    one, other = Placement(), Placement()
    one.missing.append("1")
    assert other == evolve(other, missing=[])


@pytest.mark.parametrize(
    ("shown", "is_news"),
    [
        ([3, 2, 1], False),
        ([3, 2, 1, 0], False),
        ([4, 3, 2, 1], True),
        ([3, item(2, text="other"), 1], True),
        ([3, 1], False),
    ],
    ids=["as known", "history below", "a new one", "a change", "one that is missing"],
)
def test_only_what_is_delivered_waits_for_room(shown: list[int | Item], is_news: bool) -> None:
    """What is missing is asked for first."""
    ledger = ledger_of(1, 2, 3)
    stretch = pages(ledger, shown)
    assert has_news(ledger, stretch) is is_news
    found = place(ledger, stretch)
    assert bool(found.created or found.changed) is is_news


def test_history_of_a_chat_that_nobody_knew_is_no_news() -> None:
    ledger = Ledger(CHAT, at(100))
    assert not has_news(ledger, pages(ledger, [2, 1]))
    ledger = Ledger(CHAT, no_time())
    assert has_news(ledger, pages(ledger, [2, 1]))


def test_a_pending_message_is_not_the_final_form_of_another() -> None:
    ledger = Ledger(CHAT, no_time())
    first, second = own(1, text="a", edited_timestamp=at(5)), own(2, text="b")
    ledger.add(first, digest_of(first).pack())
    assert ledger.may_be(second) == []
    assert ledger.may_be(own(2, state="SUCCESS", text="b")) == ["1"]


def test_what_was_forgotten_is_no_news_when_a_page_shows_it() -> None:
    """Even if everything that is still known was only pushed."""
    ledger = ledger_of(1, 2)
    for number in (3, 4):
        one = _readable(number)
        ledger.add(one, digest_of(one).pack())
    ledger.trim(3)
    found = place(ledger, pages(ledger, [5, 4, 3, 2, 1]))
    assert ids(found.created) == [5]
