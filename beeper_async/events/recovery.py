"""What was missed: read over HTTP, because the socket never tells anything a second time."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ..errors import NotFoundError
from ..models.message import Message
from ..omit import Omit, omit
from .checkpoint import LATE, Checkpoint, Place

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop
    from ..pagination import AsyncCursorNoLimit

# Pages of a chat that are kept on the way back to what is known; those after them are fetched a
# second time on the way forward, so that a long absence doesn't fill the memory.
_KEPT_PAGES: Final = 50
_CHATS_AT_ONCE: Final = 100
EVER: Final = datetime.min.replace(tzinfo=UTC)


class Recovery:
    """Reads what happened in some chats, or in all, since a mark."""

    def __init__(self, client: AsyncBeeperDesktop) -> None:
        self._client = client

    async def now(self, chat_ids: tuple[str, ...] | None) -> Checkpoint:
        """Return a checkpoint of this moment: nothing that has happened is news from here on."""
        places: dict[str, Place] = {}
        if chat_ids is not None:
            for chat_id in chat_ids:
                newest = await self._newest(chat_id)
                if newest is not None:
                    places[chat_id] = Place(newest.sort_key, newest.timestamp)
            return Checkpoint(EVER, places)
        base: datetime | None = None
        async for chat in self._client.chats.list(limit=_CHATS_AT_ONCE):
            if chat.last_activity is None:
                continue
            if base is None:
                base = min(chat.last_activity, datetime.now(UTC)) - LATE
            if chat.last_activity < base:
                break
            newest = chat.preview or await self._newest(chat.id)
            if newest is not None:
                places[chat.id] = Place(newest.sort_key, newest.timestamp)
        return Checkpoint(base or EVER, places)

    async def changed_chats(
        self, base: datetime, is_news: Callable[[Message], bool]
    ) -> AsyncGenerator[tuple[str, datetime]]:
        """Walk the chats active since `base` whose last message is news, with its time."""
        async for chat in self._client.chats.list(limit=_CHATS_AT_ONCE):
            if chat.last_activity is None:
                continue
            if chat.last_activity < base:
                return
            if chat.preview is None or is_news(chat.preview):
                yield chat.id, chat.last_activity

    async def messages_since(
        self, chat_id: str, is_new: Callable[[Message], bool]
    ) -> AsyncGenerator[Message]:
        """Walk the messages of a chat, oldest first, from about where `is_new` begins to hold."""
        kept: deque[AsyncCursorNoLimit[Message]] = deque(maxlen=_KEPT_PAGES)
        cursors: list[str | Omit] = []
        cursor: str | Omit = omit
        try:
            async for page in self._client.messages.list(chat_id).iter_pages():
                kept.append(page)
                cursors.append(cursor)
                if not page.items or not is_new(page.items[-1]):
                    break
                onward = page.next_page_info()
                cursor = onward.params["cursor"] if onward else omit
        except NotFoundError:
            return  # the chat is gone by now
        for page in reversed(kept):
            for message in reversed(page.items):
                yield message
        for cursor in reversed(cursors[: -len(kept)] if kept else []):
            page = await self._client.messages.list(chat_id, cursor=cursor)
            for message in reversed(page.items):
                yield message

    async def _newest(self, chat_id: str) -> Message | None:
        page = await self._client.messages.list(chat_id)
        return page.items[0] if page.items else None
