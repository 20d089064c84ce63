"""Fills a world with the messages of years, for measuring and for what reads all of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from .clock import to_wire
from .messages import is_emoji, new_message
from .store import Store

Json = dict[str, Any]

_TEXTS = 4096
"""So many texts are made. Messages share them, which keeps a large world small."""
_WORDS = 1500
_SYLLABLES = (
    *("ba", "de", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu"),
    *("va", "we", "za", "sha", "tor", "lin", "gar", "mel", "fen", "dru"),
)
_OTHER_WRITING = (
    "明天一起吃晚饭吗？记得带钥匙",
    "写真を送ってくれてありがとう、とても楽しかったです",
    "พรุ่งนี้เจอกันที่สถานีนะ",
    "Увидимся завтра у вокзала",
    "See you there 🎉🎉 - can't wait!",
    '<b>Agenda</b><br>1. score<br>2. <a href="https://example.com/rooms?q=1&amp;p=2">rooms</a>',
    "x",
)
_REACTIONS = ("👍", "❤️", "😂", "🎉")
_ROOM_BELOW = 10_000
"""Message numbers left free below each chat, for what is filled in later."""
_MINUTES_BETWEEN_CHATS = 7
_HOURS_BETWEEN_MESSAGES = 2.0
_LARGEST_GROUP = 30


def fill(store: Store, chats: int, messages: int, seed: int) -> list[Json]:
    """Add chats with old messages to a world; the same input always adds the same ones.

    A few chats are long and most are short, as in real inboxes: chat number n has a share of 1/n.

    Raises:
        ValueError: The world has no account or was filled with this seed before, or there are fewer
            messages than chats.
    """
    if chats < 1 or messages < chats:
        raise ValueError("chats must be at least 1, and messages at least the number of chats")
    with store.lock:
        if not store.accounts:
            raise ValueError("the world has no account to fill")
        if _chat_id(f"{seed}-0") in store.chats:
            raise ValueError(f"the world was filled with the seed {seed} before")
        chance = random.Random(seed)  # noqa: S311 - nothing here is a secret
        texts = _texts(chance)
        newest = store.clock.now()
        added: list[Json] = []
        for number, count in enumerate(_shares(chats, messages)):
            newest -= timedelta(minutes=_MINUTES_BETWEEN_CHATS)
            chat = _chat(store, chance, f"{seed}-{number}", number, newest)
            past = _messages(store, chance, chat, texts, count, newest)
            store.add_chat(chat)
            store.messages[chat["id"]] = past
            added.append(chat)
        return added


def _shares(chats: int, messages: int) -> list[int]:
    """How many messages each chat has, at least one."""
    weights = [1 / (number + 1) for number in range(chats)]
    left = messages - chats
    shares = [1 + int(left * weight / sum(weights)) for weight in weights]
    shares[0] += messages - sum(shares)
    return shares


def _texts(chance: random.Random) -> list[str]:
    words = ["".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(_WORDS)]
    # The first words are the common ones, and most texts are short.
    common = [1 / (rank + 10) for rank in range(_WORDS)]
    lengths = (1 + min(200, int(chance.lognormvariate(2.35, 0.9))) for _ in range(_TEXTS))
    texts = [" ".join(chance.choices(words, common, k=length)) for length in lengths]
    return [*texts, *_OTHER_WRITING * 20]


def _chat_id(name: str) -> str:
    return f"!filled-{name}:example.com"


def _chat(store: Store, chance: random.Random, name: str, number: int, newest: datetime) -> Json:
    accounts = list(store.accounts.values())
    account = accounts[number % len(accounts)]
    is_group = number % 3 == 2
    people = [
        {
            "id": f"@filled-{name}-{one}:example.com",
            "fullName": f"{chance.choice(_SYLLABLES).title()} {chance.choice(_SYLLABLES).title()}",
            "cannotMessage": False,
            "isSelf": False,
        }
        for one in range(chance.randint(2, _LARGEST_GROUP) if is_group else 1)
    ]
    return {
        "id": _chat_id(name),
        "localChatID": f"filled-{name}",
        "accountID": account["accountID"],
        "network": account["network"],
        "title": f"Group {number}" if is_group else people[0]["fullName"],
        "type": "group" if is_group else "single",
        "participants": {"items": [*people, store.me(account["accountID"])]},
        "lastActivity": to_wire(newest),
        "unreadCount": 0,
        "unreadMentionsCount": 0,
        "draft": None,
        "reminder": None,
        "isArchived": number % 17 == 16,
        "isMuted": number % 11 == 10,
        "isPinned": False,
        "isLowPriority": False,
        "isMarkedUnread": False,
        "isReadOnly": False,
    }


def _messages(
    store: Store,
    chance: random.Random,
    chat: Json,
    texts: Sequence[str],
    count: int,
    newest: datetime,
) -> list[Json]:
    store.skip_message_ids(_ROOM_BELOW)
    first = int(store.next_message_id())
    store.skip_message_ids(count)
    everyone: list[Json] = chat["participants"]["items"]
    past: list[Json] = []
    times = _times(chance, count, newest)
    for number, moment in enumerate(times, first):
        person = everyone[int(chance.random() * len(everyone))]
        message = new_message(chat, person, str(number), moment, None)
        message["text"] = texts[int(chance.random() * len(texts))]
        mine = bool(person["isSelf"])
        message |= {"isSender": mine, "isUnread": False, "isHidden": False, "mentions": []}
        if mine:
            message["seen"] = True
            message["sendStatus"] = {"status": "SUCCESS", "timestamp": moment}
        _decorate(chance, message, past, everyone)
        past.append(message)
    return past


def _times(chance: random.Random, count: int, newest: datetime) -> list[str]:
    """The times of messages, oldest first."""
    at = newest.timestamp()
    times: list[str] = []
    for _ in range(count):
        times.append(to_wire(datetime.fromtimestamp(at, UTC)))
        at -= chance.expovariate(1 / (_HOURS_BETWEEN_MESSAGES * 3600)) + 0.001
    return times[::-1]


def _decorate(
    chance: random.Random, message: Json, past: Sequence[Json], everyone: Sequence[Json]
) -> None:
    """Make some messages replies, edited or deleted, and let people react to some."""
    kind = chance.random()
    if kind < 0.08 and past:
        message["linkedMessageID"] = past[-chance.randint(1, min(20, len(past)))]["id"]
    elif kind < 0.16:
        who, key = chance.choice(everyone)["id"], chance.choice(_REACTIONS)
        reaction = {"id": who + key, "participantID": who, "reactionKey": key}
        message["reactions"] = [{**reaction, "emoji": is_emoji(key)}]
    elif kind < 0.18:
        message["editedTimestamp"] = message["timestamp"]
    elif kind < 0.185:
        message["isDeleted"] = True
        del message["text"]
