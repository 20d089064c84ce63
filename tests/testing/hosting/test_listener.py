"""A closed listener leaves no connection behind, whenever it is closed."""

from __future__ import annotations

import asyncio
import gc
import socket
import warnings
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit

import pytest

from beeper_async.testing import FaultProxy, Simulator
from beeper_async.testing.hosting.listener import HOST, Listener

from ..raw_http import OK, RawApp, get

TURNS = range(12)
"""After how many turns of the loop the end comes: a connection is accepted within these."""


@contextmanager
def nothing_left_open() -> Generator[None]:
    """Fail if the garbage collector finds a socket or a transport that was not closed."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert [str(one.message) for one in found] == []


def connect(url: str) -> socket.socket:
    """Connect at once, so that the accepting side still has everything to do."""
    address = urlsplit(url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=10)


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


# -- the servers --------------------------------------------------------------------------------


@pytest.mark.parametrize("count", TURNS)
@pytest.mark.asyncio
async def test_a_simulator_that_ends_while_it_accepts(count: int) -> None:
    with nothing_left_open():
        async with Simulator() as sim:
            clients = [connect(sim.url) for _ in range(3)]
            await turns(count)
        for client in clients:
            client.close()


@pytest.mark.parametrize("count", TURNS)
@pytest.mark.asyncio
async def test_a_proxy_that_ends_while_it_accepts(count: int) -> None:
    async with RawApp() as app:
        with nothing_left_open():
            async with FaultProxy(app.url) as proxy:
                clients = [connect(proxy.url) for _ in range(3)]
                await turns(count)
            for client in clients:
                client.close()


@pytest.mark.parametrize("count", TURNS)
@pytest.mark.asyncio
async def test_a_proxy_that_refuses_while_it_accepts(count: int) -> None:
    async with RawApp() as app, FaultProxy(app.url) as proxy:
        with nothing_left_open():
            for _ in range(3):
                with connect(proxy.url):
                    await turns(count)
                    proxy.refuse()
                    proxy.accept()
            await turns(20)


def test_a_simulator_in_a_thread_that_a_client_has_just_left() -> None:
    with nothing_left_open():
        for _ in range(20):
            with Simulator() as sim:
                connect(sim.url).close()


def test_a_proxy_in_a_thread_that_a_client_has_just_left() -> None:
    with Simulator() as sim, nothing_left_open():
        for _ in range(20):
            with FaultProxy(sim.url) as proxy:
                connect(proxy.url).close()


# -- the listener itself ------------------------------------------------------------------------


class Echo:
    """Sends back what arrives over each connection, until that ends."""

    def __init__(self) -> None:
        self.served = 0
        self.cancelled = 0

    async def serve(self, accepted: socket.socket) -> None:
        self.served += 1
        loop = asyncio.get_running_loop()
        with accepted:
            try:
                while data := await loop.sock_recv(accepted, 1024):
                    await loop.sock_sendall(accepted, data)
            except asyncio.CancelledError:
                self.cancelled += 1
                raise


@asynccontextmanager
async def listening(echo: Echo) -> AsyncGenerator[Listener]:
    listener = Listener(echo.serve)
    try:
        yield listener
    finally:
        listener.close()
        await listener.cancel_served()


def knock(listener: Listener) -> socket.socket:
    return connect(f"http://{HOST}:{listener.port}")


@pytest.mark.parametrize("count", TURNS)
@pytest.mark.asyncio
async def test_each_accepted_connection_is_served(count: int) -> None:
    echo = Echo()
    with nothing_left_open():
        async with listening(echo) as listener:
            client = knock(listener)
            await turns(count)
        client.close()
    assert echo.cancelled == echo.served == (1 if count else 0)


@pytest.mark.asyncio
async def test_what_was_accepted_goes_on_after_the_close() -> None:
    echo = Echo()
    async with listening(echo) as listener:
        reader, writer = await asyncio.open_connection(HOST, listener.port)
        writer.write(b"a")
        assert await reader.read(1) == b"a"
        listener.close()
        listener.close()
        with pytest.raises(OSError, match="refused"):
            knock(listener)
        writer.write(b"b")
        assert await reader.read(1) == b"b"
        writer.close()
        await listener.wait_served()
    assert echo.cancelled == 0


@pytest.mark.asyncio
async def test_the_port_is_free_again_at_once() -> None:
    echo = Echo()
    async with listening(echo) as listener:
        with pytest.raises(OSError, match="in use"):
            Listener(echo.serve, listener.port)
        listener.close()
        again = Listener(echo.serve, listener.port)
        with knock(again) as client:
            client.sendall(b"a")
            assert await asyncio.get_running_loop().run_in_executor(None, client.recv, 1) == b"a"
        again.close()
        await again.wait_served()


@pytest.mark.asyncio
async def test_an_accept_that_fails_is_not_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, failures = asyncio.get_running_loop(), 2
    sock_accept = loop.sock_accept

    async def failing(listening: socket.socket) -> tuple[socket.socket, object]:
        nonlocal failures
        if failures:
            failures -= 1
            raise OSError("no file descriptor left")
        return await sock_accept(listening)

    monkeypatch.setattr(loop, "sock_accept", failing)
    async with RawApp() as app, FaultProxy(app.url) as proxy:
        reader, writer = await asyncio.open_connection(HOST, urlsplit(proxy.url).port)
        writer.write(get())
        assert await reader.readexactly(len(OK)) == OK
        writer.close()
    assert failures == 0
