"""The ways to sign in to a bridge."""

from ..models.login import LoginFlowListResponse
from ..parameters import plain_id
from ..request import Request, path_of
from .base import AsyncResource


class AsyncLoginFlowsResource(AsyncResource):
    """Look at the ways to sign in to a bridge."""

    async def list(self, bridge_id: str) -> LoginFlowListResponse:
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
        path = path_of("/v1/bridges/{}/login-flows", plain_id("bridge_id", bridge_id))
        return await self._send(
            Request("bridges.login_flows.list", "GET", path, LoginFlowListResponse)
        )
