"""An upload is whole or fails: slow files, files that change, servers that break off or lie."""

import asyncio
import io
import json
import threading
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from beeper_async import (
    APIConnectionError,
    APITimeoutError,
    AssetError,
    AsyncBeeperDesktop,
    FileChangedError,
    InvalidInputError,
    OutcomeUnknownError,
    RateLimitError,
)
from beeper_async._http import retry
from beeper_async._http.file_thread import FileThread
from tests.lying_server import Exchange, LyingServer

pytestmark = pytest.mark.asyncio


@pytest.fixture(autouse=True)
def _fast_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_FIRST_DELAY", 0.0001)


def at(server: LyingServer, client: AsyncBeeperDesktop) -> AsyncBeeperDesktop:
    return client.with_options(base_url=server.url, access_token="t")


def file_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "beeper-file"]


async def taken(exchange: Exchange, size: int, **more: Any) -> None:
    body = {"uploadID": "u1", "fileSize": size, **more}
    await exchange.answer("200 OK", json.dumps(body).encode(), Content_Type="application/json")


class SlowFile(io.BytesIO):
    """A file whose reads take a while, and that notices two uses at the same time."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.busy = threading.Lock()
        self.collisions = 0

    def _use(self, work: Any) -> Any:
        if not self.busy.acquire(blocking=False):
            self.collisions += 1
            return work()
        try:
            time.sleep(0.002)
            return work()
        finally:
            self.busy.release()

    def read(self, size: int | None = -1, /) -> bytes:
        result: bytes = self._use(lambda: super(SlowFile, self).read(min(size or -1, 4096)))
        return result

    def seek(self, offset: int, whence: int = 0, /) -> int:
        result: int = self._use(lambda: super(SlowFile, self).seek(offset, whence))
        return result


async def test_what_arrives_is_the_file_after_a_failed_attempt(client: AsyncBeeperDesktop) -> None:
    content = bytes(range(256)) * 64
    arrived: list[bytes] = []

    async def answer(exchange: Exchange) -> None:
        if exchange.number % 2 == 0:
            await exchange.reader.readexactly(exchange.number * 60 + 1)
            exchange.reset()
            return
        arrived.append(await exchange.file())
        await taken(exchange, len(arrived[-1]))

    with LyingServer(answer) as server:
        view = at(server, client)
        for _ in range(100):
            file = SlowFile(content)
            assert (await view.assets.upload(file=file)).file_size == len(content)
            assert file.collisions == 0
        assert len(server.requests) == 200
    assert [len(one) for one in arrived] == [len(content)] * 100
    assert set(arrived) == {content}
    assert file_threads() == []


@pytest.mark.parametrize("then", ["shorter", "longer", "empty"])
async def test_a_file_that_changes_meanwhile_is_no_upload(
    client: AsyncBeeperDesktop, tmp_path: Path, then: str
) -> None:
    path = tmp_path / "log"
    path.write_bytes(bytes(1_000_000))
    whole: list[bytes] = []

    async def answer(exchange: Exchange) -> None:
        whole.append(await exchange.file())
        await taken(exchange, len(whole[0]))

    def change(done: int, total: int | None) -> None:
        with path.open("ab") as file:
            file.truncate({"shorter": 700_000, "longer": 2_000_000, "empty": 0}[then])

    with LyingServer(answer) as server:
        with pytest.raises(FileChangedError, match="1,000,000 bytes"):
            await at(server, client).assets.upload(file=path, progress=change)
        assert len(server.requests) <= 1  # it may not have read that one by then
    assert whole == []


async def test_an_answer_before_the_file_was_sent_is_no_success(
    client: AsyncBeeperDesktop,
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.reader.readexactly(10_000)
        await taken(exchange, 1_000_000)
        await exchange.reader.read()  # closing now would look like a broken connection

    with LyingServer(answer) as server:
        with pytest.raises(APIConnectionError, match="before it had the whole file"):
            await at(server, client).assets.upload(file=SlowFile(bytes(1_000_000)))
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"fileSize": 3}, "it took 3 of 5 bytes"),
        ({"uploadID": None}, "no upload ID"),
        ({"error": "disk full"}, "disk full"),
    ],
)
async def test_the_app_says_that_it_has_not_the_file(
    client: AsyncBeeperDesktop, body: dict[str, Any], words: str
) -> None:
    async def answer(exchange: Exchange) -> None:
        await taken(exchange, **{"size": len(await exchange.file()), **body})

    with LyingServer(answer) as server, pytest.raises(AssetError, match=words):
        await at(server, client).assets.upload(file=b"12345")


async def test_an_iterator_is_sent_once_even_when_rate_limited(client: AsyncBeeperDesktop) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"12345"

    async def answer(exchange: Exchange) -> None:
        await exchange.file()
        await exchange.answer("429 Too Many Requests", Retry_After="0")

    with LyingServer(answer) as server:
        with pytest.raises(RateLimitError):
            await at(server, client).assets.upload(file=chunks())
        assert len(server.requests) == 1


async def test_a_file_that_gives_nothing_for_now_is_refused(client: AsyncBeeperDesktop) -> None:
    class NonBlocking:
        def read(self, size: int) -> bytes | None:
            return None

    async def answer(exchange: Exchange) -> None:
        await taken(exchange, len(await exchange.file()))

    with LyingServer(answer) as server, pytest.raises(InvalidInputError, match="bytes"):
        await at(server, client).assets.upload(file=NonBlocking())  # type: ignore[arg-type]


async def test_a_cancelled_upload_ends_with_its_read() -> None:
    """Nothing may read the user's file once the call has ended."""
    reading, go = threading.Event(), threading.Event()

    class Stuck(io.RawIOBase):
        def read(self, size: int = -1, /) -> bytes:
            reading.set()
            go.wait(20)
            return b"x"

    async def answer(exchange: Exchange) -> None:
        await exchange.file()

    with LyingServer(answer) as server:
        async with AsyncBeeperDesktop(access_token="t", base_url=server.url) as client:
            call = asyncio.create_task(client.assets.upload(file=Stuck()))  # type: ignore[arg-type]
            assert await asyncio.to_thread(reading.wait, 20)
            call.cancel()
            await asyncio.sleep(0)
            call.cancel()
            done, _ = await asyncio.wait({call}, timeout=0.05)
            go.set()
            assert not done
            with pytest.raises(asyncio.CancelledError):
                await call
            assert file_threads() == []


async def test_a_cancelled_iterator_is_closed() -> None:
    closed = asyncio.Event()
    started = asyncio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        try:
            yield b"x"
            started.set()
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def answer(exchange: Exchange) -> None:
        await exchange.file()

    with LyingServer(answer) as server:
        async with AsyncBeeperDesktop(access_token="t", base_url=server.url) as client:
            call = asyncio.create_task(client.assets.upload(file=chunks()))
            await started.wait()
            call.cancel()
            with suppress(asyncio.CancelledError):
                await call
            assert closed.is_set()


async def test_a_function_of_a_file_thread_may_fail() -> None:
    async with FileThread() as thread:
        assert await thread.run(divmod, 7, 2) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            await thread.run(divmod, 1, 0)
        with pytest.raises(RuntimeError, match="StopIteration"):  # a future takes none
            await thread.run(next, iter(()))
        assert len(file_threads()) == 1
    assert file_threads() == []


async def test_a_file_and_a_message_in_one_call(client: AsyncBeeperDesktop) -> None:
    sent: list[Any] = []

    async def answer(exchange: Exchange) -> None:
        if "assets" in exchange.target:
            if exchange.number == 0:
                exchange.reset()
                return
            await taken(exchange, len(await exchange.file()))
            return
        sent.append(json.loads(exchange.content))
        exchange.reset()

    with LyingServer(answer) as server:
        with pytest.raises(OutcomeUnknownError) as caught:
            await at(server, client).messages.send("!a:b", file=("a.txt", b"12345"), text="hi")
        targets = [request.target for request in server.requests]
        assert targets == ["/v1/assets/upload"] * 2 + ["/v1/chats/!a:b/messages"]
    assert sent == [{"text": "hi", "attachment": {"uploadID": "u1"}}]
    assert caught.value.sent == sent[0]
    assert caught.value.sent_at is not None


async def test_if_the_upload_fails_no_message_is_sent(client: AsyncBeeperDesktop) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"12345"

    async def answer(exchange: Exchange) -> None:
        await exchange.file()
        exchange.reset()

    with LyingServer(answer) as server:
        view = at(server, client).with_options(extra_body={"a": 1})
        for file in (chunks(), b"12345"):
            with pytest.raises(APIConnectionError) as caught:
                await view.messages.send("!a:b", file=file)
            assert not isinstance(caught.value, OutcomeUnknownError)
        assert {request.target for request in server.requests} == {"/v1/assets/upload"}
        count = len(server.requests)
        assert count == 4
        refused: list[dict[str, Any]] = [
            {"file": b"x", "attachment": {"upload_id": "u"}},
            {"file": "/no/such/file"},
            {"file": None},
        ]
        for arguments in refused:
            with pytest.raises(InvalidInputError):
                await view.messages.send("!a:b", **arguments)
        assert len(server.requests) == count


@pytest.mark.parametrize("stalls", ["file", "answer"])
async def test_an_upload_that_keeps_moving_does_not_stretch_the_wait(
    client: AsyncBeeperDesktop, stalls: str
) -> None:
    """Without a limit for the whole, the file or the answer would have no end."""

    async def chunks() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 100
            await asyncio.sleep(0.01)

    async def answer(exchange: Exchange) -> None:
        if stalls == "file":
            await exchange.reader.read(-1)
            return
        await exchange.file()
        exchange.writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            exchange.writer.write(b"X-Wait: a\r\n")
            await exchange.writer.drain()
            await asyncio.sleep(0.01)

    file: Any = chunks() if stalls == "file" else b"12345"
    with LyingServer(answer) as server:
        view = at(server, client).with_options(timeout=3600)
        async with asyncio.timeout(20):
            with pytest.raises(APITimeoutError) as caught:
                await view.messages.send_and_wait("!a:b", file=file, text="hi", timeout=0.2)
        assert {request.target for request in server.requests} == {"/v1/assets/upload"}
    assert caught.value.never_sent
    assert "message was never sent" in "".join(caught.value.__notes__)
    assert not isinstance(caught.value, OutcomeUnknownError)
    assert file_threads() == []
