"""Which accounts are there, in which state, and which are only seen in chats?"""

from collections.abc import Sequence
from typing import Final

from ..._http.failures import one_line
from ...errors import APIError, BadRequestError
from ...models.account import Account
from ...resources.accounts import AsyncAccountsResource
from ...resources.chats import AsyncChatsResource
from ...resources.sent_records import SentRecords
from .report import Check, broken, doubtful, fine
from .site import Site

_CHATS: Final = 200  # enough to meet each account that is used
_WORKING: Final = frozenset({"connected", "connecting", "backfilling", None})


async def check_accounts(site: Site) -> list[Check]:
    """Read the accounts, and the newest chats."""
    if not site.accepts_token:
        return []
    try:
        accounts = await AsyncAccountsResource(site.caller()).list()
        unlisted = await _unlisted(site, accounts)
    except BadRequestError:
        found = "The app refuses requests that are right, as it does while it starts."
        return [broken("accounts", found, "Wait until the app has synced, and try again.")]
    except APIError as error:
        found = f"The accounts can't be read: {one_line(str(error))}."
        return [broken("accounts", found, "Look at the app itself.")]
    checks = [_state(account) for account in accounts]
    checks += [_only_in_chats(account, network) for account, network in unlisted.items()]
    if not checks:
        return [doubtful("accounts", "No account is connected.", "Connect one in the app.")]
    return checks


def _state(account: Account) -> Check:
    network = account.network or (account.bridge.type if account.bridge else None) or ""
    name = one_line(f"{network} ({account.account_id})".strip())
    state = one_line(account.status or "unknown").replace("_", " ")
    if account.status in _WORKING:
        return fine("accounts", f"{name}: {state}.")
    return doubtful("accounts", f"{name}: {state}.", "Connect it again in the app.")


def _only_in_chats(account_id: str, network: str | None) -> Check:
    name = one_line(f"{network or ''} ({account_id})".strip())
    return fine("accounts", f"{name}: seen in chats only; the app does not list it.")


async def _unlisted(site: Site, accounts: Sequence[Account]) -> dict[str, str | None]:
    listed = {account.account_id for account in accounts}
    chats = AsyncChatsResource(site.caller(), SentRecords()).list(limit=_CHATS)
    found: dict[str, str | None] = {}
    for chat in await chats.collect(_CHATS):
        if chat.account_id not in listed:
            found.setdefault(chat.account_id, chat.network)
    return found
