"""AsyncBeeperDesktop: options, lifecycle, and the resources as attributes."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ._http.options import (
    DEFAULT_MAX_DECOMPRESSED,
    DEFAULT_MAX_RETRIES,
    DEFAULT_MAX_RETRY_AFTER,
    OnResponse,
    Options,
    Timeout,
    changed,
    read_options,
)
from ._http.query import json_body, with_query
from ._http.request import Idempotency, Request, raw_request
from ._http.server_info import AppVersion
from ._http.transport import BoundTransport, Transport
from ._http.unreadable import OnUnreadable, Unreadable
from ._logging import log_as_environment_says
from ._omit import Omit, omit
from ._validation import check_not_empty
from .errors import ConfigurationError
from .resources.delivery import DeliveryNotifier
from .resources.sent_records import SentRecords

if TYPE_CHECKING:
    from datetime import datetime

    import aiohttp

    from .events.checkpoint import Checkpoint
    from .events.stream import EventStream
    from .models.focus import FocusResponse
    from .models.search import SearchResponse
    from .resources.accounts import AsyncAccountsResource
    from .resources.app_setup import AsyncAppResource
    from .resources.assets import AsyncAssetsResource
    from .resources.bridges import AsyncBridgesResource
    from .resources.chats import AsyncChatsResource
    from .resources.info import AsyncInfoResource
    from .resources.labels import AsyncLabelsResource
    from .resources.messages import AsyncMessagesResource
    from .resources.sent_log import AsyncSentLogResource

T = TypeVar("T")


class AsyncBeeperDesktop:
    """Client of a running Beeper Desktop, for asyncio.

    Use it as a context manager, or call `close()` when done. It connects on first use and belongs
    to the event loop of that moment.

    Args:
        access_token: Token made in the app; else from BEEPER_ACCESS_TOKEN, else the one that
            `beeper-async login` has stored for this app.
        base_url: Where the app listens; else from BEEPER_BASE_URL or BEEPER_DESKTOP_BASE_URL, else
            that of the stored token, if it is used, else http://localhost:23373. A path in it is
            kept.
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
        session: An aiohttp session to use instead of an own one. It is not closed.

    Raises:
        ConfigurationError: There is no token, or a setting makes no sense.
        TokenStoreError: There is no other token, and the stored one can't be read.

    Example:
        async with AsyncBeeperDesktop() as client:
            async for chat in client.chats.list():
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
        session: "aiohttp.ClientSession | None" = None,
    ) -> None:
        from .auth.stored_access import find_stored

        log_as_environment_says()
        try:
            self._options: Options = read_options(
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
                find_stored=find_stored,
            )
        except ConfigurationError as error:
            raise error.with_traceback(None) from None  # frames below hold secrets
        self._transport: Transport = Transport(session)
        self._caller: BoundTransport = BoundTransport(self._transport, self._options)
        self._delivery: DeliveryNotifier = DeliveryNotifier()
        self._records: SentRecords = SentRecords()
        self._is_view: bool = False

    @classmethod
    async def discover(cls, *, access_token: str | None = None) -> Self:
        """Make a client of the app that runs on this machine, whatever its port is.

        The app that the environment names, or else the one that the stored token is for, wins if
        it answers. Otherwise there must be only one. `auth.find_apps` lists them.

        Args:
            access_token: As for the client.

        Returns:
            A client, to be used like any other.

        Raises:
            AppNotFoundError: No app answers on the ports 23373 to 23392.
            SeveralAppsError: More than one app answers.
            ConfigurationError: There is no token for it.
            TokenStoreError: The stored token can't be read.

        Example:
            async with await AsyncBeeperDesktop.discover() as client:
                print(client.base_url)
        """
        from .auth.access import preferred_url
        from .auth.discovery import find_app

        app = await find_app(base_url=preferred_url())
        return cls(access_token=access_token, base_url=app.base_url)

    @cached_property
    def chats(self) -> "AsyncChatsResource":
        """Chats: read, search, create, archive, remind, react."""
        from .resources.chats import AsyncChatsResource

        return AsyncChatsResource(self._caller, self._records)

    @cached_property
    def bridges(self) -> "AsyncBridgesResource":
        """Bridges: look at them, and connect accounts through them."""
        from .resources.bridges import AsyncBridgesResource

        return AsyncBridgesResource(self._caller)

    @cached_property
    def app(self) -> "AsyncAppResource":
        """The app: sign it in to Beeper, and set up its encryption."""
        from .resources.app_setup import AsyncAppResource

        return AsyncAppResource(self._caller)

    @cached_property
    def messages(self) -> "AsyncMessagesResource":
        """Messages: list, search, send, edit, delete."""
        from .resources.messages import AsyncMessagesResource

        return AsyncMessagesResource(self._caller, self._delivery, self._records)

    @cached_property
    def sent_log(self) -> "AsyncSentLogResource":
        """What this client has sent, told apart from what the user does on other devices."""
        from .resources.sent_log import AsyncSentLogResource

        return AsyncSentLogResource(self._caller, self._records)

    @cached_property
    def accounts(self) -> "AsyncAccountsResource":
        """Connected accounts and their contacts."""
        from .resources.accounts import AsyncAccountsResource

        return AsyncAccountsResource(self._caller)

    @cached_property
    def labels(self) -> "AsyncLabelsResource":
        """Labels that group chats."""
        from .resources.labels import AsyncLabelsResource

        return AsyncLabelsResource(self._caller)

    @cached_property
    def assets(self) -> "AsyncAssetsResource":
        """Files: upload them before sending, fetch those of messages."""
        from .resources.assets import AsyncAssetsResource

        return AsyncAssetsResource(self._caller)

    @cached_property
    def info(self) -> "AsyncInfoResource":
        """The running app: version, machine, addresses."""
        from .resources.info import AsyncInfoResource

        return AsyncInfoResource(self._caller)

    @property
    def base_url(self) -> str:
        """Where the app is expected, without a slash at the end."""
        return self._options.base_url

    @property
    def timeout(self) -> Timeout:
        """How long an attempt may take."""
        return self._options.timeout

    @property
    def max_retries(self) -> int:
        """How often a failed call is repeated, where that is harmless."""
        return self._options.max_retries

    @property
    def max_retry_after(self) -> float | None:
        """Longest wait in seconds that the app may ask for before a retry; None for no limit."""
        return self._options.max_retry_after

    @property
    def wait_for_app(self) -> float | None:
        """Seconds that a call waits for an app that is away, or answers 429; None for no wait."""
        return self._options.wait_for_app

    @property
    def waits_for(self) -> str | None:
        """What calls wait for: `the app`, `the rate limit`, or None. See `wait_for_app`."""
        return self._transport.waits_for(self._options.base_url)

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
        view = object.__new__(type(self))
        view._transport = self._transport
        view._is_view = True
        try:
            view._options = changed(
                self._options,
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
        except ConfigurationError as error:
            raise error.with_traceback(None) from None  # frames below hold secrets
        view._caller = BoundTransport(view._transport, view._options)
        view._delivery = self._delivery
        view._records = self._records
        return view

    copy = with_options

    async def focus(
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
        from .models.focus import FocusResponse

        body = json_body(
            chat_id=chat_id,
            draft_attachment_path=draft_attachment_path,
            draft_text=draft_text,
            message_id=message_id,
        )
        return await self._caller.send(
            Request("focus", "POST", "/v1/focus", FocusResponse, body, Idempotency.IDEMPOTENT)
        )

    async def search(self, *, query: str) -> "SearchResponse":
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
        from .models.search import SearchResponse

        path = with_query("/v1/search", {"query": check_not_empty("query", query)})
        return await self._caller.send(Request("search", "GET", path, SearchResponse))

    def events(
        self,
        chat_ids: Sequence[str] | None = None,
        *,
        app_state: bool = False,
        since: "Checkpoint | None" = None,
        heartbeat: float = 30.0,
        check_every: float = 300.0,
        check_silent_every: float = 30.0,
        remember: int = 10_000,
        buffer: int = 1000,
    ) -> "EventStream":
        """Stream what happens in chats, and what happened while the connection was lost.

            async with client.events() as events:
                async for event in events:
                    if isinstance(event, MessageCreated):
                        print(event.message.sender_name, event.recovered)

        Messages of a chat come in order, each once. The stream reconnects by itself, and delivers
        what it finds missing, marked as `recovered`. What it promises, and what can't be detected,
        is in docs/reliability.md.

        Args:
            chat_ids: Only these chats; None for all.
            app_state: Also deliver the state of the app's sign-in (app 4.3 and later).
            since: The `checkpoint()` of an earlier stream: what was not acknowledged there is
                delivered first. None begins now.
            heartbeat: Seconds within which a silent connection is noticed. At least 1.
            check_every: Seconds between reads of the list of chats, which find what was not pushed.
                At least 1.
            check_silent_every: The same while there are accounts that push nothing at all, such as
                iMessage. The stream finds out which those are. At least 1.
            remember: Number of messages, over all chats, that are compared after a gap, and so
                whose edits, reactions and deletions are found. At least 0; each chat keeps its
                newest 20.
            buffer: Maximum number of events queued for a slow consumer. At least 1. Beyond it, the
                newest event of each message is kept, so only passing states are lost.

        Returns:
            A context manager to iterate over.

        Raises:
            InvalidInputError: A parameter is invalid.
            OtherAccountError: On entering: the checkpoint belongs to another account.
            AuthenticationError: On entering, or later: the token is not valid.
            NotFoundError: On entering: the app is older than 4.2.557, or there is no such chat.
            SubscriptionError: On entering: the app refuses the subscription.
            APIError: On entering: no connection, even after `max_retries`.

        Endpoint: GET /v1/ws
        """
        from .events.stream import EventStream

        report = self._report_unreadable()
        return EventStream(
            self.with_options(on_unreadable=report),
            self.with_options(on_unreadable=report, max_retries=0),
            chat_ids,
            connect=self._caller.open_websocket,
            notify=self._delivery.notify,
            report=report,
            app_state=app_state,
            since=since,
            heartbeat=heartbeat,
            check_every=check_every,
            check_silent_every=check_silent_every,
            remember=remember,
            buffer=buffer,
        )

    def follow(
        self, chat_id: str, *, since: "datetime | Checkpoint | None" = None
    ) -> "EventStream":
        """Stream one chat: its history first, then what happens, in order and without a seam.

        Args:
            chat_id: The chat's ID.
            since: Where the history begins: a time with a time zone, or a checkpoint; None for the
                first message.

        Returns:
            A context manager to iterate over. The history comes as `MessageCreated` events whose
            `recovered` is true.

        Raises:
            InvalidInputError: The time has no time zone.
            APIError: As from `events`.

        Endpoint: GET /v1/ws
        """
        from .events.ledger import no_time
        from .events.stream import EventStream

        report = self._report_unreadable()
        return EventStream(
            self.with_options(on_unreadable=report),
            self.with_options(on_unreadable=report, max_retries=0),
            [chat_id],
            connect=self._caller.open_websocket,
            notify=self._delivery.notify,
            report=report,
            since=no_time() if since is None else since,
        )

    def _report_unreadable(self) -> Callable[[Unreadable], object]:
        """Return what takes the records that a stream can't read; they never end it."""
        on_unreadable = self._options.on_unreadable
        return on_unreadable if callable(on_unreadable) else self._transport.unreadable.warn

    async def app_version(self) -> AppVersion:
        """Return the app's version as numbers, e.g. (4, 3, 73).

        Any answer tells it; before the first one GET /v1/info is asked.
        """
        return await self._caller.app_version()

    async def get(
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
        return await self._caller.send(raw_request("GET", path, cast_to, query, omit))

    async def post(
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
        return await self._caller.send(raw_request("POST", path, cast_to, query, body))

    async def put(
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
        return await self._caller.send(
            raw_request("PUT", path, cast_to, query, body, idempotency=Idempotency.IDEMPOTENT)
        )

    async def patch(
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
        return await self._caller.send(raw_request("PATCH", path, cast_to, query, body))

    async def delete(
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
        return await self._caller.send(
            raw_request("DELETE", path, cast_to, query, body, idempotency=Idempotency.IDEMPOTENT)
        )

    async def close(self) -> None:
        """Close the session. A session handed in by the user stays open."""
        if not self._is_view:
            await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def __reduce__(self) -> Any:
        raise TypeError("A client holds a connection and a token; make a new one instead.")
