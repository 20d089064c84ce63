# Generated from beeper_async/client.py by `python -m beeper_sync._generate`.
"""BeeperDesktop: options, lifecycle, and the resources as attributes."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

from beeper_async.client import AsyncBeeperDesktop
from beeper_async.omit import Omit, omit
from beeper_async.options import DEFAULT_MAX_RETRIES, OnResponse, Timeout
from beeper_async.request import Request
from beeper_async.versions import AppVersion

from .facade import SyncClient

if TYPE_CHECKING:
    from .resources.chats import ChatsResource

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
            set both; None for no limit.
        max_retries: Repeats of a call that failed for a passing reason, 2 by default. A call that
            must not happen twice is only repeated if it certainly never reached the app.
        default_headers: Sent with every request, on top of BEEPER_CUSTOM_HEADERS.
        default_query: Sent with every request.

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
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, Any] | None = None,
    ) -> None:
        client = AsyncBeeperDesktop(
            access_token=access_token,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            default_headers=default_headers,
            default_query=default_query,
        )
        super().__init__(client)

    @cached_property
    def chats(self) -> "ChatsResource":
        """Chats: read, search, create, archive, remind, react."""
        from .resources.chats import ChatsResource

        return ChatsResource(self, self._async.chats)

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

    def with_options(
        self,
        *,
        access_token: str | None = None,
        base_url: str | None = None,
        timeout: float | Timeout | None | Omit = omit,
        max_retries: int | Omit = omit,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        on_response: OnResponse | None | Omit = omit,
    ) -> Self:
        """Return a view of this client with other settings, on the same session.

        Making one costs next to nothing, so it serves for a single call as well. Closing a view
        does nothing; the client it came from owns the session.

        Args:
            access_token: Another token.
            base_url: Another address; on another host it needs its own `access_token`.
            timeout: As for the client.
            max_retries: As for the client.
            default_headers: Added to those of the client.
            default_query: Added to those of the client.
            extra_body: Fields added to the JSON body of every call.
            on_response: Called with a `ResponseInfo` (status, headers, elapsed time) for every
                answer, while the call itself returns its typed result as ever.
        """
        view = self._async.with_options(
            access_token=access_token,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            default_headers=default_headers,
            default_query=default_query,
            extra_body=extra_body,
            on_response=on_response,
        )
        return self._view(view)

    copy = with_options

    def send(self, request: Request[T]) -> T:
        """Carry out a request value; every resource method ends here."""
        return self._call(self._async.send, request)

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
                `type(None)`.
            query: Parameters under their wire names.

        Raises:
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
