"""What there is of a login, and its end."""

from attrs import frozen

from .._http.options import Token, options_without_token
from .._http.transport import Transport
from ..errors import APIError, MissingTokenError
from .access import Access, find_access
from .authorization import token_status
from .errors import LoginError, TokenStoreError
from .oauth import OAuthServer, TokenStatus
from .store import TokenStore, chosen_profile


@frozen(kw_only=True)
class LoggedOut:
    """What became of a token."""

    profile: str
    """The profile, which has no token any more."""
    base_url: str | None
    """The app that the token was for. None if the file could not be read."""
    revoked: bool
    """Whether the app refuses the token from now on. False if the app could not be reached."""


@frozen(kw_only=True)
class WhoAmI:
    """Which token is used, and what the app says of it. Its repr does not show the token."""

    access: Access
    """The app, the token and where it is from."""
    status: TokenStatus
    """What the app says of it."""


async def logout(profile: str | None = None) -> LoggedOut | None:
    """Forget the token of a profile, and have the app refuse it.

    Args:
        profile: Name of the profile. None means BEEPER_PROFILE, else `default`.

    Returns:
        What became of it, or None if the profile has no token. If the app can't be reached, the
        token is forgotten all the same.

    Raises:
        ConfigurationError: It is no name of a profile, or BEEPER_PROFILE is empty.
        TokenStoreError: The file can't be deleted, or the keyring can't be used.

    Example:
        from beeper_async.auth import logout

        gone = await logout("backup")
        print(gone.revoked if gone else "was not logged in")
    """
    name, store = chosen_profile(profile), TokenStore()
    try:
        stored = store.load(name)
    except TokenStoreError:
        stored = None  # what can't be read is deleted all the same
    revoked = stored is not None and await _revoke(stored.base_url, stored.token)
    if not store.delete(name):
        return None
    base_url = stored.base_url if stored else None
    return LoggedOut(profile=name, base_url=base_url, revoked=revoked)


async def whoami(*, base_url: str | None = None, profile: str | None = None) -> WhoAmI:
    """Return which token a client would use, and what the app says of it.

    Args:
        base_url: Where the app listens. None means as for a client.
        profile: A profile to look at. None means BEEPER_ACCESS_TOKEN first, as for a client.

    Raises:
        MissingTokenError: There is no token for this app.
        ConfigurationError: A setting makes no sense.
        TokenStoreError: The store can't be read.
        APIError: The app can't be reached.

    Example:
        from beeper_async.auth import whoami

        me = await whoami()
        print(me.access.source, me.status.scopes)
    """
    access = find_access(base_url, profile)
    if access.token is None:
        other = (
            f" The profile {access.profile} is for {access.stored.base_url}."
            if access.stored
            else ""
        )
        raise MissingTokenError(
            f"There is no access token for {access.base_url}.{other} Run `beeper-async login`."
        )
    return WhoAmI(access=access, status=await token_status(access.base_url, access.token))


async def _revoke(base_url: str, token: Token) -> bool:
    transport = Transport()
    try:
        server = await OAuthServer.connect(transport, options_without_token(base_url))
        await server.revoke(token)
    except (APIError, LoginError):
        return False
    finally:
        await transport.close()
    return True
