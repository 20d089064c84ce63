# Generated from beeper_async/resources/login_steps.py by `python -m beeper_sync._generate`.
"""The steps of a sign-in to a bridge."""

from collections.abc import Mapping
from typing import Literal

from beeper_async._omit import Omit, omit

from beeper_async.models.login import LoginSession
from beeper_async.resources.login_steps import AsyncLoginStepsResource

from ..base import SyncResource


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
