"""A response whose body is still coming in, and what its headers say of it."""

import re
from collections.abc import AsyncGenerator, Mapping
from typing import NoReturn

from attrs import field, frozen

from .._response import ResponseInfo
from ..errors import AssetError
from .file_names import name_in_header


@frozen
class DownloadInfo:
    """What a response says of a file before the file itself comes."""

    status_code: int
    """HTTP status: 200, or another one below 300."""
    size: int | None
    """Size of the file in bytes; None if the app does not send it, or sends it compressed."""
    etag: str | None
    """ETag of the file with its quotes; it differs when the file differs."""
    content_type: str | None
    """MIME type, e.g. `image/png`."""
    file_name: str | None
    """Name that the app suggests, as its sender chose it. See `safe_file_name`."""
    headers: Mapping[str, str] = field(repr=False)
    """All response headers; names are looked up without regard to case."""


@frozen
class StreamedResponse:
    """A response whose body is still coming in."""

    response: ResponseInfo
    chunks: AsyncGenerator[bytes]

    @property
    def info(self) -> DownloadInfo:
        """What its headers say."""
        headers = self.response.headers
        return DownloadInfo(
            status_code=self.response.status_code,
            size=self.length,
            etag=headers.get("ETag"),
            content_type=headers.get("Content-Type"),
            file_name=name_in_header(headers.get("Content-Disposition", "")),
            headers=headers,
        )

    @property
    def is_compressed(self) -> bool:
        """Whether the body has another size than the file."""
        encoding = self.response.headers.get("Content-Encoding", "").strip().lower()
        return encoding not in ("", "identity")

    @property
    def length(self) -> int | None:
        """Number of bytes that the body has once it is decompressed, if that is known."""
        length = self.response.headers.get("Content-Length", "")
        known = length.isascii() and length.isdecimal() and not self.is_compressed
        return int(length) if known else None

    def starts_at(self, start: int, stop: int | None) -> int:
        """Return where in the file the body starts: at 0, or where the requested part does.

        Args:
            start: First byte requested.
            stop: First byte not requested; None stands for the end.

        Raises:
            AssetError: It is another part than the requested one.
        """
        if self.response.status_code != 206:
            return 0
        first, last, size = self._range()
        end = size if stop is None else stop if size is None else min(stop, size)
        asked = start > 0 or stop is not None
        if not asked or first != start or (end is not None and last + 1 != end):
            self.refuse(f"the app sent bytes {first} to {last}, which were not requested")
        if self.is_compressed:
            self.refuse("the app sent a part of a compressed file")
        if self.length is not None and self.length != last + 1 - first:
            self.refuse("the app sent a part whose headers contradict each other")
        return first

    def part_length(self) -> int | None:
        """Return the length of the part that it has, or of the whole, if it is known."""
        if self.response.status_code != 206:
            return self.length
        first, last, _ = self._range()
        return last + 1 - first

    def refuse(self, reason: str) -> NoReturn:
        """Raise the error of a response that can't be used."""
        info = self.response
        text = f"{info.request.name}: {reason}."
        raise AssetError(text, request=info.request, response=info)

    def _range(self) -> tuple[int, int, int | None]:
        """Return the first byte, the last byte and the size that Content-Range has."""
        text = self.response.headers.get("Content-Range", "").strip()
        found = re.fullmatch(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", text, re.ASCII)
        if found is None or int(found[2]) < int(found[1]):
            self.refuse("the app sent a part without saying which")
        return int(found[1]), int(found[2]), None if found[3] == "*" else int(found[3])
