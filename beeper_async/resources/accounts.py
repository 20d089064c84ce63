"""Connected chat accounts."""

from functools import cached_property
from typing import TYPE_CHECKING

from ..models.account import Account
from ..request import Request, path_of
from .base import AsyncResource

if TYPE_CHECKING:
    from .contacts import AsyncContactsResource


class AsyncAccountsResource(AsyncResource):
    """Read connected accounts."""

    @cached_property
    def contacts(self) -> "AsyncContactsResource":
        """Contacts of accounts."""
        from .contacts import AsyncContactsResource

        return AsyncContactsResource(self._client)

    async def retrieve(self, account_id: str) -> Account:
        """Get one account.

        Args:
            account_id: The account's ID.

        Returns:
            The account.

        Raises:
            NotFoundError: There is no such account, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/accounts/{accountID}
        """
        path = path_of("/v1/accounts/{}", account_id)
        return await self._send(Request("accounts.retrieve", "GET", path, Account))

    async def list(self) -> list[Account]:
        """List all connected accounts.

        Returns:
            The accounts, all at once.

        Raises:
            APIError: The call failed.

        Endpoint: GET /v1/accounts
        """
        return await self._send(Request("accounts.list", "GET", "/v1/accounts", list[Account]))
