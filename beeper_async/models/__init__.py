"""Everything the app answers, one file per noun. Loaded when first used: it is a lot."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .attachment import (
        Attachment as Attachment,
        MediaSize as MediaSize,
        Transcription as Transcription,
    )
    from .base import Model as Model
    from .capabilities import (
        AttachmentCapabilities as AttachmentCapabilities,
        CapabilityLevel as CapabilityLevel,
        ChatCapabilities as ChatCapabilities,
        ChatDisappearingTimerCapability as ChatDisappearingTimerCapability,
        ChatMessageRequestCapability as ChatMessageRequestCapability,
        ChatParticipantActionsCapability as ChatParticipantActionsCapability,
        ChatStateCapabilities as ChatStateCapabilities,
        StateCapability as StateCapability,
    )
    from .chat import (
        Chat as Chat,
        ChatCreateResponse as ChatCreateResponse,
        ChatDetails as ChatDetails,
        ChatDraft as ChatDraft,
        ChatListResponse as ChatListResponse,
        ChatMerge as ChatMerge,
        ChatReminder as ChatReminder,
        ChatSnooze as ChatSnooze,
        ChatStartResponse as ChatStartResponse,
        DraftAttachment as DraftAttachment,
    )
    from .error import (
        Error as Error,
        ErrorDetails as ErrorDetails,
        ValidationDetails as ValidationDetails,
        ValidationIssue as ValidationIssue,
    )
    from .info import (
        InfoApp as InfoApp,
        InfoEndpoints as InfoEndpoints,
        InfoOAuthEndpoints as InfoOAuthEndpoints,
        InfoPlatform as InfoPlatform,
        InfoRetrieveResponse as InfoRetrieveResponse,
        InfoServer as InfoServer,
    )
    from .inputs import (
        AttachmentInput as AttachmentInput,
        DraftAttachmentInput as DraftAttachmentInput,
        DraftInput as DraftInput,
        ReminderInput as ReminderInput,
        SizeInput as SizeInput,
        StartChatUserInput as StartChatUserInput,
    )
    from .label import Label as Label
    from .message import (
        LinkPreview as LinkPreview,
        Message as Message,
        MessageSeen as MessageSeen,
        SendStatus as SendStatus,
    )
    from .reaction import (
        Reaction as Reaction,
        ReactionAddResponse as ReactionAddResponse,
        ReactionDeleteResponse as ReactionDeleteResponse,
    )
    from .user import Participant as Participant, Participants as Participants, User as User

_HOMES = {
    "attachment": ["Attachment", "MediaSize", "Transcription"],
    "base": ["Model"],
    "capabilities": [
        "AttachmentCapabilities",
        "CapabilityLevel",
        "ChatCapabilities",
        "ChatDisappearingTimerCapability",
        "ChatMessageRequestCapability",
        "ChatParticipantActionsCapability",
        "ChatStateCapabilities",
        "StateCapability",
    ],
    "chat": [
        "Chat",
        "ChatCreateResponse",
        "ChatDetails",
        "ChatDraft",
        "ChatListResponse",
        "ChatMerge",
        "ChatReminder",
        "ChatSnooze",
        "ChatStartResponse",
        "DraftAttachment",
    ],
    "error": ["Error", "ErrorDetails", "ValidationDetails", "ValidationIssue"],
    "info": [
        "InfoApp",
        "InfoEndpoints",
        "InfoOAuthEndpoints",
        "InfoPlatform",
        "InfoRetrieveResponse",
        "InfoServer",
    ],
    "inputs": [
        "AttachmentInput",
        "DraftAttachmentInput",
        "DraftInput",
        "ReminderInput",
        "SizeInput",
        "StartChatUserInput",
    ],
    "label": ["Label"],
    "message": ["LinkPreview", "Message", "MessageSeen", "SendStatus"],
    "reaction": ["Reaction", "ReactionAddResponse", "ReactionDeleteResponse"],
    "user": ["Participant", "Participants", "User"],
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
