"""A small app that serves a `World`, with the faults of live apps. Shares no code with ours."""

from __future__ import annotations

import asyncio
import base64
import bisect
import json
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any, Self

from aiohttp import web

from .world import Chat, World

TOKEN = "archive-token"
PAGE = 20
CHAT_PAGE = 25


class App:
    """Serves a world on 127.0.0.1, in a thread of its own.

    Args:
        world: The chats and messages.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.url: str = ""
        self.token: str = TOKEN
        self.account = "@me:beeper.local"
        self.device = "DEVICE1"
        self.is_synced = True
        self.ends_quietly = False
        """Whether a history ends with an empty page instead of hasMore: false."""
        self.sends_cursors = True
        """Old apps send none with messages, and take sort keys for them."""
        self.cursor_salt = ""
        """Cursors hold it; those with another one are refused."""
        self.broken_chats: set[str] = set()
        """Chats whose messages answer 500."""
        self.latency = 0.0
        self.requests = 0
        self.paths: list[str] = []
        self.fault: Callable[[web.Request], Awaitable[web.Response | None]] | None = None
        """Called before each request; what it returns is the response."""
        self.bad_items: dict[str, Any] = {}
        """What is served in the place of a message, by its ID."""
        self.renamed: dict[str, str] = {}
        """Which ID a message has that once had another one; single calls still take it."""
        self.hidden: set[str] = set()
        """IDs of messages that no page serves though they are there."""

    def __enter__(self) -> Self:
        started: Future[str] = Future()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()

        async def serve() -> None:
            app = web.Application(middlewares=[self._guard])
            app.router.add_get("/v1/chats", self._chats)
            app.router.add_get("/v1/chats/{chat}", self._chat)
            app.router.add_get("/v1/chats/{chat}/messages", self._messages)
            app.router.add_get("/v1/chats/{chat}/messages/{message}", self._message)
            app.router.add_get("/v1/accounts", self._accounts)
            app.router.add_get("/v1/app/setup", self._setup)
            app.router.add_get("/v1/info", self._info)
            runner = web.AppRunner(app)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            address: Any = runner.addresses[0]
            started.set_result(f"http://127.0.0.1:{address[1]}")
            await self._stop.wait()
            await runner.cleanup()

        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(serve()))
        self._thread.start()
        self.url = started.result(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    def call(self, function: Callable[[], Any]) -> Any:
        """Change the world between two requests."""

        async def run() -> Any:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(30)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests += 1
        self.paths.append(request.path)
        if self.latency:
            await asyncio.sleep(self.latency)
        if self.fault is not None and (response := await self.fault(request)) is not None:
            return response
        is_free = request.path == "/v1/info"
        if not is_free and request.headers.get("Authorization") != f"Bearer {self.token}":
            return refusal(401, "unauthorized", "Token expired")
        response = await handler(request)
        assert isinstance(response, web.StreamResponse)
        return response

    def _info_of(self, chat: Chat) -> dict[str, Any]:
        return chat.record

    async def _chats(self, request: web.Request) -> web.Response:
        records = [self._info_of(chat) for chat in self.world.chats.values()]
        records.sort(key=lambda one: (one["lastActivity"], one["id"]), reverse=True)
        if cursor := request.query.get("cursor"):
            time, _, chat_id = cursor.partition("|")
            records = [one for one in records if (one["lastActivity"], one["id"]) < (time, chat_id)]
        page = records[:CHAT_PAGE]
        last = page[-1] if page else None
        return reply(
            {
                "items": page,
                "hasMore": len(records) > CHAT_PAGE,
                "oldestCursor": f"{last['lastActivity']}|{last['id']}" if last else None,
                "newestCursor": f"{page[0]['lastActivity']}|{page[0]['id']}" if last else None,
            }
        )

    def _find(self, request: web.Request) -> Chat | None:
        return self.world.chats.get(request.match_info["chat"])

    async def _chat(self, request: web.Request) -> web.Response:
        chat = self._find(request)
        return not_found() if chat is None else reply(self._info_of(chat))

    async def _message(self, request: web.Request) -> web.Response:
        chat = self._find(request)
        wanted = request.match_info["message"]
        wanted = self.renamed.get(wanted, wanted)
        if chat is None:
            return not_found()
        for message in chat.by_key.values():
            if message["id"] == wanted:
                return reply(message)
        return not_found()

    async def _messages(self, request: web.Request) -> web.Response:
        chat = self._find(request)
        if chat is None:
            return not_found()
        if chat.record["id"] in self.broken_chats:
            return refusal(500, "internal", "no")
        keys = chat.keys
        forward = request.query.get("direction") == "after"
        cursor = request.query.get("cursor")
        if cursor is not None:
            key = self._key_of(cursor)
            if key is None:
                return refusal(400, "VALIDATION_ERROR", "invalid cursor")
        elif forward:
            return refusal(400, "VALIDATION_ERROR", "no cursor")
        else:
            key = 2**62
        if forward:
            at = bisect.bisect_right(keys, key)
            chosen = keys[at : at + PAGE]
            more = at + PAGE < len(keys)
        else:
            at = bisect.bisect_left(keys, key)
            chosen = keys[max(0, at - PAGE) : at]
            more = at > PAGE
        items = [chat.by_key[key] for key in reversed(chosen)]
        items = [
            self.bad_items.get(one["id"], one) for one in items if one["id"] not in self.hidden
        ]
        page: dict[str, Any] = {"items": items, "hasMore": True if self.ends_quietly else more}
        if self.sends_cursors:
            page["oldestCursor"] = self._cursor(chosen[0]) if chosen else None
            page["newestCursor"] = self._cursor(chosen[-1]) if chosen else None
        return reply(page)

    def _cursor(self, key: int) -> str:
        return base64.urlsafe_b64encode(f"{self.cursor_salt}/{key}".encode()).decode()

    def _key_of(self, cursor: str) -> int | None:
        if not self.sends_cursors:
            return int(cursor) if cursor.isdigit() else None
        try:
            salt, _, key = base64.urlsafe_b64decode(cursor).decode().partition("/")
            return int(key) if salt == self.cursor_salt else None
        except ValueError:
            return None

    async def _accounts(self, _: web.Request) -> web.Response:
        user = {"id": "@me:local", "isSelf": True}
        return reply([{"accountID": "whatsapp", "network": "WhatsApp", "user": user}])

    async def _setup(self, _: web.Request) -> web.Response:
        secrets = (
            "masterKey",
            "megolmBackupKey",
            "recoveryKey",
            "selfSigningKey",
            "userSigningKey",
        )
        flags = (
            *("crossSigning", "hasBackedUpRecoveryKey", "initialized", "keyBackup"),
            *("secretStorage", "verified"),
        )
        return reply(
            {
                "state": "ready" if self.is_synced else "needs-first-sync",
                "e2ee": {
                    **dict.fromkeys(flags, True),
                    "firstSyncDone": self.is_synced,
                    "secrets": dict.fromkeys(secrets, True),
                },
                "matrix": {
                    "userID": self.account,
                    "deviceID": self.device,
                    "homeserver": "https://matrix.example",
                },
            }
        )

    async def _info(self, _: web.Request) -> web.Response:
        return reply({"app": {"name": "Beeper", "version": "4.3.73"}})


def reply(value: Any, status: int = 200) -> web.Response:
    return web.Response(
        body=json.dumps(value).encode(), status=status, content_type="application/json"
    )


def refusal(status: int, code: str, message: str) -> web.Response:
    return reply({"code": code, "message": message}, status)


def not_found() -> web.Response:
    return refusal(404, "not_found", "There is no such thing")
