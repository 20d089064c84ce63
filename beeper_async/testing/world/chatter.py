"""People who act by themselves, so that there is something to watch."""

from __future__ import annotations

import asyncio
import random
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .world import World

Json = dict[str, Any]

_LINES = (
    "Are you on your way?",
    "I found the blue umbrella 🌂",
    "Can somebody bring milk?",
    "Look at the sky right now!",
    "Train is ten minutes late, as always",
    "Who has the key to the shed?",
    "That was a lovely evening, thank you ♥",
    "Tomorrow at nine then",
    "Did you see the photos from Sunday?",
    "I'll call you later",
    "We are out of coffee ☕",
    "Happy birthday!! 🎉",
)
_COMMAND = "/ping"
"""What people write to see whether a bot responds."""
_REACTIONS = ("👍", "❤️", "😂", "🎉", "👀")
_LIVELY_CHATS = 8
"""So many of the chats with the newest activity are talked in."""
_DOINGS = ("say", "command", "react", "edit", "delete")
_WEIGHTS = (70, 8, 12, 6, 4)


class Chatter:
    """Lets the people of a world act by themselves.

    Args:
        world: Where they are.
        seed: Seed of the choice of actions and of the pauses. The same seed gives the same actions.
    """

    def __init__(self, world: World, seed: int = 0) -> None:
        self._world = world
        self._chance = random.Random(seed)  # noqa: S311 - nothing here is a secret
        self._last: dict[tuple[str, str], str] = {}
        """By chat and person, the ID of the message that they wrote here last."""

    async def run(self, seconds: float) -> None:
        """Act until cancelled.

        Args:
            seconds: Average number of seconds between two actions.
        """
        while True:
            await asyncio.sleep(seconds * self._chance.uniform(0.5, 1.5))
            self.step()

    def step(self) -> None:
        """Do one thing: mostly write, sometimes react, edit or delete."""
        with self._world.lock:
            possible = (chat for chat in self._world.by_activity() if _people(chat))
            chats = list(islice(possible, _LIVELY_CHATS))
            if not chats:
                return
            chat = self._chance.choice(chats)
            person = self._chance.choice(_people(chat))
            (doing,) = self._chance.choices(_DOINGS, _WEIGHTS)
            if doing == "react":
                self._react(chat, person)
            elif doing in ("edit", "delete"):
                self._change_last(chat, person, doing)
            else:
                self._say(chat, person, _COMMAND if doing == "command" else None)

    def _say(self, chat: Json, person: Json, text: str | None = None) -> None:
        text = text or self._chance.choice(_LINES)
        message = self._world.receive(chat["id"], text, sender_id=person["id"])
        self._last[chat["id"], person["id"]] = message["id"]

    def _react(self, chat: Json, person: Json) -> None:
        key = self._chance.choice(_REACTIONS)
        message = self._world.last_message(chat["id"])
        if message is None or message.get("isDeleted"):
            self._say(chat, person)
        else:
            self._world.people.react(chat["id"], message["id"], key, person_id=person["id"])

    def _change_last(self, chat: Json, person: Json, doing: str) -> None:
        message_id = self._last.pop((chat["id"], person["id"]), None)
        message = message_id and self._world.find_message(chat["id"], message_id)
        if not message_id or not message or message.get("isDeleted"):
            self._say(chat, person)  # there is nothing of theirs to change
        elif doing == "delete":
            self._world.people.delete(chat["id"], message_id)
        else:
            self._world.people.edit(chat["id"], message_id, self._chance.choice(_LINES))


def _people(chat: Json) -> list[Json]:
    """Those who may write in a chat, which is nobody in a chat that only joins others."""
    if chat.get("merge") or chat.get("isReadOnly"):
        return []
    people: list[Json] = chat["participants"]["items"]
    return [one for one in people if not one.get("isSelf") and not one.get("isNetworkBot")]
