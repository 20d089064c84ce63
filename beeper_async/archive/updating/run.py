"""One run: everything from the lock to the report."""

import asyncio
import errno
import sqlite3
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, field, frozen

from ...errors import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    PaginationError,
    PermissionDeniedError,
    RateLimitError,
)
from ..files.queue import FileOptions, FileProgress, FileQueue
from ..files.store import FileStore
from ..reading.search import update_index
from ..reading.status import oldest_sweep
from ..report import Counts, Phase, Progress, Report, Sweep
from ..storage.database import Database
from ..storage.marks import marks_of
from ..storage.records import time_of
from ..storage.runs import FINISHED, begin_run, end_run, last_was_stopped
from ..storage.writer import Writer
from ..storage.writes import RunWrites
from ..workers import owned, work_through
from .chats import ChatToRead, ChatWalk, Choice
from .history import ChatHistory
from .installation import (
    Installation,
    anchors_in,
    check_anchors,
    check_installation,
    read_installation,
)
from .missing import Missing
from .progress import Meter

if TYPE_CHECKING:
    from ...client import AsyncBeeperDesktop

_LONG: Final = 20 * 60
"""Seconds that a full sweep may take before the next runs sweep only a part each."""
_IN_FLIGHT: Final = 8
_TICK: Final = 1.0
"""Seconds between two looks at what is waited for."""


@frozen(kw_only=True)
class Options:
    """What a run is to do."""

    choice: Choice = field(factory=Choice)
    sweep: Sweep | None = None
    """None chooses `full`, or `rolling` after a full one that took long."""
    files: FileOptions | None = field(factory=FileOptions)
    """None fetches no files."""
    in_flight: int = _IN_FLIGHT


class Run:
    """One run.

    Args:
        database: The archive.
        client: Reads from the app.
        options: What to do.
        report: Called with the progress.
    """

    def __init__(
        self,
        database: Database,
        client: "AsyncBeeperDesktop",
        options: Options,
        report: Callable[[Progress], object] | None,
    ) -> None:
        self._database = database
        self._client = client
        self._options = options
        self._report = report

    async def run(self) -> Report:
        """Carry the run out.

        Raises:
            ArchiveMismatchError: The app is another one.
            AuthenticationError: The token is not valid any more.
            PermissionDeniedError: The token may not read.
            APIConnectionError: The app can't be reached.
            OSError: The disk is full.
        """
        self._meter = Meter(self._report, Counts, 0, resumed=False)
        async with owned(self._tick()):
            await self._begin()
            try:
                report = await self._carry_out()
            except BaseException as error:
                await asyncio.shield(self._note_end(_exit_code_of(error)))
                raise
        self._meter.begin("done")
        return report

    async def _begin(self) -> None:
        """Make sure that the app is the one of the archive, and begin the run."""
        app = await read_installation(self._client)
        await check_anchors(self._client, await self._database.run(anchors_in))
        begin = partial(_begin, app=app, wanted=self._options.sweep)
        self._state = state = await self._database.run(begin)
        self._may_mark = app.is_synced
        self._writes = state.writes
        self._writer = Writer(self._database)
        self._queue = self._file_queue()
        self._meter = Meter(
            self._report, state.writes.counts, state.messages, resumed=state.was_stopped
        )

    async def _carry_out(self) -> Report:
        async with owned(self._writer.run()), self._fetching():
            try:
                await self._read()
            finally:
                await self._writer.flush()  # also what was read before an error
            await self._index()
        return await self._database.run(self._finish)

    async def _tick(self) -> None:
        """Say what is waited for, until cancelled."""
        while True:
            await asyncio.sleep(_TICK)
            self._meter.tick(self._client.waits_for)

    # Files

    def _file_queue(self) -> FileQueue | None:
        options = self._options.files
        if options is None:
            return None
        store = FileStore(self._database.path.parent)
        return FileQueue(self._database, self._client, store, self._writes, options, self._on_files)

    @asynccontextmanager
    async def _fetching(self) -> AsyncGenerator[None]:
        """Fetch files during a block, and what is left of them after it."""
        queue = self._queue
        if queue is None:
            yield
            return
        async with owned(queue.run(), is_awaited=True):
            self._writer.on_commit = queue.wake
            yield
            self._meter.begin("files")
            queue.end()

    def _on_files(self, progress: FileProgress) -> None:
        self._meter.note(files_done=progress.done, files_total=progress.total)

    # Phases

    async def _read(self) -> None:
        walk = ChatWalk(
            self._client, self._writer, self._writes, self._options.choice, self._meter.chats
        )
        self._meter.begin("chats")
        chats = await walk.walk()
        for_news = chats if self._state.sweep != "full" else [c for c in chats if _is_fresh(c)]
        await self._each("messages", for_news, self._read_news)
        missing = await self._sweep(chats)
        moved = await walk.walk_again()
        await self._each("messages", moved, self._read_news)
        await self._writer.flush()
        for one in missing:
            await one.confirm(self._client, self._writer, self._writes)

    async def _sweep(self, chats: list[ChatToRead]) -> list[Missing]:
        missing: list[Missing] = []

        async def compare(chat: ChatToRead) -> None:
            history = self._history(chat)
            missing.append(await history.compare(chat.expiry, may_mark=self._may_mark))

        if self._state.sweep == "off":
            return missing
        if self._state.sweep == "full":
            await self._writer.flush()
            swept = await self._database.run(self._swept)
            await self._each("sweep", [c for c in chats if c.marks.chat not in swept], compare)
            return missing
        await self._each("sweep", [c for c in chats if c.has_news], self._read_recent)
        deadline = asyncio.get_running_loop().time() + _LONG

        async def compare_in_time(chat: ChatToRead) -> None:
            if asyncio.get_running_loop().time() < deadline:
                await compare(chat)

        longest_ago = sorted(chats, key=lambda chat: chat.marks.swept_at or 0)
        await self._each("sweep", longest_ago, compare_in_time)
        return missing

    def _swept(self, connection: sqlite3.Connection) -> set[int]:
        rows = connection.execute("select chat from marks where swept_run = ?", (self._writes.run,))
        return {chat for (chat,) in rows}

    async def _read_news(self, chat: ChatToRead) -> None:
        history = self._history(chat)
        if chat.marks.end_run is None:
            await history.read_first()
            if chat.marks.back_run is None:
                return
        if not await history.read_new():
            await history.compare(chat.expiry, may_mark=False)

    async def _read_recent(self, chat: ChatToRead) -> None:
        await self._history(chat).compare_recent()

    def _history(self, chat: ChatToRead) -> ChatHistory:
        return ChatHistory(
            self._client,
            self._writer,
            self._writes,
            chat.id,
            chat.marks,
            partial(self._meter.page, chat.title),
        )

    async def _each(
        self,
        phase: Phase,
        chats: list[ChatToRead],
        work: Callable[[ChatToRead], Coroutine[Any, Any, object]],
    ) -> None:
        """Do something with each chat; those that fail are tried once more after all others."""
        failed: list[ChatToRead] = []

        async def try_first(chat: ChatToRead) -> None:
            if await self._failure(chat, work) is not None:
                failed.append(chat)

        async def try_again(chat: ChatToRead) -> None:
            error = await self._failure(chat, work)
            if error is not None:
                await self._problem(chat, error)

        self._meter.begin(phase, len(chats))
        await work_through(chats, try_first, self._options.in_flight)
        if failed:
            await self._writer.flush()
            again = await self._database.run(partial(_with_marks, chats=failed))
            await work_through(again, try_again, self._options.in_flight)

    async def _failure(
        self, chat: ChatToRead, work: Callable[[ChatToRead], Coroutine[Any, Any, object]]
    ) -> Exception | None:
        """Do something with a chat; return a failure of this chat alone, and raise any other."""
        try:
            await work(chat)
        except (AuthenticationError, RateLimitError):
            raise
        except (APIConnectionError, PermissionDeniedError) as error:
            await self._check_app()
            return error
        except (APIError, PaginationError) as error:
            return error
        solve = partial(
            self._writes.problems.solve, kind="chat", chat=chat.marks.chat, at_once=True
        )
        await self._writer.add(solve)
        self._meter.chat_done()
        return None

    async def _check_app(self) -> None:
        """Raise the error that the app answers everything with, if it does."""
        await self._client.chats.list(limit=1)

    async def _problem(self, chat: ChatToRead, error: Exception) -> None:
        write = partial(
            self._writes.problems.add,
            kind="chat",
            chat=chat.marks.chat,
            key=chat.id,
            error=f"{type(error).__name__}: its messages can't be read",
        )
        await self._writer.add(write)
        self._meter.chat_done()

    async def _index(self) -> None:
        self._meter.begin("search")
        await self._database.run(update_index)

    # The beginning and the end in the database

    async def _note_end(self, exit_code: int) -> None:
        end = partial(
            end_run, run=self._writes.run, exit_code=exit_code, counts=self._writes.counts()
        )
        try:
            await self._database.run(end)
        except (OSError, sqlite3.Error):
            return  # a full disk: the run looks like one that was killed, which is as good

    def _finish(self, connection: sqlite3.Connection) -> Report:
        get = connection.execute
        run, counts = self._writes.run, self._writes.counts()
        problems = _count(get("select count(*) from problems where solved_run is null"))
        files = _count(get("select count(*) from files where state in ('wanted', 'partial')"))
        is_full = self._queue is not None and self._queue.disk_full
        exit_code = 8 if is_full else 7 if problems else 0
        end_run(connection, run, exit_code, counts)
        started, ended = get("select started, ended from runs where run = ?", (run,)).fetchone()
        return Report(
            run=run,
            sweep=self._state.sweep,
            exit_code=exit_code,
            started=time_of(started),
            ended=time_of(ended),
            counts=counts,
            chats=_count(get("select count(*) from chats")),
            messages=_count(get("select count(*) from messages")),
            open_problems=problems,
            open_files=files,
            oldest_sweep=oldest_sweep(connection),
            resumed=self._state.was_stopped,
        )


_EXIT_CODES: Final[tuple[tuple[type[BaseException], int], ...]] = (
    (asyncio.CancelledError, 130),
    (AuthenticationError, 3),
    (PermissionDeniedError, 3),
    (APIConnectionError, 4),
)


def _exit_code_of(error: BaseException) -> int:
    if getattr(error, "errno", None) == errno.ENOSPC:
        return 8
    return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), 1)


@frozen(kw_only=True)
class _State:
    """What is known when a run begins."""

    writes: RunWrites
    sweep: Sweep
    messages: int
    was_stopped: bool


def _begin(connection: sqlite3.Connection, app: Installation, wanted: Sweep | None) -> _State:
    check_installation(connection, app)
    was_stopped = last_was_stopped(connection)
    sweep = wanted or ("rolling" if _last_full_took_long(connection) else "full")
    writes = RunWrites(connection, begin_run(connection, sweep))
    messages = _count(connection.execute("select count(*) from messages"))
    return _State(writes=writes, sweep=sweep, messages=messages, was_stopped=was_stopped)


def _with_marks(connection: sqlite3.Connection, chats: list[ChatToRead]) -> list[ChatToRead]:
    """Return chats with the marks that they have by now."""
    return [evolve(chat, marks=marks_of(connection, chat.marks.chat)) for chat in chats]


def _last_full_took_long(connection: sqlite3.Connection) -> bool:
    row = connection.execute(
        "select ended - started from runs where sweep = 'full' and exit_code in (?, ?) "
        "order by run desc limit 1",
        FINISHED,
    ).fetchone()
    return row is not None and row[0] > _LONG * 1000


def _is_fresh(chat: ChatToRead) -> bool:
    """Return whether a chat has something that no run has read yet, as far as one can see."""
    return chat.has_news or chat.marks.end_run is None


def _count(rows: sqlite3.Cursor) -> int:
    return int(rows.fetchone()[0])
