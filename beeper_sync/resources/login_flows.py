# Generated from beeper_async/resources/login_flows.py by `python -m beeper_sync._generate`.
"""The ways to sign in to a bridge."""

from beeper_async.models.login import LoginFlowListResponse
from beeper_async.resources.login_flows import AsyncLoginFlowsResource

from ..base import SyncResource


class LoginFlowsResource(SyncResource[AsyncLoginFlowsResource]):
    """Look at the ways to sign in to a bridge."""

    def list(self, bridge_id: str) -> LoginFlowListResponse:
        """List the ways to sign in to a bridge, e.g. by QR code or by phone number.

        Args:
            bridge_id: The bridge's ID.

        Returns:
            All of them in `items`. `login_sessions.create` takes the ID of one as `flow_id`.

        Raises:
            InvalidInputError: The ID can't be one of a bridge; nothing was sent.
            NotFoundError: There is no such bridge, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/bridges/{bridgeID}/login-flows
        """
        return self._call(self._async.list, bridge_id)
