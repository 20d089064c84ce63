"""Files to receive: in chunks, to a file or as bytes, in whole or in part."""

import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import AbstractAsyncContextManager, aclosing
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from attrs import evolve, frozen

from .._response import ResponseInfo
from ..errors import InvalidInputError
from .request import Request
from .uploads import Progress


@frozen
class StreamedResponse:
    """A response whose body is still coming in."""

    response: ResponseInfo
    chunks: AsyncIterator[bytes]

    @property
    def status_code(self) -> int:
        """HTTP status: 200, or 206 for a part."""
        return self.response.status_code

    @property
    def length(self) -> int | None:
        """Length of the body in bytes, if the app sent it."""
        length = self.response.headers.get("Content-Length", "")
        return int(length) if length.isdecimal() else None


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
    ) -> None:
        self._stream = stream
        self._request = request

    def __await__(self) -> Generator[Any, None, Self]:
        """Give the download itself, for code written for the official SDK, which awaits here."""
        return self._itself().__await__()

    async def _itself(self) -> Self:
        return self

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
            APIError: Any other failure of the call, or of the transfer on its way.
        """
        request = _with_range(self._request, start, stop)
        async with self._stream(request) as incoming:
            skip = start if incoming.status_code == 200 else 0  # the app ignored the range
            left = None if stop is None else stop - start
            done = 0
            async for received in incoming.chunks:
                chunk = received[skip:] if skip < len(received) else b""
                skip = max(0, skip - len(received))
                chunk = chunk if left is None else chunk[: left - done]
                if chunk:
                    done += len(chunk)
                    yield chunk
                    if progress is not None:
                        progress(done, _total(incoming.length, start, left, incoming.status_code))
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
        self, path: str | os.PathLike[str], *, progress: Progress | None = None
    ) -> Path:
        """Write the content to a file, which appears under its name only once it is whole.

        Args:
            path: Where to write; a file that is there is replaced.
            progress: Called after each chunk.

        Returns:
            The path written to.

        Raises:
            APIError: As from `iter_bytes`. No file is left then.
        """
        target = Path(path)
        import anyio

        unfinished = target.with_name(f".{target.name}.{uuid4().hex}.part")
        try:
            async with (
                await anyio.open_file(unfinished, "wb") as file,
                aclosing(self.iter_bytes(progress=progress)) as chunks,
            ):
                async for chunk in chunks:
                    await file.write(chunk)
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
        return target

    write_to_file = write_to


def _with_range(request: Request[bytes], start: int, stop: int | None) -> Request[bytes]:
    if start < 0 or (stop is not None and stop <= start):
        raise InvalidInputError("start must be 0 or more, and stop above it.")
    if start == 0 and stop is None:
        return request
    last = "" if stop is None else str(stop - 1)
    return evolve(request, headers={"Range": f"bytes={start}-{last}"})


def _total(length: int | None, start: int, wanted: int | None, status: int) -> int | None:
    """Return how many bytes there will be in all, from what the answer says of its length."""
    if length is None:
        return wanted
    available = length if status == 206 else max(0, length - start)
    return available if wanted is None else min(wanted, available)
