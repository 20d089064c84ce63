"""Calls that wait together: while the app is away, and when it answers 429."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TypedDict

import pytest
from attrs import define, field

from beeper_async import (
    APIConnectionError,
    AsyncBeeperDesktop,
    ConfigurationError,
    OutcomeUnknownError,
    RateLimitError,
)
from beeper_async._http import gate as gate_module
from beeper_async._http.gate import Found, Gate, GatedPassage
from beeper_async.testing import RateLimit, Simulator
from beeper_sync import BeeperDesktop

from ..awaitable import AwaitableClient

pytestmark = pytest.mark.asyncio


class Settings(TypedDict):
    """What a client needs to find the simulator."""

    access_token: str
    base_url: str


@define
class FakeTime:
    """A clock that stands still, except for pauses, which take no time."""

    now: float = 1000.0
    pauses: list[float] = field(factory=list[float])
    running: ExitStack = field(factory=ExitStack)
    """What `starts` starts."""
    starts: tuple[int, Simulator] | None = None
    """After how many pauses a simulator is started, and which."""

    def clock(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        ends_at = self.now + seconds
        if self.starts is not None and len(self.pauses) == self.starts[0]:
            self.running.enter_context(self.starts[1])
        await asyncio.sleep(0)
        self.now = max(self.now, ends_at)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTime]:
    fake = FakeTime()
    monkeypatch.setattr(gate_module, "pause", fake.pause)
    monkeypatch.setattr(gate_module, "clock", fake.clock)
    with fake.running:
        yield fake


def patient(client: AsyncBeeperDesktop, seconds: float = 60.0) -> AsyncBeeperDesktop:
    return client.with_options(wait_for_app=seconds, max_retries=0)


def paths_of(sim: Simulator) -> list[str]:
    return [request.path.removeprefix("/v1/") for request in sim.requests]


# -- while the app is away ----------------------------------------------------------------------


async def test_a_call_waits_for_an_app_that_is_away(
    client: AsyncBeeperDesktop, sim: Simulator, time: FakeTime
) -> None:
    sim.drop_next(times=4)
    assert await patient(client).accounts.list()
    assert paths_of(sim) == ["accounts", *["info"] * 4, "accounts"]
    assert time.pauses == [1.0, 2.0, 4.0]


async def test_it_waits_only_so_long(
    client: AsyncBeeperDesktop, sim: Simulator, time: FakeTime
) -> None:
    sim.drop_next(times=1000)
    view = patient(client, 100.0)
    with pytest.raises(APIConnectionError, match=r"accounts\.list"):
        await view.accounts.list()
    assert time.pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 9.0]
    with pytest.raises(APIConnectionError, match=r"chats\.list: no connection to"):
        await view.chats.list()  # which waits, too, before it is sent
    assert "chats" not in paths_of(sim)
    sim.clear_responses()
    assert (await view.chats.list()).items


async def test_nobody_waits_by_default(
    client: AsyncBeeperDesktop, sim: Simulator, time: FakeTime
) -> None:
    assert client.wait_for_app is None
    assert patient(client).wait_for_app == 60.0
    sim.drop_next()
    with pytest.raises(APIConnectionError):
        await client.with_options(max_retries=0).accounts.list()
    assert paths_of(sim) == ["accounts"]
    assert time.pauses == []


async def test_an_app_that_answers_a_probe_is_not_waited_for(
    client: AsyncBeeperDesktop, sim: Simulator, time: FakeTime
) -> None:
    sim.drop_next(path="/v1/accounts", times=1000)
    with pytest.raises(APIConnectionError):
        await patient(client).accounts.list()
    assert paths_of(sim) == ["accounts", "info"]
    assert time.pauses == []


async def test_a_message_that_may_have_arrived_is_not_sent_again(
    client: AsyncBeeperDesktop, sim: Simulator, time: FakeTime
) -> None:
    chat_id = sim.world.by_activity()[0]["id"]
    sim.drop_next()
    with pytest.raises(OutcomeUnknownError):
        await patient(client).messages.send(chat_id, text="once")
    assert len(sim.requests) == 1


@pytest.mark.parametrize("kind", ["async", "blocking"])
async def test_a_message_that_was_not_sent_waits_for_the_app(kind: str, time: FakeTime) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    later = Simulator(port=port)
    chat_id = later.world.by_activity()[0]["id"]
    time.starts = (2, later)
    options = Settings(access_token=later.token, base_url=f"http://127.0.0.1:{port}")
    if kind == "async":
        async with AsyncBeeperDesktop(**options, wait_for_app=60.0, max_retries=0) as client:
            await client.messages.send(chat_id, text="when you are there")
    else:
        with BeeperDesktop(**options, wait_for_app=60.0, max_retries=0) as blocking:
            blocking.messages.send(chat_id, text="when you are there")
    assert time.pauses == [1.0, 2.0]
    sent = [request for request in later.requests if request.method == "POST"]
    assert len(sent) == 1


async def test_calls_that_wait_share_one_probe(time: FakeTime) -> None:
    gate, probes = Gate(), 0

    async def probe() -> bool:
        nonlocal probes
        probes += 1
        await asyncio.sleep(0)
        return probes == 4

    end = time.now + 60
    found = await asyncio.gather(
        *(gate.find_app(probe, end) for _ in range(8)),
        *(gate.enter(probe, lambda: end) for _ in range(8)),
    )
    assert found == [Found.BACK] * 8 + [True] * 8
    assert probes == 4
    assert await gate.find_app(probe_that_works, end) is Found.THERE


async def test_another_call_probes_when_the_first_one_is_cancelled(time: FakeTime) -> None:
    gate, probing, is_back = Gate(), asyncio.Event(), asyncio.Event()

    async def probe() -> bool:
        probing.set()
        await is_back.wait()
        return True

    end = time.now + 60
    first = asyncio.create_task(gate.find_app(probe, end))
    await probing.wait()
    second = asyncio.create_task(gate.find_app(probe_that_works, end))
    await asyncio.sleep(0)
    first.cancel()
    assert await second is Found.THERE
    with pytest.raises(asyncio.CancelledError):
        await first


async def probe_that_works() -> bool:
    return True


async def test_the_deadline_of_a_call_comes_first(time: FakeTime) -> None:
    async def probe() -> bool:
        return False

    passage = GatedPassage(Gate(), probe, 60.0, time.now + 5, None)
    assert await passage.enter()
    assert await passage.gate.find_app(probe, time.now) is Found.GONE
    assert not await passage.enter()
    assert time.pauses == [1.0, 2.0, 2.0]


# -- when it answers 429 ------------------------------------------------------------------------


async def test_a_limit_is_waited_for_as_the_app_asks(
    client: AsyncBeeperDesktop, sim: Simulator, time: FakeTime
) -> None:
    view = patient(client)
    sim.respond_next(429, headers={"Retry-After": "7"}, times=2)
    assert await view.accounts.list()
    assert time.pauses == [7.0, 7.0]
    assert paths_of(sim) == ["accounts"] * 3


async def test_without_a_wish_the_wait_doubles(
    client: AsyncBeeperDesktop, sim: Simulator, time: FakeTime
) -> None:
    view = patient(client)
    sim.respond_next(429, times=3)
    assert await view.accounts.list()
    assert time.pauses == [1.0, 2.0, 4.0]
    sim.respond_next(429)
    assert await view.accounts.list()
    assert time.pauses == [1.0, 2.0, 4.0, 1.0]


async def test_a_message_is_sent_after_the_limit(
    client: AsyncBeeperDesktop, sim: Simulator, time: FakeTime
) -> None:
    chat_id = sim.world.by_activity()[0]["id"]
    sim.respond_next(429, headers={"Retry-After": "3"}, before=True)
    await patient(client).messages.send(chat_id, text="patience")
    assert time.pauses == [3.0]
    assert [one.get("text") for one in sim.world.messages[chat_id]].count("patience") == 1


@pytest.mark.parametrize(("seconds", "asked"), [(200.0, "99"), (50.0, "51")])
async def test_a_limit_that_lasts_too_long_is_an_error(
    client: AsyncBeeperDesktop, sim: Simulator, time: FakeTime, seconds: float, asked: str
) -> None:
    sim.respond_next(429, headers={"Retry-After": asked})
    with pytest.raises(RateLimitError) as caught:
        await patient(client, seconds).accounts.list()
    assert caught.value.retry_after == float(asked)
    assert await patient(client, seconds).accounts.list()
    assert time.pauses == []


async def test_a_limit_holds_all_calls_back_and_halves_them(time: FakeTime) -> None:
    gate, end = Gate(), time.now + 1000
    sent_at = time.now
    for _ in range(8):
        await gate.enter(probe_that_works, lambda: end)
    for _ in range(8):  # all of them are refused, which is one event and not eight
        gate.leave()
        gate.slow_down(sent_at - 1 if _ else sent_at, 9.0)
    assert await gate.enter(probe_that_works, lambda: end)
    assert time.pauses == [9.0]
    # Half of 8, and one more because 5 of the 9 seconds are over.
    assert await entered(gate, end, 6) == 4
    time.now += 5
    assert await entered(gate, end, 6) == 1
    gate.leave()
    gate.leave()
    assert await entered(gate, end, 6) == 2


async def entered(gate: Gate, end: float, calls: int) -> int:
    """Return how many of some calls get through at once."""
    tasks = [asyncio.create_task(gate.enter(probe_that_works, lambda: end)) for _ in range(calls)]
    for _ in range(3):
        await asyncio.sleep(0)
    through = sum(task.done() for task in tasks)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return through


async def test_a_call_that_waits_goes_on_when_another_one_ends(time: FakeTime) -> None:
    gate, end = Gate(), time.now + 1000
    await gate.enter(probe_that_works, lambda: end)
    gate.slow_down(time.now, 0.0)
    waiting = asyncio.create_task(gate.enter(probe_that_works, lambda: end))
    await asyncio.sleep(0)
    assert not waiting.done()
    gate.leave()
    assert await waiting


async def test_all_calls_come_through_a_real_limit(sim: Simulator) -> None:
    sim.rate_limit = RateLimit(4, seconds=0.03)
    options = Settings(access_token=sim.token, base_url=sim.url)
    async with AsyncBeeperDesktop(**options, wait_for_app=60.0, max_retries=0) as client:
        results = await asyncio.gather(*(client.accounts.list() for _ in range(24)))
    assert all(results)
    assert sim.rate_limit.refused


# -- the option ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), "60", True])
async def test_the_option_is_checked(client: AsyncBeeperDesktop, seconds: float) -> None:
    with pytest.raises(ConfigurationError, match="wait_for_app"):
        client.with_options(wait_for_app=seconds)
    kind = BeeperDesktop if isinstance(client, AwaitableClient) else AsyncBeeperDesktop
    with pytest.raises(ConfigurationError, match="wait_for_app"):
        kind(access_token="t", wait_for_app=seconds)
