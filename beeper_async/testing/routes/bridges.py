"""Bridges, the ways to sign in to them, and who is signed in."""

from __future__ import annotations

import re
from typing import Any

from ..server.refusals import impossible, issue, malformed, not_found
from ..server.routing import Route, RoutedRequest, RouteResponse
from ..server.versions import BRIDGES_AND_SETUP
from ..world.bridge_catalog import BridgeKind

Json = dict[str, Any]


def named_bridge(request: RoutedRequest) -> BridgeKind:
    """The bridge named by the path."""
    bridge_id = request.params["bridgeID"]
    if not re.fullmatch(r"[A-Za-z0-9_-]+", bridge_id):
        raise malformed(issue("invalid_string", "Not a bridge ID", "params", "bridgeID"))
    kind = request.world.logins.bridges.get(bridge_id)
    if kind is None:
        raise not_found("Bridge", bridgeID=bridge_id)
    return kind


def list_bridges(request: RoutedRequest) -> RouteResponse:
    """The bridges of the app."""
    logins = request.world.logins
    return RouteResponse({"items": [logins.show_bridge(kind) for kind in logins.bridges.values()]})


def retrieve(request: RoutedRequest) -> RouteResponse:
    """One bridge."""
    return RouteResponse(request.world.logins.show_bridge(named_bridge(request)))


def capabilities(request: RoutedRequest) -> RouteResponse:
    """What a bridge can look up and create; the names in this response are snake_case."""
    return RouteResponse(named_bridge(request).capabilities)


def list_flows(request: RoutedRequest) -> RouteResponse:
    """The ways to sign in."""
    return RouteResponse({"items": [flow.wire() for flow in named_bridge(request).flows]})


def list_logins(request: RoutedRequest) -> RouteResponse:
    """Who is signed in, or was."""
    return RouteResponse({"items": request.world.logins.listed(named_bridge(request).id)})


def _named_login(request: RoutedRequest) -> Json:
    kind = named_bridge(request)
    login = request.world.logins.find(kind.id, request.params["loginID"])
    if login is None:
        raise not_found("Login", bridgeID=kind.id, loginID=request.params["loginID"])
    return login


def retrieve_login(request: RoutedRequest) -> RouteResponse:
    """One login."""
    return RouteResponse(_named_login(request))


def remove_login(request: RoutedRequest) -> RouteResponse:
    """Sign out."""
    login = _named_login(request)
    body = request.body()
    scope = body.choice("scope", ("current-device", "all-devices"), required=True)
    body.finish()
    if scope not in login["removeScopes"]:
        message = f"This login takes {' or '.join(login['removeScopes'])}"
        raise impossible(issue("invalid_enum_value", message, "body", "scope"))
    return RouteResponse(
        {
            "bridgeID": login["bridgeID"],
            "loginID": login["loginID"],
            "scope": scope,
            "status": "removed",
            "affectedAccountIDs": request.world.logins.forget(login["bridgeID"], login["loginID"]),
        }
    )


_ALL = "/v1/bridges"
_ONE = "/v1/bridges/{bridgeID}"
_LOGIN = _ONE + "/logins/{loginID}"
_SINCE = BRIDGES_AND_SETUP

ROUTES = [
    Route(method="GET", path=_ALL, handler=list_bridges, since=_SINCE),
    Route(method="GET", path=_ONE, handler=retrieve, since=_SINCE),
    Route(method="GET", path=f"{_ONE}/capabilities", handler=capabilities, since=_SINCE),
    Route(method="GET", path=f"{_ONE}/login-flows", handler=list_flows, since=_SINCE),
    Route(method="GET", path=f"{_ONE}/logins", handler=list_logins, since=_SINCE),
    Route(method="GET", path=_LOGIN, handler=retrieve_login, since=_SINCE),
    Route(method="POST", path=f"{_LOGIN}/remove", handler=remove_login, since=_SINCE),
]
