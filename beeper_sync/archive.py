"""The archive as blocking code uses it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from types import TracebackType
from typing import TYPE_CHECKING, Self

from beeper_async.archive.archive import Archive as AsyncArchive
from beeper_async.archive.checks.findings import Verification
from beeper_async.archive.reader import ArchiveReader
from beeper_async.archive.report import Progress, Report, Sweep
from beeper_async.archive.values import ArchivedChat
from beeper_async.events.kinds import Event

from .portal import Lease

if TYPE_CHECKING:
    from .client import BeeperDesktop


class Archive(ArchiveReader):
    """A folder with messages, their files, and an index to search them.

    Make one with `Archive.open`, and use it as a context manager. Reading needs no app, and works
    while another program updates the archive.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def update(
        self,
        client: BeeperDesktop,
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
            progress: Called at most ten times a second with how far it is, in the event loop
                thread, so it must not call the client.

        Returns:
            What the run did.

        Raises:
            ArchiveInUseError: Another program updates the archive.
            ArchiveMismatchError: The app has another account, or was installed anew.
            AuthenticationError: The token is not valid.
            APIConnectionError: The app can't be reached.
            OSError: The disk is full.

        Example:
            with BeeperDesktop() as client, Archive.open("backup") as archive:
                report = archive.update(client)
                print(report.counts.new)
        """
        return client._call(  # pyright: ignore[reportPrivateUsage]  # one distribution
            self._async().update,
            client._async,  # pyright: ignore[reportPrivateUsage]
            sweep=sweep,
            chats=chats,
            accounts=accounts,
            expiring=expiring,
            files=files,
            max_file=max_file,
            in_flight=in_flight,
            progress=progress,
        )

    def watch(
        self,
        client: BeeperDesktop,
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
        """Update the archive, and keep it current through live events until Ctrl-C.

            with BeeperDesktop() as client, Archive.open("backup") as archive:
                archive.watch(client)

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
            on_report: Called with the report of each run; in that thread too.
            on_event: Called with each live event that was written; in that thread too.

        Raises:
            ArchiveInUseError: Another program updates the archive.
            ArchiveMismatchError: The app has another account, or was installed anew.
            AuthenticationError: The token is not valid.
            APIConnectionError: The app can't be reached when a run begins.
            OSError: The disk is full.
        """
        client._call(  # pyright: ignore[reportPrivateUsage]  # one distribution
            self._async().watch,
            client._async,  # pyright: ignore[reportPrivateUsage]
            update_every=update_every,
            chats=chats,
            accounts=accounts,
            expiring=expiring,
            files=files,
            max_file=max_file,
            progress=progress,
            on_report=on_report,
            on_event=on_event,
        )

    def verify_against_app(
        self,
        client: BeeperDesktop,
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
            with BeeperDesktop() as client, Archive.open("backup") as archive:
                archive.update(client)
                result = archive.verify_against_app(client)
                print(result.counts)
        """
        return client._call(  # pyright: ignore[reportPrivateUsage]  # one distribution
            self._async().verify_against_app,
            client._async,  # pyright: ignore[reportPrivateUsage]
            chats=chats,
            accounts=accounts,
            expiring=expiring,
            in_flight=in_flight,
        )

    def forget(self, chat: str | ArchivedChat) -> None:
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
            archive.forget("Parcel Tracker")
        """
        lease = Lease()
        try:
            lease.call(self._async().forget, chat)
        finally:
            lease.release()

    def _async(self) -> AsyncArchive:
        self._check_open()
        return AsyncArchive(self.folder, self._database)
