"""ONE attempt: a prepared request goes out, and what became of it comes back.

An attempt decides nothing. It says how far it came (see `outcome`); `transport` and `retry` decide.
"""

import asyncio
import logging
import math
import time
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, nullcontext
from enum import Enum
from functools import lru_cache
from typing import Any, Final

import aiohttp
from attrs import field, frozen
from yarl import URL

from .._response import ResponseInfo
from ..errors import APIConnectionError
from .bodies import BodyError, beginning, decompressed, whole
from .failures import connection_error, without_frames
from .options import Timeout
from .outcome import AttemptState, Outcome
from .prepared import PreparedRequest
from .uploads import CHUNK, Multipart, UploadMonitor

_log = logging.getLogger("beeper_async")

# Raised before a byte of the request went out. A timeout while connecting is one of them, be it
# for a free connection, an address, the connection or TLS.
_NEVER_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.ServerFingerprintMismatch,
)


@frozen
class Answered:
    """An attempt that was answered, with whatever status."""

    response: ResponseInfo
    body: bytes = field(repr=False)
    """All of it; empty if the body is to be streamed."""
    incoming: aiohttp.ClientResponse = field(repr=False)
    """Where a streamed body comes from."""
    sent_at: float
    """When the attempt began, in seconds of the epoch."""

    @property
    def outcome(self) -> Outcome:
        """How far the attempt came."""
        return Outcome(AttemptState.ANSWERED, self.response.status_code, self.response.headers)


@frozen
class Unanswered:
    """An attempt without a complete response."""

    error: APIConnectionError
    outcome: Outcome
    """How far the attempt came."""
    sent_at: float
    """When the attempt began, in seconds of the epoch."""


async def make_attempt(
    session: aiohttp.ClientSession, prepared: PreparedRequest[Any], number: int
) -> Answered | Unanswered:
    """Send a prepared request once.

    Args:
        session: What to send it with.
        prepared: The request as it goes out.
        number: 0 for the first attempt.

    Raises:
        Exception: Whatever reading the user's file or calling his `progress` raised.
    """
    sent_at, started = time.time(), time.perf_counter()
    monitor = UploadMonitor()
    timeout = prepared.options.attempt_timeout(time.monotonic())
    try:
        async with _stall_timeout(prepared, monitor):
            incoming = await session.request(
                prepared.request.method,
                URL(prepared.info.url, encoded=True),
                data=_data(prepared.body, monitor),
                headers=prepared.headers,
                timeout=_aiohttp_timeout(timeout, _kind_of(prepared)),
                allow_redirects=False,  # the token goes to no other host, a POST nowhere twice
                raise_for_status=False,
                auto_decompress=False,  # which knows no limit; see `bodies`
            )
            body = await _read(incoming, prepared)
            if incoming.status < 300 and not monitor.is_whole:
                incoming.close()
                raise BodyError("the app answered before it had the whole file.")
    except asyncio.CancelledError as error:
        if _is_cancelled():
            raise
        failure: BaseException = error  # closing a session cancels what waits inside aiohttp
    except Exception as error:
        failure = error
    else:
        elapsed = time.perf_counter() - started
        response = ResponseInfo(prepared.info, incoming.status, incoming.headers, elapsed, number)
        _log.debug("%s: %d in %.1f ms", prepared.info.name, incoming.status, elapsed * 1000)
        return Answered(response, body, incoming, sent_at)
    finally:
        await monitor.finish()
    # Outside of `except`, so that what aiohttp raised doesn't come along as context.
    if monitor.failure is not None:
        raise monitor.failure
    return unanswered(prepared, failure, sent_at)


def unanswered(prepared: PreparedRequest[Any], cause: BaseException, sent_at: float) -> Unanswered:
    """Make the outcome of an attempt that `cause` ended."""
    never_sent = isinstance(cause, _NEVER_SENT)
    state = AttemptState.NEVER_SENT if never_sent else AttemptState.UNKNOWN
    timed_out = isinstance(cause, TimeoutError)
    error = connection_error(prepared.info, prepared.options, state, timed_out=timed_out)
    if isinstance(cause, BodyError):
        error = APIConnectionError(f"{prepared.info.name}: {cause}", request=prepared.info)
    if isinstance(cause, aiohttp.ClientResponseError):  # holds the request with its headers
        cause = aiohttp.ClientError(f"{type(cause).__name__}: the response is no HTTP")
    error.__cause__ = without_frames(cause)
    return Unanswered(error, Outcome(state), sent_at)


def _is_cancelled() -> bool:
    """Whether someone cancelled this task, and not only what it waits for."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def _data(body: bytes | Multipart | None, monitor: UploadMonitor) -> Any:
    """Return a body in the form that aiohttp sends; a form is built for each attempt."""
    if not isinstance(body, Multipart):
        return body
    # Names go out as they are, as browsers do it, not percent-encoded.
    form = aiohttp.FormData(quote_fields=False)
    for name, value in body.fields.items():
        form.add_field(name, value)
    file = body.file
    chunks = monitor.chunks(body)
    form.add_field("file", chunks, filename=file.name, content_type=file.content_type)
    return form


async def _read(incoming: aiohttp.ClientResponse, prepared: PreparedRequest[Any]) -> bytes:
    if prepared.streams and incoming.status < 300:
        return b""
    if incoming.status >= 300:
        return await error_body(incoming, prepared)
    try:
        if "Content-Encoding" not in incoming.headers:
            return await incoming.read()
        return await whole(content_of(incoming, prepared))
    except BaseException:
        incoming.close()
        raise


async def error_body(incoming: aiohttp.ClientResponse, prepared: PreparedRequest[Any]) -> bytes:
    """Return the body of a response that is an error, as far as it comes in a short time."""
    try:
        body = await beginning(content_of(incoming, prepared))
        if not incoming.content.at_eof():
            incoming.close()
    except BaseException:
        incoming.close()
        raise
    return body


def content_of(
    incoming: aiohttp.ClientResponse, prepared: PreparedRequest[Any]
) -> AsyncGenerator[bytes]:
    """Return the content of a response as it comes in, decompressed if it is compressed."""
    encoding = incoming.headers.get("Content-Encoding", "")
    chunks = incoming.content.iter_chunked(CHUNK)
    return decompressed(chunks, encoding, prepared.options.max_decompressed)


class _Kind(Enum):
    """How the time of a request is limited."""

    CALL = "call"
    UPLOAD = "upload"
    DOWNLOAD = "download"


def _kind_of(prepared: PreparedRequest[Any]) -> _Kind:
    if isinstance(prepared.body, Multipart):
        return _Kind.UPLOAD
    return _Kind.DOWNLOAD if prepared.streams else _Kind.CALL


# Waiting for a free connection, for an address and for TLS has to end before the whole attempt
# does: then aiohttp says that it was the connection that took too long, so nothing was sent.
_CONNECTING: Final = 0.95


@lru_cache(maxsize=64)
def _aiohttp_timeout(timeout: Timeout, kind: _Kind) -> aiohttp.ClientTimeout:
    total, connecting = timeout.total, None
    if total is not None and kind is not _Kind.DOWNLOAD:  # which may wait for others to end
        connecting = total * _CONNECTING
    return aiohttp.ClientTimeout(
        total=total if kind is _Kind.CALL else None,
        connect=connecting,
        sock_connect=timeout.connect,
        sock_read=None if kind is _Kind.CALL else total,
        ceil_threshold=math.inf,  # else both may be rounded to the same second
    )


def _stall_timeout(
    prepared: PreparedRequest[Any], monitor: UploadMonitor
) -> AbstractAsyncContextManager[object]:
    """End an upload in which nothing moves any more, or whose time as a whole is over.

    aiohttp has no timeout for that.
    """
    if not isinstance(prepared.body, Multipart):
        return nullcontext()
    options, clock = prepared.options, asyncio.get_running_loop().time
    stall, now = options.timeout.total, time.monotonic()
    over = None if options.deadline is None else clock() + max(options.deadline - now, 0)
    if stall is None and over is None:
        return nullcontext()

    def limit() -> float:
        return min(math.inf if stall is None else clock() + stall, over or math.inf)

    def extend() -> None:
        if not timeout.expired():  # and about to end the attempt
            timeout.reschedule(limit())

    timeout = asyncio.timeout_at(limit())
    monitor.on_chunk = extend
    return timeout
