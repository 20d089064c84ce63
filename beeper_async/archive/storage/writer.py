"""Collects the writes of all workers into transactions.

One transaction for each page would spend half of its time on beginning and ending. So writes are
collected while the one before is carried out, and for a moment longer.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Final, TypeAlias

from .database import Database

Write: TypeAlias = Callable[[sqlite3.Connection], object]
"""A part of a transaction. It is called in the thread of the database, in the order of `add`."""

_MOST: Final = 50
"""Writes in one transaction."""
_LINGER: Final = 0.2
"""Seconds to wait for more writes. A kill loses what was read in them, and it is read again."""


class Writer:
    """Writes what it is given, in order, some of it at a time. `run` is its one task.

    An error of a write ends it; every later call raises that error.
    """

    def __init__(self, database: Database) -> None:
        self.on_commit: Callable[[], object] | None = None
        """Called after each transaction."""
        self._database = database
        self._waiting: list[Write] = []
        self._added = 0
        self._written = 0
        self._is_urgent = False
        self._changed = asyncio.Condition()
        self._error: BaseException | None = None

    async def add(self, write: Write) -> None:
        """Have something written soon. Waits while too much is waiting already."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._error or len(self._waiting) < 2 * _MOST)
            self._check()
            self._waiting.append(write)
            self._added += 1
            if len(self._waiting) in (1, _MOST):
                self._changed.notify_all()

    async def flush(self) -> None:
        """Wait until everything that was added so far is committed."""
        async with self._changed:
            wanted = self._added
            self._is_urgent = True
            self._changed.notify_all()
            await self._changed.wait_for(lambda: self._error or self._written >= wanted)
            self._check()

    async def run(self) -> None:
        """Write until cancelled."""
        try:
            while True:
                await self._gather()
                await self._write_some()
        except BaseException as error:
            async with self._changed:
                self._error = error
                self._changed.notify_all()
            raise

    async def _gather(self) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._waiting)
            try:
                async with asyncio.timeout(_LINGER):
                    await self._changed.wait_for(
                        lambda: self._is_urgent or len(self._waiting) >= _MOST
                    )
            except TimeoutError:
                pass

    async def _write_some(self) -> None:
        batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]

        def write_all(connection: sqlite3.Connection) -> None:
            for write in batch:
                write(connection)

        await self._database.run(write_all)
        if self.on_commit is not None:
            self.on_commit()
        async with self._changed:
            self._written += len(batch)
            self._is_urgent = self._is_urgent and bool(self._waiting)
            self._changed.notify_all()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error
