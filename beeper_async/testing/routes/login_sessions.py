"""Connecting an account, or reconnecting one."""

from __future__ import annotations

import re
from typing import Any

from ..server.refusals import Issue, RefusalError, impossible, issue, not_found
from ..server.routing import Route, RoutedRequest, RouteResponse
from ..server.versions import BRIDGES_AND_SETUP
from ..world.bridge_catalog import FIELD_PATTERNS, BridgeKind
from ..world.login_sessions import LoginSession
from .bridges import named_bridge

Json = dict[str, Any]

_STEP_TYPES = ("user_input", "cookies", "display_and_wait")
_SOURCES = ("api", "webview", "browser_extension")


def create(request: RoutedRequest) -> RouteResponse:
    """Begin to sign in."""
    kind = named_bridge(request)
    body = request.body()
    account_id = body.text("accountID", min_length=1)
    flow_id = body.text("flowID", min_length=1)
    login_id = body.text("loginID", min_length=1)
    body.finish()
    login = _wanted_login(request, kind, account_id, login_id)
    if not kind.flows:
        message = f"{kind.name} is not connected through the API"
        raise RefusalError(400, message, code="NOT_SUPPORTED")
    flow = kind.flow(flow_id)
    if flow is None:
        message = f"Expected one of {', '.join(one.id for one in kind.flows)}"
        raise impossible(issue("invalid_enum_value", message, "body", "flowID"))
    _check_room(request, kind, login)
    sessions = request.world.login_sessions
    return RouteResponse(sessions.show(sessions.start(kind, flow, login)))


def _wanted_login(
    request: RoutedRequest, kind: BridgeKind, account_id: str | None, login_id: str | None
) -> Json | None:
    account: Json = {}
    if account_id is not None:
        account = request.world.accounts.get(account_id, {})
        if account.get("bridge", {}).get("id") != kind.id:
            raise not_found("Account", bridgeID=kind.id, accountID=account_id)
        if login_id not in (None, account.get("loginID")):
            message = "This login does not own the account"
            raise impossible(issue("custom", message, "body", "loginID"))
    wanted: str | None = login_id or account.get("loginID")
    login = None if wanted is None else request.world.logins.find(kind.id, wanted)
    if wanted is not None and login is None:
        raise not_found("Login", bridgeID=kind.id, loginID=wanted)
    return login


def _check_room(request: RoutedRequest, kind: BridgeKind, login: Json | None) -> None:
    status = request.world.logins.status(kind)
    if status in ("temporarily_unavailable", "disabled"):
        raise RefusalError(409, f"{kind.name} is {status}", code="CONFLICT")
    if login is not None:
        return
    taken = not kind.multiple and request.world.logins.accounts(kind.id)
    if status == "limit_reached" or taken:
        message = f"No more accounts of {kind.name} can be connected"
        raise RefusalError(409, message, code="CONFLICT")


def _named_session(request: RoutedRequest) -> LoginSession:
    kind = named_bridge(request)
    session_id = request.params["loginSessionID"]
    session = request.world.login_sessions.find(kind.id, session_id)
    if session is None:
        raise not_found("Login session", bridgeID=kind.id, loginSessionID=session_id)
    return session


def retrieve(request: RoutedRequest) -> RouteResponse:
    """How far a session is."""
    session = _named_session(request)
    request.world.login_sessions.poll(session)
    return RouteResponse(request.world.login_sessions.show(session))


def cancel(request: RoutedRequest) -> RouteResponse:
    """Give a session up."""
    session = _named_session(request)
    _check_running(session)
    request.world.login_sessions.cancel(session)
    return RouteResponse(
        {"bridgeID": session.kind.id, "loginSessionID": session.id, "status": "cancelled"}
    )


def _check_running(session: LoginSession) -> Json:
    step = session.step
    if step is None:
        details = {"loginSessionID": session.id, "status": session.ended}
        raise RefusalError(409, f"The session is {session.ended}", details=details)
    return step


def submit(request: RoutedRequest) -> RouteResponse:
    """Submit the current step."""
    session = _named_session(request)
    body = request.body()
    kind = body.choice("type", _STEP_TYPES, required=True)
    given = body.child("fields")
    values: dict[str, str] = {}
    for name in () if given is None else given.values:
        values[name] = given.text(name) or "" if given is not None else ""
    last_url = body.text("lastURL")
    body.choice("source", _SOURCES)
    body.finish()
    step = _check_running(session)
    if request.params["stepID"] != step["stepID"]:
        details = {"stepID": request.params["stepID"], "currentStepID": step["stepID"]}
        raise RefusalError(409, "This is not the current step", details=details)
    if kind != step["type"]:
        message = f"The current step is of the type {step['type']}"
        raise impossible(issue("invalid_enum_value", message, "body", "type"))
    sessions = request.world.login_sessions
    if kind == "display_and_wait":
        sessions.poll(session)
    else:
        _check_fields(step, values, last_url)
        known = {field["id"] for field in step["fields"]}
        sessions.submit(session, {name: values[name] for name in values if name in known})
    return RouteResponse(sessions.show(session))


def _check_fields(step: Json, values: dict[str, str], last_url: str | None) -> None:
    issues: list[Issue] = []
    for field in step["fields"]:
        name: str = field["id"]
        value = values.get(name, "")
        pattern, message = FIELD_PATTERNS.get(name, (".*", ""))
        if not value and not field.get("optional"):
            issues.append(issue("invalid_type", "Required", "body", "fields", name))
        elif value and not re.fullmatch(pattern, value, re.DOTALL):
            issues.append(issue("invalid_string", message, "body", "fields", name))
    final: str = step.get("expectedFinalURLRegex", "")
    if last_url is not None and not re.search(final, last_url):
        issues.append(issue("invalid_string", "Not the page to end at", "body", "lastURL"))
    if issues:
        raise impossible(*issues)


_ALL = "/v1/bridges/{bridgeID}/login-sessions"
_ONE = _ALL + "/{loginSessionID}"
_STEP = _ONE + "/steps/{stepID}"
_SINCE = BRIDGES_AND_SETUP

ROUTES = [
    Route(method="POST", path=_ALL, handler=create, since=_SINCE),
    Route(method="GET", path=_ONE, handler=retrieve, since=_SINCE),
    Route(method="DELETE", path=_ONE, handler=cancel, since=_SINCE),
    Route(method="POST", path=_STEP, handler=submit, since=_SINCE),
]
