"""Short ways to write down accounts, people, chats and messages for a world."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from ..world.clock import to_wire
from ..world.messages import message_type, new_message
from ..world.world import World

Json = dict[str, Any]

ME = 0
"""Stands for the owner of the account among the people of a chat."""


def person(account_id: str, handle: str, name: str | None, **fields: Any) -> Json:
    """Somebody on the network of an account."""
    found: Json = {"id": f"@{handle}:{_SERVERS.get(account_id, 'beeper.com')}"}
    if name is not None:
        found["fullName"] = name
    return found | {"cannotMessage": False, "isSelf": False} | fields


_SERVERS = {
    "local-whatsapp_ba_Vd83kQ": "local-whatsapp.localhost",
    "local-telegram_ba_Xr20pL": "local-telegram.localhost",
    "local-signal_ba_Jm55tC": "local-signal.localhost",
    "local-imessage": "local-imessage.localhost",
}


_QUIET: Json = {
    "description": None,
    "imgURL": None,
    "isReadOnly": False,
    "unreadCount": 0,
    "unreadMentionsCount": 0,
    "draft": None,
    "reminder": None,
    "snooze": None,
    "isArchived": False,
    "isMarkedUnread": False,
    "isMuted": False,
    "isPinned": False,
    "isLowPriority": False,
    "messageExpirySeconds": None,
}


class Builder:
    """Adds chats to a world; the same input always gives the same chats."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._local_id = 300

    def moment(self, minutes_ago: float) -> str:
        """A time before the beginning of the world, or after it when negative."""
        return to_wire(self.world.clock.start - timedelta(minutes=minutes_ago))

    def account(
        self, account_id: str, network: str, bridge: str, provider: str, me: Json, **fields: Any
    ) -> None:
        """Add an account."""
        kind = bridge.removeprefix("local-")
        self.world.add_account(
            {
                "accountID": account_id,
                "bridge": {"id": bridge, "type": kind, "provider": provider},
                "status": "connected",
                "user": {**{k: v for k, v in me.items() if k != "cannotMessage"}, "isSelf": True},
                "network": network,
            }
            | fields,
            me,
        )

    def chat(
        self,
        account_id: str,
        title: str,
        people: Sequence[Json],
        *,
        kind: str = "single",
        idle_minutes: float = 0,
        **fields: Any,
    ) -> Json:
        """Add a chat without messages; the owner of the account takes part by itself."""
        self._local_id += 7
        server = _SERVERS.get(account_id, "beeper.com")
        name = hashlib.sha256(f"{account_id}/{title}".encode()).hexdigest()[:18]
        return self.world.add_chat(
            {
                "id": f"!{name}:{server}",
                "localChatID": str(self._local_id),
                "accountID": account_id,
                "network": self.world.accounts[account_id]["network"],
                "title": title,
                "type": kind,
                "participants": {"items": [*people, self.world.me(account_id)]},
                "lastActivity": self.moment(idle_minutes),
            }
            | _QUIET
            | fields
        )

    def say(
        self, chat: Json, who: int, minutes_ago: float, plain: str | None, **fields: Any
    ) -> Json:
        """Add a message; `who` counts the people of the chat from 1, `ME` is the owner.

        `plain` is escaped; pass ``text=`` instead for rich text.
        """
        people = chat["participants"]["items"]
        sender = self.world.me(chat["accountID"]) if who == ME else people[who - 1]
        when = self.moment(minutes_ago)
        message = new_message(chat, sender, self.world.next_message_id(), when, plain)
        message |= {"isSender": who == ME, "isUnread": False, "mentions": []}
        if who == ME:
            message["seen"] = True
            message["sendStatus"] = {"status": "SUCCESS", "timestamp": when}
        message |= fields
        if "attachments" in fields:
            message["type"] = message_type(fields["attachments"][0])
        return self.world.add_message(chat, message)

    def talk(self, chat: Json, lines: Iterable[tuple[int, float, str]]) -> None:
        """Add several plain messages, oldest first."""
        for who, minutes_ago, text in lines:
            self.say(chat, who, minutes_ago, text)

    def leave_unread(self, chat: Json, count: int) -> None:
        """Make the last `count` messages from others unread."""
        messages = self.world.messages[chat["id"]]
        incoming = [message for message in messages if not message["isSender"]]
        if count and incoming:
            self.world.mark_unread(chat, incoming[-count:][0])
            chat["isMarkedUnread"] = False
        else:
            self.world.mark_read(chat)

    def attachment(
        self, chat: Json, kind: str, file_name: str, mime_type: str, **fields: Any
    ) -> Json:
        """A received file."""
        server = chat["id"].rpartition(":")[2]
        return {
            "id": f"mxc://{server}/{file_name.replace('.', '-')}",
            "type": kind,
            "fileName": file_name,
            "mimeType": mime_type,
        } | fields


def reaction(participant: Json, key: str, **fields: Any) -> Json:
    """A reaction of somebody."""
    who = participant["id"]
    return {"id": who + key, "participantID": who, "reactionKey": key, "emoji": True} | fields


def give_logins(world: World) -> None:
    """Say which login owns each account, and leave an old login behind."""
    for account_id, account in world.accounts.items():
        kind = world.logins.bridges.get(account["bridge"]["id"])
        if kind is not None and kind.flows and "loginID" not in account:
            suffix = account_id.removeprefix(kind.id).lstrip("_.")
            account["loginID"] = suffix or account["user"]["id"].partition(":")[0].lstrip("@")
    old = {
        "bridgeID": "local-whatsapp",
        "loginID": "ba_Old9tR",
        "removeScopes": ["current-device"],
        "status": "logged_out",
    }
    world.logins.without_account["local-whatsapp", "ba_Old9tR"] = old
