"""What has changed in a world, told to whoever listens."""

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
"""More messages that change at once are told in several parts."""


@attrs.frozen(kw_only=True)
class Change:
    """One change, which has happened already."""

    kind: ChangeKind
    chat_id: str | None = None
    """None where the change is not about a chat."""
    ids: tuple[str, ...] = ()
    messages: tuple[Json, ...] = ()
    """The messages as the world has them: only good until the listener returns."""


class Changes:
    """Where a world says what has changed.

    Listeners are called by the thread that made the change, after it, and with the world locked,
    so they hear of changes one by one and in their order.
    """

    def __init__(self) -> None:
        self.listeners: list[Listener] = []

    def messages_upserted(self, chat_id: str, messages: Sequence[Json]) -> None:
        """Messages are new or have changed."""
        for start in range(0, len(messages) if self.listeners else 0, _MOST_MESSAGES):
            part = tuple(messages[start : start + _MOST_MESSAGES])
            ids = tuple(message["id"] for message in part)
            self._publish(Change(kind="message.upserted", chat_id=chat_id, ids=ids, messages=part))

    def message_deleted(self, chat_id: str, message_id: str) -> None:
        """A message was deleted, for everyone or from the own view."""
        if self.listeners:
            self._publish(Change(kind="message.deleted", chat_id=chat_id, ids=(message_id,)))

    def chat_upserted(self, chat_id: str) -> None:
        """A chat is new or has changed."""
        if self.listeners:
            self._publish(Change(kind="chat.upserted", chat_id=chat_id, ids=(chat_id,)))

    def chat_deleted(self, chat_id: str) -> None:
        """A chat left the inbox."""
        if self.listeners:
            self._publish(Change(kind="chat.deleted", chat_id=chat_id, ids=(chat_id,)))

    def app_state(self) -> None:
        """The state of the app may have changed; whoever listens has to compare."""
        if self.listeners:
            self._publish(Change(kind="app.state.updated"))

    def _publish(self, change: Change) -> None:
        for listener in self.listeners:
            listener(change)
