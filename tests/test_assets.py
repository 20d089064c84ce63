"""Files up and down, by both clients: whole, in part, from everywhere, and when it fails."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from beeper_async import (
    APIConnectionError,
    AssetError,
    AsyncBeeperDesktop,
    InvalidInputError,
    NotFoundError,
)
from beeper_async._http import retry
from beeper_async.testing import Simulator

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


@pytest.mark.parametrize("kind", ["bytes", "path", "str", "file", "stream", "iterator", "tuple"])
async def test_a_file_comes_back_as_it_went(
    client: AsyncBeeperDesktop, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "naïve file.bin"
    path.write_bytes(CONTENT)
    seen: list[tuple[int, int | None]] = []
    with path.open("rb") as opened:
        file: Any = {
            "bytes": CONTENT,
            "path": path,
            "str": str(path),
            "file": opened,
            "stream": io.BytesIO(CONTENT),
            "iterator": chunks_of(CONTENT),
            "tuple": ("x.bin", memoryview(CONTENT), "application/x-test"),
        }[kind]
        upload = await client.assets.upload(file=file, progress=lambda *p: seen.append(p))
    assert upload.file_size == len(CONTENT)
    assert seen[-1] == (len(CONTENT), None if kind == "iterator" else len(CONTENT))
    assert len(seen) > 1
    if kind in ("path", "str", "file"):
        assert upload.file_name == "naïve file.bin"
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
    seen: list[tuple[int, int | None]] = []
    target = tmp_path / "got.bin"
    target.write_bytes(b"old")
    written = await value(download.write_to(target, progress=lambda *p: seen.append(p)))
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


async def test_leaving_a_download_early(client: AsyncBeeperDesktop) -> None:
    from contextlib import aclosing

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
    ["/nowhere/at/all", 5, ("a", b"x", "t", "more"), ("a\nb", b"x"), None],
    ids=["no file", "number", "four", "line break", "none"],
)
async def test_what_is_no_file_is_refused(
    client: AsyncBeeperDesktop, sim: Simulator, file: Any
) -> None:
    with pytest.raises(InvalidInputError):
        await client.assets.upload(file=file)
    assert sim.requests == []


async def test_base64(client: AsyncBeeperDesktop) -> None:
    upload = await client.assets.upload_base64(content="aGVsbG8=", file_name="a.txt")
    download = await served(client, upload.upload_id)
    assert await value(download.read()) == b"hello"
    with pytest.raises(InvalidInputError):
        await client.assets.upload_base64(content="")
