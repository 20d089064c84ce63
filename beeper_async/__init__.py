"""Async client of Beeper Desktop. See `AsyncBeeperDesktop`.

Names are loaded when they are first used, so importing the package costs next to nothing.
"""

from typing import TYPE_CHECKING

from ._lazy import lazy_exports
from ._omit import Omit as Omit, omit as omit
from ._version import __version__ as __version__

if TYPE_CHECKING:
    from . import models as models
    from ._http.downloads import AsyncDownload as AsyncDownload
    from ._http.file_names import safe_file_name as safe_file_name
    from ._http.incoming import DownloadInfo as DownloadInfo
    from ._http.options import Timeout as Timeout
    from ._http.unreadable import OnUnreadable as OnUnreadable, Unreadable as Unreadable
    from ._http.uploads import (
        FileInput as FileInput,
        Progress as Progress,
    )
    from ._paging.listing import PageInfo as PageInfo
    from ._paging.merge import Merged as Merged, merge as merge
    from ._paging.page import (
        AsyncCursorNoLimit as AsyncCursorNoLimit,
        AsyncCursorSearch as AsyncCursorSearch,
        AsyncMessageSearchPage as AsyncMessageSearchPage,
    )
    from ._paging.paginator import AsyncPaginator as AsyncPaginator
    from ._paging.prefetch import Prefetched as Prefetched
    from ._response import (
        RequestInfo as RequestInfo,
        ResponseInfo as ResponseInfo,
    )
    from .bots.bot import Bot as Bot
    from .bots.context import Context as Context
    from .client import AsyncBeeperDesktop as AsyncBeeperDesktop
    from .errors import (
        APIConnectionError as APIConnectionError,
        APIError as APIError,
        APIResponseValidationError as APIResponseValidationError,
        APIStatusError as APIStatusError,
        APITimeoutError as APITimeoutError,
        AssetError as AssetError,
        AuthenticationError as AuthenticationError,
        BadRequestError as BadRequestError,
        BeeperDesktopError as BeeperDesktopError,
        CheckpointInUseError as CheckpointInUseError,
        ClientUseError as ClientUseError,
        ConfigurationError as ConfigurationError,
        ConflictError as ConflictError,
        DeliveryError as DeliveryError,
        DeliveryFailedError as DeliveryFailedError,
        DeliveryTimeoutError as DeliveryTimeoutError,
        DeliveryUnknownError as DeliveryUnknownError,
        FileChangedError as FileChangedError,
        InternalServerError as InternalServerError,
        InvalidInputError as InvalidInputError,
        MissingTokenError as MissingTokenError,
        NotFoundError as NotFoundError,
        OutcomeUnknownError as OutcomeUnknownError,
        PaginationError as PaginationError,
        PermissionDeniedError as PermissionDeniedError,
        RateLimitError as RateLimitError,
        SubscriptionError as SubscriptionError,
        UnprocessableEntityError as UnprocessableEntityError,
    )
    from .events.checkpoint import (
        Checkpoint as Checkpoint,
        CheckpointChange as CheckpointChange,
    )
    from .events.checkpoint_file import CheckpointFile as CheckpointFile
    from .events.gap import Gap as Gap
    from .events.kinds import (
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
    from .events.outbox import Delivery as Delivery
    from .events.stream import EventStream as EventStream

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AppStateUpdated",
    "AssetError",
    "AsyncBeeperDesktop",
    "AsyncCursorNoLimit",
    "AsyncCursorSearch",
    "AsyncDownload",
    "AsyncMessageSearchPage",
    "AsyncPaginator",
    "AuthenticationError",
    "BadRequestError",
    "BeeperDesktopError",
    "Bot",
    "ChatDeleted",
    "ChatUpserted",
    "Checkpoint",
    "CheckpointChange",
    "CheckpointFile",
    "CheckpointInUseError",
    "ClientUseError",
    "ConfigurationError",
    "ConflictError",
    "Context",
    "Delivery",
    "DeliveryError",
    "DeliveryFailedError",
    "DeliveryTimeoutError",
    "DeliveryUnknownError",
    "DownloadInfo",
    "Event",
    "EventStream",
    "FileChangedError",
    "FileInput",
    "Gap",
    "InternalServerError",
    "InvalidInputError",
    "Merged",
    "MessageChanged",
    "MessageCreated",
    "MessageDeleted",
    "MessageEdited",
    "MessageUpserted",
    "MissingTokenError",
    "NotFoundError",
    "Omit",
    "OnUnreadable",
    "OutcomeUnknownError",
    "PageInfo",
    "PaginationError",
    "PermissionDeniedError",
    "Prefetched",
    "Progress",
    "RateLimitError",
    "ReactionAdded",
    "ReactionRemoved",
    "RequestInfo",
    "ResponseInfo",
    "SendStatusChanged",
    "SubscriptionError",
    "Timeout",
    "UnknownEvent",
    "UnprocessableEntityError",
    "Unreadable",
    "__version__",
    "merge",
    "models",
    "omit",
    "safe_file_name",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "._http.downloads": ["AsyncDownload"],
            "._http.file_names": ["safe_file_name"],
            "._http.incoming": ["DownloadInfo"],
            "._http.options": ["Timeout"],
            "._http.unreadable": ["OnUnreadable", "Unreadable"],
            "._http.uploads": [
                "FileInput",
                "Progress",
            ],
            "._response": [
                "RequestInfo",
                "ResponseInfo",
            ],
            ".bots.bot": ["Bot"],
            ".bots.context": ["Context"],
            ".client": ["AsyncBeeperDesktop"],
            ".errors": [
                "APIConnectionError",
                "APIError",
                "APIResponseValidationError",
                "APIStatusError",
                "APITimeoutError",
                "AssetError",
                "AuthenticationError",
                "BadRequestError",
                "BeeperDesktopError",
                "CheckpointInUseError",
                "ClientUseError",
                "ConfigurationError",
                "ConflictError",
                "DeliveryError",
                "DeliveryFailedError",
                "DeliveryTimeoutError",
                "DeliveryUnknownError",
                "FileChangedError",
                "InternalServerError",
                "InvalidInputError",
                "MissingTokenError",
                "NotFoundError",
                "OutcomeUnknownError",
                "PaginationError",
                "PermissionDeniedError",
                "RateLimitError",
                "SubscriptionError",
                "UnprocessableEntityError",
            ],
            ".events.checkpoint": ["Checkpoint", "CheckpointChange"],
            ".events.checkpoint_file": ["CheckpointFile"],
            ".events.kinds": [
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
            ".events.gap": ["Gap"],
            ".events.outbox": ["Delivery"],
            ".events.stream": ["EventStream"],
            "._paging.listing": ["PageInfo"],
            "._paging.merge": ["Merged", "merge"],
            "._paging.page": ["AsyncCursorNoLimit", "AsyncCursorSearch", "AsyncMessageSearchPage"],
            "._paging.paginator": ["AsyncPaginator"],
            "._paging.prefetch": ["Prefetched"],
        },
        modules={"models": ".models"},
    )
