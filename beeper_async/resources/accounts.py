"""Connected chat accounts and their contacts."""

from functools import cached_property
from typing import Literal

from .._http.query import path_of, with_query
from .._http.request import Request
from .._omit import Omit, omit
from .._paging.page import AsyncCursorSearch
from .._paging.paginator import AsyncPaginator
from .._validation import check_choice, check_not_empty, check_range
from ..models.account import Account
from ..models.page import CursorPage
from ..models.search import ContactSearchResponse
from ..models.user import User
from .base import AsyncResource


class AsyncAccountsResource(AsyncResource):
    """Read connected accounts."""

    @cached_property
    def contacts(self) -> "AsyncContactsResource":
        """Contacts of accounts."""
        return AsyncContactsResource(self._caller)

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
        path = path_of("/v1/accounts/{account_id}", account_id=account_id)
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


class AsyncContactsResource(AsyncResource):
    """Read the contacts of an account."""

    def list(
        self,
        account_id: str,
        *,
        cursor: str | None | Omit = omit,
        direction: Literal["after", "before"] | Omit = omit,
        limit: int | Omit = omit,
        query: str | Omit = omit,
    ) -> AsyncPaginator[User, AsyncCursorSearch[User]]:
        """List the contacts of an account.

        Args:
            account_id: The account's ID.
            cursor: Where to start: `oldest_cursor` or `newest_cursor` of an earlier page.
            direction: From the cursor on, `before` (the app's default) or `after`.
            limit: Contacts per page, 1 to 200, not in all; the app's default is 50.
            query: Only contacts that match; at least one character.

        Returns:
            A paginator: await it for one page, iterate over it for all contacts.

        Raises:
            InvalidInputError: A parameter can't be right; nothing was sent.
            NotFoundError: There is no such account.
            PaginationError: The app's pages lead in circles.
            APIError: Any other failure of a call.

        Endpoint: GET /v1/accounts/{accountID}/contacts/list
        """
        path = path_of("/v1/accounts/{account_id}/contacts/list", account_id=account_id)
        request = Request("accounts.contacts.list", "GET", path, CursorPage[User])
        parameters = {
            "cursor": cursor,
            "direction": check_choice("direction", direction, "after", "before"),
            "limit": check_range("limit", limit, 1, 200),
            "query": check_not_empty("query", query),
        }
        return self._pages(AsyncCursorSearch[User], request, parameters)

    async def search(self, account_id: str, *, query: str) -> ContactSearchResponse:
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
        path = path_of("/v1/accounts/{account_id}/contacts", account_id=account_id)
        path = with_query(path, {"query": check_not_empty("query", query)})
        return await self._send(
            Request("accounts.contacts.search", "GET", path, ContactSearchResponse)
        )
