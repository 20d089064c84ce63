"""Whether an archive has what the app serves. It reads both, and writes nothing."""

import sqlite3
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from ..._paging.raw import raw_pages
from ...errors import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    NotFoundError,
    PaginationError,
    PermissionDeniedError,
)
from ..storage.records import (
    ChatRecord,
    MessageRecord,
    UnreadableRecordError,
    is_same_content,
    message_hash,
    message_id,
    read_chat,
    read_message,
)
from ..storage.runs import FINISHED
from ..updating.chats import Choice
from ..workers import work_through
from .findings import FindingKind, Tally, Verification

if TYPE_CHECKING:
    from ...client import AsyncBeeperDesktop

_LARGEST_PAGE: Final = 200
_MOST_ASKED: Final = 50
"""Messages of one chat that are asked for singly, so that a change meanwhile is no finding."""
_SERVES_SINGLE: Final = (4, 2, 808)
"""The first app that serves single messages; an older one answers 404 to that."""
_NEVER: Final = 2**62

_IS_MARKED: Final = "coalesce(vanished_run, expired_run) is not null"
_FIND: Final = f"select n, hash, {_IS_MARKED} from messages where chat = ? and id = ?"  # noqa: S608
_FIND_OTHER: Final = (
    f"select n, hash, {_IS_MARKED} from messages where n = coalesce("  # noqa: S608
    "(select message from aliases where chat = :chat and id = :id), "
    "(select n from messages where chat = :chat and pos = :pos and is_pending))"
)
_ALIVE: Final = (
    "select n, id, pos from messages where chat = ? and n <= ? and time >= ? and not is_pending "
    "and coalesce(vanished_run, expired_run, missed_run, deleted_run) is null"
)
_UNREADABLE: Final = (
    "select 1 from problems where kind = 'record' and chat = ? and key = ? and solved_run is null"
)
_TEXTS: Final[dict[FindingKind, str]] = {
    "lost": "the app serves the message, and the archive does not have it",
    "doubled": "the archive has the message twice",
    "stale": "the app serves the message in another state",
    "missing": "the message is marked as no longer served, but the app serves it",
    "unmarked": "the app does not serve the message, which is not marked",
}


@frozen
class _Chat:
    """A chat that is compared."""

    n: int
    """Its number; 0 if it is not in the archive."""
    id: str
    due: int
    """Messages from before this time (in milliseconds) may have disappeared."""
    served: set[int] = field(factory=set[int], repr=False)
    """Numbers of the messages that the app serves."""
    asked: list[str] = field(factory=list[str], repr=False)
    """IDs of messages that were asked for singly."""


class AppComparison:
    """Compares an archive with the app.

    Args:
        connection: Reads the archive.
        client: Reads from the app.
        choice: Which chats are archived.
    """

    def __init__(
        self, connection: sqlite3.Connection, client: "AsyncBeeperDesktop", choice: Choice
    ) -> None:
        self._connection = connection
        self._client = client
        self._choice = choice
        self._tally = Tally()
        since = self._row("select max(started) from runs where exit_code in (?, ?)", *FINISHED)[0]
        self._since: int = _NEVER if since is None else since
        self._last: int = self._value("select max(n) from messages") or 0
        self._can_ask = True

    async def compare(self, in_flight: int) -> Verification:
        """Compare everything, several chats at the same time.

        Raises:
            AuthenticationError: The token is not valid.
            PermissionDeniedError: The token may not read.
            APIConnectionError: The app can't be reached.
        """
        self._can_ask = await self._client.app_version() >= _SERVES_SINGLE
        await work_through(await self._compare_chats(), self._guarded, in_flight)
        return self._tally.result()

    # Chats

    async def _compare_chats(self) -> list[_Chat]:
        """Compare the chats alone; return those whose messages are compared."""
        chats: list[_Chat] = []
        met: set[str] = set()
        async with aclosing(raw_pages(self._client.chats.list(limit=_LARGEST_PAGE))) as pages:
            async for page in pages:
                for record in map(read_chat, page.items):
                    if record is None or record.id in met:
                        continue
                    met.add(record.id)
                    n = await self._compare_chat(record)
                    if self._choice.includes(record):
                        chats.append(_Chat(n, record.id, _due(record)))
        for (chat_id,) in self._connection.execute(
            "select id from chats where gone_run is null and not is_merged"
        ).fetchall():
            if chat_id not in met and await self._is_chat_gone(chat_id):
                self._tally.add("unmarked", "the app does not have the chat any more", chat_id)
        return chats

    async def _compare_chat(self, record: ChatRecord) -> int:
        """Compare one chat; return its number, or 0 if it is not in the archive."""
        self._tally.chats += 1
        row = self._row("select n, hash, gone_run from chats where id = ?", record.id)
        if row is None:
            if self._choice.includes(record) and (record.last_activity or 0) < self._since:
                self._tally.add("lost", "the chat is not in the archive", record.id)
            return 0
        n, hash, gone_run = row
        if gone_run is not None:
            self._tally.add("missing", "the chat is marked as gone, but is served", record.id)
        elif not is_same_content(hash, record.hash) and not await self._is_chat(record.id, hash):
            self._tally.add("stale", "the app serves the chat in another state", record.id)
        return int(n)

    async def _is_chat(self, chat_id: str, hash: bytes) -> bool:
        """Return whether a chat is now as it was stored, or can't be read now."""
        try:
            chat = await self._client.chats.retrieve(chat_id)
        except NotFoundError:
            return True
        record = read_chat(chat.to_dict())
        return record is not None and is_same_content(hash, record.hash)

    async def _is_chat_gone(self, chat_id: str) -> bool:
        try:
            await self._client.chats.retrieve(chat_id)
        except NotFoundError:
            return True
        return False

    # Messages

    async def _guarded(self, chat: _Chat) -> None:
        """Compare the messages of a chat; if only this chat can't be read, it is a finding."""
        try:
            await self._compare_messages(chat)
        except NotFoundError:
            return  # it was removed since it was listed
        except AuthenticationError:
            raise
        except (APIError, PaginationError) as error:
            if isinstance(error, APIConnectionError | PermissionDeniedError):
                await self._client.chats.list(limit=1)  # raises the same if it is not this chat
            text = f"its messages can't be read: {type(error).__name__}"
            self._tally.add("unread", text, chat.id)

    async def _compare_messages(self, chat: _Chat) -> None:
        async with aclosing(raw_pages(self._client.messages.list(chat.id))) as pages:
            async for page in pages:
                for raw in page.items:
                    await self._compare_message(chat, raw)
        for n, own_id, pos in self._connection.execute(
            _ALIVE, (chat.n, self._last, chat.due)
        ).fetchall():
            if n not in chat.served:
                await self._compare_unserved(chat, n, own_id, pos)

    async def _compare_message(self, chat: _Chat, raw: Any) -> None:
        own_id = message_id(raw)
        if own_id is None:
            return  # a record that can't be told from others
        self._tally.messages += 1
        row = self._row(_FIND, chat.n, own_id) or self._find_other(chat, own_id, raw)
        if row is None:
            self._not_found(chat, own_id, raw)
            return
        chat.served.add(row[0])
        kind = _difference(row, raw)
        if kind is not None:
            was_asked, now = await self._ask(chat, own_id)
            if was_asked:  # and the archive may have changed as well
                row = self._row(_FIND, chat.n, own_id)
                kind = None if now is None or row is None else _difference(row, now)
        if kind is not None:
            self._tally.add(kind, _TEXTS[kind], chat.id, own_id)

    def _find_other(self, chat: _Chat, own_id: str, raw: dict[str, Any]) -> Any:
        """Find a message that the archive has under another ID."""
        record = _read(raw)
        pos = None if record is None else record.pos
        names = {"chat": chat.n, "id": own_id, "pos": pos}
        return self._connection.execute(_FIND_OTHER, names).fetchone()

    def _not_found(self, chat: _Chat, own_id: str, raw: dict[str, Any]) -> None:
        """Decide what it means that a message is not in the archive."""
        if self._row(_UNREADABLE, chat.n, own_id) is not None:
            return  # it is among the problems
        record = _read(raw)
        if record is not None and (record.is_pending or record.time >= self._since):
            self._tally.new += 1
        else:
            self._tally.add("lost", _TEXTS["lost"], chat.id, own_id)

    async def _compare_unserved(self, chat: _Chat, n: int, own_id: str, pos: str) -> None:
        """Decide about a message of the archive that no page had."""
        _, now = await self._ask(chat, own_id)
        if now is not None and message_id(now) == own_id:
            return  # it moved from page to page, or came back
        others = self._connection.execute(
            "select n from messages where chat = ? and pos = ? and n <> ?", (chat.n, pos, n)
        )
        is_doubled = now is not None or any(other in chat.served for (other,) in others)
        kind: FindingKind = "doubled" if is_doubled else "unmarked"
        self._tally.add(kind, _TEXTS[kind], chat.id, own_id)

    async def _ask(self, chat: _Chat, own_id: str) -> tuple[bool, dict[str, Any] | None]:
        """Ask for a message once more; return whether that was done, and the message."""
        if not self._can_ask or len(chat.asked) >= _MOST_ASKED:
            return False, None
        chat.asked.append(own_id)
        try:
            message = await self._client.messages.retrieve(own_id, chat_id=chat.id)
        except NotFoundError:
            return True, None
        return True, message.to_dict()

    # The archive

    def _row(self, query: str, *values: Any) -> Any:
        return self._connection.execute(query, values).fetchone()

    def _value(self, query: str) -> Any:
        return self._row(query)[0]


def _difference(row: tuple[int, bytes, bool], raw: dict[str, Any]) -> FindingKind | None:
    """Return how a stored message differs from what is served."""
    _, hash, is_marked = row
    if is_marked:
        return "missing"
    return None if is_same_content(hash, message_hash(raw)) else "stale"


def _read(raw: dict[str, Any]) -> MessageRecord | None:
    try:
        return read_message(raw, b"")
    except UnreadableRecordError:
        return None


def _due(record: ChatRecord) -> int:
    return 0 if record.expiry is None else int((time.time() - record.expiry) * 1000)
