"""The files of an archive on disk. Everything here blocks.

`files/ab/<SHA-256>` holds whole files, named by their content, so equal ones are stored once.
`partial/<n>/` holds what has been fetched of file `n` so far. No path has a name from outside.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

_HEAD: Final = 64 * 1024
_PREFIX: Final = 2


class Fetched(NamedTuple):
    """A file that is whole, and not in its place yet."""

    sha256: str
    size: int
    head: bytes
    """The first 64 KiB."""


class FileStore:
    """The folders `files` and `partial` of an archive, for their owner alone.

    Args:
        folder: The folder of the archive.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = folder / "files"
        self._partial = folder / "partial"

    def path(self, sha256: str) -> Path:
        """Return where the file with a content is, or would be."""
        return self._files / sha256[:_PREFIX] / sha256

    def free(self) -> int:
        """Return the number of bytes that are free on the disk."""
        return shutil.disk_usage(self._folder).free

    def begin(self, n: int) -> Path:
        """Return the path to fetch a file to.

        An empty file is made there: the download takes its mode from the first byte on.
        """
        path = self._part(n)
        for folder in (self._partial, path.parent):
            _make(folder)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        return path

    def fetched(self, n: int) -> Fetched:
        """Return what a file holds that was fetched to `begin(n)`, once the disk has it."""
        with self._part(n).open("rb+") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            return Fetched(sha256, size, file.read(_HEAD))

    def put(self, n: int, sha256: str) -> None:
        """Move a file that was fetched to its place.

        What is there already is replaced: it is the same, or it was damaged.
        """
        target = self.path(sha256)
        for folder in (self._files, target.parent):
            _make(folder)
        self._part(n).replace(target)
        _sync(target.parent)
        self.discard(n)

    def discard(self, n: int) -> None:
        """Remove what was fetched of a file."""
        shutil.rmtree(self._part(n).parent, ignore_errors=True)

    def has_part(self, n: int) -> bool:
        """Return whether there is something of a file that can be continued."""
        with suppress(FileNotFoundError):
            return any(path.stat().st_size for path in self._part(n).parent.iterdir())
        return False

    def parts(self) -> list[int]:
        """Return the numbers of files that were begun."""
        with suppress(FileNotFoundError):
            return [int(path.name) for path in self._partial.iterdir() if path.name.isdecimal()]
        return []

    def names(self, prefix: str) -> list[str]:
        """Return the names in one folder of files."""
        with suppress(FileNotFoundError, NotADirectoryError):
            return [path.name for path in (self._files / prefix).iterdir()]
        return []

    def prefixes(self) -> Iterator[str]:
        """Return the names of the folders of files."""
        with suppress(FileNotFoundError):
            for path in self._files.iterdir():
                yield path.name

    def _part(self, n: int) -> Path:
        return self._partial / str(n) / "file"


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make(folder: Path) -> None:
    """Make a folder for its owner alone, unless it is there."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    """Have the disk remember the names in a folder, where the system can do that."""
    with suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
