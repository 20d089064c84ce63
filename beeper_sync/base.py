"""Where blocking calls cross over to the event loop thread.

Everything in `client.py` and `resources/` is generated and ends here: a call crosses once, a
listing once per page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    NoReturn,
    ParamSpec,
    TypeVar,
)

from beeper_async._http.downloads import AsyncDownload
from beeper_async._paging.paginator import AsyncPaginator
from beeper_async._validation import check_seconds
from beeper_async.client import AsyncBeeperDesktop
from beeper_async.errors import BeeperDesktopError

from .downloads import Download
from .paging import SyncPage, first_page
from .portal import Lease, call_once

if TYPE_CHECKING:
    from beeper_async.events.checkpoint import Checkpoint

    from .events import SyncEventStream

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")
PageT = TypeVar("PageT", bound="SyncPage[Any]")
SelfT = TypeVar("SelfT", bound="SyncClient")


class SyncClient:
    """What `BeeperDesktop` is built on: an async client and a lease on the thread it runs in."""

    def __init__(self, client: AsyncBeeperDesktop, lease: Lease | None = None) -> None:
        self._async = client
        self._is_view = lease is not None
        transport = client._transport  # pyright: ignore[reportPrivateUsage]  # one distribution
        self._lease = lease or Lease(cleanup=transport.close, on_fork=transport.forget_loop)

    @classmethod
    def discover(cls: type[SelfT], *, access_token: str | None = None) -> SelfT:
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
            with BeeperDesktop.discover() as client:
                print(client.base_url)
        """
        found = call_once(AsyncBeeperDesktop.discover, access_token=access_token)
        client = object.__new__(cls)
        SyncClient.__init__(client, found)
        return client

    def _call(self, func: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return self._lease.call(func, *args, **kwargs)
        except BeeperDesktopError as error:
            # The frames from here to the loop thread hold the arguments, and say nothing more.
            del args, kwargs
            raise error.with_traceback(None) from error.__cause__

    def _view(self: SelfT, client: AsyncBeeperDesktop) -> SelfT:
        view = object.__new__(type(self))
        SyncClient.__init__(view, client, self._lease)
        return view

    def events(
        self,
        chat_ids: Sequence[str] | None = None,
        *,
        timeout: float | None = None,
        app_state: bool = False,
        since: Checkpoint | None = None,
        heartbeat: float = 30.0,
        check_every: float = 300.0,
        check_silent_every: float = 30.0,
        remember: int = 10_000,
        buffer: int = 1000,
    ) -> SyncEventStream:
        """Stream what happens in chats, and what happened while the connection was lost.

            for event in client.events():
                print(event)

        Messages of a chat come in order, each once. The stream reconnects by itself, and delivers
        what it finds missing, marked as `recovered`. What it promises, and what can't be detected,
        is in docs/reliability.md. Ctrl-C ends it. A loop that is left closes the connection soon
        after; a `with` closes it at once.

        Args:
            chat_ids: Only these chats; None for all.
            timeout: Seconds without any event after which the iteration ends; None for never.
                Iterating again goes on, inside of a `with`.
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
            What to iterate over; a context manager as well, which closes it where you say.

        Raises:
            InvalidInputError: A parameter is invalid.
            OtherAccountError: On entering: the checkpoint belongs to another account.
            AuthenticationError: On entering, or later: the token is not valid.
            NotFoundError: On entering: the app is older than 4.2.557, or there is no such chat.
            SubscriptionError: On entering: the app refuses the subscription.
            APIError: On entering: no connection, even after `max_retries`.

        Endpoint: GET /v1/ws
        """
        from .events import SyncEventStream

        stream = self._async.events(
            chat_ids,
            app_state=app_state,
            since=since,
            heartbeat=heartbeat,
            check_every=check_every,
            check_silent_every=check_silent_every,
            remember=remember,
            buffer=buffer,
        )
        return SyncEventStream(self._lease, stream, check_seconds("timeout", timeout))

    def follow(
        self,
        chat_id: str,
        *,
        since: datetime | Checkpoint | None = None,
        timeout: float | None = None,
    ) -> SyncEventStream:
        """Stream one chat: its history first, then what happens, in order and without a seam.

        Args:
            chat_id: The chat's ID.
            since: Where the history begins: a time with a time zone, or a checkpoint; None for the
                first message.
            timeout: Seconds without any event after which the iteration ends; None for never.

        Returns:
            What to iterate over. The history comes as `MessageCreated` events whose `recovered` is
            true.

        Raises:
            InvalidInputError: The time has no time zone.
            APIError: As from `events`.

        Endpoint: GET /v1/ws
        """
        from .events import SyncEventStream

        stream = self._async.follow(chat_id, since=since)
        return SyncEventStream(self._lease, stream, check_seconds("timeout", timeout))

    def close(self) -> None:
        """Close the session and give up the event loop thread. Closing twice does no harm."""
        if not self._is_view:
            self._lease.release()

    def __enter__(self: SelfT) -> SelfT:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._async.base_url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A client holds a connection and a token; make a new one instead.")


class SyncResource(Generic[R]):
    """A family of blocking calls: the async family, and the client whose thread it runs in."""

    def __init__(self, client: SyncClient, resource: R) -> None:
        self._client = client
        self._lease = client._lease  # pyright: ignore[reportPrivateUsage]
        self._async = resource

    def _call(self, func: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return self._lease.call(func, *args, **kwargs)
        except BeeperDesktopError as error:
            # The frames from here to the loop thread hold the arguments, and say nothing more.
            del args, kwargs
            raise error.with_traceback(None) from error.__cause__

    def _page(self, page_type: type[PageT], paginator: AsyncPaginator[Any, Any]) -> PageT:
        return page_type(self._lease, paginator, self._lease.call(first_page, paginator))

    def _download(self, download: AsyncDownload) -> Download:
        return Download(self._lease, download)
