"""What happens to messages after they were sent."""

from __future__ import annotations

from typing import Any

from .clock import to_wire
from .messages import written
from .store import Store

Json = dict[str, Any]

_KEPT_IN_TOMBSTONES = (
    "id",
    "chatID",
    "accountID",
    "senderID",
    "senderName",
    "timestamp",
    "sortKey",
    "isSender",
)


def edit_message(store: Store, chat: Json, message: Json, text: str) -> None:
    """Give a message another text, which is plain and becomes rich text."""
    with store.lock:
        message["text"] = written(text, plain=store.plain_text)
        message["editedTimestamp"] = to_wire(store.clock.next())
        store.changes.messages_upserted(chat["id"], [message])


def delete_for_everyone(store: Store, chat: Json, message: Json) -> None:
    """Leave only the mark that there was a message."""
    with store.lock:
        kept = {name: message[name] for name in _KEPT_IN_TOMBSTONES if name in message}
        message.clear()
        message.update(kept, isDeleted=True, isHidden=False, isUnread=False)
        _deleted(store, chat, message)


def delete_for_me(store: Store, chat: Json, message: Json) -> None:
    """Take a message out of the own view."""
    with store.lock:
        store.messages[chat["id"]].remove(message)
        store.forget_pending(message)
        _deleted(store, chat, message)


def _deleted(store: Store, chat: Json, message: Json) -> None:
    store.recount(chat)
    store.changes.message_deleted(chat["id"], message["id"])
    store.changes.chat_upserted(chat["id"])
