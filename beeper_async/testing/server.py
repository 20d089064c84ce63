"""The HTTP side: recording, planned answers, the token check and error bodies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from .calls import Answer, Call, Route, RouteTable
from .failures import RefusalError, error_body
from .inputs import QueryReader
from .plans import Plan
from .recording import RecordedRequest
from .routes import ALL_ROUTES
from .versions import parse_version

if TYPE_CHECKING:
    from .simulator import Simulator

_log = logging.getLogger("beeper_async.testing")
_JSON_HEADERS = {"Content-Type": "application/json; charset=utf-8"}
_MAX_BODY = 2**30
_MAX_REQUEST_LINE = 2**17


class Server:
    """Serves one simulator in the running loop, from `start` to `stop`."""

    def __init__(self, simulator: Simulator, record: Callable[[RecordedRequest], None]) -> None:
        self._simulator = simulator
        self._record = record
        self._routes = RouteTable(ALL_ROUTES)
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()

    async def start(self, port: int) -> int:
        """Begin to listen; gives the port."""
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_route("*", r"/{anything:[\s\S]*}", self._handle)
        runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=1.0, max_line_size=_MAX_REQUEST_LINE
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
        except BaseException:
            await runner.cleanup()
            raise
        self._runner = runner
        address = runner.addresses[0]
        return int(address[1])

    async def stop(self) -> None:
        """Close every connection and the port."""
        # Requests that are being held back must not hold back the end.
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self._record(
            RecordedRequest(
                method=request.method, raw_path=request.raw_path, headers=request.headers, body=body
            )
        )
        base_path = self._simulator.base_path
        plan = self._simulator.plans.take(request.method, request.raw_path, base_path)
        if plan is not None and plan.before and (plan.drop or plan.status is not None):
            response = web.Response()
        else:
            response = self._answer(request, body)
        if plan is not None:
            response = await self._carry_out(plan, request, response)
        response.headers.setdefault("X-Beeper-Desktop-Version", self._simulator.app_version)
        return response

    async def _carry_out(
        self, plan: Plan, request: web.Request, real: web.Response
    ) -> web.Response:
        if plan.delay:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), plan.delay)
        if plan.drop and request.transport is not None:
            request.transport.abort()
        if plan.status is None:
            real.headers.update(plan.headers)
            return real
        return web.Response(status=plan.status, body=plan.body, headers=plan.headers)

    def _answer(self, request: web.Request, body: bytes) -> web.Response:
        # Written out while the lock is held: an answer refers to the world, it is not a copy of it.
        with self._simulator.world.lock:
            try:
                answer = self._dispatch(request.method, request.raw_path, request.headers, body)
                return self._written(answer)
            except RefusalError as refusal:
                return self._written(Answer(refusal.body, refusal.status))
            except Exception:
                _log.exception("%s %s failed in the simulator", request.method, request.raw_path)
                return self._written(Answer(error_body(500), 500))

    @staticmethod
    def _written(answer: Answer) -> web.Response:
        if answer.json is None:
            return web.Response(status=answer.status)
        return web.Response(
            status=answer.status, body=orjson.dumps(answer.json), headers=_JSON_HEADERS
        )

    def _dispatch(
        self, method: str, raw_path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        simulator = self._simulator
        version = parse_version(simulator.app_version)
        path, _, query = raw_path.partition("?")
        inside = path.startswith(simulator.base_path + "/")
        path = path.removeprefix(simulator.base_path)
        found = self._routes.find(method, path, version) if inside else None
        if found is None:
            raise RefusalError(404, f"Route {method} {path} not found")
        route, params = found
        self._check_token(route, headers.get("Authorization", ""))
        return route.handler(
            Call(
                world=simulator.world,
                version=version,
                version_text=simulator.app_version,
                base_url=simulator.url,
                page_size=simulator.page_size,
                params=params,
                query=QueryReader(parse_qsl(query, keep_blank_values=True)),
                raw_body=body,
            )
        )

    def _check_token(self, route: Route, authorization: str) -> None:
        if route.public:
            return
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or token.strip() != self._simulator.token:
            raise RefusalError(401)
        if route.scope not in self._simulator.scopes:
            raise RefusalError(403, f"Token lacks the {route.scope} scope")
