"""Which token a client would use, from where, and for which app."""

import os
from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from .._http.options import (
    DEFAULT_BASE_URL,
    TOKEN_VARIABLE,
    Token,
    checked_token,
    checked_url,
    url_of_environment,
)
from .store import TokenStore, profile_of_environment
from .stored_token import StoredToken


@frozen(kw_only=True)
class Access:
    """An app, and the token for it, if there is one. Its repr does not show the token."""

    base_url: str
    """Where the app listens."""
    token: Token | None = None
    source: Literal["environment", "profile"] | None = None
    """Where the token is from."""
    profile: str | None = None
    """Name of the profile that was looked at. None if the store is off, or was not needed."""
    stored: StoredToken | None = None
    """What the profile has; it may be for another app."""


def find_access(
    base_url: str | None = None,
    profile: str | None = None,
    *,
    env: Mapping[str, str] | None = None,
) -> Access:
    """Look where a client looks, without failing if there is no token.

    Args:
        base_url: The app. None means the one of the environment, or else that of the token.
        profile: A profile whose token wins over the environment. None means as for a client.
        env: The environment. None means that of the process.

    Raises:
        ConfigurationError: A setting makes no sense.
        TokenStoreError: The store can't be read.
    """
    env = os.environ if env is None else env
    chosen = base_url or url_of_environment(env)
    url = checked_url(chosen) if chosen else None
    text = env.get(TOKEN_VARIABLE)
    if text and profile is None:
        token = Token(checked_token(text))
        return Access(base_url=url or DEFAULT_BASE_URL, token=token, source="environment")
    name = profile_of_environment(env) if profile is None else profile
    stored = TokenStore().load(name) if name else None
    if stored is None or url not in (None, stored.base_url):
        return Access(base_url=url or DEFAULT_BASE_URL, profile=name, stored=stored)
    return Access(
        base_url=stored.base_url,
        token=stored.token,
        source="profile",
        profile=name,
        stored=stored,
    )


def preferred_url() -> str | None:
    """Return the app that the environment names, or else the one that the profile is for.

    Raises:
        ConfigurationError: A setting makes no sense.
        TokenStoreError: The store can't be read.
    """
    access = find_access()
    return url_of_environment(os.environ) or (access.stored.base_url if access.stored else None)
