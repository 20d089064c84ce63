"""The archive as its users see it."""

import os
import sqlite3
from collections.abc import Callable, Collection, Generator
from contextlib import closing, contextmanager
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .._http.file_lock import lock, unlock
from .._validation import check_range
from ..errors import ClientUseError
from .chats import Choice
from .database import Database
from .errors import ArchiveInUseError, ArchiveNotFoundError
from .report import Progress, Report, Sweep
from .run import Options, Run

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop


class Archive:
    """A folder with messages, their files, and an index to search them.

    Make one with `Archive.open`, and use it as a context manager.
    """

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder: Path = folder
        """Where the archive is."""
        self._database = database
        self._is_open = True

    @classmethod
    def open(cls, folder: str | PathLike[str], *, create: bool = True) -> Self:
        """Open an archive.

        Several programs may read one at the same time; only one may update it.

        Args:
            folder: The folder of the archive.
            create: Whether to make the folder if it does not exist.

        Raises:
            ArchiveNotFoundError: There is no archive, and none was to be made.
            ArchiveError: The folder holds a database that is no archive.
            OSError: The folder can't be used.
        """
        path = Path(folder)
        if not create and not (path / "archive.db").is_file():
            raise ArchiveNotFoundError(f"There is no archive in {path}.")
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
        return cls(path, Database(path / "archive.db"))

    def close(self) -> None:
        """Close the archive."""
        if self._is_open:
            self._is_open = False
            self._database.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def update(
        self,
        client: "AsyncBeeperDesktop",
        *,
        sweep: Sweep | None = None,
        chats: Collection[str] | None = None,
        accounts: Collection[str] | None = None,
        expiring: bool = False,
        in_flight: int = 8,
        progress: Callable[[Progress], object] | None = None,
    ) -> Report:
        """Bring the archive up to date.

        A run that is stopped, even by a kill, loses at most what was read in its last half second;
        the next one continues. Only one program can update an archive at a time.

        Args:
            client: The client to read with.
            sweep: How much of what is archived is compared with the app. `full` compares
                everything, `rolling` the newest messages and the chats that were not compared for
                the longest time, for 20 minutes, `off` nothing: it finds new messages alone. None
                means `full`, or `rolling` if the last full one took more than 20 minutes.
            chats: IDs of the chats to read. None means all.
            accounts: IDs of the accounts to read. None means all.
            expiring: Whether chats with disappearing messages are archived as well.
            in_flight: Maximum number of requests at the same time, at least 1.
            progress: Called at most ten times a second with how far it is.

        Returns:
            What the run did.

        Raises:
            ArchiveInUseError: Another program updates the archive.
            ArchiveMismatchError: The app has another account, or was installed anew.
            AuthenticationError: The token is not valid.
            APIConnectionError: The app can't be reached.
            OSError: The disk is full.

        Example:
            async with AsyncBeeperDesktop() as client:
                async with Archive.open("backup") as archive:
                    report = await archive.update(client)
                    print(report.counts.new)
        """
        check_range("in_flight", in_flight, 1)
        options = Options(
            choice=Choice(
                chats=None if chats is None else frozenset(chats),
                accounts=None if accounts is None else frozenset(accounts),
                with_expiring=expiring,
            ),
            sweep=sweep,
            in_flight=in_flight,
        )
        with self._writing():
            return await Run(self._database, client, options, progress).run()

    @contextmanager
    def _writing(self) -> Generator[None]:
        """Hold the lock of the archive."""
        if not self._is_open:
            raise ClientUseError("The archive is closed.")
        fd = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not lock(fd):
                raise ArchiveInUseError(f"Another program updates the archive in {self.folder}.")
            yield
            unlock(fd)
        finally:
            os.close(fd)

    @contextmanager
    def _reading(self) -> Generator[sqlite3.Connection]:
        """Give a connection that reads, in whatever thread this is."""
        if not self._is_open:
            raise ClientUseError("The archive is closed.")
        with closing(self._database.reader()) as connection:
            yield connection

    # Reading. All of it works without the app, also while another program updates the archive.

    def chats(self) -> list[ArchivedChat]:
        """Return all chats of the archive, the one with the newest activity first.

        Raises:
            ClientUseError: The archive is closed.

        Example:
            for chat in archive.chats():
                print(chat.title, chat.messages)
        """
        with self._reading() as connection:
            return reading.chats(connection)

    def messages(
        self,
        chat: str | ArchivedChat | None = None,
        *,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        sender: str | None = None,
        deleted: Deleted = "show",
        newest_first: bool = False,
    ) -> Iterator[Message]:
        """Iterate over messages: those of a chat by sort key, those of all chats by time.

        Which messages these are is decided at the first step. Each is then read when it is its
        turn, so memory stays flat, and an update of the archive is not held up. A message that
        this release can't read is logged and left out.

        Args:
            chat: ID, local ID or exact title of a chat, or one of `chats()`. None means all chats.
            since: Time of the first message. A text is an RFC 3339 time.
            until: Time before which the last message was sent.
            sender: User ID or exact name of the sender.
            deleted: How messages appear that the app no longer serves as they were. `show` returns
                them as last served, `restore` with the content that they had before they were
                deleted; `hide` leaves out what was deleted, vanished or expired.
            newest_first: Whether the order is reversed.

        Returns:
            An iterator. It reads in the thread that uses it.

        Raises:
            ChatNotArchivedError: There is no such chat.
            AmbiguousChatError: Several chats have this title.
            InvalidInputError: A parameter is invalid.
            ClientUseError: The archive is closed.

        Example:
            for message in archive.messages("Hiking club", since="2026-01-01T00:00:00Z"):
                print(message.timestamp, message.sender_name, message.text)
        """
        with self._reading() as connection:
            selected = selection(
                connection, chat=chat, since=since, until=until, sender=sender, deleted=deleted
            )
        order: Order = "newest" if newest_first else "oldest"
        return self._stream(lambda connection: reading.messages(connection, selected, order))

    def search(
        self,
        words: str,
        *,
        chat: str | ArchivedChat | None = None,
        sender: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        limit: int | None = None,
    ) -> Iterator[Message]:
        """Search the text of messages and the names of their files, the newest message first.

        A message is found if it has all words. Case and accents do not count. `"two words"` finds
        them next to each other, `word*` finds words that begin like this; nothing else has a
        meaning. Texts in Chinese, Japanese, Korean, Thai and other scripts without spaces are
        found by any part of them.

        Deleted messages are not found by the content that they had before. Results are the same
        where SQLite has no full-text search, but take longer.

        Args:
            words: What to search for. At most 1,000 characters, and 50 words or phrases.
            chat: ID, local ID or exact title of a chat, or one of `chats()`. None means all chats.
            sender: User ID or exact name of the sender.
            since: Time of the first message. A text is an RFC 3339 time.
            until: Time before which the last message was sent.
            limit: Maximum number of messages, at least 1. None means all.

        Returns:
            An iterator. It reads in the thread that uses it.

        Raises:
            ChatNotArchivedError: There is no such chat.
            AmbiguousChatError: Several chats have this title.
            InvalidInputError: A parameter is invalid, or `words` has no letter, digit or symbol.
            ClientUseError: The archive is closed.

        Example:
            for message in archive.search("dinner friday", limit=10):
                print(message.timestamp, message.text)
        """
        query = parse_query(words)
        if limit is not None:
            check_range("limit", limit, 1)
        with self._reading() as connection:
            selected = selection(connection, chat=chat, since=since, until=until, sender=sender)
        return self._stream(lambda connection: search(connection, query, selected, limit))

    def people(self, chat: str | ArchivedChat) -> list[ArchivedPerson]:
        """Return everybody who is or was a participant of a chat, by name.

        Args:
            chat: ID, local ID or exact title of the chat, or one of `chats()`.

        Raises:
            ChatNotArchivedError: There is no such chat.
            AmbiguousChatError: Several chats have this title.
            ClientUseError: The archive is closed.

        Example:
            for person in archive.people("Hiking club"):
                print(person.name)
        """
        with self._reading() as connection:
            return reading.people(connection, chat_number(connection, chat))

    def versions(self, of: Message | Chat | ArchivedChat | str) -> list[Version]:
        """Return the earlier states of a message or a chat, the oldest first.

        Args:
            of: A message, or a chat as for `messages`.

        Returns:
            The versions; none for what never changed since it was archived.

        Raises:
            ChatNotArchivedError: There is no such chat.
            AmbiguousChatError: Several chats have this title.
            ClientUseError: The archive is closed.

        Example:
            for message in archive.messages("Hiking club"):
                for version in archive.versions(message):
                    print(version.kind, version.at, version.raw.get("text"))
        """
        with self._reading() as connection:
            return reading.versions(connection, of)

    def _stream(self, read: Callable[[sqlite3.Connection], Iterator[T]]) -> Iterator[T]:
        """Iterate with a connection of its own, which is closed at the end."""
        with self._reading() as connection:
            yield from read(connection)
