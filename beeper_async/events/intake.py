"""From frames to what they change. Reads nothing over HTTP and never waits.

A frame that fits what is known is delivered at once. Anything else asks for a read: a gap in the
numbers for a read of all chats, a chat that is not current for its newest pages, and a message of
which it is not clear how it is for that message.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from attrs import evolve

from .._codec.converter import MISFITS, structure_function
from .._codec.decoder import decode_leniently
from .._codec.errors import DecodeError
from .._http.unreadable import Unreadable
from ..models.message import Message
from ..models.setup import AppStateSnapshot
from .changes import Source, is_earlier, is_same, may_be_pending
from .frames import Frame, exact, id_in, id_of, ids_of, list_in, parsed, seq_of, time_of
from .gap import Reason
from .kinds import AppStateUpdated, ChatDeleted, ChatUpserted, Event, UnknownEvent
from .ledger import Held, Ledger
from .ledgers import Ledgers
from .outbox import Outbox
from .recorder import Recorder
from .schedule import Schedule
from .source import Report
from .states import REACTION, State, is_digest, is_unreadable, message_in, state_of

_log = logging.getLogger("beeper_async")

_CONTROL: Final = frozenset({"ready", "subscriptions.updated", "error"})
_FIRST_SEQ: Final = 1
_PASSING: Final = 1000
_MOMENT: Final = timedelta(seconds=1)


class Wants(Protocol):
    """What asks for reads over HTTP."""

    def lost(self, reason: Reason) -> None:
        """Events of any chat may be missing."""

    def look(self, ledger: Ledger) -> None:
        """A live event waits for the newest pages of its chat."""

    def look_later(self, ledger: Ledger) -> None:
        """A chat had a live event: what was dropped with it shows soon."""

    def ask(
        self, ledger: Ledger, message_id: str, source: Source, *, was_read: bool = False
    ) -> None:
        """It is not clear how a message is.

        Args:
            ledger: Its chat.
            message_id: Its ID.
            source: The event.
            was_read: Whether the pages of the chat, which were read since, do not show it.
        """


class Intake:
    """Takes frames."""

    def __init__(
        self,
        ledgers: Ledgers,
        recorder: Recorder,
        outbox: Outbox,
        wants: Wants,
        report: Report,
        remove_chat: Callable[[str], None],
        heard: set[str],
        schedule: Schedule,
        clock: Callable[[], float],
    ) -> None:
        self._ledgers = ledgers
        self._recorder = recorder
        self._outbox = outbox
        self._wants = wants
        self._report = report
        self._remove_chat = remove_chat
        self._heard = heard
        self._schedule = schedule
        self._clock = clock
        self._fresh = timedelta(seconds=schedule.fresh)
        self._build = structure_function(Message)
        self._next_seq: int | None = None
        self._held = 0
        self._held_bytes = 0
        self._waiting: dict[str, Ledger] = {}
        self._passing: dict[tuple[object, ...], Event] = {}
        outbox.on_room = self.drain

    def connected(self) -> None:
        """Note that what follows comes over a new connection."""
        self._next_seq = _FIRST_SEQ
        self._wants.lost("connection")

    def take(self, text: bytes) -> None:
        """Take a frame."""
        frame = parsed(text)
        if frame is not None and self._take_new(frame, text):
            return
        kind = None if frame is None else frame.get("type")
        if frame is None or not isinstance(kind, str):
            _log.warning("events: the app sent something that is no event")
            self._wants.lost("incomplete")
            return
        if kind in _CONTROL:
            return
        seq = seq_of(frame)
        if seq is not None:
            if self._next_seq is not None and seq > self._next_seq:
                self._wants.lost("sequence")
            if self._next_seq is None or seq >= self._next_seq:
                self._next_seq = seq + 1
        source = Source(time_of(frame), seq)
        chat_id = id_of(frame.get("chatID"))
        if chat_id is None or not self._is_known_kind(kind, chat_id, frame, text, source):
            self._other(kind, chat_id, exact(text, frame), source)

    def _take_new(self, frame: Frame, text: bytes) -> bool:
        """Deliver a frame if it holds one new message of another person, and nothing is in doubt.

        Most frames do, so they take the shortest way. The others are judged step by step.
        """
        seq = self._next_seq
        entries: Any = frame.get("entries")
        if (
            seq is None
            or frame.get("seq") != seq
            or frame.get("type") != "message.upserted"
            or entries.__class__ is not list
            or len(entries) != 1
        ):
            return False
        try:
            message: Message = self._build(entries[0], Message)
        except MISFITS:
            return False
        ledger, at = self._ledgers.get(message.chat_id), time_of(frame)
        if ledger is None or at is None or not self._is_plain(ledger, message, frame, at):
            return False
        self._heard.add(message.account_id)
        self._next_seq = seq + 1
        if ledger.is_read:
            ledger.touched.add(message.id)
        self._recorder.created_live(ledger, message, text, at, seq)
        if ledger.step != 0:
            self._wants.look_later(ledger)
        return True

    def _is_plain(self, ledger: Ledger, message: Message, frame: Frame, at: datetime) -> bool:
        """Whether a message of a frame is new, and its chat and the consumer are ready."""
        message_id = message.id
        return (
            message_id not in ledger.known
            and ledger.epoch == self._ledgers.epoch
            and not ledger.held
            and message.is_sender is False
            and message.type != REACTION
            and not message.is_deleted
            and frame.get("ids") == [message_id]
            and message_id not in ledger.gone
            and message_id not in ledger.loose
            and message_id not in ledger.owed
            and not self._outbox.is_full
            and self._is_fresh(ledger, message, at)
        )

    def _is_known_kind(
        self, kind: str, chat_id: str, frame: Frame, text: bytes, source: Source
    ) -> bool:
        if kind == "message.upserted":
            self._upserted(chat_id, frame, text, source)
        elif kind == "message.deleted":
            ledger = self._ledgers.of(chat_id)
            for message_id in ids_of(frame):
                self._deleted(ledger, message_id, source)
        elif kind == "chat.upserted":
            self._tell(ChatUpserted(chat_id=chat_id, at=source.at, seq=source.seq))
        elif kind == "chat.deleted":
            self._tell(ChatDeleted(chat_id=chat_id, at=source.at, seq=source.seq))
            self._remove_chat(chat_id)
        else:
            return False
        return True

    def _other(self, kind: str, chat_id: str | None, frame: Frame, source: Source) -> None:
        if kind == "app.state.updated":
            try:
                decoded = decode_leniently(AppStateSnapshot, frame.get("appState"))
            except DecodeError:
                pass
            else:
                for odd in decoded.misfits:
                    self._report(Unreadable(None, odd.problems, odd.raw, odd.item, "events"))
                state = AppStateUpdated(state=decoded.value, at=source.at, seq=source.seq)
                self._tell(state)
                return
        event = UnknownEvent(type=kind, chat_id=chat_id, data=frame, at=source.at, seq=source.seq)
        self._tell(event)

    def _tell(self, event: Event) -> None:
        """Deliver what is no message; of what a slow consumer misses, the newest of each kind."""
        if self._outbox.is_full or self._passing:
            key = event.__class__, getattr(event, "type", None), getattr(event, "chat_id", None)
            self._passing.pop(key, None)
            self._passing[key] = event
            if len(self._passing) > _PASSING:
                del self._passing[next(iter(self._passing))]
        else:
            self._recorder.deliver(event)

    # -- messages ---------------------------------------------------------------------------

    def _upserted(self, chat_id: str, frame: Frame, text: bytes, source: Source) -> None:
        entries = list_in(frame, "entries")
        whole = len(entries) == 1
        named = dict.fromkeys(ids_of(frame))
        for at, entry in enumerate(entries):
            message = self._decoded(entry)
            if message is None:  # it may be a matter of an integer beyond 64 bits
                entry = list_in(exact(text, frame), "entries")[at]
                message = self._decoded_leniently(entry)
            if message is None:
                one = id_in(entry)
                if one is not None:
                    named.setdefault(one, None)
                elif not named:
                    self._wants.look(self._ledgers.of(chat_id))
                continue
            named.pop(message.id, None)
            ledger = self._ledgers.of(message.chat_id)
            self._message(ledger, message, text if whole else state_of(message, entry), source)
        if named:
            ledger = self._ledgers.of(chat_id)
            for one in named:
                self._wants.ask(ledger, one, source)
        elif not entries:
            self._wants.look(self._ledgers.of(chat_id))

    def _decoded(self, entry: Any) -> Message | None:
        try:
            message: Message = self._build(entry, Message)
        except MISFITS:
            return None
        return message

    def _decoded_leniently(self, entry: Any) -> Message | None:
        try:
            decoded = decode_leniently(Message, entry)
        except DecodeError:  # only a part of a message, or one that can't be read
            return None
        for odd in decoded.misfits:
            self._report(Unreadable(None, odd.problems, odd.raw, odd.item, "events"))
        return decoded.value

    def _message(self, ledger: Ledger, message: Message, state: State, source: Source) -> None:
        if ledger.epoch != self._ledgers.epoch or ledger.held or self._outbox.is_full:
            self._hold(ledger, message.id, Held(state, source))
        else:
            self.apply(ledger, message, state, source)

    def apply(
        self,
        ledger: Ledger,
        message: Message,
        state: State,
        source: Source,
        *,
        was_read: bool = False,
        was_asked: bool = False,
        came_at: float | None = None,
    ) -> None:
        """Deliver how a live event shows a message.

        Args:
            ledger: Its chat.
            message: The message.
            state: What to remember of it.
            source: The event.
            was_read: Whether the pages of the chat were read since, so that an unknown message is
                on none of them.
            was_asked: Whether a response shows it, and not the event itself.
            came_at: When the event came, if it had to wait.
        """
        now = self._clock() if came_at is None else came_at
        self._heard.add(message.account_id)
        if ledger.is_read and not was_asked:
            ledger.touched.add(message.id)
        known = ledger.state(message.id)
        if known is None:
            self._unknown(ledger, message, state, source, now, was_read, was_asked)
        elif known == state:
            return
        elif self._is_just_learned(ledger, message.id, now):
            del ledger.just_learned[message.id]
            if _is_creation(message, source.at):  # the first page of the chat was faster
                ledger.set(message, state)
                self._recorder.deliver_created(ledger, message, source, len(state))
            else:  # the first page that showed it had the change already
                self._recorder.unknown_changed(ledger, message, source, state)
        elif self._is_just_read(ledger, message.id, now) or is_earlier(message, known):
            if is_unreadable(known) or not is_same(message, known):
                self._wants.ask(ledger, message.id, source)
        elif not self._recorder.changed(ledger, message, source, state) and is_digest(known):
            self._recorder.touched(ledger, message, source, state)
        self._wants.look_later(ledger)

    def _unknown(
        self,
        ledger: Ledger,
        message: Message,
        state: State,
        source: Source,
        now: float,
        was_read: bool,
        was_asked: bool,
    ) -> None:
        may_be_renamed = message.is_sender and ledger.sending and ledger.may_be(message)
        may_be_new = was_read or not may_be_renamed
        is_outdated = may_be_pending(message) and self._was_read(ledger, now)
        if message.id in ledger.gone or (is_outdated and not was_asked and not was_read):
            self._wants.ask(ledger, message.id, source)
        elif message.is_deleted:
            self._recorder.unknown_changed(ledger, message, source, state)
        elif may_be_new and self._is_fresh(ledger, message, source.at, was_read=was_read):
            self._recorder.created(ledger, message, state, source)
        elif was_read:
            self._recorder.unknown_changed(ledger, message, source, state)
        else:
            ledger.doubts[message.id] = Held(state, source)
            self._wants.look(ledger)

    def _is_fresh(
        self, ledger: Ledger, message: Message, at: datetime | None, *, was_read: bool = False
    ) -> bool:
        """Whether an unknown message is new, as far as its time shows that."""
        if ledger.is_brand_new:
            return True
        age = (at or datetime.now(UTC)) - message.timestamp
        if age > self._fresh or -age > self._fresh:
            return False
        return not ledger.may_be_forgotten(message) if was_read else ledger.is_after_all(message)

    def _was_read(self, ledger: Ledger, now: float) -> bool:
        """Whether the chat was read a moment ago, so that a frame may be older than that."""
        return now - ledger.read_at < self._schedule.just_read

    def _is_just_learned(self, ledger: Ledger, message_id: str, now: float) -> bool:
        """Whether a message was read for the first time a moment ago."""
        at = ledger.just_learned.get(message_id)
        return at is not None and now - at < self._schedule.just_read

    def _is_just_read(self, ledger: Ledger, message_id: str, now: float) -> bool:
        """Whether a frame may be older than the response that showed its message."""
        return message_id in ledger.just_read and self._was_read(ledger, now)

    def _deleted(self, ledger: Ledger, message_id: str, source: Source) -> None:
        if ledger.epoch != self._ledgers.epoch or ledger.held or self._outbox.is_full:
            self._hold(ledger, message_id, Held(None, source))
        else:
            self._remove(ledger, message_id, source)

    def _remove(self, ledger: Ledger, message_id: str, source: Source) -> None:
        if ledger.is_read:
            ledger.touched.add(message_id)
        if message_id in ledger.sending or self._may_be_renamed(ledger, message_id, source):
            self._wants.ask(ledger, message_id, source)  # it may be known under its other ID
        else:
            self._recorder.deleted(ledger, message_id, source)
        self._wants.look_later(ledger)

    def _may_be_renamed(self, ledger: Ledger, message_id: str, source: Source) -> bool:
        """Whether an unknown message may be an own one that was just sent."""
        held = ledger.doubts.get(message_id)
        message = None if held is None or not held.state else message_in(held.state)
        if message is None or not message.is_sender:
            return False
        return self._is_fresh(ledger, message, source.at, was_read=True)

    # -- what waits -------------------------------------------------------------------------

    def _hold(self, ledger: Ledger, message_id: str, held: Held) -> None:
        """Let a live event wait: for its chat to be read, or for a slow consumer.

        The newest event of each message is kept, so only passing states are lost.
        """
        before = ledger.held.get(message_id)
        self._release_bytes(before)
        if held.state is None and before is not None and _is_reaction(before.state):
            held = evolve(held, is_passing=True)
        ledger.held[message_id] = evolve(held, came_at=self._clock())
        self._held += 1
        self._held_bytes += len(held.state or b"")
        if self._held > self._schedule.held or self._held_bytes > self._schedule.held_bytes:
            self._drop(ledger)
        elif ledger.epoch != self._ledgers.epoch:
            self._wants.look(ledger)
        else:
            self._waiting[ledger.chat_id] = ledger

    def _release_bytes(self, held: Held | None) -> None:
        if held is not None:
            self._held -= 1
            self._held_bytes -= len(held.state or b"")

    def _drop(self, ledger: Ledger) -> None:
        """Forget the live events that wait for a chat. It is read again."""
        for held in ledger.held.values():
            self._release_bytes(held)
        ledger.held = {}
        self._wants.lost("overflow")

    def drain(self) -> None:
        """Deliver what waited for the consumer."""
        waiting, self._waiting = self._waiting, {}
        for chat_id, ledger in waiting.items():
            if ledger.epoch != self._ledgers.epoch:
                self._wants.look(ledger)
            elif self._outbox.is_full:
                self._waiting[chat_id] = ledger
            else:
                self.release(ledger)
        while self._passing and not self._outbox.is_full:
            self._recorder.deliver(self._passing.pop(next(iter(self._passing))))

    def release(self, ledger: Ledger) -> None:
        """Deliver the live events that wait for a chat, in the order in which they came."""
        held, ledger.held = ledger.held, {}
        names = list(held)
        for at, message_id in enumerate(names):
            if self._outbox.is_full:
                ledger.held = {one: held[one] for one in names[at:]} | ledger.held
                self._waiting[ledger.chat_id] = ledger
                return
            self._release_bytes(held[message_id])
            self._apply_held(ledger, message_id, held[message_id], was_read=False)

    def settle(self, ledger: Ledger, doubts: Mapping[str, Held]) -> None:
        """Deliver live events that could not be judged before their chat was read.

        Args:
            ledger: The chat.
            doubts: Those that waited when the read began.
        """
        for message_id, held in doubts.items():
            if ledger.doubts.get(message_id) is not held:
                continue
            del ledger.doubts[message_id]
            if held.state:
                self._settle(ledger, message_id, held, held.state)

    def _settle(self, ledger: Ledger, message_id: str, held: Held, state: State) -> None:
        message = message_in(state)
        if message is None:
            return
        if ledger.state(message_id) is not None:
            # It is history, so what came was a change of it; how it was before is not known.
            self._recorder.unknown_changed(ledger, message, held.source, state)
        elif not self._is_fresh(ledger, message, held.source.at, was_read=True):
            # It is older than what is known, or gone by now.
            self._wants.ask(ledger, message_id, held.source, was_read=True)
        elif message.is_sender:
            # It may have been delivered and deleted under its pending ID.
            ledger.note_gone(message_id)
            self._wants.ask(ledger, message_id, held.source, was_read=True)
        else:
            self._apply_held(ledger, message_id, held, was_read=True)

    def _apply_held(self, ledger: Ledger, message_id: str, held: Held, *, was_read: bool) -> None:
        message = None if held.state is None else message_in(held.state)
        if held.is_passing:
            ledger.remove(message_id)
        elif held.state is None or message is None:
            self._remove(ledger, message_id, held.source)
        else:
            self.apply(
                ledger,
                message,
                held.state,
                held.source,
                was_read=was_read,
                came_at=held.came_at,
            )


def _is_creation(message: Message, at: datetime | None) -> bool:
    """Whether an event is about a message that was written at that very moment."""
    if at is None or message.edited_timestamp or message.reactions or message.is_deleted:
        return False
    return abs(at - message.timestamp) < _MOMENT


def _is_reaction(state: State | None) -> bool:
    message = None if state is None else message_in(state)
    return message is not None and message.type == REACTION
