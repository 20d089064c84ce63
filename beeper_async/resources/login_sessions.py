"""Sign-ins under way."""

from functools import cached_property
from typing import TYPE_CHECKING

from ..models.login import LoginSession, LoginSessionCancelResponse
from ..omit import Omit, omit
from ..parameters import not_empty, plain_id
from ..request import Repeat, Request, json_body, path_of, removal
from .base import AsyncResource

if TYPE_CHECKING:
    from .login_steps import AsyncLoginStepsResource


class AsyncLoginSessionsResource(AsyncResource):
    """Connect an account, step by step.

    A session says in `current_step` what it waits for: fields to fill in, cookies of a page, or
    that something is shown to the user. `steps.submit` answers a step. While something is shown,
    `retrieve` tells when it goes on. `status` tells when it is over.
    """

    @cached_property
    def steps(self) -> "AsyncLoginStepsResource":
        """The steps of a sign-in."""
        from .login_steps import AsyncLoginStepsResource

        return AsyncLoginStepsResource(self._client)

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
        path = path_of("/v1/bridges/{}/login-sessions", plain_id("bridge_id", bridge_id))
        body = json_body(
            account_id=not_empty("account_id", account_id),
            flow_id=not_empty("flow_id", flow_id),
            login_id=not_empty("login_id", login_id),
        )
        name = "bridges.login_sessions.create"
        return await self._send(Request(name, "POST", path, LoginSession, body, Repeat.UNSAFE))

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
        bridge = plain_id("bridge_id", bridge_id)
        path = path_of("/v1/bridges/{}/login-sessions/{}", bridge, login_session_id)
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
        bridge = plain_id("bridge_id", bridge_id)
        path = path_of("/v1/bridges/{}/login-sessions/{}", bridge, login_session_id)
        name, answer = "bridges.login_sessions.cancel", LoginSessionCancelResponse
        gone = answer(bridge_id=bridge, login_session_id=login_session_id, status="cancelled")
        return await self._send(removal(name, path, answer, gone))
