"""The archive as its users see it."""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self

from ..errors import ClientUseError
from .database import Database
from .errors import ArchiveNotFoundError


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

    @contextmanager
    def _reading(self) -> Generator[sqlite3.Connection]:
        """Give a connection that reads, in whatever thread this is."""
        if not self._is_open:
            raise ClientUseError("The archive is closed.")
        with closing(self._database.reader()) as connection:
            yield connection
