"""The connection to the app: one socket kept open, and opened again whenever it is lost."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Final, Protocol, TypeAlias

import orjson
from attrs import frozen

from .._http import retry
from .._http.websocket import WebSocket
from .._response import RequestInfo
from .._validation import check_text_list
from ..errors import (
    APIConnectionError,
    APIError,
    InternalServerError,
    RateLimitError,
    SubscriptionError,
)
from .frames import Frame, parsed
from .refusals import Refusals, seconds_to_wait

_log = logging.getLogger("beeper_async")

Open: TypeAlias = Callable[[], Awaitable[WebSocket]]

# After a connection that lasted so many seconds the next pause is short again.
_GOOD: Final = 1.0
# Frames that are read in one go before other tasks run. Twice as many are slower: they no longer
# fit the cache of the processor.
_IN_ONE_GO: Final = 32
_PASSING: Final = (APIConnectionError, InternalServerError, RateLimitError)


@frozen
class Subscription:
    """What the app is asked to tell."""

    chat_ids: tuple[str, ...] | None = None
    """The chats; None for all of them."""
    app_state: bool = False

    def command(self, request_id: str) -> str:
        """Write the message that asks for it. Apps before 4.3 refuse fields they don't know."""
        chat_ids = ["*"] if self.chat_ids is None else self.chat_ids
        frame: Frame = {"type": "subscriptions.set", "requestID": request_id, "chatIDs": chat_ids}
        if self.app_state:
            frame["app"] = {"state": True}
        return orjson.dumps(frame).decode()


class Receiver(Protocol):
    """Takes what comes over the socket, without waiting."""

    def connected(self) -> None:
        """Note that what follows comes over a new connection."""

    def disconnected(self) -> None:
        """Note that the connection was lost."""

    def take(self, text: bytes, /) -> None:
        """Take a frame."""


class Connection:
    """Keeps a socket open, and hands everything that comes over it to a receiver."""

    def __init__(
        self,
        open_socket: Open,
        receiver: Receiver,
        subscription: Subscription,
        refusals: Refusals,
        *,
        heartbeat: float,
    ) -> None:
        self.is_open: bool = False
        self.reconnects: int = 0
        self.subscription: Subscription = subscription
        """What was last asked for."""
        self._agreed = subscription
        self._open_socket = open_socket
        self._receiver = receiver
        self._refusals = refusals
        self._heartbeat = heartbeat
        self._numbers = count(1)
        self._socket: WebSocket | None = None
        self._asked: dict[str, asyncio.Future[None]] = {}

    async def open(self, attempts: int, max_wait: float | None = None) -> None:
        """Connect for the first time.

        Args:
            attempts: Maximum number of attempts.
            max_wait: Longest wait in seconds that the app may ask for; None disables the limit.

        Raises:
            APIError: It did not work, even after so many attempts.
            SubscriptionError: The app refuses to tell what is asked for.
        """
        for attempt in count(1):
            try:
                await self._connect()
            except (*_PASSING, SubscriptionError) as error:
                wait = seconds_to_wait(error)
                too_long = max_wait is not None and wait > max_wait
                if attempt >= attempts or too_long or _is_refused(error):
                    raise
            else:
                return
            await pause(attempt, wait)

    async def run(self) -> None:
        """Hand on what comes, and connect again whenever the connection is lost.

        Raises:
            AuthenticationError: The token is not valid any more.
            PermissionDeniedError: The app refused the token twice, in its own words.
        """
        clock = asyncio.get_running_loop().time
        failures, wait, is_away = 0, 0.0, False
        while True:
            since = clock()
            try:
                await self._pass_on()
                failures = 0 if clock() - since > _GOOD else failures
                await pause(failures, wait)
                failures, wait = failures + 1, 0.0
                await self._connect()
            except (APIError, SubscriptionError) as error:
                self._refusals.check(error)
                wait = seconds_to_wait(error)
                log = _log.info if is_away else _log.warning
                log("events: no connection to the app (%s)", type(error).__name__)
                is_away = True
            else:
                self._refusals.clear()
                self.reconnects += 1
                _log.info("events: connected again")
                is_away = False

    async def subscribe(self, subscription: Subscription) -> None:
        """Ask for something else, one at a time, and wait until the app has agreed.

        Raises:
            SubscriptionError: It refuses; everything is as it was before.
        """
        self.subscription = subscription
        request_id = f"s{next(self._numbers)}"
        agreed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked[request_id] = agreed
        try:
            if (socket := self._socket) is not None:
                await socket.send(subscription.command(request_id))
                await asyncio.wait([agreed], timeout=self._heartbeat)
                if not agreed.done():
                    await socket.close()  # on the next connection it will be asked for again
            await agreed
        finally:
            del self._asked[request_id]

    def fail(self, error: Exception) -> None:
        """Tell whoever waits for an answer that none will come."""
        for agreed in self._asked.values():
            if not agreed.done():
                agreed.set_exception(error)

    async def close(self) -> None:
        """Close the socket, if it is open."""
        self.is_open = False
        socket, self._socket = self._socket, None
        if socket is not None:
            self._receiver.disconnected()
            await socket.close()

    async def _connect(self) -> None:
        socket = await self._open_socket()
        try:
            async with asyncio.timeout(self._heartbeat):
                await _next(socket, "ready")
                while await self._agree(socket) is not self.subscription:
                    pass  # something else was asked for meanwhile
        except TimeoutError:
            await socket.close()
            raise _lost("accepted the connection, and then said nothing") from None
        except BaseException:
            await socket.close()
            raise
        self._socket, self.is_open = socket, True
        self._receiver.connected()
        for agreed in self._asked.values():  # asked for over the connection that was lost
            if not agreed.done():
                agreed.set_result(None)

    async def _agree(self, socket: WebSocket) -> Subscription:
        """Subscribe on a new connection; gives what to."""
        subscription, request_id = self.subscription, f"s{next(self._numbers)}"
        await socket.send(subscription.command(request_id))
        while True:
            answer = await _next(socket, "subscriptions.updated", "error")
            if answer.get("requestID") in (request_id, None):
                break
        if answer["type"] == "error":
            refusal = _refusal(answer)
            if not self._asked or not _is_refused(refusal):
                raise refusal
            self._refused(refusal)
        else:
            self._agreed = subscription
        return subscription

    def _refused(self, refusal: SubscriptionError) -> None:
        self.subscription = self._agreed
        self.fail(refusal)

    def _is_answer(self, text: bytes) -> bool:
        """Take a frame if it answers a subscription."""
        if not self._asked or (b"subscriptions.updated" not in text and b"error" not in text):
            return False
        frame = parsed(text)
        if frame is None or frame.get("type") not in ("subscriptions.updated", "error"):
            return False
        request_id = frame.get("requestID")
        agreed = next(iter(self._asked.values())) if request_id is None else None
        agreed = agreed or self._asked.get(str(request_id))
        if agreed is not None and not agreed.done():
            if frame["type"] == "error":
                self._refused(_refusal(frame))
            else:
                self._agreed = self.subscription
                agreed.set_result(None)
        return True

    async def _pass_on(self) -> None:
        socket = self._socket
        if socket is None:
            return
        try:
            async with asyncio.TaskGroup() as tasks:
                watching = tasks.create_task(self._watch(socket))
                try:
                    await self._receive(socket)
                finally:
                    watching.cancel()
        finally:
            await self.close()

    async def _receive(self, socket: WebSocket) -> None:
        in_one_go = 0
        while (text := await socket.receive()) is not None:
            in_one_go += 1
            if in_one_go >= _IN_ONE_GO:
                in_one_go = 0
                await asyncio.sleep(0)  # a loud app must not keep the consumer from its turn
            if not self._is_answer(text):
                self._receiver.take(text)

    async def _watch(self, socket: WebSocket) -> None:
        """End a connection whose other side is gone without a word, within the heartbeat.

        Nothing heard for a third of it makes us ask; no answer for a third ends the connection.
        """
        clock = asyncio.get_running_loop().time
        third = self._heartbeat / 3
        while True:
            await asyncio.sleep(third)
            asked = clock()
            if asked - socket.heard < third:
                continue
            await socket.ping()
            await asyncio.sleep(third)
            # Whoever blocked the event loop has also kept the answer from being read.
            was_blocked = clock() - asked > third * 1.5
            if socket.heard < asked and not was_blocked:
                _log.info("events: the other side is silent, so the connection is given up")
                await socket.give_up()
                return


async def _next(socket: WebSocket, *types: str) -> Frame:
    """Wait for a control frame of one of these types."""
    while (text := await socket.receive()) is not None:
        frame = parsed(text)
        if frame is not None and frame.get("type") in types:
            return frame
    raise _lost("closed the connection before it was ready")


def _lost(what: str) -> APIConnectionError:
    return APIConnectionError(f"events: the app {what}.", request=RequestInfo("events", "GET", ""))


def _refusal(frame: Frame) -> SubscriptionError:
    code = str(frame.get("code"))
    return SubscriptionError(f"events: the app refuses the subscription ({code}).", code)


def _is_refused(error: Exception) -> bool:
    return isinstance(error, SubscriptionError) and error.code != "INTERNAL_ERROR"


async def pause(failures: int, wait: float) -> None:
    """Wait before the next try, the longer the more have failed.

    Args:
        failures: Number of failures so far.
        wait: Seconds that the app asks to wait at least.
    """
    usual = retry.backoff(failures, random.random())  # noqa: S311 - spreads load
    await asyncio.sleep(max(usual, wait))


def chats_of(chat_ids: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the chats to subscribe to; None, or `"*"` as in the app's own protocol, is all."""
    if chat_ids is None:
        return None
    wanted: list[str] = check_text_list("chat_ids", chat_ids, may_be_empty=True)
    return None if wanted == ["*"] else tuple(wanted)
