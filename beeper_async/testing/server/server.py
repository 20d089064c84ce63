"""The HTTP server: recording, scripted responses, the token check and error bodies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping
from functools import partial
from typing import Protocol
from urllib.parse import parse_qsl

from aiohttp import web

from ..hosting.json_text import json_bytes
from ..hosting.listener import Listener
from .inputs import QueryReader
from .recording import RecordedRequest
from .refusals import RefusalError, error_body
from .request_body import ClientDisconnectedError, RequestBody
from .routing import Route, RoutedRequest, RouteResponse, RouteTable
from .scripted_responses import ScriptedResponse
from .state import ServerState

_log = logging.getLogger("beeper_async.testing")
_JSON_HEADERS = {"Content-Type": "application/json; charset=utf-8"}
_MAX_BODY = 2**30
_MAX_REQUEST_LINE = 2**17


class SocketServer(Protocol):
    """What takes over the requests that become a WebSocket."""

    async def serve(self, request: web.Request, headers: Mapping[str, str]) -> web.StreamResponse:
        """Upgrade a request with these response headers, and serve it until it ends."""
        ...

    async def stop(self) -> None:
        """Close every WebSocket."""
        ...


class Server:
    """Serves the app in the running loop, from `start` to `stop`.

    Args:
        state: what the app is and does.
        routes: the endpoints.
        sockets: takes over the requests that become a WebSocket.
    """

    def __init__(self, state: ServerState, routes: Iterable[Route], sockets: SocketServer) -> None:
        self._state = state
        self._sockets = sockets
        self._routes = RouteTable(routes)
        self._runner: web.AppRunner | None = None
        self._listener: Listener | None = None
        self._stopping = asyncio.Event()

    async def start(self, port: int) -> int:
        """Listen on the port, where 0 picks a free one; return the port."""
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_route("*", r"/{anything:[\s\S]*}", self._handle)
        runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=1.0, max_line_size=_MAX_REQUEST_LINE
        )
        await runner.setup()
        try:
            self._listener = Listener(partial(_connect, runner), port)
        except BaseException:
            await runner.cleanup()
            raise
        self._runner = runner
        return self._listener.port

    async def stop(self) -> None:
        """Close every connection and the port."""
        # Requests that are being held back must not hold back the end.
        self._stopping.set()
        if self._listener is not None and self._runner is not None:
            self._listener.close()
            # What was accepted has to become a connection first: only those can be closed.
            await self._listener.wait_served()
            await self._sockets.stop()
            await self._runner.cleanup()
            await asyncio.sleep(0)  # a transport that was aborted closes its socket a turn later
            self._listener = self._runner = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        found = self._find(request)
        if found is not None and found[0].streams:
            return await self._handle_stream(request)
        if found is not None and found[0].upgrades and _asks_for_socket(request):
            return await self._handle_upgrade(request, found[0])
        body = await request.read()
        self._remember(request, body, len(body))
        scripted = self._take_scripted(request)
        if scripted is not None and scripted.replaces_handler:
            response = web.Response()
        else:
            response = self._respond(request, body)
        return await self._finished(scripted, request, response)

    async def _handle_stream(self, request: web.Request) -> web.StreamResponse:
        stream = RequestBody(request.content.iter_any())
        scripted = self._take_scripted(request)
        try:
            if scripted is not None and scripted.replaces_handler:
                response = web.Response()
            else:
                response = await self._respond_to_stream(request, stream)
            # A response before the end of the request would confuse many a client.
            await stream.drain()
        except ClientDisconnectedError:
            return web.Response(status=400)  # which nobody will see
        finally:
            self._remember(request, stream.head, stream.size)
        return await self._finished(scripted, request, response)

    async def _handle_upgrade(self, request: web.Request, route: Route) -> web.StreamResponse:
        self._remember(request, b"", 0)
        scripted = self._take_scripted(request)
        refusal = self._refusal(request, route)
        if refusal is not None or (
            scripted is not None and (scripted.drop or scripted.status is not None)
        ):
            return await self._finished(scripted, request, refusal or web.Response())
        version = {"X-Beeper-Desktop-Version": self._state.app_version}
        if scripted is not None:
            await self._hold_back(scripted)
            version |= scripted.headers
        return await self._sockets.serve(request, version)

    def _refusal(self, request: web.Request, route: Route) -> web.Response | None:
        try:
            self._check_token(route, request.headers.get("Authorization", ""))
        except RefusalError as error:
            return self._refused(request, error)
        return None

    def _remember(self, request: web.Request, body: bytes, size: int) -> None:
        self._state.requests.append(
            RecordedRequest(
                method=request.method,
                raw_path=request.raw_path,
                headers=request.headers,
                body=body,
                body_size=size,
            )
        )

    def _take_scripted(self, request: web.Request) -> ScriptedResponse | None:
        return self._state.responses.take(request.method, request.raw_path, self._state.base_path)

    async def _finished(
        self, scripted: ScriptedResponse | None, request: web.Request, response: web.Response
    ) -> web.Response:
        if scripted is not None:
            response = await self._carry_out(scripted, request, response)
        response.headers.setdefault("X-Beeper-Desktop-Version", self._state.app_version)
        return response

    async def _carry_out(
        self, scripted: ScriptedResponse, request: web.Request, real: web.Response
    ) -> web.Response:
        await self._hold_back(scripted)
        if scripted.drop and request.transport is not None:
            request.transport.abort()
        if scripted.status is None:
            real.headers.update(scripted.headers)
            return real
        return web.Response(status=scripted.status, body=scripted.body, headers=scripted.headers)

    async def _hold_back(self, scripted: ScriptedResponse) -> None:
        if scripted.delay:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), scripted.delay)

    def _respond(self, request: web.Request, body: bytes) -> web.Response:
        # Written out while the lock is held, because a response refers to the world.
        with self._state.world.lock:
            try:
                response = self._dispatch(request, body, RequestBody(_nothing()))
                if not isinstance(response, RouteResponse):
                    raise TypeError("the handler is a coroutine, so its route must say streams")
                return _written(response)
            except Exception as error:
                return self._refused(request, error)

    async def _respond_to_stream(self, request: web.Request, stream: RequestBody) -> web.Response:
        try:
            response = self._dispatch(request, b"", stream)
            return _written(response if isinstance(response, RouteResponse) else await response)
        except ClientDisconnectedError:
            raise
        except Exception as error:
            return self._refused(request, error)

    @staticmethod
    def _refused(request: web.Request, error: Exception) -> web.Response:
        if isinstance(error, RefusalError):
            return _written(RouteResponse(error.body, error.status, error.headers))
        _log.error(
            "%s %s failed in the simulator", request.method, request.raw_path, exc_info=error
        )
        return _written(RouteResponse(error_body(500), 500))

    def _find(self, request: web.Request) -> tuple[Route, dict[str, str]] | None:
        base_path = self._state.base_path
        path = request.raw_path.partition("?")[0]
        if not path.startswith(base_path + "/"):
            return None
        version = self._state.version
        return self._routes.find(request.method, path.removeprefix(base_path), version)

    def _dispatch(
        self, request: web.Request, body: bytes, stream: RequestBody
    ) -> RouteResponse | Awaitable[RouteResponse]:
        state = self._state
        path, _, query = request.raw_path.partition("?")
        found = self._find(request)
        if found is None:
            shown = path.removeprefix(state.base_path)
            raise RefusalError(404, f"Route {request.method} {shown} not found")
        route, params = found
        self._check_token(route, request.headers.get("Authorization", ""))
        if state.rate_limit is not None:
            state.rate_limit.check()
        return route.handler(
            RoutedRequest(
                world=state.world,
                version=state.version,
                version_text=state.app_version,
                base_url=state.url,
                page_size=state.page_size,
                path=path.removeprefix(state.base_path),
                params=params,
                query=QueryReader(parse_qsl(query, keep_blank_values=True)),
                headers=request.headers,
                raw_body=body,
                message_cursors=state.message_cursors,
                listing_faults=state.listing_faults.of(route.listing),
                failing_chats=state.failing_chats,
                stream=stream,
            )
        )

    def _check_token(self, route: Route, authorization: str) -> None:
        if route.public:
            return
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or token.strip() != self._state.token:
            raise RefusalError(401)
        if route.scope not in self._state.scopes:
            raise RefusalError(403, f"Token lacks the {route.scope} scope")


async def _connect(runner: web.AppRunner, accepted: socket.socket) -> None:
    if runner.server is not None:  # which it is from its set-up on
        with contextlib.suppress(OSError):  # the client is gone again
            loop = asyncio.get_running_loop()
            await loop.connect_accepted_socket(runner.server, accepted)


def _asks_for_socket(request: web.Request) -> bool:
    return web.WebSocketResponse().can_prepare(request).ok


def _written(response: RouteResponse) -> web.Response:
    if response.file is not None:
        headers = {**response.headers, "Content-Length": str(response.file.length)}
        return web.Response(status=response.status, body=response.file.chunks(), headers=headers)
    if response.json is None:
        return web.Response(status=response.status, headers=response.headers)
    return web.Response(
        status=response.status,
        body=json_bytes(response.json),
        headers={**_JSON_HEADERS, **response.headers},
    )


async def _nothing() -> AsyncIterator[bytes]:
    for chunk in tuple[bytes, ...]():
        yield chunk
