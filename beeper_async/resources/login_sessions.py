"""Sign-ins to a bridge, and their steps."""

from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from .._http.query import json_body, path_of
from .._http.request import Idempotency, Request, removal
from .._omit import Omit, omit
from .._validation import check_choice, check_not_empty, check_plain_id, check_text_map
from ..models.login import LoginSession, LoginSessionCancelResponse
from .base import AsyncResource


class AsyncLoginSessionsResource(AsyncResource):
    """Connect an account, step by step.

    A session says in `current_step` what it waits for: fields to fill in, cookies of a page, or
    that something is shown to the user. `steps.submit` answers a step. While something is shown,
    `retrieve` tells when it goes on. `status` tells when it is over.
    """

    @cached_property
    def steps(self) -> "AsyncLoginStepsResource":
        """The steps of a sign-in."""
        return AsyncLoginStepsResource(self._caller)

    async def create(
        self,
        bridge_id: str,
        *,
        account_id: str | Omit = omit,
        flow_id: str | Omit = omit,
        login_id: str | Omit = omit,
    ) -> LoginSession:
        """Start to connect an account, or to connect one again.

        It is sent once, for a second delivery would open a second session.

        Args:
            bridge_id: The bridge to sign in to.
            account_id: Connect this account again; not empty. Left out, a new one is connected.
            flow_id: One of `login_flows.list`; not empty. Left out, the app picks one.
            login_id: Connect this login again; not empty. Left out, a new one is made.

        Returns:
            The session with its first step.

        Raises:
            InvalidInputError: A parameter can't be right; nothing was sent.
            NotFoundError: There is no such bridge, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/bridges/{bridgeID}/login-sessions
        """
        path = path_of(
            "/v1/bridges/{bridge_id}/login-sessions",
            bridge_id=check_plain_id("bridge_id", bridge_id),
        )
        body = json_body(
            account_id=check_not_empty("account_id", account_id),
            flow_id=check_not_empty("flow_id", flow_id),
            login_id=check_not_empty("login_id", login_id),
        )
        name = "bridges.login_sessions.create"
        return await self._send(Request(name, "POST", path, LoginSession, body, Idempotency.UNSAFE))

    async def retrieve(self, login_session_id: str, *, bridge_id: str) -> LoginSession:
        """Get the present state of a session.

        Args:
            login_session_id: The session's ID.
            bridge_id: The bridge it belongs to.

        Returns:
            The session with its current step, or with its result or error once it is over.

        Raises:
            InvalidInputError: An ID can't be right; nothing was sent.
            NotFoundError: There is no such bridge or session, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/bridges/{bridgeID}/login-sessions/{loginSessionID}
        """
        bridge = check_plain_id("bridge_id", bridge_id)
        path = path_of(
            "/v1/bridges/{bridge_id}/login-sessions/{login_session_id}",
            bridge_id=bridge,
            login_session_id=login_session_id,
        )
        return await self._send(
            Request("bridges.login_sessions.retrieve", "GET", path, LoginSession)
        )

    async def cancel(self, login_session_id: str, *, bridge_id: str) -> LoginSessionCancelResponse:
        """Give a session up.

        Args:
            login_session_id: The session's ID.
            bridge_id: The bridge it belongs to.

        Returns:
            The session that was given up.

        Raises:
            InvalidInputError: An ID can't be right; nothing was sent.
            NotFoundError: There is no such bridge or session, or the app is older than 4.3.0.
            ConflictError: The session was over already.
            APIError: Any other failure of the call.

        Endpoint: DELETE /v1/bridges/{bridgeID}/login-sessions/{loginSessionID}
        """
        bridge = check_plain_id("bridge_id", bridge_id)
        path = path_of(
            "/v1/bridges/{bridge_id}/login-sessions/{login_session_id}",
            bridge_id=bridge,
            login_session_id=login_session_id,
        )
        name, answer = "bridges.login_sessions.cancel", LoginSessionCancelResponse
        gone = answer(bridge_id=bridge, login_session_id=login_session_id, status="cancelled")
        return await self._send(removal(name, path, answer, gone))


class AsyncLoginStepsResource(AsyncResource):
    """Answer the steps of a sign-in."""

    async def submit(
        self,
        step_id: str,
        *,
        bridge_id: str,
        login_session_id: str,
        type: Literal["user_input", "cookies", "display_and_wait"],
        fields: Mapping[str, str] | Omit = omit,
        last_url: str | Omit = omit,
        source: Literal["api", "webview", "browser_extension"] | Omit = omit,
    ) -> LoginSession:
        """Answer the current step of a session.

        It is sent once, for a second delivery could answer the next step.

        Args:
            step_id: `step_id` of the session's current step.
            bridge_id: The bridge to sign in to.
            login_session_id: The session's ID.
            type: `type` of the current step: `user_input`, `cookies` or `display_and_wait`.
            fields: What was filled in or collected, under the `id` of each field of the step.
            last_url: In a `cookies` step, the page the user ended on.
            source: Who answers: `api`, `webview` or `browser_extension`; usually left out.

        Returns:
            The session with its next step, or with its result or error.

        Raises:
            InvalidInputError: A parameter can't be right; nothing was sent.
            NotFoundError: There is no such session or step, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/bridges/{bridgeID}/login-sessions/{loginSessionID}/steps/{stepID}
        """
        path = path_of(
            "/v1/bridges/{bridge_id}/login-sessions/{login_session_id}/steps/{step_id}",
            bridge_id=check_plain_id("bridge_id", bridge_id),
            login_session_id=login_session_id,
            step_id=step_id,
        )
        body = json_body(
            type=check_choice("type", type, "user_input", "cookies", "display_and_wait"),
            fields=check_text_map("fields", fields),
            last_url=last_url,
            source=check_choice("source", source, "api", "webview", "browser_extension"),
        )
        name = "bridges.login_sessions.steps.submit"
        return await self._send(Request(name, "POST", path, LoginSession, body, Idempotency.UNSAFE))
