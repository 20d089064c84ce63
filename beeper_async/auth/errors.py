"""What logins, the token store and discovery raise."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import BeeperDesktopError, ConfigurationError

if TYPE_CHECKING:
    from .found_app import FoundApp


class LoginError(BeeperDesktopError):
    """A login ended without a token; the text says why, and what to do."""


class LoginDeniedError(LoginError):
    """The user, or the app, refused what the login requested.

    Attributes:
        code: The reason as a word for programs, e.g. `access_denied`.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code: str = code


class LoginTimeoutError(LoginError):
    """Nobody answered the consent page in time."""


class LoginStateError(LoginError):
    """The browser came back with the answer to another login. It was not used."""


class LoginPortError(LoginError):
    """The port for the browser's way back is taken, or can't be opened."""


class BrowserNotFoundError(LoginError):
    """No browser could be opened.

    Attributes:
        url: The page to open by hand, while the login waits.
    """

    def __init__(self, message: str, url: str) -> None:
        super().__init__(message)
        self.url: str = url


class InsecureURLError(LoginError):
    """A token would be sent over plain http to another machine."""


class InvalidTokenError(LoginError):
    """The app does not accept the token that was handed in. It was not stored."""


class TokenStoreError(ConfigurationError):
    """The store of tokens can't be read or written; the text says what to do."""


class AppNotFoundError(BeeperDesktopError):
    """No app answers on any of the ports that apps use."""


class SeveralAppsError(BeeperDesktopError):
    """More than one app answers. Choose one by its `base_url`.

    Attributes:
        apps: The apps.
    """

    def __init__(self, message: str, apps: "Sequence[FoundApp]") -> None:
        super().__init__(message)
        self.apps: Sequence[FoundApp] = apps
