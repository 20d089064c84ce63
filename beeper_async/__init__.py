"""Async client of Beeper Desktop. See `AsyncBeeperDesktop`.

Names are loaded when they are first used, so importing the package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Not lazy: its module has the same name, and would take its place once that is loaded.
from ._omit import Omit as Omit, omit as omit
from ._version import __version__ as __version__

if TYPE_CHECKING:
    from . import models as models
    from ._http.downloads import AsyncDownload as AsyncDownload
    from ._http.options import Timeout as Timeout
    from ._http.uploads import FileInput as FileInput, Progress as Progress
    from ._paging.listing import PageInfo as PageInfo
    from ._paging.merge import Merged as Merged, merge as merge
    from ._paging.page import (
        AsyncCursorNoLimit as AsyncCursorNoLimit,
        AsyncCursorSearch as AsyncCursorSearch,
        AsyncMessageSearchPage as AsyncMessageSearchPage,
    )
    from ._paging.paginator import AsyncPaginator as AsyncPaginator
    from ._paging.prefetch import Prefetched as Prefetched
    from ._response import RequestInfo as RequestInfo, ResponseInfo as ResponseInfo
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
        ClientUseError as ClientUseError,
        ConfigurationError as ConfigurationError,
        ConflictError as ConflictError,
        DeliveryError as DeliveryError,
        DeliveryFailedError as DeliveryFailedError,
        DeliveryTimeoutError as DeliveryTimeoutError,
        InternalServerError as InternalServerError,
        InvalidInputError as InvalidInputError,
        NotFoundError as NotFoundError,
        OutcomeUnknownError as OutcomeUnknownError,
        PaginationError as PaginationError,
        PermissionDeniedError as PermissionDeniedError,
        RateLimitError as RateLimitError,
        SubscriptionError as SubscriptionError,
        UnprocessableEntityError as UnprocessableEntityError,
    )
    from .events.checkpoint import Checkpoint as Checkpoint
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
    from .events.stream import EventStream as EventStream

_HOMES = {
    "_paging.listing": ["PageInfo"],
    "_paging.merge": ["Merged", "merge"],
    "_paging.page": ["AsyncCursorNoLimit", "AsyncCursorSearch", "AsyncMessageSearchPage"],
    "_paging.paginator": ["AsyncPaginator"],
    "_paging.prefetch": ["Prefetched"],
    "client": ["AsyncBeeperDesktop"],
    "downloads": ["AsyncDownload"],
    "errors": [
        "APIConnectionError",
        "APIError",
        "APIResponseValidationError",
        "APIStatusError",
        "APITimeoutError",
        "AssetError",
        "AuthenticationError",
        "BadRequestError",
        "BeeperDesktopError",
        "ClientUseError",
        "ConfigurationError",
        "ConflictError",
        "DeliveryError",
        "DeliveryFailedError",
        "DeliveryTimeoutError",
        "InternalServerError",
        "InvalidInputError",
        "NotFoundError",
        "OutcomeUnknownError",
        "PaginationError",
        "PermissionDeniedError",
        "RateLimitError",
        "SubscriptionError",
        "UnprocessableEntityError",
    ],
    "bots.bot": ["Bot"],
    "events.checkpoint": ["Checkpoint"],
    "bots.context": ["Context"],
    "events.kinds": [
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
    "events.stream": ["EventStream"],
    "options": ["Timeout"],
    "response": ["RequestInfo", "ResponseInfo"],
    "uploads": ["FileInput", "Progress"],
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "models":
        return import_module(".models", __name__)
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*_HOME_OF, "Omit", "models", "omit"})
