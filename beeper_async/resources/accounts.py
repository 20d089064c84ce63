"""Connected chat accounts and their contacts."""

from collections.abc import Iterable
from functools import cached_property
from typing import Literal

from .._http.query import path_of, with_query
from .._http.request import Request
from .._omit import Omit, omit
from .._paging.page import AsyncCursorSearch
from .._paging.paginator import AsyncPaginator
from .._validation import check_choice, check_not_empty, check_range
from ..errors import NotFoundError
from ..models.account import Account
from ..models.contact import Contact
from ..models.page import CursorPage
from ..models.search import ContactSearchResponse
from ..models.user import User
from .base import AsyncResource
from .resolving import PAGE_SIZE, Findings, checked, judge_contact, looked_up, only_contact


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

    async def resolve(
        self,
        query: str,
        *,
        account_ids: Iterable[str] | Omit = omit,
        network: str | Omit = omit,
        exact: bool = False,
    ) -> Contact:
        """Find the one person that a text names, also without a chat.

        Matches by name, username, phone number, email address or user ID, as `chats.resolve` does.
        Pass the result to `chats.start` to open the direct chat.

        The contacts of each account are listed. A phone number, an email address and a username
        with `@` are also looked up on the network, which finds people who are no contacts yet.

        Args:
            query: The name, username, phone number, email address or user ID. Not blank.
            account_ids: Only contacts of these accounts. Left out, of all accounts that the app
                lists; it may leave out some, such as iMessage.
            network: Only contacts of this network, such as "WhatsApp".
            exact: True compares texts character for character.

        Returns:
            The person and the account.

        Raises:
            AmbiguousContactError: More than one person matches, or one on several accounts;
                `candidates` has them all.
            ContactNotFoundError: Nobody matches; `near` has similar ones.
            InvalidInputError: A parameter is invalid. No request is made.
            PaginationError: The contacts can't be read to their end, or one of them can't be read
                and may match.
            APIError: The call failed for another reason.

        Example:
            contact = await client.accounts.contacts.resolve("+447700900777")
            started = await client.chats.start(
                account_id=contact.account_id, user={"id": contact.user.id}
            )
            print(started.chat_id)

        Endpoint: GET /v1/accounts, GET /v1/accounts/{accountID}/contacts/list, GET
            /v1/accounts/{accountID}/contacts
        """
        wanted, scope = checked(query, account_ids, network, exact)
        listed = await AsyncAccountsResource(self._caller).list()
        networks = {account.account_id: account.network for account in listed}
        found = Findings[Contact]()
        for account_id in scope.account_ids or networks:
            account_network = networks.get(account_id)
            if not scope.has(account_id, account_network):
                continue
            people: list[User] = []
            try:
                async for page in self.list(account_id, limit=PAGE_SIZE).iter_pages():
                    people += page.items
                    found.check(page.unreadable, wanted)
                if looked_up(query):
                    people += (await self.search(account_id, query=query)).items
            except NotFoundError:
                pass  # not every account has contacts
            for person in people:
                contact = Contact(account_id=account_id, user=person, network=account_network)
                judge_contact(found, wanted, contact)
        return only_contact(found)
