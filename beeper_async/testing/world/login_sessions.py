"""Signing in to a network, step by step.

Codes, passwords and cookies that are checked against something are constants here.
"""

from __future__ import annotations

import copy
from typing import Any

import attrs

from .bridge_catalog import BridgeKind, Flow, password_step
from .logins import Logins
from .store import Store

Json = dict[str, Any]

LOGIN_CODE = "24680"
"""The code that a network sends; every other one makes the session fail."""
TWO_STEP_PHONE = "+14155550199"
"""Signing in with this number asks for a password as well."""
TWO_STEP_PASSWORD = "fern-4711"  # noqa: S105 - it opens nothing but the simulator
EXPIRED_COOKIE = "expired"
"""This value in any field of a cookies step makes the session fail; every other one succeeds."""

_STATUS_OF_STEP = {
    "user_input": "waiting_for_input",
    "cookies": "waiting_for_cookies",
    "display_and_wait": "waiting_for_display",
}


@attrs.define(kw_only=True, eq=False)
class LoginSession:
    """An attempt to log in to a network."""

    kind: BridgeKind
    id: str
    steps: list[Json]
    """The steps still to take, the current one first."""
    login_id: str | None
    account_ids: list[str]
    ended: str | None = None
    """The final status, once there is one."""
    error: Json | None = None
    polls: int = 0
    """How often somebody looked while the current step was waiting."""
    inputs: dict[str, str] = attrs.field(factory=dict[str, str])

    @property
    def step(self) -> Json | None:
        """The current step, until the session ends."""
        return None if self.ended else self.steps[0]


class LoginSessions:
    """Holds the attempts to log in to networks.

    Args:
        store: The world that they belong to.
        logins: Where a login that succeeds is added.
    """

    def __init__(self, store: Store, logins: Logins) -> None:
        self._store = store
        self._logins = logins
        self._sessions: dict[str, LoginSession] = {}
        self._opened = 0
        self.polls_before_scan: int | None = 1
        """Number of requests that find a display step waiting before the other device completes it.
        None leaves that to `scan`."""
        self.show_complete_step = False
        """Whether complete sessions end with the optional step of the type ``complete``."""

    # -- requests -------------------------------------------------------------------

    def start(self, kind: BridgeKind, flow: Flow, login: Json | None) -> LoginSession:
        """Begin a login: a new one, or again for an existing `login`."""
        self._opened += 1
        session = LoginSession(
            kind=kind,
            id=f"ls_{self._opened}",
            steps=copy.deepcopy(list(flow.steps)),
            login_id=None if login is None else login["loginID"],
            account_ids=[] if login is None else list(login.get("accountIDs", ())),
        )
        phone: str | None = (login or {}).get("user", {}).get("phoneNumber")
        for step in session.steps if phone else ():
            for field in step.get("fields", ()):
                if field["id"] == "phone":
                    field["initialValue"] = phone
        self._sessions[session.id] = session
        return session

    def find(self, bridge_id: str, session_id: str) -> LoginSession | None:
        """Return a session of a bridge, or None."""
        session = self._sessions.get(session_id)
        return session if session is not None and session.kind.id == bridge_id else None

    def poll(self, session: LoginSession) -> None:
        """Take note of a request for a session, before which the other device may act."""
        step = session.step
        if step is None or step["type"] != "display_and_wait" or self.polls_before_scan is None:
            return
        if session.polls >= self.polls_before_scan:
            self._advance(session)
        else:
            session.polls += 1

    def submit(self, session: LoginSession, values: dict[str, str]) -> None:
        """Submit values for the current step. They have the right form."""
        session.inputs |= values
        problem = _problem(session.steps[0]["type"], values)
        if problem is not None:
            self._fail(session, problem)
            return
        if "code" in values and session.inputs.get("phone") == TWO_STEP_PHONE:
            session.steps.insert(1, password_step(session.kind.network))
        self._advance(session)

    def cancel(self, session: LoginSession) -> None:
        """Cancel a session."""
        session.ended = "cancelled"

    def show(self, session: LoginSession) -> Json:
        """Return a session as a JSON object of the API."""
        shown: Json = {"bridgeID": session.kind.id, "loginSessionID": session.id}
        if session.login_id is not None:
            shown["loginID"] = session.login_id
        if session.account_ids:
            shown["accountID"] = session.account_ids[0]
        step = session.step
        if step is not None:
            return shown | {
                "status": _STATUS_OF_STEP[step["type"]],
                "currentStep": _shown_step(session, step),
            }
        shown["status"] = session.ended
        if session.error is not None:
            shown["error"] = session.error
        if session.ended == "complete":
            shown |= self._result(session)
        return shown

    def _result(self, session: LoginSession) -> Json:
        result: Json = {}
        account = self._store.accounts.get(session.account_ids[0])
        login = self._logins.find(session.kind.id, session.login_id or "")
        if account is not None:
            result["account"] = account
        if login is not None:
            result["login"] = login
        if self.show_complete_step:
            last = {"type": "complete", "stepID": "done", "instructions": "All set"}
            result["currentStep"] = {**last, **result}
        return result

    # -- other devices and the network -------------------------------------------------------------

    def scan(self, session_id: str) -> None:
        """Complete the current display step, as the other device.

        Raises:
            KeyError: The session does not exist.
            ValueError: The session shows nothing to another device.
        """
        with self._store.lock:
            session = self._sessions[session_id]
            if session.step is None or session.step["type"] != "display_and_wait":
                raise ValueError(f"session {session_id} shows nothing to another device")
            self._advance(session)

    def fail(self, session_id: str, code: str, message: str, details: Json | None = None) -> None:
        """Reject a login, as the network.

        Args:
            session_id: ID of the session.
            code: Code of the error.
            message: Message of the error.
            details: Details of the error, or None.

        Raises:
            KeyError: The session does not exist.
        """
        with self._store.lock:
            error: Json = {"code": code, "message": message}
            self._fail(
                self._sessions[session_id], error | ({"details": details} if details else {})
            )

    def expire(self, session_id: str) -> None:
        """Remove a session, as after a timeout of the app.

        Raises:
            KeyError: The session does not exist.
        """
        with self._store.lock:
            del self._sessions[session_id]

    def _advance(self, session: LoginSession) -> None:
        session.polls = 0
        if len(session.steps) > 1:
            del session.steps[0]
            return
        accounts = self._logins.connect(session.kind, session.login_id, session.inputs.get("phone"))
        session.login_id = accounts[0]["loginID"]
        session.account_ids = [account["accountID"] for account in accounts]
        session.ended = "complete"

    @staticmethod
    def _fail(session: LoginSession, error: Json) -> None:
        session.ended = "failed"
        session.error = error


def _problem(step_type: str, values: dict[str, str]) -> Json | None:
    if values.get("code", LOGIN_CODE) != LOGIN_CODE:
        return {"code": "WRONG_CODE", "message": "The code is wrong", "details": {"attempts": 1}}
    if values.get("password", TWO_STEP_PASSWORD) != TWO_STEP_PASSWORD:
        return {"code": "WRONG_PASSWORD", "message": "The password is wrong"}
    if step_type == "cookies" and EXPIRED_COOKIE in values.values():
        return {"code": "BAD_COOKIES", "message": "The network does not accept the cookies"}
    return None


def _shown_step(session: LoginSession, step: Json) -> Json:
    if step["type"] != "display_and_wait" or step["display"]["type"] != "qr":
        return step
    # Networks replace their QR codes all the time; an old one has no effect.
    data = f"2@{session.id},{session.polls + 1}=="
    return {**step, "display": {**step["display"], "data": data}}
