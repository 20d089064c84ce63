"""Locks on open files, which end with the process."""

import os
import sys
from contextlib import suppress
from typing import Final

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_BEYOND: Final = 2**40
"""Where Windows locks a byte: not where anyone writes."""


def lock(fd: int) -> bool:
    """Lock an open file, unless someone else has; file systems without locks do without."""
    try:
        if sys.platform == "win32":
            os.lseek(fd, _BEYOND, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True


def unlock(fd: int) -> None:
    """End a lock, also for children of this process that hold the open file."""
    with suppress(OSError):
        if sys.platform == "win32":
            os.lseek(fd, _BEYOND, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)
        else:
            fcntl.flock(fd, fcntl.LOCK_UN)
