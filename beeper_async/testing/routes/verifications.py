"""Verifying a device with another one."""

from __future__ import annotations

from typing import Any

from ..server.refusals import RefusalError, impossible, issue, not_found
from ..server.routing import Route, RoutedRequest, RouteResponse
from ..server.versions import BRIDGES_AND_SETUP
from ..world.setup import Setup
from ..world.verifications import OTHER_QR
from .setup import conflict, signed_in

Json = dict[str, Any]


def create(request: RoutedRequest) -> RouteResponse:
    """Ask another device, or another user, for a verification."""
    body = request.body()
    purpose = body.choice("purpose", ("login", "device"))
    user_id = body.text("userID")
    body.finish()
    setup = signed_in(request)
    if setup.state == "needs-cross-signing-setup":
        raise conflict(setup, "There is no other device yet")
    if setup.verifications.running() is not None:
        raise conflict(setup, "A verification is running already")
    own_id: str = (setup.matrix or {})["userID"]
    usual = "login" if setup.state == "needs-verification" else "device"
    verification = setup.verifications.start(purpose or usual, own_id, user_id or own_id)
    return _shown(setup, verification)


def list_verifications(request: RoutedRequest) -> RouteResponse:
    """The running verification, and failed ones."""
    setup = signed_in(request)
    setup.verifications.poll()
    return RouteResponse({"items": setup.verifications.listed()})


def retrieve(request: RoutedRequest) -> RouteResponse:
    """One verification."""
    setup, verification = _named(request)
    setup.verifications.poll()
    return _shown(setup, verification)


def accept(request: RoutedRequest) -> RouteResponse:
    """Accept what another device asked for."""
    setup, verification = _named(request, "accept")
    setup.verifications.accept(verification)
    return _shown(setup, verification)


def cancel(request: RoutedRequest) -> RouteResponse:
    """Give up."""
    body = request.body()
    code, reason = body.text("code"), body.text("reason")
    body.finish()
    setup, verification = _named(request, "cancel")
    setup.verifications.cancel(verification, code, reason)
    return _shown(setup, verification)


def start_sas(request: RoutedRequest) -> RouteResponse:
    """Begin to compare emojis."""
    setup, verification = _named(request, "sas.start")
    setup.verifications.start_sas(verification)
    return _shown(setup, verification)


def confirm_sas(request: RoutedRequest) -> RouteResponse:
    """The emojis are the same."""
    setup, verification = _named(request, "sas.confirm")
    setup.verifications.finish(verification)
    return _shown(setup, verification)


def confirm_scanned(request: RoutedRequest) -> RouteResponse:
    """The other device has scanned the code shown here."""
    setup, verification = _named(request, "qr.confirmScanned")
    setup.verifications.finish(verification)
    return _shown(setup, verification)


def scan(request: RoutedRequest) -> RouteResponse:
    """The code on the screen of the other device was scanned."""
    body = request.body()
    data = body.text("data", required=True)
    body.finish()
    setup = signed_in(request)
    verification = setup.verifications.running()
    if verification is None or verification["state"] != "ready":
        raise conflict(setup, "No verification waits for a code")
    if data != OTHER_QR:
        message = "Not the code of the other device"
        raise impossible(issue("custom", message, "body", "data"))
    setup.verifications.scan(verification)
    return _shown(setup, verification)


def _named(request: RoutedRequest, action: str | None = None) -> tuple[Setup, Json]:
    setup = signed_in(request)
    verification_id = request.params["verificationID"]
    verification = setup.verifications.find(verification_id)
    if verification is None:
        raise not_found("Verification", verificationID=verification_id)
    actions: list[str] = verification["availableActions"]
    if action is not None and action not in actions:
        details = {"state": verification["state"], "availableActions": list(actions)}
        raise RefusalError(409, f"{action} is not possible now", details=details)
    return setup, verification


def _shown(setup: Setup, verification: Json) -> RouteResponse:
    return RouteResponse({"verification": verification, "session": setup.snapshot()})


_ALL = "/v1/app/setup/verifications"
_ONE = _ALL + "/{verificationID}"
_SINCE = BRIDGES_AND_SETUP

ROUTES = [
    Route(method="POST", path=_ALL, handler=create, since=_SINCE),
    Route(method="GET", path=_ALL, handler=list_verifications, since=_SINCE),
    Route(method="GET", path=_ONE, handler=retrieve, since=_SINCE),
    Route(method="POST", path=f"{_ONE}/accept", handler=accept, since=_SINCE),
    Route(method="POST", path=f"{_ONE}/cancel", handler=cancel, since=_SINCE),
    Route(method="POST", path=f"{_ONE}/sas/start", handler=start_sas, since=_SINCE),
    Route(method="POST", path=f"{_ONE}/sas/confirm", handler=confirm_sas, since=_SINCE),
    Route(method="POST", path=f"{_ONE}/qr/confirm-scanned", handler=confirm_scanned, since=_SINCE),
    Route(method="POST", path=f"{_ALL}/qr/scan", handler=scan, since=_SINCE),
]
