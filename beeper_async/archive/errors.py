"""The exceptions of archives."""

from collections.abc import Sequence

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


class ChatNotArchivedError(ArchiveError):
    """The archive has no chat with that ID or title."""


class AmbiguousArchivedChatError(ArchiveError):
    """Several chats of the archive have that title.

    Attributes:
        chat_ids: IDs of these chats; each one selects its chat.
    """

    def __init__(self, message: str, chat_ids: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.chat_ids: tuple[str, ...] = tuple(chat_ids)
