"""What happens to messages after they were sent."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from .clock import to_wire

if TYPE_CHECKING:
    from .world import World

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


def edit_message(world: World, chat: Json, message: Json, text: str) -> None:
    """Give a message another text, which is plain and becomes rich text."""
    with world.lock:
        message["text"] = html.escape(text, quote=False)
        message["editedTimestamp"] = to_wire(world.clock.next())
        world.changes.messages_upserted(chat["id"], [message])


def delete_for_everyone(world: World, chat: Json, message: Json) -> None:
    """Leave only the mark that there was a message."""
    with world.lock:
        kept = {name: message[name] for name in _KEPT_IN_TOMBSTONES if name in message}
        message.clear()
        message.update(kept, isDeleted=True, isHidden=False, isUnread=False)
        _deleted(world, chat, message)


def delete_for_me(world: World, chat: Json, message: Json) -> None:
    """Take a message out of the own view."""
    with world.lock:
        world.messages[chat["id"]].remove(message)
        world.forget_pending(message)
        _deleted(world, chat, message)


def _deleted(world: World, chat: Json, message: Json) -> None:
    world.recount(chat)
    world.changes.message_deleted(chat["id"], message["id"])
    world.changes.chat_upserted(chat["id"])
