"""GET /v1/ws: the door to the live events."""

from __future__ import annotations

from ..server.refusals import RefusalError
from ..server.routing import Route, RoutedRequest, RouteResponse
from ..server.versions import SOCKET


def needs_upgrade(_: RoutedRequest) -> RouteResponse:
    """Refuse a request that does not ask for a WebSocket; those that do never get here."""
    raise RefusalError(426, "Expected a WebSocket upgrade", headers={"Upgrade": "websocket"})


ROUTES = [
    Route(method="GET", path="/v1/ws", handler=needs_upgrade, since=SOCKET, upgrades=True),
]
