"""The archive as its users see it."""

import os
import sqlite3
from collections.abc import Callable, Collection, Generator
from contextlib import closing, contextmanager
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from attrs import evolve

from .._http.file_lock import lock, unlock
from .._validation import check_range, check_text_list
from ..errors import ClientUseError
from ..events.kinds import Event
from .chats import Choice
from .database import Database
from .errors import ArchiveInUseError, ArchiveNotFoundError
from .files import FileOptions
from .report import Progress, Report, Sweep
from .run import Options, Run
from .watch import Watch

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
        files: bool = True,
        max_file: int | None = None,
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
            files: Whether the files of messages are fetched.
            max_file: Size in bytes above which a file is not fetched. At least 1. None disables
                the limit.
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
        options = _options(chats, accounts, files, max_file, expiring=expiring)
        options = evolve(options, sweep=sweep, in_flight=in_flight)
        with self._writing():
            return await Run(self._database, client, options, progress).run()

    async def watch(
        self,
        client: "AsyncBeeperDesktop",
        *,
        update_every: float = 86_400,
        chats: Collection[str] | None = None,
        accounts: Collection[str] | None = None,
        expiring: bool = False,
        files: bool = True,
        max_file: int | None = None,
        progress: Callable[[Progress], object] | None = None,
        on_report: Callable[[Report], object] | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> None:
        """Update the archive, and keep it current through live events until cancelled.

        Args:
            client: The client to read with.
            update_every: Seconds between two runs of `update`, which find what the app does not
                push, and fetch files. At least 60.
            chats: As for `update`.
            accounts: As for `update`.
            expiring: As for `update`.
            files: As for `update`.
            max_file: As for `update`.
            progress: As for `update`.
            on_report: Called with the report of each run.
            on_event: Called with each live event that was written.

        Raises:
            ArchiveInUseError: Another program updates the archive.
            ArchiveMismatchError: The app has another account, or was installed anew.
            AuthenticationError: The token is not valid.
            APIConnectionError: The app can't be reached when a run begins.
            OSError: The disk is full.

        Example:
            async with AsyncBeeperDesktop() as client:
                async with Archive.open("backup") as archive:
                    async with asyncio.timeout(1):
                        await archive.watch(client)
        """
        check_range("update_every", update_every, 60)
        options = _options(chats, accounts, files, max_file, expiring=expiring)

        async def update() -> None:
            report = await Run(self._database, client, options, progress).run()
            if on_report is not None:
                on_report(report)

        with self._writing():
            watch = Watch(self._database, client, options.choice, update, update_every, on_event)
            await watch.run()

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


def _options(
    chats: Collection[str] | None,
    accounts: Collection[str] | None,
    files: bool,
    max_file: int | None,
    *,
    expiring: bool,
) -> Options:
    check_range("max_file", max_file, 1)
    choice = Choice(
        chats=None if chats is None else frozenset(check_text_list("chats", chats)),
        accounts=None if accounts is None else frozenset(check_text_list("accounts", accounts)),
        with_expiring=expiring,
    )
    return Options(choice=choice, files=FileOptions(max_size=max_file) if files else None)
