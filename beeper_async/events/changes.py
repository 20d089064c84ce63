"""What happened to a message, from how it was and how it is. Pure."""

from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from attrs import evolve, frozen

from ..models.message import Message
from .kinds import (
    Event,
    MessageChanged,
    MessageDeleted,
    MessageEdited,
    MessageUpserted,
    ReactionAdded,
    ReactionRemoved,
    SendStatusChanged,
)
from .states import Digest, State, digest_in, digest_of, message_in, reaction_digest

# An edit that is pushed so soon after its time is what the event is about.
_RECENT: Final = timedelta(minutes=2)


@frozen
class Source:
    """Where a change was seen."""

    at: datetime | None = None
    """When the app sent the event."""
    seq: int | None = None
    recovered: bool = False
    """Whether no event was received, and it was found on a page."""


RECOVERED: Final = Source(recovered=True)

Step: TypeAlias = tuple[Event, State]
"""An event, and the state of the message before it."""


def steps(
    message: Message, state: State, source: Source, previous_id: str | None = None
) -> list[Step]:
    """Return the events that lead from a state to a message, each with the state before it.

    Of several events each can be acknowledged by itself, so each needs its own state before.
    None if nothing changed. What a digest does not cover, such as read receipts, is compared only
    with what a live event delivered.
    """
    then, now = digest_in(state), digest_of(message)
    if then is None or then.is_deleted:
        return []
    before = message_in(state)
    facts: dict[str, Any] = {"at": source.at, "seq": source.seq, "recovered": source.recovered}
    if now.is_deleted:
        gone = MessageDeleted(
            chat_id=message.chat_id, message_id=message.id, before=before, **facts
        )
        return [(gone, state)]
    facts |= {"message": message, "before": before}
    walk = _Walk(then, state)
    if previous_id is not None:  # first, so that the others are about a known ID
        sent = SendStatusChanged(previous_id=previous_id, **facts)
        walk.step(sent, evolve(then, status=now.status))
    if now.content != then.content:
        walk.step(MessageEdited(**facts), evolve(walk.digest, content=now.content))
    _reactions(message, before, then, walk, facts)
    if previous_id is None and now.status != then.status:
        walk.step(SendStatusChanged(**facts), evolve(walk.digest, status=now.status))
    is_other = before is not None and not source.recovered and message != before
    if not walk.steps and is_other:
        walk.step(MessageChanged(**facts), now)
    return walk.steps


def is_same(message: Message, state: State) -> bool:
    """Whether a response shows a message as it is known."""
    return digest_in(state) == digest_of(message)


def is_earlier(message: Message, state: State) -> bool:
    """Whether a message seems to be older than what is known of it, so that it has to be read."""
    before = message_in(state)
    if before is None or message.is_deleted:
        return False
    if is_pending(message) and _status(before) == "SUCCESS":
        return True
    edited, edited_before = message.edited_timestamp, before.edited_timestamp
    return edited_before is not None and (edited is None or edited < edited_before)


def is_pending(message: Message) -> bool:
    """Whether the network has not taken a message yet."""
    return _status(message) == "PENDING"


def may_be_pending(message: Message) -> bool:
    """Whether an own message may still get another ID: not every network reports its status."""
    return bool(message.is_sender) and (message.send_status is None or is_pending(message))


def unknown_change(
    message: Message, source: Source, since: datetime, *, may_be_forgotten: bool
) -> Event:
    """Return the event of a live change of a message that was not known.

    Args:
        message: How it is now.
        source: Where that was seen.
        since: When the stream began.
        may_be_forgotten: Whether it may have been delivered once. Then it is not clear what
            changed, for what happened between is not known any more.
    """
    facts: dict[str, Any] = {"at": source.at, "seq": source.seq, "recovered": source.recovered}
    if message.is_deleted:
        return MessageDeleted(chat_id=message.chat_id, message_id=message.id, **facts)
    edited, at = message.edited_timestamp, source.at
    is_recent = edited is not None and at is not None and abs(at - edited) < _RECENT
    is_edit = is_recent or (edited is not None and edited > since)
    is_clear = is_edit and not may_be_forgotten
    kind: type[MessageUpserted] = MessageEdited if is_clear else MessageChanged
    return kind(message=message, **facts)


def _status(message: Message) -> str | None:
    return None if message.send_status is None else message.send_status.status


class _Walk:
    """The way from one digest to another, event by event."""

    def __init__(self, digest: Digest, state: State) -> None:
        self.steps: list[Step] = []
        self.digest = digest
        self._state = state

    def step(self, event: Event, after: Digest) -> None:
        """Add an event, and the digest after it."""
        self.steps.append((event, self._state))
        self.digest, self._state = after, after.pack()


def _reactions(
    message: Message, before: Message | None, then: Digest, walk: _Walk, facts: dict[str, Any]
) -> None:
    known = then.reactions
    now = {reaction_digest(one): one for one in message.reactions or ()}
    for key, reaction in now.items():
        if key not in known:
            added = ReactionAdded(reaction=reaction, **facts)
            walk.step(added, walk.digest.with_reaction(key))
    removed = known - now.keys()
    if before is not None:
        for reaction in before.reactions or ():
            key = reaction_digest(reaction)
            if key in removed:
                gone = ReactionRemoved(reaction=reaction, **facts)
                walk.step(gone, walk.digest.without_reaction(key))
                removed -= {key}
    elif removed:  # which one it was is not known any more
        after = evolve(walk.digest, reactions=walk.digest.reactions - removed)
        walk.step(MessageChanged(**facts), after)
