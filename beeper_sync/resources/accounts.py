# Generated from beeper_async/resources/accounts.py by `python -m beeper_sync._generate`.
"""Connected chat accounts and their contacts."""

from functools import cached_property
from typing import Literal

from beeper_async._omit import Omit, omit
from beeper_async.models.account import Account
from beeper_async.models.search import ContactSearchResponse
from beeper_async.models.user import User
from beeper_async.resources.accounts import AsyncAccountsResource, AsyncContactsResource

from ..base import SyncResource
from ..paging import SyncCursorSearch


class AccountsResource(SyncResource[AsyncAccountsResource]):
    """Read connected accounts."""

    @cached_property
    def contacts(self) -> "ContactsResource":
        """Contacts of accounts."""
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


class ContactsResource(SyncResource[AsyncContactsResource]):
    """Read the contacts of an account."""

    def list(
        self,
        account_id: str,
        *,
        cursor: str | None | Omit = omit,
        direction: Literal["after", "before"] | Omit = omit,
        limit: int | Omit = omit,
        query: str | Omit = omit,
    ) -> SyncCursorSearch[User]:
        """List the contacts of an account.

        Args:
            account_id: The account's ID.
            cursor: Where to start: `oldest_cursor` or `newest_cursor` of an earlier page.
            direction: From the cursor on, `before` (the app's default) or `after`.
            limit: Contacts per page, 1 to 200, not in all; the app's default is 50.
            query: Only contacts that match; at least one character.

        Returns:
            The first page; iterate over it for all contacts.

        Raises:
            InvalidInputError: A parameter can't be right; nothing was sent.
            NotFoundError: There is no such account.
            PaginationError: The app's pages lead in circles.
            APIError: Any other failure of a call.

        Endpoint: GET /v1/accounts/{accountID}/contacts/list
        """
        listing = self._async.list(
            account_id,
            cursor=cursor,
            direction=direction,
            limit=limit,
            query=query,
        )
        return self._page(SyncCursorSearch[User], listing)

    def search(self, account_id: str, *, query: str) -> ContactSearchResponse:
        """Find people on an account, also ones that are no contacts yet.

        Args:
            account_id: The account's ID.
            query: A phone number, an e-mail address or an @name is looked up on the network too;
                other text searches known contacts. At least one character.

        Returns:
            The people found.

        Raises:
            InvalidInputError: The query is empty; nothing was sent.
            NotFoundError: There is no such account.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/accounts/{accountID}/contacts
        """
        return self._call(self._async.search, account_id, query=query)
