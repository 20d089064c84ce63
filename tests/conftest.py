"""What most tests share: a running simulator, and both clients behind one interface."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import settings

import beeper_async
from beeper_async import AsyncBeeperDesktop
from beeper_async.bots import patience
from beeper_async.events import connection, stream
from beeper_async.events.schedule import Schedule
from beeper_async.testing import Simulator
from beeper_sync import BeeperDesktop

from . import awaitable
from .awaitable import AwaitableClient
from .live import Scene, client_of

# By default, hypothesis fails an example that takes 0.2 seconds, which on a busy machine is not the
# fault of the code. What really hangs is ended by pytest-timeout.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


@pytest.fixture(autouse=True, scope="session")
def _interruptible() -> Iterator[None]:
    """Let programs that tests start hear Ctrl-C, even if the tests run where it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in (
        "BEEPER_ACCESS_TOKEN",
        "BEEPER_BASE_URL",
        "BEEPER_DESKTOP_BASE_URL",
        "BEEPER_CUSTOM_HEADERS",
        "BEEPER_LOG",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BEEPER_PROFILE", "")  # no stored token of whoever runs the tests


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """Run the demo world in a thread of its own, so that blocking calls can reach it."""
    with Simulator() as running:
        yield running


@pytest.fixture
def blocking(sim: Simulator) -> Iterator[BeeperDesktop]:
    """Give the blocking client."""
    with BeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
        yield client


@pytest_asyncio.fixture(params=["async", "blocking"])
async def client(
    request: pytest.FixtureRequest, sim: Simulator
) -> AsyncIterator[AsyncBeeperDesktop]:
    """Give each client in turn; the blocking one is called inside the test's running loop."""
    if request.param == "async":
        async with AsyncBeeperDesktop(access_token=sim.token, base_url=sim.url) as asynchronous:
            yield asynchronous
    else:
        with BeeperDesktop(access_token=sim.token, base_url=sim.url) as blocking:
            # It answers to the same calls; that is what the tests are there to show.
            yield AwaitableClient(blocking)  # type: ignore[misc]


@pytest.fixture
def merge(client: AsyncBeeperDesktop) -> Callable[..., Any]:
    """Give the `merge` of the package that the client is from."""
    return awaitable.merge if isinstance(client, AwaitableClient) else beeper_async.merge


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let streams and bots try at once again what failed."""

    async def pause(failures: int, wait: float = 0.0) -> None:
        await asyncio.sleep(0.001 * min(failures, 20))

    monkeypatch.setattr(connection, "pause", pause)
    quick = Schedule(shortest_backoff=0.001, longest_backoff=0.02)
    monkeypatch.setattr(stream, "USUAL", quick)
    monkeypatch.setattr(patience, "pause", pause)


@pytest_asyncio.fixture
async def scene(no_pauses: None) -> AsyncIterator[Scene]:
    """Give chats whose people write, and a client that streams and bots are made of."""
    async with Simulator() as running, client_of(running) as client:
        yield Scene(running, client)
