"""The fault proxy: each fault, seen from both ends, and which requests it hits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import attrs
import pytest
import pytest_asyncio

from beeper_async.testing import Fault, FaultProxy

from ..raw_http import OK, RawApp, RawClient, connected, get, until

pytestmark = pytest.mark.asyncio

LONG_BODY = b"x" * 3_000_000


@pytest_asyncio.fixture
async def app() -> AsyncIterator[RawApp]:
    async with RawApp() as raw_app:
        yield raw_app


@pytest_asyncio.fixture
async def proxy(app: RawApp) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(app.url) as fault_proxy:
        yield fault_proxy


@pytest_asyncio.fixture
async def client(proxy: FaultProxy) -> AsyncIterator[RawClient]:
    async with connected(proxy.url) as raw_client:
        yield raw_client


def counted(proxy: FaultProxy) -> tuple[int, int, int]:
    return proxy.stats.requests, proxy.stats.forwarded, proxy.stats.responses


async def test_without_a_fault_every_byte_passes(
    app: RawApp, proxy: FaultProxy, client: RawClient
) -> None:
    for _ in range(2):
        await client.send(get())
        assert await client.read(len(OK)) == OK
    assert app.received == get() * 2
    assert attrs.asdict(proxy.stats) == {
        "connections": 1,
        "requests": 2,
        "forwarded": 2,
        "responses": 2,
        "faults": 0,
    }


# -- the answer is cut or lost ------------------------------------------------------------------


@pytest.mark.parametrize("after", [0, 1, 20, len(OK) - 1, len(OK)])
async def test_a_cut_answer_ends_cleanly(
    app: RawApp, proxy: FaultProxy, client: RawClient, after: int
) -> None:
    proxy.plan(Fault.cut_response(after))
    await client.send(get())
    assert await client.read_to_end() == OK[:after]
    assert app.received == get()
    assert counted(proxy) == (1, 1, after == len(OK))


async def test_a_cut_beyond_the_answer_does_nothing(proxy: FaultProxy, client: RawClient) -> None:
    proxy.plan(Fault.cut_response(len(OK) + 1))
    for _ in range(2):
        await client.send(get())
        assert await client.read(len(OK)) == OK


@pytest.mark.parametrize("after", [1, 20])
async def test_an_answer_is_reset_after_some_bytes(
    app: RawApp, proxy: FaultProxy, client: RawClient, after: int
) -> None:
    proxy.plan(Fault.reset_response(after))
    await client.send(get())
    assert await client.read(after) == OK[:after]
    with pytest.raises(ConnectionResetError):
        await client.read_to_end()
    assert app.received == get()
    assert counted(proxy) == (1, 1, 0)


async def test_a_reset_after_the_request_shows_nothing_of_the_answer(
    app: RawApp, proxy: FaultProxy, client: RawClient
) -> None:
    proxy.plan(Fault.reset_after_request())
    await client.send(get())
    with pytest.raises(ConnectionResetError):
        await client.read(1)
    assert app.received == get()
    assert counted(proxy) == (1, 1, 0)


@pytest.mark.parametrize("after", [0, 20])
async def test_a_lost_answer_leaves_the_connection_open(
    app: RawApp, proxy: FaultProxy, client: RawClient, after: int
) -> None:
    proxy.plan(Fault.lose_response(after))
    await client.send(get())
    assert await client.read(after) == OK[:after]
    assert await client.hears_nothing()
    assert app.received == get()
    assert len(proxy.connections) == 1


# -- the request is cut or lost -----------------------------------------------------------------


@pytest.mark.parametrize("after", [0, 1, 30])
async def test_a_cut_request_never_arrives_whole(
    app: RawApp, proxy: FaultProxy, client: RawClient, after: int
) -> None:
    proxy.plan(Fault.cut_request(after))
    await client.send(get())
    assert await client.read_to_end() == b""
    await asyncio.wait_for(app.ended.wait(), 10)
    assert app.received == get()[:after]
    assert counted(proxy) == (1, 0, 0)


async def test_a_request_is_cut_in_its_body_and_still_cleanly(
    app: RawApp, proxy: FaultProxy, client: RawClient
) -> None:
    request = get(method="POST", body=LONG_BODY)
    app.answer = b""
    proxy.plan(Fault.cut_request(1_000_000))
    await client.send(request)
    assert await client.read_to_end() == b""
    await asyncio.wait_for(app.ended.wait(), 10)
    assert app.received == request[:1_000_000]


async def test_a_reset_before_the_request(
    app: RawApp, proxy: FaultProxy, client: RawClient
) -> None:
    proxy.plan(Fault.reset_before_request())
    await client.send(get())
    with pytest.raises(ConnectionResetError):
        await client.read(1)
    await asyncio.wait_for(app.ended.wait(), 10)
    assert app.received == b""
    assert counted(proxy) == (1, 0, 0)


async def test_a_black_hole_takes_everything(
    app: RawApp, proxy: FaultProxy, client: RawClient
) -> None:
    proxy.plan(Fault.black_hole())
    await client.send(get())
    assert await client.hears_nothing()
    # A client that leaves is let go: nothing of it lingers in the proxy.
    await client.send(LONG_BODY)
    client.writer.close()
    await until(lambda: proxy.connections == [])
    assert app.received == b""


async def test_half_open_loses_nothing(app: RawApp, proxy: FaultProxy, client: RawClient) -> None:
    proxy.plan(Fault.half_open())
    await client.send(get())
    assert await client.hears_nothing()
    assert app.received == b""
    assert proxy.thaw_all() == 1
    assert await client.read(len(OK)) == OK


@pytest.mark.parametrize("reaches_app", [False, True])
async def test_garbage_in_the_place_of_an_answer(
    app: RawApp, proxy: FaultProxy, client: RawClient, reaches_app: bool
) -> None:
    proxy.plan(Fault.garbage(b"\x00nope", reaches_app=reaches_app))
    await client.send(get())
    assert await client.read_to_end() == b"\x00nope"
    assert app.received == (get() if reaches_app else b"")


# -- slow networks ------------------------------------------------------------------------------


async def test_a_delayed_request_waits(app: RawApp, proxy: FaultProxy, client: RawClient) -> None:
    proxy.plan(Fault.delay(3600))
    await client.send(get())
    await until(lambda: proxy.stats.requests == 1)
    assert await client.hears_nothing()
    assert app.received == b""


async def test_a_short_delay_changes_nothing_else(proxy: FaultProxy, client: RawClient) -> None:
    proxy.plan(Fault.delay(0.01))
    await client.send(get())
    assert await client.read(len(OK)) == OK


async def test_a_throttled_answer_trickles(
    app: RawApp, proxy: FaultProxy, client: RawClient
) -> None:
    app.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + LONG_BODY
    proxy.plan(Fault.throttle(5000))
    await client.send(get())
    assert await client.read(200) == app.answer[:200]
    assert counted(proxy) == (1, 1, 0)  # the rest would take ten minutes


async def test_a_fast_throttle_passes_everything(proxy: FaultProxy, client: RawClient) -> None:
    proxy.plan(Fault.throttle(1_000_000))
    await client.send(get())
    assert await client.read(len(OK)) == OK


# -- which requests are hit ---------------------------------------------------------------------


def mark() -> Fault:
    """A harmless fault of which only the count tells."""
    return Fault.delay(0)


async def hit(proxy: FaultProxy, client: RawClient, *requests: bytes) -> list[int]:
    """The numbers of the requests that were hit."""
    found: list[int] = []
    for number, request in enumerate(requests, 1):
        before = proxy.stats.faults
        await client.send(request)
        assert await client.read(len(OK)) == OK
        if proxy.stats.faults > before:
            found.append(number)
    return found


async def test_the_next_request_is_hit_once(proxy: FaultProxy, client: RawClient) -> None:
    proxy.plan(mark())
    assert await hit(proxy, client, get(), get()) == [1]


async def test_the_nth_request_and_so_many_of_them(proxy: FaultProxy, client: RawClient) -> None:
    proxy.plan(mark(), nth=3, times=2)
    assert await hit(proxy, client, *[get()] * 6) == [3, 4]


async def test_everything_from_now_on(proxy: FaultProxy, client: RawClient) -> None:
    proxy.plan(mark(), nth=2, times=None)
    assert await hit(proxy, client, *[get()] * 4) == [2, 3, 4]
    proxy.clear()
    assert await hit(proxy, client, get()) == []


async def test_the_first_plan_goes_first(proxy: FaultProxy, client: RawClient) -> None:
    proxy.plan(mark())
    proxy.plan(Fault.cut_response(1))
    assert await hit(proxy, client, get()) == [1]
    await client.send(get())
    assert await client.read_to_end() == OK[:1]


async def test_only_matching_requests_count(proxy: FaultProxy, client: RawClient) -> None:
    proxy.plan(mark(), method="get", path="/v1/chats/*/messages", nth=2)
    requests = [
        get("/v1/chats/a/messages"),
        get("/v1/chats"),
        get("/v1/chats/!a%3Ab/messages", method="DELETE"),
        get("/v1/chats/!a%3Ab/messages?limit=3"),
        get("/v1/chats/a/messages"),
    ]
    assert await hit(proxy, client, *requests) == [4]
    proxy.plan(mark(), path="/v1/chats/!a:b")
    assert await hit(proxy, client, get("/v1/chats/!a:bc"), get("/v1/chats/%21a%3Ab")) == [2]


async def test_the_base_path_may_be_left_out(app: RawApp) -> None:
    async with FaultProxy(app.url + "/base/") as proxy, connected(proxy.url) as client:
        assert proxy.url.endswith("/base")
        proxy.plan(mark(), path="/v1/chats", times=None)
        assert await hit(proxy, client, get("/base/v1/chats"), get("/base/v1/chat")) == [1]


async def test_a_body_is_no_request(app: RawApp, proxy: FaultProxy, client: RawClient) -> None:
    proxy.plan(mark(), path="/hidden", times=None)
    inner = get("/hidden").replace(b"\r\n", b"\n")
    assert await hit(proxy, client, get(method="POST", body=inner), get("/hidden")) == [2]
    assert counted(proxy) == (2, 2, 2)


async def test_pipelined_requests_are_told_apart(
    app: RawApp, proxy: FaultProxy, client: RawClient
) -> None:
    proxy.plan(Fault.cut_response(3), nth=2)
    await client.send(get("/a") + get("/b"))
    assert await client.read_to_end() == OK + OK[:3]
    assert app.received == get("/a") + get("/b")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"nth": 0}, "at least 1"), ({"times": 0}, "at least 1")],
)
async def test_wrong_plans_are_refused(
    proxy: FaultProxy, wrong: dict[str, int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        proxy.plan(mark(), **wrong)  # type: ignore[arg-type]


async def test_wrong_faults_are_refused() -> None:
    with pytest.raises(ValueError, match="after"):
        Fault.cut_response(-1)
    with pytest.raises(ValueError, match="bytes_per_second"):
        Fault.throttle(0)
