"""The open WebSockets: what is sent over them, and what goes wrong with them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Literal

import orjson
from aiohttp import web

from ..server.versions import Version
from ..server.views import show_message
from ..world.changes import Change
from ..world.clock import to_wire
from ..world.world import World
from .connection import SocketConnection
from .event_faults import EventFault, EventFaultQueue
from .subscriptions import CommandError, SocketSubscription, read_command

Json = dict[str, Any]

MAX_COMMAND_BYTES = 65_536
QUEUED_EVENTS = 512
_GOING_AWAY = 1001
_PATIENCE = 1.0
_REMEMBERED_COMMANDS = 10_000


class Sockets:
    """The open WebSockets of a simulator. All methods and attributes may be used from any thread.

    Faults affect all open sockets. Methods named ``..._next`` wait for the next event that a socket
    has subscribed to, and are used up by it.

    Args:
        world: The world whose changes are sent.
        version: Returns the app version to behave like.
    """

    def __init__(self, world: World, version: Callable[[], Version]) -> None:
        self._world = world
        self._version = version
        self._open: list[SocketConnection] = []
        self._running: dict[SocketConnection, asyncio.Task[Any]] = {}
        self._faults: EventFaultQueue = EventFaultQueue()
        self._refusals: deque[tuple[str, str]] = deque()
        self._mute_next = 0
        self._waiting: list[tuple[int, Future[None]]] = []
        self._received: deque[str | None] = deque(maxlen=_REMEMBERED_COMMANDS)
        self.queue_size: int = QUEUED_EVENTS
        """Maximum number of frames queued for a client that reads slowly. Further events are lost,
        which leaves a gap in ``seq``."""
        self.overflows: int = 0
        """Number of events that were lost that way."""
        self.timestamps: Literal["text", "milliseconds", "mixed"] = "text"
        """Format of ``ts``. "mixed" alternates between both."""
        self.entries: Literal["full", "partial", "none"] = "full"
        """What a ``message.upserted`` has in addition to the IDs: whole messages, the ID and the
        reactions of each, or nothing."""
        self.silent_accounts: set[str] = set()
        """IDs of accounts of whose chats and messages no events are sent."""

    # -- looking ----------------------------------------------------------------------------

    def __len__(self) -> int:
        """Return the number of open sockets, without those that a fault has ended."""
        return len(self._open)

    @property
    def subscriptions(self) -> list[SocketSubscription]:
        """The subscription of each open socket, in the order in which they were opened."""
        with self._world.lock:
            return [connection.subscription for connection in self._open]

    @property
    def received(self) -> list[str | None]:
        """The texts that clients have sent, oldest first. None means a binary frame."""
        return list(self._received)

    def wait_for_subscribers(self, count: int = 1, *, timeout: float = 10.0) -> None:
        """Wait until sockets have subscribed, in blocking code.

        Args:
            count: Number of sockets that must have subscribed.
            timeout: Maximum number of seconds to wait.

        Raises:
            TimeoutError: Fewer sockets have subscribed in time.
            RuntimeError: An event loop is running in this thread; use `subscribers`.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            arrival = self._arrival(count)
            try:
                arrival.result(timeout)
            finally:
                arrival.cancel()
        else:
            raise RuntimeError("this would stop the event loop; use 'await sockets.subscribers()'")

    async def subscribers(self, count: int = 1, *, timeout: float = 10.0) -> None:
        """Wait until sockets have subscribed, in any event loop.

        Args:
            count: Number of sockets that must have subscribed.
            timeout: Maximum number of seconds to wait.

        Raises:
            TimeoutError: Fewer sockets have subscribed in time.
        """
        await asyncio.wait_for(asyncio.wrap_future(self._arrival(count)), timeout)

    def _arrival(self, count: int) -> Future[None]:
        arrival: Future[None] = Future()
        with self._world.lock:
            self._waiting.append((count, arrival))
            self._notify_waiting()
        return arrival

    def _notify_waiting(self) -> None:
        count = sum(not connection.subscription.is_empty for connection in self._open)
        for wanted, arrival in self._waiting:
            if wanted <= count and arrival.set_running_or_notify_cancel():
                arrival.set_result(None)
        self._waiting = [one for one in self._waiting if not one[1].done()]

    # -- faults -----------------------------------------------------------------------------

    def drop(self) -> None:
        """Break off the connections without a close frame."""
        with self._world.lock:
            for connection in self._open:
                connection.abort()
            self._leave(*self._open)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the sockets properly, after what was sent so far.

        Args:
            code: Close code of the WebSocket protocol.
            reason: Text of the close frame.
        """
        with self._world.lock:
            for connection in self._open:
                connection.close(code, reason)
            self._leave(*self._open)

    def half_open(self) -> None:
        """Stop sending over the sockets, which stay connected.

        The sockets no longer respond to pings and closes.
        """
        with self._world.lock:
            for connection in self._open:
                connection.freeze()
            self._leave(*self._open)

    def mute_next(self, times: int = 1) -> None:
        """Accept the next sockets, but send nothing, not even ``ready``.

        Args:
            times: Number of sockets. At least 1.
        """
        with self._world.lock:
            self._mute_next += times

    def refuse_next(
        self,
        code: str = "INTERNAL_ERROR",
        message: str = "Refused by a test",
        times: int = 1,
    ) -> None:
        """Respond to the next correct ``subscriptions.set`` with an error.

        The subscription before it stays.

        Args:
            code: Code of the error.
            message: Message of the error.
            times: Number of commands. At least 1.
        """
        with self._world.lock:
            self._refusals.extend([(code, message)] * times)

    def lose_next(self, times: int = 1, *, silently: bool = False) -> None:
        """Lose the next events, which leaves a gap in ``seq``.

        Args:
            times: Number of events. At least 1.
            silently: True uses no ``seq`` for them, so that no gap shows the loss.
        """
        self._plan(EventFault(lost=True, silently=silently), times)

    def hold_next(self, times: int = 1) -> None:
        """Hold the next events until `release`, as they are now. Those behind them are not held.

        Meanwhile responses over HTTP can show later states: such an event is out of date when it
        arrives. Its ``seq`` is that of the time when it is sent.

        Args:
            times: Number of events. At least 1.
        """
        self._plan(EventFault(held=True), times)

    def release(self) -> None:
        """Send the events that were held, in their order."""
        with self._world.lock:
            for connection in self._open:
                connection.release()

    def repeat_next(self, times: int = 1, *, renumbered: bool = False) -> None:
        """Send the next events twice.

        Args:
            times: Number of events. At least 1.
            renumbered: True gives the copy the next ``seq``. False repeats the same frame.
        """
        self._plan(EventFault(copies=2, renumbered=renumbered), times)

    def delay_next(self, seconds: float, times: int = 1) -> None:
        """Delay the next events, and all that follow them.

        Args:
            seconds: Seconds by which each event is delayed.
            times: Number of events. At least 1.
        """
        self._plan(EventFault(delay=seconds), times)

    def reorder_next(self, times: int = 1) -> None:
        """Send the next event after the one that follows it, however late that is.

        Args:
            times: Number of events. At least 1.
        """
        self._plan(EventFault(swapped=True), times)

    def clear_faults(self) -> None:
        """Forget the faults of the next events, sockets and commands."""
        with self._world.lock:
            self._faults.clear()
            self._refusals.clear()
            self._mute_next = 0

    def send(self, message: Any, *, numbered: bool = False) -> None:
        """Send a JSON message to all sockets.

        Args:
            message: The message.
            numbered: True gives it the next ``seq``, and a ``ts``.
        """
        with self._world.lock:
            for connection in self._open:
                if numbered:
                    stamped = self._numbered(message["type"], message)(connection.next_seq())
                    connection.say(stamped)
                else:
                    connection.say(message)

    def send_raw(self, data: str | bytes) -> None:
        """Send a frame to all sockets: a text frame for text, a binary frame for bytes."""
        with self._world.lock:
            for connection in self._open:
                if isinstance(data, str):
                    connection.put(data.encode())
                else:
                    connection.put(data, binary=True)

    def _plan(self, fault: EventFault, times: int) -> None:
        with self._world.lock:
            self._faults.add(fault, times)

    # -- one socket from its beginning to its end -------------------------------------------

    async def serve(self, request: web.Request, headers: Mapping[str, str]) -> web.StreamResponse:
        """Upgrade a request, and serve the socket until its connection ends."""
        # It responds to pings and closes by itself, so that it can also be made not to.
        response = web.WebSocketResponse(
            autoping=False, autoclose=False, compress=False, max_msg_size=MAX_COMMAND_BYTES
        )
        response.headers.update(headers)
        try:
            await response.prepare(request)
        except ConnectionError:
            return web.Response()  # the client has left already
        transport, task = request.transport, asyncio.current_task()
        if transport is None or task is None:
            return response  # the client has left already
        connection = SocketConnection(response, transport, self._version())
        self._enter(connection, task)
        try:
            await connection.run(self._hear)
        finally:
            self._leave(connection)
            del self._running[connection]
        return response

    def _enter(self, connection: SocketConnection, task: asyncio.Task[Any]) -> None:
        with self._world.lock:
            self._running[connection] = task
            if self._mute_next:
                self._mute_next -= 1
                connection.freeze()
                return
            if not self._open:
                self._world.changes.listeners.append(self._publish)
            self._open.append(connection)
            shown = connection.subscription.show(connection.version)
            connection.say({"type": "ready", "version": 1, **shown})

    def _leave(self, *connections: SocketConnection) -> None:
        with self._world.lock:
            left = [one for one in self._open if one not in connections]
            if self._open and not left:
                self._world.changes.listeners.remove(self._publish)
            self._open = left

    def _hear(self, connection: SocketConnection, text: str | None) -> None:
        with self._world.lock:
            self._received.append(text)
            try:
                if text is None:
                    raise CommandError("INVALID_PAYLOAD", "Binary messages are not supported")
                request_id, subscription = read_command(text, connection.version)
                if self._refusals:
                    raise CommandError(*self._refusals.popleft(), request_id)
            except CommandError as error:
                response: Json = {"type": "error", "code": error.code, "message": error.message}
                named = error.request_id
            else:
                connection.subscription = subscription
                connection.app_state = self._app_state()
                response = {
                    "type": "subscriptions.updated",
                    **subscription.show(connection.version),
                }
                named = request_id
            connection.say(response if named is None else {**response, "requestID": named})
            self._notify_waiting()

    async def stop(self) -> None:
        """Close every socket, and break off what does not close in time."""
        with self._world.lock:
            tasks = list(self._running.values())
            for connection in self._open:
                connection.close(_GOING_AWAY, "The app quits")
            for connection in set(self._running) - set(self._open):
                connection.abort()
            left_over = list(self._running)
            self._leave(*self._open)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_PATIENCE)
            for connection in left_over:
                connection.abort()
            if late:
                await asyncio.wait(late, timeout=_PATIENCE)

    # -- events -----------------------------------------------------------------------------

    def _publish(self, change: Change) -> None:
        with self._world.lock:
            if self._is_silent(change):
                return
            wanting = [one for one in self._open if one.subscription.covers(change.chat_id)]
            if change.kind == "app.state.updated":
                state = self._app_state() if wanting else b""
                wanting = [one for one in wanting if one.app_state != state]
                for connection in wanting:
                    connection.app_state = state
                fields: Json = {"appState": orjson.Fragment(state)}
            else:
                fields = {"chatID": change.chat_id, "ids": change.ids}
            if not wanting:
                return
            if change.messages and self.entries != "none":
                fields["entries"] = self._entries(change)
            numbered, fault = self._numbered(change.kind, fields), self._faults.take()
            for connection in wanting:
                if not connection.deliver(numbered, fault, self.queue_size):
                    self.overflows += 1

    def _is_silent(self, change: Change) -> bool:
        chat = self._world.chats.get(change.chat_id or "")
        account_id = change.account_id if chat is None else chat["accountID"]
        return account_id in self.silent_accounts

    def _app_state(self) -> bytes:
        return orjson.dumps(self._world.setup.snapshot())

    def _entries(self, change: Change) -> list[Json]:
        version = self._version()
        shown = [show_message(self._world, message, version) for message in change.messages]
        if self.entries == "partial":
            return [{"id": one["id"], "reactions": one.get("reactions", [])} for one in shown]
        return shown

    def _numbered(self, kind: str, fields: Json) -> Callable[[int], Json]:
        moment = self._world.clock.now()

        def number(seq: int) -> Json:
            counted = self.timestamps == "milliseconds"
            if counted or (self.timestamps == "mixed" and seq % 2 == 0):
                stamp: str | int = round(moment.timestamp() * 1000)
            else:
                stamp = to_wire(moment)
            return {"type": kind, "seq": seq, "ts": stamp, **fields}

        return number
