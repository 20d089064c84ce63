"""Taking an account out of a world, with everything that hangs on it."""

from __future__ import annotations

from typing import Any

from .store import Store


def remove_account(store: Store, account_id: str) -> None:
    """Forget an account and its chats; merged chats lose these members."""
    with store.lock:
        del store.accounts[account_id]
        for chat in [one for one in store.chats.values() if one["accountID"] == account_id]:
            store.remove_chat(chat["id"])
        for chat in [one for one in store.chats.values() if one.get("merge")]:
            _shrink(store, chat)
        for chat in store.chats.values():
            if "mergedIntoChatID" in chat and chat["mergedIntoChatID"] not in store.chats:
                del chat["mergedIntoChatID"]
                store.changes.chat_upserted(chat["id"])


def _shrink(store: Store, merged: dict[str, Any]) -> None:
    merge: dict[str, Any] = merged["merge"]
    left = [member for member in merge["chatIDs"] if member in store.chats]
    if len(left) == len(merge["chatIDs"]):
        return
    if len(left) < 2:
        store.remove_chat(merged["id"])
        return
    merge["chatIDs"] = left
    if merge.get("defaultChatID") not in left:
        merge.pop("defaultChatID", None)
    store.changes.chat_upserted(merged["id"])
