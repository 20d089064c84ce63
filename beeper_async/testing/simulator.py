"""The simulator: one local server with a world behind it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from .demo.demo_world import demo_world
from .demo.generated import generated_world
from .hosting.loop_thread import LoopThread
from .listings.listing_faults import ListingFault, ListingName
from .listings.message_cursors import MessageCursors
from .routes import ALL_ROUTES
from .server.rate_limit import RateLimit
from .server.recording import RecordedRequest
from .server.scripted_responses import ScriptedResponse, merged_headers, scripted_body
from .server.server import Server
from .server.state import ServerState
from .server.versions import parse_app_version
from .websocket.sockets import Sockets
from .world.chatter import Chatter
from .world.clock import Clock
from .world.world import World


class Simulator:
    """Simulates a Beeper Desktop app on 127.0.0.1.

    ``async with Simulator() as sim:`` runs it in the current event loop. ``with Simulator() as
    sim:`` runs it in a thread of its own, for blocking code. All methods and attributes may be
    used from any thread.

    Args:
        token: The only access token that it accepts.
        app_version: The version to behave like, such as "4.3.73".
        chats: Number of generated chats. None means the hand-written demo world.
        page_size: Default page size of every listing. None means the page size of the app.
        scopes: What the token may do, of "read" and "write".
        port: Port to listen on, 0 to 65535. 0 picks a free one.
        base_path: A path in front of /v1, as behind a reverse proxy.
        listing_faults: Faults of all listings from the start; see `set_listing_faults`.
        now: The time at which the clock starts. None stops the clock at a fixed time, so that two
            runs give the same responses.
        chatter: Average number of seconds after which somebody writes, reacts, edits or deletes
            by themselves. More than 0. None disables chatter. Combine it with
            ``now=datetime.now(UTC)``.

    Raises:
        ValueError: `app_version` is not a version, or `chatter` is not more than 0.

    Example:
        from beeper_async.testing import Simulator

        async with Simulator() as sim:
            async with AsyncBeeperDesktop(base_url=sim.url, access_token=sim.token) as client:
                chats = await client.chats.list()
                print(chats.items[0].title)
    """

    def __init__(
        self,
        *,
        token: str = "demo-token",  # noqa: S107 - it opens nothing but this simulator
        app_version: str = "4.3.73",
        chats: int | None = None,
        page_size: int | None = None,
        scopes: Collection[str] = ("read", "write"),
        port: int = 0,
        base_path: str = "",
        listing_faults: Sequence[ListingFault] = (),
        now: datetime | None = None,
        chatter: float | None = None,
    ) -> None:
        if chatter is not None and not chatter > 0:
            raise ValueError("chatter must be more than 0 seconds")
        parse_app_version(app_version)
        clock = Clock(now)
        self.world: World = demo_world(clock) if chats is None else generated_world(clock, chats)
        """The accounts, chats and messages, and what other people and networks do."""
        self._state = ServerState(
            world=self.world,
            token=token,
            app_version=app_version,
            page_size=page_size,
            scopes=scopes,
            base_path="/" + base_path.strip("/") if base_path.strip("/") else "",
        )
        self.set_listing_faults(*listing_faults)
        self.sockets: Sockets = Sockets(self.world, lambda: self._state.version)
        """The open WebSockets, and what goes wrong with them."""
        self.message_cursors: MessageCursors = self._state.message_cursors
        """Whether the cursors of message listings are sort keys, and whether they expire."""
        self.chatter: Chatter = Chatter(self.world)
        """What people do by themselves."""
        self._chatter_seconds = chatter
        self._chatting: asyncio.Task[None] | None = None
        self._wanted_port = port
        self._server: Server | None = None
        self._thread: LoopThread | None = None

    # -- settings ---------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end.

        Raises:
            RuntimeError: The simulator is not running.
        """
        return self._state.url

    @property
    def base_path(self) -> str:
        """The path in front of /v1: empty, or with a slash at its start."""
        return self._state.base_path

    @property
    def token(self) -> str:
        """The only access token that it accepts. May be changed while it runs."""
        return self._state.token

    @token.setter
    def token(self, token: str) -> None:
        self._state.token = token

    @property
    def app_version(self) -> str:
        """The app version to behave like. May be changed while it runs."""
        return self._state.app_version

    @app_version.setter
    def app_version(self, version: str) -> None:
        parse_app_version(version)
        self._state.app_version = version

    @property
    def page_size(self) -> int | None:
        """The default page size of every listing. May be changed while it runs.

        None means the page sizes of the app.
        """
        return self._state.page_size

    @page_size.setter
    def page_size(self, size: int | None) -> None:
        self._state.page_size = size

    @property
    def scopes(self) -> Collection[str]:
        """What the token may do, of "read" and "write". May be changed while it runs."""
        return self._state.scopes

    @scopes.setter
    def scopes(self, scopes: Collection[str]) -> None:
        self._state.scopes = scopes

    @property
    def rate_limit(self) -> RateLimit | None:
        """The limit on requests. May be changed while it runs. None disables it."""
        return self._state.rate_limit

    @rate_limit.setter
    def rate_limit(self, limit: RateLimit | None) -> None:
        self._state.rate_limit = limit

    # -- requests ---------------------------------------------------------------------------

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests received so far, oldest first. Only the last 100,000 are kept."""
        return list(self._state.requests)

    def clear_requests(self) -> None:
        """Forget the requests received so far."""
        self._state.requests.clear()

    # -- responses --------------------------------------------------------------------------

    def respond_next(
        self,
        status: int | None = 500,
        json: Any = None,
        text: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        times: int = 1,
        delay: float = 0.0,
        method: str | None = None,
        path: str | None = None,
        before: bool = False,
    ) -> None:
        """Script the response to the next matching requests.

        The request takes effect all the same, as if the response were replaced on its way to the
        client. With `before` it has no effect.

        Args:
            status: HTTP status. None keeps the real response, and only adds `delay` and `headers`.
            json: The body, as JSON. Without `json` and `text`, a status of 400 or more gets the
                error body of the app, and any other status an empty body.
            text: The body, as text or bytes. Not together with `json`.
            headers: Headers to add or to replace.
            times: Number of matching requests that get this response. At least 1.
            delay: Seconds before the response is sent.
            method: HTTP method of the requests. None means all methods.
            path: Path of the requests, percent-encoded or decoded, with or without the base path.
                ``*`` matches any text. None means all paths.
            before: True if the response is sent instead of handling the request.

        Raises:
            ValueError: `times` is less than 1, or both `json` and `text` are given.

        Example:
            from beeper_async.testing import Simulator

            async with Simulator() as sim:
                sim.respond_next(429, headers={"Retry-After": "0.01"}, path="/v1/chats")
                async with AsyncBeeperDesktop(base_url=sim.url, access_token=sim.token) as client:
                    await client.chats.list()
                print(len(sim.requests))  # 2: the client retried
        """
        body, described = scripted_body(status, json, text)
        self._state.responses.add(
            ScriptedResponse(
                method=method,
                path=path,
                times=times,
                before=before,
                delay=delay,
                status=status,
                body=body,
                headers=merged_headers(described, headers),
            )
        )

    def drop_next(
        self,
        times: int = 1,
        method: str | None = None,
        path: str | None = None,
        before: bool = False,
        delay: float = 0.0,
    ) -> None:
        """Close the connection instead of responding to the next matching requests.

        aiohttp retries GET, HEAD, PUT and DELETE once by itself when a kept-alive connection
        breaks, so such a request may need ``times=2`` to fail. For other faults of connections use
        `FaultProxy`.

        Args:
            times: Number of matching requests whose connection is closed. At least 1.
            method: HTTP method of the requests. None means all methods.
            path: Path of the requests, as in `respond_next`. None means all paths.
            before: True if the request has no effect.
            delay: Seconds before the connection is closed.

        Raises:
            ValueError: `times` is less than 1.
        """
        self._state.responses.add(
            ScriptedResponse(
                method=method, path=path, times=times, before=before, delay=delay, drop=True
            )
        )

    def refuse_while_starting(
        self,
        requests: int | None = None,
        path: str | None = None,
        *,
        seconds: float | None = None,
    ) -> None:
        """Answer 400 VALIDATION_ERROR to requests that are right, as an app that still syncs.

        Args:
            requests: Number of requests after which it ends. At least 1. None means 1, or no limit
                if `seconds` is given.
            path: Path of the requests, as in `respond_next`. None means all paths.
            seconds: Seconds after which it ends. More than 0. None means no limit.

        Raises:
            ValueError: `requests` is less than 1, or `seconds` is not more than 0.
        """
        if seconds is not None and not seconds > 0:
            raise ValueError("seconds must be more than 0")
        body, described = scripted_body(400, None, None)
        self._state.responses.add(
            ScriptedResponse(
                method=None,
                path=path,
                times=1 if requests is None and seconds is None else requests,
                before=True,
                status=400,
                body=body,
                headers=described,
                ends_at=None if seconds is None else time.monotonic() + seconds,
            )
        )

    def fail_chat(self, chat_id: str, status: int = 500) -> None:
        """Answer with an error to all requests of one chat, until `heal_chat`.

        Listings of chats and the WebSocket still show it.

        Args:
            chat_id: ID of the chat.
            status: HTTP status, 400 to 599.

        Raises:
            KeyError: The chat does not exist.
            ValueError: `status` is no error.

        Example:
            from beeper_async.testing import Simulator

            async with Simulator() as sim:
                chat = sim.world.by_activity()[0]
                sim.fail_chat(chat["id"])
                async with AsyncBeeperDesktop(base_url=sim.url, access_token=sim.token) as client:
                    once = client.with_options(max_retries=0)
                    try:
                        await once.messages.list(chat["id"])
                    except InternalServerError as error:
                        print(error.status_code)  # 500
        """
        if not 400 <= status <= 599:
            raise ValueError("status must be an error: 400 to 599")
        self._state.failing_chats[self.world.chats[chat_id]["id"]] = status

    def heal_chat(self, chat_id: str) -> None:
        """Let requests of a chat succeed again. No effect if they do."""
        self._state.failing_chats.pop(chat_id, None)

    def clear_responses(self) -> None:
        """Forget the scripted responses, and dropped connections, that were not used."""
        self._state.responses.clear()

    def set_listing_faults(self, *faults: ListingFault, listing: ListingName | None = None) -> None:
        """Replace the faults of one listing, or of all.

        Args:
            faults: Faults of the module `listing_faults`. Each one changes what the ones after it
                serve.
            listing: Name of the listing, such as "chats.list". None means all listings.

        Raises:
            ValueError: There is no listing of this name.
        """
        self._state.listing_faults.set(faults, listing)

    def clear_listing_faults(self, listing: ListingName | None = None) -> None:
        """Serve one listing without faults, or all of them if `listing` is None."""
        self._state.listing_faults.set((), listing)

    # -- lifecycle --------------------------------------------------------------------------

    async def _start(self) -> None:
        if self._state.port is not None:
            raise RuntimeError("the simulator is already running")
        server = Server(self._state, ALL_ROUTES, self.sockets)
        self._state.port = await server.start(self._wanted_port)
        self._server = server
        if self._chatter_seconds is not None:
            self._chatting = asyncio.create_task(self.chatter.run(self._chatter_seconds))

    async def _stop(self) -> None:
        if self._server is not None:
            server, self._server = self._server, None
            try:
                await server.stop()
            finally:
                self._state.port = None
                self.world.assets.close()
                await self._end_chatter()

    async def _end_chatter(self) -> None:
        chatting, self._chatting = self._chatting, None
        if chatting is not None:
            chatting.cancel()
            await asyncio.wait([chatting])
            if not chatting.cancelled():
                chatting.result()  # it only ends by itself when it fails

    async def __aenter__(self) -> Self:
        await self._start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stop()

    def __enter__(self) -> Self:
        if self._state.port is not None:
            raise RuntimeError("the simulator is already running")
        thread = LoopThread("beeper-simulator", self._start, self._stop)
        thread.start()
        self._thread = thread
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread is not None:
            thread, self._thread = self._thread, None
            thread.stop()
