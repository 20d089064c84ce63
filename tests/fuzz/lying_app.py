"""A small app that serves chats and live events over HTTP, and lies as live apps do.

Its truth is a `Store`; what it says of that is up to its `Lies`. It runs on the event loop of the
test, and all that is random comes from one seed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from math import inf
from random import Random
from types import TracebackType
from typing import Any, Final, Self

import orjson
from aiohttp import web

from .acts import World
from .frames import Connection, Frames
from .lies import Lies
from .store import Chat, Clock, Message, Record, State, Store
from .undetectable import Facts

_Answer = tuple[Any, list[Message]]
# A first read can take several pages, and counts only once it is finished.
_LAST_MOMENT: Final = 0.5
_LONGEST_DELAY: Final = 4.0
_HTML: Final = "<html><body><h1>Not Found</h1></body></html>"


_E2EE_FLAGS: Final = (
    "initialized", "secretStorage", "crossSigning", "verified", "keyBackup", "firstSyncDone",
    "hasBackedUpRecoveryKey",
)  # fmt: skip
_SECRETS: Final = (
    "masterKey", "selfSigningKey", "userSigningKey", "megolmBackupKey", "recoveryKey",
)  # fmt: skip
_SETUP: Final = {
    "state": "ready",
    "matrix": {"userID": "@me:app", "deviceID": "D1", "homeserver": "https://app"},
    "e2ee": {
        **dict.fromkeys(_E2EE_FLAGS, True),
        "secrets": dict.fromkeys(_SECRETS, True),
    },
}


def _error(status: int, code: str, message: str, **headers: str) -> web.Response:
    body = {"message": message, "code": code}
    return web.json_response(body, status=status, headers=headers)


def _not_found() -> web.Response:
    return _error(404, "NOT_FOUND", "Not found")


class _NotFoundError(Exception):
    """There is no such chat or message."""


class LyingApp:
    """The app; a context manager that serves it."""

    def __init__(self, seed: object, lies: Lies, clock: Clock | None = None) -> None:
        self.lies = lies
        self.store = Store(clock or Clock())
        self.requests: int = 0
        self.restarted_at: list[float] = []
        self.subscribed_at: float | None = None
        """When a consumer had subscribed for the first time, as the player notes it."""
        # Each has its own, so that the acts of a seed are the same whatever the client asks for.
        self._rng = Random(f"{seed} answers")
        self._loop = asyncio.get_running_loop()
        self.frames = Frames(Random(f"{seed} frames"), lies)
        self.world = World(self.store, self.frames, Random(f"{seed} acts"), lies)
        self._runner: web.AppRunner | None = None
        self.url = ""

    def facts(self) -> Facts:
        """Return what really happened."""
        closed_at = {one.number: one.closed_at for one in self.frames.connections.values()}
        subscribed_at = self.subscribed_at
        begin = inf if subscribed_at is None else subscribed_at
        return Facts(self.store, begin, closed_at, self.restarted_at)

    def forget_reads(self) -> None:
        """Take it that nobody has read anything: who did could not even open a stream."""
        for chat in self.store.chats.values():
            chat.first_read = None

    def note_restart(self) -> None:
        """Note that a stream was closed. What was served just before that has helped nobody."""
        now = self._loop.time()
        self.restarted_at.append(now)
        for chat in self.store.chats.values():
            if chat.first_read is not None and now - chat.first_read < _LAST_MOMENT:
                chat.first_read = None

    def settle(self) -> None:
        """Tell the truth from here on. What was made odd stays so: chats, accounts, messages."""
        self.lies = self.frames.lies = self.world.lies = Lies.none()

    def drop_connections(self, *, abort: bool) -> None:
        """Close all sockets, or let their connections break."""
        for connection in self.frames.open:
            connection.closed_at = self._loop.time()
            if abort and connection.transport is not None:
                connection.transport.abort()
            else:
                closing = self._loop.create_task(connection.socket.close(code=1001))
                self._closings.add(closing)
                closing.add_done_callback(self._closings.discard)

    async def __aenter__(self) -> Self:
        self._closings: set[asyncio.Task[Any]] = set()
        app = web.Application()
        app.router.add_get("/v1/ws", self._socket)
        answers: dict[str, Callable[[web.Request], _Answer]] = {
            "/v1/info": self._info,
            "/v1/app/setup": lambda _: (_SETUP, []),
            "/v1/accounts": self._accounts,
            "/v1/chats": lambda request: self.store.list(request.query.get("cursor")),
            "/v1/chats/{chat}": lambda request: (self._chat(request).row()[0], []),
            "/v1/chats/{chat}/messages": self._page,
            "/v1/chats/{chat}/messages/{message}": self._message,
        }
        for path, answer in answers.items():
            app.router.add_get(path, self._handler(answer))
        app.router.add_post("/v1/chats/{chat}/messages", self._send)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.drop_connections(abort=True)
        if self._runner is not None:
            await self._runner.cleanup()

    # -- answers ------------------------------------------------------------------------------

    def _handler(
        self, answer: Callable[[web.Request], _Answer]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            self.requests += 1
            before, after = self._rng.uniform(0.001, 0.02), self._rng.uniform(0.001, 0.02)
            if self._rng.random() < self.lies.slow_answers:
                after = self._rng.uniform(0.1, _LONGEST_DELAY)
            bad = self._bad_answer() if self._rng.random() < self.lies.bad_answers else None
            await asyncio.sleep(before)
            messages: list[Message] = []
            try:
                value, messages = answer(request)
            except _NotFoundError:
                made: web.Response = _not_found()
            else:
                body = orjson.dumps(value)
                if bad == "half":
                    body = body[: len(body) // 2]
                made = web.Response(body=body, content_type="application/json")
            states = [(message, message.state) for message in messages]
            await asyncio.sleep(after)
            is_there = request.transport is not None and not request.transport.is_closing()
            if bad is None and is_there:
                self._served(request, states)
            if bad == "cut" and request.transport is not None:
                request.transport.abort()
            return bad if isinstance(bad, web.Response) else made

        return handle

    def _bad_answer(self) -> web.Response | str:
        kind = self._rng.randrange(9)
        if kind == 0:
            return _error(500, "INTERNAL_ERROR", "Internal error")
        if kind == 1:
            return web.Response(status=503, text="Service Unavailable")
        if kind in (2, 3):
            wait = {"Retry-After": str(kind - 2)}
            return _error(429, "RATE_LIMITED", "Too many requests", **wait)
        if kind == 4:
            return _error(400, "VALIDATION_ERROR", "Invalid input")
        if kind == 5:
            return web.Response(status=404, text=_HTML, content_type="text/html")
        if kind == 6:
            return web.Response(body=b"", content_type="application/json")
        return "half" if kind == 7 else "cut"

    def _served(self, request: web.Request, states: list[tuple[Message, State]]) -> None:
        now, messages = self._loop.time(), [message for message, _ in states]
        for message, state in states:
            message.last_served = state
            if message.first_served is None:
                message.first_served = now
        if request.path.endswith("/messages") and "cursor" not in request.query:
            chat = self.store.chats[request.match_info["chat"]]  # it may be gone by now
            if chat.first_read is None:
                chat.first_read, chat.first_page = now, messages

    def _info(self, request: web.Request) -> _Answer:
        url = f"{self.url}/v1/ws"
        app = {"name": "Beeper", "version": "4.3.73", "bundle_id": "app"}
        platform = {"os": "linux", "arch": "x64", "release": "1"}
        server = {
            "status": "running", "base_url": self.url, "port": request.url.port,
            "hostname": "127.0.0.1", "remote_access": False, "mcp_enabled": False,
        }  # fmt: skip
        oauth = {
            f"{name}_endpoint": f"{self.url}/oauth/{name}"
            for name in (
                "authorization", "token", "introspection", "userinfo", "revocation", "registration",
            )
        }  # fmt: skip
        endpoints = {"oauth": oauth, "spec": self.url, "mcp": self.url, "ws_events": url}
        return {"app": app, "platform": platform, "server": server, "endpoints": endpoints}, []

    def _accounts(self, request: web.Request) -> _Answer:
        names = sorted({chat.account for chat in self.store.chats.values()})
        user = {"id": "@mira:app", "isSelf": True}
        return [{"accountID": name, "network": "Lying", "user": user} for name in names], []

    def _chat(self, request: web.Request) -> Chat:
        chat = self.store.chats.get(request.match_info["chat"])
        if chat is None or chat.is_gone:
            raise _NotFoundError
        return chat

    def _page(self, request: web.Request) -> _Answer:
        query = request.query
        return self._chat(request).page(query.get("cursor"), query.get("direction"))

    def _message(self, request: web.Request) -> _Answer:
        message_id = request.match_info["message"]
        message = self._chat(request).find(message_id)
        if message is None or message.deleted == "gone":
            raise _NotFoundError
        if message_id == message.former_id and not message.is_former_id_known:
            raise _NotFoundError
        return message.record, [message]

    async def _send(self, request: web.Request) -> web.StreamResponse:
        body: Record = await request.json()
        bad = self._bad_answer() if self._rng.random() < self.lies.bad_answers else None
        if isinstance(bad, web.Response):
            return bad
        try:
            message = self.world.send_own(self._chat(request), str(body["text"]))
        except _NotFoundError:
            return _not_found()
        await asyncio.sleep(self._rng.uniform(0.001, 0.5))
        return web.json_response({"chatID": message.chat.id, "pendingMessageID": message.id})

    # -- the socket ---------------------------------------------------------------------------

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if self._rng.random() < self.lies.bad_answers:
            bad = self._bad_answer()
            return bad if isinstance(bad, web.Response) else web.Response(status=502)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        number = len(self.frames.connections) + 1
        connection = Connection(number, socket, request.transport)
        self.frames.connections[number] = connection
        await socket.send_str('{"type": "ready", "version": 1, "chatIDs": []}')
        sending = self._loop.create_task(_send_on(connection))
        try:
            async for frame in socket:
                command = orjson.loads(frame.data)
                answer = {"type": "subscriptions.updated", "chatIDs": command["chatIDs"]}
                answer["requestID"] = command.get("requestID")
                connection.queue.put_nowait(orjson.dumps(answer).decode())
                connection.is_subscribed = True
        finally:
            if connection.closed_at is None:
                connection.closed_at = self._loop.time()
            sending.cancel()
        return socket


async def _send_on(connection: Connection) -> None:
    try:
        while True:
            await connection.socket.send_str(await connection.queue.get())
    except ConnectionError:
        pass  # the other side is gone, which the receiving side notices too
