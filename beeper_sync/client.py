# Generated from beeper_async/client.py by `python -m beeper_sync._generate`.
"""BeeperDesktop: options, lifecycle, and the resources as attributes."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

from beeper_async._http.options import (
    DEFAULT_MAX_DECOMPRESSED,
    DEFAULT_MAX_RETRIES,
    DEFAULT_MAX_RETRY_AFTER,
    OnResponse,
    Timeout,
)
from beeper_async._http.server_info import AppVersion
from beeper_async._http.unreadable import OnUnreadable
from beeper_async._omit import Omit, omit
from beeper_async.client import AsyncBeeperDesktop
from beeper_async.models.focus import FocusResponse
from beeper_async.models.search import SearchResponse

from .base import SyncClient

if TYPE_CHECKING:
    from .resources.accounts import AccountsResource
    from .resources.app_setup import AppResource
    from .resources.assets import AssetsResource
    from .resources.bridges import BridgesResource
    from .resources.chats import ChatsResource
    from .resources.info import InfoResource
    from .resources.labels import LabelsResource
    from .resources.messages import MessagesResource
    from .resources.sent_log import SentLogResource

T = TypeVar("T")


class BeeperDesktop(SyncClient):
    """Client of a running Beeper Desktop, for blocking code.

    Use it as a context manager, or call `close()` when done. It may be
    shared by threads, and used inside a running event loop.

    Args:
        access_token: Token made in the app; else from BEEPER_ACCESS_TOKEN.
        base_url: Where the app listens; else from BEEPER_BASE_URL or BEEPER_DESKTOP_BASE_URL, else
            http://localhost:23373. A path in it is kept.
        timeout: Seconds for a whole attempt, 30 by default, of which 5 to connect; a `Timeout` to
            set both; None for no limit but that on connecting.
        max_retries: Repeats of a call that failed for a passing reason, 2 by default. A call that
            must not happen twice is only repeated if it certainly never reached the app.
        max_retry_after: Longest wait in seconds that the app may ask for before a retry, 60 by
            default. For a longer one the call raises at once, with the wait as `retry_after`.
            None disables the limit.
        wait_for_app: Seconds that a call waits, in all, while the app can't be reached or answers
            429. All calls of the client and its views wait together: one of them probes the app,
            every 1 to 30 seconds, and a 429 slows all of them down. A call is only repeated if it
            provably never reached the app or is idempotent. After that time it raises as
            usual. None, the default, disables the wait.
        max_decompressed: Maximum size in bytes of a response that arrives compressed, once it is
            decompressed; 104,857,600 (100 MiB) by default.
        default_headers: Sent with every request, on top of BEEPER_CUSTOM_HEADERS. An
            `Authorization` in them is replaced by an `access_token` that is handed in.
        default_query: Sent with every request.
        on_unreadable: What happens with a record of the app that doesn't fit its model. `"warn"`
            leaves out what doesn't fit and logs each kind of misfit once, without values; `"raise"`
            raises `APIResponseValidationError`; a function is called with each `Unreadable`, which
            has the JSON that was received.

    Raises:
        ConfigurationError: There is no token, or a setting makes no sense.

    Example:
        with BeeperDesktop() as client:
            for chat in client.chats.list():
                print(chat.title, chat.unread_count)
    """

    def __init__(
        self,
        *,
        access_token: str | None = None,
        base_url: str | None = None,
        timeout: float | Timeout | None | Omit = omit,
        max_retries: int = DEFAULT_MAX_RETRIES,
        max_retry_after: float | None = DEFAULT_MAX_RETRY_AFTER,
        wait_for_app: float | None = None,
        max_decompressed: int = DEFAULT_MAX_DECOMPRESSED,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, Any] | None = None,
        on_unreadable: OnUnreadable = "warn",
    ) -> None:
        client = AsyncBeeperDesktop(
            access_token=access_token,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            max_retry_after=max_retry_after,
            wait_for_app=wait_for_app,
            max_decompressed=max_decompressed,
            default_headers=default_headers,
            default_query=default_query,
            on_unreadable=on_unreadable,
        )
        super().__init__(client)

    @cached_property
    def chats(self) -> "ChatsResource":
        """Chats: read, search, create, archive, remind, react."""
        from .resources.chats import ChatsResource

        return ChatsResource(self, self._async.chats)

    @cached_property
    def bridges(self) -> "BridgesResource":
        """Bridges: look at them, and connect accounts through them."""
        from .resources.bridges import BridgesResource

        return BridgesResource(self, self._async.bridges)

    @cached_property
    def app(self) -> "AppResource":
        """The app: sign it in to Beeper, and set up its encryption."""
        from .resources.app_setup import AppResource

        return AppResource(self, self._async.app)

    @cached_property
    def messages(self) -> "MessagesResource":
        """Messages: list, search, send, edit, delete."""
        from .resources.messages import MessagesResource

        return MessagesResource(self, self._async.messages)

    @cached_property
    def sent_log(self) -> "SentLogResource":
        """What this client has sent, told apart from what the user does on other devices."""
        from .resources.sent_log import SentLogResource

        return SentLogResource(self, self._async.sent_log)

    @cached_property
    def accounts(self) -> "AccountsResource":
        """Connected accounts and their contacts."""
        from .resources.accounts import AccountsResource

        return AccountsResource(self, self._async.accounts)

    @cached_property
    def labels(self) -> "LabelsResource":
        """Labels that group chats."""
        from .resources.labels import LabelsResource

        return LabelsResource(self, self._async.labels)

    @cached_property
    def assets(self) -> "AssetsResource":
        """Files: upload them before sending, fetch those of messages."""
        from .resources.assets import AssetsResource

        return AssetsResource(self, self._async.assets)

    @cached_property
    def info(self) -> "InfoResource":
        """The running app: version, machine, addresses."""
        from .resources.info import InfoResource

        return InfoResource(self, self._async.info)

    @property
    def base_url(self) -> str:
        """Where the app is expected, without a slash at the end."""
        return self._async.base_url

    @property
    def timeout(self) -> Timeout:
        """How long an attempt may take."""
        return self._async.timeout

    @property
    def max_retries(self) -> int:
        """How often a failed call is repeated, where that is harmless."""
        return self._async.max_retries

    @property
    def max_retry_after(self) -> float | None:
        """Longest wait in seconds that the app may ask for before a retry; None for no limit."""
        return self._async.max_retry_after

    @property
    def wait_for_app(self) -> float | None:
        """Seconds that a call waits for an app that is away, or answers 429; None for no wait."""
        return self._async.wait_for_app

    def with_options(
        self,
        *,
        access_token: str | None = None,
        base_url: str | None = None,
        timeout: float | Timeout | None | Omit = omit,
        max_retries: int | Omit = omit,
        max_retry_after: float | None | Omit = omit,
        wait_for_app: float | None | Omit = omit,
        max_decompressed: int | Omit = omit,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        on_response: OnResponse | None | Omit = omit,
        on_unreadable: OnUnreadable | Omit = omit,
    ) -> Self:
        """Return a view of this client with other settings, on the same session.

        Making one costs next to nothing, so it serves for a single call as well. Closing a view
        does nothing; the client it came from owns the session.

        Args:
            access_token: Another token.
            base_url: Another address; on another host it needs its own `access_token`.
            timeout: As for the client.
            max_retries: As for the client.
            max_retry_after: As for the client.
            wait_for_app: As for the client.
            max_decompressed: As for the client.
            default_headers: Added to those of the client.
            default_query: Added to those of the client.
            extra_body: Fields added to the JSON body of every call.
            on_response: Called with a `ResponseInfo` (status, headers, elapsed time) for every
                answer, while the call itself returns its typed result as ever. An exception in
                it is logged, nothing more.
            on_unreadable: As for the client.
        """
        view = self._async.with_options(
            access_token=access_token,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            max_retry_after=max_retry_after,
            wait_for_app=wait_for_app,
            max_decompressed=max_decompressed,
            default_headers=default_headers,
            default_query=default_query,
            extra_body=extra_body,
            on_response=on_response,
            on_unreadable=on_unreadable,
        )
        return self._view(view)

    copy = with_options

    def focus(
        self,
        *,
        chat_id: str | Omit = omit,
        draft_attachment_path: str | Omit = omit,
        draft_text: str | Omit = omit,
        message_id: str | Omit = omit,
    ) -> "FocusResponse":
        """Bring the app's window to the front, at a chat or a message if wanted.

        Args:
            chat_id: The chat to open; left out, the window is only raised.
            draft_attachment_path: Path of a picture on the machine of the app, for the draft.
            draft_text: Plain text for the draft.
            message_id: The message to jump to.

        Returns:
            Whether it worked.

        Raises:
            APIError: The call failed.

        Endpoint: POST /v1/focus
        """
        return self._call(
            self._async.focus,
            chat_id=chat_id,
            draft_attachment_path=draft_attachment_path,
            draft_text=draft_text,
            message_id=message_id,
        )

    def search(self, *, query: str) -> "SearchResponse":
        """Find chats, groups by their participants, and messages, all in one call.

        Args:
            query: Words that must all be found; at least one character.

        Returns:
            Chats, groups, and the first page of messages; `messages.search` walks on from there.

        Raises:
            InvalidInputError: The query is empty; nothing was sent.
            APIError: The call failed.

        Endpoint: GET /v1/search
        """
        return self._call(self._async.search, query=query)

    def app_version(self) -> AppVersion:
        """Return the app's version as numbers, e.g. (4, 3, 73).

        Any answer tells it; before the first one GET /v1/info is asked.
        """
        return self._call(self._async.app_version)

    def get(
        self, path: str, *, cast_to: type[T], query: Mapping[str, Any] | None = None
    ) -> T:
        """Call an endpoint that has no method here.

        Args:
            path: Path below the base URL, e.g. `/v1/spec`, escaped where it needs to be.
            cast_to: What the answer is: a model, `list[Model]`, `dict`, `str`, `bytes` or
                `type(None)`; `object` takes any JSON.
            query: Parameters under their wire names.

        Raises:
            InvalidInputError: A parameter is invalid. No request is made.
            APIError: As from any other call.
        """
        return self._call(
            self._async.get,
            path,
            cast_to=cast_to,
            query=query,
        )

    def post(
        self,
        path: str,
        *,
        cast_to: type[T],
        body: Any = omit,
        query: Mapping[str, Any] | None = None,
    ) -> T:
        """Call an endpoint that has no method here; see `get`. Never sent twice blindly.

        Args:
            path: Path below the base URL.
            cast_to: What the answer is.
            body: JSON value to send.
            query: Parameters under their wire names.
        """
        return self._call(
            self._async.post,
            path,
            cast_to=cast_to,
            body=body,
            query=query,
        )

    def put(
        self,
        path: str,
        *,
        cast_to: type[T],
        body: Any = omit,
        query: Mapping[str, Any] | None = None,
    ) -> T:
        """Call an endpoint that has no method here; see `get`. Repeated on passing failures.

        Args:
            path: Path below the base URL.
            cast_to: What the answer is.
            body: JSON value to send.
            query: Parameters under their wire names.
        """
        return self._call(
            self._async.put,
            path,
            cast_to=cast_to,
            body=body,
            query=query,
        )

    def patch(
        self,
        path: str,
        *,
        cast_to: type[T],
        body: Any = omit,
        query: Mapping[str, Any] | None = None,
    ) -> T:
        """Call an endpoint that has no method here; see `get`. Never sent twice blindly.

        Args:
            path: Path below the base URL.
            cast_to: What the answer is.
            body: JSON value to send.
            query: Parameters under their wire names.
        """
        return self._call(
            self._async.patch,
            path,
            cast_to=cast_to,
            body=body,
            query=query,
        )

    def delete(
        self,
        path: str,
        *,
        cast_to: type[T],
        body: Any = omit,
        query: Mapping[str, Any] | None = None,
    ) -> T:
        """Call an endpoint that has no method here; see `get`. Repeated on passing failures.

        Args:
            path: Path below the base URL.
            cast_to: What the answer is.
            body: JSON value to send.
            query: Parameters under their wire names.
        """
        return self._call(
            self._async.delete,
            path,
            cast_to=cast_to,
            body=body,
            query=query,
        )
