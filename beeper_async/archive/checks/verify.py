"""Whether an archive is whole in itself. It only reads, and one record after the other."""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from ..._codec.json_text import JSONError, loads_exactly
from ..._paging.sort_order import sort_order
from ..files.store import FileStore
from ..storage.marks import Marks
from ..storage.records import (
    UnreadableRecordError,
    message_hash,
    message_id,
    read_chat,
    read_message,
)
from .file_checks import check_files
from .findings import Tally, Verification
from .search_checks import check_search

_CHATS: Final = "select n, id, local_id, raw, hash from chats order by n"
_MESSAGES: Final = (
    "select n, chat, id, pos, raw, hash, deleted_run is not null, (vanished_run is not null) "
    "+ (expired_run is not null) + (missed_run is not null) from messages order by n"
)
_ELSEWHERE: Final = (
    "select chats.id, messages.id from {0} join messages on messages.n = {0}.message "
    "join chats on chats.n = messages.chat where {0}.chat <> messages.chat"
)


class _Chat(NamedTuple):
    id: str
    names: frozenset[Any]
    """What its messages may call it."""


_Chats: TypeAlias = dict[int, _Chat]


def verify(connection: sqlite3.Connection, store: FileStore, *, files: bool) -> Verification:
    """Check an archive.

    Args:
        connection: Reads the archive.
        store: Its files.
        files: Whether the content of each file is read, and not its size alone.
    """
    tally = Tally()
    chats: _Chats = {}
    steps: list[Callable[[], None]] = [
        lambda: _check_database(connection, tally),
        lambda: _check_chats(connection, tally, chats),
        lambda: _check_messages(connection, tally, chats),
        lambda: _check_marks(connection, tally, chats),
        lambda: _check_versions(connection, tally, chats),
        lambda: check_search(connection, tally),
        lambda: check_files(connection, store, tally, with_content=files),
    ]
    for step in steps:
        try:
            step()
        except sqlite3.DatabaseError as error:  # it is damaged: check what can still be read
            tally.add("database", str(error))
    return tally.result()


def _check_database(connection: sqlite3.Connection, tally: Tally) -> None:
    for (text,) in connection.execute("pragma integrity_check"):
        if text != "ok":
            tally.add("database", text)
    for table, row, target, _ in connection.execute("pragma foreign_key_check"):
        tally.add("database", f"row {row} of {table} belongs to what is not in {target}")


def _check_chats(connection: sqlite3.Connection, tally: Tally, chats: _Chats) -> None:
    for n, chat_id, local_id, raw, hash in connection.execute(_CHATS):
        tally.chats += 1
        chats[n] = _Chat(chat_id, frozenset({chat_id, local_id}))
        value = _parsed(raw)
        record = read_chat(value)
        if value is None:
            tally.add("json", "the JSON of the chat can't be parsed", chat_id)
        elif record is None or record.id != chat_id:
            tally.add("identity", "the JSON is that of another chat", chat_id)
        elif record.hash != hash:
            tally.add("hash", "the JSON of the chat is not what was stored", chat_id)


def _check_messages(connection: sqlite3.Connection, tally: Tally, chats: _Chats) -> None:
    for n, chat, own_id, pos, raw, hash, is_deleted, marks in connection.execute(_MESSAGES):
        tally.messages += 1
        if chat not in chats:
            continue  # the foreign keys say so
        place = chats[chat].id, own_id
        value = _parsed(raw)
        if value is None:
            tally.add("json", "the JSON of the message can't be parsed", *place)
            continue
        if message_id(value) != own_id or value.get("chatID") not in chats[chat].names:
            tally.add("identity", "the JSON is that of another message", *place)
            continue
        if sort_order(str(value.get("sortKey"))) != pos:
            tally.add("position", "the position is not that of the sort key", *place)
        if message_hash(value) != hash:
            tally.add("hash", "the JSON of the message is not what was stored", *place)
        if marks > 1 or (value.get("isDeleted") is True and not is_deleted):
            tally.add("marks", "the marks of the message contradict each other", *place)
        if value.get("attachments"):
            _check_attachments(connection, tally, n, value, place)


def _check_attachments(
    connection: sqlite3.Connection,
    tally: Tally,
    n: int,
    raw: dict[str, Any],
    place: tuple[str, str],
) -> None:
    stored: Mapping[int, int | None] = dict(
        connection.execute("select number, file from attachments where message = ?", (n,))
    )
    try:
        attachments = read_message(raw, b"").attachments
    except UnreadableRecordError:
        tally.add("json", "the message can't be read", *place)
        return
    for one in attachments:
        if one.number not in stored or (one.url and stored[one.number] is None):
            tally.add("attachment", f"attachment {one.number} is not among the files", *place)


def _check_marks(connection: sqlite3.Connection, tally: Tally, chats: _Chats) -> None:
    get = connection.execute
    last_run = get("select coalesce(max(run), 0) from runs").fetchone()[0]
    last = get("select max(seq) from sqlite_sequence where name = 'messages'").fetchone()[0] or 0
    marked: set[int] = set()
    for row in get(f"select {', '.join(Marks._fields)} from marks"):  # noqa: S608
        marks = Marks(*row)
        marked.add(marks.chat)
        runs = [run for run in (marks.back_run, marks.end_run, marks.swept_run) if run is not None]
        is_right = (
            0 <= marks.head_n <= last
            and all(0 < run <= last_run for run in runs)
            and (marks.swept_run is None) is (marks.swept_at is None)
            and (marks.end_run is None or marks.back_cursor is None)
        )
        if not is_right and marks.chat in chats:
            tally.add("marks", "the marks contradict each other", chats[marks.chat].id)
    for n in chats.keys() - marked:
        tally.add("marks", "the chat has no marks", chats[n].id)


def _check_versions(connection: sqlite3.Connection, tally: Tally, chats: _Chats) -> None:
    rows = connection.execute(
        "select v.chat, m.id, v.raw from versions v left join messages m on m.n = v.message"
    )
    for chat, own_id, raw in rows:
        if chat in chats and _parsed(raw) is None:
            place = chats[chat].id, own_id
            tally.add("version", "the JSON of an older version can't be parsed", *place)
    for table in ("versions", "aliases"):
        for place in connection.execute(_ELSEWHERE.format(table)):
            tally.add("version", "a version or an ID is that of a message of another chat", *place)


def _parsed(raw: Any) -> dict[str, Any] | None:
    """Return stored JSON as an object, or None if it is damaged."""
    try:
        value: Any = loads_exactly(raw)
    except (JSONError, TypeError, AttributeError):  # another program may have stored a number
        return None
    return value if value.__class__ is dict else None
