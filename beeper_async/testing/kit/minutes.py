"""What was said during a test: what the bot has sent, and what of it the test has heard."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from ..._codec.decoder import decode
from ...bots.text import plain_text
from ...models.message import Message
from ..world.world import World

Json = dict[str, Any]

# What stands behind a backslash in Markdown is shown without it.
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


class Minutes:
    """Keeps apart what the bot has sent, what its owner has, and what was there before.

    A message is known by its sort key, which it keeps when the network gives it its final ID.

    Args:
        world: The world of the simulator.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._before = {one["sortKey"] for all in world.messages.values() for one in all}
        self._by_owner: set[str] = set()
        self._heard: set[str] = set()

    def note_owner(self, message: Json) -> None:
        """Note that the owner has written a message, and not the bot."""
        self._by_owner.add(message["sortKey"])

    def next_unheard(self, chat_id: str) -> Json | None:
        """Return the first message of the bot that was not heard yet; it is heard now."""
        with self._world.lock:
            for message in self._world.messages.get(chat_id, ()):
                if self._is_news(message):
                    self._heard.add(message["sortKey"])
                    return message
        return None

    def has_unheard(self, chat_id: str) -> bool:
        """Return whether the bot has sent something that was not heard yet."""
        with self._world.lock:
            return any(map(self._is_news, self._world.messages.get(chat_id, ())))

    def _is_news(self, message: Json) -> bool:
        return self._is_by_bot(message) and message["sortKey"] not in self._heard

    def _is_by_bot(self, message: Json) -> bool:
        key = message["sortKey"]
        is_own = bool(message.get("isSender")) and not message.get("isDeleted")
        return is_own and key not in self._before and key not in self._by_owner

    def transcript(self, chat_id: str, *, marks_unheard: bool = False) -> str:
        """Write down what was said in a chat since the test began.

        Args:
            chat_id: The chat.
            marks_unheard: Whether to mark what was not heard yet.
        """
        with self._world.lock:
            messages = self._world.messages.get(chat_id, ())
            said = [one for one in messages if one["sortKey"] not in self._before]
            unheard = {one["sortKey"] for one in said if marks_unheard and self._is_news(one)}
            lines = [
                self._line(one) + " <- not heard yet" * (one["sortKey"] in unheard) for one in said
            ]
        return "\n".join(lines) or "(nothing)"

    def _line(self, message: Json) -> str:
        name = message["senderName"]
        if message["sortKey"] in self._by_owner:
            name = "me"
        elif message.get("isSender"):
            name = "bot"
        if message.get("isDeleted"):
            return f"{name}: (deleted)"
        text = text_of(message).replace("\n", "\n  ")
        files = [one.get("fileName") or one["type"] for one in message.get("attachments") or ()]
        keys = [one["reactionKey"] for one in message.get("reactions") or ()]
        notes = [*(f"[{file}]" for file in files), *(f"({key})" for key in keys)]
        return " ".join(filter(None, [f"{name}:", text, *notes]))


def text_of(message: Json) -> str:
    """Return the text of a message as one reads it, but for the marks of Markdown."""
    return _ESCAPED.sub(r"\1", plain_text(message.get("text") or ""))


def model_of(message: Json) -> Message:
    """Return a message as the client would."""
    return decode(Message, deepcopy(message))
