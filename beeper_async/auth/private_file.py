"""Files that only their owner may read, replaced as a whole."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

PRIVATE: Final = 0o600
_PRIVATE_FOLDER: Final = 0o700


def write_private(path: Path, data: bytes) -> None:
    """Write a file that at no moment anyone else may read, and that is old or new, never half.

    Its folder is made if it is missing. On Windows, the folder decides who may read it.

    Raises:
        OSError: It can't be written; the old file is as it was.
    """
    path.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        # The mode is that of the first moment: open() and then chmod() would leave a gap.
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def is_private(path: Path) -> bool:
    """Return whether only the owner may read a file. Windows does not say, so there it is."""
    return os.name == "nt" or not path.stat().st_mode & 0o077
