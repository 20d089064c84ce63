"""Writes messages: new ones, changed ones, and those with another ID."""

import json
import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from attrs import define, field

from .problems import Problems
from .records import (
    REACTION,
    MessageRecord,
    UnreadableRecordError,
    is_same_content,
    message_hash,
    message_id,
    read_message,
)
from .versions import keep_version

_KNOWN: Final = (
    "select id, n, hash, coalesce(missed_run, vanished_run, expired_run) from messages "
    "where chat = ? and id in ({})"
)
_INSERT: Final = (
    "insert into messages (chat, id, pos, time, sender, type, linked_id, words, raw, hash, "
    "first_run, changed_run, deleted_run, is_pending) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
    "?, ?)"
)
_UPDATE: Final = (
    "update messages set pos = ?, time = ?, sender = ?, type = ?, linked_id = ?, words = ?, "
    "raw = ?, hash = ?, changed_run = ?, deleted_run = ?, is_pending = ? where n = ?"
)


class _Known(NamedTuple):
    """A message that is in the archive already."""

    n: int
    hash: bytes
    is_marked: bool
    """Whether it was missed before."""


@define
class Found:
    """What the pages of one walk through a chat held."""

    numbers: "array[int]" = field(factory=lambda: array("q"))
    """Numbers of the messages that were met."""
    last_page_is_known: bool = False
    """Whether all of the last page was here before the walk began."""
    targets: list[str] = field(factory=list[str])
    """IDs of messages that new reactions are for."""


class MessageWrites:
    """Writes messages as they are served.

    Args:
        run: Number of the run.
        indexed: The last message that the search index knows; what it has of older ones is kept.
        pending: Chats with own messages that have a temporary ID.
        aliased: Chats with messages that had another ID.
        problems: Takes what can't be read.
        tally: Counts what is written.
    """

    def __init__(
        self,
        run: int,
        indexed: int,
        pending: set[int],
        aliased: set[int],
        problems: Problems,
        tally: dict[str, int],
    ) -> None:
        self._run = run
        self._indexed = indexed
        self._pending_chats = pending
        self._aliased_chats = aliased
        self._problems = problems
        self._tally = tally

    def write(
        self,
        connection: sqlite3.Connection,
        chat: int,
        items: Sequence[Any],
        found: Found | None = None,
        known_until: int = 0,
    ) -> None:
        """Write messages as they were served.

        Args:
            connection: The connection.
            chat: Number of their chat.
            items: The messages as JSON.
            found: Takes what was met.
            known_until: Messages with a higher number do not count as known for `found`.
        """
        found = Found() if found is None else found
        known = self._known(connection, chat, items)
        found.last_page_is_known = bool(items)
        for raw in items:
            own_id = message_id(raw)
            one = None if own_id is None else known.get(own_id)
            if one is None or one.n > known_until:
                found.last_page_is_known = False
            n = self._message(connection, chat, raw, own_id, one, found)
            if n is not None:
                found.numbers.append(n)
        self._tally["pages"] += 1

    def _known(
        self, connection: sqlite3.Connection, chat: int, items: Sequence[Any]
    ) -> dict[str, _Known]:
        ids = [one for one in map(message_id, items) if one is not None]
        rows = connection.execute(_KNOWN.format(",".join("?" * len(ids))), (chat, *ids))
        return {own_id: _Known(n, hash, mark is not None) for own_id, n, hash, mark in rows}

    def _message(
        self,
        connection: sqlite3.Connection,
        chat: int,
        raw: Any,
        own_id: str | None,
        known: _Known | None,
        found: Found,
    ) -> int | None:
        """Write one message; return its number, or None if it can't be read and is not known."""
        if own_id is None:
            self._problems.unreadable(connection, chat, "record", raw, "the record has no ID")
            return None
        try:
            hash = message_hash(raw)
            if known is not None and known.hash == hash and not known.is_marked:
                n = known.n
                self._problems.record_is_fine(connection, chat, own_id)
            else:
                n = self._changed_or_new(connection, chat, raw, hash, known, found)
        except (UnreadableRecordError, RecursionError) as error:
            why = str(error) or "nested too deeply"
            self._problems.unreadable(connection, chat, "record", raw, why)
            return None if known is None else known.n
        return n

    def _changed_or_new(
        self,
        connection: sqlite3.Connection,
        chat: int,
        raw: dict[str, Any],
        hash: bytes,
        known: _Known | None,
        found: Found,
    ) -> int:
        record = read_message(raw, hash)
        n = known.n if known is not None else self._other_id(connection, chat, record)
        self._problems.record_is_fine(connection, chat, record.id)
        if n is None:
            return self._insert(connection, chat, record, found)
        if known is None and record.is_pending:
            return n  # a temporary ID of what has its own by now: an older state of it
        self._update(connection, chat, n, record)
        return n

    def _other_id(
        self, connection: sqlite3.Connection, chat: int, record: MessageRecord
    ) -> int | None:
        """Return the number of a message that is here under another ID."""
        if chat in self._aliased_chats:
            row = connection.execute(
                "select message from aliases where chat = ? and id = ?", (chat, record.id)
            ).fetchone()
            if row is not None:
                return int(row[0])
        if chat in self._pending_chats and not record.is_pending:
            row = connection.execute(
                "select n, id from messages where chat = ? and pos = ? and is_pending",
                (chat, record.pos),
            ).fetchone()
            if row is not None:
                self._rename(connection, chat, row[0], row[1], record.id)
                return int(row[0])
        return None

    def _rename(
        self, connection: sqlite3.Connection, chat: int, n: int, old_id: str, new_id: str
    ) -> None:
        connection.execute("insert or replace into aliases values (?, ?, ?)", (chat, old_id, n))
        connection.execute("update messages set id = ? where n = ?", (new_id, n))
        self._aliased_chats.add(chat)

    def _insert(
        self, connection: sqlite3.Connection, chat: int, record: MessageRecord, found: Found
    ) -> int:
        deleted_run = self._run if record.is_deleted else None
        values = (*record[:9], self._run, self._run, deleted_run, record.is_pending)
        n = connection.execute(_INSERT, (chat, *values)).lastrowid
        assert n is not None  # noqa: S101 - for type checkers: an insert has one
        self._tally["new"] += 1
        if record.attachments:
            self._attachments(connection, n, record)
        if record.is_pending:
            self._pending_chats.add(chat)
        if record.type == REACTION and record.linked_id is not None:
            found.targets.append(record.linked_id)
        return n

    def _update(
        self, connection: sqlite3.Connection, chat: int, n: int, record: MessageRecord
    ) -> None:
        columns = "hash, raw, words, deleted_run, changed_run, vanished_run, expired_run"
        row = connection.execute(f"select {columns} from messages where n = ?", (n,)).fetchone()  # noqa: S608
        hash, raw, words, deleted_run, changed_run, vanished_run, expired_run = row
        if vanished_run is not None or expired_run is not None:
            keep_version(connection, self._run, chat, n, "back", raw)
            self._tally["back"] += 1
        connection.execute(
            "update messages set missed_run = null, vanished_run = null, expired_run = null "
            "where n = ?",
            (n,),
        )
        if hash == record.hash:
            return
        if not is_same_content(hash, record.hash):
            kind = _kind_of(raw, record, was_deleted=deleted_run is not None)
            keep_version(connection, self._run, chat, n, kind, raw)
            changed_run = self._run
            self._tally["changed"] += 1
            if record.is_deleted and deleted_run is None:
                self._tally["deleted"] += 1
        if record.words != words and n <= self._indexed:
            connection.execute("insert or ignore into stale values (?, ?)", (n, words))
        now_deleted = (deleted_run or self._run) if record.is_deleted else None
        values = (*record[1:9], changed_run, now_deleted, record.is_pending, n)
        connection.execute(_UPDATE, values)
        if record.attachments:
            self._attachments(connection, n, record)

    def _attachments(self, connection: sqlite3.Connection, n: int, record: MessageRecord) -> None:
        for one in record.attachments:
            file = None
            if one.url is not None:
                connection.execute(
                    "insert or ignore into files (url, state, mime) values (?, 'wanted', ?)",
                    (one.url, one.mime),
                )
                found = connection.execute("select n from files where url = ?", (one.url,))
                file = found.fetchone()[0]
            connection.execute(
                "insert or replace into attachments values (?, ?, ?, ?, ?, ?)",
                (n, one.number, file, one.name, one.kind, one.size),
            )

    def missed(self, connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
        """Note that messages were missed for the first time."""
        self._mark(connection, "missed_run = ?", numbers)

    def vanished(self, connection: sqlite3.Connection, numbers: Sequence[int]) -> None:
        """Mark messages that the app no longer serves."""
        self._mark(connection, "missed_run = null, vanished_run = ?", numbers)
        self._tally["vanished"] += len(numbers)

    def expired(self, connection: sqlite3.Connection, numbers: Sequence[int]) -> None:
        """Mark messages whose time had run out."""
        self._mark(connection, "missed_run = null, expired_run = ?", numbers)
        self._tally["expired"] += len(numbers)

    def _mark(
        self, connection: sqlite3.Connection, assignments: str, numbers: Iterable[int]
    ) -> None:
        statement = f"update messages set {assignments} where n = ?"  # noqa: S608
        connection.executemany(statement, [(self._run, n) for n in numbers])

    # Own messages with two IDs

    def same_message(
        self, connection: sqlite3.Connection, chat: int, n: int, raw: dict[str, Any]
    ) -> None:
        """Note that an own message with a temporary ID has another one by now.

        Args:
            connection: The connection.
            chat: Number of the chat.
            n: Number of the message.
            raw: The message as it is served under its temporary ID.
        """
        old_id = connection.execute("select id from messages where n = ?", (n,)).fetchone()[0]
        new_id = message_id(raw)
        if new_id is None or new_id == old_id:
            self.write(connection, chat, [raw])
            return
        other = connection.execute(
            "select n from messages where chat = ? and id = ?", (chat, new_id)
        ).fetchone()
        if other is None:
            self._rename(connection, chat, n, old_id, new_id)
        else:
            self._join(connection, chat, n, int(other[0]), old_id)
        self.write(connection, chat, [raw])

    def _join(
        self, connection: sqlite3.Connection, chat: int, n: int, other: int, old_id: str
    ) -> None:
        """Make a message that is here twice one, with the state of the other as a version."""
        raw, words = connection.execute(
            "select raw, words from messages where n = ?", (n,)
        ).fetchone()
        keep_version(connection, self._run, chat, other, "changed", raw)
        connection.execute("update versions set message = ? where message = ?", (other, n))
        connection.execute("update aliases set message = ? where message = ?", (other, n))
        connection.execute("delete from attachments where message = ?", (n,))
        if n <= self._indexed:
            connection.execute("insert or ignore into stale values (?, ?)", (n, words))
        connection.execute("delete from messages where n = ?", (n,))
        connection.execute("insert or replace into aliases values (?, ?, ?)", (chat, old_id, other))
        self._aliased_chats.add(chat)


def _kind_of(before: bytes, after: MessageRecord, *, was_deleted: bool) -> str:
    if after.is_deleted and not was_deleted:
        return "deleted"
    old, new = json.loads(before), json.loads(after.raw)
    names = {name for name in {*old, *new} if old.get(name) != new.get(name)}
    if names & {"text", "editedTimestamp"}:
        return "edited"
    return "reactions" if names == {"reactions"} else "changed"
