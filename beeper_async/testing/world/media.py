"""Telling files apart by their first bytes, and making up files nobody uploaded."""

from __future__ import annotations

import codecs
import hashlib
import struct
from collections.abc import Iterator

_PNG = b"\x89PNG\r\n\x1a\n"
_MAGIC = (
    (_PNG, "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"PK\x03\x04", "application/zip"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "video/mp4": "mp4",
    "text/plain": "txt",
}
_BLOCK = 65_536


def detect_type(head: bytes) -> str:
    """The MIME type of a file that begins like this."""
    for magic, mime_type in _MAGIC:
        if head.startswith(magic):
            return mime_type
    if head.startswith(b"RIFF") and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] == b"ftyp":
        return "video/mp4"
    try:
        # Incremental, because the end of the head may have cut a character in two.
        printable = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "application/octet-stream" if "\0" in printable else "text/plain"


def detect_size(head: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG or a GIF."""
    if head.startswith(_PNG) and len(head) >= 24:
        width, height = struct.unpack(">II", head[16:24])
    elif head.startswith(b"GIF8") and len(head) >= 10:
        width, height = struct.unpack("<HH", head[6:10])
    else:
        return None
    return int(width), int(height)


def extension_of(mime_type: str) -> str:
    """The usual ending of the name of such a file."""
    return _EXTENSIONS.get(mime_type, "bin")


def made_up(name: str, mime_type: str, size: int) -> Iterator[bytes]:
    """Bytes for a file that exists in a message only: the right beginning, then noise."""
    start = next((magic for magic, kind in _MAGIC if kind == mime_type), b"")
    noise = hashlib.sha256(name.encode()).digest() * (_BLOCK // 32)
    yield start[:size]
    left = size - len(start)
    while left > 0:
        yield noise[:left]
        left -= _BLOCK
