"""Fetches the files of messages, in a queue of their own, during the walk through the messages."""

import asyncio
import errno
import sqlite3
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec

from attrs import evolve, frozen

from ..._http.file_thread import settled
from ...errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    AuthenticationError,
    PermissionDeniedError,
)
from ..storage.database import Database
from ..storage.writes import RunWrites
from ..workers import work_through
from . import rows as file_rows
from .content import error_in_place_of
from .rows import WantedFile
from .store import FileStore

if TYPE_CHECKING:
    from ...client import AsyncBeeperDesktop

P = ParamSpec("P")

_ROWS: Final = 200
"""Files that are read from the database at a time."""
_SERVES_FILES: Final = (4, 2, 509)
"""The first app that does; an older one answers 404 for files that it has."""
_ABSENT: Final = (404, 410)
_LONGEST_WHY: Final = 300
_DISK_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


@frozen(kw_only=True)
class FileOptions:
    """Which files are fetched, and how."""

    max_size: int | None = None
    """Size in bytes above which a file is refused. None disables the limit."""
    in_flight: int = 4
    """Files that are fetched at the same time."""
    min_free: int = 200_000_000
    """Bytes that must be free on the disk before a file is fetched: messages need them more."""
    with_web: bool = False
    """Whether the app is asked for addresses on the web too. It need not serve them."""


@frozen(kw_only=True)
class FileProgress:
    """How far a queue is."""

    done: int = 0
    """Files that were fetched, or given up for this run."""
    total: int = 0
    """The same, and those that are waiting."""
    bytes: int = 0
    """Bytes of these files that are here."""


class FileQueue:
    """Fetches the files that are wanted, several at a time.

    `run` is its one task. New files may be wanted while it runs: call `wake` when their messages
    are committed, and `end` when no more come. A file that fails is tried once more when all others
    are done, and then in the next run.

    Args:
        database: The archive.
        client: Fetches the files.
        store: Where they go.
        writes: Counts the files, and stores the problems, of this run.
        options: Which files are fetched.
        on_progress: Called after each chunk and each file. An exception in it ends the queue.
    """

    def __init__(
        self,
        database: Database,
        client: "AsyncBeeperDesktop",
        store: FileStore,
        writes: RunWrites,
        options: FileOptions,
        on_progress: Callable[[FileProgress], object] | None = None,
    ) -> None:
        self.disk_full: bool = False
        """Whether it ended early because the disk is full, or nearly so."""
        self._database = database
        self._client = client
        self._store = store
        self._writes = writes
        self._options = options
        self._on_progress = on_progress
        self._progress = FileProgress()
        self._files: deque[WantedFile] = deque()
        self._again: deque[WantedFile] = deque()
        self._last = 0
        self._begun = 0
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()
        self._has_ended = False

    def wake(self) -> None:
        """Have it look for new files that are wanted."""
        self._news.set()

    def end(self) -> None:
        """Have it end once all files that are wanted by now are done."""
        self._has_ended = True
        self._news.set()

    async def run(self) -> None:
        """Fetch until `end` was called and nothing is left, or the disk is full.

        Raises:
            AuthenticationError: The token is not valid any more.
            PermissionDeniedError: The token may not read any more.
            APIConnectionError: The app can't be reached.
            OSError: The disk can't be used.
            sqlite3.Error: The database can't be used.
        """
        if await self._client.app_version() < _SERVES_FILES:
            return
        await self._clean()
        tasks = self._options.in_flight
        await work_through(range(tasks), self._work, tasks)

    async def _clean(self) -> None:
        """Remove parts of files that are not wanted any more, and want again what was refused."""
        most, with_web = self._options.max_size, self._options.with_web
        parts = await asyncio.to_thread(self._store.parts)

        def begin(connection: sqlite3.Connection) -> set[int]:
            file_rows.reopen(connection, self._writes.run, most, with_web=with_web)
            return file_rows.still_open(connection, parts)

        for n in {*parts} - await self._database.run(begin):
            await asyncio.to_thread(self._store.discard, n)

    async def _work(self, _number: int) -> None:
        while (file := await self._next()) is not None:
            try:
                if await self._is_settled(file):
                    self._report(done=self._progress.done + 1)
            except (OSError, sqlite3.OperationalError) as error:
                if not _is_disk_full(error):
                    raise
                # Not continued later: messages need the room more.
                await asyncio.to_thread(self._store.discard, file.n)
                self._stop_for_disk()

    async def _next(self) -> WantedFile | None:
        """Wait for a file; None if there will be no more."""
        async with self._turn:
            while not self.disk_full:
                is_last_look = self._has_ended
                self._news.clear()
                if not self._files:
                    await self._read_rows()
                if self._files:
                    self._begun += 1
                    return self._files.popleft()
                if is_last_look:
                    return self._again.popleft() if self._again else None
                await self._news.wait()
        return None

    async def _read_rows(self) -> None:
        read = partial(file_rows.wanted_after, run=self._writes.run, n=self._last, most=_ROWS)
        files, count = await self._database.run(read)
        if files:
            self._files.extend(files)
            self._last = files[-1].n
            self._report(total=self._begun + count)

    async def _is_settled(self, file: WantedFile) -> bool:
        """Fetch a file; return whether this run is done with it, for better or worse."""
        most = self._options.max_size
        if file.is_on_web and not self._options.with_web:
            await self._note(file_rows.refused, file, "an address on the web, which is not fetched")
        elif most is not None and (file.expected_size or 0) > most:
            await self._refuse_size(file, file.expected_size)
        elif await asyncio.to_thread(self._store.free) < self._options.min_free:
            self._stop_for_disk()
            return False
        else:
            return await self._try(file)
        return True

    async def _try(self, file: WantedFile) -> bool:
        try:
            await self._fetch(file)
            await settled(asyncio.ensure_future(self._keep(file)))
        except _TooLargeError as error:
            await asyncio.to_thread(self._store.discard, file.n)
            await self._refuse_size(file, error.size)
        except (APIError, _NotTheFileError) as error:
            return await self._is_settled_by(file, error)
        return True

    async def _fetch(self, file: WantedFile) -> None:
        """Fetch a file, or what is missing of it, to its part."""
        most, before = self._options.max_size, 0

        def progress(done: int, total: int | None) -> None:
            nonlocal before
            size = max(done, total or 0)
            if most is not None and size > most:
                raise _TooLargeError(size)
            received, before = done - before, done
            self._report(bytes=self._progress.bytes + received)

        path = await asyncio.to_thread(self._store.begin, file.n)
        await self._client.assets.serve(url=file.url).write_to(path, resume=True, progress=progress)

    async def _keep(self, file: WantedFile) -> None:
        """Put a file that was fetched in its place. It is not interrupted by a cancellation."""
        sha256, size, head = await asyncio.to_thread(self._store.fetched, file.n)
        why = error_in_place_of(head, size, file.expected_size, file.name)
        if why is not None:
            await asyncio.to_thread(self._store.discard, file.n)
            raise _NotTheFileError(why)
        if file.expected_size not in (None, size):
            why = f"{size:,} bytes instead of the {file.expected_size:,} that its message says"
        await asyncio.to_thread(self._store.put, file.n, sha256)
        await self._note(file_rows.have, file, sha256, size, why)
        self._writes.tally["files"] += 1
        self._writes.tally["bytes"] += size

    async def _is_settled_by(self, file: WantedFile, error: Exception) -> bool:
        """Note a failure; return whether the file is not to be tried again in this run.

        Raises:
            APIError: The failure is not that of this file, but of everything.
        """
        status = error.status_code if isinstance(error, APIStatusError) else None
        why = str(error)[:_LONGEST_WHY]
        if isinstance(error, AuthenticationError) or _is_app_away(error):
            raise error
        if isinstance(error, PermissionDeniedError):
            await self._check_token()
            await self._note(file_rows.refused, file, why)
        elif status in _ABSENT:
            await self._note(file_rows.absent, file, why)
        else:
            has_part = await asyncio.to_thread(self._store.has_part, file.n)
            await self._note(file_rows.failed, file, why, has_part=has_part)
            if not file.is_again:
                self._again.append(evolve(file, is_again=True))
                return False
            problem = partial(
                self._writes.problems.add, kind="file", chat=None, key=file.url, error=why
            )
            await self._database.run(problem)
            return True
        await asyncio.to_thread(self._store.discard, file.n)
        return True

    async def _check_token(self) -> None:
        """Raise what the app answers everything with, if it is not one file that it refuses."""
        try:
            await self._client.chats.list(limit=1)
        except (AuthenticationError, PermissionDeniedError, APIConnectionError):
            raise
        except APIError:
            return  # a failure of the moment, which says nothing of the token

    async def _refuse_size(self, file: WantedFile, size: int | None) -> None:
        why = f"larger than {self._options.max_size:,} bytes"
        await self._note(file_rows.refused, file, why, size)

    async def _note(
        self,
        note: Callable[Concatenate[sqlite3.Connection, int, int, P], None],
        file: WantedFile,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Write what has become of a file."""
        run = self._writes.run
        await self._database.run(lambda connection: note(connection, run, file.n, *args, **kwargs))

    def _stop_for_disk(self) -> None:
        self.disk_full = True
        self._news.set()

    def _report(self, **changes: int) -> None:
        self._progress = evolve(self._progress, **changes)
        if self._on_progress is not None:
            self._on_progress(self._progress)


class _TooLargeError(Exception):
    """A file turned out to be larger than what is fetched."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class _NotTheFileError(Exception):
    """Something else came with status 200."""


def _is_app_away(error: Exception) -> bool:
    """Return whether a failure is that of the app; if it was not, it may be that of one file."""
    return isinstance(error, APIConnectionError) and error.never_sent


def _is_disk_full(error: OSError | sqlite3.OperationalError) -> bool:
    if isinstance(error, OSError):
        return error.errno in _DISK_FULL
    return error.sqlite_errorcode == sqlite3.SQLITE_FULL
