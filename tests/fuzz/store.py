"""The truth: chats and messages as they are, and a log of all that ever was. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from attrs import define, field, frozen

Record: TypeAlias = dict[str, Any]
ReactionKey: TypeAlias = tuple[str, str]

PAGE: Final = 20
CHATS_A_PAGE: Final = 25


@frozen
class Clock:
    """The app's clock: that of the event loop, from a time on that is no other than the real one.

    A client may compare the two, for usually they are one. The app's is a little ahead, so that no
    game seems to begin before the client does, however slow the machine is.
    """

    start: datetime = field(factory=lambda: datetime.now(UTC) + timedelta(seconds=10))
    """The time when the clock of the event loop shows 0."""

    def text(self, seconds: float) -> str:
        """Write a time as the app does in messages, and in some frames."""
        time = self.start + timedelta(seconds=seconds)
        return time.isoformat("T", "milliseconds")[:-6] + "Z"

    def milliseconds(self, seconds: float) -> int:
        """Write a time as the app does in other frames."""
        return int(1000 * (self.start.timestamp() + seconds))


@frozen
class State:
    """How a message was after an act."""

    at: float
    id: str
    text: str
    edited: str | None
    reactions: frozenset[ReactionKey]
    is_deleted: bool
    is_readable: bool
    """Whether its record can be decoded."""


@frozen
class Sent:
    """A frame that went out with a message."""

    at: float
    state: State
    connection: int
    is_whole: bool
    """Whether it held all of the message, and not only its ID."""


@define(eq=False)
class Message:
    """A message, its present state as the app keeps it."""

    chat: Chat
    id: str
    time: float
    """Its own time, which can be long before it was made."""
    made_at: float
    sort_key: str
    text: str
    type: str = "TEXT"
    linked: str | None = None
    is_own: bool = False
    status: str | None = None
    edited: str | None = None
    reactions: dict[ReactionKey, Record] = field(factory=dict[ReactionKey, Record])
    deleted: str = ""
    """Empty, "gone" or "marked"."""
    is_readable: bool = True
    is_late: bool = False
    """Whether its time or its place was not that of the newest one when it was made."""
    former_id: str | None = None
    is_former_id_known: bool = True
    log: list[State] = field(factory=list[State])
    sent: list[Sent] = field(factory=list[Sent])
    first_served: float | None = None
    """When an answer over HTTP first held it."""
    last_served: State | None = None
    record: Record = field(factory=dict[str, Any])
    """Its JSON."""

    @property
    def ids(self) -> set[str]:
        """All IDs that it ever had."""
        return {self.id} if self.former_id is None else {self.id, self.former_id}

    @property
    def is_deleted(self) -> bool:
        return bool(self.deleted) or self.chat.is_gone

    @property
    def state(self) -> State:
        return self.log[-1]

    def note(self, now: float) -> None:
        """Write the present state to the log, and make its JSON anew."""
        state = State(
            now,
            self.id,
            self.text,
            self.edited,
            frozenset(self.reactions),
            bool(self.deleted),
            self.is_readable,
        )
        self.log.append(state)
        self.write()

    def write(self) -> None:
        """Make its JSON anew."""
        record: Record = {
            "id": self.id,
            "chatID": self.chat.id,
            "accountID": self.chat.account,
            "senderID": self._sender if self.is_readable else None,
            "senderName": "Mira" if self.is_own else "Tomas",
            "timestamp": self.chat.clock.text(self.time),
            "sortKey": self.sort_key,
            "type": self.type,
            "text": self.text,
            "isSender": self.is_own,
        }
        if self.reactions:
            record["reactions"] = list(self.reactions.values())
        if self.edited:
            record["editedTimestamp"] = self.edited
        if self.linked:
            record["linkedMessageID"] = self.linked
        if self.status:
            at = self.chat.clock.text(self.made_at)
            record["sendStatus"] = {"status": self.status, "timestamp": at}
        if self.deleted:
            record |= {"isDeleted": True, "text": ""}
        self.record = record

    @property
    def _sender(self) -> str:
        return "@mira:app" if self.is_own else "@tomas:app"


@define(eq=False)
class Chat:
    """A chat. Its messages keep their places: what is deleted is only left out of answers."""

    clock: Clock
    id: str
    account: str
    is_silent: bool
    """Whether nothing of it ever comes over the socket."""
    end: str
    """How its history ends: "honest", "empty" or "countdown"."""
    key_kind: str
    """What its sort keys are: "number", "text", "negative", "random" or "falling"."""
    has_status: bool
    made_at: float
    active: float
    messages: list[Message] = field(factory=list[Message])
    """Oldest first."""
    is_gone: bool = False
    unread: int = 0
    held_until: float = 0.0
    """Its frames go out in order, so none before this time."""
    first_read: float | None = None
    """When its newest page was first served."""
    first_page: list[Message] = field(factory=list[Message])
    """What was on it."""

    @property
    def shown(self) -> list[Message]:
        """The messages that pages show, oldest first."""
        return [one for one in self.messages if one.deleted != "gone"]

    def find(self, message_id: str) -> Message | None:
        """Return a message by an ID that it has or had."""
        for one in reversed(self.messages):
            if one.id == message_id or one.former_id == message_id:
                return one
        return None

    def page(self, cursor: str | None, direction: str | None) -> tuple[Record, list[Message]]:
        """Return a page of messages, newest first: its JSON, and what is on it."""
        if cursor is not None and cursor.startswith("down:"):
            return self._again(cursor)
        shown = self.shown
        place = len(shown)
        if cursor is not None:
            named = self.find(cursor)
            place = 0 if named is None else _place(named, self.messages, shown)
        if direction == "after":
            # The message of the cursor itself is the first of those at or above its place.
            first = place + (place < len(shown) and cursor in shown[place].ids)
            items = shown[first : first + PAGE]
            more = first + PAGE < len(shown)
        else:
            items = shown[max(place - PAGE, 0) : place]
            more = place > PAGE
        items.reverse()
        if not more and self.end == "countdown" and items and direction != "after":
            return _page(items, f"down:9:{items[0].id}", True), items
        has_more = more or (self.end == "empty" and bool(items))
        return _page(items, items[-1].id if items else None, has_more), items

    def _again(self, cursor: str) -> tuple[Record, list[Message]]:
        """Return the oldest page once more, under a cursor that counts down."""
        _, count, newest_id = cursor.split(":", 2)
        newest = self.find(newest_id)
        shown = self.shown
        top = 0 if newest is None else _place(newest, self.messages, shown) + 1
        items = shown[max(top - PAGE, 0) : top][::-1]
        return _page(items, f"down:{int(count) - 1}:{newest_id}", True), items

    def row(self) -> tuple[Record, Message | None]:
        """Return its JSON as in the list of chats, and the message in its preview."""
        shown = self.shown
        preview = shown[-1] if shown else None
        record: Record = {
            "id": self.id,
            "accountID": self.account,
            "network": "Lying",
            "title": self.id,
            "type": "group",
            "participants": {"items": [], "hasMore": False, "total": 0},
            "lastActivity": self.clock.text(self.active),
            "unreadCount": self.unread,
        }
        if preview is not None:
            record["preview"] = preview.record
        return record, preview


def _place(message: Message, all_of_them: list[Message], shown: list[Message]) -> int:
    """Return how many shown messages are below a message, which may be hidden itself."""
    if message.deleted != "gone":
        return shown.index(message)
    index = all_of_them.index(message)
    return sum(one.deleted != "gone" for one in all_of_them[:index])


def _page(items: list[Message], cursor: str | None, has_more: bool) -> Record:
    return {
        "items": [one.record for one in items],
        "hasMore": has_more,
        "oldestCursor": cursor,
        "newestCursor": items[0].id if items else None,
    }


@define
class Store:
    """All chats, and the time."""

    clock: Clock = field(factory=Clock)
    chats: dict[str, Chat] = field(factory=dict[str, Chat])
    """By ID."""

    @property
    def messages(self) -> Iterable[Message]:
        """All messages that ever were."""
        return (one for chat in self.chats.values() for one in chat.messages)

    def living(self, fits: Callable[[Chat], bool] = lambda _: True) -> list[Chat]:
        """Return the chats that are there, in the order in which they were made."""
        return [chat for chat in self.chats.values() if not chat.is_gone and fits(chat)]

    def list(self, cursor: str | None) -> tuple[Record, list[Message]]:
        """Return a page of chats, newest activity first: its JSON, and the messages on it."""
        chats = sorted(self.living(), key=lambda chat: (-chat.active, chat.id))
        if cursor is not None:
            active, _, chat_id = cursor.partition("|")
            place = (-float(active), chat_id)
            chats = [chat for chat in chats if (-chat.active, chat.id) > place]
        page, more = chats[:CHATS_A_PAGE], len(chats) > CHATS_A_PAGE
        rows = [chat.row() for chat in page]
        last = f"{page[-1].active!r}|{page[-1].id}" if page else None
        answer: Record = {
            "items": [record for record, _ in rows],
            "hasMore": more,
            "oldestCursor": last,
            "newestCursor": f"{page[0].active!r}|{page[0].id}" if page else None,
        }
        return answer, [preview for _, preview in rows if preview is not None]
