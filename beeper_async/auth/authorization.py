"""The login: from the consent page in the browser to a stored token."""

import asyncio
import inspect
import os
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from attrs import evolve

from .._http.failures import without_frames
from .._http.options import (
    Options,
    Token,
    checked_token,
    checked_url,
    options_without_token,
    url_of_environment,
)
from .._http.request import Request
from .._http.transport import BoundTransport, Transport
from .._validation import check_choices, check_seconds
from ..errors import AuthenticationError, BeeperDesktopError, ConfigurationError, InvalidInputError
from .browser import open_browser
from .callback import Callback, Code, open_callback
from .discovery import find_app
from .errors import (
    BrowserNotFoundError,
    InvalidTokenError,
    LoginError,
    LoginTimeoutError,
    TokenStoreError,
)
from .oauth import Consent, OAuthServer, TokenStatus
from .pkce import Proof
from .store import TokenStore, chosen_profile
from .stored_token import StoredToken
from .urls import check_secure
from .wire import TokenGrant

OpenPage: TypeAlias = Callable[[str], object]
"""Shows a page to the user. It may be async. False means that there is no browser."""

_SCOPES: Final = ("read", "write")
_LONGEST_LIFE: Final = 100 * 365 * 86_400  # seconds; what is beyond is no time of this program


async def login(
    *,
    base_url: str | None = None,
    profile: str | None = None,
    scopes: Collection[str] = ("read", "write"),
    keyring: bool = False,
    client_name: str = "beeper-async",
    open_page: OpenPage | None = None,
    port: int = 0,
    timeout: float = 120.0,
) -> StoredToken:
    """Log in: the user consents in the browser, and the token is stored.

    Clients without a token use it from then on, for the same app only.

    Args:
        base_url: Where the app listens: https, or http on this machine. None means
            BEEPER_BASE_URL, else the app that the profile is for, else the only app that runs.
        profile: Name of the profile to store it in. None means BEEPER_PROFILE, else `default`.
        scopes: What the token may do, of "read" and "write". The user may allow less.
        keyring: Whether the token goes into the keyring of the system. Needs the extra `keyring`.
        client_name: Name that the consent page shows.
        open_page: Shows the page to the user. It may be async. None opens the browser.
        port: Port on 127.0.0.1 that the browser comes back to, 0 to 65535. 0 picks a free one.
        timeout: Seconds that the user has to answer. More than 0.

    Returns:
        The token, as it was stored.

    Raises:
        LoginDeniedError: The user, or the app, refused.
        LoginTimeoutError: Nobody answered in time.
        LoginStateError: The browser came back with the answer to another login.
        LoginPortError: The port is taken.
        BrowserNotFoundError: No browser could be opened.
        InsecureURLError: The app, or an address that it names, is plain http elsewhere.
        LoginError: The app offers no login, or it failed for another reason.
        AppNotFoundError: No app runs on this machine.
        SeveralAppsError: More than one app runs, and none was chosen.
        TokenStoreError: The token can't be stored.
        InvalidInputError: A parameter is invalid. No request is made.
        APIError: The app can't be reached.

    Example:
        from beeper_async.auth import login

        token = await login(scopes=["read"], profile="backup")
        print(token.scopes)
    """
    name = chosen_profile(profile)
    store = TokenStore()
    store.path(name)  # a name that is none must not show only after the consent
    url = await _url_of(base_url, store, name)
    token = await authorize(
        url,
        scopes=scopes,
        client_name=client_name,
        open_page=open_page,
        port=port,
        timeout=timeout,
    )
    store.save(token, name, keyring=keyring)
    return evolve(token, in_keyring=keyring)


async def login_with_token(
    access_token: str,
    *,
    base_url: str | None = None,
    profile: str | None = None,
    keyring: bool = False,
) -> StoredToken:
    """Store a token that was made in the app, once the app has accepted it.

    Args:
        access_token: The token.
        base_url: As for `login`.
        profile: As for `login`.
        keyring: As for `login`.

    Returns:
        The token, as it was stored, with the scopes and the expiry that the app reports.

    Raises:
        InvalidTokenError: The app does not accept it.
        ConfigurationError: It is no token.
        BeeperDesktopError: As from `login`.

    Example:
        import os

        from beeper_async.auth import login_with_token

        token = await login_with_token(os.environ["BEEPER_ACCESS_TOKEN"])
        print(token.scopes)
    """
    try:
        token = _token(access_token)
    finally:
        del access_token  # tools that report errors show the variables of every frame
    name = chosen_profile(profile)
    store = TokenStore()
    store.path(name)
    url = check_secure(await _url_of(base_url, store, name))
    status = await token_status(url, token)
    if not status.active:
        raise InvalidTokenError(
            f"The app at {url} does not accept this token. Copy it again, or make a new one in the "
            "app under Settings, Developers."
        )
    stored = StoredToken(
        token=token,
        base_url=url,
        scopes=status.scopes,
        created_at=datetime.now(UTC),
        expires_at=status.expires_at,
        source="pasted",
    )
    store.save(stored, name, keyring=keyring)
    return evolve(stored, in_keyring=keyring)


async def authorize(
    base_url: str,
    *,
    scopes: Collection[str] = ("read", "write"),
    client_name: str = "beeper-async",
    open_page: OpenPage | None = None,
    port: int = 0,
    timeout: float = 120.0,
) -> StoredToken:
    """Log in like `login`, but store nothing.

    Args:
        base_url: Where the app listens: https, or http on this machine.
        scopes: As for `login`.
        client_name: As for `login`.
        open_page: As for `login`.
        port: As for `login`.
        timeout: As for `login`.

    Returns:
        The token.

    Raises:
        LoginError: As from `login`.
        InvalidInputError: A parameter is invalid. No request is made.
        APIError: The app can't be reached.

    Example:
        from beeper_async.auth import authorize

        token = await authorize(client.base_url, scopes=["read"])
        reader = client.with_options(access_token=token.token.reveal())
    """
    if not check_seconds("timeout", timeout):
        raise InvalidInputError("timeout must be more than 0 seconds.")
    scope = " ".join(check_choices("scopes", list(scopes), *_SCOPES))
    if not scope:
        raise InvalidInputError("scopes must hold read, write or both.")
    options = options_without_token(check_secure(checked_url(base_url)))
    transport, proof = Transport(), Proof()
    try:
        server = await OAuthServer.connect(transport, options)
        async with open_callback(proof, port) as callback:
            client_id = await server.register(client_name, callback.redirect_uri, scope)
            consent = Consent(
                client_id=client_id,
                redirect_uri=callback.redirect_uri,
                scope=scope,
                proof=proof,
            )
            code = await _answer(
                callback, server.consent_url(consent), open_page or open_browser, timeout
            )
            grant = await server.exchange(code.text, consent)
    except BeeperDesktopError as error:
        raise without_frames(error) from None  # frames below hold the code
    finally:
        await transport.close()
    return _stored(grant, options, consent)


async def _answer(callback: Callback, page: str, open_page: OpenPage, timeout: float) -> Code:
    """Show the page, and wait for the browser to come back."""
    opening = asyncio.create_task(_open(open_page, page))
    waiting = asyncio.create_task(callback.code())
    try:
        async with asyncio.timeout(timeout):
            await asyncio.wait([opening, waiting], return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                await opening
            return await waiting
    except TimeoutError:
        raise LoginTimeoutError(
            f"Nobody answered the consent page within {timeout:g} s. If the page stays empty, make "
            "a token in the app under Settings, Developers, and paste it: "
            "`beeper-async login --token -`."
        ) from None
    finally:
        for task in (opening, waiting):
            task.cancel()
        await asyncio.gather(opening, waiting, return_exceptions=True)


async def _open(open_page: OpenPage, page: str) -> None:
    found = open_page(page)
    if inspect.isawaitable(found):
        found = await found
    if found is False:
        raise BrowserNotFoundError(
            "No browser could be opened. `beeper-async login --no-browser` prints the address of "
            "the page instead.",
            page,
        )


def _stored(grant: TokenGrant, options: Options, consent: Consent) -> StoredToken:
    now, seconds = datetime.now(UTC), grant.expires_in
    lasts = seconds is not None and 0 <= seconds < _LONGEST_LIFE
    return StoredToken(
        token=_token(grant.access_token),
        base_url=options.base_url,
        # An app that leaves the scope out has granted what was requested (RFC 6749, 5.1).
        scopes=tuple((grant.scope or consent.scope).split()),
        client_id=consent.client_id,
        created_at=now,
        expires_at=now + timedelta(seconds=seconds) if lasts and seconds is not None else None,
    )


def _token(text: str) -> Token:
    try:
        return Token(checked_token(text))
    except ConfigurationError as error:
        refusal = error.with_traceback(None)
    del text
    raise refusal


async def _url_of(base_url: str | None, store: TokenStore, profile: str) -> str:
    chosen = base_url or url_of_environment(os.environ)
    if chosen:
        return checked_url(chosen)
    try:
        stored = store.load(profile)
    except TokenStoreError:
        stored = None  # a login is the way to replace it
    return stored.base_url if stored else (await find_app()).base_url


async def token_status(base_url: str, token: Token) -> TokenStatus:
    """Return what an app says of a token.

    An app too old to say more says at least whether it accepts it.

    Raises:
        LoginError: The app names an address for it that is not its own.
        APIError: The app can't be reached.
    """
    options = options_without_token(base_url)
    transport = Transport()
    try:
        status = await _introspected(transport, options, token)
        return status or await _tried(transport, evolve(options, token=token))
    finally:
        await transport.close()


async def _introspected(transport: Transport, options: Options, token: Token) -> TokenStatus | None:
    try:
        server = await OAuthServer.connect(transport, options)
    except LoginError:
        return None
    return await server.introspect(token)


async def _tried(transport: Transport, options: Options) -> TokenStatus:
    request = Request("accounts.list", "GET", "/v1/accounts", list[object])
    try:
        await BoundTransport(transport, options).send(request)
    except AuthenticationError:
        return TokenStatus(active=False)
    return TokenStatus(active=True)
