"""What a checkpoint holds: everything that is known, without what was not acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from beeper_async import InvalidInputError
from beeper_async.events.changes import RECOVERED, Source
from beeper_async.events.checkpoint import HEADER, Checkpoint
from beeper_async.events.checkpoint_records import (
    CheckpointWriter,
    Identity,
    identity_in,
    restore,
)
from beeper_async.events.kinds import MessageChanged, MessageCreated, MessageEdited
from beeper_async.events.ledger import Held, Ledger, no_time
from beeper_async.events.ledgers import Ledgers
from beeper_async.events.outbox import Delivery, Outbox
from beeper_async.events.placement import place
from beeper_async.events.recorder import Recorder
from beeper_async.events.schedule import USUAL
from beeper_async.events.states import UNDELIVERED, State, compact, digest_of, state_of
from beeper_async.events.waiters import Waiters
from beeper_async.models import Message

from ..live import NOON, message
from .material import CHAT, at, own, pages, state, unreadable

LIVE = Source(NOON, 1)
NOBODY = Identity()


class Core:
    """A core without a client: what is known, and what waits for its consumer."""

    def __init__(self, since: Checkpoint | datetime | None = None) -> None:
        self.outbox = Outbox(10**6, 10**9)
        begin = since if isinstance(since, datetime) else no_time()
        self.ledgers = Ledgers(USUAL, begin, begins_now=False)
        self.asked: list[str] = []
        self.recorder = Recorder(
            self.outbox,
            Waiters(),
            lambda chat_id: None,
            lambda ledger, message_id, source: self.asked.append(message_id),
            self.ledgers.trim,
        )
        self.writer = CheckpointWriter()
        self.rows: dict[str, str] = {}
        if isinstance(since, Checkpoint):
            self.rows = restore(since, self.ledgers, 0.0)

    @property
    def ledger(self) -> Ledger:
        return self.ledgers.of(CHAT)

    def knows(self, *numbers: int) -> Core:
        place(self.ledger, pages(self.ledger, [*reversed(numbers)]))
        return self

    def create(self, one: Message) -> None:
        self.recorder.created(self.ledger, one, state_of(one), LIVE)

    def change(self, one: Message, previous_id: str | None = None) -> None:
        if previous_id is not None:
            self.ledger.rename(previous_id, one.id)
        assert self.recorder.changed(self.ledger, one, LIVE, previous_id=previous_id)

    def delete(self, message_id: str) -> None:
        self.recorder.deleted(self.ledger, message_id, LIVE)

    def waiting(self) -> list[Delivery]:
        return list(self.outbox.unacknowledged())

    def acknowledge(self, number: int = 1) -> None:
        for delivery in self.waiting()[:number]:
            delivery.acknowledge()

    def write(self, identity: Identity = NOBODY) -> Checkpoint:
        return self.writer.write(self.ledgers, self.rows, identity, self.outbox.unacknowledged())

    def again(self) -> Core:
        """What a stream that begins with the checkpoint knows."""
        return Core(Checkpoint.from_json(self.write().to_json()))

    def known(self) -> dict[str, State]:
        return {one: compact(known) for one, known in self.ledger.known.items()}

    def sees(self, *messages: Message | int) -> list[tuple[type, str]]:
        """What pages deliver that show these messages, oldest first."""
        before = len(self.waiting())
        shown = pages(self.ledger, [*reversed(messages)])
        self.recorder.placed(self.ledger, place(self.ledger, shown))
        return [(type(one.event), one.message_id or "") for one in self.waiting()[before:]]


def test_what_is_known_is_known_again() -> None:
    core = Core(NOON).knows(1, 2, 3)
    core.create(message(4, timestamp=at(4)))
    core.ledger.set(message(9), state_of(message(9)))
    core.acknowledge()
    core.rows[CHAT] = "row"
    again = core.again()
    assert again.known() == core.known() | {"4": digest_of(message(4, timestamp=at(4))).pack()}
    assert [*again.known()] == ["1", "2", "3", "4"]
    assert again.ledger.unverified == {"4"}
    assert again.ledger.loose == {"9": digest_of(message(9)).pack()}
    assert again.ledger.horizon == at(1).timestamp()
    assert again.ledgers.since == NOON
    assert again.rows == {CHAT: "row"}
    assert again.ledger.epoch == -1, "it has to be read"


def test_whose_messages_they_are() -> None:
    whole = Core().write(Identity("@user:beeper.com", "DEVICE"))
    assert identity_in(whole) == Identity("@user:beeper.com", "DEVICE")
    assert identity_in(Core().write()) == NOBODY


# -- rolled back --------------------------------------------------------------------------------


def test_an_unacknowledged_message_is_new_again_in_its_place() -> None:
    core = Core().knows(1, 2)
    for number in (3, 4):
        core.create(message(number, timestamp=at(number)))
    core.waiting()[1].acknowledge()
    again = core.again()
    assert again.ledger.known["3"] == UNDELIVERED
    assert again.sees(1, 2, 3, 4) == [(MessageCreated, "3")]
    assert again.sees(1, 2, 3, 4) == []


def test_an_unacknowledged_change_happens_again() -> None:
    core = Core().knows(1, 2)
    core.change(message(2, timestamp=at(2), text="one"))
    core.change(message(2, timestamp=at(2), text="two"))
    now = message(2, timestamp=at(2), text="two")
    assert core.again().sees(message(1, timestamp=at(1)), now) == [(MessageEdited, "2")]
    core.acknowledge()
    assert core.again().sees(message(1, timestamp=at(1)), now) == [(MessageEdited, "2")]
    core.acknowledge()
    assert core.again().sees(message(1, timestamp=at(1)), now) == []


def test_each_step_of_one_change_is_acknowledged_by_itself() -> None:
    core = Core()
    before, now = own(1, timestamp=at(1)), own(1, "SUCCESS", text="new", timestamp=at(1))
    core.create(before)
    core.acknowledge()
    core.change(now)
    whole = [type(one.event) for one in core.waiting()]
    assert len(whole) == 2
    assert [kind for kind, _ in core.again().sees(now)] == whole
    core.acknowledge()
    assert [kind for kind, _ in core.again().sees(now)] == whole[1:]


def test_an_unacknowledged_message_that_was_changed_is_new_as_it_is_now() -> None:
    core = Core().knows(1)
    core.create(message(2, timestamp=at(2)))
    core.change(message(2, timestamp=at(2), text="new"))
    again = core.again()
    assert again.sees(1, message(2, timestamp=at(2), text="new")) == [(MessageCreated, "2")]


def test_an_unacknowledged_deletion_is_missing_again() -> None:
    core = Core().knows(1, 2, 3)
    core.delete("2")
    again = core.again()
    assert again.ledger.known["2"] == state(2)
    assert place(again.ledger, pages(again.ledger, [3, 1])).missing == ["2"]
    core.acknowledge()
    assert [*core.again().known()] == ["1", "3"]


def test_a_message_that_came_and_went_unseen_is_nothing() -> None:
    core = Core().knows(1)
    core.create(message(2, timestamp=at(2)))
    core.delete("2")
    again = core.again()
    assert [*again.known()] == ["1"]
    assert again.sees(1) == []


def test_an_unacknowledged_final_id_is_the_pending_one_again() -> None:
    core = Core().knows(1)
    core.create(own(2, timestamp=at(2)))
    core.acknowledge()
    core.change(own(9, "SUCCESS", timestamp=at(2)), previous_id="2")
    again = core.again()
    assert again.known() == {"1": state(1), "2": digest_of(own(2, timestamp=at(2))).pack()}
    assert "2" in again.ledger.sending
    core.acknowledge()
    assert [*core.again().known()] == ["1", "9"]


def test_an_unacknowledged_message_that_got_its_final_id_is_new_under_that() -> None:
    core = Core().knows(1)
    core.create(own(2, timestamp=at(2)))
    core.change(own(9, "SUCCESS", timestamp=at(2)), previous_id="2")
    again = core.again()
    assert again.sees(1, own(9, "SUCCESS", timestamp=at(2))) == [(MessageCreated, "9")]


def test_a_change_before_the_final_id_comes_again_too() -> None:
    core = Core().knows(1)
    core.create(own(2, timestamp=at(2)))
    core.acknowledge()
    core.change(own(2, text="new", timestamp=at(2)))
    core.change(own(9, "SUCCESS", text="new", timestamp=at(2)), previous_id="2")
    again = core.again()
    assert again.known()["2"] == digest_of(own(2, timestamp=at(2))).pack()
    assert [*again.known()] == ["1", "2"]


def test_a_change_of_a_message_that_was_not_known_is_owed() -> None:
    core = Core().knows(5)
    core.recorder.unknown_changed(core.ledger, message(2), LIVE, state_of(message(2)))
    again = core.again()
    assert [*again.ledger.owed] == ["2"]
    assert again.ledger.has_undelivered
    assert [*again.again().ledger.owed] == ["2"], "until it is delivered"
    core.acknowledge()
    assert [*core.again().ledger.owed] == []


def test_live_events_that_wait_are_owed() -> None:
    core = Core().knows(1)
    core.ledger.held["1"] = Held(state_of(message(1, text="edited")), LIVE)
    core.ledger.held["7"] = Held(state_of(message(7)), LIVE)
    core.ledger.held["8"] = Held(None, LIVE)
    core.ledger.doubts["9"] = Held(state_of(message(9)), LIVE)
    owed = core.again().ledger.owed
    assert owed == {"7": False, "8": True, "9": False}, "what is known is compared anyway"


def test_a_deletion_of_an_unknown_message_is_owed_as_one() -> None:
    core = Core().knows(1)
    core.recorder.deleted(core.ledger, "7", LIVE)
    assert core.again().ledger.owed == {"7": True}


def test_what_could_not_be_read_is_not_delivered_twice() -> None:
    core = Core().knows(1)
    core.recorder.placed(core.ledger, place(core.ledger, pages(core.ledger, [unreadable(2), 1])))
    again = core.again()
    assert place(again.ledger, pages(again.ledger, [unreadable(2), 1])).created == []
    assert again.sees(1, 2) == [(MessageCreated, "2")]


# -- any story ----------------------------------------------------------------------------------

acts = st.lists(
    st.tuples(
        st.sampled_from(["create", "create", "edit", "delete", "acknowledge", "look"]),
        st.integers(0, 7),
    ),
    max_size=40,
)


class Story:
    """What happens in a chat, what a consumer acknowledged, and what it hears after a restart."""

    def __init__(self) -> None:
        self.core = Core()
        self.there: dict[str, Message] = {}
        self.picture: dict[str, str | None] = {}
        """What the consumer knows: the text of each message that it heard of."""
        self._number = 0
        self._say()
        self._look()

    def _say(self) -> None:
        self._number += 1
        one = message(self._number, timestamp=at(self._number), text="")
        self.there[one.id] = one

    def act(self, what: str, which: int) -> None:
        ids = [*self.there]
        one = self.there[ids[which % len(ids)]] if ids else None
        if what == "create":
            self._say()
            self.core.create([*self.there.values()][-1])
        elif what == "edit" and one is not None:
            self._number += 1
            self.there[one.id] = message(
                int(one.id), timestamp=one.timestamp, text=f"edit {self._number}"
            )
            self.core.change(self.there[one.id])
        elif what == "delete" and one is not None:
            del self.there[one.id]
            self.core.delete(one.id)
        elif what == "acknowledge":
            self._acknowledge(which)
        elif what == "look":
            self._look()

    def _look(self) -> None:
        self.core.sees(*self.there.values())

    def _acknowledge(self, number: int) -> None:
        for delivery in self.core.waiting()[:number]:
            event = delivery.event
            if isinstance(event, MessageCreated):
                assert event.message_id not in self.picture, "each message is created once"
                self.picture[event.message_id] = event.message.text
            elif isinstance(event, MessageEdited | MessageChanged):
                assert event.message_id in self.picture
                self.picture[event.message_id] = event.message.text
            else:
                assert delivery.message_id in self.picture, "deletions of what was never heard"
                self.picture.pop(delivery.message_id or "", None)
            delivery.acknowledge()

    def restart(self) -> None:
        """Begin with a checkpoint, and read the chat."""
        self.core = self.core.again()
        shown = pages(self.core.ledger, [*reversed([*self.there.values()])], is_oldest=True)
        placement = place(self.core.ledger, shown)
        self.core.recorder.placed(self.core.ledger, placement)
        for one in placement.missing:
            self.core.recorder.deleted(self.core.ledger, one, RECOVERED)


@given(acts=acts, restarts=st.sets(st.integers(0, 40), max_size=3))
def test_after_a_restart_exactly_the_rest_is_heard(
    acts: list[tuple[str, int]], restarts: set[int]
) -> None:
    story = Story()
    for number, (what, which) in enumerate(acts):
        if number in restarts:
            story.restart()
        story.act(what, which)
    story.restart()
    story.act("acknowledge", 10**6)
    assert story.picture == {one: there.text for one, there in story.there.items()}


@given(acts)
def test_what_is_read_back_is_written_the_same(acts: list[tuple[str, int]]) -> None:
    story = Story()
    for what, which in acts:
        story.act(what, which)
        written = story.core.write()
        again = Core(written)
        assert again.write() == written
        assert Core(again.write()).write() == written


@given(acts)
def test_a_writer_that_wrote_before_writes_the_same_as_a_new_one(
    acts: list[tuple[str, int]],
) -> None:
    """It keeps the records of what did not change, and must see all that did."""
    story = Story()
    for what, which in acts:
        story.act(what, which)
        written = story.core.write()
        story.core.writer = CheckpointWriter()
        assert story.core.write() == written


# -- how much changes ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def long_history() -> Core:
    core = Core().knows(*range(1, 3001))
    for delivery in core.waiting():
        delivery.acknowledge()
    return core


LITTLE: list[Callable[[Core], None]] = [
    lambda core: core.create(message(5001, timestamp=at(5001))),
    lambda core: core.change(message(1500, timestamp=at(1500), text="new")),
    lambda core: core.delete("700"),
    lambda core: core.ledger.trim(20),
]


@pytest.mark.parametrize("act", LITTLE)
def test_little_changes_few_records(act: Callable[[Core], None], long_history: Core) -> None:
    core = long_history
    before = core.write()
    assert len(before.records) > 20
    act(core)
    core.acknowledge(10)
    change = core.write().change_from(before)
    assert 1 <= len(change.written) + len(change.removed) <= 4
    assert sum(map(len, change.written.values())) < 0.2 * sum(map(len, before.records.values()))


def test_nothing_changes_nothing(long_history: Core) -> None:
    before = long_history.write()
    assert not long_history.write().change_from(before)
    assert not long_history.again().write().change_from(before)


def test_another_chat_is_not_written_again() -> None:
    core = Core().knows(1)
    core.ledgers.of("other").anchor(message(1))
    before = core.write()
    core.create(message(2))
    assert {key[:6] for key in core.write().change_from(before).written} == {"c!chat", "b!chat"}


# -- what is no checkpoint ----------------------------------------------------------------------


def broken() -> Iterator[dict[str, str]]:
    records = dict(Core().knows(1, 2).write().records)
    chat = f"c{CHAT}"
    block = next(key for key in records if key.startswith("b"))
    for key in (HEADER, chat, block):
        for text in ("", "[]", "{}", "null", "7"):
            yield {**records, key: text}
    yield {**records, HEADER: '{"since": "yesterday"}'}
    yield {key: text for key, text in records.items() if key != block}
    yield {**records, block: '{"1": "\u00e4"}'}
    yield {**records, block: '{"1": 5}'}
    yield {**records, chat: records[chat].replace('"owed":{}', '"owed":5')}


@pytest.mark.parametrize("records", [*broken()])
def test_broken_records_are_refused(records: dict[str, str]) -> None:
    block = next((text for key, text in records.items() if key.startswith("b")), "")
    if block == "{}":
        return  # a block without messages is one
    with pytest.raises(InvalidInputError, match="not a checkpoint"):
        restore(Checkpoint(records), Ledgers(USUAL, no_time(), begins_now=False), 0.0)


def test_a_header_may_belong_to_nobody_and_must_be_one() -> None:
    assert identity_in(Checkpoint({HEADER: '{"account": 5}'})) == NOBODY
    for records in ({HEADER: "[]"}, {HEADER: ""}, {}):
        with pytest.raises(InvalidInputError, match="not a checkpoint"):
            identity_in(Checkpoint(records))


def test_times_survive() -> None:
    since = NOON + timedelta(microseconds=1)
    assert Core(since).again().ledgers.since == since
    assert Core().again().ledgers.since == no_time()
