"""Which files are taken for an upload, and what is known of them beforehand."""

import io
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from beeper_async import InvalidInputError
from beeper_async._http.file_thread import FileThread
from beeper_async._http.uploads import (
    Multipart,
    UploadMonitor,
    file_source,
)

LIMIT = 500 * 1024 * 1024  # bytes that the app takes
CHUNK = 256 * 1024  # bytes that are sent at a time


def sparse(path: Path, size: int) -> Path:
    """Make a file of a size that takes no room on the disk."""
    path.touch()
    os.truncate(path, size)
    return path


async def nothing() -> AsyncIterator[bytes]:
    yield b""


@pytest.mark.parametrize("opened", [False, True])
def test_a_file_of_500_mb_is_taken_and_a_larger_one_refused(tmp_path: Path, opened: bool) -> None:
    def source(size: int) -> int | None:
        path = sparse(tmp_path / "film.mkv", size)
        if not opened:
            return file_source(path).size
        with path.open("rb") as file:
            return file_source(file).size

    assert source(LIMIT) == LIMIT
    with pytest.raises(InvalidInputError, match="524,288,001 bytes"):
        source(LIMIT + 1)


def test_name_and_type_are_those_of_the_tuple_or_of_the_file(tmp_path: Path) -> None:
    path = sparse(tmp_path / "a.txt", 3)
    found = [
        file_source(file)
        for file in (b"abc", path, (None, path), ("b.txt", path), ("b", path, "text/plain"))
    ]
    assert [(one.name, one.content_type) for one in found] == [
        ("upload", "application/octet-stream"),
        ("a.txt", "application/octet-stream"),
        ("a.txt", "application/octet-stream"),
        ("b.txt", "application/octet-stream"),
        ("b", "text/plain"),
    ]


@pytest.mark.parametrize("file", [("a\n", b""), ("a", b"", "text/plain\r\n"), ("\0", b"", None)])
def test_names_and_types_that_break_a_header_are_refused(file: Any) -> None:
    with pytest.raises(InvalidInputError, match="character"):
        file_source(file)


@pytest.mark.parametrize("file", [(), ("a",), ("a", b"", None, None)])
def test_a_tuple_has_two_or_three_parts(file: Any) -> None:
    with pytest.raises(InvalidInputError, match="content, type"):
        file_source(file)


@pytest.mark.parametrize(
    ("file", "words"),
    [(io.StringIO("a"), "binary mode"), (5, "not int"), ("no/such/file", "no file 'file'")],
)
def test_what_is_no_file_is_refused(file: Any, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        file_source(file)


@pytest.mark.asyncio
async def test_an_open_file_is_read_from_where_it_stands_as_often_as_asked() -> None:
    source = file_source(_at(io.BytesIO(b"skipped" + b"x" * (CHUNK + 1)), 7))
    assert (source.size, source.rewindable) == (CHUNK + 1, True)
    for _ in range(2):
        assert [len(chunk) async for chunk in source.chunks(FileThread())] == [CHUNK, 1]


def test_what_can_be_read_once_only_is_not_sent_twice() -> None:
    read, write = os.pipe()
    with os.fdopen(read, "rb") as pipe, os.fdopen(write, "wb"):
        assert [
            (one.size, one.rewindable, one.name)
            for one in (file_source(pipe), file_source(nothing()))
        ] == [(None, False, "upload")] * 2


@pytest.mark.asyncio
async def test_memory_is_cut_into_chunks_of_bytes() -> None:
    wide = memoryview(bytes(2 * CHUNK + 8)).cast("Q")  # items of 8 bytes
    source = file_source(wide)
    assert (source.size, source.rewindable) == (2 * CHUNK + 8, True)
    assert [len(chunk) async for chunk in source.chunks(FileThread())] == [CHUNK, CHUNK, 8]


async def given(*chunks: Any) -> AsyncIterator[Any]:
    for chunk in chunks:
        yield chunk


@pytest.mark.asyncio
async def test_chunks_may_be_bytes_of_any_kind() -> None:
    told: list[tuple[int, int | None]] = []
    moved: list[int] = []
    file = file_source(given(b"a", bytearray(b"bc"), memoryview(b"def")))
    form = Multipart({}, file, lambda done, total: told.append((done, total)))
    monitor = UploadMonitor()
    monitor.on_chunk = lambda: moved.append(1)
    sent = [bytes(chunk) async for chunk in monitor.chunks(form)]
    assert (sent, moved) == ([b"a", b"bc", b"def"], [1, 1, 1])
    assert told == [(1, None), (3, None), (6, None)]
    assert monitor.failure is None
    sent = [bytes(chunk) async for chunk in monitor.chunks(Multipart({}, file_source(b"x")))]
    assert sent == [b"x"]


@pytest.mark.asyncio
@pytest.mark.parametrize("chunk", ["a", 5, None])
async def test_other_chunks_are_refused_and_the_failure_is_kept(chunk: Any) -> None:
    monitor = UploadMonitor()
    form = Multipart({}, file_source(given(chunk)))
    with pytest.raises(InvalidInputError, match="must come in bytes") as caught:
        await anext(monitor.chunks(form))
    assert monitor.failure is caught.value


def _at(file: io.BytesIO, position: int) -> io.BytesIO:
    file.seek(position)
    return file
