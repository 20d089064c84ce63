"""Reactions on a message."""

from __future__ import annotations

from typing import Any

from .clock import to_wire
from .messages import is_emoji, new_message
from .store import Store

Json = dict[str, Any]


def react(store: Store, chat: Json, message: Json, person: Json, key: str) -> None:
    """Let somebody react, and publish it. Reacting again the same way has no effect."""
    if not add_reaction(chat, message, person["id"], key):
        return
    store.changes.messages_upserted(chat["id"], [message])
    if store.reaction_messages:
        number, now = store.next_message_id(), to_wire(store.clock.next())
        text = f"{{{{sender}}}} reacted {key}"
        extra = new_message(chat, person, number, now, text, plain=store.plain_text)
        is_mine = bool(person.get("isSelf"))
        extra |= {"type": "REACTION", "linkedMessageID": message["id"], "isSender": is_mine}
        store.add_message(chat, extra)


def add_reaction(chat: Json, message: Json, participant_id: str, key: str) -> bool:
    """Let somebody react; false when that reaction was there already.

    On networks with one reaction for each person it takes the place of the one before.
    """
    if _find(message, participant_id, key) is not None:
        return False
    capabilities: Json = chat.get("capabilities") or {}
    only_one = capabilities.get("reactionCount") == 1
    reactions: list[Json] = message.setdefault("reactions", [])
    if only_one:
        reactions[:] = [r for r in reactions if r["participantID"] != participant_id]
    reactions.append(
        {
            "id": participant_id if only_one else participant_id + key,
            "participantID": participant_id,
            "reactionKey": key,
            "emoji": is_emoji(key),
        }
    )
    return True


def remove_reaction(message: Json, participant_id: str, key: str) -> bool:
    """Take somebody's reaction back; false when there was none."""
    reaction = _find(message, participant_id, key)
    if reaction is None:
        return False
    message["reactions"].remove(reaction)
    if not message["reactions"]:
        del message["reactions"]
    return True


def _find(message: Json, participant_id: str, key: str) -> Json | None:
    reactions: list[Json] = message.get("reactions", [])
    for reaction in reactions:
        if reaction["participantID"] == participant_id and reaction["reactionKey"] == key:
            return reaction
    return None
