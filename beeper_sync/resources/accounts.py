# Generated from beeper_async/resources/accounts.py by `python -m beeper_sync._generate`.
"""Connected chat accounts and their contacts."""

from collections.abc import Iterable
from functools import cached_property
from typing import Literal

from beeper_async._omit import Omit, omit
from beeper_async.models.account import Account
from beeper_async.models.contact import Contact
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

    def resolve(
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
            contact = client.accounts.contacts.resolve("+447700900777")
            started = client.chats.start(
                account_id=contact.account_id, user={"id": contact.user.id}
            )
            print(started.chat_id)

        Endpoint: GET /v1/accounts, GET /v1/accounts/{accountID}/contacts/list, GET
            /v1/accounts/{accountID}/contacts
        """
        return self._call(
            self._async.resolve,
            query,
            account_ids=account_ids,
            network=network,
            exact=exact,
        )
