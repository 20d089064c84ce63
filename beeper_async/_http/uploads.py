"""Files to send: from memory, from disk or from a stream, never held in memory as a whole."""

import io
import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, TypeAlias, cast

from attrs import field, frozen

from ..errors import InvalidInputError

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


@frozen
class FileSource:
    """A file that can be read in chunks."""

    name: str
    content_type: str
    size: int | None
    """Bytes, where they can be known beforehand."""
    rewindable: bool
    """Whether it can be read a second time, when the call has to be repeated."""
    chunks: Callable[[], AsyncIterator[bytes | memoryview]] = field(repr=False)


@frozen
class Multipart:
    """A form with text fields and one file, as the body of a request."""

    fields: Mapping[str, str] = field(repr=False)
    file: FileSource
    progress: Progress | None = None


class UploadMonitor:
    """What an attempt is told while an upload goes out."""

    def __init__(self) -> None:
        self.on_chunk: Callable[[], object] | None = None
        """Called whenever a chunk has gone out."""
        self.failure: Exception | None = None
        """What the user's file or progress callback raised; the connection is not to blame."""


async def monitored_chunks(
    form: Multipart, monitor: UploadMonitor
) -> AsyncIterator[bytes | memoryview]:
    """Give the chunks of a form's file, and keep what goes wrong with them apart."""
    done = 0
    try:
        async for chunk in form.file.chunks():
            if not isinstance(chunk, bytes | bytearray | memoryview):
                raise InvalidInputError("A file must come in bytes; open it with open(path, 'rb').")
            yield chunk
            if monitor.on_chunk is not None:
                monitor.on_chunk()
            done += len(chunk)
            if form.progress is not None:
                form.progress(done, form.file.size)
    except Exception as error:
        monitor.failure = error
        raise


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


Reader: TypeAlias = tuple[
    int | None, bool, Callable[[], AsyncIterator[bytes | memoryview]], str | None
]


def _reader(content: Any) -> Reader:
    """Return size, whether it can be read again, how to read it, and a name if it has one."""
    if isinstance(content, bytes | bytearray | memoryview):
        view = memoryview(cast("bytes", content)).cast("B")
        return len(view), True, lambda: _from_memory(view), None
    if isinstance(content, str | os.PathLike):
        path = Path(cast("str", content))
        if not path.is_file():
            raise InvalidInputError(f"There is no file {path.name!r} to upload.")
        return path.stat().st_size, True, lambda: _from_disk(path), path.name
    if isinstance(content, AsyncIterable):
        return None, False, partial(_from_iterator, cast("AsyncIterable[bytes]", content)), None
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
        return None, False, lambda: _from_file(file, None), name
    return size, True, lambda: _from_file(file, start), name


async def _from_memory(view: memoryview) -> AsyncIterator[memoryview]:
    for start in range(0, len(view), CHUNK):
        yield view[start : start + CHUNK]


async def _from_disk(path: Path) -> AsyncIterator[bytes]:
    import anyio

    async with await anyio.open_file(path, "rb") as file:
        while chunk := await file.read(CHUNK):
            yield chunk


async def _from_file(file: IO[bytes], start: int | None) -> AsyncIterator[bytes]:
    import anyio

    wrapped = anyio.wrap_file(file)
    if start is not None:
        await wrapped.seek(start)
    while chunk := await wrapped.read(CHUNK):
        yield chunk


async def _from_iterator(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        yield chunk
