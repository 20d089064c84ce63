# Generated from beeper_async/resources/accounts.py by `python -m beeper_sync._generate`.
"""Connected chat accounts."""

from functools import cached_property
from typing import TYPE_CHECKING

from beeper_async.models.account import Account
from beeper_async.resources.accounts import AsyncAccountsResource

from ..base import SyncResource

if TYPE_CHECKING:
    from .contacts import ContactsResource


class AccountsResource(SyncResource[AsyncAccountsResource]):
    """Read connected accounts."""

    @cached_property
    def contacts(self) -> "ContactsResource":
        """Contacts of accounts."""
        from .contacts import ContactsResource

        return ContactsResource(self._client, self._async.contacts)

    def retrieve(self, account_id: str) -> Account:
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
        return self._call(self._async.retrieve, account_id)

    def list(self) -> list[Account]:
        """List all connected accounts.

        Returns:
            The accounts, all at once.

        Raises:
            APIError: The call failed.

        Endpoint: GET /v1/accounts
        """
        return self._call(self._async.list)
