"""A running simulator and a bare HTTP client to talk to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import orjson
import pytest_asyncio
from yarl import URL

from beeper_async.testing import Simulator

Api = Callable[..., Awaitable[tuple[int, Any]]]


@pytest_asyncio.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator() as simulator:
        yield simulator


@pytest_asyncio.fixture
async def api(sim: Simulator) -> AsyncIterator[Api]:
    """Sends one request and gives status and decoded body; paths are sent as they are."""
    async with aiohttp.ClientSession() as session:

        async def send(
            method: str,
            path: str,
            body: object = None,
            *,
            token: str | None = None,
            raw: bytes = b"",
        ) -> tuple[int, Any]:
            data = raw if body is None else orjson.dumps(body)
            headers = {"Authorization": f"Bearer {sim.token if token is None else token}"}
            url = URL(sim.url + path, encoded=True)
            async with session.request(method, url, data=data, headers=headers) as response:
                content = await response.read()
                assert response.headers["X-Beeper-Desktop-Version"] == sim.app_version
                if response.status == 204:
                    assert content == b""
                return response.status, orjson.loads(content) if content else None

        yield send


@pytest_asyncio.fixture
async def mum(sim: Simulator) -> dict[str, Any]:
    """A single chat with two unread messages and full capabilities."""
    return next(chat for chat in sim.world.chats.values() if chat["title"] == "Mum 🌻")


@pytest_asyncio.fixture
async def trip(sim: Simulator) -> dict[str, Any]:
    """A group with a bit of everything."""
    return next(chat for chat in sim.world.chats.values() if chat["title"] == "Lisbon trip 🇵🇹")
