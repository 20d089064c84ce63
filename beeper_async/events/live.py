"""What the parts of a stream hand to each other between a read and the live events. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from attrs import frozen

from ..models.message import Message
from .changes import Source
from .ledger import Held, Ledger


class LiveEvents(Protocol):
    """What holds live events back until their chat has been read."""

    def release(self, ledger: Ledger) -> None:
        """Deliver those that wait for a chat to be current."""

    def settle(self, ledger: Ledger, doubts: Mapping[str, Held]) -> None:
        """Deliver those that could not be judged before a read."""

    def apply(
        self,
        ledger: Ledger,
        message: Message,
        state: bytes,
        source: Source,
        *,
        was_read: bool = False,
        was_asked: bool = False,
    ) -> None:
        """Deliver how a live event shows a message."""


@frozen
class Ask:
    """Why a single message is read."""

    source: Source
    is_missing: bool = False
    """Whether it was not on the pages where it belongs."""
    was_read: bool = False
    """Whether the pages of its chat were read since its event, and do not show it."""
    failures: int = 0
    """How often that failed."""
