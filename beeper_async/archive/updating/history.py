"""Reads the messages of one chat: what is new, what is old, and all of it again.

The marks of a chat hold what leads on from the last run. They are written in the transaction of the
messages that they stand for, so that a kill at any moment leaves marks that are true.
"""

import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from ..._codec.json_values import as_object
from ..._paging.raw import RawPage, raw_pages
from ...errors import APIStatusError, BadRequestError, NotFoundError
from ..storage.marks import Marks, last_number, set_marks
from ..storage.message_writes import Found
from ..storage.records import REACTION, moment
from ..storage.versions import now
from ..storage.writer import Writer
from ..storage.writes import RunWrites
from .missing import Missing

if TYPE_CHECKING:
    from ...client import AsyncBeeperDesktop

_RECENT_MESSAGES: Final = 200
_RECENT_DAYS: Final = 14
_DAY: Final = 86_400_000


class ChatHistory:
    """Reads the messages of one chat.

    Args:
        client: Reads from the app.
        writer: Takes what is to be written.
        writes: Writes it.
        chat_id: ID of the chat.
        marks: How far it was read before.
        on_page: Called with the number of messages of each page, and the time of the last one.
    """

    def __init__(
        self,
        client: "AsyncBeeperDesktop",
        writer: Writer,
        writes: RunWrites,
        chat_id: str,
        marks: Marks,
        on_page: Callable[[int, int | None], object],
    ) -> None:
        self._client = client
        self._writer = writer
        self._writes = writes
        self._chat_id = chat_id
        self._chat = marks.chat
        self._marks = marks
        self._on_page = on_page
        self._saw_reaction = False

    async def read_new(self) -> bool:
        """Read what came since the last run, and what the app filled in below the oldest message.

        Returns:
            Whether the marks led on. If they did not, only a comparison finds what is new.
        """
        await self._read_forward()
        return await self._read_below()

    async def read_first(self) -> None:
        """Read the messages from the newest to the oldest, or continue to do so."""
        marks = self._marks
        cursor = marks.back_cursor
        if marks.back_run is None or cursor is None:
            await self._read_back(None)
            return
        try:
            await self._read_back(cursor)
        except (BadRequestError, NotFoundError):
            await self._read_back(None)

    async def compare(self, expiry: int | None, *, may_mark: bool) -> Missing:
        """Read all messages again, and find those that the app no longer serves.

        Args:
            expiry: Seconds after which messages of the chat disappear.
            may_mark: Whether what is missing may be marked.
        """
        missing = Missing(self._chat, self._chat_id, may_mark=may_mark)
        found, began = Found(), now()
        newest: str | None = None
        oldest: str | None = None

        def write(connection: sqlite3.Connection, items: list[Any]) -> None:
            missing.begin(connection)
            self._writes.messages.write(connection, self._chat, items, found)

        async with aclosing(self._pages()) as pages:
            async for page in pages:
                newest = newest or page.newest_cursor
                oldest = page.oldest_cursor or oldest
                await self._add(page, write)

        def finish(connection: sqlite3.Connection) -> None:
            missing.begin(connection)
            missing.finish(connection, self._writes, found, expiry, began)
            self._finish(connection, newest, oldest)

        await self._writer.add(finish)
        return missing

    async def compare_recent(self) -> None:
        """Read the newest messages again, for their edits, reactions and deletions."""
        oldest = now() - _RECENT_DAYS * _DAY
        count = 0
        async with aclosing(self._pages()) as pages:
            async for page in pages:
                await self._add(page, self._write_plainly)
                count += len(page.items)
                time = _moment_of(page)
                if count >= _RECENT_MESSAGES and time is not None and time < oldest:
                    return

    # Steps

    async def _read_forward(self) -> None:
        found, cursor = Found(), self._marks.head_cursor
        try:
            if cursor is None:
                await self._join(found)
            else:
                await self._follow(cursor, found)
        except (BadRequestError, NotFoundError):
            if cursor is None:
                raise
            await self._join(found)  # which raises the same if it is not the cursor
        if self._saw_reaction:
            await self._writer.flush()
            for target in dict.fromkeys(found.targets):
                await self._read_single(target)

    async def _read_single(self, message_id: str) -> None:
        """Read a message to which somebody reacted."""
        try:
            message = await self._client.messages.retrieve(message_id, chat_id=self._chat_id)
        except NotFoundError:
            return
        except APIStatusError as error:
            problem = type(error).__name__
            await self._writer.add(
                lambda connection: self._writes.problems.add(
                    connection, "record", self._chat, message_id, problem
                )
            )
            return
        raw = message.to_dict()
        await self._writer.add(
            lambda connection: self._writes.messages.write(connection, self._chat, [raw])
        )

    async def _follow(self, cursor: str, found: Found) -> None:
        """Read from the mark to the newest message."""
        async with aclosing(self._pages(cursor, forward=True)) as pages:
            async for page in pages:

                def write(
                    connection: sqlite3.Connection,
                    items: list[Any],
                    head: str | None = page.newest_cursor,
                ) -> None:
                    self._writes.messages.write(connection, self._chat, items, found)
                    if head is not None:
                        set_marks(connection, self._chat, head_cursor=head)

                await self._add(page, write)
        await self._writer.add(
            lambda connection: set_marks(connection, self._chat, head_n=last_number(connection))
        )

    async def _join(self, found: Found) -> None:
        """Read from the newest message down to what was here before, where no mark leads there.

        The mark moves only then: if this is broken off, the next run does it again.
        """
        newest: str | None = None
        until = self._marks.head_n
        async with aclosing(self._pages()) as pages:
            async for page in pages:
                newest = newest or page.newest_cursor

                def write(connection: sqlite3.Connection, items: list[Any]) -> None:
                    self._writes.messages.write(connection, self._chat, items, found, until)

                await self._add(page, write)
                await self._writer.flush()
                if found.last_page_is_known:
                    break

        def finish(connection: sqlite3.Connection) -> None:
            n = last_number(connection)
            set_marks(connection, self._chat, head_cursor=newest, head_n=n)

        await self._writer.add(finish)

    async def _read_below(self) -> bool:
        cursor = self._marks.end_cursor
        if cursor is None:
            return True
        try:
            async with aclosing(self._pages(cursor)) as pages:
                async for page in pages:

                    def write(
                        connection: sqlite3.Connection,
                        items: list[Any],
                        end: str | None = page.oldest_cursor,
                    ) -> None:
                        self._writes.messages.write(connection, self._chat, items)
                        if end is not None:
                            set_marks(connection, self._chat, end_cursor=end)

                    await self._add(page, write)
        except (BadRequestError, NotFoundError):
            return False
        return True

    async def _read_back(self, cursor: str | None) -> None:
        is_first = cursor is None
        newest: str | None = None
        oldest = cursor
        async with aclosing(self._pages(cursor)) as pages:
            async for page in pages:
                newest = newest or page.newest_cursor
                oldest = page.oldest_cursor or oldest
                values: dict[str, Any] = {"back_cursor": oldest}
                if is_first:
                    values |= {"head_cursor": newest, "back_run": self._writes.run}
                    is_first = False

                def write(
                    connection: sqlite3.Connection,
                    items: list[Any],
                    values: dict[str, Any] = values,
                ) -> None:
                    self._writes.messages.write(connection, self._chat, items)
                    n = last_number(connection)
                    set_marks(connection, self._chat, head_n=n, **values)

                await self._add(page, write)
        run = self._writes.run

        def finish(connection: sqlite3.Connection) -> None:
            set_marks(connection, self._chat, back_cursor=None, end_cursor=oldest, end_run=run)
            if cursor is None:  # all of it was read in this run
                set_marks(connection, self._chat, swept_run=run, swept_at=now())
                self._writes.problems.solve(connection, "record", self._chat)

        await self._writer.add(finish)

    def _finish(
        self, connection: sqlite3.Connection, newest: str | None, oldest: str | None
    ) -> None:
        """Set the marks after a walk through the whole chat."""
        run, n = self._writes.run, last_number(connection)
        if newest is not None:
            set_marks(connection, self._chat, head_cursor=newest, head_n=n)
        set_marks(
            connection,
            self._chat,
            back_cursor=None,
            back_run=self._marks.back_run or run,
            end_cursor=oldest,
            end_run=run,
            swept_run=run,
            swept_at=now(),
        )
        self._writes.problems.solve(connection, "record", self._chat)

    # Parts of steps

    def _pages(
        self, cursor: str | None = None, *, forward: bool = False
    ) -> AsyncGenerator[RawPage]:
        messages = self._client.messages
        if cursor is None:
            return raw_pages(messages.list(self._chat_id))
        if forward:
            return raw_pages(messages.list(self._chat_id, cursor=cursor, direction="after"))
        return raw_pages(messages.list(self._chat_id, cursor=cursor, direction="before"))

    async def _add(
        self, page: RawPage, write: Callable[[sqlite3.Connection, list[Any]], object]
    ) -> None:
        self._on_page(len(page.items), _moment_of(page))
        self._saw_reaction |= any(
            one.__class__ is dict and one.get("type") == REACTION for one in page.items
        )
        await self._writer.add(lambda connection: write(connection, page.items))

    def _write_plainly(self, connection: sqlite3.Connection, items: list[Any]) -> None:
        self._writes.messages.write(connection, self._chat, items)


def _moment_of(page: RawPage) -> int | None:
    """Return the time of the last message of a page, in milliseconds."""
    return moment(as_object(page.items[-1]).get("timestamp")) if page.items else None
