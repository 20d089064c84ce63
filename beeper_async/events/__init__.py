"""Live events: what happens in chats, as it happens."""

from typing import TYPE_CHECKING

from .._lazy import lazy_exports

if TYPE_CHECKING:
    from .checkpoint import (
        Checkpoint as Checkpoint,
        CheckpointChange as CheckpointChange,
    )
    from .checkpoint_file import CheckpointFile as CheckpointFile
    from .gap import Gap as Gap
    from .kinds import (
        AppStateUpdated as AppStateUpdated,
        ChatDeleted as ChatDeleted,
        ChatUpserted as ChatUpserted,
        Event as Event,
        MessageChanged as MessageChanged,
        MessageCreated as MessageCreated,
        MessageDeleted as MessageDeleted,
        MessageEdited as MessageEdited,
        MessageUpserted as MessageUpserted,
        ReactionAdded as ReactionAdded,
        ReactionRemoved as ReactionRemoved,
        SendStatusChanged as SendStatusChanged,
        UnknownEvent as UnknownEvent,
    )
    from .outbox import Delivery as Delivery
    from .stream import EventStream as EventStream

__all__ = [
    "AppStateUpdated",
    "ChatDeleted",
    "ChatUpserted",
    "Checkpoint",
    "CheckpointChange",
    "CheckpointFile",
    "Delivery",
    "Event",
    "EventStream",
    "Gap",
    "MessageChanged",
    "MessageCreated",
    "MessageDeleted",
    "MessageEdited",
    "MessageUpserted",
    "ReactionAdded",
    "ReactionRemoved",
    "SendStatusChanged",
    "UnknownEvent",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            ".checkpoint": ["Checkpoint", "CheckpointChange"],
            ".checkpoint_file": ["CheckpointFile"],
            ".gap": ["Gap"],
            ".kinds": [
                "AppStateUpdated",
                "ChatDeleted",
                "ChatUpserted",
                "Event",
                "MessageChanged",
                "MessageCreated",
                "MessageDeleted",
                "MessageEdited",
                "MessageUpserted",
                "ReactionAdded",
                "ReactionRemoved",
                "SendStatusChanged",
                "UnknownEvent",
            ],
            ".outbox": ["Delivery"],
            ".stream": ["EventStream"],
        },
    )
