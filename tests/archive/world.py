"""What an app holds: chats and messages as JSON, and how they change. Shares no code with ours."""

from __future__ import annotations

import bisect
import copy
import random
from datetime import UTC, datetime, timedelta
from typing import Any

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
WORDS = ["score", "pdf", "dinner", "rehearsal", "手机", "cake", "train", "alto", "tenor", "späti"]


class Chat:
    """One chat: its record, and its messages in the order of their keys."""

    def __init__(self, record: dict[str, Any]) -> None:
        self.record = record
        self.keys: list[int] = []
        self.by_key: dict[int, dict[str, Any]] = {}

    def add(self, key: int, message: dict[str, Any]) -> None:
        bisect.insort(self.keys, key)
        self.by_key[key] = message

    def remove(self, key: int) -> dict[str, Any]:
        self.keys.remove(key)
        return self.by_key.pop(key)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [self.by_key[key] for key in self.keys]


class World:
    """Chats with messages, made from a seed.

    Args:
        chats: Number of chats.
        messages: Number of messages of all chats.
        seed: Two worlds of one seed are equal.
    """

    def __init__(self, chats: int, messages: int, seed: int = 1) -> None:
        self.chance = random.Random(seed)
        self.time = BEGIN
        self.chats: dict[str, Chat] = {}
        self.removed: dict[str, Chat] = {}
        self.vanished: set[tuple[str, str]] = set()
        """Chat and ID of messages that are served no more."""
        self._last_id = 1000
        for number in range(chats):
            self.add_chat(number)
        ids = list(self.chats)
        # A few long chats and many short ones.
        weights = [1 / (n + 1) for n in range(chats)]
        for chat_id in self.chance.choices(ids, weights, k=messages):
            self.say(chat_id)

    def add_chat(self, number: int, **fields: Any) -> str:
        chat_id = f"!chat{number}:local"
        people = [
            {"id": f"@p{number % 7}:local", "fullName": f"Person {number % 7}"},
            {"id": "@me:local", "fullName": "Me", "isSelf": True},
        ]
        self.chats[chat_id] = Chat(
            {
                "id": chat_id,
                "localChatID": str(number + 1),
                "accountID": "whatsapp" if number % 2 else "imessage",
                "network": "WhatsApp" if number % 2 else "iMessage",
                "title": f"Chat {number}",
                "type": "single",
                "unreadCount": 0,
                "participants": {"hasMore": False, "items": people, "total": 2},
                "lastActivity": text_of(self.time),
                **fields,
            }
        )
        return chat_id

    def message(self, chat_id: str, key: int, **fields: Any) -> dict[str, Any]:
        self._last_id += 1
        chance = self.chance
        message: dict[str, Any] = {
            "id": str(self._last_id),
            "accountID": self.chats[chat_id].record["accountID"],
            "chatID": chat_id,
            "senderID": "@p1:local",
            "senderName": "Person 1",
            "sortKey": str(key),
            "timestamp": text_of(self.time),
            "type": "TEXT",
            "isSender": chance.random() < 0.3,
            "text": " ".join(chance.choices(WORDS, k=chance.randint(3, 25))),
            "isUnread": False,
            "seen": {"@p1:local": text_of(self.time)},
            **fields,
        }
        return message

    def say(self, chat_id: str, **fields: Any) -> dict[str, Any]:
        """Add a message at the end of a chat."""
        self.time += timedelta(seconds=self.chance.randint(1, 50))
        chat = self.chats[chat_id]
        key = (chat.keys[-1] if chat.keys else 5_000_000) + 1000
        message = self.message(chat_id, key, **fields)
        chat.add(key, message)
        chat.record["lastActivity"] = text_of(self.time)
        return message

    def change(self, count: int) -> None:
        """Let many things happen, of all kinds."""
        kinds = [
            *([self.say_anywhere] * 8),
            *([self.edit] * 4),
            *([self.react] * 4),
            self.delete,
            self.vanish,
            self.backfill,
            self.arrive_late,
            self.rename,
            self.read,
        ]
        for _ in range(count):
            self.chance.choice(kinds)()

    def _any_chat(self) -> str:
        return self.chance.choice(list(self.chats))

    def _any_message(self) -> tuple[str, int] | None:
        chat_id = self._any_chat()
        keys = self.chats[chat_id].keys
        return (chat_id, self.chance.choice(keys)) if keys else None

    def say_anywhere(self) -> None:
        self.say(self._any_chat())

    def edit(self) -> None:
        if place := self._any_message():
            self._replace(
                *place, text=f"edited {self._count()}", editedTimestamp=text_of(self.time)
            )

    def react(self) -> None:
        if place := self._any_message():
            reaction = {
                "id": f"r{self._count()}",
                "reactionKey": "👍",
                "participantID": "@p1:local",
            }
            before = self.chats[place[0]].by_key[place[1]].get("reactions", [])
            self._replace(*place, reactions=[*before, reaction])

    def read(self) -> None:
        if place := self._any_message():
            self._replace(*place, seen={"@p1:local": text_of(self.time), "@p2:local": True})

    def delete(self) -> None:
        if place := self._any_message():
            self._replace(*place, text=None, isDeleted=True)

    def vanish(self) -> None:
        """Remove a message from between two others."""
        chat_id = self._any_chat()
        chat = self.chats[chat_id]
        if len(chat.keys) > 30:
            key = self.chance.choice(chat.keys[1:-1])
            self.vanished.add((chat_id, chat.remove(key)["id"]))

    def backfill(self) -> None:
        """Add messages below the oldest one, without activity."""
        chat_id = self._any_chat()
        chat = self.chats[chat_id]
        for _ in range(self.chance.randint(1, 30)):
            key = (chat.keys[0] if chat.keys else 5_000_000) - 1000
            chat.add(key, self.message(chat_id, key))

    def arrive_late(self) -> None:
        """Add a message between two others."""
        if place := self._any_message():
            chat_id, key = place
            at = key + self.chance.randint(1, 900)
            if at not in self.chats[chat_id].by_key:
                self.chats[chat_id].add(at, self.message(chat_id, at))

    def rename(self) -> None:
        self.chats[self._any_chat()].record["title"] = f"Renamed {self._count()}"

    def remove_chat(self) -> None:
        chat_id = self._any_chat()
        self.removed[chat_id] = self.chats.pop(chat_id)

    def install_anew(self) -> None:
        """Give every message another ID."""
        for chat in self.chats.values():
            for key in chat.keys:
                chat.by_key[key] = {**chat.by_key[key], "id": f"new{self._count()}"}

    def _replace(self, chat_id: str, key: int, **fields: Any) -> None:
        chat = self.chats[chat_id]
        message = {**chat.by_key[key], **fields}
        chat.by_key[key] = {name: value for name, value in message.items() if value is not None}

    def _count(self) -> int:
        self._last_id += 1
        return self._last_id

    def snapshot(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Return all messages by chat and ID, as they are now."""
        return {
            chat_id: {one["id"]: copy.deepcopy(one) for one in chat.by_key.values()}
            for chat_id, chat in self.chats.items()
        }


def text_of(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
