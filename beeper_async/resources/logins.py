"""Identities that are signed in to a bridge."""

from typing import Literal

from .._http.query import json_body, path_of
from .._http.request import Idempotency, Request
from .._validation import check_choice, check_plain_id
from ..models.login import BridgeLogin, LoginListResponse, LoginRemoveResponse
from .base import AsyncResource


class AsyncLoginsResource(AsyncResource):
    """Manage the identities that are signed in to a bridge."""

    async def retrieve(self, login_id: str, *, bridge_id: str) -> BridgeLogin:
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
        bridge = check_plain_id("bridge_id", bridge_id)
        path = path_of(
            "/v1/bridges/{bridge_id}/logins/{login_id}", bridge_id=bridge, login_id=login_id
        )
        return await self._send(Request("bridges.logins.retrieve", "GET", path, BridgeLogin))

    async def list(self, bridge_id: str) -> LoginListResponse:
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
        path = path_of(
            "/v1/bridges/{bridge_id}/logins", bridge_id=check_plain_id("bridge_id", bridge_id)
        )
        return await self._send(Request("bridges.logins.list", "GET", path, LoginListResponse))

    async def remove(
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
        bridge = check_plain_id("bridge_id", bridge_id)
        path = path_of(
            "/v1/bridges/{bridge_id}/logins/{login_id}/remove", bridge_id=bridge, login_id=login_id
        )
        body = json_body(scope=check_choice("scope", scope, "current-device", "all-devices"))
        name, answer = "bridges.logins.remove", LoginRemoveResponse
        gone = answer(bridge_id=bridge, login_id=login_id, scope=scope, status="removed")
        return await self._send(
            Request(name, "POST", path, answer, body, Idempotency.IDEMPOTENT, gone=gone)
        )
