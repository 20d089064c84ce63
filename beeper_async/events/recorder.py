"""Remembers how a message is, and delivers what changed: both in one step, without a wait between.

All that live events and responses lead to goes through here, so that a message is created once and
each change of it comes once, whichever of the two showed it first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeAlias

from .._codec.json_values import is_object
from ..models.message import Message
from .changes import Source, steps, unknown_change
from .kinds import (
    Event,
    MessageChanged,
    MessageCreated,
    MessageDeleted,
    SendStatusChanged,
    UnknownEvent,
)
from .ledger import Ledger
from .outbox import Outbox
from .placement import Item, Placement
from .source import Notify
from .states import (
    REACTION,
    State,
    digest_in,
    is_new_unreadable,
    is_unreadable,
    message_in,
    state_of,
)
from .waiters import Waiters

_TRIM_AFTER: Final = 512

Ask: TypeAlias = Callable[[Ledger, str, Source], object]
"""Takes a chat, the ID of a message in it that has to be read, and what led to that."""


class Recorder:
    """Writes ledgers and the outbox.

    Args:
        outbox: Takes the events.
        waiters: See each event as it is put.
        notify: Called with the ID of a chat in which an own message was created or changed.
        ask: Called with a message that has to be read: one that somebody reacted to.
        trim: Called now and then, so that not too much is remembered.
    """

    def __init__(
        self,
        outbox: Outbox,
        waiters: Waiters,
        notify: Notify,
        ask: Ask,
        trim: Callable[[], None],
    ) -> None:
        self.found: int = 0
        """How many messages reconciliation created or changed."""
        self._outbox = outbox
        self._waiters = waiters
        self._notify = notify
        self._ask = ask
        self._trim = trim
        self._until_trim = _TRIM_AFTER

    def deliver(
        self,
        event: Event,
        ledger: Ledger | None = None,
        message_id: str | None = None,
        before: State | None = None,
        previous_id: str | None = None,
        size: int = 0,
    ) -> None:
        """Put an event, and show it to those who wait for one."""
        self._outbox.put(event, ledger, message_id, before, previous_id, size)
        if self._waiters.any:
            self._waiters.show(event)

    def created(self, ledger: Ledger, message: Message, state: State, source: Source) -> None:
        """Deliver a new message."""
        ledger.add(message, state)
        self.deliver_created(ledger, message, source, len(state))

    def created_live(
        self, ledger: Ledger, message: Message, state: State, at: datetime, seq: int
    ) -> None:
        """Deliver a new message of another person that was pushed: as `created`, but faster."""
        ledger.version += 1
        ledger.known[message.id] = state
        ledger.unverified.add(message.id)
        self._until_trim -= 1
        if self._until_trim <= 0:
            self._until_trim = _TRIM_AFTER
            self._trim()
        event = MessageCreated(message=message, at=at, seq=seq)
        self._outbox.put(event, ledger, message.id, None, None, len(state))
        if self._waiters.any:
            self._waiters.show(event)

    def deliver_created(self, ledger: Ledger, message: Message, source: Source, size: int) -> None:
        """Deliver a message that has its place already."""
        ledger.owed.pop(message.id, None)
        ledger.doubts.pop(message.id, None)
        self._until_trim -= 1
        if self._until_trim <= 0:
            self._until_trim = _TRIM_AFTER
            self._trim()
        if message.is_sender is not False:
            self._notify(ledger.chat_id)
        if message.type == REACTION:
            self._react(ledger, message.linked_message_id, source)
            return
        if message.is_deleted:
            return
        self.found += source.recovered
        event = MessageCreated(
            message=message, at=source.at, seq=source.seq, recovered=source.recovered
        )
        self.deliver(event, ledger, message.id, None, size=size)

    def changed(
        self,
        ledger: Ledger,
        message: Message,
        source: Source,
        state: State | None = None,
        previous_id: str | None = None,
    ) -> bool:
        """Deliver what changed of a known message; return whether anything did.

        Args:
            ledger: Its chat.
            message: How it is.
            source: Where that was seen.
            state: What to remember of it.
            previous_id: The pending ID that it had until now.
        """
        before = ledger.state(message.id)
        if before is None:
            return False
        if is_unreadable(before):
            return self._readable(ledger, message, before, source, state)
        found = steps(message, before, source, previous_id)
        if not found:
            return False
        ledger.set(message, state_of(message) if state is None else state)
        ledger.doubts.pop(message.id, None)
        if message.is_sender is not False:
            self._notify(ledger.chat_id)
        self.found += source.recovered
        if message.type != REACTION:
            for event, known in found:
                old = event.previous_id if isinstance(event, SendStatusChanged) else None
                self.deliver(event, ledger, message.id, known, old, len(known))
        return True

    def _readable(
        self, ledger: Ledger, message: Message, before: State, source: Source, state: State | None
    ) -> bool:
        """Deliver a message that could not be read until now, if it was new then."""
        ledger.set(message, state_of(message) if state is None else state)
        if is_new := is_new_unreadable(before):
            self.deliver_created(ledger, message, source, len(before))
        return is_new

    def touched(self, ledger: Ledger, message: Message, source: Source, state: State) -> None:
        """Deliver a change that shows nothing in what is compared, such as a read receipt."""
        before = ledger.state(message.id)
        digest = None if before is None else digest_in(before)
        if digest is None or digest.is_deleted:
            return
        ledger.set(message, state)
        if message.type != REACTION:
            event = MessageChanged(message=message, at=source.at, seq=source.seq)
            self.deliver(event, ledger, message.id, before, size=len(state))

    def unknown_changed(
        self, ledger: Ledger, message: Message, source: Source, state: State
    ) -> None:
        """Deliver a live change of a message that was not known."""
        ledger.doubts.pop(message.id, None)
        ledger.set(message, state)
        if message.is_sender is not False:
            self._notify(ledger.chat_id)
        if message.type != REACTION:
            is_old = ledger.may_be_forgotten(message)
            event = unknown_change(message, source, ledger.since, may_be_forgotten=is_old)
            self.deliver(event, ledger, message.id, b"", size=len(state))

    def deleted(self, ledger: Ledger, message_id: str, source: Source) -> None:
        """Deliver that a message is gone, once. It may be one that was not known."""
        if message_id in ledger.gone:
            return
        ledger.doubts.pop(message_id, None)
        known = ledger.state(message_id)
        before = None if known is None else message_in(known)
        if known is not None and is_new_unreadable(known):
            ledger.remove(message_id)  # it was never delivered
            return
        digest = None if known is None else digest_in(known)
        ledger.remove(message_id)
        if digest is not None and digest.is_reaction:
            self._react(ledger, before.linked_message_id if before else None, source)
            return
        if digest is not None and digest.is_deleted:
            return
        self.found += source.recovered
        event = MessageDeleted(
            chat_id=ledger.chat_id,
            message_id=message_id,
            before=before,
            at=source.at,
            seq=source.seq,
            recovered=source.recovered,
        )
        self.deliver(event, ledger, message_id, known or b"")

    def _react(self, ledger: Ledger, message_id: str | None, source: Source) -> None:
        """Look at a message: a reaction to it came or went as a message of its own."""
        if message_id is not None:
            self._ask(ledger, message_id, source)

    def unreadable(self, ledger: Ledger, raw: Any, source: Source) -> None:
        """Deliver a record that can't be read."""
        data = raw if is_object(raw) else {"record": raw}
        event = UnknownEvent(
            type="message.upserted",
            chat_id=ledger.chat_id,
            data=data,
            at=source.at,
            seq=source.seq,
            recovered=source.recovered,
        )
        self.deliver(event)

    def placed(self, ledger: Ledger, placement: Placement) -> bool:
        """Deliver what pages showed: changes of what was known, and what is new, oldest first.

        Returns:
            Whether something was found that no live event had delivered.
        """
        before = self.found
        for item in placement.changed:
            if item.message is not None:
                self.changed(ledger, item.message, ledger.source_of(item.id))
        for item in placement.created:
            self._create(ledger, item, ledger.source_of(item.id))
        return self.found > before

    def _create(self, ledger: Ledger, item: Item, source: Source) -> None:
        if item.message is None:
            ledger.doubts.pop(item.id, None)
            self.unreadable(ledger, item.raw, source)
            return
        state = state_of(item.message)
        ledger.set(item.message, state)
        self.deliver_created(ledger, item.message, source, len(state))
