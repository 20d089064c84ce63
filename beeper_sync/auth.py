"""Getting in, for blocking code: login, stored tokens, finding apps, and the doctor.

Everything that is not blocking in itself, such as `TokenStore` and errors, is that of
`beeper_async.auth`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from beeper_async import auth as async_auth
from beeper_async.auth import (
    APP_PORTS as APP_PORTS,
    Access as Access,
    AppNotFoundError as AppNotFoundError,
    BrowserNotFoundError as BrowserNotFoundError,
    Check as Check,
    FoundApp as FoundApp,
    InsecureURLError as InsecureURLError,
    InvalidTokenError as InvalidTokenError,
    LoggedOut as LoggedOut,
    LoginDeniedError as LoginDeniedError,
    LoginError as LoginError,
    LoginPortError as LoginPortError,
    LoginStateError as LoginStateError,
    LoginTimeoutError as LoginTimeoutError,
    OpenPage as OpenPage,
    Report as Report,
    SeveralAppsError as SeveralAppsError,
    StoredToken as StoredToken,
    TokenStatus as TokenStatus,
    TokenStore as TokenStore,
    TokenStoreError as TokenStoreError,
    Verdict as Verdict,
    WhoAmI as WhoAmI,
    find_access as find_access,
)

from .portal import call_once


def login(
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
        from beeper_sync.auth import login

        token = login(scopes=["read"], profile="backup")
        print(token.scopes)
    """
    return call_once(
        async_auth.login,
        base_url=base_url,
        profile=profile,
        scopes=scopes,
        keyring=keyring,
        client_name=client_name,
        open_page=open_page,
        port=port,
        timeout=timeout,
    )


def login_with_token(
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

        from beeper_sync.auth import login_with_token

        token = login_with_token(os.environ["BEEPER_ACCESS_TOKEN"])
        print(token.scopes)
    """
    try:
        return call_once(
            async_auth.login_with_token,
            access_token,
            base_url=base_url,
            profile=profile,
            keyring=keyring,
        )
    finally:
        del access_token  # tools that report errors show the variables of every frame


def authorize(
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
        from beeper_sync.auth import authorize

        token = authorize(client.base_url, scopes=["read"])
        reader = client.with_options(access_token=token.token.reveal())
    """
    return call_once(
        async_auth.authorize,
        base_url,
        scopes=scopes,
        client_name=client_name,
        open_page=open_page,
        port=port,
        timeout=timeout,
    )


def logout(profile: str | None = None) -> LoggedOut | None:
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
        from beeper_sync.auth import logout

        gone = logout("backup")
        print(gone.revoked if gone else "was not logged in")
    """
    return call_once(async_auth.logout, profile)


def whoami(*, base_url: str | None = None, profile: str | None = None) -> WhoAmI:
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
        from beeper_sync.auth import whoami

        me = whoami()
        print(me.access.source, me.status.scopes)
    """
    return call_once(async_auth.whoami, base_url=base_url, profile=profile)


def find_apps(*, base_url: str | None = None, ports: Iterable[int] = APP_PORTS) -> list[FoundApp]:
    """Find the apps that run on this machine.

    All addresses are tried at once, for 500 ms each. No token is sent. Apps before 4.2.557 are not
    found.

    Args:
        base_url: An address to try as well. Its app comes first.
        ports: The ports to try, on 127.0.0.1 and on localhost. An app that answers on both is
            returned once.

    Returns:
        The apps, in the order of their ports.

    Raises:
        ConfigurationError: `base_url` is no URL.

    Example:
        from beeper_sync.auth import find_apps

        for app in find_apps(base_url=client.base_url):
            print(app.name, app.version, app.base_url)
    """
    return call_once(async_auth.find_apps, base_url=base_url, ports=ports)


def find_app(*, base_url: str | None = None, ports: Iterable[int] = APP_PORTS) -> FoundApp:
    """Find the only app that runs on this machine.

    Args:
        base_url: An address to try as well. An app that answers there wins over the others.
        ports: As for `find_apps`.

    Raises:
        AppNotFoundError: No app answers.
        SeveralAppsError: More than one answers.
        ConfigurationError: `base_url` is no URL.

    Example:
        from beeper_sync.auth import find_app

        app = find_app(base_url=client.base_url)
        print(app.name, app.version)
    """
    return call_once(async_auth.find_app, base_url=base_url, ports=ports)


def examine(
    *,
    base_url: str | None = None,
    profile: str | None = None,
    on_step: Callable[[str], object] | None = None,
    on_check: Callable[[Check], object] | None = None,
) -> Report:
    """Find out what works between this program and the app, and what to do where it does not.

    Nothing is sent or changed. A check waits for at most 5 seconds.

    Args:
        base_url: Where the app listens. None means as for a client.
        profile: The profile whose token is used. None means as for a client.
        on_step: Called with what is checked next, e.g. "the live socket".
        on_check: Called with each check once it is made.

    Returns:
        All checks. None of them holds a secret.

    Raises:
        ConfigurationError: A setting makes no sense.

    Example:
        from beeper_sync.auth import examine

        report = examine()
        for check in report.checks:
            print(check.verdict.value, check.found, check.advice)
    """
    return call_once(
        async_auth.examine, base_url=base_url, profile=profile, on_step=on_step, on_check=on_check
    )
