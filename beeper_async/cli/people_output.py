"""What is printed of accounts and of contacts."""

from typing import Final

from beeper_async.models import Account, Contact, User

from .output import Layout
from .table import Column
from .text import clean

_LONGEST_NUMBER: Final = 16
"""Characters of a phone number in E.164: it is not cut, only a longer username is."""


def name_of(user: User) -> str:
    """Return what a person is called, by the best that is known."""
    return user.full_name or user.username or user.phone_number or user.email or user.id


def _network(account: Account) -> str:
    return account.network or (account.bridge.type if account.bridge else "")


def _account_fields(account: Account) -> tuple[str, ...]:
    status, text = account.status or "", account.status_text or ""
    return account.account_id, _network(account), status, text, name_of(account.user)


ACCOUNTS: Final = Layout[Account](
    columns=(
        Column("NETWORK", "cyan", lambda one: clean(_network(one)), most=15),
        Column("STATUS", "", lambda one: clean(one.status or ""), most=19),
        Column("USER", "", lambda one: clean(name_of(one.user)), share=40, rank=1),
        Column("ACCOUNT", "bold", lambda one: clean(one.account_id), rank=2),
    ),
    fields=_account_fields,
    to_json=lambda account: account.to_json(indent=None),
)
"""Accounts."""


def _contact_fields(contact: Contact) -> tuple[str, ...]:
    user = contact.user
    return (
        *(user.full_name or "", contact.network or "", user.phone_number or ""),
        *(user.username or "", user.email or "", user.id, contact.account_id),
    )


def _reach(contact: Contact) -> str:
    user = contact.user
    return clean(user.phone_number or user.username or user.email or "")


CONTACTS: Final = Layout[Contact](
    columns=(
        Column("NAME", "bold", lambda one: clean(name_of(one.user)), share=100),
        Column("NETWORK", "cyan", lambda one: clean(one.network or one.account_id), 8, 15),
        Column("NUMBER", "", _reach, _LONGEST_NUMBER, _LONGEST_NUMBER, rank=1),
    ),
    fields=_contact_fields,
    to_json=lambda contact: contact.to_json(indent=None),
)
"""Contacts of all accounts."""
