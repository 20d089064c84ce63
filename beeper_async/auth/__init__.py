"""Getting in: login, stored tokens, finding apps, and the doctor."""

from typing import TYPE_CHECKING

from .._lazy import lazy_exports

if TYPE_CHECKING:
    from .access import (
        Access as Access,
        find_access as find_access,
    )
    from .authorization import (
        OpenPage as OpenPage,
        authorize as authorize,
        login as login,
        login_with_token as login_with_token,
    )
    from .discovery import (
        APP_PORTS as APP_PORTS,
        find_app as find_app,
        find_apps as find_apps,
    )
    from .doctor.examine import (
        examine as examine,
    )
    from .doctor.report import (
        Check as Check,
        Report as Report,
        Verdict as Verdict,
    )
    from .errors import (
        AppNotFoundError as AppNotFoundError,
        BrowserNotFoundError as BrowserNotFoundError,
        InsecureURLError as InsecureURLError,
        InvalidTokenError as InvalidTokenError,
        LoginDeniedError as LoginDeniedError,
        LoginError as LoginError,
        LoginPortError as LoginPortError,
        LoginStateError as LoginStateError,
        LoginTimeoutError as LoginTimeoutError,
        SeveralAppsError as SeveralAppsError,
        TokenStoreError as TokenStoreError,
    )
    from .found_app import (
        FoundApp as FoundApp,
    )
    from .oauth import (
        TokenStatus as TokenStatus,
    )
    from .session import (
        LoggedOut as LoggedOut,
        WhoAmI as WhoAmI,
        logout as logout,
        whoami as whoami,
    )
    from .store import (
        TokenStore as TokenStore,
    )
    from .stored_token import (
        StoredToken as StoredToken,
    )

__all__ = [
    "APP_PORTS",
    "Access",
    "AppNotFoundError",
    "BrowserNotFoundError",
    "Check",
    "FoundApp",
    "InsecureURLError",
    "InvalidTokenError",
    "LoggedOut",
    "LoginDeniedError",
    "LoginError",
    "LoginPortError",
    "LoginStateError",
    "LoginTimeoutError",
    "OpenPage",
    "Report",
    "SeveralAppsError",
    "StoredToken",
    "TokenStatus",
    "TokenStore",
    "TokenStoreError",
    "Verdict",
    "WhoAmI",
    "authorize",
    "examine",
    "find_access",
    "find_app",
    "find_apps",
    "login",
    "login_with_token",
    "logout",
    "whoami",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            ".access": [
                "Access",
                "find_access",
            ],
            ".discovery": [
                "APP_PORTS",
                "find_app",
                "find_apps",
            ],
            ".doctor.examine": [
                "examine",
            ],
            ".doctor.report": [
                "Check",
                "Report",
                "Verdict",
            ],
            ".errors": [
                "AppNotFoundError",
                "BrowserNotFoundError",
                "InsecureURLError",
                "InvalidTokenError",
                "LoginDeniedError",
                "LoginError",
                "LoginPortError",
                "LoginStateError",
                "LoginTimeoutError",
                "SeveralAppsError",
                "TokenStoreError",
            ],
            ".found_app": [
                "FoundApp",
            ],
            ".authorization": [
                "OpenPage",
                "authorize",
                "login",
                "login_with_token",
            ],
            ".oauth": [
                "TokenStatus",
            ],
            ".session": [
                "LoggedOut",
                "WhoAmI",
                "logout",
                "whoami",
            ],
            ".store": [
                "TokenStore",
            ],
            ".stored_token": [
                "StoredToken",
            ],
        },
    )
