# Generated from beeper_async/resources/logins.py by `python -m beeper_sync._generate`.
"""Identities that are signed in to a bridge."""

from typing import Literal

from beeper_async.models.login import BridgeLogin, LoginListResponse, LoginRemoveResponse
from beeper_async.resources.logins import AsyncLoginsResource

from ..base import SyncResource


class LoginsResource(SyncResource[AsyncLoginsResource]):
    """Manage the identities that are signed in to a bridge."""

    def retrieve(self, login_id: str, *, bridge_id: str) -> BridgeLogin:
        """Get one login.

        Args:
            login_id: The login's ID.
            bridge_id: The bridge it belongs to.

        Returns:
            The login, whether it is still signed in or not.

        Raises:
            InvalidInputError: An ID can't be right; nothing was sent.
            NotFoundError: There is no such bridge or login, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/bridges/{bridgeID}/logins/{loginID}
        """
        return self._call(
            self._async.retrieve,
            login_id,
            bridge_id=bridge_id,
        )

    def list(self, bridge_id: str) -> LoginListResponse:
        """List the logins of a bridge.

        Args:
            bridge_id: The bridge's ID.

        Returns:
            All of them in `items`; there are no pages.

        Raises:
            InvalidInputError: The ID can't be one of a bridge; nothing was sent.
            NotFoundError: There is no such bridge, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/bridges/{bridgeID}/logins
        """
        return self._call(self._async.list, bridge_id)

    def remove(
        self, login_id: str, *, bridge_id: str, scope: Literal["current-device", "all-devices"]
    ) -> LoginRemoveResponse:
        """Sign an identity out and remove it.

        Args:
            login_id: The login's ID.
            bridge_id: The bridge it belongs to.
            scope: `current-device` or `all-devices`; one of the login's `remove_scopes`.

        Returns:
            What was removed. Its `affected_account_ids` is None if the app had removed the login
            already when its answer got lost and the call was repeated.

        Raises:
            InvalidInputError: A parameter can't be right; nothing was sent.
            NotFoundError: There is no such bridge or login, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/bridges/{bridgeID}/logins/{loginID}/remove
        """
        return self._call(
            self._async.remove,
            login_id,
            bridge_id=bridge_id,
            scope=scope,
        )
