"""A generated world of any size, for paging and for measuring."""

from __future__ import annotations

import random
from typing import Any

from ..world.clock import Clock
from ..world.world import World
from .builder import ME, Builder, give_logins, person

_FIRST = [
    "Ada",
    "Bela",
    "Caio",
    "Dina",
    "Emre",
    "Faye",
    "Goro",
    "Hana",
    "Igor",
    "June",
    "Kofi",
    "Lena",
    "Milo",
    "Nuri",
    "Oona",
    "Pia",
]
_LAST = [
    "Abara",
    "Brandt",
    "Castel",
    "Duarte",
    "Eklund",
    "Farrow",
    "Grieg",
    "Hoxha",
    "Ishida",
    "Jansen",
    "Kovac",
    "Lunde",
]
_WORDS = [
    "lunch",
    "train",
    "boots",
    "garden",
    "later",
    "photos",
    "budget",
    "ticket",
    "harbour",
    "piano",
    "rain",
    "tomorrow",
]
_NETWORKS = (
    ("local-whatsapp_ba_Vd83kQ", "WhatsApp", "local-whatsapp", "local"),
    ("local-telegram_ba_Xr20pL", "Telegram", "local-telegram", "local"),
    ("discordgo", "Discord", "discordgo", "cloud"),
    ("matrix", "Beeper", "matrix", "cloud"),
)
_LONG_TALK = 45
_MINUTES_BETWEEN_CHATS = 7.0


def generated_world(clock: Clock, chats: int) -> World:
    """A world with `chats` chats; every tenth has more than two pages of messages."""
    world = World(clock)
    builder = Builder(world)
    for account_id, network, bridge, provider in _NETWORKS:
        me = person(account_id, "me", "Robin Sol")
        builder.account(account_id, network, bridge, provider, me)
    give_logins(world)
    chance = random.Random(chats)  # noqa: S311 - nothing here is a secret
    for number in range(chats):
        _add_chat(builder, chance, number)
    return world


def _add_chat(builder: Builder, chance: random.Random, number: int) -> None:
    account_id = _NETWORKS[number % len(_NETWORKS)][0]
    group = number % 3 == 2
    people = [
        _somebody(account_id, chance, number, one) for one in range(number % 30 + 2 if group else 1)
    ]
    chat = builder.chat(
        account_id,
        f"Group {number:05}" if group else f"{people[0]['fullName']} {number:05}",
        people,
        kind="group" if group else "single",
        isMuted=number % 11 == 10,
        isPinned=number % 50 == 49,
        isArchived=number % 17 == 16,
        isLowPriority=number % 13 == 12,
    )
    last = _MINUTES_BETWEEN_CHATS * number + 1
    count = _LONG_TALK if number % 10 == 9 else number % 3 + 1
    for index in range(count):
        who = ME if index % 4 == 3 else index % len(people) + 1
        ago = last + (count - 1 - index) * 0.1
        builder.say(chat, who, ago, " ".join(chance.choices(_WORDS, k=5)))
    if number % 5 == 4:
        builder.leave_unread(chat, 2)


def _somebody(account_id: str, chance: random.Random, number: int, one: int) -> dict[str, Any]:
    name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
    return person(account_id, f"u{number}_{one}", name, username=f"user_{number}_{one}")
