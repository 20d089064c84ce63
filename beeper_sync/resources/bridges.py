# Generated from beeper_async/resources/bridges.py by `python -m beeper_sync._generate`.
"""Bridges: the networks that accounts can be connected to, and the ways to sign in to them."""

from functools import cached_property
from typing import TYPE_CHECKING

from beeper_async.models.bridge import Bridge, BridgeListResponse, ProvisioningCapabilities
from beeper_async.models.login import LoginFlowListResponse
from beeper_async.resources.bridges import AsyncBridgesResource, AsyncLoginFlowsResource

from ..base import SyncResource

if TYPE_CHECKING:
    from .login_sessions import LoginSessionsResource
    from .logins import LoginsResource


class BridgesResource(SyncResource[AsyncBridgesResource]):
    """Look at bridges, and connect accounts through them."""

    @cached_property
    def login_flows(self) -> "LoginFlowsResource":
        """The ways to sign in to a bridge."""
        return LoginFlowsResource(self._client, self._async.login_flows)

    @cached_property
    def logins(self) -> "LoginsResource":
        """Identities that are signed in to a bridge."""
        from .logins import LoginsResource

        return LoginsResource(self._client, self._async.logins)

    @cached_property
    def login_sessions(self) -> "LoginSessionsResource":
        """Sign-ins under way."""
        from .login_sessions import LoginSessionsResource

        return LoginSessionsResource(self._client, self._async.login_sessions)

    def retrieve(self, bridge_id: str) -> Bridge:
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
        return self._call(self._async.retrieve, bridge_id)

    def list(self) -> BridgeListResponse:
        """List the bridges, connected or not.

        Returns:
            All of them in `items`; there are no pages.

        Raises:
            NotFoundError: The app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/bridges
        """
        return self._call(self._async.list)

    def retrieve_capabilities(self, bridge_id: str) -> ProvisioningCapabilities:
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
        return self._call(self._async.retrieve_capabilities, bridge_id)


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
