"""Request bodies that are taken as they arrive, so that a big one never sits in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp

KEPT_BYTES = 65_536
"""How much of such a body is kept for the recording."""


class ClientDisconnectedError(Exception):
    """The sender went away before the end of the body."""


class RequestBody:
    """One body on its way in: iterate over it, and look at `head` and `size` afterwards."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._head = bytearray()
        self.size: int = 0
        """How much has arrived."""

    @property
    def head(self) -> bytes:
        """The first bytes of what has arrived."""
        return bytes(self._head)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await anext(self._chunks)
        except (aiohttp.ClientError, OSError) as error:
            raise ClientDisconnectedError from error
        self.size += len(chunk)
        if len(self._head) < KEPT_BYTES:
            self._head += chunk[: KEPT_BYTES - len(self._head)]
        return chunk

    async def drain(self) -> None:
        """Let the rest arrive and throw it away."""
        async for _ in self:
            pass
