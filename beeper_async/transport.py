"""Carries requests out: the one file that touches aiohttp's client.

A `Transport` owns (or borrows) the session; `send` is the whole way of a call: send, perhaps
repeat, check the status, decode. What differs from call to call comes in as values.
"""

import asyncio
import logging
import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import aiohttp
import orjson
from yarl import URL

from . import retry, wire
from .errors import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    ClientUseError,
    InvalidInputError,
    status_error,
)
from .omit import Omit
from .options import Options
from .request import Repeat, Request
from .response import RequestInfo, ResponseInfo
from .versions import AppVersion, parse_version

T = TypeVar("T")
_log = logging.getLogger("beeper_async")

VERSION_HEADER: Final = "X-Beeper-Desktop-Version"
# Apps may close an idle connection after five seconds; a message must not be sent into one that is
# just being closed, because then nobody could tell whether it arrived.
_KEEP_ALIVE: Final = 4.0
_CONNECTIONS: Final = 100


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

    async def send(self, request: Request[T], options: Options) -> T:
        """Send a request, repeat it where that is harmless, and decode its answer."""
        info = RequestInfo(request.name, request.method, _url_of(request, options))
        body = _body_of(request, options)
        attempt, unknown_before = 0, False
        while True:
            outcome = retry.Outcome()
            try:
                response, received = await self._attempt(request, info, body, options, attempt)
            except APIConnectionError as error:
                failure: Exception = error
                never_sent = isinstance(error.__cause__, _NEVER_SENT)
                outcome = retry.Outcome(never_sent=never_sent)
                unknown_before = unknown_before or not never_sent
            else:
                if response.status_code < 300:
                    return _decode(request, info, response, received)
                gone = response.status_code == 404 and unknown_before
                if gone and not isinstance(request.gone, Omit):
                    return request.gone
                failure = status_error(info, response, _json_or_text(received))
                outcome = retry.Outcome(response.status_code, response.headers)
                unknown_before = unknown_before or response.status_code >= 500
            pause = _pause(request.repeat, attempt, outcome, options)
            if pause is None:
                raise failure
            _log.info("%s: attempt %d failed, next in %.2f s", info.name, attempt + 1, pause)
            await asyncio.sleep(pause)
            attempt += 1

    async def _attempt(
        self,
        request: Request[Any],
        info: RequestInfo,
        body: bytes | None,
        options: Options,
        attempt: int,
    ) -> tuple[ResponseInfo, bytes]:
        session = self._open_session()
        headers = options.headers(auth=request.auth)
        if body is not None:
            headers["Content-Type"] = "application/json"
        started = time.perf_counter()
        try:
            async with session.request(
                info.method,
                URL(info.url, encoded=True),
                data=body,
                headers=headers,
                timeout=_aiohttp_timeout(options),
                allow_redirects=False,  # the token goes to no other host, a POST nowhere twice
                raise_for_status=False,
            ) as answer:
                received = await answer.read()
        except TimeoutError as error:
            raise _timed_out(info, options) from error
        except (aiohttp.ClientError, OSError) as error:
            raise _unreachable(info, options) from error
        elapsed = time.perf_counter() - started
        response = ResponseInfo(info, answer.status, answer.headers, elapsed, attempt)
        self._learn_version(answer.headers)
        _log.debug("%s: %d in %.1f ms", info.name, answer.status, elapsed * 1000)
        if options.on_response is not None:
            options.on_response(response)
        return response, received

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
        return self._session

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

    def _learn_version(self, headers: Mapping[str, str]) -> None:
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


def _url_of(request: Request[Any], options: Options) -> str:
    url = options.base_url + request.path
    query = options.query()
    if not query:
        return url
    from urllib.parse import urlencode

    return f"{url}{'&' if '?' in request.path else '?'}{urlencode(query)}"


def _body_of(request: Request[Any], options: Options) -> bytes | None:
    if isinstance(request.body, Omit) and not (options.extra_body and request.method != "GET"):
        return None
    body = {} if isinstance(request.body, Omit) else request.body
    if options.extra_body and isinstance(body, Mapping):
        body = {**body, **options.extra_body}
    try:
        return orjson.dumps(wire.encode(body))
    except TypeError as error:
        raise InvalidInputError(f"{request.name}: the body can't be written as JSON.") from error


def _pause(repeat: Repeat, attempt: int, outcome: retry.Outcome, options: Options) -> float | None:
    return retry.delay(
        repeat,
        attempt,
        outcome,
        max_retries=options.max_retries,
        chance=random.random(),  # noqa: S311 - it spreads load, it guards nothing
        now=datetime.now(UTC),
    )


def _aiohttp_timeout(options: Options) -> aiohttp.ClientTimeout:
    timeout = options.timeout
    return aiohttp.ClientTimeout(total=timeout.total, sock_connect=timeout.connect)


def _decode(request: Request[T], info: RequestInfo, response: ResponseInfo, received: bytes) -> T:
    tp: Any = request.answer
    if tp is bytes:
        return received  # type: ignore[return-value]
    if tp is str:
        return received.decode(errors="replace")  # type: ignore[return-value]
    if tp is type(None):
        return None  # type: ignore[return-value]
    try:
        value = orjson.loads(received)
    except orjson.JSONDecodeError:
        text = "is not JSON. Something other than the app may be listening at this address"
        raise APIResponseValidationError(
            f"{info.name}: the answer {text}.",
            request=info,
            response=response,
            body=_json_or_text(received),
        ) from None
    try:
        return wire.decode(request.answer, value)
    except wire.DecodeError as error:
        failure = APIResponseValidationError(
            f"{info.name}: the answer doesn't fit: {error}. `body` holds all of it.",
            request=info,
            response=response,
            body=value,
        )
        failure.problems = error.problems
        raise failure from None


def _json_or_text(received: bytes) -> Any:
    if not received:
        return None
    try:
        return orjson.loads(received)
    except orjson.JSONDecodeError:
        return received.decode(errors="replace")


def _timed_out(info: RequestInfo, options: Options) -> APITimeoutError:
    return APITimeoutError(
        f"{info.name}: no answer from {options.base_url} within {options.timeout.total} s. "
        "`with_options(timeout=...)` waits longer.",
        request=info,
    )


def _unreachable(info: RequestInfo, options: Options) -> APIConnectionError:
    return APIConnectionError(
        f"{info.name}: no connection to {options.base_url}. Is Beeper Desktop running, and its API "
        "switched on under Settings, Developers? Another address goes into BEEPER_BASE_URL.",
        request=info,
    )
