"""What happens to the messages of a world as a whole, as on live apps."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .clock import FIXED_NOW, from_wire, to_wire
from .messages import new_message
from .store import Store

Json = dict[str, Any]

_RENUMBERED_BY = 1_000_000
_DAY = timedelta(days=1)


class History:
    """Fills old messages in, lets some arrive late or damaged or vanish, and changes all IDs.

    Args:
        store: Where the messages are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._senders: dict[tuple[str, str], str] = {}
        """By chat and message, the sender that a damaged message had."""

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

    def vanish(self, chat_id: str, *message_ids: str) -> None:
        """Take messages out of a chat without a word: no event is sent, and nothing is left.

        Args:
            chat_id: ID of the chat.
            message_ids: IDs of the messages, or their pending IDs.

        Raises:
            KeyError: The chat or one of the messages does not exist.
        """
        with self._store.lock:
            messages = self._store.messages[chat_id]
            gone = {id(self._store.message(chat_id, one)): one for one in message_ids}
            for message in messages:
                if id(message) in gone:
                    self._store.forget_pending(message)
            messages[:] = [message for message in messages if id(message) not in gone]
            self._store.recount(self._store.chats[chat_id])

    def renumber(self, by: int = _RENUMBERED_BY) -> None:
        """Give all messages other IDs and sort keys, as a new installation or index does.

        The order stays. No event is sent.

        Args:
            by: How much larger the numbers become. At least 1. With a small one, messages get the
                IDs that other messages of their chat had.

        Raises:
            ValueError: `by` is less than 1.
        """
        if by < 1:
            raise ValueError("by must be at least 1")
        with self._store.lock:
            for chat_id, messages in self._store.messages.items():
                for message in messages:
                    for name in ("id", "linkedMessageID"):
                        _raise(message, name, by)
                    _raise(message, "sortKey", by * 1000)
                chat = self._store.chats[chat_id]
                _raise(chat, "lastReadMessageSortKey", by * 1000)
            self._store.skip_message_ids(by)

    def receive_below(self, chat_id: str, text: str, *, newer: int = 1) -> Json:
        """Deliver a message late: it is put below newer ones, with a time between its neighbours'.

        It is from the first other person of the chat. The chat's ``lastActivity`` does not move.

        Args:
            chat_id: ID of the chat, which has at least `newer` messages.
            text: Plain text.
            newer: Number of messages above it. At least 1.

        Returns:
            The message.

        Raises:
            KeyError: The chat does not exist.
            ValueError: `newer` is less than 1 or more than the chat has, or no sort key is left
                between the neighbours.
        """
        with self._store.lock:
            chat, messages = self._store.chats[chat_id], self._store.messages[chat_id]
            index = len(messages) - newer
            if newer < 1 or index < 0:
                raise ValueError("newer must be between 1 and the number of messages")
            above = messages[index]
            high = int(above["sortKey"])
            low = int(messages[index - 1]["sortKey"]) if index else high - 1000
            if high - low < 2:
                raise ValueError("there is no sort key left between the neighbours")
            time = from_wire(above["timestamp"]) or FIXED_NOW
            message = self._new_message(chat, text, time - timedelta(milliseconds=1))
            message["sortKey"] = str((low + high) // 2)
            return self._store.insert_message(chat, index, message)

    def receive_old(self, chat_id: str, text: str, *, age: timedelta = _DAY) -> Json:
        """Deliver a message with an old time, which is on top of the chat all the same.

        It is from the first other person of the chat. The chat's ``lastActivity`` does not move.

        Args:
            chat_id: ID of the chat.
            text: Plain text.
            age: By how much the time of the message is earlier than now.

        Returns:
            The message.

        Raises:
            KeyError: The chat does not exist.
        """
        with self._store.lock:
            chat, messages = self._store.chats[chat_id], self._store.messages[chat_id]
            message = self._new_message(chat, text, self._store.clock.next() - age)
            return self._store.insert_message(chat, len(messages), message)

    def receive_damaged(self, chat_id: str, text: str) -> Json:
        """Deliver a message without a sender, which the API requires, so it can't be decoded.

        Returns:
            The message. `heal` gives it a sender.

        Raises:
            KeyError: The chat does not exist.
        """
        with self._store.lock:
            chat = self._store.chats[chat_id]
            message = self._new_message(chat, text, self._store.clock.next())
            self._senders[chat_id, message["id"]] = message["senderID"]
            message["senderID"] = None
            return self._store.add_message(chat, message)

    def damage(self, chat_id: str, message_id: str) -> None:
        """Take the sender from a message, so that it can't be decoded any more.

        Raises:
            KeyError: The chat or the message does not exist.
        """
        with self._store.lock:
            message = self._store.message(chat_id, message_id)
            self._senders.setdefault((chat_id, message_id), message["senderID"])
            message["senderID"] = None
            self._store.changes.messages_upserted(chat_id, [message])

    def heal(self, chat_id: str, message_id: str) -> None:
        """Give a damaged message its sender again.

        Raises:
            KeyError: The chat or the message does not exist, or it is not damaged.
        """
        with self._store.lock:
            message = self._store.message(chat_id, message_id)
            message["senderID"] = self._senders.pop((chat_id, message_id))
            self._store.changes.messages_upserted(chat_id, [message])

    def _new_message(self, chat: Json, text: str, time: datetime) -> Json:
        store = self._store
        sender, number = store.somebody(chat, None), store.next_message_id()
        message = new_message(chat, sender, number, to_wire(time), text, plain=store.plain_text)
        return message | {"isSender": False, "isUnread": True, "mentions": []}

    @staticmethod
    def _old_message(chat: Json, sender: Json, number: int, time: datetime) -> Json:
        message = new_message(chat, sender, str(number), to_wire(time), f"old message {number}")
        return message | {"isSender": False, "isUnread": False, "mentions": []}


def _raise(fields: Json, name: str, by: int) -> None:
    # The ID of a message that is still pending is no number.
    if str(fields.get(name, "")).isdecimal():
        fields[name] = str(int(fields[name]) + by)
