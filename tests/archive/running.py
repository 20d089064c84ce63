"""One run, and what the archive holds after it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from beeper_async import AsyncBeeperDesktop
from beeper_async.archive import Archive, Report

from .app import App


async def update(app: App, folder: Path, **options: Any) -> Report:
    """Run once, without retries of single calls."""
    async with (
        AsyncBeeperDesktop(base_url=app.url, access_token=app.token, max_retries=0) as client,
        Archive.open(folder) as archive,
    ):
        return await archive.update(client, **options)


def rows(folder: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Return what a query of the database gives."""
    with closing(sqlite3.connect(folder / "archive.db")) as database:
        return database.execute(query, values).fetchall()
