"""Messages, chats, people and versions as values, from what is stored."""

import logging
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeVar

from ..._codec.decoder import decode_leniently
from ..._codec.json_text import loads
from ...models.base import Model
from ...models.chat import Chat
from ...models.message import Message
from ..storage.records import time_of
from ..values import ArchivedChat, ArchivedPerson, Deleted, Version
from .selection import Order, Selection, chat_number

_log: Final = logging.getLogger("beeper_async")
RecordT = TypeVar("RecordT", bound=Model)

_RESTORED: Final = (
    "select coalesce((select raw from versions where message = m.n and kind = 'deleted' "
    "order by n desc limit 1), raw) from messages m where n = ?"
)
_AS_SERVED: Final = "select raw from messages where n = ?"
_CHATS: Final = (
    "select id, local_id, account, network, title, type, is_merged, gone_run, last_activity, raw, "
    "swept_at, count, first, last from chats left join marks on marks.chat = n left join "
    "(select chat, count(*) as count, min(time) as first, max(time) as last from messages "
    "group by chat) counted on counted.chat = n "
    "order by max(coalesce(last_activity, 0), coalesce(last, 0)) desc, n"
)


def messages(
    connection: sqlite3.Connection, selected: Selection, order: Order = "oldest"
) -> Iterator[Message]:
    """Yield messages; one that can't be read is logged and left out."""
    return at(connection, selected.numbers(connection, order), selected.deleted)


def at(
    connection: sqlite3.Connection, numbers: Iterable[int], deleted: Deleted = "show"
) -> Iterator[Message]:
    """Yield the messages with these numbers, without those that are gone meanwhile."""
    statement = _RESTORED if deleted == "restore" else _AS_SERVED
    for n in numbers:
        row = connection.execute(statement, (n,)).fetchone()
        message = None if row is None else model_of(Message, row[0])
        if message is not None:
            yield message


def model_of(model: type[RecordT], raw: bytes) -> RecordT | None:
    """Build a model from stored JSON; None if this release can't read it."""
    try:
        return decode_leniently(model, loads(raw)).value
    except Exception as error:  # content that nobody foresaw is one record, and no end of a listing
        _log.warning(
            "A %s of the archive can't be read: %s", model.__name__.lower(), type(error).__name__
        )
        return None


def chats(connection: sqlite3.Connection) -> list[ArchivedChat]:
    """Return all chats, the one with the newest activity first."""
    return [_chat(row) for row in connection.execute(_CHATS)]


def _chat(row: tuple[Any, ...]) -> ArchivedChat:
    own_id, local_id, account, network, title, type, is_merged, gone_run, active, raw = row[:10]
    swept_at, count, first, last = row[10:]
    return ArchivedChat(
        id=own_id,
        local_id=local_id,
        account_id=account,
        network=network,
        title=title,
        type=type,
        is_merged=bool(is_merged),
        is_gone=gone_run is not None,
        last_activity=None if active is None else time_of(active),
        messages=count or 0,
        first_message=None if first is None else time_of(first),
        last_message=None if last is None else time_of(last),
        swept_at=None if swept_at is None else time_of(swept_at),
        chat=model_of(Chat, raw),
    )


def people(connection: sqlite3.Connection, chat: int) -> list[ArchivedPerson]:
    """Return everybody who was a participant of a chat, by name."""
    rows = connection.execute(
        "select id, name, is_self, seen_run, raw from people where chat = ? "
        "order by name is null, name, id",
        (chat,),
    )
    return [
        ArchivedPerson(id=own_id, name=name, is_self=bool(is_self), last_run=run, raw=loads(raw))
        for own_id, name, is_self, run, raw in rows
    ]


def versions(
    connection: sqlite3.Connection, of: Message | Chat | ArchivedChat | str
) -> list[Version]:
    """Return the earlier states of a message or a chat, the oldest first.

    Raises:
        ChatNotArchivedError: There is no such chat.
    """
    if isinstance(of, Message):
        chat = chat_number(connection, of.chat_id)
        found = connection.execute(
            "select kind, run, at, raw from versions where message = coalesce("
            "(select n from messages where chat = ?1 and id = ?2), "
            "(select message from aliases where chat = ?1 and id = ?2)) order by n",
            (chat, of.id),
        )
        return [_version(Message, *row) for row in found]
    chat = chat_number(connection, of.id if isinstance(of, Chat) else of)
    found = connection.execute(
        "select kind, run, at, raw from versions where chat = ? and message is null order by n",
        (chat,),
    )
    return [_version(Chat, *row) for row in found]


def _version(
    model: type[Message] | type[Chat], kind: str, run: int, at: int, raw: bytes
) -> Version:
    return Version(kind=kind, run=run, at=time_of(at), value=model_of(model, raw), raw=loads(raw))
