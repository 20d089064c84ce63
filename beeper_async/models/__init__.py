"""Everything the app answers, one file per noun. Loaded when first used: it is a lot."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .account import Account as Account, AccountBridge as AccountBridge
    from .asset import (
        AssetDownloadResponse as AssetDownloadResponse,
        AssetUploadResponse as AssetUploadResponse,
    )
    from .attachment import (
        Attachment as Attachment,
        MediaSize as MediaSize,
        Transcription as Transcription,
    )
    from .base import Model as Model
    from .bridge import (
        Bridge as Bridge,
        BridgeListResponse as BridgeListResponse,
        DisappearingTimerCapability as DisappearingTimerCapability,
        GroupFieldCapability as GroupFieldCapability,
        GroupTypeCapabilities as GroupTypeCapabilities,
        ProvisioningCapabilities as ProvisioningCapabilities,
        ResolveIdentifierCapabilities as ResolveIdentifierCapabilities,
    )
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
    from .focus import FocusResponse as FocusResponse
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
    from .login import (
        APIError as APIError,
        BridgeLogin as BridgeLogin,
        CookieField as CookieField,
        LoginDisplay as LoginDisplay,
        LoginDisplayCode as LoginDisplayCode,
        LoginDisplayEmoji as LoginDisplayEmoji,
        LoginDisplayNothing as LoginDisplayNothing,
        LoginDisplayQR as LoginDisplayQR,
        LoginDisplayUnknown as LoginDisplayUnknown,
        LoginFlow as LoginFlow,
        LoginFlowListResponse as LoginFlowListResponse,
        LoginInputField as LoginInputField,
        LoginListResponse as LoginListResponse,
        LoginRemoveResponse as LoginRemoveResponse,
        LoginSession as LoginSession,
        LoginSessionCancelResponse as LoginSessionCancelResponse,
        LoginStep as LoginStep,
        LoginStepComplete as LoginStepComplete,
        LoginStepCookies as LoginStepCookies,
        LoginStepDisplayAndWait as LoginStepDisplayAndWait,
        LoginStepUnknown as LoginStepUnknown,
        LoginStepUserInput as LoginStepUserInput,
    )
    from .message import (
        LinkPreview as LinkPreview,
        Message as Message,
        MessageDetails as MessageDetails,
        MessageSeen as MessageSeen,
        MessageSendResponse as MessageSendResponse,
        MessageUpdateResponse as MessageUpdateResponse,
        SendStatus as SendStatus,
    )
    from .page import CursorPage as CursorPage
    from .reaction import (
        Reaction as Reaction,
        ReactionAddResponse as ReactionAddResponse,
        ReactionDeleteResponse as ReactionDeleteResponse,
    )
    from .search import (
        ContactSearchResponse as ContactSearchResponse,
        SearchMessagesResult as SearchMessagesResult,
        SearchResponse as SearchResponse,
        SearchResults as SearchResults,
    )
    from .setup import (
        AppE2EE as AppE2EE,
        AppE2EESecrets as AppE2EESecrets,
        AppMatrixCredentials as AppMatrixCredentials,
        AppMatrixIdentity as AppMatrixIdentity,
        AppStateSnapshot as AppStateSnapshot,
        RecoveryKeyResetResponse as RecoveryKeyResetResponse,
        SetupCompleteResponse as SetupCompleteResponse,
        SetupRegistrationCopy as SetupRegistrationCopy,
        SetupRegistrationRequiredResponse as SetupRegistrationRequiredResponse,
        SetupResponseOutput as SetupResponseOutput,
        SetupResponseUnknown as SetupResponseUnknown,
        SetupStartResponse as SetupStartResponse,
        SetupStateResponse as SetupStateResponse,
        Verification as Verification,
        VerificationError as VerificationError,
        VerificationListResponse as VerificationListResponse,
        VerificationOtherDevice as VerificationOtherDevice,
        VerificationQR as VerificationQR,
        VerificationResponse as VerificationResponse,
        VerificationSAS as VerificationSAS,
    )
    from .user import Participant as Participant, Participants as Participants, User as User

_HOMES = {
    "account": ["Account", "AccountBridge"],
    "asset": ["AssetDownloadResponse", "AssetUploadResponse"],
    "attachment": ["Attachment", "MediaSize", "Transcription"],
    "base": ["Model"],
    "bridge": [
        "Bridge",
        "BridgeListResponse",
        "DisappearingTimerCapability",
        "GroupFieldCapability",
        "GroupTypeCapabilities",
        "ProvisioningCapabilities",
        "ResolveIdentifierCapabilities",
    ],
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
    "focus": ["FocusResponse"],
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
    "login": [
        "APIError",
        "BridgeLogin",
        "CookieField",
        "LoginDisplay",
        "LoginDisplayCode",
        "LoginDisplayEmoji",
        "LoginDisplayNothing",
        "LoginDisplayQR",
        "LoginDisplayUnknown",
        "LoginFlow",
        "LoginFlowListResponse",
        "LoginInputField",
        "LoginListResponse",
        "LoginRemoveResponse",
        "LoginSession",
        "LoginSessionCancelResponse",
        "LoginStep",
        "LoginStepComplete",
        "LoginStepCookies",
        "LoginStepDisplayAndWait",
        "LoginStepUnknown",
        "LoginStepUserInput",
    ],
    "message": [
        "LinkPreview",
        "Message",
        "MessageDetails",
        "MessageSeen",
        "MessageSendResponse",
        "MessageUpdateResponse",
        "SendStatus",
    ],
    "page": ["CursorPage"],
    "reaction": ["Reaction", "ReactionAddResponse", "ReactionDeleteResponse"],
    "search": ["ContactSearchResponse", "SearchMessagesResult", "SearchResponse", "SearchResults"],
    "setup": [
        "AppE2EE",
        "AppE2EESecrets",
        "AppMatrixCredentials",
        "AppMatrixIdentity",
        "AppStateSnapshot",
        "RecoveryKeyResetResponse",
        "SetupCompleteResponse",
        "SetupRegistrationCopy",
        "SetupRegistrationRequiredResponse",
        "SetupResponseOutput",
        "SetupResponseUnknown",
        "SetupStartResponse",
        "SetupStateResponse",
        "Verification",
        "VerificationError",
        "VerificationListResponse",
        "VerificationOtherDevice",
        "VerificationQR",
        "VerificationResponse",
        "VerificationSAS",
    ],
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
    return sorted(_HOME_OF)
