"""Is there a token, from where, does the app accept it, and what may it do?"""

from datetime import UTC, datetime, timedelta
from typing import Final

from ..._http.failures import one_line
from ..._http.request import Request
from ...errors import APIError, AuthenticationError, PermissionDeniedError
from ..authorization import token_status
from ..errors import LoginError
from ..oauth import TokenStatus
from ..store import TokenStore
from .report import Check, broken, doubtful, fine
from .site import Site

_LOGIN: Final = "Run `beeper-async login`."
_NO_RISK: Final = timedelta(days=3)


async def check_token(site: Site) -> list[Check]:
    """Find out which token is used, and where it is from."""
    access = site.access
    if access.token is None and access.stored is not None:
        found = f"The profile {access.profile} has a token for {access.stored.base_url} only."
        return [broken("token", found, f"{_LOGIN[:-1]} for {access.base_url}, or use that app.")]
    if access.token is None:
        return [broken("token", "There is no access token.", _LOGIN)]
    if access.source == "environment":
        return [fine("token", "The token is from BEEPER_ACCESS_TOKEN.")]
    profile = access.profile or ""
    place = " in the keyring" if access.stored and access.stored.in_keyring else ""
    checks = [fine("token", f"The token is from the profile {profile}{place}.")]
    if not TokenStore().is_private(profile):
        found = f"Other users of this machine can read the file of the profile {profile}."
        checks.append(doubtful("token", found, "Log out and in again, or chmod 600 the file."))
    return checks


async def check_acceptance(site: Site) -> list[Check]:
    """Find out whether the app accepts the token, what it may do, and how long."""
    if site.access.token is None or not site.is_reachable:
        return []
    try:
        site.status = await token_status(site.base_url, site.access.token)
    except (APIError, LoginError):
        site.status = None  # the call itself says more
    refusal = await _refusal(site)
    if refusal is not None:
        return [refusal]
    site.accepts_token = True
    if site.status is None or not site.status.active:
        return [fine("token", "The app accepts the token. It does not say what it may do.")]
    return [_scopes(site.status), _expiry(site.status)]


async def _refusal(site: Site) -> Check | None:
    request = Request("accounts.list", "GET", "/v1/accounts", object)
    try:
        await site.caller().send(request)
    except AuthenticationError as error:
        stored = site.access.stored
        expired = stored is not None and stored.expires_at is not None
        expired = expired and stored is not None and _is_over(stored.expires_at)
        if expired or "expired" in error.message.lower():
            return broken("token", "The token has expired.", _LOGIN)
        found = "The app does not accept the token: it is mistyped, revoked, or of another app."
        return broken("token", found, _LOGIN)
    except PermissionDeniedError:
        found = "The token may not read: it lacks the scope read."
        return broken("token", found, f"{_LOGIN[:-1]}, and allow it to read.")
    except APIError:
        return None  # the check of the accounts says what is wrong
    return None


def _is_over(time: datetime | None) -> bool:
    return time is not None and time <= datetime.now(UTC)


def _scopes(status: TokenStatus) -> Check:
    scopes = one_line(" ".join(status.scopes))
    if "write" in status.scopes or not scopes:
        return fine("token", f"The app accepts the token. Its scopes: {scopes or 'unknown'}.")
    return doubtful(
        "token",
        f"The token may only {scopes}: sending and changing fail with 403.",
        "Log in again and allow sensitive actions, unless that is what you want.",
    )


def _expiry(status: TokenStatus) -> Check:
    if status.expires_at is None:
        return fine("token", "The token does not expire, as far as the app says.")
    moment = status.expires_at.isoformat(" ", "minutes")
    if status.expires_at - datetime.now(UTC) < _NO_RISK:
        return doubtful("token", f"The token expires soon: {moment}.", _LOGIN)
    return fine("token", f"The token expires {moment}.")
