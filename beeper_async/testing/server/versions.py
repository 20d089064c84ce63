"""App versions: which release brought what, and the ordering between releases."""

from __future__ import annotations

Version = tuple[int, ...]

FIRST_V1: Version = (4, 1, 294)
EDITS_AND_UPLOADS: Version = (4, 2, 499)
ASSET_SERVE: Version = (4, 2, 509)
INFO_AND_REACTIONS: Version = (4, 2, 557)
SOCKET: Version = (4, 2, 557)
ACCOUNT_BRIDGE: Version = (4, 2, 785)
FULL_CHATS: Version = (4, 2, 808)
"""From here on chats carry the network, drafts, reminders and so on, and can be changed."""
CONFLICT_STATUS: Version = (4, 3, 0)
"""Older apps do not use the status 409."""
ACCOUNT_STATUS: Version = (4, 3, 0)
"""Single accounts can be read, and accounts have a status."""
BRIDGES_AND_SETUP: Version = (4, 3, 0)
APP_STATE_EVENTS: Version = (4, 3, 0)
"""Sockets can subscribe to the state of the app, and may leave out the list of chats."""
CHAT_LIST_LIMIT: Version = (4, 3, 1)
"""Up to 4.3.0 the chat list ignored ``limit``."""
LABELS: Version = (4, 3, 1)
"""Nobody knows when they came, only that 4.3.0 did not have them."""


def parse_app_version(text: str) -> Version:
    """Turn ``"4.3.73"`` into something that compares in the right order."""
    try:
        return tuple(int(part) for part in text.split("."))
    except ValueError:
        raise ValueError(f"not an app version: {text!r} (expected something like 4.3.73)") from None
