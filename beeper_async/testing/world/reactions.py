"""Reactions on a message."""

from __future__ import annotations

from typing import Any

from .messages import is_emoji

Json = dict[str, Any]


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
