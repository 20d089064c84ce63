"""A download is whole or fails, and leaves nothing behind: lying servers and odd targets."""

import asyncio
import gzip
import os
import stat
import threading
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from beeper_async import (
    APIConnectionError,
    AssetError,
    AsyncBeeperDesktop,
    BadRequestError,
    ConfigurationError,
    DownloadInfo,
    InvalidInputError,
    OutcomeUnknownError,
)
from beeper_async._http import bodies, file_lock, part_file, retry
from tests.lying_server import Exchange, LyingServer

CONTENT = bytes(range(256)) * 4096
Answer = Callable[[Exchange], Awaitable[object]]


@pytest.fixture(autouse=True)
def _fast_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_FIRST_DELAY", 0.0001)


async def value(result: Any) -> Any:
    return await result if hasattr(result, "__await__") else result


async def download_of(server: LyingServer, client: AsyncBeeperDesktop, **options: Any) -> Any:
    view = client.with_options(base_url=server.url, access_token="t", **options)
    return await view.assets.serve(url="mxc://x/abc")


@pytest.mark.asyncio
async def test_info_is_what_the_headers_say(client: AsyncBeeperDesktop) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer(
            "200 OK",
            CONTENT,
            ETag='"e"',
            Content_Type="image/png",
            Content_Disposition='inline; filename="../a.png"',
        )

    with LyingServer(answer) as server:
        info: DownloadInfo = await value((await download_of(server, client)).info())
    assert (info.status_code, info.size, info.etag) == (200, len(CONTENT), '"e"')
    assert (info.content_type, info.file_name) == ("image/png", "../a.png")
    assert info.headers["content-type"] == "image/png"
    assert "headers" not in repr(info)


@pytest.mark.asyncio
async def test_info_of_a_compressed_file_has_no_size(client: AsyncBeeperDesktop) -> None:
    async def answer(exchange: Exchange) -> None:
        assert exchange.headers["accept-encoding"] == "identity"
        await exchange.answer("200 OK", gzip.compress(CONTENT), Content_Encoding="gzip")

    seen: list[tuple[int, int | None]] = []

    def progress(done: int, total: int | None) -> None:
        seen.append((done, total))

    with LyingServer(answer) as server:
        download = await download_of(server, client)
        assert (await value(download.info())).size is None
        assert await value(download.read(progress=progress)) == CONTENT
        assert await value(download.read(stop=10, progress=progress)) == CONTENT[:10]
    assert {total for _, total in seen} == {None}


@pytest.mark.parametrize(
    ("kind", "packed"),
    [
        ("gzip", gzip.compress(CONTENT)),
        ("gzip", gzip.compress(CONTENT[:1000]) + gzip.compress(CONTENT[1000:])),
        ("deflate", zlib.compress(CONTENT)),
        ("deflate", zlib.compress(CONTENT)[2:-4]),
        ("identity", CONTENT),
        ("gzip", b""),
    ],
    ids=["gzip", "gzip twice", "deflate", "raw deflate", "identity", "nothing"],
)
@pytest.mark.asyncio
async def test_compressed_bodies(client: AsyncBeeperDesktop, kind: str, packed: bytes) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer("200 OK", packed, Content_Encoding=kind)

    with LyingServer(answer) as server:
        download = await download_of(server, client)
        assert await value(download.read()) == (CONTENT if packed else b"")


CUT = gzip.compress(CONTENT)
LIES: dict[str, tuple[str, bytes, dict[str, str]]] = {
    "short": ("200 OK", b"12345", {"Content_Length": "10"}),
    "cut gzip": ("200 OK", CUT[:-9], {"Content_Encoding": "gzip"}),
    "damaged gzip": ("200 OK", CUT[:99] + b"!" + CUT[100:], {"Content_Encoding": "gzip"}),
    "gzip and more": ("200 OK", CUT + b"more", {"Content_Encoding": "gzip"}),
    "unknown encoding": ("200 OK", b"12345", {"Content_Encoding": "br"}),
    "part not requested": ("206 OK", b"12345", {"Content_Range": "bytes 0-4/10"}),
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.asyncio
async def test_what_is_not_the_file_is_an_error(
    client: AsyncBeeperDesktop, tmp_path: Path, lie: str
) -> None:
    status, body, headers = LIES[lie]

    async def answer(exchange: Exchange) -> None:
        await exchange.answer(status, body, **headers)

    with LyingServer(answer) as server:
        download = await download_of(server, client)
        with pytest.raises((APIConnectionError, AssetError)):
            await value(download.read())
        with pytest.raises((APIConnectionError, AssetError)):
            await value(download.write_to(tmp_path / "x"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content_range", "body"),
    [
        ("bytes 0-4/100", b"12345"),
        ("bytes 11-15/100", b"12345"),
        ("bytes 10-13/100", b"1234"),
        ("bytes 10-15/100", b"123456"),
        ("bytes 10-14/100", b"123"),
        ("bytes 14-10/100", b"12345"),
        ("bytes */100", b"12345"),
        ("nonsense", b"12345"),
        ("", b"12345"),
    ],
)
@pytest.mark.asyncio
async def test_a_part_that_was_not_requested_is_an_error(
    client: AsyncBeeperDesktop, content_range: str, body: bytes
) -> None:
    async def answer(exchange: Exchange) -> None:
        chunked = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
        await exchange.answer(
            "206 Partial Content",
            chunked,
            Transfer_Encoding="chunked",
            Content_Range=content_range,
        )

    with LyingServer(answer) as server:
        download = await download_of(server, client)
        with pytest.raises(AssetError):
            await value(download.read(start=10, stop=15))


@pytest.mark.asyncio
async def test_a_part_may_end_with_the_file(client: AsyncBeeperDesktop) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer("206 OK", b"123", Content_Range="bytes 10-12/13")

    with LyingServer(answer) as server:
        download = await download_of(server, client)
        assert await value(download.read(start=10, stop=15)) == b"123"


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1_000_000)
    return b"".join(packer.compress(block) for _ in range(size // len(block))) + packer.flush()


@pytest.mark.asyncio
async def test_a_bomb_is_given_up_at_the_limit(client: AsyncBeeperDesktop, tmp_path: Path) -> None:
    packed = bomb(20_000_000)

    async def answer(exchange: Exchange) -> None:
        await exchange.answer("200 OK", packed, Content_Encoding="gzip")

    with LyingServer(answer) as server:
        download = await download_of(server, client, max_decompressed=19_999_999)
        with pytest.raises(APIConnectionError, match="above 19,999,999 bytes"):
            await value(download.write_to(tmp_path / "x"))
        assert list(tmp_path.iterdir()) == []
        download = await download_of(server, client, max_decompressed=20_000_000)
        assert len(await value(download.read())) == 20_000_000
        view = client.with_options(
            base_url=server.url, access_token="t", max_decompressed=1_000_000, max_retries=0
        )
        with pytest.raises(APIConnectionError, match="max_decompressed"):
            await view.chats.retrieve("!a:b")
        with pytest.raises(OutcomeUnknownError):
            await view.messages.send("!a:b", text="x")
        with pytest.raises(ConfigurationError, match="max_decompressed"):
            await view.with_options(max_decompressed=0).chats.list()


@pytest.mark.asyncio
async def test_error_bodies_end(
    client: AsyncBeeperDesktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "_ERROR_SECONDS", 0.05)
    monkeypatch.setattr(bodies, "_LARGEST_ERROR", 1000)

    async def drip(exchange: Exchange) -> None:
        await exchange.answer("400 Bad Request", b"why", Content_Length="100000")
        await exchange.reader.read()

    async def flood(exchange: Exchange) -> None:
        await exchange.answer("400 Bad Request", b"why" + bytes(5000), Content_Length="9999999")
        await exchange.reader.read()

    async def gzipped(exchange: Exchange) -> None:
        await exchange.answer("400 Bad Request", bomb(5_000_000), Content_Encoding="gzip")

    async def cut(exchange: Exchange) -> None:
        await exchange.answer("400 Bad Request", CUT[:-9], Content_Encoding="gzip")

    for answer in (drip, flood, gzipped, cut):
        with LyingServer(answer) as server:
            with pytest.raises(BadRequestError) as caught:
                await value((await download_of(server, client, timeout=None)).read())
            view = client.with_options(base_url=server.url, access_token="t", timeout=None)
            with pytest.raises(BadRequestError):
                await view.messages.send("!a:b", text="x")
        assert len(caught.value.body) <= 1000


@pytest.mark.asyncio
async def test_the_permissions_of_a_file_are_kept(
    client: AsyncBeeperDesktop, tmp_path: Path
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer("200 OK", CONTENT)

    with LyingServer(answer) as server:
        download = await download_of(server, client)
        for mode in (0o600, 0o444, 0o751):
            target = tmp_path / f"{mode:o}"
            target.write_bytes(b"old")
            target.chmod(mode)
            await value(download.write_to(target))
            assert stat.S_IMODE(target.stat().st_mode) == mode
            assert target.read_bytes() == CONTENT
        before = os.umask(0o027)
        try:
            await value(download.write_to(tmp_path / "new"))
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


@pytest.mark.asyncio
async def test_pipes_and_devices_are_refused_and_links_followed(
    client: AsyncBeeperDesktop, tmp_path: Path
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer("200 OK", CONTENT)

    fifo, folder, link = tmp_path / "fifo", tmp_path / "folder", tmp_path / "link"
    dangling, circle = tmp_path / "dangling", tmp_path / "circle"
    os.mkfifo(fifo)
    folder.mkdir()
    (folder / "real").write_bytes(b"old")
    link.symlink_to(folder / "real")
    dangling.symlink_to(folder / "later")
    circle.symlink_to(circle)
    with LyingServer(answer) as server:
        download = await download_of(server, client)
        for refused in (fifo, Path(os.devnull), tmp_path / "nul\0", folder / ".."):
            with pytest.raises(InvalidInputError):
                await value(download.write_to(refused))
        for impossible in (circle, tmp_path / "no" / "folder"):
            with pytest.raises(OSError, match=r"."):
                await value(download.write_to(impossible))
        assert server.requests == []
        assert await value(download.write_to(link)) == link
        assert await value(download.write_to(dangling)) == dangling
    assert stat.S_ISFIFO(fifo.stat().st_mode)
    assert link.is_symlink()
    assert dangling.is_symlink()
    assert (folder / "real").read_bytes() == (folder / "later").read_bytes() == CONTENT
    assert sorted(path.name for path in folder.iterdir()) == ["later", "real"]


@pytest.mark.asyncio
async def test_names_of_255_bytes(client: AsyncBeeperDesktop, tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer("200 OK", CONTENT)

    with LyingServer(answer) as server:
        download = await download_of(server, client)
        await value(download.write_to(tmp_path / ("n" * 255)))
        with pytest.raises(InvalidInputError):
            await value(download.write_to(tmp_path / ("n" * 256)))
    assert [path.name for path in tmp_path.iterdir()] == ["n" * 255]


@pytest.mark.asyncio
async def test_nothing_is_left_after_a_cancel(tmp_path: Path) -> None:
    """At each moment: while it opens, while it writes, while it waits for more."""

    async def answer(exchange: Exchange) -> None:
        await exchange.answer("200 OK", CONTENT[:300_000], Content_Length="1000000")
        await exchange.reader.read()

    with LyingServer(answer) as server:
        async with AsyncBeeperDesktop(access_token="t", base_url=server.url) as client:
            for turns in range(60):
                download = client.assets.serve(url="mxc://x/abc")
                call = asyncio.create_task(download.write_to(tmp_path / "x"))
                for _ in range(turns):
                    await asyncio.sleep(0.0003)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
                assert list(tmp_path.iterdir()) == []
    assert not [one for one in threading.enumerate() if one.name == "beeper-file"]


@pytest.mark.asyncio
async def test_the_same_file_twice_at_once(tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer("200 OK", CONTENT)

    with LyingServer(answer) as server:
        async with AsyncBeeperDesktop(access_token="t", base_url=server.url) as client:
            downloads = [client.assets.serve(url="mxc://x/abc") for _ in range(8)]
            await asyncio.gather(*(one.write_to(tmp_path / "x", resume=True) for one in downloads))
            await asyncio.gather(*(one.write_to(tmp_path) for one in downloads))
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"x", "abc", *(f"abc ({number})" for number in range(2, 9))}
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {CONTENT}


def test_a_part_that_is_renamed_meanwhile_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another download of the same file may end between opening and locking."""
    lock, calls = file_lock.lock, 0

    def lock_late(fd: int) -> bool:
        nonlocal calls
        calls += 1
        if calls == 1:
            next(tmp_path.glob(".*.part")).rename(tmp_path / "x")
        return lock(fd)

    monkeypatch.setattr(part_file, "lock", lock_late)
    part = part_file.PartFile(tmp_path / "x", "mxc://x/abc", keep=False)
    part.open()
    part.write(b"mine")
    assert (tmp_path / "x").read_bytes() == b""
    part.finish("")
    part.close()
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("x", b"mine")]


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.asyncio
async def test_the_expected_size(client: AsyncBeeperDesktop, tmp_path: Path, length: bool) -> None:
    async def answer(exchange: Exchange) -> None:
        if length:
            await exchange.answer("200 OK", b"12345", ETag='"e"')
        else:
            await exchange.answer("200 OK", b"5\r\n12345\r\n0\r\n\r\n", Transfer_Encoding="chunked")

    with LyingServer(answer) as server:
        download = await download_of(server, client)
        for wrong in (0, 4, 6):
            with pytest.raises(AssetError, match="size"):
                await value(download.write_to(tmp_path / "x", resume=True, expected_size=wrong))
            assert list(tmp_path.iterdir()) == []
        await value(download.write_to(tmp_path / "x", expected_size=5))
        for arguments in ({"expected_size": -1}, {"expected_size": 5.0}, {"resume": "yes"}):
            with pytest.raises(InvalidInputError):
                await value(download.write_to(tmp_path / "x", **arguments))
    assert (tmp_path / "x").read_bytes() == b"12345"
