"""What was missed: read over HTTP, because the socket never tells anything a second time."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ..errors import NotFoundError, PaginationError
from ..models.chat import ChatListResponse
from ..models.message import Message
from .checkpoint import LATE, Checkpoint, Marks
from .source import EventSource

if TYPE_CHECKING:
    from .._paging.page import AsyncCursorNoLimit

_log = logging.getLogger("beeper_async")

# Pages of a chat that are kept on the way back to what is known; those after them are fetched a
# second time on the way forward, so that a long absence doesn't fill the memory.
_KEPT_PAGES: Final = 50
_CHATS_AT_ONCE: Final = 100
EVER: Final = datetime.min.replace(tzinfo=UTC)


class Recovery:
    """Reads what happened in some chats, or in all, since a mark."""

    def __init__(self, source: EventSource) -> None:
        self._source = source

    async def now(self, chat_ids: tuple[str, ...] | None) -> Checkpoint:
        """Return a checkpoint of this moment: nothing that has happened is news from here on."""
        if chat_ids is None:
            last = await self._last_of_all()
        else:
            pages = [await self._source.messages.list(chat_id) for chat_id in chat_ids]
            last = [message for page in pages for message in page.items]
        if not last:
            return Checkpoint(EVER)
        marks = Marks(Checkpoint(EVER))
        for message in last:
            marks.take(message)
        newest = max(message.timestamp for message in last)
        return Checkpoint(before_late(newest), marks.checkpoint().places)

    async def active_chats(
        self, base: datetime | None
    ) -> AsyncGenerator[tuple[ChatListResponse, datetime]]:
        """Walk the chats active since `base`, or lately, each with the time of that.

        A chat that rises to the top meanwhile falls between two pages. So a walk that took more
        than one page is followed by another, in which most chats come again.
        """
        for _ in range(2):
            pages = 0
            async for page in self._source.chats.list(limit=_CHATS_AT_ONCE).iter_pages():
                pages += 1
                for chat in page.items:
                    if chat.last_activity is None:
                        continue
                    base = base or before_late(chat.last_activity)
                    if chat.last_activity < base:
                        break
                    yield chat, chat.last_activity
                else:
                    continue
                break
            if pages == 1:
                return

    async def messages_since(
        self, chat_id: str, is_new: Callable[[Message], bool]
    ) -> AsyncGenerator[Message]:
        """Walk the messages of a chat, oldest first, from about where `is_new` begins to hold.

        It must not hold any more for what was walked.
        """
        while True:
            kept: deque[AsyncCursorNoLimit[Message]] = deque(maxlen=_KEPT_PAGES)
            cursors: list[str] = []
            with suppress(NotFoundError):  # the chat is gone by now
                await self._walk_back(chat_id, is_new, kept, cursors)
            let_go = len(cursors) - len(kept)
            while kept:
                for message in reversed(kept.pop().items):
                    yield message
            if let_go <= 0:
                return
            # The first page has no cursor and is no longer what it was, so it gets another walk.
            for cursor in reversed(cursors[1:let_go]):
                try:
                    page = await self._source.messages.list(chat_id, cursor=cursor)
                except NotFoundError:
                    return
                for message in reversed(page.items):
                    yield message

    async def _walk_back(
        self,
        chat_id: str,
        is_new: Callable[[Message], bool],
        kept: deque[AsyncCursorNoLimit[Message]],
        cursors: list[str],
    ) -> None:
        """Keep the last pages on the way back, and the cursors of all."""
        cursor = ""
        try:
            async for page in self._source.messages.list(chat_id).iter_pages():
                kept.append(page)
                cursors.append(cursor)
                if page.items and not is_new(page.items[-1]):
                    return
                onward = page.next_page_info()
                cursor = onward.params["cursor"] if onward else ""
        except PaginationError as error:
            _log.warning("events: %s", error)  # what came before it is good all the same

    async def _last_of_all(self) -> list[Message]:
        """Read the last message of each chat active lately."""
        last: dict[str, Message | None] = {}
        async with aclosing(self.active_chats(None)) as chats:
            async for chat, _ in chats:
                if chat.id not in last:
                    last[chat.id] = chat.preview or await self._last_of(chat.id)
        return [message for message in last.values() if message is not None]

    async def _last_of(self, chat_id: str) -> Message | None:
        try:
            page = await self._source.messages.list(chat_id)
        except NotFoundError:
            return None
        return page.items[0] if page.items else None


def before_late(time: datetime) -> datetime:
    """Return up to when nothing more is expected, seen from a time, which may be in the future."""
    return max(min(time, datetime.now(UTC)), EVER + LATE) - LATE
