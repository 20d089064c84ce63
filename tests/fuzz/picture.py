"""What a consumer knows from events alone, compared with what the app knows. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final, TypeAlias

from attrs import define, field, frozen

from beeper_async import (
    Event,
    MessageChanged,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    MessageUpserted,
    ReactionAdded,
    ReactionRemoved,
    SendStatusChanged,
)
from beeper_async.models.message import Message as EventMessage
from beeper_async.models.reaction import Reaction

from .store import Message, ReactionKey, State
from .undetectable import Facts

KINDS: Final = ("missing", "twice", "state", "deletion", "invented", "label", "ended")
"""What can be wrong: see `Judge`; "ended" is a stream that ended without being closed."""

Fault: TypeAlias = tuple[str, str]


@frozen
class Delivered:
    """An event as the consumer got it."""

    at: float
    stream: int
    """How many streams there were before this one."""
    event: Event


@define
class Findings:
    """What differs, each with its kind and a line about it."""

    faults: list[Fault] = field(factory=list[Fault])
    undetectable: list[Fault] = field(factory=list[Fault])
    """What differs but can't be known to a client."""

    @property
    def counts(self) -> Counter[str]:
        return Counter(kind for kind, _ in self.faults)


@define
class Known:
    """A message as the events show it."""

    id: str
    text: str | None
    edited: datetime | None
    reactions: frozenset[ReactionKey]
    is_deleted: bool = False

    @classmethod
    def of(cls, message: EventMessage) -> Known:
        """Take over all of a message."""
        return cls(message.id, message.text, message.edited_timestamp, reactions_of(message))

    def differences(self, state: State) -> Iterator[str]:
        """Name what is different in the app."""
        edited = state.edited and datetime.fromisoformat(state.edited)
        if self.id != state.id:
            yield f"ID {self.id}, not {state.id}"
        if self.text != state.text or self.edited != edited:
            yield f"text {self.text!r}, not {state.text!r}"
        if self.reactions != state.reactions:
            yield f"reactions {sorted(self.reactions)}, not {sorted(state.reactions)}"


def reactions_of(message: EventMessage) -> frozenset[ReactionKey]:
    """Return who reacted with what."""
    return frozenset(map(key_of, message.reactions or ()))


def key_of(reaction: Reaction) -> ReactionKey:
    """Return what a reaction is known by."""
    return reaction.participant_id, reaction.reaction_key


def picture_of(events: Iterable[Event]) -> Known | None:
    """Follow one message from event to event; each tells only what its class promises."""
    known: Known | None = None
    for event in events:
        if isinstance(event, MessageDeleted):
            known = known or Known(event.message_id, None, None, frozenset())
            known.is_deleted = True
        elif isinstance(event, MessageUpserted):
            if known is None or known.is_deleted or type(event) in (MessageCreated, MessageChanged):
                known = Known.of(event.message)
            elif isinstance(event, MessageEdited):
                known.text, known.edited = event.message.text, event.message.edited_timestamp
            elif isinstance(event, ReactionAdded):
                known.reactions |= {key_of(event.reaction)}
            elif isinstance(event, ReactionRemoved):
                known.reactions -= {key_of(event.reaction)}
            if isinstance(event, SendStatusChanged) and event.previous_id == known.id:
                known.id = event.message.id
    return known


def compare(delivered: Sequence[Delivered], facts: Facts) -> Findings:
    """Judge all that was delivered."""
    findings = Findings()
    stories: dict[Message, list[Delivered]] = defaultdict(list)
    for one in delivered:
        if isinstance(one.event, MessageUpserted | MessageDeleted):
            chat = facts.store.chats.get(one.event.chat_id)
            message = None if chat is None else chat.find(one.event.message_id)
            if message is None:
                findings.faults.append(("invented", f"{one.event.message_id} never was"))
            else:
                stories[message].append(one)
    for message in facts.store.messages:
        _Judge(message, stories[message], facts, findings).judge()
    return findings


class _Judge:
    """Compares the events of one message with what really happened to it."""

    def __init__(
        self, message: Message, story: Sequence[Delivered], facts: Facts, findings: Findings
    ) -> None:
        self._message = message
        self._story = story
        self._events = [one.event for one in story]
        self._facts = facts
        self._findings = findings

    def judge(self) -> None:
        if self._message.type == "REACTION":
            # It shows in its target. If only its ID was ever seen, its deletion is one like others.
            for event in self._events:
                if not (isinstance(event, MessageDeleted) and event.before is None):
                    self._fault("invented", f"{type(event).__name__} of a reaction")
            return
        self._creation()
        self._end()
        self._deletions()
        self._changes()
        self._labels()

    def _fault(self, kind: str, text: str, excuse: str | None = None) -> None:
        message = self._message
        line = f"{message.id} of {message.chat.id}, made at {message.made_at:.2f}: {text}"
        if excuse is None:
            self._findings.faults.append((kind, line))
        else:
            self._findings.undetectable.append((kind, f"{line}; {excuse}"))

    def _count(self, kind: type[Event]) -> int:
        return sum(isinstance(event, kind) for event in self._events)

    def _creation(self) -> None:
        """A message is created exactly once, and before anything else happens to it."""
        message, facts, count = self._message, self._facts, self._count(MessageCreated)
        if count > 1:
            self._fault("twice", f"created {count} times", facts.why_twice(message))
        if not facts.is_news(message):
            # One that could not be decoded is new to a client when it is healed.
            if count and message.made_at < 0 and message.log[0].is_readable:
                self._fault("invented", "created, but it was there before")
            return
        excuse = facts.why_not_created(message)
        if not self._events:
            if message.is_readable:
                self._fault("missing", "no event about it", excuse)
        elif not isinstance(self._events[0], MessageCreated | MessageDeleted):
            excuse = facts.why_mislabelled(message)
            self._fault("label", f"first comes {type(self._events[0]).__name__}", excuse)

    def _end(self) -> None:
        """In the end it is known as it is."""
        message, known = self._message, picture_of(self._events)
        excuse = self._facts.why_not_changed(message)
        states = {(one.text, one.edited, one.reactions, one.is_deleted) for one in message.log}
        has_changed = message.state.at > self._facts.subscribed_at and len(states) > 1
        if message.chat.is_gone or not message.is_readable:
            return
        if message.deleted:
            was_known = known is not None or not self._facts.is_news(message)
            if was_known and has_changed and not (known and known.is_deleted):
                self._fault("deletion", "it is deleted", excuse)
        elif known is None:
            if not self._facts.is_news(message) and has_changed:
                self._fault("state", "it changed, and no event says so", excuse)
        elif not known.is_deleted:
            differences = ", ".join(known.differences(message.state))
            if differences:
                self._fault("state", differences, excuse)

    def _deletions(self) -> None:
        count, is_over = self._count(MessageDeleted), False
        excuse = self._facts.why_twice(self._message)
        if count and not self._message.is_deleted:
            self._fault("invented", "deleted, but it is there", excuse)
        if count > 1:
            self._fault("twice", f"deleted {count} times", excuse)
        for event in self._events:
            if is_over and isinstance(event, MessageUpserted) and self._message.is_deleted:
                self._fault("invented", f"{type(event).__name__} after it was deleted")
            is_over = is_over or isinstance(event, MessageDeleted)

    def _changes(self) -> None:
        """Nothing changes that did not, and nothing more often than it did."""
        log = self._message.log
        texts = [(state.text, state.edited) for state in log]
        edits = Counter(
            (event.message.text, event.message.edited_timestamp)
            for event in self._events
            if isinstance(event, MessageEdited)
        )
        for (text, edited), count in edits.items():
            happened = sum(
                (now[0], now[1] and datetime.fromisoformat(now[1])) == (text, edited)
                for then, now in pairwise(texts)
                if now != then
            )
            if count > happened:
                self._fault("invented", f"edited {count} times to {text!r}, not {happened}")
        self._reactions(ReactionAdded, [frozenset(), *(state.reactions for state in log)])
        self._reactions(ReactionRemoved, [state.reactions for state in log])

    def _reactions(
        self, kind: type[ReactionAdded | ReactionRemoved], log: list[frozenset[ReactionKey]]
    ) -> None:
        told = Counter(key_of(event.reaction) for event in self._events if isinstance(event, kind))
        for key, count in told.items():
            turns = [(key in now) - (key in then) for then, now in pairwise(log)]
            happened = turns.count(1 if kind is ReactionAdded else -1)
            if count > happened:
                self._fault("invented", f"{kind.__name__} {key} {count} times, not {happened}")

    def _labels(self) -> None:
        message = self._message
        for one in self._story:
            event = one.event
            if isinstance(event, MessageChanged) and event.before is not None:
                now, then = Known.of(event.message), Known.of(event.before)
                if now != then:
                    self._fault("label", "MessageChanged, although it is known what changed")
            if isinstance(event, MessageCreated):
                was_served = message.first_served is not None and message.first_served <= one.at
                was_sent = any(sent.at <= one.at for sent in message.sent)
                if event.recovered and not was_served:
                    self._fault("label", "recovered, but only a frame can have brought it")
                if not event.recovered and not was_sent:
                    self._fault("label", "not recovered, but no frame can have brought it")
