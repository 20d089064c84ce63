"""The exceptions of archives."""

from ..errors import BeeperDesktopError, ClientUseError


class ArchiveError(BeeperDesktopError):
    """An archive can't be used; the text says why and what to do."""


class ArchiveNotFoundError(ArchiveError):
    """There is no archive in that folder."""


class ArchiveInUseError(ArchiveError, ClientUseError):
    """Another program writes to the archive."""


class ArchiveMismatchError(ArchiveError):
    """The app is not the one whose messages are in the archive.

    Another account is signed in, or the app was installed anew, so that its messages have other
    IDs. Nothing was written.
    """
