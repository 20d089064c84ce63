"""What a stream needs of the client that it belongs to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeAlias

from .._http.unreadable import Unreadable
from .._http.websocket import WebSocket

if TYPE_CHECKING:
    from ..resources.app_setup import AsyncAppResource
    from ..resources.chats import AsyncChatsResource
    from ..resources.info import AsyncInfoResource
    from ..resources.messages import AsyncMessagesResource

Connect: TypeAlias = Callable[[str], Awaitable[WebSocket]]
"""Opens a socket to an address of the app."""
Notify: TypeAlias = Callable[[str], object]
"""Takes the ID of a chat in which a message of the user was sent or changed."""


Report: TypeAlias = Callable[[Unreadable], object]
"""Takes a record that doesn't fit its model. It does not raise."""


class EventSource(Protocol):
    """Reads over HTTP what the socket does not deliver. `AsyncBeeperDesktop` is one.

    A Protocol, so that the client can import the stream and not the other way round. The calls are
    cached properties as they are in the client: pyright takes no other property for one.
    """

    @property
    def base_url(self) -> str:
        """Address of the app, without a slash at the end."""
        ...

    @property
    def max_retries(self) -> int:
        """How often a failed call is retried."""
        ...

    @property
    def max_retry_after(self) -> float | None:
        """Longest wait in seconds that the app may ask for; None for no limit."""
        ...

    @cached_property
    def app(self) -> AsyncAppResource:
        """The app's account and installation."""
        ...

    @cached_property
    def info(self) -> AsyncInfoResource:
        """The running app; names the address of its socket."""
        ...

    @cached_property
    def chats(self) -> AsyncChatsResource:
        """Chats, of which those with the latest activity are listed."""
        ...

    @cached_property
    def messages(self) -> AsyncMessagesResource:
        """Messages: those that were missed are listed, single ones retrieved."""
        ...
