"""ONE attempt: a prepared request goes out, and what became of it comes back.

An attempt decides nothing. It says how far it came (see `outcome`); `transport` and `retry` decide.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import lru_cache
from typing import Any

import aiohttp
from attrs import field, frozen
from yarl import URL

from .._response import ResponseInfo
from ..errors import APIConnectionError
from .bodies import BodyError, beginning, decompressed, whole
from .failures import connection_error
from .options import Timeout
from .outcome import AttemptState, Outcome
from .prepared import PreparedRequest
from .uploads import CHUNK, Multipart, UploadMonitor

_log = logging.getLogger("beeper_async")

# Raised before a byte of the request went out. A timeout while connecting is one of them.
_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


@frozen
class Answered:
    """An attempt that was answered, with whatever status."""

    response: ResponseInfo
    body: bytes = field(repr=False)
    """All of it; empty if the body is to be streamed."""
    incoming: aiohttp.ClientResponse = field(repr=False)
    """Where a streamed body comes from."""

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
    started = time.perf_counter()
    monitor = UploadMonitor()
    try:
        async with _stall_timeout(prepared, monitor):
            incoming = await session.request(
                prepared.request.method,
                URL(prepared.info.url, encoded=True),
                data=_data(prepared.body, monitor),
                headers=prepared.headers,
                timeout=_aiohttp_timeout(prepared.options.timeout, prepared.is_transfer),
                allow_redirects=False,  # the token goes to no other host, a POST nowhere twice
                raise_for_status=False,
                auto_decompress=False,  # which knows no limit; see `bodies`
            )
            body = await _read(incoming, prepared)
            if incoming.status < 300 and not monitor.is_whole:
                incoming.close()
                raise BodyError("the app answered before it had the whole file.")
    except (TimeoutError, aiohttp.ClientError, OSError, BodyError) as error:
        failure = error
    else:
        elapsed = time.perf_counter() - started
        response = ResponseInfo(prepared.info, incoming.status, incoming.headers, elapsed, number)
        _log.debug("%s: %d in %.1f ms", prepared.info.name, incoming.status, elapsed * 1000)
        return Answered(response, body, incoming)
    finally:
        await monitor.finish()
    # Outside of `except`, so that what aiohttp raised doesn't come along as context.
    if monitor.failure is not None:
        raise monitor.failure
    return unanswered(prepared, failure)


def unanswered(prepared: PreparedRequest[Any], cause: Exception) -> Unanswered:
    """Make the outcome of an attempt that `cause` ended."""
    never_sent = isinstance(cause, _NEVER_SENT)
    state = AttemptState.NEVER_SENT if never_sent else AttemptState.UNKNOWN
    timed_out = isinstance(cause, TimeoutError)
    error = connection_error(prepared.info, prepared.options, state, timed_out=timed_out)
    if isinstance(cause, BodyError):
        error = APIConnectionError(f"{prepared.info.name}: {cause}", request=prepared.info)
    if isinstance(cause, aiohttp.ClientResponseError):  # holds the request with its headers
        cause = aiohttp.ClientError(f"{type(cause).__name__}: the response is no HTTP")
    error.__cause__ = cause
    return Unanswered(error, Outcome(state))


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
    try:
        if incoming.status >= 300:
            body = await beginning(content_of(incoming, prepared))
            if not incoming.content.at_eof():
                incoming.close()
            return body
        if "Content-Encoding" not in incoming.headers:
            return await incoming.read()
        return await whole(content_of(incoming, prepared))
    except BaseException:
        incoming.close()
        raise


def content_of(
    incoming: aiohttp.ClientResponse, prepared: PreparedRequest[Any]
) -> AsyncGenerator[bytes]:
    """Return the content of a response as it comes in, decompressed if it is compressed."""
    encoding = incoming.headers.get("Content-Encoding", "")
    chunks = incoming.content.iter_chunked(CHUNK)
    return decompressed(chunks, encoding, prepared.options.max_decompressed)


@lru_cache(maxsize=64)
def _aiohttp_timeout(timeout: Timeout, is_transfer: bool) -> aiohttp.ClientTimeout:
    if is_transfer:
        return aiohttp.ClientTimeout(sock_read=timeout.total, sock_connect=timeout.connect)
    return aiohttp.ClientTimeout(total=timeout.total, sock_connect=timeout.connect)


def _stall_timeout(
    prepared: PreparedRequest[Any], monitor: UploadMonitor
) -> AbstractAsyncContextManager[object]:
    """End an upload in which nothing moves any more; aiohttp has no timeout for that."""
    limit = prepared.options.timeout.total
    if limit is None or not isinstance(prepared.body, Multipart):
        return nullcontext()
    clock = asyncio.get_running_loop().time
    stall = asyncio.timeout(limit)
    monitor.on_chunk = lambda: stall.reschedule(clock() + limit)
    return stall
