"""What happens to the messages of a world as a whole, as on live apps."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .clock import FIXED_NOW, from_wire, to_wire
from .messages import new_message
from .store import Store

Json = dict[str, Any]

_RENUMBERED_BY = 1_000_000


class History:
    """Fills old messages in, and gives all of them other IDs.

    Args:
        store: Where the messages are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def backfill(self, chat_id: str, count: int = 1) -> list[Json]:
        """Fill older messages in, as an app does for weeks after an account was linked.

        They are from the first other person of the chat, one a minute, and read. The chat's
        ``lastActivity`` does not move, and no event is sent.

        Args:
            chat_id: ID of the chat, which has a message.
            count: Number of messages.

        Returns:
            The messages, oldest first.

        Raises:
            KeyError: The chat does not exist.
        """
        with self._store.lock:
            chat, messages = self._store.chats[chat_id], self._store.messages[chat_id]
            sender = self._store.somebody(chat, None)
            oldest = messages[0]
            number = int(oldest["sortKey"]) // 1000
            time = from_wire(oldest["timestamp"]) or FIXED_NOW
            older = [
                self._old_message(chat, sender, number - back, time - timedelta(minutes=back))
                for back in range(count, 0, -1)
            ]
            messages[:0] = older
            return older

    def renumber(self) -> None:
        """Give all messages other IDs and sort keys, as a new installation or index does.

        The order stays. No event is sent.
        """
        with self._store.lock:
            for chat_id, messages in self._store.messages.items():
                for message in messages:
                    for name in ("id", "linkedMessageID"):
                        _raise(message, name, _RENUMBERED_BY)
                    _raise(message, "sortKey", _RENUMBERED_BY * 1000)
                chat = self._store.chats[chat_id]
                _raise(chat, "lastReadMessageSortKey", _RENUMBERED_BY * 1000)
            self._store.skip_message_ids(_RENUMBERED_BY)

    @staticmethod
    def _old_message(chat: Json, sender: Json, number: int, time: datetime) -> Json:
        message = new_message(chat, sender, str(number), to_wire(time), f"old message {number}")
        return message | {"isSender": False, "isUnread": False, "mentions": []}


def _raise(fields: Json, name: str, by: int) -> None:
    # The ID of a message that is still pending is no number.
    if str(fields.get(name, "")).isdecimal():
        fields[name] = str(int(fields[name]) + by)
