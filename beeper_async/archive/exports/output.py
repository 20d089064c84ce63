"""Files that only their owner can read, and that are there as a whole or not at all."""

import os
import shutil
import sys
import unicodedata
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final, TextIO

from ..._http.file_lock import lock
from ..._http.file_names import numbered_name, safe_file_name
from ..errors import ArchiveInUseError

_OPEN: Final = (
    os.O_WRONLY
    | os.O_CREAT
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)  # nobody may lead the name of the part elsewhere
)
_LONGEST_NAME: Final = 100
"""Bytes; the system allows 255, and endings are added."""


def private_folder(path: Path) -> Path:
    """Make a folder for its owner alone, or use the one that is there."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


@contextmanager
def private_file(path: Path) -> Generator[TextIO]:
    """Write a file in UTF-8, which replaces the one at its path when it is whole.

    Raises:
        ArchiveInUseError: Another export writes it.
        OSError: It can't be written.
    """
    part = path.with_name(f".{path.name}.part")
    fd = os.open(part, _OPEN, 0o600)
    # Line ends stay what the format says, on Windows too.
    with open(fd, "w", encoding="utf-8", errors="replace", newline="") as file:  # noqa: PTH123
        if not lock(fd) or not _is_at(part, fd):
            raise ArchiveInUseError(f"Another export writes {path}. Wait until it has ended.")
        try:
            os.ftruncate(fd, 0)  # what a killed export left
            part.chmod(0o600)
            yield file
            file.flush()
            if sys.platform == "win32":
                file.close()
            part.replace(path)
        except BaseException:
            file.close()
            part.unlink(missing_ok=True)
            raise


def _is_at(path: Path, fd: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(fd))
    except FileNotFoundError:
        return False


def place_copy(source: Path, target: Path) -> bool:
    """Put a file of the archive into the export; return whether the archive has it.

    Both are the same file where the file system can do that.
    """
    if not source.is_file():
        return False
    if target.exists():
        return True
    private_folder(private_folder(target.parent.parent) / target.parent.name)
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        part.hardlink_to(source)
    except OSError:  # another disk, or a file system without links
        shutil.copyfile(source, part)
    part.chmod(0o600)
    part.replace(target)
    return True


def file_names(titles: Iterable[tuple[int, str]], taken: Iterable[str] = ()) -> dict[int, str]:
    """Choose a name for each chat, without an ending; names differ in more than case.

    Args:
        titles: Numbers and titles of all chats, so that each has the same name in every export.
        taken: Names in small letters that no chat may have.
    """
    used = set(taken)
    names: dict[int, str] = {}
    for n, title in titles:
        safe = safe_file_name(" ".join(title.split()) or "chat", _LONGEST_NAME)
        candidates = (numbered_name(safe, number, _LONGEST_NAME) for number in count(1))
        names[n] = next(one for one in candidates if _key(one) not in used)
        used.add(_key(names[n]))
    return names


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", name.casefold())
