# Generated from beeper_async/resources/login_sessions.py by `python -m beeper_sync._generate`.
"""Sign-ins to a bridge, and their steps."""

from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from beeper_async._omit import Omit, omit
from beeper_async.models.login import LoginSession, LoginSessionCancelResponse
from beeper_async.resources.login_sessions import (
    AsyncLoginSessionsResource,
    AsyncLoginStepsResource,
)

from ..base import SyncResource


class LoginSessionsResource(SyncResource[AsyncLoginSessionsResource]):
    """Connect an account, step by step.

    A session says in `current_step` what it waits for: fields to fill in, cookies of a page, or
    that something is shown to the user. `steps.submit` answers a step. While something is shown,
    `retrieve` tells when it goes on. `status` tells when it is over.
    """

    @cached_property
    def steps(self) -> "LoginStepsResource":
        """The steps of a sign-in."""
        return LoginStepsResource(self._client, self._async.steps)

    def create(
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
        return self._call(
            self._async.create,
            bridge_id,
            account_id=account_id,
            flow_id=flow_id,
            login_id=login_id,
        )

    def retrieve(self, login_session_id: str, *, bridge_id: str) -> LoginSession:
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
        return self._call(
            self._async.retrieve,
            login_session_id,
            bridge_id=bridge_id,
        )

    def cancel(self, login_session_id: str, *, bridge_id: str) -> LoginSessionCancelResponse:
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
        return self._call(
            self._async.cancel,
            login_session_id,
            bridge_id=bridge_id,
        )


class LoginStepsResource(SyncResource[AsyncLoginStepsResource]):
    """Answer the steps of a sign-in."""

    def submit(
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
        return self._call(
            self._async.submit,
            step_id,
            bridge_id=bridge_id,
            login_session_id=login_session_id,
            type=type,
            fields=fields,
            last_url=last_url,
            source=source,
        )
