"""A live socket: text frames in and out."""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, Literal

import aiohttp
from attrs import evolve
from yarl import URL

from .._response import ResponseInfo
from ..errors import APIError
from .attempt import error_body, unanswered
from .decoding import json_or_text
from .failures import status_error
from .options import Options
from .prepared import PreparedRequest, prepare
from .request import Request
from .retry import retry_after

_LARGEST_FRAME: Final = 64 * 2**20
GOODBYE: Final = 1.0
"""Seconds that the other side has for its goodbye."""

_ENDS: Final = frozenset(
    {
        aiohttp.WSMsgType.CLOSE,
        aiohttp.WSMsgType.CLOSING,
        aiohttp.WSMsgType.CLOSED,
        aiohttp.WSMsgType.ERROR,
    }
)


class WebSocket:
    """A connection to an app, as far as live events need one."""

    def __init__(self, socket: "aiohttp.ClientWebSocketResponse[Literal[False]]") -> None:
        self._socket = socket
        self._time = asyncio.get_running_loop().time
        self.heard: float = self._time()
        """When the other side was last heard, by the clock of the event loop."""
        self._patience: float = GOODBYE

    async def receive(self) -> bytes | None:
        """Wait for the next text; None once the connection has ended, however it did."""
        while True:
            frame = await self._socket.receive()
            self.heard = self._time()
            if frame.type is aiohttp.WSMsgType.TEXT:
                text: bytes = frame.data
                return text
            if frame.type is aiohttp.WSMsgType.PING:
                with suppress(aiohttp.ClientError, OSError):  # the end shows when reading on
                    await self._socket.pong(frame.data)
            elif frame.type in _ENDS:
                return None

    async def send(self, text: str) -> None:
        """Send a text. On a connection that has ended nothing happens: `receive` tells."""
        with suppress(aiohttp.ClientError, OSError):
            await self._socket.send_str(text)

    async def ping(self) -> None:
        """Ask the other side for a sign of life."""
        with suppress(aiohttp.ClientError, OSError):
            await self._socket.ping()

    async def give_up(self) -> None:
        """Close a connection whose other side is not there any more."""
        self._patience = 0.0
        await self.close()

    async def close(self) -> None:
        """Say goodbye, without insisting on an answer."""
        for _ in range(2):  # the first may only have ended the receiving
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    await self._socket.close()
                return


async def open_websocket(session: aiohttp.ClientSession, url: str, options: Options) -> WebSocket:
    """Open a live socket at an address of the app.

    Raises:
        APIError: As from a call; 404 comes from apps that have no live events.
    """
    prepared = prepare(Request("events", "GET", "", bytes), options)
    prepared = evolve(prepared, info=evolve(prepared.info, url=url))
    sent_at = time.time()
    direct = _DirectSession(session, prepared)
    try:
        async with asyncio.timeout(options.timeout.total):
            socket = await _connect(
                direct,
                URL(url, encoded=True),
                headers=prepared.headers,
                autoping=False,  # pongs have to be seen: they tell that the app is there
                decode_text=False,
                max_msg_size=_LARGEST_FRAME,
                timeout=aiohttp.ClientWSTimeout(ws_close=GOODBYE),  # pyright: ignore[reportCallIssue]
            )
    except aiohttp.WSServerHandshakeError as error:
        response = ResponseInfo(prepared.info, error.status, error.headers or {}, 0.0, 0)
        refusal = status_error(prepared.info, response, json_or_text(direct.refusal))
        refusal.retry_after = retry_after(response.headers, datetime.now(UTC))
        failure: APIError = refusal
    except Exception as error:
        failure = unanswered(prepared, error, sent_at).error
    else:
        return WebSocket(socket)
    raise failure


async def _connect(
    direct: "_DirectSession", url: URL, **settings: Any
) -> "aiohttp.ClientWebSocketResponse[Literal[False]]":
    """Open a socket as `session.ws_connect` does, but follow no redirect, and read refusals.

    That has no switch for it: it would go on to any host, with the token in its headers.
    """
    connect: Any = aiohttp.ClientSession._ws_connect  # pyright: ignore[reportPrivateUsage]
    socket: aiohttp.ClientWebSocketResponse[Literal[False]] = await connect(direct, url, **settings)
    return socket


class _DirectSession:
    """A session whose requests follow no redirect, as `_ws_connect` sees it."""

    def __init__(self, session: aiohttp.ClientSession, prepared: PreparedRequest[bytes]) -> None:
        self.refusal: bytes = b""
        """The body of a response that is no socket: `_ws_connect` drops it."""
        self._session = session
        self._prepared = prepared

    async def request(self, method: str, url: URL, **settings: Any) -> aiohttp.ClientResponse:
        """Send a request, and return the response whatever its status is."""
        response = await self._session.request(method, url, **settings, allow_redirects=False)
        if response.status >= 300:
            with suppress(aiohttp.ClientError):  # the status counts, with its words or without
                self.refusal = await error_body(response, self._prepared)
        return response

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)
