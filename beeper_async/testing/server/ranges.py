"""Which part of a file a request asks for, and reading that part from the disk."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import attrs

_CHUNK = 262_144
_RANGE = re.compile(r"(\d*)-(\d*)", re.ASCII)


class UnsatisfiableRangeError(Exception):
    """No byte of the file is in the range."""


@attrs.frozen(kw_only=True)
class FilePart:
    """Some bytes of a file, read only while they are being sent."""

    path: Path
    start: int
    length: int

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes."""
        end = self.start + self.length
        for start in range(self.start, end, _CHUNK):
            # No open file outlives a chunk, so a client that leaves half-way leaves nothing open.
            yield _read(self.path, start, min(_CHUNK, end - start))


def _read(path: Path, start: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(length)


def wanted_range(headers: Mapping[str, str], etag: str, size: int) -> tuple[int, int] | None:
    """Start and length of the wanted part; None stands for the whole file.

    The response to several ranges at once is the whole file, as the standard allows. So is a range
    that was meant for another version of the file.
    """
    unit, _, given = headers.get("Range", "").partition("=")
    if unit.strip().lower() != "bytes" or "," in given or headers.get("If-Range", etag) != etag:
        return None
    found = _RANGE.fullmatch(given.strip())
    if found is None or found[0] == "-":
        raise UnsatisfiableRangeError
    first, last = found[1], found[2]
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
    if start >= end:
        raise UnsatisfiableRangeError
    return start, end - start


def is_known(headers: Mapping[str, str], etag: str) -> bool:
    """Whether the caller already has this version of the file."""
    names = [
        name.strip().removeprefix("W/") for name in headers.get("If-None-Match", "").split(",")
    ]
    return etag in names or "*" in names
