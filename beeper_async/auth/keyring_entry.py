"""Tokens in the keyring of the system, for those who chose it at the login."""

from importlib import import_module
from types import ModuleType
from typing import Final

from .errors import TokenStoreError

_SERVICE: Final = "beeper-async"


def read_entry(profile: str) -> str | None:
    """Return the token of a profile; None if the keyring has none.

    Raises:
        TokenStoreError: There is no keyring, or it is locked.
    """
    keyring = _keyring()
    try:
        token: str | None = keyring.get_password(_SERVICE, profile)
    except Exception as error:  # each backend raises its own
        raise _unusable(error) from None
    return token


def write_entry(profile: str, token: str) -> None:
    """Store the token of a profile.

    Raises:
        TokenStoreError: There is no keyring, or it is locked.
    """
    keyring = _keyring()
    try:
        keyring.set_password(_SERVICE, profile, token)
    except Exception as error:
        raise _unusable(error) from None


def delete_entry(profile: str) -> None:
    """Forget the token of a profile. No effect if the keyring has none.

    Raises:
        TokenStoreError: There is no keyring, or it is locked.
    """
    if read_entry(profile) is None:
        return
    keyring = _keyring()
    try:
        keyring.delete_password(_SERVICE, profile)
    except Exception as error:
        raise _unusable(error) from None


def _keyring() -> ModuleType:
    try:
        return import_module("keyring")
    except ImportError:
        raise TokenStoreError(
            "The keyring needs another package: pip install 'beeper-async[keyring]'."
        ) from None


def _unusable(error: Exception) -> TokenStoreError:
    # Only the kind of the error: backends put into the text what they were given.
    return TokenStoreError(
        f"The keyring of the system can't be used ({type(error).__name__}). Unlock it, or log in "
        "again without --keyring."
    )
