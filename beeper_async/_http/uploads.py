"""Files to send: from memory, from disk or from a stream, never held in memory as a whole."""

import asyncio
import io
import logging
import os
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Mapping
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, TypeAlias, cast

from attrs import define, field, frozen

from .._validation import hides_values
from ..errors import FileChangedError, InvalidInputError
from .file_thread import FileThread, settled

_log = logging.getLogger("beeper_async")

CHUNK: Final = 256 * 1024
LARGEST: Final = 500 * 1024 * 1024

Progress: TypeAlias = Callable[[int, int | None], object]
"""Called with the bytes done so far and the total, or None where that isn't known."""

FileContent: TypeAlias = (
    bytes | bytearray | memoryview | str | os.PathLike[str] | IO[bytes] | AsyncIterable[bytes]
)
"""Bytes, the path of a file, an open file, or an async iterator of chunks."""

FileInput: TypeAlias = (
    FileContent | tuple[str | None, FileContent] | tuple[str | None, FileContent, str | None]
)
"""A content, or with the name and the MIME type it shall have: (name, content, type)."""


Chunk: TypeAlias = bytes | bytearray | memoryview
Chunks: TypeAlias = Callable[[FileThread], AsyncGenerator[Chunk]]


@define(eq=False)
class FileSource:
    """A file that can be read in chunks."""

    name: str
    content_type: str
    size: int | None
    """Bytes, where they can be known beforehand."""
    rewindable: bool
    """Whether it can be read a second time, when the call has to be repeated."""
    chunks: Chunks = field(repr=False)
    """Starts to read it from its beginning."""
    was_read: bool = False
    """Whether an attempt has begun to read it."""

    @property
    def is_spent(self) -> bool:
        """Whether there is nothing left to send in another attempt."""
        return self.was_read and not self.rewindable


@frozen
class Multipart:
    """A form with text fields and one file, as the body of a request."""

    fields: Mapping[str, str] = field(repr=False)
    file: FileSource
    progress: Progress | None = None


class UploadMonitor:
    """Watches over a file while one attempt reads it, and ends the reading with the attempt."""

    # Every call has a monitor, and few upload anything: the rest comes with the first chunk.
    _thread: FileThread
    _attempt: asyncio.Task[Any] | None

    def __init__(self) -> None:
        self.on_chunk: Callable[[], object] | None = None
        """Called whenever a chunk has gone out."""
        self.failure: Exception | None = None
        """What the user's file or progress callback raised; the connection is not to blame."""
        self.is_whole = True
        """Whether all of the file has been read and handed to the connection."""
        self._chunks: AsyncGenerator[Chunk] | None = None
        self._reader: asyncio.Task[Any] | None = None  # of aiohttp's, which sends the body

    def chunks(self, form: Multipart) -> AsyncGenerator[Chunk]:
        """Return the chunks of a form's file, to be sent. Called by the attempt."""
        self._thread, self._attempt = FileThread(), asyncio.current_task()
        self.is_whole = False
        self._chunks = self._read(form)
        return self._chunks

    async def finish(self) -> None:
        """End the reading, and wait until it has ended: a retry reads the same file."""
        if self._chunks is not None:
            await settled(asyncio.ensure_future(self._finish(self._chunks)))

    async def _read(self, form: Multipart) -> AsyncGenerator[Chunk]:
        file, done = form.file, 0
        self._reader = asyncio.current_task()
        file.was_read = True
        try:
            async with aclosing(file.chunks(self._thread)) as chunks:
                async for chunk in chunks:
                    if not isinstance(chunk, bytes | bytearray | memoryview):
                        raise InvalidInputError(
                            "A file must come in bytes; open it with open(path, 'rb')."
                        )
                    done += memoryview(chunk).nbytes
                    if file.size is not None and done > file.size:
                        raise _changed(f"It had {file.size:,} bytes and has more now.")
                    yield chunk
                    if self.on_chunk is not None:
                        self.on_chunk()
                    if form.progress is not None:
                        form.progress(done, file.size)
            if file.size is not None and done < file.size:
                raise _changed(f"It had {file.size:,} bytes, of which {done:,} are left.")
            self.is_whole = True
        except Exception as error:
            self.failure = error
            raise

    async def _finish(self, chunks: AsyncGenerator[Chunk]) -> None:
        if self._reader is not None and self._reader is not self._attempt:
            self._reader.cancel()
            await asyncio.wait({self._reader})
        try:
            await chunks.aclose()
        except Exception as error:  # an iterator of the user's; the outcome stays what it is
            _log.warning("an uploaded file failed to close: %s", type(error).__name__)
        finally:
            self._thread.close()


def _changed(how: str) -> FileChangedError:
    return FileChangedError(f"The file changed while it was uploaded. {how} Upload it again.")


@hides_values
def file_source(file: FileInput) -> FileSource:
    """Make a source of what the user handed in, or refuse it."""
    name: str | None = None
    content_type: str | None = None
    content: Any = file
    if isinstance(file, tuple):
        if len(file) not in (2, 3):
            raise InvalidInputError("file must be (name, content) or (name, content, type).")
        name, content, *rest = file
        content_type = rest[0] if rest else None
    size, rewindable, chunks, own_name = _reader(content)
    name = name or own_name or "upload"
    if not name.isprintable() or not (content_type or "a").isprintable():
        raise InvalidInputError(
            "The name or the type of a file holds a character that can't be sent."
        )
    if size is not None and size > LARGEST:
        raise InvalidInputError(f"The file has {size:,} bytes; the app takes 500 MB at most.")
    return FileSource(name, content_type or "application/octet-stream", size, rewindable, chunks)


Reader: TypeAlias = tuple[int | None, bool, Chunks, str | None]


def _reader(content: Any) -> Reader:
    """Return size, whether it can be read again, how to read it, and a name if it has one."""
    if isinstance(content, bytes | bytearray | memoryview):
        view = memoryview(cast("bytes", content)).cast("B")
        return len(view), True, lambda _: _from_memory(view), None
    if isinstance(content, str | os.PathLike):
        path = Path(cast("str", content))
        if not path.is_file():
            raise InvalidInputError(f"There is no file {path.name!r} to upload.")
        return path.stat().st_size, True, partial(_from_disk, path), path.name
    if isinstance(content, AsyncIterable):
        return None, False, lambda _: _from_iterator(cast("AsyncIterable[bytes]", content)), None
    if isinstance(content, io.TextIOBase):
        raise InvalidInputError("An open file must be in binary mode: open(path, 'rb').")
    if hasattr(content, "read"):
        return _file_reader(content)
    raise InvalidInputError(
        "file must be bytes, a path, an open binary file, an async iterator, or a tuple of name, "
        f"content and type; not {type(content).__name__}."
    )


def _file_reader(file: IO[bytes]) -> Reader:
    name = getattr(file, "name", None)
    name = Path(name).name if isinstance(name, str) else None
    try:
        start = file.tell()
        size = file.seek(0, os.SEEK_END) - start
        file.seek(start)
    except (OSError, AttributeError, ValueError):
        return None, False, partial(_from_file, file, None), name
    return size, True, partial(_from_file, file, start), name


async def _from_memory(view: memoryview) -> AsyncGenerator[Chunk]:
    for start in range(0, len(view), CHUNK):
        yield view[start : start + CHUNK]


async def _from_disk(path: Path, thread: FileThread) -> AsyncGenerator[Chunk]:
    opened: list[IO[bytes]] = []  # also filled when the call is cancelled meanwhile
    try:
        await thread.run(lambda: opened.append(path.open("rb")))
        while chunk := await thread.run(opened[0].read, CHUNK):
            yield chunk
    finally:
        for file in opened:
            await thread.run(file.close)


async def _from_file(
    file: IO[bytes], start: int | None, thread: FileThread
) -> AsyncGenerator[Chunk]:
    if start is not None:
        await thread.run(file.seek, start)
    while (chunk := await thread.run(file.read, CHUNK)) != b"":
        yield chunk


async def _from_iterator(chunks: AsyncIterable[bytes]) -> AsyncGenerator[Chunk]:
    try:
        async for chunk in chunks:
            yield chunk
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()
