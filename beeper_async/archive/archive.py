"""The archive as async code uses it."""

import os
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from attrs import evolve

from .._http.file_lock import lock, unlock
from .._validation import check_range, check_text_list
from ..events.kinds import Event
from . import forget
from .checks.app_comparison import AppComparison
from .checks.findings import Verification
from .errors import ArchiveInUseError
from .files.queue import FileOptions
from .reader import ArchiveReader
from .reading.selection import chat_number
from .report import Progress, Report, Sweep
from .updating.chats import Choice
from .updating.run import Options, Run
from .updating.watch import Watch
from .values import ArchivedChat

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop

T = TypeVar("T")


class Archive(ArchiveReader):
    """A folder with messages, their files, and an index to search them.

    Make one with `Archive.open`, and use it as a context manager. Reading needs no app, and works
    while another program updates the archive.
    """

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
        options = options_of(chats, accounts, files, max_file, expiring=expiring)
        options = evolve(options, sweep=sweep, in_flight=in_flight)
        with self._writing():
            with suppress(ArchiveInUseError):  # a reader is in the way: then the next time
                await self._finish_forgetting()
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
            import asyncio

            async with AsyncBeeperDesktop() as client, Archive.open("backup") as archive:
                watching = asyncio.create_task(archive.watch(client, on_report=print))
                await asyncio.sleep(1)
                watching.cancel()
        """
        check_range("update_every", update_every, 60)
        options = options_of(chats, accounts, files, max_file, expiring=expiring)

        async def update() -> None:
            report = await Run(self._database, client, options, progress).run()
            if on_report is not None:
                on_report(report)

        with self._writing():
            watch = Watch(self._database, client, options.choice, update, update_every, on_event)
            await watch.run()

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
        choice = choice_of(chats, accounts, expiring=expiring)
        with self._reading() as connection:
            return await AppComparison(connection, client, choice).compare(in_flight)

    @contextmanager
    def _writing(self) -> Generator[None]:
        """Hold the lock of the archive."""
        self._check_open()
        fd = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not lock(fd):
                raise ArchiveInUseError(f"Another program updates the archive in {self.folder}.")
            yield
            unlock(fd)
        finally:
            os.close(fd)

    async def forget(self, chat: str | ArchivedChat) -> None:
        """Remove a chat for good: its messages, versions, files, people and search entries.

        Files that a message of another chat has as well stay. The database is written anew, so that
        its content is no longer in the files on disk; this takes as much space again for a moment.
        The next update archives the chat again if it is not left out. Exports are not touched.

        Args:
            chat: ID, local ID or exact title of the chat, or one of `chats()`.

        Raises:
            ChatNotArchivedError: There is no such chat.
            AmbiguousArchivedChatError: Several chats have this title.
            ArchiveInUseError: Another program updates the archive, or reads it for too long. In
                the second case the chat is removed, and the next call removes its content from the
                disk.
            ClientUseError: The archive is closed.
            OSError: The disk is full.

        Example:
            await archive.forget("Parcel Tracker")
        """
        with self._writing():
            await self._finish_forgetting()
            with self._reading() as connection:
                number = chat_number(connection, chat)
            await self._database.run(lambda connection: forget.remove(connection, number))
            await self._finish_forgetting()

    async def _finish_forgetting(self) -> None:
        await self._database.run_alone(lambda connection: forget.finish(connection, self.folder))


def options_of(
    chats: Collection[str] | None,
    accounts: Collection[str] | None,
    files: bool,
    max_file: int | None,
    *,
    expiring: bool,
) -> Options:
    """Return the options of a run, once they are checked.

    Raises:
        InvalidInputError: One is invalid.
    """
    check_range("max_file", max_file, 1)
    choice = choice_of(chats, accounts, expiring=expiring)
    return Options(choice=choice, files=FileOptions(max_size=max_file) if files else None)


def choice_of(
    chats: Collection[str] | None, accounts: Collection[str] | None, *, expiring: bool
) -> Choice:
    """Return which chats are archived, once that is checked.

    Raises:
        InvalidInputError: A list is none.
    """
    return Choice(
        chats=None if chats is None else frozenset(check_text_list("chats", chats)),
        accounts=None if accounts is None else frozenset(check_text_list("accounts", accounts)),
        with_expiring=expiring,
    )
