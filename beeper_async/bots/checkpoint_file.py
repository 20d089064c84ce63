"""A checkpoint kept in a file."""

import asyncio
import logging
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from ..errors import InvalidInputError
from ..events.checkpoint import Checkpoint

_log = logging.getLogger("beeper_async")

_SECONDS_BETWEEN: Final = 1.0


def read_checkpoint(path: Path) -> Checkpoint | None:
    """Read a file that `write_checkpoint` wrote, or is going to write; None if there is none.

    Raises:
        InvalidInputError: Something else is in it.
        OSError: It can't be read, or could not be written.
    """
    with tempfile.NamedTemporaryFile(prefix=f".{path.name}.", dir=path.parent):
        pass  # better to fail now than when there is something to lose
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return Checkpoint.from_json(text)
    except InvalidInputError:
        raise InvalidInputError(
            f"{path} is no checkpoint of an event stream. Without the file, events begin now."
        ) from None


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Put a checkpoint into a file that only the user may read, all of it or nothing.

    Raises:
        OSError: It can't be written; what was there before still is.
    """
    # mkstemp makes files for the user alone.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(checkpoint.to_json())
            file.flush()
            # Or a power cut could leave an empty file under the new name.
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


class Saver:
    """Writes a checkpoint to a file at most once a second, when it has changed.

    Args:
        path: Where to; None writes nothing.
        checkpoint: Gives what to write.
    """

    def __init__(self, path: Path | None, checkpoint: Callable[[], Checkpoint]) -> None:
        self._path = path
        self._checkpoint = checkpoint
        self._planned: asyncio.TimerHandle | None = None

    def save(self) -> None:
        """Write it now.

        Raises:
            OSError: The file can't be written.
        """
        if self._planned is not None:
            self._planned.cancel()
            self._planned = None
        if self._path is not None:
            write_checkpoint(self._path, self._checkpoint())

    def changed(self) -> None:
        """Note that it has changed, so that it is written soon."""
        if self._path is not None and self._planned is None:
            loop = asyncio.get_running_loop()
            self._planned = loop.call_later(_SECONDS_BETWEEN, self._save_if_possible)

    def _save_if_possible(self) -> None:
        try:
            self.save()
        except OSError as error:
            # The bot goes on: the next change tries again, and the end says it aloud.
            _log.error("bot: the checkpoint can't be written (%s)", error.strerror)
