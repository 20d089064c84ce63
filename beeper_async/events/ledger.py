"""What is known of one chat, by ID. Pure.

Sort keys are never read: apps renumber them, and some are no numbers. Identity is the ID, and order
is the position on a page. Only what was seen on a page of a finished read is *verified*: between
two messages that were only pushed, others may be missing.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Final

from attrs import frozen

from ..models.message import Message
from .changes import RECOVERED, Source, is_pending
from .states import (
    State,
    digest_in,
    digest_of,
    is_new_unreadable,
    time_in,
)

_TOMBSTONES: Final = 1000
_LOOSE: Final = 1000
_SENDING: Final = 20
_SAME_SENDING: Final = 60.0
_SAME_TIME: Final = 2.0


@frozen
class Held:
    """A live event that waits until its chat has been read."""

    state: State | None
    """The message with its frame; None for a deletion."""
    source: Source
    is_passing: bool = False
    """Whether it is the end of a message that nobody heard of."""
    came_at: float | None = None
    """When it came, by the clock of the event loop; None if it does not wait any more."""


class Ledger:
    """What is known of a chat, and what waits for it."""

    __slots__ = (
        "chat_id",
        "cursor",
        "doubts",
        "epoch",
        "failures",
        "final",
        "forgotten",
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
        self.forgotten: float | None = None
        """Time of the newest message that was forgotten. What is not known and older is history."""
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
        if self.newest is None and self.forgotten is None:
            return message.timestamp > self.since
        time = message.timestamp.timestamp()
        return time > (self.newest or 0.0) and time > (self.forgotten or 0.0)

    def may_be_forgotten(self, message: Message) -> bool:
        """Whether an unknown message is as old as those that were forgotten."""
        return self.forgotten is not None and message.timestamp.timestamp() <= self.forgotten

    def is_new_by_time(self, time: float | None) -> bool:
        """Whether a message is new by its time, which counts only if nothing else is known."""
        if time is None:
            return False
        limit = self.since.timestamp() if self.horizon is None else self.horizon
        return time > limit and time > (self.forgotten or limit)

    # -- how much is remembered --------------------------------------------------------------

    def floor_time(self) -> float | None:
        """Return the time of the oldest message that is remembered."""
        times: Iterator[float | None] = (time_in(state) for state in self.known.values())
        return next((time for time in times if time is not None), None)

    def trim(self, number: int) -> None:
        """Forget some of the oldest messages."""
        self.version += 1
        self.trims += 1
        forgotten = list(self.known)[:number]
        times = (time_in(self.known[one]) for one in reversed(forgotten))
        newest = next((time for time in times if time is not None), None)
        if newest is not None:
            self.forgotten = max(newest, self.forgotten or newest)
        for one in forgotten:
            del self.known[one]
            self._forget(one)
        self.cursor = None


def no_time() -> datetime:
    """Return the time before everything."""
    return datetime.min.replace(tzinfo=UTC)
