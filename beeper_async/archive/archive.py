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
from .app_comparison import AppComparison
from .chats import Choice
from .database import Database
from .errors import ArchiveInUseError, ArchiveNotFoundError
from .file_store import FileStore
from .findings import Verification
from .report import Progress, Report, Sweep
from .run import Options, Run
from .status import Problem, Status, read_problems, read_status
from .verify import verify

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
            choice=_choice_of(chats, accounts, expiring=expiring),
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

    def status(self) -> Status:
        """Return what the archive holds, what it lacks, and how old that knowledge is.

        Returns:
            The numbers, and the last run.

        Raises:
            ClientUseError: The archive is closed.

        Example:
            async with Archive.open("backup", create=False) as archive:
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
            async with Archive.open("backup", create=False) as archive:
                for problem in archive.problems():
                    print(problem.kind, problem.error)
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
            async with Archive.open("backup", create=False) as archive:
                for finding in archive.verify(files=True).findings:
                    print(finding.chat_id, finding.key, finding.text)
        """
        with self._reading() as connection:
            return verify(connection, FileStore(self.folder), files=files)

    async def verify_against_app(
        self,
        client: "AsyncBeeperDesktop",
        *,
        chats: Collection[str] | None = None,
        accounts: Collection[str] | None = None,
        expiring: bool = False,
        in_flight: int = 8,
    ) -> Verification:
        """Compare every chat and message that the app serves with the archive.

        Nothing is written. Messages that came after the last run began are counted in `new`, for
        they need not be in the archive; edits since then are findings. So update first.

        Args:
            client: The client to read with.
            chats: IDs of the chats that are archived. None means all.
            accounts: IDs of the accounts that are archived. None means all.
            expiring: Whether chats with disappearing messages are archived as well.
            in_flight: Maximum number of requests at the same time, at least 1.

        Returns:
            What is lost, doubled, stale, wrongly marked, or not marked as no longer served.

        Raises:
            AuthenticationError: The token is not valid.
            PermissionDeniedError: The token may not read.
            APIConnectionError: The app can't be reached.

        Example:
            async with AsyncBeeperDesktop() as client:
                async with Archive.open("backup") as archive:
                    await archive.update(client)
                    result = await archive.verify_against_app(client)
                    print(result.counts)
        """
        check_range("in_flight", in_flight, 1)
        choice = _choice_of(chats, accounts, expiring=expiring)
        with self._reading() as connection:
            return await AppComparison(connection, client, choice).compare(in_flight)


def _choice_of(
    chats: Collection[str] | None, accounts: Collection[str] | None, *, expiring: bool
) -> Choice:
    return Choice(
        chats=None if chats is None else frozenset(chats),
        accounts=None if accounts is None else frozenset(accounts),
        with_expiring=expiring,
    )
