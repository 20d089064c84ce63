"""Verifying a device with another one."""

from __future__ import annotations

from typing import Any

from ..server.refusals import RefusalError, impossible, issue, not_found
from ..server.routing import Answer, Call, Route
from ..server.versions import BRIDGES_AND_SETUP
from ..world.setup import Setup
from ..world.verifications import OTHER_QR
from .setup import conflict, signed_in

Json = dict[str, Any]


def create(call: Call) -> Answer:
    """Ask another device, or another user, for a verification."""
    body = call.body()
    purpose = body.choice("purpose", ("login", "device"))
    user_id = body.text("userID")
    body.finish()
    setup = signed_in(call)
    if setup.state == "needs-cross-signing-setup":
        raise conflict(setup, "There is no other device yet")
    if setup.verifications.running() is not None:
        raise conflict(setup, "A verification is running already")
    own_id: str = (setup.matrix or {})["userID"]
    usual = "login" if setup.state == "needs-verification" else "device"
    verification = setup.verifications.start(purpose or usual, own_id, user_id or own_id)
    return _shown(setup, verification)


def list_verifications(call: Call) -> Answer:
    """The running verification, and failed ones."""
    setup = signed_in(call)
    setup.verifications.look()
    return Answer({"items": setup.verifications.listed()})


def retrieve(call: Call) -> Answer:
    """One verification."""
    setup, verification = _named(call)
    setup.verifications.look()
    return _shown(setup, verification)


def accept(call: Call) -> Answer:
    """Accept what another device asked for."""
    setup, verification = _named(call, "accept")
    setup.verifications.accept(verification)
    return _shown(setup, verification)


def cancel(call: Call) -> Answer:
    """Give up."""
    body = call.body()
    code, reason = body.text("code"), body.text("reason")
    body.finish()
    setup, verification = _named(call, "cancel")
    setup.verifications.cancel(verification, code, reason)
    return _shown(setup, verification)


def start_sas(call: Call) -> Answer:
    """Begin to compare emojis."""
    setup, verification = _named(call, "sas.start")
    setup.verifications.start_sas(verification)
    return _shown(setup, verification)


def confirm_sas(call: Call) -> Answer:
    """The emojis are the same."""
    setup, verification = _named(call, "sas.confirm")
    setup.verifications.finish(verification)
    return _shown(setup, verification)


def confirm_scanned(call: Call) -> Answer:
    """The other device has scanned the code shown here."""
    setup, verification = _named(call, "qr.confirmScanned")
    setup.verifications.finish(verification)
    return _shown(setup, verification)


def scan(call: Call) -> Answer:
    """The code on the screen of the other device was scanned."""
    body = call.body()
    data = body.text("data", required=True)
    body.finish()
    setup = signed_in(call)
    verification = setup.verifications.running()
    if verification is None or verification["state"] != "ready":
        raise conflict(setup, "No verification waits for a code")
    if data != OTHER_QR:
        message = "Not the code of the other device"
        raise impossible(issue("custom", message, "body", "data"))
    setup.verifications.scan(verification)
    return _shown(setup, verification)


def _named(call: Call, action: str | None = None) -> tuple[Setup, Json]:
    setup = signed_in(call)
    verification_id = call.params["verificationID"]
    verification = setup.verifications.find(verification_id)
    if verification is None:
        raise not_found("Verification", verificationID=verification_id)
    actions: list[str] = verification["availableActions"]
    if action is not None and action not in actions:
        details = {"state": verification["state"], "availableActions": list(actions)}
        raise RefusalError(409, f"{action} is not possible now", details=details)
    return setup, verification


def _shown(setup: Setup, verification: Json) -> Answer:
    return Answer({"verification": verification, "session": setup.snapshot()})


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
