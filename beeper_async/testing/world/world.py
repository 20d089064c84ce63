"""The state behind the simulator, and what people and networks do in it."""

from __future__ import annotations

from typing import Any

from .clock import Clock, to_wire
from .filling import fill
from .history import History
from .login_sessions import LoginSessions
from .logins import Logins
from .messages import message_type, new_message
from .people import People
from .reactions import react, remove_reaction
from .setup import Setup
from .store import Store

Json = dict[str, Any]


class World(Store):
    """Accounts, labels, chats and messages, and what can happen to them.

    Change chats through the methods (or `change_chat`): they keep the listing order, the unread
    counts and the reminders right, and publish each change. The methods may be called from any
    thread. Requests are handled one at a time while `lock` is held; hold it as well to read or
    change several things at once from another thread.

    Args:
        clock: The time of the world. Defaults to a clock that stands still.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self.hold_sends = False
        """While true, sent messages stay pending until `confirm_send` or `fail_send`."""
        self.notified: list[str] = []
        """IDs of the chats that were notified in spite of a focus mode, in order."""
        self.focused: list[Json] = []
        """What each call to bring the app to the front contained, in order."""
        self.logins: Logins = Logins(self)
        """Bridges and the logins to them."""
        self.login_sessions: LoginSessions = LoginSessions(self, self.logins)
        """The attempts to log in to a network."""
        self.setup: Setup = Setup(self)
        """The sign-in and encryption state of the app itself."""
        self.people: People = People(self)
        """What other people do to messages."""
        self.history: History = History(self)
        """What happens to the messages as a whole."""
        self._reaction_keys: dict[tuple[str, str, str], str] = {}
        self._created = 0

    def fill(self, *, chats: int, messages: int, seed: int = 0) -> list[Json]:
        """Add chats with the messages of years: 200,000 messages take seconds, not minutes.

        The same call always adds the same ones to the same world. A few chats are long and most are
        short; a message is about 450 bytes of JSON. Some are replies, have reactions, were edited
        or deleted, or are not in Latin script. All of them are read, and no events are sent for
        messages.

        Args:
            chats: Number of chats. At least 1.
            messages: Number of messages in all of them together. At least `chats`.
            seed: Seed of everything random. Each call on one world needs another.

        Returns:
            The chats, newest activity first.

        Raises:
            ValueError: There are fewer messages than chats, the world has no account, or it was
                filled with this seed before.

        Example:
            from beeper_async.testing import Simulator

            async with Simulator(chats=0) as sim:
                chats = sim.world.fill(chats=20, messages=1000, seed=1)
                print(len(sim.world.messages[chats[0]["id"]]))  # 281
        """
        return fill(self, chats, messages, seed)

    # -- chats ------------------------------------------------------------------------------

    def create_chat(
        self, account_id: str, people: list[Json], kind: str, title: str | None
    ) -> Json:
        """Create a chat with these people and the owner of the account.

        Args:
            account_id: ID of the account.
            people: The other participants, at least one.
            kind: "single" or "group".
            title: Title of the chat. None means the names of the people.
        """
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
        """Return the single chat of an account with a person, or None."""
        for chat in self.by_activity():
            if chat["accountID"] != account_id or chat["type"] != "single" or chat.get("merge"):
                continue
            if any(person["id"] == person_id for person in chat["participants"]["items"]):
                return chat
        return None

    def mark_read(self, chat: Json, upto: Json | None = None) -> None:
        """Mark a chat read.

        Args:
            chat: The chat.
            upto: The last message that is read. None means all messages.
        """
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
        """Mark a chat unread.

        Args:
            chat: The chat.
            since: The first message that is unread. None marks only the chat.
        """
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

    # -- what happens to messages -----------------------------------------------------------

    def receive(
        self, chat_id: str, text: str, *, sender_id: str | None = None, **fields: Any
    ) -> Json:
        """Deliver a message from another person to a chat.

        Args:
            chat_id: ID of the chat. For a merged chat, the ID of one of its members.
            text: Plain text.
            sender_id: ID of the person. None means the first other person of the chat.
            fields: Further fields of the message by the names of the API.

        Returns:
            The message.

        Raises:
            KeyError: The chat does not exist.

        Example:
            from beeper_async.testing import Simulator

            async with Simulator() as sim:
                chat = sim.world.by_activity()[0]
                message = sim.world.receive(chat["id"], "Who has the keys?", mentions=["@room"])
                print(message["id"])
        """
        with self.lock:
            chat = self.chats[chat_id]
            sender = self.somebody(chat, sender_id)
            message_id = self.next_message_id()
            now = to_wire(self.clock.next())
            message = new_message(chat, sender, message_id, now, text, plain=self.plain_text)
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
        """Send a message as the owner of the account.

        Args:
            chat: The chat.
            text: Plain text, or None.
            attachment: The attachment, as a JSON object of the API.
            reply_to: ID of the message to reply to.

        Returns:
            The message and its pending ID.
        """
        with self.lock:
            now = self.clock.next()
            number = self.next_message_id()
            pending_id = f"m{round(now.timestamp() * 1000)}{number[-3:]}"
            sender = self.me(chat["accountID"])
            message = new_message(chat, sender, number, to_wire(now), text, plain=self.plain_text)
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
        """Let the network accept a held message, which gives it its final ID.

        Raises:
            KeyError: There is no message with this pending ID.
        """
        with self.lock:
            message = self._pending[chat_id, pending_id]
            message["id"] = str(int(message["sortKey"]) // 1000)
            message["sendStatus"] = self._send_status("SUCCESS")
            self.changes.messages_upserted(chat_id, [message])
            return message

    def fail_send(self, chat_id: str, pending_id: str, *, retriable: bool = True) -> Json:
        """Let the network reject a held message.

        Args:
            chat_id: ID of the chat.
            pending_id: Pending ID of the message.
            retriable: Whether the status is ``FAIL_RETRIABLE`` rather than ``FAIL_PERMANENT``.

        Raises:
            KeyError: There is no message with this pending ID.
        """
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
        """React to a message as the owner of the account.

        A transaction ID that was used before has no effect, even with another key.

        Returns:
            The key that counts.
        """
        with self.lock:
            transaction = (chat["id"], message["sortKey"], transaction_id)
            if transaction in self._reaction_keys:
                return self._reaction_keys[transaction]
            self._reaction_keys[transaction] = key
            react(self, chat, message, self.me(chat["accountID"]), key)
            return key

    def unreact(self, chat: Json, message: Json, key: str) -> bool:
        """Remove a reaction of the owner. Return False if there was none."""
        with self.lock:
            removed = remove_reaction(message, self.me(chat["accountID"])["id"], key)
            if removed:
                self.changes.messages_upserted(chat["id"], [message])
            return removed
