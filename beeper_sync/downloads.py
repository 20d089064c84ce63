"""Blocking downloads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from beeper_async._http.downloads import AsyncDownload
from beeper_async._http.incoming import DownloadInfo
from beeper_async._http.uploads import Progress

from .generators import BlockingIterator
from .portal import Lease


class Download:
    """A file that has not been asked for yet; each of its methods asks for it once.

    `iter_bytes` and `read` take `start` and `stop` to fetch only the bytes in between, counted
    from 0, `stop` not included. All of them take `progress`, called with the bytes done and the
    total, or None if unknown; in the event loop thread, so it must not call the client.
    """

    def __init__(self, lease: Lease, download: AsyncDownload) -> None:
        self._lease = lease
        self._download = download

    def info(self) -> DownloadInfo:
        """Return size, ETag, type and name of the file, without the file itself.

        It is a request of its own: the transfer is ended after the headers.

        Returns:
            What the headers of the response say.

        Raises:
            NotFoundError: There is no such file.
            APIError: Any other failure of the call.
        """
        return self._lease.call(self._download.info)

    def iter_bytes(
        self, *, start: int = 0, stop: int | None = None, progress: Progress | None = None
    ) -> Iterator[bytes]:
        """Iterate over the content as it comes in, in chunks of at most 256 KiB.

        A loop that is left early ends the transfer soon after.

        Args:
            start: First byte wanted.
            stop: First byte no longer wanted; None reads to the end.
            progress: Called after each chunk.

        Raises:
            NotFoundError: There is no such file.
            AssetError: The app sent another part than the requested one.
            APIError: Any other failure of the call, or of the transfer on its way.
        """
        chunks = self._download.iter_bytes(start=start, stop=stop, progress=progress)
        return BlockingIterator(self._lease, chunks)

    def read(
        self, *, start: int = 0, stop: int | None = None, progress: Progress | None = None
    ) -> bytes:
        """Return the content, all of it in memory.

        Args:
            start: First byte wanted.
            stop: First byte no longer wanted; None reads to the end.
            progress: Called after each chunk.

        Raises:
            APIError: As from `iter_bytes`.
        """
        return self._lease.call(self._download.read, start=start, stop=stop, progress=progress)

    def write_to(
        self,
        path: str | os.PathLike[str],
        *,
        progress: Progress | None = None,
        resume: bool = False,
        expected_size: int | None = None,
    ) -> Path:
        """Write the content to a file, which appears under its name only once it is whole.

        A file that is there is replaced and keeps its permissions. A symbolic link is followed:
        the file that it leads to is replaced. Pipes and devices are refused.

        Args:
            path: The file to write. For a folder, a new file is made in it, named as the app
                suggests, or else as in the URL, made safe by `safe_file_name`; a number is added
                if there is a file of that name.
            progress: Called after each chunk. What an earlier run has written counts as done.
            resume: Whether a part is kept when the download fails or is cancelled, and continued
                by the next call with the same path. If the file has changed on the app's side, or
                has no strong ETag, it is fetched from its start.
            expected_size: Size that the file must have, in bytes.

        Returns:
            The path written to.

        Raises:
            InvalidInputError: The path is that of a pipe or a device, or can't be a path. No
                request is made.
            AssetError: The file does not have the expected size.
            OSError: The file system refuses, e.g. because the disk is full.
            APIError: As from `iter_bytes`. No file is left then, except to resume.
        """
        return self._lease.call(
            self._download.write_to,
            path,
            progress=progress,
            resume=resume,
            expected_size=expected_size,
        )

    write_to_file = write_to
