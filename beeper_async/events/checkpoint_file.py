"""A checkpoint kept in a file: its first line is a whole one, each further line a change of it."""

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import orjson

from .._http.file_lock import lock, unlock
from ..errors import CheckpointInUseError, ClientUseError, InvalidInputError
from .checkpoint import HEADER, Checkpoint, CheckpointChange

_FLAGS: Final = (
    getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)  # nobody may lead the names next to the file elsewhere
)
_ONLY_THE_USER: Final = 0o600
# Changes are not put together before there are so many bytes of them, however small the whole is.
_FEW: Final = 64 * 1024


class CheckpointFile:
    """A file that keeps a checkpoint. A context manager, for asynchronous and blocking code alike.

    It has one owner: while one program is in the block, another one is refused. Only the user may
    read the file. Saving writes what changed, and now and then the whole to a new file that takes
    the place of the old one. A program that is killed at any moment finds the last checkpoint that
    was saved, or the one before. After a power cut, the last few may be missing.

    A lock file next to it, whose name ends in `.lock`, stays when the block is left.

    Args:
        path: Path of the file. Its folder must exist.

    Example:
        from beeper_async import CheckpointFile

        with CheckpointFile("events.checkpoint") as file:
            async with client.events(since=file.load()) as events:
                file.save(events.checkpoint())  # once a second, or after each event
        print("saved")
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._given = Path(path)
        self._path = self._given
        self._lock: int | None = None
        self._saved: Checkpoint | None = None
        """What the file holds, if a change can be added to it."""
        self._whole = 0
        self._changes = 0

    def __enter__(self) -> Self:
        """Take the file.

        Raises:
            CheckpointInUseError: It has another owner.
            OSError: The folder does not exist, or can't be written to.
        """
        if self._lock is not None:
            raise CheckpointInUseError(self._refusal("this object"))
        # A link stays, and the file that it leads to is replaced.
        self._path = Path(os.path.realpath(self._given))
        fd = os.open(self._beside("lock"), os.O_RDWR | os.O_CREAT | _FLAGS, _ONLY_THE_USER)
        try:
            if not lock(fd):
                raise CheckpointInUseError(self._refusal(_owner_in(fd)))
            os.ftruncate(fd, 0)
            os.lseek(fd, 0, os.SEEK_SET)
            with suppress(OSError):  # on a full disk, it has no name
                os.write(fd, str(os.getpid()).encode())
        except BaseException:
            os.close(fd)
            raise
        self._lock, self._saved = fd, None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        fd, self._lock = self._lock, None
        if fd is not None:
            unlock(fd)
            os.close(fd)

    def load(self) -> Checkpoint | None:
        """Read the checkpoint.

        A last line that was not written to its end is ignored.

        Returns:
            The checkpoint that was saved last. None if there is no file yet.

        Raises:
            InvalidInputError: The file holds something else.
            ClientUseError: This is outside of the `with` block.
            OSError: The file can't be read.

        Example:
            with CheckpointFile("events.checkpoint") as file:
                print(file.load())  # None: nothing was saved yet
        """
        self._check_open()
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return _read(content)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InvalidInputError(
                f"{self._given} does not hold a checkpoint. Restore it from a backup, or move it "
                "away: without the file, events begin now."
            ) from None

    def save(self, checkpoint: Checkpoint) -> None:
        """Write the checkpoint, or what changed since the last one.

        Takes about a millisecond, and longer when the changes have become longer than the whole:
        then a new file is written.

        Args:
            checkpoint: The checkpoint, such as `events.checkpoint()` returns.

        Raises:
            ClientUseError: This is outside of the `with` block.
            OSError: It can't be written, for example because the disk is full. The file still
                holds the checkpoint of before, and you can save again.

        Example:
            with CheckpointFile("events.checkpoint") as file:
                async with client.events() as events:
                    file.save(events.checkpoint())
                print(file.load() is not None)  # True
        """
        self._check_open()
        # Until all is written: behind half a line, no further one may be added.
        saved, self._saved = self._saved, None
        if saved is None or not self._add(checkpoint.change_from(saved)):
            self._replace(checkpoint)
        self._saved = checkpoint

    def _add(self, change: CheckpointChange) -> bool:
        """Add a line, unless it is time for a new file."""
        if not change:
            return True
        line = _line(change)
        if self._changes + len(line) > max(self._whole, _FEW):
            return False
        try:
            fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | _FLAGS)
        except FileNotFoundError:  # somebody has moved it away
            return False
        try:
            _write(fd, line)
        finally:
            os.close(fd)
        self._changes += len(line)
        return True

    def _replace(self, checkpoint: Checkpoint) -> None:
        """Write a new file, and put it in the place of the old one when it is on the disk."""
        new, whole = self._beside("new"), checkpoint.to_json().encode() + b"\n"
        new.unlink(missing_ok=True)  # a killed program has left it
        try:
            fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, _ONLY_THE_USER)
            try:
                _write(fd, whole)
                os.fsync(fd)
            finally:
                os.close(fd)
            new.replace(self._path)
        except BaseException:
            with suppress(OSError):
                new.unlink()
            raise
        self._whole, self._changes = len(whole), 0

    def _beside(self, ending: str) -> Path:
        return self._path.with_name(f"{self._path.name}.{ending}")

    def _check_open(self) -> None:
        if self._lock is None:
            raise ClientUseError("Use the file as a context manager: with CheckpointFile(path).")

    def _refusal(self, owner: str) -> str:
        return (
            f"{self._given} is in use by {owner}. Stop that, or keep the checkpoint of this "
            "program in a file of its own."
        )


def _owner_in(fd: int) -> str:
    """Return who holds a lock file."""
    with suppress(OSError):
        os.lseek(fd, 0, os.SEEK_SET)
        number = os.read(fd, 20)
        if number.isdigit():
            return f"process {int(number)}"
    return "another process"


def _write(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def _line(change: CheckpointChange) -> bytes:
    value = {"written": dict(change.written), "removed": change.removed}
    return orjson.dumps(value) + b"\n"


def _read(content: bytes) -> Checkpoint:
    """Put the lines of a file together.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: It is something else.
    """
    whole, *lines = content.split(b"\n")
    records = dict(Checkpoint.from_json(whole).records)
    if lines and not _is_json(lines[-1]):
        lines.pop()  # nothing, or what was written before the program was killed
    for line in lines:
        change = _change_in(orjson.loads(line))
        records.update(change.written)
        for key in change.removed:
            records.pop(key, None)
    if HEADER not in records:
        raise ValueError
    return Checkpoint(records)


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _change_in(value: Any) -> CheckpointChange:
    written: dict[Any, Any] = value["written"]
    removed: list[Any] = value["removed"]
    if not all(isinstance(one, str) for one in (*written.values(), *removed)):
        raise TypeError
    return CheckpointChange(written, tuple(removed))
