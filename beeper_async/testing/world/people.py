"""What people on the other side do to messages that are there already."""

from __future__ import annotations

from typing import Any

from .clock import to_wire
from .edits import delete_for_everyone, edit_message
from .reactions import add_reaction, remove_reaction
from .store import Store

Json = dict[str, Any]


class People:
    """Everybody in the chats of a world except its owner.

    Where a call takes a `person_id`, leaving it out means the first other person of the chat.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def edit(self, chat_id: str, message_id: str, text: str) -> Json:
        """Let whoever wrote a message give it another text."""
        with self._store.lock:
            message = self._message(chat_id, message_id)
            edit_message(self._store, self._store.chats[chat_id], message, text)
            return message

    def delete(self, chat_id: str, message_id: str) -> None:
        """Let whoever wrote a message delete it for everyone."""
        with self._store.lock:
            message = self._message(chat_id, message_id)
            delete_for_everyone(self._store, self._store.chats[chat_id], message)

    def react(
        self, chat_id: str, message_id: str, key: str, *, person_id: str | None = None
    ) -> Json:
        """Let somebody react to a message."""
        with self._store.lock:
            chat, message = self._store.chats[chat_id], self._message(chat_id, message_id)
            person = self._store.somebody(chat, person_id)
            if add_reaction(chat, message, person["id"], key):
                self._store.changes.messages_upserted(chat_id, [message])
            return message

    def unreact(
        self, chat_id: str, message_id: str, key: str, *, person_id: str | None = None
    ) -> Json:
        """Let somebody take a reaction back."""
        with self._store.lock:
            chat, message = self._store.chats[chat_id], self._message(chat_id, message_id)
            person = self._store.somebody(chat, person_id)
            if remove_reaction(message, person["id"], key):
                self._store.changes.messages_upserted(chat_id, [message])
            return message

    def read(self, chat_id: str, message_id: str, *, person_id: str | None = None) -> Json:
        """Let somebody read a message of the owner."""
        with self._store.lock:
            chat, message = self._store.chats[chat_id], self._message(chat_id, message_id)
            now = to_wire(self._store.clock.next())
            if chat["type"] == "single":
                message["seen"] = now
            else:
                seen: Any = message.get("seen")
                person = self._store.somebody(chat, person_id)
                message["seen"] = {**(seen if isinstance(seen, dict) else {}), person["id"]: now}
            self._store.changes.messages_upserted(chat_id, [message])
            return message

    def _message(self, chat_id: str, message_id: str) -> Json:
        message = self._store.find_message(chat_id, message_id)
        if message is None:
            raise KeyError(message_id)
        return message
