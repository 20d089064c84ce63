"""Files up and down, by both clients: whole, in part, from everywhere, and when it fails."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from beeper_async import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AssetError,
    AsyncBeeperDesktop,
    InvalidInputError,
    NotFoundError,
)
from beeper_async._http import retry
from beeper_async._http.uploads import file_source
from beeper_async.resources import assets
from beeper_async.testing import FaultProxy, Simulator

pytestmark = pytest.mark.asyncio

CONTENT = bytes(range(256)) * 4096  # 1 MiB, so that it takes several chunks


async def value(result: Any) -> Any:
    """Wait for what the async client gives; the blocking one has it already."""
    return await result if hasattr(result, "__await__") else result


async def served(client: AsyncBeeperDesktop, upload_id: str | None) -> Any:
    """Send an upload, and give the download of the message's attachment."""
    assert upload_id is not None
    chat = (await client.chats.list(limit=1)).items[0]
    sent = await client.messages.send(chat.id, attachment={"upload_id": upload_id})
    message = await client.messages.retrieve(sent.pending_message_id, chat_id=chat.id)
    assert message.attachments is not None
    asset = message.attachments[0].id
    assert asset is not None
    return await client.assets.serve(url=asset)


async def chunks_of(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 100_000):
        yield content[start : start + 100_000]


@pytest.mark.parametrize(
    "kind", ["bytes", "bytearray", "path", "str", "file", "stream", "iterator", "tuple"]
)
async def test_a_file_comes_back_as_it_went(
    client: AsyncBeeperDesktop, sim: Simulator, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "naïve file.bin"
    path.write_bytes(CONTENT)
    seen: list[tuple[int, int | None]] = []

    def progress(done: int, total: int | None) -> None:
        seen.append((done, total))

    with path.open("rb") as opened:
        file: Any = {
            "bytes": CONTENT,
            "bytearray": bytearray(CONTENT),
            "path": path,
            "str": str(path),
            "file": opened,
            "stream": io.BytesIO(CONTENT),
            "iterator": chunks_of(CONTENT),
            "tuple": ("x.bin", memoryview(CONTENT), "application/x-test"),
        }[kind]
        upload = await client.assets.upload(file=file, progress=progress)
    assert upload.file_size == len(CONTENT)
    assert seen[-1] == (len(CONTENT), None if kind == "iterator" else len(CONTENT))
    assert len(seen) > 1
    names = dict.fromkeys(["bytes", "bytearray", "stream", "iterator"], "upload")
    assert upload.file_name == (names | {"tuple": "x.bin"}).get(kind, path.name)
    kinds = re.findall(rb"Content-Type: (\S+)", sim.requests[-1].body)
    assert kinds == [b"application/x-test" if kind == "tuple" else b"application/octet-stream"]
    download = await served(client, upload.upload_id)
    assert await value(download.read()) == CONTENT


async def test_a_download_in_part_and_to_a_file(
    client: AsyncBeeperDesktop, sim: Simulator, tmp_path: Path
) -> None:
    upload = await client.assets.upload(file=CONTENT, file_name="x.bin", mime_type="a/b")
    download = await served(client, upload.upload_id)
    assert await value(download.read(start=10, stop=300_000)) == CONTENT[10:300_000]
    assert sim.requests[-1].headers["Range"] == "bytes=10-299999"
    assert await value(download.read(start=len(CONTENT) - 5)) == CONTENT[-5:]
    assert await value(download.read(stop=10)) == CONTENT[:10]
    assert sim.requests[-1].headers["Range"] == "bytes=0-9"
    assert await value(download.read(start=1)) == CONTENT[1:]
    assert sim.requests[-1].headers["Range"] == "bytes=1-"
    assert await value(download.read(start=4, stop=5)) == CONTENT[4:5]
    assert await value(download.read()) == CONTENT
    assert "Range" not in sim.requests[-1].headers
    seen: list[tuple[int, int | None]] = []

    def progress(done: int, total: int | None) -> None:
        seen.append((done, total))

    target = tmp_path / "got.bin"
    target.write_bytes(b"old")
    written = await value(download.write_to(target, progress=progress))
    assert written == target
    assert target.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [path.name for path in tmp_path.iterdir()] == ["got.bin"]
    with pytest.raises(InvalidInputError):
        await value(download.read(start=5, stop=5))


async def test_a_server_that_ignores_ranges_is_made_good(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.respond_next(status=200, text="0123456789", path="/v1/assets/serve*", before=True)
    download = await client.assets.serve(url="mxc://x/y")
    assert await value(download.read(start=3, stop=6)) == b"345"
    sim.respond_next(status=200, text="0123456789", path="/v1/assets/serve*", before=True)
    assert await value(download.read(stop=4)) == b"0123"


@pytest.mark.parametrize("status", [200, 299])
async def test_every_success_is_a_download(
    client: AsyncBeeperDesktop, sim: Simulator, status: int
) -> None:
    sim.respond_next(status=status, text="0123456789", path="/v1/assets/serve*", before=True)
    download = await client.assets.serve(url="mxc://x/y")
    assert await value(download.read()) == b"0123456789"


async def test_what_is_no_success_is_no_download(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.respond_next(status=300, text="elsewhere", path="/v1/assets/serve*", before=True)
    download = await client.assets.serve(url="mxc://x/y")
    with pytest.raises(APIStatusError) as caught:
        await value(download.read())
    assert caught.value.body == "elsewhere"


async def test_leaving_a_download_early(client: AsyncBeeperDesktop) -> None:
    upload = await client.assets.upload(file=CONTENT)
    download = await served(client, upload.upload_id)
    chunks = download.iter_bytes()
    if hasattr(chunks, "__aiter__"):
        async with aclosing(chunks):
            async for chunk in chunks:
                assert CONTENT.startswith(chunk)
                break
    else:
        for chunk in chunks:
            assert CONTENT.startswith(chunk)
            break
    assert (await client.chats.list(limit=1)).items


async def test_a_download_that_breaks_leaves_no_file(
    client: AsyncBeeperDesktop, sim: Simulator, tmp_path: Path
) -> None:
    download = await client.assets.serve(url="mxc://nowhere/nothing")
    with pytest.raises((NotFoundError, AssetError)):
        await value(download.write_to(tmp_path / "x"))
    sim.drop_next(times=9, path="/v1/assets/serve*", before=True)
    with pytest.raises(APIConnectionError):
        await value(download.write_to(tmp_path / "x"))
    assert list(tmp_path.iterdir()) == []


async def test_a_200_that_carries_an_error_is_an_error(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    with pytest.raises(AssetError) as caught:
        await client.assets.download(url="mxc://nowhere/nothing")
    assert caught.value.status_code == 200
    assert caught.value.body["error"].rstrip(".") in str(caught.value)
    sim.respond_next(status=200, json={"error": "disk full"}, before=True)
    with pytest.raises(AssetError, match="disk full"):
        await client.assets.upload(file=b"x")
    sim.respond_next(status=200, json={"error": "disk full"}, before=True)
    with pytest.raises(AssetError, match="disk full"):
        await client.assets.upload_base64(content="eA==")


async def test_an_upload_is_repeated_only_if_it_can_be_read_again(
    client: AsyncBeeperDesktop, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "_FIRST_DELAY", 0.001)
    sim.respond_next(status=500, method="POST")
    stream = io.BytesIO(b"skip" + CONTENT)
    stream.seek(4)
    upload = await client.assets.upload(file=stream)
    assert upload.file_size == len(CONTENT)
    sim.clear_requests()
    sim.respond_next(status=500, method="POST")
    with pytest.raises(Exception, match="500"):
        await client.assets.upload(file=chunks_of(CONTENT))
    assert len(sim.requests) == 1


@pytest.mark.parametrize("kind", ["bytes", "path"])
async def test_what_can_be_read_again_is_sent_again(
    client: AsyncBeeperDesktop,
    sim: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    kind: str,
) -> None:
    monkeypatch.setattr(retry, "_FIRST_DELAY", 0.001)
    path = tmp_path / "x"
    path.write_bytes(CONTENT)
    sim.respond_next(status=500, method="POST")
    upload = await client.assets.upload(file=CONTENT if kind == "bytes" else path)
    assert upload.file_size == len(CONTENT)
    assert len(sim.requests) == 2


async def test_an_open_file_stays_where_it_is_until_it_is_read() -> None:
    stream = io.BytesIO(CONTENT)
    stream.seek(7)
    source = file_source(stream)
    assert (source.size, stream.tell()) == (len(CONTENT) - 7, 7)


async def test_a_download_that_is_left_early_ends_at_once(sim: Simulator) -> None:
    with FaultProxy(sim.url) as proxy:
        async with AsyncBeeperDesktop(access_token=sim.token, base_url=proxy.url) as client:
            upload = await client.assets.upload(file=CONTENT * 16)
            download = await served(client, upload.upload_id)
            async with aclosing(download.iter_bytes()) as chunks:
                async for _ in chunks:
                    break
            async with asyncio.timeout(20):
                while proxy.connections:  # noqa: ASYNC110 - there is no event to wait for
                    await asyncio.sleep(0.01)


async def test_what_the_user_raises_comes_through_and_is_not_repeated(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    def broken(done: int, total: int | None) -> None:
        raise KeyError("mine")

    async def failing() -> AsyncIterator[bytes]:
        yield b"x"
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await client.assets.upload(file=CONTENT, progress=broken)
    with pytest.raises(KeyError, match="mine"):
        await client.assets.upload(file=failing())
    with pytest.raises(InvalidInputError, match="binary mode"):
        await client.assets.upload(file=io.StringIO("text"))  # type: ignore[arg-type]
    assert len([r for r in sim.requests if r.body_size]) <= 3
    assert len(sim.requests) <= 3


@pytest.mark.parametrize(
    "file",
    ["/nowhere/at/all", 5, ("a", b"x", "t", "more"), ("a\nb", b"x"), ("a", b"x", "b\nc"), None],
    ids=["no file", "number", "four", "line break", "line break in type", "none"],
)
async def test_what_is_no_file_is_refused(
    client: AsyncBeeperDesktop, sim: Simulator, file: Any
) -> None:
    with pytest.raises(InvalidInputError):
        await client.assets.upload(file=file)
    assert sim.requests == []


async def test_an_upload_that_stalls_is_given_up() -> None:
    """The other side takes the connection, but reads nothing."""
    left = asyncio.Event()

    async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await left.wait()
        writer.close()

    server = await asyncio.start_server(ignore, "127.0.0.1", 0, limit=1024)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with (
        asyncio.timeout(20),
        server,
        AsyncBeeperDesktop(access_token="t", base_url=url, max_retries=0, timeout=0.2) as client,
    ):
        with pytest.raises(APITimeoutError):
            await client.assets.upload(file=memoryview(bytes(2**26)))
        left.set()


async def test_an_upload_may_take_long_as_long_as_it_moves(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        for _ in range(8):
            await asyncio.sleep(0.06)
            yield b"x"

    patient = client.with_options(timeout=0.4)
    assert (await patient.assets.upload(file=slowly())).file_size == 8
    limitless = client.with_options(timeout=None)
    assert (await limitless.assets.upload(file=b"x")).file_size == 1


async def test_base64(client: AsyncBeeperDesktop) -> None:
    upload = await client.assets.upload_base64(content="aGVsbG8=", file_name="a.txt")
    download = await served(client, upload.upload_id)
    assert await value(download.read()) == b"hello"
    with pytest.raises(InvalidInputError):
        await client.assets.upload_base64(content="")


async def test_base64_that_is_too_long(
    client: AsyncBeeperDesktop, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "_LONGEST_BASE64", 4)
    assert (await client.assets.upload_base64(content="eHl6")).file_size == 3
    sim.clear_requests()
    with pytest.raises(InvalidInputError, match="content must have 4 characters at most"):
        await client.assets.upload_base64(content="eHl6eA==")
    assert sim.requests == []
