"""Signing in to the app itself, and its recovery key."""

from __future__ import annotations

import re
from typing import Any

from ..server.refusals import RefusalError, impossible, issue, not_found
from ..server.routing import NO_CONTENT, Route, RoutedRequest, RouteResponse
from ..server.versions import BRIDGES_AND_SETUP
from ..world.setup import SIGN_IN_CODE, Setup, SetupRequest

Json = dict[str, Any]


def signed_in(request: RoutedRequest) -> Setup:
    """The setup state, for what needs somebody to be signed in."""
    setup = request.world.setup
    setup.initialize()
    if setup.matrix is None:
        raise conflict(setup, "Nobody is signed in")
    return setup


def conflict(setup: Setup, message: str) -> RefusalError:
    """The app is in the wrong state for this."""
    return RefusalError(409, message, details={"state": setup.state})


def retrieve(request: RoutedRequest) -> RouteResponse:
    """The sign-in and encryption state."""
    setup = request.world.setup
    setup.initialize()
    setup.poll()
    return RouteResponse(setup.snapshot())


def start(request: RoutedRequest) -> RouteResponse:
    """Begin to sign in."""
    setup = _signed_out(request)
    return RouteResponse({"setupRequestID": setup.open_request().id, "signInMethods": ["email"]})


def _signed_out(request: RoutedRequest) -> Setup:
    setup = request.world.setup
    if setup.matrix is not None:
        raise conflict(setup, "Somebody is signed in already")
    return setup


def _named_attempt(setup: Setup, request_id: str | None) -> SetupRequest:
    attempt = setup.find_request(request_id or "")
    if attempt is None:
        raise not_found("Setup attempt", setupRequestID=request_id or "")
    return attempt


def email(request: RoutedRequest) -> RouteResponse:
    """Send the code."""
    body = request.body()
    address = body.text("email", required=True)
    request_id = body.text("setupRequestID", required=True)
    if address is not None and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", address):
        body.complain("invalid_string", "Not an e-mail address", "email")
    body.finish()
    setup = _signed_out(request)
    attempt = _named_attempt(setup, request_id)
    attempt.email = (address or "").casefold()
    attempt.lead_token = None
    setup.codes_sent.append(attempt.email)
    return NO_CONTENT


def response(request: RoutedRequest) -> RouteResponse:
    """Check the code; signs in, or asks to register a new address."""
    body = request.body()
    code = body.text("response", required=True)
    request_id = body.text("setupRequestID", required=True)
    body.finish()
    setup = _signed_out(request)
    attempt = _named_attempt(setup, request_id)
    if attempt.email is None or attempt.lead_token is not None:
        raise conflict(setup, "No code is expected")
    if code != SIGN_IN_CODE:
        raise impossible(issue("custom", "The code is wrong", "body", "response"))
    username = setup.users.get(attempt.email)
    if username is not None:
        return _complete(setup, username)
    attempt.lead_token = f"lead_{attempt.id}"
    name = re.sub(r"[^a-z0-9]", "", attempt.email.partition("@")[0]) or "someone"
    return RouteResponse(
        {
            "registrationRequired": True,
            "leadToken": attempt.lead_token,
            "setupRequestID": attempt.id,
            "usernameSuggestions": [name, f"{name}1"],
            "copy": {
                "title": "Choose your username",
                "submit": "Continue",
                "usernamePlaceholder": "Username",
                "terms": "By continuing you accept the terms.",
            },
        }
    )


def _complete(setup: Setup, username: str) -> RouteResponse:
    matrix = setup.sign_in(username)
    return RouteResponse({"matrix": matrix, "session": setup.snapshot()})


def register(request: RoutedRequest) -> RouteResponse:
    """Create an account for a new address."""
    body = request.body()
    accepted = body.boolean("acceptTerms", required=True)
    lead_token = body.text("leadToken", required=True)
    request_id = body.text("setupRequestID", required=True)
    username = body.text("username", required=True) or ""
    if accepted is False:
        body.complain("invalid_literal", "Expected true", "acceptTerms")
    body.finish()
    setup = _signed_out(request)
    attempt = _named_attempt(setup, request_id)
    if attempt.email is None or attempt.lead_token is None:
        raise conflict(setup, "No registration is expected")
    if lead_token != attempt.lead_token:
        raise impossible(issue("custom", "Not the token of this sign-in", "body", "leadToken"))
    if not re.fullmatch(r"[a-z0-9._=-]+", username):
        message = "Only a-z, 0-9 and ._=- are possible"
        raise impossible(issue("invalid_string", message, "body", "username"))
    if username in setup.users.values():
        raise impossible(issue("custom", "This name is taken", "body", "username"))
    setup.users[attempt.email] = username
    return _complete(setup, username)


def _wrong_key(name: str) -> RefusalError:
    return impossible(issue("custom", "The recovery key is wrong", "body", name))


def verify_key(request: RoutedRequest) -> RouteResponse:
    """Unlock this device with the recovery key."""
    body = request.body()
    key = body.text("recoveryKey", required=True) or ""
    body.finish()
    setup = signed_in(request)
    if not setup.is_recovery_key(key):
        raise _wrong_key("recoveryKey")
    setup.unlock()
    return RouteResponse({"session": setup.snapshot()})


def reset_key(request: RoutedRequest) -> RouteResponse:
    """Make a new recovery key, which counts once it is confirmed."""
    body = request.body()
    existing = body.text("existingRecoveryKey")
    body.finish()
    setup = signed_in(request)
    if existing is not None and not setup.is_recovery_key(existing):
        raise _wrong_key("existingRecoveryKey")
    key = setup.make_recovery_key()
    return RouteResponse({"recoveryKey": key, "session": setup.snapshot()})


def confirm_key(request: RoutedRequest) -> RouteResponse:
    """The new key was saved."""
    body = request.body()
    key = body.text("recoveryKey", required=True) or ""
    body.finish()
    setup = signed_in(request)
    if setup.new_recovery_key is None:
        raise conflict(setup, "No new recovery key waits to be confirmed")
    if not setup.is_new_recovery_key(key):
        raise _wrong_key("recoveryKey")
    setup.confirm_recovery_key()
    return RouteResponse({"session": setup.snapshot()})


_PATH = "/v1/app/setup"
_KEY = _PATH + "/verification/recovery-key"
_SINCE = BRIDGES_AND_SETUP

ROUTES = [
    Route(method="GET", path=_PATH, handler=retrieve, since=_SINCE),
    Route(method="POST", path=f"{_PATH}/start", handler=start, since=_SINCE, public=True),
    Route(method="POST", path=f"{_PATH}/email", handler=email, since=_SINCE, public=True),
    Route(method="POST", path=f"{_PATH}/response", handler=response, since=_SINCE, public=True),
    Route(method="POST", path=f"{_PATH}/register", handler=register, since=_SINCE, public=True),
    Route(method="POST", path=_KEY, handler=verify_key, since=_SINCE),
    Route(method="POST", path=f"{_KEY}/reset", handler=reset_key, since=_SINCE),
    Route(method="POST", path=f"{_KEY}/reset/confirm", handler=confirm_key, since=_SINCE),
]
