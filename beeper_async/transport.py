"""Carries requests out: the one file, with `sockets`, that touches aiohttp's client.

A `Transport` owns (or borrows) the session; `send` is the whole way of a call: send, perhaps
repeat, check the status, decode. What differs from call to call comes in as values.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

import aiohttp
from attrs import evolve, frozen
from yarl import URL

from . import retry
from .answers import Answer, json_or_text, parse_answer
from .call import Call, call_of
from .delivery import News
from .errors import (
    APIConnectionError,
    APIError,
    ClientUseError,
    asset_error,
    outcome_unknown,
    status_error,
    timed_out,
    unreachable,
)
from .omit import Omit
from .options import OnResponse, Options, Timeout
from .request import Repeat, Request
from .response import Incoming, ResponseInfo
from .sockets import GOODBYE, Socket as Socket
from .uploads import CHUNK, Multipart, Sending, watched
from .versions import AppVersion, parse_version

T = TypeVar("T")
_log = logging.getLogger("beeper_async")

VERSION_HEADER: Final = "X-Beeper-Desktop-Version"
# Apps may close an idle connection after five seconds; a message must not be sent into one that is
# just being closed, because then nobody could tell whether it arrived.
_KEEP_ALIVE: Final = 4.0
_CONNECTIONS: Final = 100

_LARGEST_FRAME: Final = 64 * 2**20


@frozen
class _Exchange:
    """An attempt that was answered."""

    response: ResponseInfo
    received: bytes
    answer: aiohttp.ClientResponse


@frozen
class _Gone(Generic[T]):
    """A repeat found nothing more to do."""

    instead: T


class Transport:
    """One session and what was learnt through it. Shared by a client and all its views."""

    def __init__(self, session: aiohttp.ClientSession | None = None) -> None:
        self._session = session
        self._owned = session is None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._version_text: str | None = None
        self._version: AppVersion | None = None
        self._asking = asyncio.Lock()
        self._last_date: tuple[str, float] | None = None
        self.news: News = News()

    async def send(self, request: Request[T], options: Options) -> T:
        """Send a request, repeat it where that is harmless, and decode its answer."""
        call = call_of(request, options)
        exchange = await self._repeat(call)
        if isinstance(exchange, _Gone):
            return exchange.instead
        result = parse_answer(request, exchange.response, exchange.received).build()
        problem = request.problem(result) if request.problem else None
        if problem is not None:
            body = json_or_text(exchange.received)
            raise asset_error(call.info, exchange.response, problem, body)
        return result

    async def fetch(self, request: Request[T], options: Options) -> Answer[T]:
        """Send a request like `send`, but leave it to the caller when to build its answer."""
        exchange = await self._repeat(call_of(request, options))
        assert isinstance(exchange, _Exchange)  # noqa: S101 - only removals have a `gone`
        return parse_answer(request, exchange.response, exchange.received)

    @asynccontextmanager
    async def stream(self, request: Request[bytes], options: Options) -> AsyncGenerator[Incoming]:
        """Send a request and hand its answer out while it is still coming in."""
        call = call_of(request, options, streams=True)
        exchange = await self._repeat(call)
        assert isinstance(exchange, _Exchange)  # noqa: S101 - only removals have a `gone`
        try:
            yield Incoming(exchange.response, self._chunks(call, exchange.answer))
        finally:
            exchange.answer.close()  # what was not read is not waited for

    async def _chunks(
        self, call: Call[Any], answer: aiohttp.ClientResponse
    ) -> AsyncIterator[bytes]:
        try:
            async for chunk in answer.content.iter_chunked(CHUNK):
                yield chunk
            return
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            failure = error
        raise _lost(call, failure)

    async def _repeat(self, call: Call[T]) -> _Exchange | _Gone[T]:
        """Make attempts until one succeeds, or the rule of `retry` says to stop."""
        request, attempt, unknown_before = call.request, 0, False
        while True:
            sent_at = time.time()
            try:
                exchange = await self._attempt(call, attempt)
            except APIConnectionError as error:
                failure: APIError = error
                outcome = retry.Outcome(never_sent=error.never_sent)
                unknown_before = unknown_before or not error.never_sent
            else:
                response = exchange.response
                if response.status_code < 300:
                    return exchange
                gone = response.status_code == 404 and unknown_before
                if gone and not isinstance(request.gone, Omit):
                    return _Gone(request.gone)
                failure = status_error(call.info, response, json_or_text(exchange.received))
                outcome = retry.Outcome(response.status_code, response.headers)
                unknown_before = unknown_before or response.status_code >= 500
            pause = _pause(call, attempt, outcome)
            if pause is None:
                raise self._told(call, failure, sent_at) from failure.__cause__
            _log.info("%s: attempt %d failed, next in %.2f s", request.name, attempt + 1, pause)
            await asyncio.sleep(pause)
            attempt += 1

    def _told(self, call: Call[Any], failure: APIError, sent_at: float) -> APIError:
        """Say so where nobody knows whether an unsafe call was carried out."""
        if call.request.repeat is not Repeat.UNSAFE:
            return failure
        sent = None if isinstance(call.request.body, Omit) else call.request.body
        return outcome_unknown(failure, sent, self._by_the_apps_clock(sent_at)) or failure

    def _by_the_apps_clock(self, seconds: float) -> datetime:
        """Correct a time of this machine by what the last answer said the time was."""
        moment = datetime.fromtimestamp(seconds, UTC)
        if self._last_date is None:
            return moment
        text, received = self._last_date
        try:
            return moment + (parsedate_to_datetime(text) - datetime.fromtimestamp(received, UTC))
        except (ValueError, TypeError):
            return moment

    async def _attempt(self, call: Call[Any], attempt: int) -> _Exchange:
        session = self._open_session()
        started = time.perf_counter()
        sending = Sending(lambda: None)
        try:
            async with _patience(call, sending):
                answer = await session.request(
                    call.request.method,
                    URL(call.info.url, encoded=True),
                    data=_data(call.body, sending),
                    headers=call.headers,
                    timeout=_aiohttp_timeout(call.options.timeout, call.is_transfer),
                    allow_redirects=False,  # the token goes to no other host, a POST nowhere twice
                    raise_for_status=False,
                )
                received = await _read(answer, call)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            failure = error
        else:
            return self._answered(call, attempt, answer, received, started)
        # Outside of `except`, so that what aiohttp raised doesn't come along as context.
        raise sending.failure or _lost(call, failure)

    def _answered(
        self,
        call: Call[Any],
        attempt: int,
        answer: aiohttp.ClientResponse,
        received: bytes,
        started: float,
    ) -> _Exchange:
        elapsed = time.perf_counter() - started
        response = ResponseInfo(call.info, answer.status, answer.headers, elapsed, attempt)
        self._learn(answer.headers)
        _log.debug("%s: %d in %.1f ms", call.info.name, answer.status, elapsed * 1000)
        _tell(call.options.on_response, response)
        return _Exchange(response, received, answer)

    def _open_session(self) -> aiohttp.ClientSession:
        """Return the session of this event loop, made on first use."""
        loop = asyncio.get_running_loop()
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
            # aiohttp would repeat GET, PUT and DELETE by itself on a connection that turns out to
            # be closed, uncounted. There is no public switch; its own test client uses this one.
            self._session._retry_connection = False
        return self._session

    async def connect(self, url: str, options: Options) -> Socket:
        """Open a live socket at an address of the app.

        Raises:
            APIError: As from a call; 404 comes from apps that have no live events.
        """
        call = call_of(Request("events", "GET", "", bytes), options)
        call = evolve(call, info=evolve(call.info, url=url))
        try:
            async with asyncio.timeout(options.timeout.total):
                socket = await self._open_session().ws_connect(
                    URL(url, encoded=True),
                    headers=call.headers,
                    autoping=False,  # pongs have to be seen: they tell that the app is there
                    decode_text=False,
                    max_msg_size=_LARGEST_FRAME,
                    timeout=aiohttp.ClientWSTimeout(ws_close=GOODBYE),  # pyright: ignore[reportCallIssue]
                )
        except aiohttp.WSServerHandshakeError as error:
            first = error.history[0] if error.history else error  # else it is about a redirect
            response = ResponseInfo(call.info, first.status, first.headers or {}, 0.0, 0)
            failure: APIError = status_error(call.info, response, None)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            failure = _lost(call, error)
        else:
            return Socket(socket)
        raise failure

    async def app_version(self, options: Options) -> AppVersion:
        """Return the app's version, as any answer told it, or else ask for it once."""
        if self._version is None:
            async with self._asking:
                if self._version is None:
                    self._version = await self._ask_version(options)
        return self._version

    async def _ask_version(self, options: Options) -> AppVersion:
        from .errors import NotFoundError

        ask = Request("info.retrieve", "GET", "/v1/info", dict[str, Any], auth=False)
        try:
            told = await self.send(ask, options)
        except NotFoundError:
            # The call came with app 4.2.557, so this one is older.
            return self._version or parse_version("0")
        app = told.get("app")
        return self._version or parse_version(app.get("version") if isinstance(app, dict) else None)

    def _learn(self, headers: Mapping[str, str]) -> None:
        if (date := headers.get("Date")) is not None:
            self._last_date = date, time.time()
        text = headers.get(VERSION_HEADER)
        if text is not None and text != self._version_text:
            self._version_text, self._version = text, parse_version(text)

    async def forget_loop(self) -> None:
        """Let go of what belonged to another event loop. For a child process after a fork."""
        session, self._session = self._session, None if self._owned else self._session
        self._loop, self._asking = None, asyncio.Lock()
        if self._owned and session is not None:
            await session.close()

    async def close(self) -> None:
        """Close the session, unless it belongs to the user. Closing twice does no harm."""
        self._closed = True
        if self._owned and self._session is not None:
            await self._session.close()


# Raised before a byte of the request went out. A timeout while connecting is one of them.
_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


def _data(body: bytes | Multipart | None, sending: Sending) -> Any:
    """Return a body in the form that aiohttp sends; a form is built for each attempt."""
    if not isinstance(body, Multipart):
        return body
    # Names go out as they are, as browsers do it, not percent-encoded.
    form = aiohttp.FormData(quote_fields=False)
    for name, value in body.fields.items():
        form.add_field(name, value)
    file = body.file
    chunks = watched(body, sending)
    form.add_field("file", chunks, filename=file.name, content_type=file.content_type)
    return form


async def _read(answer: aiohttp.ClientResponse, call: Call[Any]) -> bytes:
    if call.streams and answer.status < 300:
        return b""
    try:
        return await answer.read()
    except BaseException:
        answer.close()
        raise


def _pause(call: Call[Any], attempt: int, outcome: retry.Outcome) -> float | None:
    return retry.delay(
        call.request.repeat,
        attempt,
        outcome,
        max_retries=call.options.max_retries,
        chance=random.random(),  # noqa: S311 - it spreads load, it guards nothing
        now=datetime.now(UTC),
    )


@lru_cache(maxsize=64)
def _aiohttp_timeout(timeout: Timeout, is_transfer: bool) -> aiohttp.ClientTimeout:
    if is_transfer:
        return aiohttp.ClientTimeout(sock_read=timeout.total, sock_connect=timeout.connect)
    return aiohttp.ClientTimeout(total=timeout.total, sock_connect=timeout.connect)


def _patience(call: Call[Any], sending: Sending) -> AbstractAsyncContextManager[object]:
    """Give an upload up when nothing moves any more; aiohttp has no timeout for that."""
    limit = call.options.timeout.total
    if limit is None or not isinstance(call.body, Multipart):
        return nullcontext()
    clock = asyncio.get_running_loop().time
    patience = asyncio.timeout(limit)
    sending.still_going = lambda: patience.reschedule(clock() + limit)
    return patience


def _lost(call: Call[Any], cause: Exception) -> APIConnectionError:
    """Make the error of an attempt without an answer, with a cause that is fit to be shown."""
    never_sent = isinstance(cause, _NEVER_SENT)
    make = timed_out if isinstance(cause, TimeoutError) else unreachable
    error = make(call.info, call.options, never_sent)
    if isinstance(cause, aiohttp.ClientResponseError):  # holds the request with its headers
        cause = aiohttp.ClientError(f"{type(cause).__name__}: the answer is no HTTP")
    error.__cause__ = cause
    return error


def _tell(on_response: OnResponse | None, response: ResponseInfo) -> None:
    """Call the user's observer. What it does wrong must not cost the answer of a call."""
    if on_response is None:
        return
    try:
        on_response(response)
    except Exception:
        _log.exception("%s: on_response failed", response.request.name)
