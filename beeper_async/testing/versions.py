"""App versions: which release brought what, and the ordering between releases."""

from __future__ import annotations

Version = tuple[int, ...]

FIRST_V1: Version = (4, 1, 294)
INFO_AND_REACTIONS: Version = (4, 2, 557)
FULL_CHATS: Version = (4, 2, 808)
"""From here on chats carry the network, drafts, reminders and so on, and can be changed."""
CONFLICT_STATUS: Version = (4, 3, 0)
"""Older apps never answer 409."""
CHAT_LIST_LIMIT: Version = (4, 3, 1)
"""Up to 4.3.0 the chat list ignored ``limit``."""


def parse_version(text: str) -> Version:
    """Turn ``"4.3.73"`` into something that compares in the right order."""
    try:
        return tuple(int(part) for part in text.split("."))
    except ValueError:
        raise ValueError(f"not an app version: {text!r} (expected something like 4.3.73)") from None
