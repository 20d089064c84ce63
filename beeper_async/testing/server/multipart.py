"""Reading multipart/form-data as it arrives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.message import Message
from email.parser import HeaderParser

import aiohttp
import attrs

from .refusals import RefusalError, issue, malformed

_MAX_HEADERS = 16_384
_MAX_TEXT = 65_536


def _malformed() -> RefusalError:
    return malformed(issue("custom", "Not valid multipart/form-data", "body"))


@attrs.frozen
class Part:
    """One field of a form; its data must be used up before the next part is asked for."""

    name: str | None
    file_name: str | None
    data: AsyncIterator[bytes]

    async def text(self) -> str:
        """The value of a field that is a text."""
        value = await _joined(self.data, _MAX_TEXT)
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise _malformed() from None


async def parts_of(content_type: str, chunks: AsyncIterator[bytes]) -> AsyncIterator[Part]:
    """The fields of a form in the order in which they were sent."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary()
    if header.get_content_type() != "multipart/form-data" or not boundary:
        raise _malformed()
    delimiter = b"\r\n--" + boundary.encode()
    scanner = _Scanner(chunks)
    await _skip(scanner.until(delimiter))
    while (await scanner.exactly(2)) == b"\r\n":
        head = await _joined(scanner.until(b"\r\n\r\n"), _MAX_HEADERS)
        data = scanner.until(delimiter)
        yield _part(head, data)
        await _skip(data)


def _part(head: bytes, data: AsyncIterator[bytes]) -> Part:
    headers = HeaderParser().parsestr(head.decode(errors="replace"))
    _, values = aiohttp.parse_content_disposition(headers.get("Content-Disposition"))
    return Part(values.get("name"), aiohttp.content_disposition_filename(values), data)


async def _joined(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    found = bytearray()
    async for chunk in chunks:
        found += chunk
        if len(found) > limit:
            raise _malformed()
    return bytes(found)


async def _skip(chunks: AsyncIterator[bytes]) -> None:
    async for _ in chunks:
        pass


class _Scanner:
    """Cuts a stream at marks, holding back no more than could be the beginning of one."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        # The first boundary has no line before it; the others do.
        self._held = bytearray(b"\r\n")

    async def _more(self) -> None:
        try:
            self._held += await anext(self._chunks)
        except StopAsyncIteration:
            raise _malformed() from None

    async def until(self, mark: bytes) -> AsyncIterator[bytes]:
        """Everything up to the mark, which is used up as well."""
        while (end := self._held.find(mark)) < 0:
            ready = len(self._held) - len(mark) + 1
            if ready > 0:
                yield self._cut(ready)
            await self._more()
        yield self._cut(end)
        del self._held[: len(mark)]

    async def exactly(self, count: int) -> bytes:
        """The next few bytes."""
        while len(self._held) < count:
            await self._more()
        return self._cut(count)

    def _cut(self, count: int) -> bytes:
        found = bytes(self._held[:count])
        del self._held[:count]
        return found
