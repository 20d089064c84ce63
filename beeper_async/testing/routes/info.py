"""GET /v1/info: what kind of app this is and where its doors are."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..server.routing import Route, RoutedRequest, RouteResponse
from ..server.versions import INFO_AND_REACTIONS


def retrieve(request: RoutedRequest) -> RouteResponse:
    """Describe the app; the names in this one response are snake_case."""
    base = request.base_url
    address = urlsplit(base)
    return RouteResponse(
        {
            "app": dict(request.app),
            "platform": {"os": "linux", "arch": "x64", "release": "v24.14.0"},
            "server": {
                "status": "running",
                "base_url": base,
                "port": address.port,
                "hostname": address.hostname,
                "remote_access": False,
                "mcp_enabled": True,
            },
            "endpoints": {
                "oauth": {
                    "authorization_endpoint": f"{base}/oauth/authorize",
                    "token_endpoint": f"{base}/oauth/token",
                    "introspection_endpoint": f"{base}/oauth/introspect",
                    "userinfo_endpoint": f"{base}/oauth/userinfo",
                    "revocation_endpoint": f"{base}/oauth/revoke",
                    "registration_endpoint": f"{base}/oauth/register",
                },
                "spec": f"{base}/v1/spec",
                "mcp": f"{base}/v0/mcp",
                "ws_events": f"{base}/v1/ws",
            },
        }
    )


ROUTES = [
    Route(method="GET", path="/v1/info", handler=retrieve, since=INFO_AND_REACTIONS, public=True)
]
