"""The loop of attempts: the whole way of a call, from a request value to its result.

What differs from call to call comes in as values. Nothing here knows a model or a resource.
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import aiohttp
from attrs import evolve, frozen

from .._codec.json_values import as_object
from .._codec.sharing import SharedParts
from .._omit import Omit
from .._response import ResponseInfo
from ..errors import APIError, APIResponseValidationError, AssetError, NotFoundError
from .attempt import Answered, Unanswered, content_of, make_attempt, unanswered
from .bodies import BodyError
from .decoding import ParsedResponse, json_or_text, parse_response, unreadable_response
from .failures import (
    asset_error,
    connection_error,
    outcome_unknown,
    status_error,
    without_frames,
)
from .gate import Gate, GatedPassage, Passage
from .incoming import StreamedResponse
from .options import OnResponse, Options, Timeout
from .outcome import AttemptState, Effect, Outcome
from .prepared import PreparedRequest, prepare
from .request import Idempotency, Request
from .retry import retry_after, retry_delay
from .server_info import AppVersion, ServerInfo, parse_version
from .session import SessionOwner
from .unreadable import UnreadableLog, UnreadablePolicy
from .uploads import Multipart
from .websocket import WebSocket, open_websocket

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

T = TypeVar("T")
_log = logging.getLogger("beeper_async")

_PROBE_TIMEOUT: Final = Timeout(total=10.0, connect=5.0)

pause = asyncio.sleep
"""Waits between two attempts. Tests replace it."""


@frozen
class _AlreadyGone(Generic[T]):
    """A retry of a removal found that an earlier attempt had done it."""

    result: T


class Transport:
    """One session and what was learned through it. Shared by a client and all its views."""

    def __init__(self, session: aiohttp.ClientSession | None = None) -> None:
        self._session = SessionOwner(session)
        self._server = ServerInfo()
        self._version_lock = asyncio.Lock()
        self._gates: dict[str, Gate] = {}
        self.unreadable: UnreadableLog = UnreadableLog()
        self._shared = SharedParts()

    async def send(self, request: Request[T], options: Options) -> T:
        """Send a request, retry it where that does no harm, and decode its response."""
        prepared = prepare(request, options)
        answered = await self._attempts(prepared)
        if isinstance(answered, _AlreadyGone):
            return answered.result
        try:
            return _result_of(prepared, self._parsed(request, answered, options), answered)
        except (APIResponseValidationError, AssetError) as error:
            failure: APIError = without_frames(error)
        except Exception as error:  # whatever it is, it must not hide that the app has answered
            failure = unreadable_response(request, answered.response, answered.body)
            failure.__cause__ = without_frames(error)
        outcome = evolve(answered.outcome, readable=isinstance(failure, AssetError))
        raise self._failure(prepared, failure, outcome, answered.sent_at)

    async def fetch(self, request: Request[T], options: Options) -> ParsedResponse[T]:
        """Send a request like `send`, but leave it to the caller when to build its result."""
        answered = await self._attempts(prepare(request, options))
        assert isinstance(answered, Answered)  # noqa: S101 - only removals have a `gone`
        return self._parsed(request, answered, options)

    @asynccontextmanager
    async def stream(
        self, request: Request[bytes], options: Options
    ) -> AsyncGenerator[StreamedResponse]:
        """Send a request and hand its response out while it is still coming in."""
        prepared = prepare(request, options, streams=True)
        answered = await self._attempts(prepared)
        assert isinstance(answered, Answered)  # noqa: S101 - only removals have a `gone`
        try:
            yield StreamedResponse(answered.response, _chunks(prepared, answered))
        finally:
            answered.incoming.close()  # what was not read is not waited for

    async def open_websocket(self, url: str, options: Options) -> WebSocket:
        """Open a live socket at an address of the app.

        Raises:
            APIError: As from a call; 404 comes from apps that have no live events.
        """
        return await open_websocket(self._session.open(), url, options)

    async def app_version(self, options: Options) -> AppVersion:
        """Return the app's version, as any response named it, or else request it once."""
        if self._server.version is None:
            async with self._version_lock:
                if self._server.version is None:
                    self._server.version = await self._request_version(options)
        return self._server.version

    async def forget_loop(self) -> None:
        """Let go of what belonged to another event loop. For a child process after a fork."""
        self._version_lock = asyncio.Lock()
        self._gates = {}
        await self._session.forget_loop()

    async def close(self) -> None:
        """Close the session, unless it belongs to the user. Closing twice does no harm."""
        await self._session.close()

    def _parsed(
        self, request: Request[T], answered: Answered, options: Options
    ) -> ParsedResponse[T]:
        policy = UnreadablePolicy(options.on_unreadable, self.unreadable)
        return parse_response(request, answered.response, answered.body, policy, self._shared)

    async def _attempts(self, prepared: PreparedRequest[T]) -> Answered | _AlreadyGone[T]:
        """Make attempts until one succeeds, or `retry_delay` says to stop."""
        request, attempt, may_have_happened = prepared.request, 0, False
        passage = self._passage(prepared.options)
        while True:
            if not await passage.enter():
                raise _app_is_away(prepared)
            try:
                result = await make_attempt(self._session.open(), prepared, attempt)
            finally:
                passage.leave()
            outcome = result.outcome
            passage.note(outcome)
            if isinstance(result, Answered):
                self._server.learn(result.response.headers, time.time())
                _observe(prepared.options.on_response, result.response)
                if outcome.effect is Effect.DONE:
                    return result
                missing = result.response.status_code == 404
                if missing and may_have_happened and not isinstance(request.gone, Omit):
                    return _AlreadyGone(request.gone)
            may_have_happened = may_have_happened or outcome.may_have_happened
            if await self._may_repeat(prepared, passage, outcome):
                continue
            delay = self._delay(prepared, attempt, outcome)
            if delay is None:
                raise self._failure(
                    prepared, self._error_of(prepared, result), outcome, result.sent_at
                )
            _log.info("%s: attempt %d failed, next in %.2f s", request.name, attempt + 1, delay)
            await pause(delay)
            attempt += 1

    async def _may_repeat(
        self, prepared: PreparedRequest[Any], passage: Passage, outcome: Outcome
    ) -> bool:
        """Return whether an attempt is made again that failed for want of the app."""
        now = self._server.server_time(time.time())
        requested = retry_after(outcome.headers, now)
        may = await passage.may_repeat(prepared.request.idempotency, outcome, requested)
        return may and not _is_spent(prepared)

    def waits_for(self, base_url: str) -> str | None:
        """Return what calls to an address wait for together, or None."""
        gate = self._gates.get(base_url)
        return None if gate is None else gate.waits_for

    def _passage(self, options: Options) -> Passage:
        if options.wait_for_app is None:
            return Passage()
        gate = self._gates.setdefault(options.base_url, Gate())
        return GatedPassage(
            gate,
            lambda: self._probe(options),
            options.wait_for_app,
            options.deadline,
            options.max_retry_after,
        )

    async def _probe(self, options: Options) -> bool:
        """Return whether the app answers, with whatever status."""
        request = Request("info.retrieve", "GET", "/v1/info", type(None), auth=False)
        prepared = prepare(request, evolve(options, timeout=_PROBE_TIMEOUT))
        return isinstance(await make_attempt(self._session.open(), prepared, 0), Answered)

    def _delay(
        self, prepared: PreparedRequest[Any], attempt: int, outcome: Outcome
    ) -> float | None:
        if _is_spent(prepared):
            return None
        delay = retry_delay(
            prepared.request.idempotency,
            attempt,
            outcome,
            max_retries=prepared.options.max_retries,
            max_retry_after=prepared.options.max_retry_after,
            jitter=random.random(),  # noqa: S311 - it spreads load, it guards nothing
            now=self._server.server_time(time.time()),
        )
        deadline = prepared.options.deadline
        too_late = (
            delay is not None and deadline is not None and time.monotonic() + delay >= deadline
        )
        return None if too_late else delay

    def _error_of(self, prepared: PreparedRequest[Any], last: Answered | Unanswered) -> APIError:
        """Make the error of an attempt that failed."""
        if isinstance(last, Unanswered):
            return last.error
        error = status_error(prepared.info, last.response, json_or_text(last.body))
        now = self._server.server_time(time.time())
        error.retry_after = retry_after(last.response.headers, now)
        return error

    def _failure(
        self, prepared: PreparedRequest[Any], error: APIError, outcome: Outcome, sent_at: float
    ) -> APIError:
        """Make the error of a call that is given up, from that of its last attempt."""
        if prepared.request.idempotency is not Idempotency.UNSAFE or not outcome.may_have_happened:
            return error
        body = prepared.request.body
        sent = None if isinstance(body, Omit) else body
        return outcome_unknown(error, sent, self._server.server_time(sent_at))

    async def _request_version(self, options: Options) -> AppVersion:
        request = Request("info.retrieve", "GET", "/v1/info", dict[str, Any], auth=False)
        try:
            info = await self.send(request, options)
        except NotFoundError:
            # The call came with app 4.2.557, so this one is older.
            return self._server.version or parse_version("0")
        text = as_object(info.get("app")).get("version")
        return self._server.version or parse_version(text)


class BoundTransport:
    """A transport together with the options of one client or view."""

    def __init__(self, transport: Transport, options: Options) -> None:
        self._transport = transport
        self._options = options

    def until(self, deadline: float | None) -> "BoundTransport":
        """Return one whose calls are over at a time of `time.monotonic()`."""
        options = evolve(self._options, deadline=deadline)
        timeout = options.attempt_timeout(time.monotonic())
        return BoundTransport(self._transport, evolve(options, timeout=timeout))

    async def send(self, request: Request[T]) -> T:
        """Send a request, retry it where that does no harm, and decode its response."""
        return await self._transport.send(request, self._options)

    async def fetch(self, request: Request[T]) -> ParsedResponse[T]:
        """Send a request, but leave it to the caller when to build its result."""
        return await self._transport.fetch(request, self._options)

    def stream(self, request: Request[bytes]) -> "AbstractAsyncContextManager[StreamedResponse]":
        """Send a request whose response is handed out while it comes in."""
        return self._transport.stream(request, self._options)

    async def open_websocket(self, url: str) -> WebSocket:
        """Open a live socket."""
        return await self._transport.open_websocket(url, self._options)

    async def app_version(self) -> AppVersion:
        """Return the app's version."""
        return await self._transport.app_version(self._options)


def _is_spent(prepared: PreparedRequest[Any]) -> bool:
    """Return whether there is nothing left of a file to send again."""
    return isinstance(prepared.body, Multipart) and prepared.body.file.is_spent


def _app_is_away(prepared: PreparedRequest[Any]) -> APIError:
    return connection_error(
        prepared.info, prepared.options, AttemptState.NEVER_SENT, timed_out=False
    )


async def _chunks(prepared: PreparedRequest[Any], answered: Answered) -> AsyncGenerator[bytes]:
    try:
        async with aclosing(content_of(answered.incoming, prepared)) as chunks:
            async for chunk in chunks:
                yield chunk
        return
    except (TimeoutError, aiohttp.ClientError, OSError, BodyError) as error:
        failure = error
    chunk = b""  # tools show the variables of every frame
    raise unanswered(prepared, failure, answered.sent_at).error


def _result_of(prepared: PreparedRequest[T], parsed: ParsedResponse[T], answered: Answered) -> T:
    """Read the result of a call out of the response to it.

    Raises:
        APIResponseValidationError: The response is not what the call expects.
        AssetError: The response says that the app could not do it.
    """
    request = prepared.request
    if request.idempotency is Idempotency.UNSAFE:
        parsed.check_not_blank()
    result = parsed.build()
    problem = request.problem(result) if request.problem else None
    if problem is not None:
        body = json_or_text(answered.body)
        raise asset_error(prepared.info, answered.response, problem, body)
    return result


def _observe(on_response: OnResponse | None, response: ResponseInfo) -> None:
    """Call the user's observer. What it does wrong must not cost the result of a call."""
    if on_response is None:
        return
    try:
        on_response(response)
    except Exception:
        _log.exception("%s: on_response failed", response.request.name)
