"""What is known of one chat, by ID. Pure.

Sort keys are never read: apps renumber them, and some are no numbers. Identity is the ID, and order
is the position on a page. Only what was seen on a page of a finished read is *verified*: between
two messages that were only pushed, others may be missing.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from attrs import field, frozen

from ..models.message import Message
from .changes import RECOVERED, Source, is_pending
from .states import (
    State,
    digest_in,
    digest_of,
    is_new_unreadable,
    is_unreadable,
    time_in,
    unreadable_state,
)

_TOMBSTONES: Final = 1000
_LOOSE: Final = 1000
_SENDING: Final = 20
_SAME_SENDING: Final = 60.0
_SAME_TIME: Final = 2.0


@frozen
class Item:
    """A record of a page."""

    id: str
    message: Message | None
    """None if it is known like that, or can't be read."""
    raw: Any = None
    """The JSON of a record that can't be read."""
    time: float | None = None
    """When it was sent, as seconds since 1970."""


@frozen
class Stretch:
    """The records of neighbouring pages, newest first."""

    items: Sequence[Item]
    is_newest: bool
    """Whether nothing is newer."""
    is_oldest: bool
    """Whether nothing is older: the history ends here."""
    is_complete: bool = True
    """Whether the pages reach to what is known, or to the end of what can be new."""
    cursor: str | None = None
    """Leads to what is older."""


@frozen
class Held:
    """A live event that waits until its chat has been read."""

    state: State | None
    """The message with its frame; None for a deletion."""
    source: Source
    is_passing: bool = False
    """Whether it is the end of a message that nobody heard of."""


@frozen
class Placement:
    """What a read of pages shows."""

    created: list[Item] = field(factory=list[Item])
    """New messages, oldest first."""
    changed: list[Item] = field(factory=list[Item])
    doubtful: list[str] = field(factory=list[str])
    """IDs of messages that an event changed while the page was on its way."""
    missing: list[str] = field(factory=list[str])
    """IDs of messages that should be on these pages."""


class Ledger:
    """What is known of a chat, and what waits for it."""

    __slots__ = (
        "chat_id",
        "cursor",
        "doubts",
        "epoch",
        "failures",
        "final",
        "gone",
        "held",
        "horizon",
        "is_brand_new",
        "is_read",
        "just_learned",
        "just_read",
        "known",
        "last_look",
        "loose",
        "newest",
        "not_before",
        "owed",
        "read_at",
        "sending",
        "since",
        "step",
        "touched",
        "trims",
        "unverified",
        "version",
    )

    def __init__(self, chat_id: str, since: datetime) -> None:
        self.chat_id: str = chat_id
        self.since: datetime = since
        """As long as nothing is known, messages after this time are new."""
        self.known: dict[str, State] = {}
        """By ID, oldest first."""
        self.trims: int = 0
        """How often some of its messages were forgotten."""
        self.version: int = 0
        """Rises with each change of what a checkpoint holds."""
        self.unverified: set[str] = set()
        """Those of them that no page has shown yet."""
        self.loose: dict[str, State] = {}
        """Messages whose place is not known, because only a change of them was pushed."""
        self.gone: dict[str, None] = {}
        """IDs of deleted messages."""
        self.owed: dict[str, bool] = {}
        """IDs of unknown messages of which an earlier stream had a change to deliver, and whether
        that was their deletion."""
        self.sending: dict[str, None] = {}
        """IDs of own messages that may get another one when the network has taken them."""
        self.final: dict[str, None] = {}
        """IDs that own messages got when the network had taken them."""
        self.horizon: float | None = None
        """Time of the oldest message that any page showed."""
        self.newest: float | None = None
        """Time of the newest message that any page showed."""
        self.cursor: str | None = None
        """Leads to what is older than everything known."""
        self.epoch: int = 0
        """The last possible loss of events after which this chat was read."""
        self.held: dict[str, Held] = {}
        """The newest live event of each message, while the chat is not current."""
        self.doubts: dict[str, Held] = {}
        """Live events that no order depends on, and that can't be judged before a read."""
        self.is_brand_new: bool = False
        """Whether it appeared after the list of chats was read."""
        self.touched: set[str] = set()
        """IDs of messages of which an event came during the read that is going on."""
        self.just_read: set[str] = set()
        """IDs of the messages that the last responses showed."""
        self.just_learned: dict[str, float] = {}
        """When those of them were read that were not known before, and count as history."""
        self.read_at: float = float("-inf")
        """When these responses came, by the clock of the event loop."""
        self.is_read: bool = False
        """Whether it is being read."""
        self.step: int | None = None
        """Which look after a live event comes next."""
        self.last_look: float = float("-inf")
        """When its newest page was last requested."""
        self.failures: int = 0
        """How many reads have failed since one succeeded."""
        self.not_before: float = float("-inf")
        """When it may be read again after a failure."""

    def note_read(self, message_ids: Collection[str], now: float, last: float) -> None:
        """Note that a response showed messages.

        Args:
            message_ids: Their IDs.
            now: The time by the clock of the event loop.
            last: Seconds during which an event may still arrive that is older than a response.
        """
        if now - self.read_at > last:
            self.just_read.clear()
        learned = self.just_learned.items()
        self.just_learned = {one: at for one, at in learned if now - at <= last}
        self.read_at = now
        self.just_read.update(message_ids)

    @property
    def has_undelivered(self) -> bool:
        """Whether an earlier stream had something to deliver of it that is not found by itself."""
        return bool(self.owed) or any(map(is_new_unreadable, self.known.values()))

    def source_of(self, message_id: str) -> Source:
        """Return where a message on a page was first seen: in a live event, if one waits."""
        held = self.held.get(message_id) or self.doubts.get(message_id)
        return RECOVERED if held is None else held.source

    def state(self, message_id: str) -> State | None:
        """Return what is known of a message."""
        known = self.known.get(message_id)
        return self.loose.get(message_id) if known is None else known

    def is_verified(self, message_id: str) -> bool:
        """Whether a page has shown a message."""
        return message_id in self.known and message_id not in self.unverified

    @property
    def floor(self) -> str | None:
        """ID of the oldest verified message."""
        return next((one for one in self.known if one not in self.unverified), None)

    def anchor(self, message: Message) -> None:
        """Take the last message of the chat for known, before any page was read."""
        if not self.known:
            digest = digest_of(message)
            self.known[message.id] = digest.pack()
            self.horizon = self.newest = digest.time
            self.version += 1

    # -- what a live event or a single response changes -------------------------------------

    def add(self, message: Message, state: State) -> None:
        """Remember a message that was only pushed."""
        self.version += 1
        self.known[message.id] = state
        self.unverified.add(message.id)
        self.note_sending(message)

    def set(self, message: Message, state: State) -> None:
        """Remember how a message is now."""
        self.version += 1
        self.just_learned.pop(message.id, None)
        self.owed.pop(message.id, None)
        if message.id in self.known:
            self.known[message.id] = state
        else:
            self.loose[message.id] = state
            if len(self.loose) > _LOOSE:
                del self.loose[next(iter(self.loose))]
        self.note_sending(message)

    def note_sending(self, message: Message) -> None:
        """Note whether an own message may still get another ID."""
        if message.is_sender is False or message.is_sender is None:
            return
        self.sending.pop(message.id, None)
        is_unsure = message.send_status is None and message.id not in self.final
        if is_pending(message) or is_unsure:
            self.sending[message.id] = None
            if len(self.sending) > _SENDING:
                del self.sending[next(iter(self.sending))]

    def may_be(self, message: Message) -> list[str]:
        """Return the IDs that a new own message may have had until now.

        It is not pending any more then. Where the network says nothing of what it has taken, only a
        message of the same content can be the same one.
        """
        if is_pending(message):
            return []
        content, is_edited = digest_of(message).content, message.edited_timestamp is not None
        found: list[str] = []
        for one in self.sending:
            digest = digest_in(self.state(one) or b"")
            if digest is None:
                is_undelivered = self.state(one) is not None
                found += [one] if is_undelivered else []
            elif digest.is_pending or digest.content == content or is_edited:
                found.append(one)
        return found

    def is_same_sending(self, message_id: str, message: Message) -> bool:
        """Whether a message of an ID that the app has forgotten may be another, new one."""
        before, now = digest_in(self.state(message_id) or b""), digest_of(message)
        if before is None or abs(before.time - now.time) > _SAME_SENDING:
            return False
        is_edited = message.edited_timestamp is not None
        is_same_time = abs(before.time - now.time) < _SAME_TIME
        return before.content == now.content or (is_edited and is_same_time)

    def remove(self, message_id: str) -> State | None:
        """Remember that a message is deleted; return how it was."""
        self.version += 1
        before = self.known.pop(message_id, None)
        before = self.loose.pop(message_id, before)
        self._forget(message_id)
        self.note_gone(message_id)
        return before

    def note_gone(self, message_id: str) -> None:
        """Note that a message does not exist, until a response shows it."""
        self.gone[message_id] = None
        if len(self.gone) > _TOMBSTONES:
            del self.gone[next(iter(self.gone))]

    def rename(self, old: str, new: str) -> None:
        """Note that a message has another ID."""
        self.version += 1
        if old in self.known:
            # It keeps its place.
            self.known = {new if one == old else one: s for one, s in self.known.items()}
            if old in self.unverified:
                self.unverified.add(new)
        else:
            self.loose[new] = self.loose.pop(old)
        self._forget(old)
        self.final[new] = None
        if len(self.final) > _TOMBSTONES:
            del self.final[next(iter(self.final))]

    def loosen(self, message_id: str) -> None:
        """Note that a message exists, but not where it was expected."""
        self.version += 1
        state = self.known.pop(message_id, None)
        if state is not None:
            self.unverified.discard(message_id)
            self.loose[message_id] = state

    def _forget(self, message_id: str) -> None:
        self.unverified.discard(message_id)
        self.sending.pop(message_id, None)
        self.owed.pop(message_id, None)

    def is_after_all(self, message: Message) -> bool:
        """Whether a message is newer than everything that a page showed."""
        if self.newest is None:
            return message.timestamp > self.since
        return message.timestamp.timestamp() > self.newest

    def is_new_by_time(self, time: float | None) -> bool:
        """Whether a message is new by its time, which counts only if nothing else is known."""
        if time is None:
            return False
        limit = self.since.timestamp() if self.horizon is None else self.horizon
        return time > limit

    # -- what pages show --------------------------------------------------------------------

    def place(self, stretch: Stretch) -> Placement:
        """Take over what a finished read shows; return what is to be delivered or asked for.

        What is unknown and newer than the oldest verified message of these pages is new. What is
        unknown below it is history, from before what is known.
        """
        items = {item.id: item for item in stretch.items}
        order = list(items)
        verified = [at for at, one in enumerate(order) if self.is_verified(one)]
        lowest = order[verified[-1]] if verified else None
        tail = len(order) - 1 - verified[-1] if verified else 0
        found = Placement(missing=self._missing(items, lowest, tail, stretch))
        limit = verified[-1] if verified else self._limit_by_time(items.values())
        states: dict[str, State] = {}
        for at in reversed(range(len(order))):
            item = items[order[at]]
            is_above = at < limit
            state = self._judge(item, found, is_above=is_above)
            if state is not None:
                states[item.id] = state
        self._rebuild(states, lowest, found, stretch)
        return found

    def has_news(self, stretch: Stretch) -> bool:
        """Whether a finished read shows anything to deliver."""
        items = stretch.items
        verified = [at for at, item in enumerate(items) if self.is_verified(item.id)]
        limit = verified[-1] if verified else self._limit_by_time(items)
        return any(self._is_news(item, is_above=at < limit) for at, item in enumerate(items))

    def _is_news(self, item: Item, *, is_above: bool) -> bool:
        if item.id in self.gone or (item.message is None and item.raw is None):
            return False
        state = self.state(item.id)
        if state is None:
            return is_above
        return item.message is not None and (_waits(state, item) or not is_unreadable(state))

    def _limit_by_time(self, items: Collection[Item]) -> int:
        """Return how many of the records are new if none of them was on a page before.

        What is above a message that is new, by its time or because it was pushed, is new as well.
        """
        new = (
            at + 1
            for at, item in enumerate(items)
            if item.id in self.known or self.is_new_by_time(item.time)
        )
        return max(new, default=0)

    def _judge(self, item: Item, found: Placement, *, is_above: bool) -> State | None:
        """Sort one record in; return the state to remember, if any."""
        state = self.state(item.id)
        is_new = is_above if state is None else _waits(state, item)
        if item.id in self.gone:
            found.doubtful.append(item.id)  # the page may be older than that
            return None
        if item.message is None and item.raw is None:
            if state is None:
                return None  # it was forgotten since it was read
            if item.id in self.touched:
                found.doubtful.append(item.id)
            return state
        if is_new:
            found.created.append(item)
        elif state is not None and item.id in self.touched:
            found.doubtful.append(item.id)
            return state
        elif state is not None and not is_unreadable(state):
            if item.message is not None:
                found.changed.append(item)
            return state
        elif state is not None and item.message is None:
            return state
        elif state is None:
            self.just_learned[item.id] = self.read_at
        return _state(item, is_new=is_new)

    def _missing(
        self, items: Collection[str], lowest: str | None, tail: int, stretch: Stretch
    ) -> list[str]:
        """Return the IDs that belong on these pages and are not there."""
        names = list(self.known)
        if stretch.is_oldest:
            first = 0
        elif lowest is None:
            return []
        else:
            # What stands right below would be among the unknown records at the end of the pages.
            first = max(0, names.index(lowest) - tail)
        on_pages = (at + 1 for at, one in enumerate(names) if one in items)
        last = len(names) if stretch.is_newest else max(on_pages, default=0)
        return [one for one in names[first:last] if one not in items and one not in self.touched]

    def _rebuild(
        self, states: dict[str, State], lowest: str | None, found: Placement, stretch: Stretch
    ) -> None:
        names = list(self.known)
        at = names.index(lowest) if lowest is not None else len(names)
        last = max((i for i, one in enumerate(names) if one in states), default=at)
        below = {one: self.known[one] for one in names[:at] if one not in states}
        above = {one: self.known[one] for one in names[last + 1 :] if one not in states}
        pages = dict(states.items())
        for index in range(at, min(last + 1, len(names))):  # what should be there keeps its place
            if names[index] not in states:
                pages = _inserted(pages, names[index - 1] if index else None, names[index])
                pages[names[index]] = self.known[names[index]]
        self.version += 1
        self.known = {**below, **pages, **above}
        for one in states:
            self.unverified.discard(one)
            self.loose.pop(one, None)
        if not below and stretch.cursor is not None:
            self.cursor = stretch.cursor
        times = [item.time for item in stretch.items if item.time is not None]
        if times:
            oldest = min(times)
            self.newest = max([*times, *([] if self.newest is None else [self.newest])])
            self.horizon = oldest if self.horizon is None else min(self.horizon, oldest)

    def extend(self, stretch: Stretch) -> None:
        """Remember older history, which is read below everything known."""
        older = {
            item.id: _state(item, is_new=False)
            for item in reversed(stretch.items)
            if item.id not in self.known and item.id not in self.gone
        }
        self.just_learned.update(dict.fromkeys(older, self.read_at))
        for one in older:
            older[one] = self.loose.pop(one, older[one])
        self.version += 1
        self.known = {**older, **self.known}
        # At the end of a history some apps serve its oldest messages again and again.
        self.cursor = stretch.cursor if older else None
        times = [item.time for item in stretch.items if item.time is not None]
        self.horizon = min(
            [*times, *([] if self.horizon is None else [self.horizon])], default=None
        )

    # -- how much is remembered --------------------------------------------------------------

    def floor_time(self) -> float | None:
        """Return the time of the oldest message that is remembered."""
        times: Iterator[float | None] = (time_in(state) for state in self.known.values())
        return next((time for time in times if time is not None), None)

    def trim(self, number: int) -> None:
        """Forget some of the oldest messages."""
        self.version += 1
        self.trims += 1
        for one in list(self.known)[:number]:
            del self.known[one]
            self._forget(one)
        self.cursor = None


def _inserted(states: dict[str, State], before: str | None, message_id: str) -> dict[str, State]:
    """Return states with one more behind another one, or in front of all."""
    result: dict[str, State] = {} if before in states else {message_id: b""}
    for one, state in states.items():
        result[one] = state
        if one == before:
            result[message_id] = b""
    return result


def _waits(state: State, item: Item) -> bool:
    """Whether a message can be read now that was new when it could not."""
    return item.message is not None and is_new_unreadable(state)


def _state(item: Item, *, is_new: bool) -> State:
    if item.message is None:
        return unreadable_state(item.raw, is_old=not is_new)
    return digest_of(item.message).pack()


def no_time() -> datetime:
    """Return the time before everything."""
    return datetime.min.replace(tzinfo=UTC)
