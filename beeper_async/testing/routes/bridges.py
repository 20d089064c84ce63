"""Bridges, the ways to sign in to them, and who is signed in."""

from __future__ import annotations

import re
from typing import Any

from ..server.refusals import impossible, issue, malformed, not_found
from ..server.routing import Answer, Call, Route
from ..server.versions import BRIDGES_AND_SETUP
from ..world.bridge_catalog import BridgeKind

Json = dict[str, Any]


def named_bridge(call: Call) -> BridgeKind:
    """The bridge named by the path."""
    bridge_id = call.params["bridgeID"]
    if not re.fullmatch(r"[A-Za-z0-9_-]+", bridge_id):
        raise malformed(issue("invalid_string", "Not a bridge ID", "params", "bridgeID"))
    kind = call.world.logins.bridges.get(bridge_id)
    if kind is None:
        raise not_found("Bridge", bridgeID=bridge_id)
    return kind


def list_bridges(call: Call) -> Answer:
    """The bridges of the app."""
    logins = call.world.logins
    return Answer({"items": [logins.show_bridge(kind) for kind in logins.bridges.values()]})


def retrieve(call: Call) -> Answer:
    """One bridge."""
    return Answer(call.world.logins.show_bridge(named_bridge(call)))


def capabilities(call: Call) -> Answer:
    """What a bridge can look up and create; the names in this answer are snake_case."""
    return Answer(named_bridge(call).capabilities)


def list_flows(call: Call) -> Answer:
    """The ways to sign in."""
    return Answer({"items": [flow.wire() for flow in named_bridge(call).flows]})


def list_logins(call: Call) -> Answer:
    """Who is signed in, or was."""
    return Answer({"items": call.world.logins.listed(named_bridge(call).id)})


def _named_login(call: Call) -> Json:
    kind = named_bridge(call)
    login = call.world.logins.find(kind.id, call.params["loginID"])
    if login is None:
        raise not_found("Login", bridgeID=kind.id, loginID=call.params["loginID"])
    return login


def retrieve_login(call: Call) -> Answer:
    """One login."""
    return Answer(_named_login(call))


def remove_login(call: Call) -> Answer:
    """Sign out."""
    login = _named_login(call)
    body = call.body()
    scope = body.choice("scope", ("current-device", "all-devices"), required=True)
    body.finish()
    if scope not in login["removeScopes"]:
        message = f"This login takes {' or '.join(login['removeScopes'])}"
        raise impossible(issue("invalid_enum_value", message, "body", "scope"))
    return Answer(
        {
            "bridgeID": login["bridgeID"],
            "loginID": login["loginID"],
            "scope": scope,
            "status": "removed",
            "affectedAccountIDs": call.world.logins.forget(login["bridgeID"], login["loginID"]),
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
