"""The fault proxy: whole connections, websockets, the port, threads, and a clean end."""

from __future__ import annotations

import asyncio
import gc
import http.client
import io
import threading
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from beeper_async.testing import Fault, FaultProxy, Simulator

from ..raw_http import OK, RawApp, connected, get, until

MESSAGES = "/v1/chats/*/messages"


def status_of(url: str) -> int:
    """Asks for the app's info over a connection of its own."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    try:
        connection.request("GET", address.path + "/v1/info")
        return connection.getresponse().status
    finally:
        connection.close()


# -- in front of the simulator ------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_message_whose_answer_is_lost_was_sent(sim: Simulator) -> None:
    chat_id = next(iter(sim.world.chats))
    before = len(sim.world.messages[chat_id])
    headers = {"Authorization": f"Bearer {sim.token}"}
    async with FaultProxy(sim.url) as proxy, aiohttp.ClientSession(headers=headers) as session:
        url = f"{proxy.url}/v1/chats/{chat_id}/messages"
        proxy.plan(Fault.reset_before_request(), method="POST", path=MESSAGES)
        with pytest.raises(aiohttp.ClientOSError):
            await session.post(url, json={"text": "never sent"})
        proxy.plan(Fault.reset_after_request(), method="POST", path=MESSAGES)
        with pytest.raises(aiohttp.ClientOSError):
            await session.post(url, json={"text": "sent"})
        texts = [message["text"] for message in sim.world.messages[chat_id][before:]]
        assert texts == ["sent"]


@pytest.mark.asyncio
async def test_bodies_of_all_kinds_pass_whole(sim: Simulator) -> None:
    headers = {"Authorization": f"Bearer {sim.token}"}
    content = b"0123456789abcdef" * 200_000
    form = aiohttp.FormData()
    form.add_field(
        "file", io.BytesIO(content), filename="a.bin", content_type="application/octet-stream"
    )
    async with FaultProxy(sim.url) as proxy, aiohttp.ClientSession(headers=headers) as session:
        upload = f"{proxy.url}/v1/assets/upload"
        async with session.post(upload, data=form, chunked=True, expect100=True) as response:
            assert response.status == 200
            url = (await response.json())["srcURL"]
        serve = f"{proxy.url}/v1/assets/serve"
        async with session.get(serve, params={"url": url}) as response:
            assert await response.read() == content
        async with session.head(f"{proxy.url}/v1/info") as response:
            assert response.status == 404  # with a length, but without a body
        chat_id = next(iter(sim.world.chats))
        async with session.post(f"{proxy.url}/v1/chats/{chat_id}/archive", json={}) as response:
            assert response.status == 204
        assert proxy.stats.connections == 1
        assert proxy.stats.requests == proxy.stats.forwarded == proxy.stats.responses == 4


@pytest.mark.asyncio
async def test_answers_in_chunks_and_without_a_length() -> None:
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n"
    chunks += b"0\r\nTrailer: 1\r\n\r\n"
    async with RawApp(chunks) as app, FaultProxy(app.url) as proxy, connected(proxy.url) as client:
        for count in (1, 2):
            await client.send(get())
            assert await client.read(len(chunks)) == chunks
            assert proxy.stats.responses == count
    endless = b"HTTP/1.1 200 OK\r\n\r\nuntil the end"
    app = RawApp(endless, closes=True)
    async with app, FaultProxy(app.url) as proxy, connected(proxy.url) as client:
        await client.send(get())
        assert await client.read_to_end() == endless
        assert proxy.stats.responses == 1


@pytest.mark.asyncio
async def test_what_is_no_http_passes_as_it_is() -> None:
    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data.upper())
        writer.close()

    server = await asyncio.start_server(shout, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with FaultProxy(url) as proxy, connected(proxy.url) as client:
            for word in (b"\x01hello\n", b"again"):
                await client.send(word)
                assert await client.read(len(word)) == word.upper()
            client.writer.write_eof()
            assert await client.read_to_end() == b""


@pytest.mark.asyncio
async def test_an_app_that_closes_closes_the_client_too() -> None:
    async with RawApp(closes=True) as app, FaultProxy(app.url) as proxy:
        async with connected(proxy.url) as client:
            await client.send(get())
            assert await client.read_to_end() == OK
        await until(lambda: proxy.connections == [])


@pytest.mark.asyncio
async def test_without_an_app_connections_break_off() -> None:
    async with RawApp() as app:
        gone = app.url
    async with FaultProxy(gone) as proxy, connected(proxy.url) as client:
        try:
            await client.send(get())
            assert await client.read_to_end() == b""
        except ConnectionError:
            pass
        assert proxy.stats.connections == 0


# -- live connections ---------------------------------------------------------------------------


async def echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data)
    return socket


@pytest_asyncio.fixture
async def socket_app() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/v1/ws", echo)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest_asyncio.fixture
async def socket_proxy(socket_app: str) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(socket_app) as proxy:
        yield proxy


@pytest_asyncio.fixture
async def socket(
    socket_proxy: FaultProxy,
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    url = socket_proxy.url + "/v1/ws"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as client:
        yield client
        # A broken connection has nobody who would answer to a polite goodbye.
        socket_proxy.kill_all()


async def hears_nothing(socket: aiohttp.ClientWebSocketResponse) -> bool:
    try:
        await socket.receive(timeout=0.1)
    except TimeoutError:
        return True
    return False


@pytest.mark.asyncio
async def test_a_websocket_passes(
    socket_proxy: FaultProxy, socket: aiohttp.ClientWebSocketResponse
) -> None:
    for text in ("one", "x" * 200_000, "GET / HTTP/1.1\r\n\r\n"):
        await socket.send_str(text)
        assert await socket.receive_str(timeout=10) == text
    (connection,) = socket_proxy.connections
    assert connection.upgraded
    assert socket_proxy.stats.requests == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("reset", [False, True])
async def test_a_live_websocket_is_killed(
    socket_proxy: FaultProxy, socket: aiohttp.ClientWebSocketResponse, reset: bool
) -> None:
    await socket.send_str("one")
    assert await socket.receive_str(timeout=10) == "one"
    assert socket_proxy.kill_all(reset=reset) == 1
    message = await socket.receive(timeout=10)
    assert message.type is not aiohttp.WSMsgType.TEXT
    assert socket.close_code == 1006
    await until(lambda: socket_proxy.connections == [])
    assert socket_proxy.kill_all() == 0


@pytest.mark.asyncio
async def test_a_frozen_websocket_loses_nothing(
    socket_proxy: FaultProxy, socket: aiohttp.ClientWebSocketResponse
) -> None:
    assert socket_proxy.freeze_all() == 1
    await socket.send_str("one")
    await socket.send_str("two")
    assert await hears_nothing(socket)
    assert socket_proxy.thaw_all() == 1
    assert await socket.receive_str(timeout=10) == "one"
    assert await socket.receive_str(timeout=10) == "two"


@pytest.mark.asyncio
async def test_a_black_hole_swallows_for_good(
    socket_proxy: FaultProxy, socket: aiohttp.ClientWebSocketResponse
) -> None:
    assert socket_proxy.black_hole_all() == 1
    await socket.send_str("one")
    assert await hears_nothing(socket)
    socket_proxy.thaw_all()
    assert await hears_nothing(socket)


@pytest.mark.asyncio
async def test_bytes_are_counted_across_the_upgrade(socket_proxy: FaultProxy) -> None:
    socket_proxy.plan(Fault.cut_response(1000), path="/v1/ws")
    url = socket_proxy.url + "/v1/ws"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        await socket.send_str("short")
        assert await socket.receive_str(timeout=10) == "short"
        await socket.send_str("x" * 2000)
        message = await socket.receive(timeout=10)
        assert message.type is not aiohttp.WSMsgType.TEXT
        assert socket.close_code == 1006


@pytest.mark.asyncio
async def test_one_connection_of_two_is_killed() -> None:
    async with RawApp() as app, FaultProxy(app.url) as proxy, connected(proxy.url) as first:
        await first.send(get())
        await first.read(len(OK))
        async with connected(proxy.url) as second:
            await second.send(get())
            await second.read(len(OK))
            proxy.connections[0].kill(reset=True)
            with pytest.raises(ConnectionResetError):
                await first.read(1)
            await second.send(get())
            assert await second.read(len(OK)) == OK


@pytest.mark.asyncio
async def test_nothing_passes_once_connections_were_dropped() -> None:
    async with RawApp() as app, FaultProxy(app.url) as proxy, connected(proxy.url) as client:
        await client.send(get())
        await client.read(len(OK))
        client.writer.write(get())
        assert proxy.drop_connections() == 1
        assert await client.read_to_end() == b""
        assert app.received == get()


# -- the port -----------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_refused_and_accepted_on_the_same_port() -> None:
    async with RawApp() as app, FaultProxy(app.url) as proxy:
        url = proxy.url
        async with connected(url) as old:
            await old.send(get())
            await old.read(len(OK))
            for _ in range(3):
                proxy.refuse()
                with pytest.raises(ConnectionRefusedError):
                    await connected(url).__aenter__()
                proxy.accept()
                assert proxy.url == url
                async with connected(url) as client:
                    await client.send(get())
                    assert await client.read(len(OK)) == OK
            await old.send(get())
            assert await old.read(len(OK)) == OK  # it stayed all the while
        proxy.accept()


@pytest.mark.asyncio
async def test_refused_for_a_while() -> None:
    async with RawApp() as app, FaultProxy(app.url) as proxy:

        async def connects() -> bool:
            try:
                async with connected(proxy.url):
                    return True
            except ConnectionRefusedError:
                return False

        proxy.refuse(seconds=0.05)
        assert not await connects()
        async with asyncio.timeout(10):
            while not await connects():  # noqa: ASYNC110 - a port has no event
                await asyncio.sleep(0.01)
        proxy.refuse(seconds=0.05)
        proxy.refuse()
        await asyncio.sleep(0.1)
        assert not await connects()


# -- threads, and beginning and end -------------------------------------------------------------


def test_it_runs_in_a_thread_of_its_own() -> None:
    before = threading.active_count()
    with Simulator() as sim, FaultProxy(sim.url) as proxy:
        assert status_of(proxy.url) == 200
        proxy.plan(Fault.garbage())
        with pytest.raises(http.client.BadStatusLine):
            status_of(proxy.url)
        proxy.refuse()
        with pytest.raises(ConnectionRefusedError):
            status_of(proxy.url)
        proxy.accept()
        assert status_of(proxy.url) == 200
        assert len(sim.requests) == 2
    assert threading.active_count() == before


def test_a_live_connection_is_reset_from_another_thread() -> None:
    with Simulator() as sim, FaultProxy(sim.url) as proxy:
        address = urlsplit(proxy.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        connection.request("GET", "/v1/info")
        connection.getresponse().read()
        assert proxy.freeze_all() == proxy.thaw_all() == 1
        assert proxy.kill_all(reset=True) == 1
        with pytest.raises(ConnectionResetError):
            connection.sock.recv(1)
        connection.close()


@pytest.mark.asyncio
async def test_nothing_is_left_behind() -> None:
    tasks = asyncio.all_tasks()
    faults = [Fault.black_hole(), Fault.half_open(), Fault.delay(3600), Fault.throttle(1)]
    async with RawApp(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n") as app:
        async with FaultProxy(app.url) as proxy:
            for fault in [*faults, Fault.lose_response(), Fault.delay(0)]:
                proxy.plan(fault)
                async with connected(proxy.url) as client:
                    await client.send(get())
                    await client.hears_nothing()
            async with connected(proxy.url) as silent:
                await until(lambda: proxy.stats.connections == 7)
                proxy.refuse(seconds=3600)
                await proxy.__aexit__(None, None, None)
                assert await silent.read_to_end() == b""
        assert proxy.connections == []
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == tasks
    gc.collect()  # which is when a forgotten socket would complain


@pytest.mark.asyncio
async def test_it_says_when_it_is_not_running() -> None:
    with pytest.raises(ValueError, match="http://"):
        FaultProxy("https://127.0.0.1:1")
    with pytest.raises(ValueError, match="http://"):
        FaultProxy("127.0.0.1:1")
    proxy = FaultProxy("http://127.0.0.1:1")
    with pytest.raises(RuntimeError, match="not running"):
        _ = proxy.url
    with pytest.raises(RuntimeError, match="not running"):
        proxy.kill_all()
    async with proxy:
        with pytest.raises(RuntimeError, match="already"):
            await proxy.__aenter__()
        with pytest.raises(RuntimeError, match="already"):
            proxy.__enter__()
    with pytest.raises(RuntimeError, match="not running"):
        _ = proxy.url
