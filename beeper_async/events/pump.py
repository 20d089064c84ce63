"""From received frames to events: nothing missing, nothing twice, in order within each chat."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Literal, TypeAlias

from attrs import frozen

from .._codec.decoder import DecodeError, Misfit, decode_leniently
from .._http.unreadable import Unreadable
from .._paging.background import EndOfStream
from ..errors import APIResponseValidationError, NotFoundError, PaginationError
from ..models.message import Message
from ..models.setup import AppStateSnapshot
from .changes import Known, happenings
from .checkpoint import LATE, Checkpoint, Marks, order
from .frames import Frame, id_of, ids_of, messages_of, parsed, seq_of, time_of
from .inbox import Inbox, Mark
from .kinds import AppStateUpdated, ChatDeleted, ChatUpserted, Event, MessageDeleted, UnknownEvent
from .line import Line, patiently
from .recovery import Recovery, before_late
from .source import EventSource, Notify, Report
from .waiters import Waiters

_log = logging.getLogger("beeper_async")

Reason: TypeAlias = Literal["connection", "sequence", "overflow", "incomplete", "check"]

_REMEMBERED: Final = 10_000
_MISSED: Final = "events: can't read what was missed"
_CONTROL: Final = frozenset({"ready", "subscriptions.updated", "error"})
# The numbers of a connection begin with it. If an app begins higher, that costs a look.
_FIRST_SEQ: Final = 1
_REASONS: Final[dict[Mark, Reason]] = {
    Mark.CONNECTED: "connection",
    Mark.OVERFLOW: "overflow",
    Mark.CHECK: "check",
}


@frozen
class Gap:
    """Something was missing, and was fetched."""

    at: datetime
    """When it was noticed."""
    reason: Reason
    """The connection was lost, the numbers have a gap, the consumer was too slow, an event had not
    all of a message, or a look now and then found something."""
    recovered: int
    """How many messages were found."""


@frozen
class Delivery:
    """An event on its way to the consumer, and how far the consumer has come with it."""

    event: Event
    message: Message | None = None
    settled: datetime | None = None


Outbox: TypeAlias = asyncio.Queue[Delivery | Exception | EndOfStream]


class Pump:
    """Works off the inbox, event by event."""

    def __init__(
        self,
        source: EventSource,
        notify: Notify,
        report: Report,
        line: Line,
        inbox: Inbox,
        outbox: Outbox,
        waiters: Waiters,
        since: Checkpoint,
    ) -> None:
        self.last_gap: Gap | None = None
        self._source = source
        self._notify = notify
        self._report = report
        self._line = line
        self._inbox = inbox
        self._outbox = outbox
        self._waiters = waiters
        self._recovery = Recovery(source)
        self._known = Known(_REMEMBERED)
        self._marks = Marks(since)
        self._origin = Marks(since)
        self._next_seq: int | None = None
        self._connections = 0
        self._recovered = 0

    async def run(self) -> None:
        """Work for ever."""
        while True:
            item = await self._inbox.get()
            if isinstance(item, bytes):
                await self._take(item)
            else:
                self._next_seq = self._next_after(item)
                await self._recover(_REASONS[item])

    def adopt(self, now: Checkpoint) -> None:
        """Begin with further chats from how they are now."""
        self._marks.adopt(now)
        self._origin.adopt(now)

    def _next_after(self, mark: Mark) -> int | None:
        """Return the number that is expected after a mark."""
        last = self._inbox.last_dropped if mark is Mark.OVERFLOW else mark
        if last is None or last is Mark.CHECK:
            return self._next_seq
        if last is Mark.CONNECTED:
            return _FIRST_SEQ
        frame = parsed(last) if isinstance(last, bytes) else None
        seq = None if frame is None else seq_of(frame)
        return None if seq is None else seq + 1

    # -- what is told -----------------------------------------------------------------------

    async def _take(self, text: bytes) -> None:
        frame = parsed(text)
        kind = None if frame is None else frame.get("type")
        if frame is None or not isinstance(kind, str):
            _log.warning("events: the app sent something that is no event")
            await self._recover("incomplete")
            return
        if kind in _CONTROL:
            return
        seq = seq_of(frame)
        if seq is not None:
            if self._next_seq is not None and seq > self._next_seq:
                await self._recover("sequence")
            self._next_seq = max(seq + 1, self._next_seq or 0)
        await self._tell(kind, frame, {"at": time_of(frame), "seq": seq})

    async def _tell(self, kind: str, frame: Frame, told: dict[str, Any]) -> None:
        chat_id = id_of(frame.get("chatID"))
        if kind == "message.upserted" and chat_id:
            await self._upserted(chat_id, frame, told)
        elif kind == "message.deleted" and chat_id:
            for message_id in ids_of(frame):
                await self._deleted(chat_id, message_id, told)
        elif kind == "chat.upserted" and chat_id:
            await self._emit(ChatUpserted(chat_id=chat_id, **told))
        elif kind == "chat.deleted" and chat_id:
            await self._emit(ChatDeleted(chat_id=chat_id, **told))
        elif kind == "app.state.updated":
            await self._state(frame, told)
        else:
            await self._unknown(kind, frame, told)

    async def _upserted(self, chat_id: str, frame: Frame, told: dict[str, Any]) -> None:
        messages, missing, odd = messages_of(frame)
        self._report_odd(odd)
        is_complete = True
        for message_id in missing:
            ask = partial(self._source.messages.retrieve, message_id, chat_id=chat_id)
            try:
                messages.append(await patiently(ask, _MISSED))
            except NotFoundError:
                is_complete = False  # deleted by now, or the app can't show one message
            except APIResponseValidationError as error:  # costs this message alone
                self._report(Unreadable(None, tuple(error.problems), error.body, call="events"))
        if any(message.is_sender is not False for message in messages):
            self._notify(chat_id)
        if not is_complete:
            await self._recover("incomplete", chat_id)
        if len(messages) > 1:
            messages.sort(key=lambda message: order(message.sort_key))
        for message in messages:
            # One frame may tell of a message twice, so it is not older than itself.
            await self._message(message, told, self._inbox.taken - 1)

    def _report_odd(self, misfits: Iterable[Misfit]) -> None:
        for odd in misfits:
            self._report(Unreadable(None, odd.problems, odd.raw, odd.item, "events"))

    async def _deleted(self, chat_id: str, message_id: str, told: dict[str, Any]) -> None:
        if self._known.is_gone(chat_id, message_id):
            return
        before = self._known.remove(chat_id, message_id)
        await self._emit(
            MessageDeleted(chat_id=chat_id, message_id=message_id, before=before, **told)
        )

    async def _state(self, frame: Frame, told: dict[str, Any]) -> None:
        try:
            decoded = decode_leniently(AppStateSnapshot, frame.get("appState"))
        except DecodeError:
            await self._unknown("app.state.updated", frame, told)
        else:
            self._report_odd(decoded.misfits)
            await self._emit(AppStateUpdated(state=decoded.value, **told))

    async def _unknown(self, kind: str, frame: Frame, told: dict[str, Any]) -> None:
        chat_id = id_of(frame.get("chatID"))
        await self._emit(UnknownEvent(type=kind, chat_id=chat_id, data=frame, **told))

    # -- what was missed --------------------------------------------------------------------

    async def _recover(self, reason: Reason, chat_id: str | None = None) -> None:
        """Fetch what was missed, in all chats or in one."""
        before = self._recovered
        read = partial(self._read_chat, chat_id) if chat_id else self._read_missed
        try:
            await patiently(read, _MISSED)
        except PaginationError as error:
            _log.warning("events: %s", error)
        found = self._recovered - before
        self._connections += reason == "connection"
        is_first = reason == "connection" and self._connections == 1
        if not is_first and (found or reason != "check"):
            self.last_gap = Gap(datetime.now(UTC), reason, found)

    async def _read_missed(self) -> None:
        chat_ids = self._line.subscription.chat_ids
        if chat_ids is not None:
            for chat_id in chat_ids:
                await self._read_chat(chat_id)
            return
        newest = self._marks.base
        async with aclosing(self._recovery.active_chats(newest)) as chats:
            async for chat, active in chats:
                newest = max(newest, active)
                is_news = chat.preview is None or self._is_news(chat.preview)
                if is_news and await self._read_chat(chat.id):
                    await self._emit(ChatUpserted(chat_id=chat.id, recovered=True))
        self._marks.settle(before_late(newest))

    async def _read_chat(self, chat_id: str) -> bool:
        """Deliver what is new in a chat; tells whether anything was."""
        before, as_of = self._recovered, self._inbox.arrived
        messages = self._recovery.messages_since(chat_id, self._marks.is_new)
        async with aclosing(messages):
            async for message in messages:
                self._recovered += await self._message(message, {"recovered": True}, as_of)
        if found := self._recovered > before:
            self._notify(chat_id)
        return found

    def _is_news(self, message: Message) -> bool:
        known = self._known.get(message)
        return self._marks.is_new(message) if known is None else message != known

    # -- what is delivered ------------------------------------------------------------------

    async def _message(self, message: Message, told: dict[str, Any], as_of: int) -> bool:
        """Deliver what is new about a message; tells whether anything was.

        `as_of` is the number of the last frame that can only tell how it was earlier.
        """
        known, recovered = self._known, told.get("recovered", False)
        before = known.get(message)
        if before is None and known.is_gone(message.chat_id, message.id):
            self._marks.take(message)
            return False
        is_new = before is None and self._is_new(message)
        if before is None and recovered and not is_new:
            return False  # one from before, of which nobody knows whether it changed
        if before is not None and not recovered and known.is_outdated(message, before, as_of + 1):
            return False  # it waited while it was read anew
        events = happenings(message, before, is_new=is_new, **told)
        known.put(message, before, as_of)
        if message.is_deleted:
            known.remove(message.chat_id, message.id)
        self._marks.take(message)
        settled = self._settled(message, told.get("at"))
        for event in events[:-1]:
            await self._emit(event)
        if events:
            await self._emit(events[-1], message, settled)
        return bool(events)

    def _is_new(self, message: Message) -> bool:
        """Tell whether a message that is not known is new, even if newer ones came before it."""
        if self._marks.is_new(message):
            return True
        return self._origin.is_new(message) and message.timestamp > self._known.horizon

    def _settled(self, message: Message, at: datetime | None) -> datetime | None:
        """Return the time up to which all is delivered, when it is time to note it again."""
        if at is None or message.timestamp - self._marks.base < 2 * LATE:
            return None
        # A message may come with a time in the future; nothing must seem delivered because of it.
        settled = before_late(min(message.timestamp, at))
        self._marks.settle(settled)
        return settled

    async def _emit(
        self, event: Event, message: Message | None = None, settled: datetime | None = None
    ) -> None:
        self._waiters.show(event)
        await self._outbox.put(Delivery(event, message, settled))
