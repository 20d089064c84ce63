"""Bridges and who is signed in to them.

A login is not stored: it is what the accounts with its ``loginID`` have in common. Only logins that
own no account (any more) are kept here.
"""

from __future__ import annotations

from typing import Any

from .bridge_catalog import BRIDGES, BridgeKind
from .removal import remove_account
from .store import Store

Json = dict[str, Any]

_ACTIVE = ("connected", "connecting", "backfilling")
_LOGIN_STATUS = {
    "connected": "connected",
    "backfilling": "connected",
    "connecting": "connecting",
    "connection_required": "needs_login",
    "reconnect_required": "needs_login",
    "disabled": "logged_out",
}
_STATUS_TEXTS = {
    "limit_reached": "Your plan has no room for more accounts",
    "temporarily_unavailable": "Try again later",
    "disabled": "Switched off",
}


class Logins:
    """Holds the bridges of a world and the logins to them.

    Args:
        store: The world that they belong to.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._made = 0
        self.bridges: dict[str, BridgeKind] = {kind.id: kind for kind in BRIDGES}
        self.statuses: dict[str, str] = {"twitter": "temporarily_unavailable"}
        """Bridge statuses by bridge ID. Set one to forbid new logins."""
        self.without_account: dict[tuple[str, str], Json] = {}
        """Logins that own no account, by bridge and login ID."""

    # -- bridges ----------------------------------------------------------------------------

    def accounts(self, bridge_id: str) -> list[Json]:
        """Return the accounts connected through a bridge."""
        return [a for a in self._store.accounts.values() if a["bridge"]["id"] == bridge_id]

    def status(self, kind: BridgeKind) -> str:
        """Return whether a bridge is in use, or can be."""
        active = any(account["status"] in _ACTIVE for account in self.accounts(kind.id))
        return self.statuses.get(kind.id) or ("connected" if active else "available")

    def show_bridge(self, kind: BridgeKind) -> Json:
        """Return a bridge as a JSON object of the API."""
        family = [one.id for one in self.bridges.values() if one.network == kind.network]
        of_network = [account for one in family for account in self.accounts(one)]
        active = sum(account["status"] in _ACTIVE for account in of_network)
        status = self.status(kind)
        shown: Json = {
            "id": kind.id,
            "accounts": self.accounts(kind.id),
            "activeAccountCount": active,
            "displayName": kind.name,
            "provider": kind.provider,
            "status": status,
            "supportsMultipleAccounts": kind.multiple,
            "type": kind.type,
            "network": kind.network,
        }
        if status == "connected":
            shown["statusText"] = "1 account" if active == 1 else f"{active} accounts"
        elif status in _STATUS_TEXTS:
            shown["statusText"] = _STATUS_TEXTS[status]
        return shown

    # -- logins -----------------------------------------------------------------------------

    def owned_accounts(self, bridge_id: str, login_id: str) -> list[Json]:
        """Return the accounts of a login."""
        return [a for a in self.accounts(bridge_id) if a.get("loginID") == login_id]

    def listed(self, bridge_id: str) -> list[Json]:
        """Return the logins of a bridge."""
        ids = dict.fromkeys(a["loginID"] for a in self.accounts(bridge_id) if "loginID" in a)
        found = [self._login(bridge_id, login_id) for login_id in ids]
        lone = [login for (of, _), login in self.without_account.items() if of == bridge_id]
        return found + lone

    def find(self, bridge_id: str, login_id: str) -> Json | None:
        """Return a login of a bridge, or None."""
        return next((one for one in self.listed(bridge_id) if one["loginID"] == login_id), None)

    def _login(self, bridge_id: str, login_id: str) -> Json:
        accounts = self.owned_accounts(bridge_id, login_id)
        kind = self.bridges[bridge_id]
        login: Json = {
            "bridgeID": bridge_id,
            "loginID": login_id,
            "removeScopes": list(kind.remove_scopes),
            "status": _LOGIN_STATUS.get(accounts[0]["status"], "unknown"),
            "accountIDs": [account["accountID"] for account in accounts],
            "user": accounts[0]["user"],
        }
        if "statusText" in accounts[0]:
            login["statusText"] = accounts[0]["statusText"]
        return login

    def forget(self, bridge_id: str, login_id: str) -> list[str]:
        """Remove a login, its accounts and their chats. Return the IDs of the accounts."""
        with self._store.lock:
            self.without_account.pop((bridge_id, login_id), None)
            gone = [a["accountID"] for a in self.owned_accounts(bridge_id, login_id)]
            for account_id in gone:
                remove_account(self._store, account_id)
            return gone

    def connect(self, kind: BridgeKind, login_id: str | None, phone: str | None) -> list[Json]:
        """Complete a login. Return its accounts, which are new unless they exist."""
        with self._store.lock:
            login_id = login_id or self._login_with_phone(kind, phone)
            accounts = self.owned_accounts(kind.id, login_id) if login_id else []
            for account in accounts:
                account |= {"status": "connected", "statusText": "Connected"}
            return accounts or [self._new_account(kind, login_id, phone)]

    def _login_with_phone(self, kind: BridgeKind, phone: str | None) -> str | None:
        for account in self.accounts(kind.id) if phone else ():
            if account["user"].get("phoneNumber") == phone:
                login_id: str | None = account.get("loginID")
                return login_id
        return None

    def _new_account(self, kind: BridgeKind, login_id: str | None, phone: str | None) -> Json:
        self._made += 1
        if login_id is None:
            login_id = f"ba_new{self._made:04}"
        self.without_account.pop((kind.id, login_id), None)
        local = kind.provider == "local"
        server = f"{kind.id}.localhost" if local else "beeper.com"
        user: Json = {"id": f"@{kind.type}_{self._made:04}:{server}", "isSelf": True}
        people = [account["user"] for account in self._store.accounts.values()]
        names = [one["fullName"] for one in people if "fullName" in one]
        user |= {"fullName": names[0]} if names else {}
        user |= {"phoneNumber": phone} if phone else {}
        return self._store.add_account(
            {
                "accountID": f"{kind.id}{'_' if local else '.'}{login_id}",
                "bridge": {"id": kind.id, "type": kind.type, "provider": kind.provider},
                "status": "connected",
                "statusText": "Connected",
                "user": user,
                "loginID": login_id,
                "network": kind.name,
            },
            {**user, "cannotMessage": False},
        )
