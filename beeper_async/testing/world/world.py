"""The state behind the simulator: accounts, people, chats and messages.

Everything is kept as plain JSON objects with the names of the wire, so what a test puts in is what
a client gets out. Change chats through the methods (or `change_chat`): they keep the listing order,
the unread counts and the reminders right, and say in `World.changes` what happened.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from ..listings.cursors import chat_position
from .assets import AssetStore
from .changes import Changes
from .clock import Clock, to_wire
from .login_sessions import LoginSessions
from .logins import Logins
from .messages import message_type, new_message
from .people import Others
from .reactions import add_reaction, remove_reaction
from .setup import Setup

Json = dict[str, Any]

FIRST_MESSAGE_NUMBER = 710_001


class World:
    """Accounts, labels, chats and messages, and what can happen to them.

    Requests are handled while `lock` is held, one at a time; hold it as well to read or change
    several things at once from another thread.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.lock: threading.RLock = threading.RLock()
        self.clock: Clock = clock or Clock()
        self.changes: Changes = Changes()
        self.accounts: dict[str, Json] = {}
        self.labels: dict[str, Json] = {}
        self.chats: dict[str, Json] = {}
        self.messages: dict[str, list[Json]] = {}
        """Messages per chat ID, oldest first."""
        self.hold_sends = False
        """While true, sent messages stay pending until `confirm_send` or `fail_send`."""
        self.notified: list[str] = []
        """Chat IDs that were notified in spite of a focus mode, in order."""
        self.focused: list[Json] = []
        """What each call to bring the app to the front asked for, in order."""
        self.strangers: dict[str, list[Json]] = {}
        """People per account ID whom nobody has met, but whom the network can look up."""
        self.assets: AssetStore = AssetStore()
        self._selves: dict[str, Json] = {}
        self._local_ids: dict[str, str] = {}
        self._pending: dict[tuple[str, str], Json] = {}
        self._reaction_keys: dict[tuple[str, str, str], str] = {}
        self._computed_titles: dict[str, str] = {}
        self._by_activity: list[Json] | None = None
        self._message_number = FIRST_MESSAGE_NUMBER
        self._created = 0
        self.logins: Logins = Logins(self)
        self.login_sessions: LoginSessions = LoginSessions(self)
        self.setup: Setup = Setup(self)
        self.others: Others = Others(self)

    # -- filling the world ------------------------------------------------------------------

    def add_account(self, account: Json, me: Json) -> Json:
        """Add an account; `me` is its owner as a chat participant."""
        with self.lock:
            self.accounts[account["accountID"]] = account
            self._selves[account["accountID"]] = {**me, "isSelf": True}
            return account

    def add_chat(self, chat: Json) -> Json:
        """Add a chat; its ``participants`` hold everyone, caps are applied when it is shown."""
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
        """Take a chat and its messages out of the inbox."""
        with self.lock:
            chat = self.chats.pop(chat_id)
            del self.messages[chat_id]
            self._local_ids.pop(chat.get("localChatID") or "", None)
            self._by_activity = None
            self.changes.chat_deleted(chat_id)
            return chat

    def add_message(self, chat: Json, message: Json) -> Json:
        """Append a complete message to a chat and let it count as activity."""
        with self.lock:
            self.messages[chat["id"]].append(message)
            chat["lastActivity"] = message["timestamp"]
            self._by_activity = None
            self._count_one(chat, message)
            self.changes.messages_upserted(chat["id"], [message])
            self.changes.chat_upserted(chat["id"])
            return message

    def next_message_id(self) -> str:
        """A message ID that no message has yet."""
        with self.lock:
            self._message_number += 1
            return str(self._message_number)

    # -- finding things ---------------------------------------------------------------------

    def me(self, account_id: str) -> Json:
        """The owner of an account, as a chat participant."""
        return self._selves[account_id]

    def find_chat(self, chat_id: str) -> Json | None:
        """A chat by its ID or its local ID."""
        return self.chats.get(self._local_ids.get(chat_id, chat_id))

    def find_message(self, chat_id: str, message_id: str) -> Json | None:
        """A message of a chat by its ID or by the ID it had while pending."""
        pending = self._pending.get((chat_id, message_id))
        if pending is not None:
            return pending
        return next((m for m in self.messages[chat_id] if m["id"] == message_id), None)

    def is_pending_id(self, chat_id: str, message_id: str) -> bool:
        """Whether this is an ID a message had while pending, which it may still be."""
        return (chat_id, message_id) in self._pending

    def forget_pending(self, message: Json) -> None:
        """Make a message unknown by the ID it had while pending."""
        for key in [key for key, sent in self._pending.items() if sent is message]:
            del self._pending[key]

    def last_message(self, chat_id: str) -> Json | None:
        """The newest message of a chat."""
        messages = self.messages[chat_id]
        return messages[-1] if messages else None

    def by_activity(self) -> list[Json]:
        """All chats, newest activity first."""
        with self.lock:
            if self._by_activity is None:
                self._by_activity = sorted(self.chats.values(), key=chat_position)
            return self._by_activity

    def people(self, account_id: str) -> Iterable[Json]:
        """Everyone met in the chats of an account, except its owner."""
        for chat in self.chats.values():
            if chat["accountID"] == account_id:
                yield from (p for p in chat["participants"]["items"] if not p.get("isSelf"))

    @staticmethod
    def somebody(chat: Json, person_id: str | None) -> Json:
        """Another person of a chat: the one with this ID, or else the first."""
        others = [p for p in chat["participants"]["items"] if not p.get("isSelf")]
        return next((person for person in others if person["id"] == person_id), others[0])

    # -- what happens to chats --------------------------------------------------------------

    def change_chat(self, chat_id: str, **fields: Any) -> Json:
        """Set fields of a chat by their wire names."""
        with self.lock:
            chat = self.chats[chat_id]
            chat.update(fields)
            if "lastActivity" in fields:
                self._by_activity = None
            if fields:
                self.changes.chat_upserted(chat_id)
            return chat

    def computed_title(self, chat_id: str) -> str:
        """The title that a chat has unless it was given one of its own."""
        return self._computed_titles[chat_id]

    def create_chat(
        self, account_id: str, people: list[Json], kind: str, title: str | None
    ) -> Json:
        """Open a new chat with these people and the owner of the account."""
        with self.lock:
            self._created += 1
            account = self.accounts[account_id]
            names = [person.get("fullName") or person["id"] for person in people]
            server = people[0]["id"].rpartition(":")[2] or "beeper.com"
            return self.add_chat(
                {
                    "id": f"!new{self._created:04}:{server}",
                    "localChatID": str(9000 + self._created),
                    "accountID": account_id,
                    "network": account["network"],
                    "title": title or ", ".join(names),
                    "type": kind,
                    "participants": {"items": [*people, self.me(account_id)]},
                    "lastActivity": to_wire(self.clock.next()),
                    "unreadCount": 0,
                    "unreadMentionsCount": 0,
                    "draft": None,
                    "reminder": None,
                    "isArchived": False,
                    "isMuted": False,
                    "isPinned": False,
                    "isLowPriority": False,
                    "isMarkedUnread": False,
                    "isReadOnly": False,
                }
            )

    def direct_chat(self, account_id: str, person_id: str) -> Json | None:
        """The single chat of an account with a person."""
        for chat in self.by_activity():
            if chat["accountID"] != account_id or chat["type"] != "single" or chat.get("merge"):
                continue
            if any(person["id"] == person_id for person in chat["participants"]["items"]):
                return chat
        return None

    def mark_read(self, chat: Json, upto: Json | None = None) -> None:
        """Mark a chat read, as a whole or up to and including a message."""
        with self.lock:
            messages = self.messages[chat["id"]]
            count = len(messages) if upto is None else messages.index(upto) + 1
            changed = [message for message in messages[:count] if message.get("isUnread")]
            for message in messages[:count]:
                message["isUnread"] = False
            self.recount(chat, read=count)
            chat["isMarkedUnread"] = False
            self.changes.messages_upserted(chat["id"], changed)
            self.changes.chat_upserted(chat["id"])

    def mark_unread(self, chat: Json, since: Json | None = None) -> None:
        """Mark a chat unread, as a whole or from a message on."""
        with self.lock:
            changed: list[Json] = []
            if since is not None:
                messages = self.messages[chat["id"]]
                first = messages.index(since)
                for message in messages[first:]:
                    unread = not message.get("isSender", False)
                    if unread and not message.get("isUnread"):
                        changed.append(message)
                    message["isUnread"] = unread
                self.recount(chat, read=first)
            chat["isMarkedUnread"] = True
            self.changes.messages_upserted(chat["id"], changed)
            self.changes.chat_upserted(chat["id"])

    def recount(self, chat: Json, read: int | None = None) -> None:
        """Bring the unread counts up to date; `read` is how many messages are read by now."""
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

    # -- what happens to messages -----------------------------------------------------------

    def receive(
        self, chat_id: str, text: str, *, sender_id: str | None = None, **fields: Any
    ) -> Json:
        """Let a message from somebody else arrive in a chat."""
        with self.lock:
            chat = self.chats[chat_id]
            sender = self.somebody(chat, sender_id)
            message_id = self.next_message_id()
            message = new_message(chat, sender, message_id, to_wire(self.clock.next()), text)
            message |= {"isSender": False, "isUnread": True, "mentions": []} | fields
            reminder: Json = chat.get("reminder") or {}
            if reminder.get("dismissOnIncomingMessage"):
                chat["reminder"] = None
            return self.add_message(chat, message)

    def send(
        self,
        chat: Json,
        text: str | None,
        attachment: Json | None = None,
        reply_to: str | None = None,
    ) -> tuple[Json, str]:
        """Send a message as the owner of the account; gives it and its pending ID."""
        with self.lock:
            now = self.clock.next()
            number = self.next_message_id()
            pending_id = f"m{round(now.timestamp() * 1000)}{number[-3:]}"
            sender = self.me(chat["accountID"])
            message = new_message(chat, sender, number, to_wire(now), text)
            message |= {"isSender": True, "isUnread": False, "mentions": [], "seen": False}
            if attachment is not None:
                message |= {"attachments": [attachment], "type": message_type(attachment)}
            if reply_to is not None:
                message["linkedMessageID"] = reply_to
            status = "PENDING" if self.hold_sends else "SUCCESS"
            message["sendStatus"] = {"status": status, "timestamp": to_wire(now)}
            if self.hold_sends:
                message["id"] = pending_id
            self._pending[chat["id"], pending_id] = message
            return self.add_message(chat, message), pending_id

    def confirm_send(self, chat_id: str, pending_id: str) -> Json:
        """Let the network accept a held message, which gives it its final ID."""
        with self.lock:
            message = self._pending[chat_id, pending_id]
            message["id"] = str(int(message["sortKey"]) // 1000)
            message["sendStatus"] = self._send_status("SUCCESS")
            self.changes.messages_upserted(chat_id, [message])
            return message

    def fail_send(self, chat_id: str, pending_id: str, *, retriable: bool = True) -> Json:
        """Let the network refuse a held message."""
        with self.lock:
            message = self._pending[chat_id, pending_id]
            status = "FAIL_RETRIABLE" if retriable else "FAIL_PERMANENT"
            message["sendStatus"] = self._send_status(status) | {"reason": "simulated"}
            self.changes.messages_upserted(chat_id, [message])
            return message

    def _send_status(self, status: str) -> Json:
        return {"status": status, "timestamp": to_wire(self.clock.next())}

    # -- reactions --------------------------------------------------------------------------

    def react(self, chat: Json, message: Json, key: str, transaction_id: str) -> str:
        """React as the owner of the account; gives the key that counts.

        A transaction ID that was seen before changes nothing, also with another key.
        """
        with self.lock:
            transaction = (chat["id"], message["sortKey"], transaction_id)
            if transaction in self._reaction_keys:
                return self._reaction_keys[transaction]
            self._reaction_keys[transaction] = key
            mine = self.me(chat["accountID"])["id"]
            if add_reaction(chat, message, mine, key):
                self.changes.messages_upserted(chat["id"], [message])
            return key

    def unreact(self, chat: Json, message: Json, key: str) -> bool:
        """Take an own reaction back; false when there was none."""
        with self.lock:
            removed = remove_reaction(message, self.me(chat["accountID"])["id"], key)
            if removed:
                self.changes.messages_upserted(chat["id"], [message])
            return removed
