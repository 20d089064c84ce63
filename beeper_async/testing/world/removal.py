"""Taking an account out of a world, with everything that hangs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .world import World


def remove_account(world: World, account_id: str) -> None:
    """Forget an account and its chats; merged chats lose these members."""
    with world.lock:
        del world.accounts[account_id]
        for chat in [one for one in world.chats.values() if one["accountID"] == account_id]:
            world.remove_chat(chat["id"])
        for chat in [one for one in world.chats.values() if one.get("merge")]:
            _shrink(world, chat)
        for chat in world.chats.values():
            if "mergedIntoChatID" in chat and chat["mergedIntoChatID"] not in world.chats:
                del chat["mergedIntoChatID"]
                world.changes.chat_upserted(chat["id"])


def _shrink(world: World, merged: dict[str, Any]) -> None:
    merge: dict[str, Any] = merged["merge"]
    left = [member for member in merge["chatIDs"] if member in world.chats]
    if len(left) == len(merge["chatIDs"]):
        return
    if len(left) < 2:
        world.remove_chat(merged["id"])
        return
    merge["chatIDs"] = left
    if merge.get("defaultChatID") not in left:
        merge.pop("defaultChatID", None)
    world.changes.chat_upserted(merged["id"])
