"""Which messages are read, and in which order.

The numbers of all of them are read at once, 8 bytes each, and every message when it is its turn.
So memory does not grow with the messages, no transaction lasts longer than one row, and a message
that is moved or stored meanwhile comes neither twice nor out of order.
"""

import sqlite3
from array import array
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias, get_args

from attrs import frozen

from ..._validation import check_time
from ...errors import InvalidInputError
from ..errors import AmbiguousArchivedChatError, ChatNotArchivedError
from ..storage.records import moment
from ..values import ArchivedChat, Deleted

Order: TypeAlias = Literal["oldest", "newest"]
Numbers: TypeAlias = "array[int]"

_DELETED: Final = get_args(Deleted)
_IN_CHAT: Final = {"oldest": "pos, n", "newest": "pos desc, n desc"}
_IN_TIME: Final = {"oldest": "time, n", "newest": "time desc, n desc"}


@frozen(kw_only=True)
class Selection:
    """What selects messages, checked. None selects all."""

    chat: int | None = None
    """Number of the chat."""
    since: int | None = None
    """Milliseconds since 1970; the first that is selected."""
    until: int | None = None
    """Milliseconds since 1970; the first that is no longer selected."""
    sender: str | None = None
    """User ID or name."""
    deleted: Deleted = "show"

    def conditions(self) -> tuple[str, list[Any]]:
        """Return the conditions of a statement, and their values."""
        conditions, values = ["true"], list[Any]()
        for condition, value in (
            ("chat = ?", self.chat),
            ("time >= ?", self.since),
            ("time < ?", self.until),
        ):
            if value is not None:
                conditions.append(condition)
                values.append(value)
        if self.sender is not None:
            conditions.append("(sender = ? or sender in (select id from people where name = ?))")
            values += [self.sender, self.sender]
        if self.deleted == "hide":
            conditions.append("coalesce(deleted_run, vanished_run, expired_run) is null")
        return " and ".join(conditions), values

    def numbers(self, connection: sqlite3.Connection, order: Order) -> Numbers:
        """Return the numbers of the messages: in one chat by sort key, else by time."""
        conditions, values = self.conditions()
        by = (_IN_TIME if self.chat is None else _IN_CHAT)[order]
        found = connection.execute(
            f"select n from messages where {conditions} order by {by}",  # noqa: S608
            values,
        )
        return array("q", (n for (n,) in found))


def selection(
    connection: sqlite3.Connection,
    *,
    chat: str | ArchivedChat | None = None,
    since: datetime | str | None = None,
    until: datetime | str | None = None,
    sender: str | None = None,
    deleted: Deleted = "show",
) -> Selection:
    """Check what a user selects.

    Raises:
        ChatNotArchivedError: There is no such chat.
        AmbiguousArchivedChatError: Several chats have this title.
        InvalidInputError: Another parameter is invalid.
    """
    if deleted not in _DELETED:
        raise InvalidInputError(f"deleted must be one of {', '.join(_DELETED)}.")
    if sender is not None and not isinstance(sender, str):
        raise InvalidInputError(f"sender must be text, not {type(sender).__name__}.")
    return Selection(
        chat=None if chat is None else chat_number(connection, chat),
        since=_milliseconds("since", since),
        until=_milliseconds("until", until),
        sender=None if sender is None else storable(sender),
        deleted=deleted,
    )


def chat_number(connection: sqlite3.Connection, chat: str | ArchivedChat) -> int:
    """Find a chat by its ID, its local ID or its title, in this order.

    Raises:
        ChatNotArchivedError: There is no such chat.
        AmbiguousArchivedChatError: Several chats have this title or local ID.
        InvalidInputError: It is no text.
    """
    wanted = chat.id if isinstance(chat, ArchivedChat) else chat
    if not isinstance(wanted, str):
        raise InvalidInputError(f"chat must be text, not {type(wanted).__name__}.")
    wanted = storable(wanted)
    for column in ("id", "local_id", "title"):
        found = connection.execute(
            f"select n, id from chats where {column} = ? order by n",  # noqa: S608
            (wanted,),
        ).fetchall()
        if len(found) == 1:
            return int(found[0][0])
        if found:
            raise AmbiguousArchivedChatError(
                f"{len(found)} chats of the archive have this {column}. Use the ID of one.",
                [own_id for _, own_id in found],
            )
    raise ChatNotArchivedError("The archive has no chat with this ID or title.")


def numbers_of_chats(
    connection: sqlite3.Connection, chats: Collection[str | ArchivedChat] | None
) -> list[int]:
    """Return the numbers of chats, the one with the newest activity first; None means all.

    Raises:
        ChatNotArchivedError: There is no such chat.
        AmbiguousArchivedChatError: Several chats have this title.
        InvalidInputError: It is a single chat.
    """
    if isinstance(chats, str | ArchivedChat):
        raise InvalidInputError("chats must be a list of chats, not a single one.")
    wanted = None if chats is None else {chat_number(connection, one) for one in chats}
    found = connection.execute("select n from chats order by coalesce(last_activity, 0) desc, n")
    return [n for (n,) in found if wanted is None or n in wanted]


def storable(text: str) -> str:
    """Return a text without halves of surrogate pairs, which are replaced in all that is stored."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _milliseconds(name: str, time: datetime | str | None) -> int | None:
    if time is None:
        return None
    written = check_time(name, time)
    value = moment(written)
    if value is None:
        raise InvalidInputError(f"{name} is not an RFC 3339 time.")
    return value
