"""The HTTP side: recording, planned answers, the token check and error bodies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from ..routes import ALL_ROUTES
from .incoming import BrokenOffError, Incoming
from .inputs import QueryReader
from .recording import RecordedRequest
from .refusals import RefusalError, error_body
from .routing import Answer, Call, Route, RouteTable
from .scripted_responses import Plan
from .versions import parse_version

if TYPE_CHECKING:
    from ..simulator import Simulator

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
            for site in list(self._runner.sites):
                await site.stop()
            await self._simulator.sockets.stop()
            await self._runner.cleanup()
            await asyncio.sleep(0)  # a transport that was aborted closes its socket a turn later
            self._runner = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        found = self._find(request)
        if found is not None and found[0].streams:
            return await self._handle_stream(request)
        if found is not None and found[0].upgrades and _asks_for_socket(request):
            return await self._handle_upgrade(request, found[0])
        body = await request.read()
        self._remember(request, body, len(body))
        plan = self._take_plan(request)
        if plan is not None and plan.replaces_handler:
            response = web.Response()
        else:
            response = self._answer(request, body)
        return await self._finished(plan, request, response)

    async def _handle_stream(self, request: web.Request) -> web.StreamResponse:
        incoming = Incoming(request.content.iter_any())
        plan = self._take_plan(request)
        try:
            if plan is not None and plan.replaces_handler:
                response = web.Response()
            else:
                response = await self._answer_stream(request, incoming)
            # An answer before the end of the request would confuse many a client.
            await incoming.drain()
        except BrokenOffError:
            return web.Response(status=400)  # which nobody will see
        finally:
            self._remember(request, incoming.head, incoming.size)
        return await self._finished(plan, request, response)

    async def _handle_upgrade(self, request: web.Request, route: Route) -> web.StreamResponse:
        self._remember(request, b"", 0)
        plan = self._take_plan(request)
        refusal = self._refusal(request, route)
        if refusal is not None or (plan is not None and (plan.drop or plan.status is not None)):
            return await self._finished(plan, request, refusal or web.Response())
        version = {"X-Beeper-Desktop-Version": self._simulator.app_version}
        if plan is not None:
            await self._hold_back(plan)
            version |= plan.headers
        return await self._simulator.sockets.serve(request, version)

    def _refusal(self, request: web.Request, route: Route) -> web.Response | None:
        try:
            self._check_token(route, request.headers.get("Authorization", ""))
        except RefusalError as error:
            return self._refused(request, error)
        return None

    def _remember(self, request: web.Request, body: bytes, size: int) -> None:
        self._record(
            RecordedRequest(
                method=request.method,
                raw_path=request.raw_path,
                headers=request.headers,
                body=body,
                body_size=size,
            )
        )

    def _take_plan(self, request: web.Request) -> Plan | None:
        return self._simulator.plans.take(
            request.method, request.raw_path, self._simulator.base_path
        )

    async def _finished(
        self, plan: Plan | None, request: web.Request, response: web.Response
    ) -> web.Response:
        if plan is not None:
            response = await self._carry_out(plan, request, response)
        response.headers.setdefault("X-Beeper-Desktop-Version", self._simulator.app_version)
        return response

    async def _carry_out(
        self, plan: Plan, request: web.Request, real: web.Response
    ) -> web.Response:
        await self._hold_back(plan)
        if plan.drop and request.transport is not None:
            request.transport.abort()
        if plan.status is None:
            real.headers.update(plan.headers)
            return real
        return web.Response(status=plan.status, body=plan.body, headers=plan.headers)

    async def _hold_back(self, plan: Plan) -> None:
        if plan.delay:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), plan.delay)

    def _answer(self, request: web.Request, body: bytes) -> web.Response:
        # Written out while the lock is held: an answer refers to the world, it is not a copy of it.
        with self._simulator.world.lock:
            try:
                answer = self._dispatch(request, body, Incoming(_nothing()))
                if not isinstance(answer, Answer):
                    raise TypeError("the handler is a coroutine, so its route must say streams")
                return _written(answer)
            except Exception as error:
                return self._refused(request, error)

    async def _answer_stream(self, request: web.Request, incoming: Incoming) -> web.Response:
        try:
            answer = self._dispatch(request, b"", incoming)
            return _written(answer if isinstance(answer, Answer) else await answer)
        except BrokenOffError:
            raise
        except Exception as error:
            return self._refused(request, error)

    @staticmethod
    def _refused(request: web.Request, error: Exception) -> web.Response:
        if isinstance(error, RefusalError):
            return _written(Answer(error.body, error.status, error.headers))
        _log.error(
            "%s %s failed in the simulator", request.method, request.raw_path, exc_info=error
        )
        return _written(Answer(error_body(500), 500))

    def _find(self, request: web.Request) -> tuple[Route, dict[str, str]] | None:
        base_path = self._simulator.base_path
        path = request.raw_path.partition("?")[0]
        if not path.startswith(base_path + "/"):
            return None
        version = parse_version(self._simulator.app_version)
        return self._routes.find(request.method, path.removeprefix(base_path), version)

    def _dispatch(
        self, request: web.Request, body: bytes, incoming: Incoming
    ) -> Answer | Awaitable[Answer]:
        simulator = self._simulator
        path, _, query = request.raw_path.partition("?")
        found = self._find(request)
        if found is None:
            shown = path.removeprefix(simulator.base_path)
            raise RefusalError(404, f"Route {request.method} {shown} not found")
        route, params = found
        self._check_token(route, request.headers.get("Authorization", ""))
        return route.handler(
            Call(
                world=simulator.world,
                version=parse_version(simulator.app_version),
                version_text=simulator.app_version,
                base_url=simulator.url,
                page_size=simulator.page_size,
                path=path.removeprefix(simulator.base_path),
                params=params,
                query=QueryReader(parse_qsl(query, keep_blank_values=True)),
                headers=request.headers,
                raw_body=body,
                misbehaviours=simulator.misbehaviours.of(route.listing),
                incoming=incoming,
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


def _asks_for_socket(request: web.Request) -> bool:
    return web.WebSocketResponse().can_prepare(request).ok


def _written(answer: Answer) -> web.Response:
    if answer.file is not None:
        headers = {**answer.headers, "Content-Length": str(answer.file.length)}
        return web.Response(status=answer.status, body=answer.file.chunks(), headers=headers)
    if answer.json is None:
        return web.Response(status=answer.status, headers=answer.headers)
    return web.Response(
        status=answer.status,
        body=orjson.dumps(answer.json),
        headers={**_JSON_HEADERS, **answer.headers},
    )


async def _nothing() -> AsyncIterator[bytes]:
    for chunk in tuple[bytes, ...]():
        yield chunk
