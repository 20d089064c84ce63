"""Bridges: the networks that accounts can be connected to, and the ways to sign in to them."""

from functools import cached_property
from typing import TYPE_CHECKING

from .._http.query import path_of
from .._http.request import Request
from .._validation import check_plain_id
from ..models.bridge import Bridge, BridgeListResponse, ProvisioningCapabilities
from ..models.login import LoginFlowListResponse
from .base import AsyncResource

if TYPE_CHECKING:
    from .login_sessions import AsyncLoginSessionsResource
    from .logins import AsyncLoginsResource


class AsyncBridgesResource(AsyncResource):
    """Look at bridges, and connect accounts through them."""

    @cached_property
    def login_flows(self) -> "AsyncLoginFlowsResource":
        """The ways to sign in to a bridge."""
        return AsyncLoginFlowsResource(self._caller)

    @cached_property
    def logins(self) -> "AsyncLoginsResource":
        """Identities that are signed in to a bridge."""
        from .logins import AsyncLoginsResource

        return AsyncLoginsResource(self._caller)

    @cached_property
    def login_sessions(self) -> "AsyncLoginSessionsResource":
        """Sign-ins under way."""
        from .login_sessions import AsyncLoginSessionsResource

        return AsyncLoginSessionsResource(self._caller)

    async def retrieve(self, bridge_id: str) -> Bridge:
        """Get one bridge.

        Args:
            bridge_id: The bridge's ID, e.g. `local-whatsapp`: letters, digits, `-` and `_`.

        Returns:
            The bridge with the accounts connected through it.

        Raises:
            InvalidInputError: The ID can't be one of a bridge; nothing was sent.
            NotFoundError: There is no such bridge, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/bridges/{bridgeID}
        """
        path = path_of("/v1/bridges/{bridge_id}", bridge_id=check_plain_id("bridge_id", bridge_id))
        return await self._send(Request("bridges.retrieve", "GET", path, Bridge))

    async def list(self) -> BridgeListResponse:
        """List the bridges, connected or not.

        Returns:
            All of them in `items`; there are no pages.

        Raises:
            NotFoundError: The app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/bridges
        """
        return await self._send(Request("bridges.list", "GET", "/v1/bridges", BridgeListResponse))

    async def retrieve_capabilities(self, bridge_id: str) -> ProvisioningCapabilities:
        """Get what a bridge can look people up by, and which groups it can create.

        Args:
            bridge_id: The bridge's ID.

        Returns:
            The bridge's abilities.

        Raises:
            InvalidInputError: The ID can't be one of a bridge; nothing was sent.
            NotFoundError: There is no such bridge, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/bridges/{bridgeID}/capabilities
        """
        path = path_of(
            "/v1/bridges/{bridge_id}/capabilities", bridge_id=check_plain_id("bridge_id", bridge_id)
        )
        name = "bridges.retrieve_capabilities"
        return await self._send(Request(name, "GET", path, ProvisioningCapabilities))


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
        path = path_of(
            "/v1/bridges/{bridge_id}/login-flows", bridge_id=check_plain_id("bridge_id", bridge_id)
        )
        return await self._send(
            Request("bridges.login_flows.list", "GET", path, LoginFlowListResponse)
        )
