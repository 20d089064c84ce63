"""The simulator: one local server with a world behind it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from .demo.demo_world import demo_world
from .demo.generated import crowded_world
from .hosting.loop_thread import LoopThread
from .listings.listing_faults import ListingName, Misbehaviour, MisbehaviourBook
from .server.recording import RecordedRequest
from .server.scripted_responses import Plan, PlanBook, planned_body
from .server.server import Server
from .server.versions import parse_version
from .websocket.sockets import Sockets
from .world.chatter import Talk
from .world.clock import Clock
from .world.world import World

_REMEMBERED_REQUESTS = 100_000


class Simulator:
    """A Beeper Desktop app that exists only on 127.0.0.1.

    ``async with Simulator() as sim:`` runs it in the current event loop. ``with Simulator() as
    sim:`` runs it in a thread of its own, for blocking code. Everything here may be used from any
    thread.

    Args:
        token: the only access token it accepts.
        app_version: the version to behave like; may be changed while running.
        chats: None for the hand-written demo world, or how many generated chats to have.
        page_size: replaces the default page size of every listing.
        scopes: what the token may do, out of "read" and "write"; may be changed while running.
        port: the port to listen on; 0 picks a free one.
        base_path: a path in front of /v1, as behind a reverse proxy.
        misbehave: how to serve all listings wrongly from the start; see `misbehave`.
        now: None stops the clock at a fixed moment, so that two runs give the same answers;
            a moment lets it run on from there.
        talk: None leaves it to you what others do; otherwise they say something by themselves,
            every so many seconds on average, as long as the simulator runs. It goes well with
            ``now=datetime.now(UTC)``.
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
        misbehave: Sequence[Misbehaviour] = (),
        now: datetime | None = None,
        talk: float | None = None,
    ) -> None:
        if talk is not None and not talk > 0:
            raise ValueError("talk must be more than 0 seconds")
        self.token = token
        self.app_version = app_version
        self.page_size = page_size
        self.scopes = scopes
        self.base_path: str = "/" + base_path.strip("/") if base_path.strip("/") else ""
        self.plans: PlanBook = PlanBook()
        self.misbehaviours: MisbehaviourBook = MisbehaviourBook()
        self.misbehave(*misbehave)
        clock = Clock(now)
        self.world: World = demo_world(clock) if chats is None else crowded_world(clock, chats)
        self.sockets: Sockets = Sockets(self.world, lambda: self.app_version)
        self.talk: Talk = Talk(self.world)
        self._seconds_of_talk = talk
        self._talking: asyncio.Task[None] | None = None
        self._wanted_port = port
        self._port: int | None = None
        self._server: Server | None = None
        self._thread: LoopThread | None = None
        self._requests: deque[RecordedRequest] = deque(maxlen=_REMEMBERED_REQUESTS)

    @property
    def app_version(self) -> str:
        """The app version to behave like."""
        return self._app_version

    @app_version.setter
    def app_version(self, version: str) -> None:
        parse_version(version)
        self._app_version = version

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        if self._port is None:
            raise RuntimeError("the simulator is not running; enter it with 'with' or 'async with'")
        return f"http://127.0.0.1:{self._port}{self.base_path}"

    # -- what came in -----------------------------------------------------------------------

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests received so far, oldest first (the last 100,000 of them)."""
        return list(self._requests)

    def clear_requests(self) -> None:
        """Forget the requests received so far."""
        self._requests.clear()

    # -- what goes out ----------------------------------------------------------------------

    def answer_next(
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
        """Plan the answer to the next matching requests.

        The real handler runs first and its effect stays: the app did it, but its answer was
        replaced on the way. With `before` the handler does not run.

        Without `json` and `text` an error status gets the app's usual error body. A status of None
        keeps the real answer and only adds the delay and the headers. `path` is compared with the
        path as it was sent and as decoded, with and without the base path; ``*`` in it stands for
        anything.
        """
        body, described = planned_body(status, json, text)
        self.plans.add(
            Plan(
                method=method,
                path=path,
                times=times,
                before=before,
                delay=delay,
                status=status,
                body=body,
                headers=_with_headers(described, headers),
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
        """Plan to close the connection instead of answering the next matching requests.

        aiohttp's own client silently repeats GET, HEAD, PUT and DELETE once when a kept-alive
        connection breaks, so such a request may need ``times=2`` to fail.
        """
        self.plans.add(
            Plan(method=method, path=path, times=times, before=before, delay=delay, drop=True)
        )

    def clear_plans(self) -> None:
        """Forget the planned answers that were not used."""
        self.plans.clear()

    def misbehave(self, *modes: Misbehaviour, listing: ListingName | None = None) -> None:
        """Serve one listing, or all of them, wrongly from now on; see `misbehaviour` for the modes.

        With several modes each works on what the ones after it serve. What was set before for the
        listing is replaced.
        """
        self.misbehaviours.set(modes, listing)

    def behave(self, listing: ListingName | None = None) -> None:
        """Serve one listing, or all of them, rightly again."""
        self.misbehaviours.set((), listing)

    # -- lifecycle --------------------------------------------------------------------------

    async def _start(self) -> None:
        if self._port is not None:
            raise RuntimeError("the simulator is already running")
        server = Server(self, self._requests.append)
        self._port = await server.start(self._wanted_port)
        self._server = server
        if self._seconds_of_talk is not None:
            self._talking = asyncio.create_task(self.talk.run(self._seconds_of_talk))

    async def _stop(self) -> None:
        if self._server is not None:
            server, self._server = self._server, None
            try:
                await server.stop()
            finally:
                self._port = None
                self.world.assets.close()
                await self._end_talk()

    async def _end_talk(self) -> None:
        talking, self._talking = self._talking, None
        if talking is not None:
            talking.cancel()
            await asyncio.wait([talking])
            if not talking.cancelled():
                talking.result()  # it only ends by itself when it fails

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
        if self._port is not None:
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


def _with_headers(described: dict[str, str], wanted: Mapping[str, str] | None) -> dict[str, str]:
    named = {name.lower() for name in wanted or {}}
    kept = {name: value for name, value in described.items() if name.lower() not in named}
    return {**kept, **(wanted or {})}
