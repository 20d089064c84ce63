"""What is the same for async and blocking code: all that reads an archive."""

import sqlite3
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, tzinfo
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from .._validation import check_range
from ..errors import ClientUseError
from ..models.chat import Chat
from ..models.message import Message
from .checks.findings import Verification
from .checks.verify import verify
from .errors import ArchiveNotFoundError
from .exports.exporting import ExportFormat, export
from .files.store import FileStore
from .reading import stored as reading
from .reading.search import search as search_messages
from .reading.selection import Order, chat_number, numbers_of_chats, selection
from .reading.status import Problem, Status, read_problems, read_status
from .reading.words import parse_query
from .storage.database import Database
from .values import ArchivedChat, ArchivedPerson, Deleted, ExportReport, Version

if TYPE_CHECKING:
    pass

T = TypeVar("T")


class ArchiveReader:
    """A folder with messages, their files, and an index to search them.

    The base of both archives. Reading blocks, for a moment, in async code too.
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

    def _check_open(self) -> None:
        if not self._is_open:
            raise ClientUseError("The archive is closed.")

    @contextmanager
    def _reading(self) -> Generator[sqlite3.Connection]:
        """Give a connection that reads, in whatever thread this is."""
        self._check_open()
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
            AmbiguousArchivedChatError: Several chats have this title.
            InvalidInputError: A parameter is invalid.
            ClientUseError: The archive is closed.

        Example:
            for message in archive.messages("Raid night", since="2026-01-01T00:00:00Z"):
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
            AmbiguousArchivedChatError: Several chats have this title.
            InvalidInputError: A parameter is invalid, or `words` has no letter, digit or symbol.
            ClientUseError: The archive is closed.

        Example:
            for message in archive.search("dinner plan*", limit=10):
                print(message.timestamp, message.text)
        """
        query = parse_query(words)
        if limit is not None:
            check_range("limit", limit, 1)
        with self._reading() as connection:
            selected = selection(connection, chat=chat, since=since, until=until, sender=sender)
        return self._stream(lambda connection: search_messages(connection, query, selected, limit))

    def people(self, chat: str | ArchivedChat) -> list[ArchivedPerson]:
        """Return everybody who is or was a participant of a chat, by name.

        Args:
            chat: ID, local ID or exact title of the chat, or one of `chats()`.

        Raises:
            ChatNotArchivedError: There is no such chat.
            AmbiguousArchivedChatError: Several chats have this title.
            ClientUseError: The archive is closed.

        Example:
            for person in archive.people("Raid night"):
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
            AmbiguousArchivedChatError: Several chats have this title.
            ClientUseError: The archive is closed.

        Example:
            for message in archive.messages("Raid night"):
                versions = archive.versions(message)
                print(message.text, [version.raw.get("text") for version in versions])
        """
        with self._reading() as connection:
            return reading.versions(connection, of)

    def export(
        self,
        format: ExportFormat,
        to: str | PathLike[str],
        *,
        chats: Collection[str | ArchivedChat] | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        deleted: Deleted = "show",
        time_zone: tzinfo | None = None,
    ) -> ExportReport:
        """Export messages for other programs, or to read them. It blocks until all is written.

        Files are readable by their owner alone, and replace those of the last export one by one,
        each when it is whole.

        - `jsonl`: one file, for programs. Each line is an object: `message` as it was received,
          and `archive` with its chat, its files, its earlier versions, and when it was found
          deleted, vanished or expired.
        - `csv`: one file, for spreadsheets, times in UTC. A cell that a spreadsheet would run as a
          formula has an apostrophe before it.
        - `markdown`: a folder with a file for each chat.
        - `html`: a folder with pages that read like a chat, without a server or the network; begin
          with its `index.html`. Chats of more than 2,000 messages have a page for each month.
          Pictures and other files are in its folder `files`, as hard links where the disk allows:
          don't edit them there.

        Chats come by their newest activity, messages by sort key. Markdown and HTML leave out
        hidden messages, and reactions that are messages of their own.

        Args:
            format: The format.
            to: The file to write (`jsonl`, `csv`), or the folder (`markdown`, `html`).
            chats: IDs, local IDs or exact titles of chats. None means all.
            since: Time of the first message. A text is an RFC 3339 time.
            until: Time before which the last message was sent.
            deleted: How messages appear that the app no longer serves, as for `messages`.
            time_zone: Time zone of Markdown and HTML. None means that of this computer.

        Returns:
            What was written.

        Raises:
            ChatNotArchivedError: There is no such chat.
            AmbiguousArchivedChatError: Several chats have this title.
            InvalidInputError: A parameter is invalid, or `to` is inside of the archive.
            ArchiveInUseError: Another export writes the same files.
            ClientUseError: The archive is closed.
            OSError: A file can't be written.

        Example:
            report = archive.export("html", "pages", chats=["Raid night"])
            print(report.messages, report.files)
        """
        with self._reading() as connection:
            numbers = numbers_of_chats(connection, chats)
            selected = selection(connection, since=since, until=until, deleted=deleted)
            return export(connection, self.folder, format, to, numbers, selected, time_zone)

    def status(self) -> Status:
        """Return what the archive holds, what it lacks, and how old that knowledge is.

        Returns:
            The numbers, and the last run.

        Raises:
            ClientUseError: The archive is closed.

        Example:
            status = archive.status()
            print(status.messages, status.oldest_sweep)
        """
        with self._reading() as connection:
            return read_status(connection, self._database.path)

    def problems(self, *, open_only: bool = True) -> list[Problem]:
        """Return what could not be read. All of it is tried again in each run.

        Args:
            open_only: Whether solved problems are left out.

        Returns:
            The problems, the oldest first.

        Raises:
            ClientUseError: The archive is closed.

        Example:
            problems = archive.problems()
            print(len(problems), [problem.error for problem in problems])
        """
        with self._reading() as connection:
            return list(read_problems(connection, open_only=open_only))

    def verify(self, *, files: bool = False) -> Verification:
        """Check the archive in itself, without the app: database, records, marks, index and files.

        Nothing is written. Do it while no program updates the archive.

        Args:
            files: Whether the content of each file is read and compared with its SHA-256. False
                compares the sizes alone, which is much faster.

        Returns:
            What is wrong; its `exit_code` is 0 if nothing is.

        Raises:
            ClientUseError: The archive is closed.

        Example:
            result = archive.verify(files=True)
            print(result.messages, [finding.text for finding in result.findings])
        """
        with self._reading() as connection:
            return verify(connection, FileStore(self.folder), files=files)

    def _stream(self, read: Callable[[sqlite3.Connection], Iterator[T]]) -> Iterator[T]:
        """Iterate with a connection of its own, which is closed at the end."""
        with self._reading() as connection:
            yield from read(connection)
