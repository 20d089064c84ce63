"""The changes of a world, and who is notified of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import attrs

Json = dict[str, Any]
ChangeKind = Literal[
    "message.upserted",
    "message.deleted",
    "chat.upserted",
    "chat.deleted",
    "app.state.updated",
]
Listener = Callable[["Change"], None]

_MOST_MESSAGES = 100
"""More messages that change at once are split into several changes."""


@attrs.frozen(kw_only=True)
class Change:
    """One change that has happened."""

    kind: ChangeKind
    chat_id: str | None = None
    """None if the change is not about a chat."""
    account_id: str | None = None
    """The account of a chat that is gone."""
    ids: tuple[str, ...] = ()
    messages: tuple[Json, ...] = ()
    """The messages themselves, not copies: valid until the listener returns."""


class Changes:
    """Notifies listeners of what has changed in a world.

    Listeners are called after the change, in order, by the thread that made it, and with the world
    locked.
    """

    def __init__(self) -> None:
        self.listeners: list[Listener] = []

    def messages_upserted(self, chat_id: str, messages: Sequence[Json]) -> None:
        """Notify of messages that are new or have changed."""
        for start in range(0, len(messages) if self.listeners else 0, _MOST_MESSAGES):
            part = tuple(messages[start : start + _MOST_MESSAGES])
            ids = tuple(message["id"] for message in part)
            self._publish(Change(kind="message.upserted", chat_id=chat_id, ids=ids, messages=part))

    def message_deleted(self, chat_id: str, message_id: str) -> None:
        """Notify of a message that was deleted, for everyone or from the owner's view."""
        if self.listeners:
            self._publish(Change(kind="message.deleted", chat_id=chat_id, ids=(message_id,)))

    def chat_upserted(self, chat_id: str) -> None:
        """Notify of a chat that is new or has changed."""
        if self.listeners:
            self._publish(Change(kind="chat.upserted", chat_id=chat_id, ids=(chat_id,)))

    def chat_deleted(self, chat_id: str, account_id: str) -> None:
        """Notify of a chat that left the inbox."""
        if self.listeners:
            self._publish(
                Change(kind="chat.deleted", chat_id=chat_id, account_id=account_id, ids=(chat_id,))
            )

    def app_state(self) -> None:
        """Notify that the state of the app may have changed. Listeners must compare it."""
        if self.listeners:
            self._publish(Change(kind="app.state.updated"))

    def _publish(self, change: Change) -> None:
        for listener in self.listeners:
            listener(change)
