"""The aiohttp session of a client: opened on first use, in the event loop of that moment."""

import asyncio
from typing import Final

import aiohttp

from ..errors import ClientUseError, ConfigurationError

# Apps may close an idle connection after five seconds; a message must not be sent into one that is
# just being closed, because then nobody could tell whether it arrived.
_KEEP_ALIVE: Final = 4.0
_CONNECTIONS: Final = 100


def running_loop() -> asyncio.AbstractEventLoop:
    """Return the event loop of asyncio.

    Raises:
        ClientUseError: There is none: the code runs under trio, or by hand.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        pass  # what asyncio says of it doesn't help
    raise ClientUseError(
        "This needs a running asyncio event loop. Under trio or another library run beeper_sync in "
        "a thread."
    )


class SessionOwner:
    """Opens, hands out and closes one aiohttp session.

    Args:
        session: A session of the user's to use instead. It is never closed here.
    """

    def __init__(self, session: aiohttp.ClientSession | None = None) -> None:
        if session is not None and not isinstance(session, aiohttp.ClientSession):
            raise ConfigurationError("session must be an aiohttp.ClientSession.")
        self._session = session
        self._owned = session is None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def open(self) -> aiohttp.ClientSession:
        """Return the session of this event loop, made on first use.

        Raises:
            ClientUseError: The client or its session is closed, or belongs to another event loop,
                or this is not asyncio.
        """
        loop = running_loop()
        if self._closed:
            raise ClientUseError("The client is closed. Make a new one, or close it later.")
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise ClientUseError(
                "The client belongs to another event loop. Make one client per asyncio.run(), or "
                "use beeper_sync from several threads."
            )
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=_KEEP_ALIVE),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
            # aiohttp would retry GET, PUT and DELETE by itself on a connection that turns out to
            # be closed, uncounted. There is no public switch; its own test client uses this one.
            self._session._retry_connection = False  # pyright: ignore[reportPrivateUsage]
        if not self._owned:
            _check_usable(self._session, loop)
        return self._session

    async def forget_loop(self) -> None:
        """Let go of what belonged to another event loop. For a child process after a fork."""
        session, self._session = self._session, None if self._owned else self._session
        self._loop = None
        if self._owned and session is not None:
            await session.close()

    async def close(self) -> None:
        """Close the session, unless it belongs to the user. Closing twice does no harm."""
        self._closed = True
        if self._owned and self._session is not None:
            await self._session.close()


def _check_usable(session: aiohttp.ClientSession, loop: asyncio.AbstractEventLoop) -> None:
    """Refuse a session of the user's with which no request can be made."""
    if session.closed:
        raise ClientUseError(
            "The session that the client was given is closed. Close the client first, or make a "
            "client without `session`."
        )
    if session._loop is not loop:  # pyright: ignore[reportPrivateUsage]  # `loop` is deprecated
        raise ClientUseError(
            "The session that the client was given belongs to another event loop. Make session and "
            "client in the same asyncio.run()."
        )
