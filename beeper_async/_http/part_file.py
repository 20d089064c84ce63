"""A file in the making: under a short name of its own until it is whole, then in its place.

Everything here blocks, and is run in the thread of the transfer.
"""

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Final

from ..errors import InvalidInputError
from .file_lock import lock
from .file_names import numbered_name

_OPEN: Final = (
    os.O_RDWR
    | os.O_CREAT
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)  # nobody may lead the name of the part elsewhere
)


class PartFile:
    """The part of a download that has been written so far.

    Its name follows from where the download goes to and where it comes from, so that the next run
    finds what a killed one left. It is locked while it is written; a second download of the same
    file to the same place takes another name.

    Args:
        path: A file to make or replace, or a folder to make one in.
        source: Address of what is downloaded.
        keep: Whether the part stays when the download fails, so that it can be resumed.
    """

    def __init__(self, path: str | os.PathLike[str], source: str, *, keep: bool) -> None:
        self._path = Path(path)
        self._source = source
        self._keep = keep
        self._fd: int | None = None
        self._is_folder = False

    def open(self) -> None:
        """Find or make the part.

        Raises:
            InvalidInputError: The path can't be that of a file, or is that of a pipe or device.
            OSError: The file system refuses.
        """
        mode = _mode_of(self._path)
        self._is_folder = mode is not None and stat.S_ISDIR(mode)
        # A link stays, and the file that it leads to is replaced.
        self._target = Path(os.path.realpath(self._path))
        folder = self._target if self._is_folder else self._target.parent
        key = f"{self._target}\0{self._source}".encode(errors="surrogatepass")
        self._part, self._fd = _claim(folder, sha256(key).hexdigest()[:16])
        self._etag_file = self._part.with_suffix(".etag")
        if mode is not None and not self._is_folder:  # not readable for more people meanwhile
            self._part.chmod(stat.S_IMODE(mode) | stat.S_IRUSR | stat.S_IWUSR)

    @property
    def needs_name(self) -> bool:
        """Whether the file is made in a folder, under a name still to be chosen."""
        return self._is_folder

    def resumable(self) -> tuple[int, str] | None:
        """Return the size of the part and the ETag of what it is a part of, if both are known."""
        with suppress(OSError, ValueError):
            etag = self._etag_file.read_text("ascii")
            size = os.fstat(self._open_fd).st_size
            if self._keep and size > 1 and _is_strong(etag):
                return size, etag
        return None

    def start_at(self, position: int, etag: str | None) -> None:
        """Write on from a position, without what comes behind it."""
        if position == 0:
            self._etag_file.unlink(missing_ok=True)
        os.ftruncate(self._open_fd, position)
        os.lseek(self._open_fd, position, os.SEEK_SET)
        if position == 0 and self._keep and etag is not None and _is_strong(etag):
            self._etag_file.write_text(etag, "ascii")

    def write(self, chunk: bytes) -> None:
        """Write the next bytes."""
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(self._open_fd, rest) :]

    def finish(self, name: str) -> Path:
        """Put the file in its place, now that it is whole.

        Args:
            name: Safe name to give it if the path is that of a folder.

        Returns:
            The path of the file.
        """
        self._etag_file.unlink(missing_ok=True)
        if self._is_folder:
            return self._finish_in_folder(name)
        mode = _mode_of(self._target)
        if mode is not None:
            self._part.chmod(stat.S_IMODE(mode))
        self._replace(self._target)
        return self._path

    def close(self) -> None:
        """Remove the part, unless it is in its place by now or is to be resumed."""
        if self._fd is None:
            return
        if not (self._keep and self.resumable()):
            self.discard()
        self._close_fd()

    def discard(self) -> None:
        """Remove the part, even if it could be resumed."""
        if sys.platform == "win32":  # which removes no file that is open
            self._close_fd()
        self._part.unlink(missing_ok=True)
        self._etag_file.unlink(missing_ok=True)

    @property
    def _open_fd(self) -> int:
        if self._fd is None:
            raise ValueError("the part is closed")
        return self._fd

    def _finish_in_folder(self, name: str) -> Path:
        target = _new_file(self._target / numbered_name(name, number) for number in count(1))
        try:
            self._replace(target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        return self._path / target.name

    def _replace(self, target: Path) -> None:
        if sys.platform == "win32":
            self._close_fd()
        # Elsewhere it is still locked, so that nobody takes it for left behind and empties it.
        self._part.replace(target)
        self._close_fd()

    def _close_fd(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)


def _mode_of(path: Path) -> int | None:
    """Return the mode of what is at a path, or None if nothing is; refuse what can't be written."""
    if path.name == "..":  # a sender's name for a file, behind the path of a folder
        raise InvalidInputError("The path ends in `..`. safe_file_name() makes a name of a file.")
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    except ValueError:
        raise InvalidInputError(
            "The path holds a character that no path can hold. safe_file_name() removes it."
        ) from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG or getattr(error, "winerror", None) in (123, 206):
            raise InvalidInputError(
                "The path can't be that of a file. safe_file_name() makes a name that can be."
            ) from None
        raise
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InvalidInputError(
            "The path is that of a pipe, a socket or a device, which is not replaced. Write the "
            "chunks of iter_bytes() to it."
        )
    return mode


def _claim(folder: Path, key: str) -> tuple[Path, int]:
    """Open and lock a part; one that a killed run left, if there is one. Remove further ones."""
    claimed: tuple[Path, int] | None = None
    for number in count(1):
        path = folder / (f".{key}.part" if number == 1 else f".{key}-{number}.part")
        if claimed is not None and not path.exists():
            return claimed
        fd = os.open(path, _OPEN, 0o666)
        if not lock(fd) or not _is_at(path, fd):  # another download has it, or has just ended
            os.close(fd)
        elif claimed is None:
            claimed = path, fd
        else:
            os.close(fd)
            path.unlink(missing_ok=True)
    raise AssertionError  # count() has no end


def _is_at(path: Path, fd: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(fd))
    except FileNotFoundError:
        return False


def _new_file(paths: Iterator[Path]) -> Path:
    """Make an empty file at the first path where nothing is yet."""
    for path in paths:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
            return path
    raise AssertionError  # the paths have no end


def _is_strong(etag: str) -> bool:
    """Whether an ETag stands for exactly the same bytes, and can go into a header."""
    return len(etag) > 2 and etag[0] == etag[-1] == '"' and etag.isascii() and etag.isprintable()
