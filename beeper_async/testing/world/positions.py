"""Where chats stand in listings."""

from __future__ import annotations

from typing import Any

from .clock import to_milliseconds

Position = tuple[int, str]
"""Where an item stands: smaller is newer, the text makes ties impossible."""


def chat_position(chat: dict[str, Any]) -> Position:
    """Return where a chat stands: by its last activity, newest first."""
    return -to_milliseconds(chat.get("lastActivity")), chat["id"]
