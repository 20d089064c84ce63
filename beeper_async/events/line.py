"""The line to the app: one socket kept open, and opened again whenever it is lost."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Final, TypeAlias

import orjson
from attrs import frozen

from .. import retry
from ..errors import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    SubscriptionError,
)
from ..response import RequestInfo
from ..transport import Socket
from .frames import Frame, parsed
from .inbox import Inbox, Mark

_log = logging.getLogger("beeper_async")

Open: TypeAlias = Callable[[], Awaitable[Socket]]

# After a connection that lasted so many seconds the next pause is short again.
_GOOD: Final = 1.0
# Frames that are read in one go before others get their turn.
_IN_ONE_GO: Final = 64
_HOPELESS: Final = (AuthenticationError, PermissionDeniedError, NotFoundError)


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


class Line:
    """Keeps a socket open, and puts everything that comes over it into the inbox."""

    def __init__(
        self, open_socket: Open, inbox: Inbox, subscription: Subscription, *, heartbeat: float
    ) -> None:
        self.connected: bool = False
        self.reconnects: int = 0
        self._open_socket = open_socket
        self._inbox = inbox
        self._subscription = subscription
        self._heartbeat = heartbeat
        self._numbers = count(1)
        self._socket: Socket | None = None
        self._asked: dict[str, asyncio.Future[None]] = {}

    async def open(self, attempts: int) -> None:
        """Connect for the first time.

        Raises:
            APIError: It did not work, even after so many attempts.
            SubscriptionError: The app refuses to tell what is asked for.
        """
        for attempt in count(1):
            try:
                await self._connect()
            except APIConnectionError:
                if attempt >= attempts:
                    raise
                await pause(attempt)
            else:
                return

    async def run(self) -> None:
        """Pass on what comes, and connect again whenever the connection is lost; for ever."""
        clock = asyncio.get_running_loop().time
        failures = 0
        while True:
            since = clock()
            try:
                await self._pass_on()
                failures = 0 if clock() - since > _GOOD else failures
                await pause(failures)
                failures += 1
                await self._connect()
                self.reconnects += 1
                _log.info("events: connected again")
            except _HOPELESS:
                raise
            except SubscriptionError as error:
                if error.code != "INTERNAL_ERROR":
                    raise
            except APIError as error:
                _log.info("events: no connection (%s)", type(error).__name__)

    async def subscribe(self, subscription: Subscription) -> None:
        """Ask for something else, and wait until the app has agreed."""
        self._subscription = subscription
        request_id = f"s{next(self._numbers)}"
        agreed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked[request_id] = agreed
        try:
            if self._socket is not None:
                await self._socket.send(subscription.command(request_id))
            await agreed
        finally:
            del self._asked[request_id]

    def answered(self, frame: Frame) -> None:
        """Take an answer to a subscription that came between the events."""
        agreed = self._asked.get(str(frame.get("requestID")))
        if agreed is None or agreed.done():
            return
        if frame["type"] == "error":
            agreed.set_exception(_refusal(frame))
        else:
            agreed.set_result(None)

    async def close(self) -> None:
        """Close the socket, if it is open."""
        self.connected = False
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()

    async def _connect(self) -> None:
        socket = await self._open_socket()
        try:
            async with asyncio.timeout(self._heartbeat):
                await _next(socket, "ready")
                request_id = f"s{next(self._numbers)}"
                await socket.send(self._subscription.command(request_id))
                while True:
                    answer = await _next(socket, "subscriptions.updated", "error")
                    if answer.get("requestID") in (request_id, None):
                        break
            if answer["type"] == "error":
                raise _refusal(answer)
        except TimeoutError:
            await socket.close()
            raise _lost("accepted the connection, and then said nothing") from None
        except BaseException:
            await socket.close()
            raise
        self._socket, self.connected = socket, True
        self._inbox.put(Mark.CONNECTED)
        for agreed in self._asked.values():  # asked for over the connection that was lost
            if not agreed.done():
                agreed.set_result(None)

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

    async def _receive(self, socket: Socket) -> None:
        in_one_go = 0
        while (text := await socket.receive()) is not None:
            in_one_go += 1
            if in_one_go >= _IN_ONE_GO or self._inbox.is_full:
                in_one_go = 0
                await asyncio.sleep(0)  # a loud app must not keep others from working it off
            self._inbox.put(text)

    async def _watch(self, socket: Socket) -> None:
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
                await socket.close()
                return


async def _next(socket: Socket, *types: str) -> Frame:
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


async def pause(failures: int) -> None:
    """Wait before the next try, the longer the more have failed."""
    await asyncio.sleep(retry.backoff(failures, random.random()))  # noqa: S311 - spreads load


def chats_of(chat_ids: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the chats to subscribe to; None, or `"*"` as in the app's own protocol, is all."""
    return None if chat_ids is None or tuple(chat_ids) == ("*",) else tuple(chat_ids)
