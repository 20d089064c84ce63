"""Messages with all that an export says about them, one at a time."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from attrs import evolve, frozen

from ...bots.text import plain_text
from ...models.message import Message
from ..reading.selection import Numbers, Selection
from ..reading.stored import model_of
from ..storage.records import REACTION, time_of

_LONGEST_QUOTE: Final = 160
_COLUMNS: Final = (
    "n, raw, time, sender, type, linked_id, deleted_run, vanished_run, expired_run from messages"
)
_FILES: Final = (
    "select number, name, kind, coalesce(state, 'unknown'), sha256, mime, size from attachments "
    "left join files on files.n = file where message = ? order by number"
)


class ChatEntry(NamedTuple):
    """A chat."""

    n: int
    id: str
    title: str
    network: str | None
    names: dict[str, str]
    """Names of its people by user ID."""
    own_ids: frozenset[str]
    """User IDs of the owner."""


class FileEntry(NamedTuple):
    """An attachment."""

    number: int
    name: str | None
    kind: str | None
    state: str
    sha256: str | None
    mime: str | None
    size: int | None


class VersionEntry(NamedTuple):
    """An earlier state of a message."""

    kind: str
    at: datetime
    raw: bytes


class Quote(NamedTuple):
    """What a message replies to."""

    n: int
    pos: str
    sender: str
    text: str
    is_exported: bool


@frozen(kw_only=True)
class Entry:
    """A message."""

    n: int
    raw: bytes
    """As received."""
    message: Message
    time: datetime
    sender: str
    """A name, or the user ID."""
    is_own: bool
    deleted: datetime | None
    """Start of the run that found it deleted; the others alike."""
    vanished: datetime | None
    expired: datetime | None
    versions: tuple[VersionEntry, ...]
    files: tuple[FileEntry, ...]

    @property
    def is_in_conversation(self) -> bool:
        """Whether an app shows it; it shows reactions on the message that they are for."""
        message = self.message
        is_reaction = message.type == REACTION and message.linked_message_id is not None
        return not is_reaction and not message.is_hidden

    @property
    def text(self) -> str:
        """Its plain text."""
        return plain_text(self.message.text or "").replace("{{sender}}", self.sender)

    def older_texts(self) -> Iterator[tuple[VersionEntry, str]]:
        """Yield the earlier texts, the oldest first, each one once."""
        shown = self.message.text
        for version in self.versions:
            message = model_of(Message, version.raw)
            if message is not None and message.text and message.text != shown:
                shown = message.text
                yield version, shown


class Source:
    """Reads entries.

    Args:
        connection: The connection.
        selected: Which messages are exported; its chat is replaced by each one.
    """

    def __init__(self, connection: sqlite3.Connection, selected: Selection) -> None:
        self.connection: sqlite3.Connection = connection
        self.selected: Selection = selected
        runs = connection.execute("select run, started from runs")
        self._runs = {run: time_of(started) for run, started in runs}

    def chats(self, numbers: list[int]) -> Iterator[ChatEntry]:
        """Yield chats by their numbers."""
        for n in numbers:
            row = self.connection.execute(
                "select id, title, network from chats where n = ? and not is_merged", (n,)
            ).fetchone()
            if row is None:
                continue
            people = self.connection.execute(
                "select id, name, is_self from people where chat = ?", (n,)
            ).fetchall()
            names = {own_id: name for own_id, name, _ in people if name}
            own_ids = frozenset(own_id for own_id, _, is_self in people if is_self)
            yield ChatEntry(n, row[0], row[1], row[2], names, own_ids)

    def numbers_of(self, chat: ChatEntry) -> Numbers:
        """Return the numbers of the messages of a chat, by sort key."""
        return evolve(self.selected, chat=chat.n).numbers(self.connection, "oldest")

    def entries(self, chat: ChatEntry, numbers: Numbers) -> Iterator[Entry]:
        """Yield the messages with these numbers; one that can't be read is left out."""
        for n in numbers:
            row = self.connection.execute(f"select {_COLUMNS} where n = ?", (n,)).fetchone()
            entry = None if row is None else self._entry(chat, *row)
            if entry is not None:
                yield entry

    def _entry(self, chat: ChatEntry, n: int, raw: bytes, time: int, *rest: Any) -> Entry | None:
        sender, _, _, deleted_run, vanished_run, expired_run = rest
        versions = self._versions(n)
        if deleted_run is not None and self.selected.deleted == "restore":
            raw = next((one.raw for one in reversed(versions) if one.kind == "deleted"), raw)
        message = model_of(Message, raw)
        if message is None:
            return None
        return Entry(
            n=n,
            raw=raw,
            message=message,
            time=time_of(time),
            sender=message.sender_name or chat.names.get(sender) or sender,
            is_own=message.is_sender or sender in chat.own_ids,
            deleted=self._time(deleted_run),
            vanished=self._time(vanished_run),
            expired=self._time(expired_run),
            versions=versions,
            files=tuple(map(FileEntry._make, self.connection.execute(_FILES, (n,)))),
        )

    def _versions(self, n: int) -> tuple[VersionEntry, ...]:
        found = self.connection.execute(
            "select kind, at, raw from versions where message = ? order by n", (n,)
        )
        return tuple(VersionEntry(kind, time_of(at), raw) for kind, at, raw in found)

    def _time(self, run: int | None) -> datetime | None:
        return None if run is None else self._runs.get(run, time_of(0))

    def quote(self, chat: ChatEntry, entry: Entry) -> Quote | None:
        """Return what a message replies to, if the archive has it."""
        linked = entry.message.linked_message_id
        if linked is None:
            return None
        conditions, values = self.selected.conditions()
        row = self.connection.execute(
            f"select n, pos, sender, raw, {conditions} from messages where n = coalesce("  # noqa: S608
            "(select n from messages where chat = ? and id = ?), "
            "(select message from aliases where chat = ? and id = ?))",
            (*values, chat.n, linked, chat.n, linked),
        ).fetchone()
        if row is None:
            return None
        n, pos, sender, raw, is_exported = row
        message = model_of(Message, raw)
        if message is None:
            return None
        text = " ".join(plain_text(message.text or "").split()) or (message.type or "").lower()
        short = text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 1]}…"
        name = message.sender_name or chat.names.get(sender) or sender
        return Quote(n, pos, name, short, bool(is_exported))
