"""Where a client looks for a token that nobody handed in."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from .._http.options import StoredAccess
from .store import DEFAULT_PROFILE, TokenStore, profile_of_environment
from .stored_token import StoredToken

_log = logging.getLogger("beeper_async")


def find_stored(base_url: str | None, env: Mapping[str, str]) -> StoredAccess | None:
    """Return the token of the profile that the environment chooses, and where it may be sent.

    Args:
        base_url: The base URL that was chosen. Whether it is the right one is for the caller to
            check; a warning comes only if it is.
        env: The environment.

    Raises:
        ConfigurationError: BEEPER_PROFILE is no name of a profile.
        TokenStoreError: The store can't be read.
    """
    profile = profile_of_environment(env)
    stored = TokenStore().load(profile) if profile else None
    if profile is None or stored is None:
        return None
    if base_url in (None, stored.base_url):
        _warn_of_expiry(stored, profile)
    return StoredAccess(stored.token, stored.base_url)


def _warn_of_expiry(stored: StoredToken, profile: str) -> None:
    if stored.expires_at is None or not stored.expires_soon(datetime.now(UTC)):
        return
    command = "beeper-async login" + ("" if profile == DEFAULT_PROFILE else f" --profile {profile}")
    moment = stored.expires_at.astimezone().isoformat(" ", "minutes")
    verb = "expires" if stored.expires_at > datetime.now(UTC) else "has expired:"
    _log.warning("the stored token %s %s. Run `%s`.", verb, moment, command)
