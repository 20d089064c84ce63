"""What other people do to messages that exist."""

from __future__ import annotations

import hashlib
from typing import Any

from .clock import to_wire
from .edits import delete_for_everyone, edit_message
from .reactions import react, remove_reaction
from .store import Store

Json = dict[str, Any]


class People:
    """Acts as the other people in the chats of a world.

    `person_id` is the ID of a participant. None means the first other person of the chat. To write
    a message as another person, use `World.receive`.

    Args:
        store: Where the chats are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def edit(self, chat_id: str, message_id: str, text: str) -> Json:
        """Edit a message as the person who wrote it. `text` is plain text.

        Raises:
            KeyError: The chat or the message does not exist.
        """
        with self._store.lock:
            message = self._store.message(chat_id, message_id)
            edit_message(self._store, self._store.chats[chat_id], message, text)
            return message

    def delete(self, chat_id: str, message_id: str) -> None:
        """Delete a message for everyone, as the person who wrote it.

        Raises:
            KeyError: The chat or the message does not exist.
        """
        with self._store.lock:
            message = self._store.message(chat_id, message_id)
            delete_for_everyone(self._store, self._store.chats[chat_id], message)

    def react(
        self, chat_id: str, message_id: str, key: str, *, person_id: str | None = None
    ) -> Json:
        """React to a message as another person.

        Raises:
            KeyError: The chat or the message does not exist.
        """
        with self._store.lock:
            chat, message = self._store.chats[chat_id], self._store.message(chat_id, message_id)
            person = self._store.somebody(chat, person_id)
            react(self._store, chat, message, person, key)
            return message

    def unreact(
        self, chat_id: str, message_id: str, key: str, *, person_id: str | None = None
    ) -> Json:
        """Remove a reaction of another person.

        Raises:
            KeyError: The chat or the message does not exist.
        """
        with self._store.lock:
            chat, message = self._store.chats[chat_id], self._store.message(chat_id, message_id)
            person = self._store.somebody(chat, person_id)
            if remove_reaction(message, person["id"], key):
                self._store.changes.messages_upserted(chat_id, [message])
            return message

    def read(self, chat_id: str, message_id: str, *, person_id: str | None = None) -> Json:
        """Read a message of the owner as another person.

        Raises:
            KeyError: The chat or the message does not exist.
        """
        with self._store.lock:
            chat, message = self._store.chats[chat_id], self._store.message(chat_id, message_id)
            now = to_wire(self._store.clock.next())
            if chat["type"] == "single":
                message["seen"] = now
            else:
                seen: Any = message.get("seen")
                person = self._store.somebody(chat, person_id)
                message["seen"] = {**(seen if isinstance(seen, dict) else {}), person["id"]: now}
            self._store.changes.messages_upserted(chat_id, [message])
            return message

    def make_opaque(self, account_id: str) -> None:
        """Hide who the people of an account are, as iMessage does.

        Their IDs become ``imsg##participant:<hash>``, without names, and single chats are called
        by a raw number. No event is sent.

        Args:
            account_id: ID of the account.
        """
        with self._store.lock:
            opaque: dict[str, str] = {}
            chats = [c for c in self._store.chats.values() if c["accountID"] == account_id]
            for chat in chats:
                for person in chat["participants"]["items"]:
                    if not person.get("isSelf"):
                        known, phone = person["id"], person.get("phoneNumber")
                        opaque[known] = opaque.get(known) or _hidden(known)
                        person.clear()
                        person.update(id=opaque[known], cannotMessage=False, isSelf=False)
                        if chat["type"] == "single":
                            chat["title"] = phone or _raw_number(known)
                for message in self._store.messages[chat["id"]]:
                    _hide_people(message, opaque)


def _hidden(person_id: str) -> str:
    return f"imsg##participant:{hashlib.sha256(person_id.encode()).hexdigest()[:40]}"


def _raw_number(person_id: str) -> str:
    return f"+1415555{int(hashlib.sha256(person_id.encode()).hexdigest(), 16) % 10_000:04}"


def _hide_people(message: Json, opaque: dict[str, str]) -> None:
    sender = message.get("senderID")
    if sender in opaque:
        message["senderID"] = message["senderName"] = opaque[sender]
    for reaction in message.get("reactions") or ():
        person = reaction["participantID"]
        if person in opaque:
            reaction.update(
                participantID=opaque[person], id=opaque[person] + reaction["reactionKey"]
            )
    if message.get("mentions"):
        message["mentions"] = [opaque.get(one, one) for one in message["mentions"]]
