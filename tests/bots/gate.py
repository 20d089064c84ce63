"""A handler that tests hold up, and the end of a bot's run."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from beeper_async.bots.context import Ctx


class Gate:
    """A handler that says when it is called, and ends when it is let through."""

    def __init__(self) -> None:
        self.begun: asyncio.Queue[str] = asyncio.Queue()
        self.ended: list[str] = []
        self.active = 0
        self.most_active = 0
        self.open = asyncio.Event()

    async def __call__(self, ctx: Ctx) -> None:
        self.active += 1
        self.most_active = max(self.most_active, self.active)
        self.begun.put_nowait(ctx.text)
        try:
            await self.open.wait()
            self.ended.append(ctx.text)
        finally:
            self.active -= 1


async def ended(run: asyncio.Task[None]) -> BaseException | None:
    """Wait for the end of a run, and give what it raised."""
    with suppress(BaseException):
        await run
    return None if run.cancelled() else run.exception()
