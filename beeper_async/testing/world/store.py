"""What a world is made of, and how to look things up and to put them in or take them out.

Everything is kept as plain JSON objects with the names of the wire, so what a test puts in is what
a client gets out.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

from .assets import AssetStore
from .changes import Changes
from .clock import Clock
from .positions import chat_position
from .sort_keys import SortKeys

Json = dict[str, Any]

FIRST_MESSAGE_NUMBER = 710_001


class Store:
    """Accounts, labels, chats and messages.

    Its methods keep the listing order and the unread counts right, and publish each change to
    `changes`. What people and networks do is up to `World`.

    Args:
        clock: The time of the world. Defaults to a clock that stands still.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.lock: threading.RLock = threading.RLock()
        """Held while a request is handled. Reentrant."""
        self.clock: Clock = clock or Clock()
        """The time of the world."""
        self.changes: Changes = Changes()
        """Where every change is published."""
        self.accounts: dict[str, Json] = {}
        """Accounts by ID."""
        self.unlisted_accounts: set[str] = set()
        """IDs of accounts that the account endpoints leave out, although their chats are served."""
        self.plain_text: bool = False
        """While true, new texts are written as plain text, where they usually become HTML."""
        self.reaction_messages: bool = False
        """While true, each new reaction is also a message of its own, of the type REACTION."""
        self.sort_keys: dict[str, SortKeys] = {}
        """By chat ID, what its sort keys are if they are not ordinary numbers. Only what is served
        is odd: the order stays, and the messages in here keep their keys."""
        self.labels: dict[str, Json] = {}
        """Labels by ID."""
        self.chats: dict[str, Json] = {}
        """Chats by ID."""
        self.messages: dict[str, list[Json]] = {}
        """Messages per chat ID, oldest first."""
        self.strangers: dict[str, list[Json]] = {}
        """Per account ID, people without a common chat whom the network can look up."""
        self.assets: AssetStore = AssetStore()
        """Uploads and attachments."""
        self._selves: dict[str, Json] = {}
        self._local_ids: dict[str, str] = {}
        self._pending: dict[tuple[str, str], Json] = {}
        self._computed_titles: dict[str, str] = {}
        self._by_activity: list[Json] | None = None
        self._message_number = FIRST_MESSAGE_NUMBER

    # -- filling the world ------------------------------------------------------------------

    def add_account(self, account: Json, me: Json) -> Json:
        """Add an account.

        Args:
            account: The account, as a JSON object of the API.
            me: Its owner, as a chat participant.
        """
        with self.lock:
            self.accounts[account["accountID"]] = account
            self._selves[account["accountID"]] = {**me, "isSelf": True}
            return account

    def add_chat(self, chat: Json) -> Json:
        """Add a chat.

        Args:
            chat: The chat, as a JSON object of the API. Its ``participants`` are all of them;
                responses shorten the list.
        """
        with self.lock:
            self.chats[chat["id"]] = chat
            self.messages.setdefault(chat["id"], [])
            self._computed_titles[chat["id"]] = chat["title"]
            if chat.get("localChatID"):
                self._local_ids[chat["localChatID"]] = chat["id"]
            self._by_activity = None
            self.changes.chat_upserted(chat["id"])
            return chat

    def remove_chat(self, chat_id: str) -> Json:
        """Remove a chat and its messages from the inbox.

        Raises:
            KeyError: The chat does not exist.
        """
        with self.lock:
            chat = self.chats.pop(chat_id)
            del self.messages[chat_id]
            self._local_ids.pop(chat.get("localChatID") or "", None)
            self._by_activity = None
            self.changes.chat_deleted(chat_id, chat["accountID"])
            return chat

    def add_message(self, chat: Json, message: Json) -> Json:
        """Append a complete message to a chat, which counts as activity."""
        with self.lock:
            self.messages[chat["id"]].append(message)
            chat["lastActivity"] = message["timestamp"]
            self._by_activity = None
            self._arrived(chat, message)
            return message

    def insert_message(self, chat: Json, index: int, message: Json) -> Json:
        """Put a complete message at a place in a chat, which is no activity."""
        with self.lock:
            self.messages[chat["id"]].insert(index, message)
            self._arrived(chat, message)
            return message

    def _arrived(self, chat: Json, message: Json) -> None:
        self._count_one(chat, message)
        self.changes.messages_upserted(chat["id"], [message])
        self.changes.chat_upserted(chat["id"])

    def next_message_id(self) -> str:
        """Return a message ID that is not in use."""
        with self.lock:
            self._message_number += 1
            return str(self._message_number)

    def skip_message_ids(self, count: int) -> None:
        """Let the next message IDs begin after so many more."""
        with self.lock:
            self._message_number += count

    # -- finding things ---------------------------------------------------------------------

    def me(self, account_id: str) -> Json:
        """Return the owner of an account, as a chat participant."""
        return self._selves[account_id]

    def find_chat(self, chat_id: str) -> Json | None:
        """Return a chat by its ID or its local ID, or None."""
        return self.chats.get(self._local_ids.get(chat_id, chat_id))

    def find_message(self, chat_id: str, message_id: str) -> Json | None:
        """Return a message of a chat by its ID or by its pending ID, or None."""
        pending = self._pending.get((chat_id, message_id))
        if pending is not None:
            return pending
        # An ordinary message is where its ID says; a look at each takes long in a long chat.
        if message_id.isascii() and message_id.isdigit():
            message = self.find_at(chat_id, int(message_id) * 1000)
            if message is not None and message["id"] == message_id:
                return message
        return next((m for m in self.messages[chat_id] if m["id"] == message_id), None)

    def find_at(self, chat_id: str, sort_key: int) -> Json | None:
        """Return the message of a chat that has this sort key, or None."""
        messages = self.messages[chat_id]
        index = bisect_left(messages, sort_key, key=_sort_key)
        found = index < len(messages) and _sort_key(messages[index]) == sort_key
        return messages[index] if found else None

    def message(self, chat_id: str, message_id: str) -> Json:
        """Return a message of a chat by its ID or by its pending ID.

        Raises:
            KeyError: The chat or the message does not exist.
        """
        message = self.find_message(chat_id, message_id)
        if message is None:
            raise KeyError(message_id)
        return message

    def is_pending_id(self, chat_id: str, message_id: str) -> bool:
        """Return whether this is the pending ID of a message, sent by now or not."""
        return (chat_id, message_id) in self._pending

    def forget_pending(self, message: Json) -> None:
        """Make a message unknown by its pending ID."""
        for key in [key for key, sent in self._pending.items() if sent is message]:
            del self._pending[key]

    def last_message(self, chat_id: str) -> Json | None:
        """Return the newest message of a chat, or None."""
        messages = self.messages[chat_id]
        return messages[-1] if messages else None

    def by_activity(self) -> list[Json]:
        """Return all chats, newest activity first."""
        with self.lock:
            if self._by_activity is None:
                self._by_activity = sorted(self.chats.values(), key=chat_position)
            return self._by_activity

    def contacts(self, account_id: str) -> Iterable[Json]:
        """Yield everyone in the chats of an account, except its owner."""
        for chat in self.chats.values():
            if chat["accountID"] == account_id:
                yield from (p for p in chat["participants"]["items"] if not p.get("isSelf"))

    @staticmethod
    def somebody(chat: Json, person_id: str | None) -> Json:
        """Return another person of a chat: the one with this ID, or else the first."""
        others = [p for p in chat["participants"]["items"] if not p.get("isSelf")]
        return next((person for person in others if person["id"] == person_id), others[0])

    # -- changing chats ---------------------------------------------------------------------

    def change_chat(self, chat_id: str, **fields: Any) -> Json:
        """Set fields of a chat.

        Args:
            chat_id: ID of the chat.
            fields: Values by the names of the API, such as ``isMuted=True``.

        Raises:
            KeyError: The chat does not exist.
        """
        with self.lock:
            chat = self.chats[chat_id]
            chat.update(fields)
            if "lastActivity" in fields:
                self._by_activity = None
            if fields:
                self.changes.chat_upserted(chat_id)
            return chat

    def computed_title(self, chat_id: str) -> str:
        """Return the title that a chat has unless it was given its own."""
        return self._computed_titles[chat_id]

    def recount(self, chat: Json, read: int | None = None) -> None:
        """Update the unread counts of a chat.

        Args:
            chat: The chat.
            read: Number of messages, from the oldest, that are read. None keeps the position of the
                last read message.
        """
        messages = self.messages[chat["id"]]
        unread = [message for message in messages if message.get("isUnread")]
        mentioned = [message for message in unread if self._mentions_me(chat, message)]
        chat["unreadCount"] = len(unread)
        chat["unreadMentionsCount"] = len(mentioned)
        if read:
            chat["lastReadMessageSortKey"] = messages[read - 1]["sortKey"]
        elif read == 0:
            chat.pop("lastReadMessageSortKey", None)

    def _count_one(self, chat: Json, message: Json) -> None:
        # Counting all of them again would make a long talk slower with each message.
        unread = bool(message.get("isUnread"))
        mentioned = unread and self._mentions_me(chat, message)
        chat["unreadCount"] = chat.get("unreadCount", 0) + unread
        chat["unreadMentionsCount"] = chat.get("unreadMentionsCount", 0) + mentioned

    def _mentions_me(self, chat: Json, message: Json) -> bool:
        mentions = message.get("mentions") or ()
        return "@room" in mentions or self.me(chat["accountID"])["id"] in mentions


def _sort_key(message: Json) -> int:
    return int(message["sortKey"])
