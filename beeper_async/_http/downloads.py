"""Files to receive: in chunks, to a file or as bytes, in whole or in part."""

import os
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, aclosing
from pathlib import Path
from typing import Any, Self

from attrs import evolve

from .._validation import check_bool, check_range
from ..errors import APIStatusError, AssetError, InvalidInputError
from .file_names import name_in_url, safe_file_name
from .file_thread import FileThread
from .incoming import DownloadInfo, StreamedResponse
from .part_file import PartFile
from .request import Request
from .uploads import Progress


class AsyncDownload:
    """A file that has not been asked for yet; each of its methods asks for it once.

    `iter_bytes` and `read` take `start` and `stop` to fetch only the bytes in between, counted
    from 0, `stop` not included. All of them take `progress`, called with the bytes done and the
    total, or None if unknown.
    """

    def __init__(
        self,
        stream: Callable[[Request[bytes]], AbstractAsyncContextManager[StreamedResponse]],
        request: Request[bytes],
        url: str,
    ) -> None:
        self._stream = stream
        self._request = request
        self._url = url

    def __await__(self) -> Generator[Any, None, Self]:
        """Give the download itself, for code written for the official SDK, which awaits here."""
        return self._itself().__await__()

    async def _itself(self) -> Self:
        return self

    async def info(self) -> DownloadInfo:
        """Return size, ETag, type and name of the file, without the file itself.

        It is a request of its own: the transfer is ended after the headers.

        Returns:
            What the headers of the response say.

        Raises:
            NotFoundError: There is no such file.
            APIError: Any other failure of the call.
        """
        async with self._stream(self._request) as incoming:
            return incoming.info

    async def iter_bytes(
        self, *, start: int = 0, stop: int | None = None, progress: Progress | None = None
    ) -> AsyncGenerator[bytes]:
        """Iterate over the content as it comes in, in chunks of at most 256 KiB.

        Leave the loop early only under `contextlib.aclosing`, which ends the transfer at once.

        Args:
            start: First byte wanted.
            stop: First byte no longer wanted; None reads to the end.
            progress: Called after each chunk.

        Raises:
            NotFoundError: There is no such file.
            AssetError: The app sent another part than the requested one.
            APIError: Any other failure of the call, or of the transfer on its way.
        """
        request = _with_range(self._request, start, stop)
        async with self._stream(request) as incoming, aclosing(_body(incoming)) as body:
            skip = start - incoming.starts_at(start, stop)  # the app may ignore the range
            left = None if stop is None else stop - start
            done = 0
            async for received in body:
                chunk = received[skip:] if skip < len(received) else b""
                skip = max(0, skip - len(received))
                chunk = chunk if left is None else chunk[: left - done]
                if chunk:
                    done += len(chunk)
                    yield chunk
                    if progress is not None:
                        progress(done, _total(incoming, start, left))
                if done == left:
                    break

    async def read(
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
        chunks = self.iter_bytes(start=start, stop=stop, progress=progress)
        return b"".join([chunk async for chunk in chunks])

    async def write_to(
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
        check_bool("resume", resume)
        check_range("expected_size", expected_size, 0)
        part = PartFile(path, self._url, keep=resume)
        async with FileThread() as thread:
            try:
                await thread.run(part.open)
                name = await self._fill(part, thread, progress, expected_size)
                return await thread.run(part.finish, name)
            finally:
                await thread.run(part.close)

    write_to_file = write_to

    async def _fill(
        self,
        part: PartFile,
        thread: FileThread,
        progress: Progress | None,
        expected_size: int | None,
    ) -> str:
        """Write the content, or what is missing of it, to a part; return a name for the file."""
        request, start, etag = self._request, 0, None
        kept = await thread.run(part.resumable)
        if kept is not None:
            # From the last byte on, because there would be nothing to send of a part that is whole.
            start, etag = kept[0] - 1, kept[1]
            headers = {"Range": f"bytes={start}-", "If-Range": etag}
            request = evolve(request, headers={**request.headers, **headers})
        try:
            async with self._stream(request) as incoming:
                first = incoming.starts_at(start, None)
                if first > 0 and incoming.info.etag not in (None, etag):
                    incoming.refuse("the app sent a part of another file than the one requested")
                await thread.run(part.start_at, first, incoming.info.etag)
                await _write(incoming, part, thread, first, progress, expected_size)
                suggested = incoming.info.file_name
        except (AssetError, APIStatusError):
            await thread.run(part.discard)  # it is no part of the file that the app has now
            raise
        return safe_file_name(suggested or name_in_url(self._url))


async def _write(
    incoming: StreamedResponse,
    part: PartFile,
    thread: FileThread,
    done: int,
    progress: Progress | None,
    expected_size: int | None,
) -> None:
    """Write a body to a part, of which `done` bytes are there already."""
    length = incoming.part_length()
    total = None if length is None else done + length
    _check_size(incoming, total, expected_size)
    async with aclosing(_body(incoming)) as body:
        async for chunk in body:
            await thread.run(part.write, chunk)
            done += len(chunk)
            if progress is not None:
                progress(done, total)
            if expected_size is not None and done > expected_size:
                break
    _check_size(incoming, done, expected_size)


def _check_size(incoming: StreamedResponse, size: int | None, expected: int | None) -> None:
    if expected is not None and size is not None and size != expected:
        incoming.refuse(f"the size of the file is not the {expected:,} bytes expected")


async def _body(incoming: StreamedResponse) -> AsyncGenerator[bytes]:
    """Yield a body, and refuse one that is shorter or longer than its headers say."""
    length, done = incoming.part_length(), 0
    async with aclosing(incoming.chunks) as chunks:
        async for chunk in chunks:
            done += len(chunk)
            yield chunk
    if length is not None and done != length:
        incoming.refuse(f"the app sent {done:,} bytes instead of {length:,}")


def _with_range(request: Request[bytes], start: int, stop: int | None) -> Request[bytes]:
    if start < 0 or (stop is not None and stop <= start):
        raise InvalidInputError("start must be 0 or more, and stop above it.")
    if start == 0 and stop is None:
        return request
    last = "" if stop is None else str(stop - 1)
    return evolve(request, headers={**request.headers, "Range": f"bytes={start}-{last}"})


def _total(incoming: StreamedResponse, start: int, wanted: int | None) -> int | None:
    """Return how many bytes there will be in all, if the headers say it."""
    length = incoming.part_length()
    if length is None:
        return None if incoming.is_compressed else wanted
    available = length if incoming.response.status_code == 206 else max(0, length - start)
    return available if wanted is None else min(wanted, available)
