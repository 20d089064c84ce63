"""What the tests of the stream share."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from beeper_async.events import line
from beeper_async.testing import Simulator

from .listening import Room, client_of


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what failed be tried again at once."""

    async def pause(failures: int) -> None:
        await asyncio.sleep(0.001 * min(failures, 20))

    monkeypatch.setattr(line, "pause", pause)


@pytest_asyncio.fixture
async def room(no_pauses: None) -> AsyncIterator[Room]:
    async with Simulator() as sim, client_of(sim) as client:
        yield Room(sim, client)
