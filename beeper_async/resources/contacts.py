"""Contacts of accounts."""

from typing import Literal

from .._http.query import path_of, with_query
from .._http.request import Request
from .._omit import Omit, omit
from .._paging.page import AsyncCursorSearch
from .._paging.paginator import AsyncPaginator
from .._validation import check_choice, check_not_empty, check_range
from ..models.page import CursorPage
from ..models.search import ContactSearchResponse
from ..models.user import User
from .base import AsyncResource


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
        path = path_of("/v1/accounts/{}/contacts/list", account_id)
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
        path = path_of("/v1/accounts/{}/contacts", account_id)
        path = with_query(path, {"query": check_not_empty("query", query)})
        return await self._send(
            Request("accounts.contacts.search", "GET", path, ContactSearchResponse)
        )
