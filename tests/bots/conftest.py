"""What the tests of bots share."""

from collections.abc import AsyncIterator

import pytest_asyncio

from beeper_async.testing import Simulator

from .scenes import Scene, client_of


@pytest_asyncio.fixture
async def scene() -> AsyncIterator[Scene]:
    async with Simulator() as sim, client_of(sim) as client:
        yield Scene(sim, client)
