"""The live events as a bot takes them: each one is acknowledged when it has been handled.

This is the only file of the bots that knows the stream. The stream's own checkpoint covers what was
delivered; what was delivered and is not acknowledged is taken out of it again here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson
from attrs import define, field, frozen

from ..errors import InvalidInputError
from ..events.checkpoint import Checkpoint, Marks, Place
from ..events.kinds import Event, MessageCreated

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop
    from ..events.stream import EventStream

_BASE: Final = "base"
_CHAT: Final = "chat "


class Delivery(Protocol):
    """An event that was delivered."""

    @property
    def event(self) -> Event:
        """What happened."""
        ...

    def acknowledge(self) -> None:
        """Note that the event does not have to come again. May be called more than once."""
        ...


@frozen
class Change:
    """What has changed in a checkpoint."""

    written: Mapping[str, str]
    """Records that are new or changed."""
    removed: Sequence[str]
    """Records that are gone."""

    def __bool__(self) -> bool:
        return bool(self.written or self.removed)


@frozen
class FeedCheckpoint:
    """How far the events are acknowledged."""

    records: Mapping[str, str] = field(repr=False)
    """Texts by key: one for each chat, and one for all."""

    def change_from(self, earlier: FeedCheckpoint) -> Change:
        """Return what has changed since an earlier one."""
        now, before = self.records, earlier.records
        written = {key: value for key, value in now.items() if before.get(key) != value}
        return Change(written, [key for key in before if key not in now])


@define(eq=False)
class _Delivered:
    event: Event
    _on_acknowledged: Callable[[str | None], object]
    is_acknowledged: bool = False

    def acknowledge(self) -> None:
        if not self.is_acknowledged:
            self.is_acknowledged = True
            self._on_acknowledged(getattr(self.event, "chat_id", None))


class Feed:
    """The events of a stream, and which of them are acknowledged.

    Args:
        stream: The stream, which is open.
        records: The records of an earlier checkpoint.
    """

    def __init__(self, stream: EventStream, records: Mapping[str, str]) -> None:
        self._stream = stream
        checkpoint, beyond = _read(records)
        self._marks = Marks(checkpoint or stream.checkpoint())
        # Acknowledged by an earlier run, though older ones of the chat were not.
        self._known = beyond
        self._waiting: dict[str, deque[_Delivered]] = {}

    @property
    def connected(self) -> bool:
        """Whether the socket is open at the moment."""
        return self._stream.connected

    async def subscribe(self, chat_ids: Sequence[str] | None, *, app_state: bool) -> None:
        """Change which chats the events are from."""
        await self._stream.subscribe(chat_ids, app_state=app_state)

    async def deliveries(self) -> AsyncGenerator[Delivery]:
        """Iterate over the events, those of a chat in their order."""
        async for event in self._stream:
            delivery = _Delivered(event, self._acknowledged)
            if isinstance(event, MessageCreated):
                self._waiting.setdefault(event.chat_id, deque()).append(delivery)
                known = self._known.get(event.chat_id)
                if known and event.message_id in known:
                    known.discard(event.message_id)
                    delivery.acknowledge()
                    continue
            yield delivery

    def checkpoint(self) -> FeedCheckpoint:
        """Return how far the events are acknowledged."""
        return FeedCheckpoint(self._records())

    def _acknowledged(self, chat_id: str | None) -> None:
        waiting = self._waiting.get(chat_id or "")
        while waiting and waiting[0].is_acknowledged:
            event = waiting.popleft().event
            if isinstance(event, MessageCreated):
                self._marks.take(event.message)
        if waiting is not None and not waiting:
            del self._waiting[chat_id or ""]

    def _records(self) -> dict[str, str]:
        if not self._waiting and not any(self._known.values()):
            self._marks = Marks(self._stream.checkpoint())
        checkpoint = self._marks.checkpoint()
        records = {_BASE: checkpoint.base.isoformat()}
        beyond = {chat_id: set(known) for chat_id, known in self._known.items() if known}
        for chat_id, waiting in self._waiting.items():
            ids = {_id_of(one.event) for one in waiting if one.is_acknowledged}
            if ids:
                beyond.setdefault(chat_id, set()).update(ids)
        for chat_id in {*checkpoint.places, *beyond}:
            place = checkpoint.places.get(chat_id)
            record: dict[str, Any] = {"beyond": sorted(beyond.get(chat_id, ()))}
            if place is not None:
                record |= {"sort_key": place.sort_key, "timestamp": place.timestamp}
            records[_CHAT + chat_id] = orjson.dumps(record).decode()
        return records


@asynccontextmanager
async def open_feed(
    client: AsyncBeeperDesktop,
    *,
    chat_ids: Sequence[str] | None,
    app_state: bool,
    records: Mapping[str, str],
) -> AsyncGenerator[Feed]:
    """Open the live events of a client.

    Args:
        client: The client.
        chat_ids: Only events of these chats. None means all.
        app_state: Whether to deliver the state of the app itself.
        records: The records of an earlier checkpoint: what was not acknowledged then comes first.

    Raises:
        InvalidInputError: The records are no checkpoint.
        APIError: The app can't be reached, or refuses.
    """
    since, _ = _read(records)
    async with client.events(chat_ids, app_state=app_state, since=since) as stream:
        yield Feed(stream, records)


def _id_of(event: Event) -> str:
    return str(getattr(event, "message_id", ""))


def _read(records: Mapping[str, str]) -> tuple[Checkpoint | None, dict[str, set[str]]]:
    if not records:
        return None, {}
    places: dict[str, Place] = {}
    beyond: dict[str, set[str]] = {}
    try:
        base = datetime.fromisoformat(records[_BASE])
        for key, text in records.items():
            if key.startswith(_CHAT):
                record = orjson.loads(text)
                chat_id = key.removeprefix(_CHAT)
                beyond[chat_id] = set(map(str, record["beyond"]))
                if "sort_key" in record:
                    time = datetime.fromisoformat(record["timestamp"])
                    places[chat_id] = Place(str(record["sort_key"]), time)
        return Checkpoint(base, places), beyond
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidInputError("The checkpoint in the store is none of an event stream.") from None
