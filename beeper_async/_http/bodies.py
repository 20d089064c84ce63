"""Bodies of responses, decompressed within limits, in chunks or whole."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, Final

ACCEPTED_ENCODINGS: Final = "gzip, deflate"

_CHUNK: Final = 256 * 1024
_LARGEST_ERROR: Final = 1024 * 1024
_ERROR_SECONDS: Final = 10.0


class BodyError(Exception):
    """A body that can't be taken: cut off, damaged, or too large; the text says which."""


async def decompressed(
    chunks: AsyncIterator[bytes], encoding: str, limit: int
) -> AsyncGenerator[bytes]:
    """Yield the content of a body, in chunks of at most 256 KiB if it is compressed.

    Args:
        chunks: The body as it comes in.
        encoding: Content-Encoding of the response; empty if it has none.
        limit: Maximum size in bytes of what a compressed body becomes.

    Raises:
        BodyError: It grows above the limit, is damaged or cut off, or has an unknown encoding.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        async for chunk in chunks:
            yield chunk
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise BodyError("the response has a Content-Encoding that was not requested.")
    stream, size = _Inflater(encoding), 0
    try:
        async for chunk in chunks:
            stream.feed(chunk)
            while content := stream.take():
                size += len(content)
                if size > limit:
                    raise BodyError(
                        f"the response is compressed and grows above {limit:,} bytes. "
                        "`with_options(max_decompressed=...)` allows more."
                    )
                yield content
    except zlib.error:
        damaged = True
    else:
        damaged = not stream.is_complete
    if damaged:
        raise BodyError("the compressed response is damaged or cut off.")


class _Inflater:
    """Decompresses gzip, of which there may be several in a row, and both kinds of deflate."""

    def __init__(self, encoding: str) -> None:
        self._is_gzip = encoding != "deflate"
        self._stream: Any = None
        self._waiting = b""

    @property
    def is_complete(self) -> bool:
        return self._stream is None

    def feed(self, chunk: bytes) -> None:
        self._waiting += chunk

    def take(self) -> bytes:
        """Return the next bytes of the content, or nothing until more has been fed."""
        while self._waiting or self._stream is not None:
            if self._stream is None:
                self._stream = zlib.decompressobj(self._window(self._waiting[0]))
            content: bytes = self._stream.decompress(self._waiting, _CHUNK)
            self._waiting = self._stream.unconsumed_tail
            if self._stream.eof:
                self._waiting, self._stream = self._stream.unused_data, None
            elif not content and not self._waiting:
                break
            if content:
                return content
        return b""

    def _window(self, first: int) -> int:
        if self._is_gzip:
            return 16 + zlib.MAX_WBITS
        # Some servers send deflate without the frame that HTTP asks for.
        return zlib.MAX_WBITS if first & 0x0F == 8 else -zlib.MAX_WBITS


async def whole(content: AsyncGenerator[bytes]) -> bytes:
    """Return a body in one piece."""
    async with aclosing(content):
        return b"".join([chunk async for chunk in content])


async def beginning(content: AsyncGenerator[bytes]) -> bytes:
    """Return what comes of an error's body: 1 MiB at most, and after 10 seconds no more.

    The status says already that the call failed; its explanation must not hold the call up.
    """
    received, limit = bytearray(), asyncio.timeout(_ERROR_SECONDS)
    try:
        async with aclosing(content), limit:
            async for chunk in content:
                received += chunk
                if len(received) >= _LARGEST_ERROR:
                    break
    except BodyError:
        pass
    except TimeoutError:
        if not limit.expired():
            raise
    return bytes(received[:_LARGEST_ERROR])
