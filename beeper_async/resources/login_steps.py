"""The steps of a sign-in to a bridge."""

from collections.abc import Mapping
from typing import Literal

from ..models.login import LoginSession
from ..omit import Omit, omit
from ..parameters import one_of, plain_id, text_map
from ..request import Repeat, Request, json_body, path_of
from .base import AsyncResource


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
        ids = plain_id("bridge_id", bridge_id), login_session_id, step_id
        path = path_of("/v1/bridges/{}/login-sessions/{}/steps/{}", *ids)
        body = json_body(
            type=one_of("type", type, "user_input", "cookies", "display_and_wait"),
            fields=text_map("fields", fields),
            last_url=last_url,
            source=one_of("source", source, "api", "webview", "browser_extension"),
        )
        name = "bridges.login_sessions.steps.submit"
        return await self._send(Request(name, "POST", path, LoginSession, body, Repeat.UNSAFE))
