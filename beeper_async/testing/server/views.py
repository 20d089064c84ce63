"""What the outside sees of the world: caps on lists, and what older apps leave out."""

from __future__ import annotations

from typing import Any

from ..world.sort_keys import odd_key
from ..world.world import World
from .versions import ACCOUNT_BRIDGE, ACCOUNT_STATUS, FULL_CHATS, Version

_NEWER_CHAT_FIELDS = frozenset(
    [
        "network",
        "description",
        "draft",
        "imgURL",
        "reminder",
        "snooze",
        "messageExpirySeconds",
        "isLowPriority",
        "isMarkedUnread",
        "isReadOnly",
        "unreadMentionsCount",
        "capabilities",
        "labels",
        "merge",
        "mergedIntoChatID",
    ]
)
_NEWER_PARTICIPANT_FIELDS = frozenset({"isAdmin", "isNetworkBot", "isPending"})
_NEWER_MESSAGE_FIELDS = frozenset(
    ["editedTimestamp", "isDeleted", "isHidden", "links", "mentions", "seen", "sendStatus"]
)
_NEWER_ATTACHMENT_FIELDS = frozenset({"transcription"})

_NEWER_ACCOUNT_FIELDS = {
    "bridge": ACCOUNT_BRIDGE,
    "network": FULL_CHATS,
    "status": ACCOUNT_STATUS,
    "statusText": ACCOUNT_STATUS,
    "loginID": ACCOUNT_STATUS,
    "capabilities": ACCOUNT_STATUS,
}

EVERYONE = -1
LISTING_PARTICIPANTS = 20
"""Listings of chats show at most this many people per chat."""


def _without(names: frozenset[str], wire: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wire.items() if name not in names}


def _odd_key(world: World, chat_id: str, record: dict[str, Any], name: str) -> dict[str, str]:
    """The sort key of a record as it is served, if that is another one."""
    kind = world.sort_keys.get(chat_id)
    return {name: odd_key(kind, record[name])} if kind and name in record else {}


def default_participant_cap(version: Version) -> int:
    """How many people one chat shows when the caller does not say."""
    return 100 if version >= FULL_CHATS else EVERYONE


def show_chat(
    world: World, chat: dict[str, Any], version: Version, participants: int
) -> dict[str, Any]:
    """One chat with at most `participants` people (`EVERYONE` = no cap)."""
    people: list[dict[str, Any]] = chat["participants"]["items"]
    shown = people if participants == EVERYONE else people[:participants]
    if version < FULL_CHATS:
        chat = _without(_NEWER_CHAT_FIELDS, chat)
        shown = [_without(_NEWER_PARTICIPANT_FIELDS, person) for person in shown]
    return {
        **chat,
        **_odd_key(world, chat["id"], chat, "lastReadMessageSortKey"),
        "participants": {"items": shown, "hasMore": len(shown) < len(people), "total": len(people)},
    }


def show_message(world: World, message: dict[str, Any], version: Version) -> dict[str, Any]:
    """One message."""
    if message["chatID"] in world.sort_keys:
        message = {**message, **_odd_key(world, message["chatID"], message, "sortKey")}
    if version >= FULL_CHATS:
        return message
    message = _without(_NEWER_MESSAGE_FIELDS, message)
    if "attachments" in message:
        message["attachments"] = [
            _without(_NEWER_ATTACHMENT_FIELDS, part) for part in message["attachments"]
        ]
    return message


def show_listed_chat(world: World, chat: dict[str, Any], version: Version) -> dict[str, Any]:
    """One chat as an item of the chat list: with a preview of its last message."""
    shown = show_chat(world, chat, version, LISTING_PARTICIPANTS)
    last = world.last_message(chat["id"])
    if last is not None:
        shown["preview"] = show_message(world, last, version)
    return shown


def show_account(account: dict[str, Any], version: Version) -> dict[str, Any]:
    """One account."""
    newer = {name for name, since in _NEWER_ACCOUNT_FIELDS.items() if version < since}
    return _without(frozenset(newer), account)


def show_user(participant: dict[str, Any]) -> dict[str, Any]:
    """A person outside of any chat."""
    return _without(_NEWER_PARTICIPANT_FIELDS, participant)
