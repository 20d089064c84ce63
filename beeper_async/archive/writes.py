"""What a run writes. Every method is a part of a transaction, in the thread of the database."""

import hashlib
import json
import sqlite3
import time
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from attrs import define, field

from .records import (
    REACTION,
    ChatRecord,
    MessageRecord,
    UnreadableRecordError,
    dump,
    is_same_content,
    message_hash,
    message_id,
    read_message,
)
from .report import Counts

_COUNTED: Final = (
    *("new", "changed", "deleted", "vanished", "expired", "back", "problems", "files", "bytes"),
    "pages",
)
"""The names of `Counts`."""
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
_PROBLEM: Final = (
    "insert into problems (kind, chat, key, error, raw, first_run, last_run) "
    "values (?, ?, ?, ?, ?, ?, ?) on conflict do update set error = excluded.error, "
    "raw = excluded.raw, last_run = excluded.last_run, solved_run = null"
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


@define
class RunWrites:
    """Writes of one run."""

    run: int
    """Number of the run."""
    indexed: int = 0
    """The last message that the search index knows; what it has of older ones must be kept."""
    tally: dict[str, int] = field(factory=lambda: dict.fromkeys(_COUNTED, 0))
    """Numbers so far, by the names of `Counts`."""
    _pending_chats: set[int] = field(factory=set[int])
    """Chats with own messages that have a temporary ID."""
    _aliased_chats: set[int] = field(factory=set[int])
    _open_problems: set[tuple[int, str]] = field(factory=set[tuple[int, str]])

    def load(self, connection: sqlite3.Connection) -> None:
        """Read what decides how messages are written."""
        get = connection.execute
        self._pending_chats = {
            one for (one,) in get("select distinct chat from messages where is_pending")
        }
        self._aliased_chats = {one for (one,) in get("select distinct chat from aliases")}
        self._open_problems = set(
            get("select chat, key from problems where kind = 'record' and solved_run is null")
        )
        row = get("select value from meta where key = 'indexed'").fetchone()
        self.indexed = 0 if row is None else int(row[0])

    def counts(self) -> Counts:
        """Return what was written so far."""
        return Counts(**self.tally)

    # Messages

    def messages(
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
        self.tally["pages"] += 1

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
            self.unreadable(connection, chat, "record", raw, "the record has no ID")
            return None
        try:
            hash = message_hash(raw)
            if known is not None and known.hash == hash and not known.is_marked:
                n = known.n
                if self._open_problems:
                    self._solved(connection, chat, own_id)
            else:
                n = self._changed_or_new(connection, chat, raw, hash, known, found)
        except (UnreadableRecordError, RecursionError) as error:
            why = str(error) or "nested too deeply"
            self.unreadable(connection, chat, "record", raw, why)
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
        if self._open_problems:
            self._solved(connection, chat, record.id)
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
        deleted_run = self.run if record.is_deleted else None
        values = (*record[:9], self.run, self.run, deleted_run, record.is_pending)
        n = connection.execute(_INSERT, (chat, *values)).lastrowid
        assert n is not None  # noqa: S101 - for type checkers: an insert has one
        self.tally["new"] += 1
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
            self._version(connection, chat, n, "back", raw)
            self.tally["back"] += 1
        connection.execute(
            "update messages set missed_run = null, vanished_run = null, expired_run = null "
            "where n = ?",
            (n,),
        )
        if hash == record.hash:
            return
        if not is_same_content(hash, record.hash):
            kind = _kind_of(raw, record, was_deleted=deleted_run is not None)
            self._version(connection, chat, n, kind, raw)
            changed_run = self.run
            self.tally["changed"] += 1
            if record.is_deleted and deleted_run is None:
                self.tally["deleted"] += 1
        if record.words != words and n <= self.indexed:
            connection.execute("insert or ignore into stale values (?, ?)", (n, words))
        now_deleted = (deleted_run or self.run) if record.is_deleted else None
        values = (*record[1:9], changed_run, now_deleted, record.is_pending, n)
        connection.execute(_UPDATE, values)
        if record.attachments:
            self._attachments(connection, n, record)

    def _attachments(self, connection: sqlite3.Connection, n: int, record: MessageRecord) -> None:
        for one in record.attachments:
            file = None
            if one.url is not None:
                connection.execute(
                    "insert or ignore into files (url, state) values (?, 'wanted')", (one.url,)
                )
                found = connection.execute("select n from files where url = ?", (one.url,))
                file = found.fetchone()[0]
            connection.execute(
                "insert or replace into attachments values (?, ?, ?, ?, ?, ?)",
                (n, one.number, file, one.name, one.kind, one.size),
            )

    def _version(
        self, connection: sqlite3.Connection, chat: int, n: int | None, kind: str, raw: bytes
    ) -> None:
        connection.execute(
            "insert into versions (chat, message, run, at, kind, raw) values (?, ?, ?, ?, ?, ?)",
            (chat, n, self.run, now(), kind, raw),
        )

    def missed(self, connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
        """Note that messages were missed for the first time."""
        self._mark(connection, "missed_run = ?", numbers)

    def vanished(self, connection: sqlite3.Connection, numbers: Sequence[int]) -> None:
        """Mark messages that the app no longer serves."""
        self._mark(connection, "missed_run = null, vanished_run = ?", numbers)
        self.tally["vanished"] += len(numbers)

    def expired(self, connection: sqlite3.Connection, numbers: Sequence[int]) -> None:
        """Mark messages whose time had run out."""
        self._mark(connection, "missed_run = null, expired_run = ?", numbers)
        self.tally["expired"] += len(numbers)

    def _mark(
        self, connection: sqlite3.Connection, assignments: str, numbers: Iterable[int]
    ) -> None:
        statement = f"update messages set {assignments} where n = ?"  # noqa: S608
        connection.executemany(statement, [(self.run, n) for n in numbers])

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
            self.messages(connection, chat, [raw])
            return
        other = connection.execute(
            "select n from messages where chat = ? and id = ?", (chat, new_id)
        ).fetchone()
        if other is None:
            self._rename(connection, chat, n, old_id, new_id)
        else:
            self._join(connection, chat, n, int(other[0]), old_id)
        self.messages(connection, chat, [raw])

    def _join(
        self, connection: sqlite3.Connection, chat: int, n: int, other: int, old_id: str
    ) -> None:
        """Make a message that is here twice one, with the state of the other as a version."""
        raw, words = connection.execute(
            "select raw, words from messages where n = ?", (n,)
        ).fetchone()
        self._version(connection, chat, other, "changed", raw)
        connection.execute("update versions set message = ? where message = ?", (other, n))
        connection.execute("update aliases set message = ? where message = ?", (other, n))
        connection.execute("delete from attachments where message = ?", (n,))
        if n <= self.indexed:
            connection.execute("insert or ignore into stale values (?, ?)", (n, words))
        connection.execute("delete from messages where n = ?", (n,))
        connection.execute("insert or replace into aliases values (?, ?, ?)", (chat, old_id, other))
        self._aliased_chats.add(chat)

    # Chats

    def chat(self, connection: sqlite3.Connection, record: ChatRecord) -> int:
        """Write a chat as it was served; return its number."""
        row = connection.execute(
            "select n, hash, raw, gone_run from chats where id = ?", (record.id,)
        ).fetchone()
        columns = record[1:11]
        if row is None:
            n = connection.execute(
                "insert into chats (id, local_id, account, network, title, type, last_activity, "
                "expiry, is_merged, raw, hash, first_run, changed_run, seen_run) "
                "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (record.id, *columns, self.run, self.run, self.run),
            ).lastrowid
            assert n is not None  # noqa: S101 - for type checkers: an insert has one
            connection.execute("insert into marks (chat) values (?)", (n,))
        else:
            n, hash, raw, gone_run = row
            if gone_run is not None:
                self._version(connection, n, None, "back", raw)
            elif not is_same_content(hash, record.hash):
                self._version(connection, n, None, "changed", raw)
            connection.execute(
                "update chats set local_id = ?, account = ?, network = ?, title = ?, type = ?, "
                "last_activity = ?, expiry = ?, is_merged = ?, raw = ?, hash = ?, seen_run = ?, "
                "gone_run = null where n = ?",
                (*columns, self.run, n),
            )
        self.people(connection, record)
        self._account(connection, record.account, None)
        if record.problem is not None:
            self.problem(connection, "chat", n, "record", record.problem, record.raw)
        return n

    def people(self, connection: sqlite3.Connection, record: ChatRecord) -> None:
        """Write the participants of a chat that is stored already."""
        row = connection.execute("select n from chats where id = ?", (record.id,)).fetchone()
        n = row[0]
        connection.executemany(
            "insert into people values (?, ?, ?, ?, ?, ?, ?) on conflict do update set "
            "name = excluded.name, is_self = excluded.is_self, raw = excluded.raw, "
            "seen_run = excluded.seen_run",
            [
                (n, one.id, one.name, one.is_self, one.raw, self.run, self.run)
                for one in record.people
            ],
        )

    def _account(self, connection: sqlite3.Connection, account: str, raw: bytes | None) -> None:
        connection.execute(
            "insert into accounts values (?, ?, ?, ?) on conflict do update set "
            "raw = coalesce(excluded.raw, raw), seen_run = excluded.seen_run",
            (account, raw, self.run, self.run),
        )

    def accounts(self, connection: sqlite3.Connection, items: Sequence[tuple[str, bytes]]) -> None:
        """Write the accounts that the app lists, by ID and JSON."""
        for account, raw in items:
            self._account(connection, account, raw)

    def chat_gone(self, connection: sqlite3.Connection, chat_id: str) -> None:
        """Mark a chat that the app no longer has; its messages stay."""
        connection.execute("update chats set gone_run = ? where id = ?", (self.run, chat_id))

    # Problems

    def problem(
        self,
        connection: sqlite3.Connection,
        kind: str,
        chat: int | None,
        key: str,
        error: str,
        raw: bytes | None = None,
    ) -> None:
        """Store what could not be read; a problem of the same kind, chat and key is one."""
        values = (kind, chat, key, error, raw, self.run, self.run)
        connection.execute(_PROBLEM, values)
        self.tally["problems"] += 1

    def solve(
        self,
        connection: sqlite3.Connection,
        kind: str,
        chat: int | None,
        *,
        at_once: bool = False,
    ) -> None:
        """Note that problems of a kind are solved: those that were not met again in this run.

        Args:
            connection: The connection.
            kind: The kind.
            chat: Number of their chat.
            at_once: Whether those of this run are solved too.
        """
        connection.execute(
            "update problems set solved_run = ? where kind = ? and coalesce(chat, 0) = ? "
            "and last_run < ? and solved_run is null",
            (self.run, kind, chat or 0, self.run + at_once),
        )

    def unreadable(
        self, connection: sqlite3.Connection, chat: int | None, kind: str, raw: Any, why: str
    ) -> None:
        """Store a record that can't be read."""
        try:
            text = dump(raw)
        except (TypeError, ValueError, RecursionError):
            text = repr(type(raw)).encode()
        key = message_id(raw) or hashlib.blake2b(text, digest_size=16).hexdigest()
        self.problem(connection, kind, chat, key, why, text)
        if chat is not None:
            self._open_problems.add((chat, key))

    def _solved(self, connection: sqlite3.Connection, chat: int, key: str) -> None:
        if (chat, key) in self._open_problems:
            self._open_problems.discard((chat, key))
            connection.execute(
                "update problems set solved_run = ? where kind = 'record' and chat = ? and key = ?",
                (self.run, chat, key),
            )


def _kind_of(before: bytes, after: MessageRecord, *, was_deleted: bool) -> str:
    if after.is_deleted and not was_deleted:
        return "deleted"
    old, new = json.loads(before), json.loads(after.raw)
    names = {name for name in {*old, *new} if old.get(name) != new.get(name)}
    if names & {"text", "editedTimestamp"}:
        return "edited"
    return "reactions" if names == {"reactions"} else "changed"


def now() -> int:
    """Return the time in milliseconds since 1970."""
    return int(time.time() * 1000)
