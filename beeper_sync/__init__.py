"""Blocking client of Beeper Desktop. See `BeeperDesktop`.

Everything that is not blocking in itself, such as models and errors, is that of `beeper_async`.
"""

from typing import TYPE_CHECKING

from beeper_async import Omit as Omit, __version__ as __version__, omit as omit
from beeper_async._lazy import lazy_exports

if TYPE_CHECKING:
    from beeper_async._http.file_names import safe_file_name as safe_file_name
    from beeper_async._http.incoming import DownloadInfo as DownloadInfo
    from beeper_async._http.options import Timeout as Timeout
    from beeper_async._http.unreadable import OnUnreadable as OnUnreadable, Unreadable as Unreadable
    from beeper_async._http.uploads import (
        FileInput as FileInput,
        Progress as Progress,
    )
    from beeper_async._paging.listing import PageInfo as PageInfo
    from beeper_async._paging.merge import Ended as Ended, MergedPage as MergedPage
    from beeper_async._paging.sort_order import sort_order as sort_order
    from beeper_async._response import (
        RequestInfo as RequestInfo,
        ResponseInfo as ResponseInfo,
    )
    from beeper_async.auth.errors import (
        AppNotFoundError as AppNotFoundError,
        SeveralAppsError as SeveralAppsError,
        TokenStoreError as TokenStoreError,
    )
    from beeper_async.errors import (
        AmbiguousChatError as AmbiguousChatError,
        AmbiguousContactError as AmbiguousContactError,
        APIConnectionError as APIConnectionError,
        APIError as APIError,
        APIResponseValidationError as APIResponseValidationError,
        APIStatusError as APIStatusError,
        APITimeoutError as APITimeoutError,
        AssetError as AssetError,
        AuthenticationError as AuthenticationError,
        BadRequestError as BadRequestError,
        BeeperDesktopError as BeeperDesktopError,
        ChatNotFoundError as ChatNotFoundError,
        CheckpointInUseError as CheckpointInUseError,
        ClientUseError as ClientUseError,
        ConfigurationError as ConfigurationError,
        ConflictError as ConflictError,
        ContactNotFoundError as ContactNotFoundError,
        DecodeError as DecodeError,
        DeliveryError as DeliveryError,
        DeliveryFailedError as DeliveryFailedError,
        DeliveryTimeoutError as DeliveryTimeoutError,
        DeliveryUnknownError as DeliveryUnknownError,
        FileChangedError as FileChangedError,
        InternalServerError as InternalServerError,
        InvalidInputError as InvalidInputError,
        MissingTokenError as MissingTokenError,
        NotFoundError as NotFoundError,
        OtherAccountError as OtherAccountError,
        OutcomeUnknownError as OutcomeUnknownError,
        PaginationError as PaginationError,
        PermissionDeniedError as PermissionDeniedError,
        RateLimitError as RateLimitError,
        ResolveError as ResolveError,
        SubscriptionError as SubscriptionError,
        UnprocessableEntityError as UnprocessableEntityError,
    )
    from beeper_async.events.checkpoint import (
        Checkpoint as Checkpoint,
        CheckpointChange as CheckpointChange,
    )
    from beeper_async.events.checkpoint_file import CheckpointFile as CheckpointFile
    from beeper_async.events.gap import Gap as Gap
    from beeper_async.events.kinds import (
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
    from beeper_async.events.outbox import Delivery as Delivery

    from . import models as models
    from .client import BeeperDesktop as BeeperDesktop
    from .downloads import Download as Download
    from .events import SyncEventStream as SyncEventStream
    from .item_stream import SyncPrefetched as SyncPrefetched
    from .merging import (
        SyncMerged as SyncMerged,
        SyncMergedPages as SyncMergedPages,
        merge as merge,
        merge_pages as merge_pages,
    )
    from .paging import (
        SyncCursorNoLimit as SyncCursorNoLimit,
        SyncCursorSearch as SyncCursorSearch,
        SyncMessageSearchPage as SyncMessageSearchPage,
    )

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AmbiguousChatError",
    "AmbiguousContactError",
    "AppNotFoundError",
    "AppStateUpdated",
    "AssetError",
    "AuthenticationError",
    "BadRequestError",
    "BeeperDesktop",
    "BeeperDesktopError",
    "ChatDeleted",
    "ChatNotFoundError",
    "ChatUpserted",
    "Checkpoint",
    "CheckpointChange",
    "CheckpointFile",
    "CheckpointInUseError",
    "ClientUseError",
    "ConfigurationError",
    "ConflictError",
    "ContactNotFoundError",
    "DecodeError",
    "Delivery",
    "DeliveryError",
    "DeliveryFailedError",
    "DeliveryTimeoutError",
    "DeliveryUnknownError",
    "Download",
    "DownloadInfo",
    "Ended",
    "Event",
    "FileChangedError",
    "FileInput",
    "Gap",
    "InternalServerError",
    "InvalidInputError",
    "MergedPage",
    "MessageChanged",
    "MessageCreated",
    "MessageDeleted",
    "MessageEdited",
    "MessageUpserted",
    "MissingTokenError",
    "NotFoundError",
    "Omit",
    "OnUnreadable",
    "OtherAccountError",
    "OutcomeUnknownError",
    "PageInfo",
    "PaginationError",
    "PermissionDeniedError",
    "Progress",
    "RateLimitError",
    "ReactionAdded",
    "ReactionRemoved",
    "RequestInfo",
    "ResolveError",
    "ResponseInfo",
    "SendStatusChanged",
    "SeveralAppsError",
    "SubscriptionError",
    "SyncCursorNoLimit",
    "SyncCursorSearch",
    "SyncEventStream",
    "SyncMerged",
    "SyncMergedPages",
    "SyncMessageSearchPage",
    "SyncPrefetched",
    "Timeout",
    "TokenStoreError",
    "UnknownEvent",
    "UnprocessableEntityError",
    "Unreadable",
    "__version__",
    "merge",
    "merge_pages",
    "models",
    "omit",
    "safe_file_name",
    "sort_order",
]

if not TYPE_CHECKING:
    _get, __dir__ = lazy_exports(
        __name__,
        {
            ".client": ["BeeperDesktop"],
            ".downloads": ["Download"],
            ".events": ["SyncEventStream"],
            ".merging": ["SyncMerged", "SyncMergedPages", "merge", "merge_pages"],
            ".paging": [
                "SyncCursorNoLimit",
                "SyncCursorSearch",
                "SyncMessageSearchPage",
            ],
            ".item_stream": ["SyncPrefetched"],
            "beeper_async._http.file_names": ["safe_file_name"],
            "beeper_async._http.incoming": ["DownloadInfo"],
            "beeper_async._http.options": ["Timeout"],
            "beeper_async._http.unreadable": ["OnUnreadable", "Unreadable"],
            "beeper_async._http.uploads": [
                "FileInput",
                "Progress",
            ],
            "beeper_async._response": [
                "RequestInfo",
                "ResponseInfo",
            ],
            "beeper_async.auth.errors": [
                "AppNotFoundError",
                "SeveralAppsError",
                "TokenStoreError",
            ],
            "beeper_async.errors": [
                "APIConnectionError",
                "APIError",
                "APIResponseValidationError",
                "APIStatusError",
                "APITimeoutError",
                "AmbiguousChatError",
                "AmbiguousContactError",
                "AssetError",
                "AuthenticationError",
                "BadRequestError",
                "BeeperDesktopError",
                "ChatNotFoundError",
                "CheckpointInUseError",
                "ClientUseError",
                "ConfigurationError",
                "ConflictError",
                "ContactNotFoundError",
                "DecodeError",
                "DeliveryError",
                "DeliveryFailedError",
                "DeliveryTimeoutError",
                "DeliveryUnknownError",
                "FileChangedError",
                "InternalServerError",
                "InvalidInputError",
                "MissingTokenError",
                "NotFoundError",
                "OtherAccountError",
                "OutcomeUnknownError",
                "PaginationError",
                "PermissionDeniedError",
                "RateLimitError",
                "ResolveError",
                "SubscriptionError",
                "UnprocessableEntityError",
            ],
            "beeper_async.events.checkpoint": ["Checkpoint", "CheckpointChange"],
            "beeper_async.events.checkpoint_file": ["CheckpointFile"],
            "beeper_async.events.kinds": [
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
            "beeper_async.events.gap": ["Gap"],
            "beeper_async.events.outbox": ["Delivery"],
            "beeper_async._paging.listing": ["PageInfo"],
            "beeper_async._paging.merge": ["Ended", "MergedPage"],
            "beeper_async._paging.sort_order": ["sort_order"],
        },
        modules={"models": ".models"},
    )

    # Names without Async in them that are of no use to blocking code.
    _ASYNC_ONLY = ("Bot", "Context", "EventStream", "Merged", "MergedPages", "Prefetched")

    def __getattr__(name):
        if name.startswith("Async") or name in _ASYNC_ONLY:
            raise AttributeError(f"{name} is in beeper_async; here everything is blocking")
        return _get(name)
