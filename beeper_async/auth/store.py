"""Where tokens are kept: one private file for each profile."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import orjson
from attrs import evolve

from .._codec.json_values import as_object
from ..errors import ConfigurationError
from .errors import TokenStoreError
from .keyring_entry import delete_entry, read_entry, write_entry
from .private_file import is_private, write_private
from .stored_token import StoredToken, from_record, to_record

PROFILE_VARIABLE: Final = "BEEPER_PROFILE"
DEFAULT_PROFILE: Final = "default"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def profile_of_environment(env: Mapping[str, str] | None = None) -> str | None:
    """Return the profile that BEEPER_PROFILE chooses, by default `default`.

    Args:
        env: The environment. None means that of the process.

    Returns:
        The name, or None if BEEPER_PROFILE is empty, which switches the store off.
    """
    name = (os.environ if env is None else env).get(PROFILE_VARIABLE, DEFAULT_PROFILE).strip()
    return name or None


def chosen_profile(profile: str | None, env: Mapping[str, str] | None = None) -> str:
    """Return the profile that was named, or else the one that the environment chooses.

    Raises:
        ConfigurationError: None was named, and the environment switches the store off.
    """
    name = profile_of_environment(env) if profile is None else profile
    if name is None:
        raise ConfigurationError(
            f"{PROFILE_VARIABLE} is empty, which switches the store of tokens off. Unset it, or "
            "name a profile."
        )
    return name


class TokenStore:
    """The tokens of this user, each under the name of a profile.

    A profile is a file that only its owner may read (mode 0600), replaced as a whole.

    Args:
        folder: Where the files are. None means `beeper-async/profiles` in $XDG_CONFIG_HOME, or
            where this system keeps settings.

    Example:
        from beeper_async.auth import TokenStore

        store = TokenStore()
        print(store.folder, store.profiles())
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder: Path = _usual_folder() if folder is None else folder

    def path(self, profile: str = DEFAULT_PROFILE) -> Path:
        """Return the file of a profile, whether it exists or not.

        Args:
            profile: Lower-case letters, digits, `-` and `_`; 1 to 64 of them.

        Raises:
            ConfigurationError: It is no name of a profile.
        """
        if not _NAME.fullmatch(profile):
            raise ConfigurationError(
                "A profile has lower-case letters, digits, - and _ in its name, at most 64."
            )
        return self.folder / f"{profile}.json"

    def profiles(self) -> list[str]:
        """Return the names of the profiles that have a token, in alphabetical order."""
        return sorted(
            path.stem for path in self.folder.glob("*.json") if _NAME.fullmatch(path.stem)
        )

    def load(self, profile: str = DEFAULT_PROFILE) -> StoredToken | None:
        """Read the token of a profile.

        Args:
            profile: Name of the profile.

        Returns:
            The token, or None if the profile has none.

        Raises:
            ConfigurationError: It is no name of a profile.
            TokenStoreError: The file can't be read, or holds no token; or the keyring is locked.
        """
        path = self.path(profile)
        try:
            record = orjson.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _problem("read", path, error) from None
        except orjson.JSONDecodeError:
            record = None
        in_keyring = as_object(record).get("keyring") is True
        stored = from_record(record, read_entry(profile) if in_keyring else None)
        del record  # tools that report errors show the variables of every frame
        if stored is None:
            raise TokenStoreError(
                f"{path} holds no token that can be read. Run `beeper-async login` again, or "
                "delete the file."
            )
        return stored

    def save(
        self, stored: StoredToken, profile: str = DEFAULT_PROFILE, *, keyring: bool = False
    ) -> None:
        """Store a token in place of the one that the profile has.

        Args:
            stored: The token.
            profile: Name of the profile.
            keyring: Whether the token itself goes into the keyring of the system.

        Raises:
            ConfigurationError: It is no name of a profile.
            TokenStoreError: The file can't be written, or the keyring can't be used.
        """
        path = self.path(profile)
        stored = evolve(stored, in_keyring=keyring)
        if keyring:
            write_entry(profile, stored.token.reveal())
        try:
            write_private(path, orjson.dumps(to_record(stored), option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise _problem("written", path, error) from None

    def delete(self, profile: str = DEFAULT_PROFILE) -> bool:
        """Forget the token of a profile.

        Args:
            profile: Name of the profile.

        Returns:
            Whether there was one.

        Raises:
            ConfigurationError: It is no name of a profile.
            TokenStoreError: The file can't be deleted, or the keyring can't be used.
        """
        path = self.path(profile)
        try:
            try:
                record = orjson.loads(path.read_bytes())
            except orjson.JSONDecodeError:
                record = None
            if as_object(record).get("keyring") is True:
                delete_entry(profile)
            path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise _problem("deleted", path, error) from None
        return True

    def is_private(self, profile: str = DEFAULT_PROFILE) -> bool:
        """Return whether no other user may read the file of a profile.

        Args:
            profile: Name of the profile, which has a token.
        """
        return is_private(self.path(profile))

    def __repr__(self) -> str:
        return f"TokenStore({str(self.folder)!r})"


def _usual_folder() -> Path:
    from platformdirs import user_config_path  # here, because a client with a token needs none

    return user_config_path("beeper-async", appauthor=False) / "profiles"


def _problem(verb: str, path: Path, error: OSError) -> TokenStoreError:
    return TokenStoreError(
        f"{path} can't be {verb}: {error.strerror}. Check who owns it and its folder."
    )
