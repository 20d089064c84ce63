"""A download is resumed where it was broken off, if what the app has is still the same file."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from beeper_async import APIConnectionError, APIStatusError, AssetError, AsyncBeeperDesktop
from beeper_async._http import retry
from beeper_sync import BeeperDesktop
from tests.lying_server import Exchange, LyingServer

from .test_download_integrity import CONTENT, download_of, value


@pytest.fixture(autouse=True)
def _fast_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_FIRST_DELAY", 0.0001)


class Resumable:
    """Serves a file in parts, and breaks off after some bytes, once they have been written."""

    def __init__(self, content: bytes, etag: str) -> None:
        self.content, self.etag, self.most = content, etag, len(content)
        self.written = 0

    def progress(self, done: int, total: int | None) -> None:
        self.written = done

    async def __call__(self, exchange: Exchange) -> None:
        start, status = 0, "200 OK"
        more: dict[str, str] = {}
        if exchange.headers.get("if-range") == self.etag:
            start, status = int(exchange.headers["range"][6:-1]), "206 Partial Content"
            size = len(self.content)
            more["Content_Range"] = f"bytes {start}-{size - 1}/{size}"
        body = self.content[start:]
        more |= {"ETag": self.etag, "Content_Length": str(len(body))}
        await exchange.answer(status, body[: self.most], **more)
        while self.written < start + min(self.most, len(body)):  # noqa: ASYNC110 - told by a thread
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("changes", [False, True])
@pytest.mark.asyncio
async def test_a_download_is_resumed(
    client: AsyncBeeperDesktop, tmp_path: Path, changes: bool
) -> None:
    served = Resumable(CONTENT, '"one"')
    seen: list[tuple[int, int | None]] = []

    def progress(done: int, total: int | None) -> None:
        served.progress(done, total)
        seen.append((done, total))

    target = tmp_path / ("n" * 255)
    with LyingServer(served) as server:
        download = await download_of(server, client)
        served.most = 300_000
        for _ in range(2):
            with pytest.raises(APIConnectionError):
                await value(download.write_to(target, resume=True, progress=served.progress))
        assert not target.exists()
        served.most = len(CONTENT)
        if changes:
            served.content, served.etag = CONTENT[::-1], '"two"'
        await value(download.write_to(target, resume=True, progress=progress))
        assert target.read_bytes() == served.content
        got = [request.headers.get("range") for request in server.requests]
        assert got[0] is None
        assert got[1] is not None
        assert got[2] is not None
    assert list(tmp_path.iterdir()) == [target]
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert (seen[0][0] > 300_000) is not changes


@pytest.mark.parametrize("etag", ['W/"weak"', "", "naked", '"é"'])
@pytest.mark.asyncio
async def test_without_a_strong_etag_it_starts_anew(
    client: AsyncBeeperDesktop, tmp_path: Path, etag: str
) -> None:
    served = Resumable(CONTENT, etag)
    with LyingServer(served) as server:
        download = await download_of(server, client)
        served.most = 300_000
        with pytest.raises(APIConnectionError):
            await value(download.write_to(tmp_path / "x", resume=True, progress=served.progress))
        assert list(tmp_path.iterdir()) == []
        served.most = len(CONTENT)
        await value(download.write_to(tmp_path / "x", resume=True, progress=served.progress))
        assert "range" not in server.requests[-1].headers
    assert (tmp_path / "x").read_bytes() == CONTENT


@pytest.mark.asyncio
async def test_a_resumed_part_of_another_file_is_refused(
    client: AsyncBeeperDesktop, tmp_path: Path
) -> None:
    lies: list[dict[str, Any]] = [
        {"status": "206 OK", "ETag": '"two"', "Content_Range": "bytes {0}-{1}/{2}"},
        {"status": "206 OK", "ETag": '"one"', "Content_Range": "bytes 0-{1}/{2}"},
        {"status": "416 Range Not Satisfiable"},
    ]
    for lie in lies:
        served = Resumable(CONTENT, '"one"')

        async def answer(
            exchange: Exchange, lie: dict[str, str] = lie, served: Resumable = served
        ) -> None:
            if "range" not in exchange.headers:
                await served(exchange)
                return
            start, size = int(exchange.headers["range"][6:-1]), len(CONTENT)
            headers = {name: text.format(start, size - 1, size) for name, text in lie.items()}
            await exchange.answer(headers.pop("status"), CONTENT[start:], **headers)

        with LyingServer(answer) as server:
            download = await download_of(server, client)
            served.most = 300_000
            with pytest.raises(APIConnectionError):
                await value(
                    download.write_to(tmp_path / "x", resume=True, progress=served.progress)
                )
            assert len(list(tmp_path.iterdir())) == 2
            with pytest.raises((AssetError, APIStatusError)):
                await value(download.write_to(tmp_path / "x", resume=True))
        assert list(tmp_path.iterdir()) == []


PROGRAM = """
import sys
from pathlib import Path
from beeper_sync import BeeperDesktop

def progress(done, total):
    print(done, flush=True)

with BeeperDesktop(access_token="t", base_url=sys.argv[1]) as client:
    download = client.assets.serve(url="mxc://x/abc")
    download.write_to(sys.argv[2], resume=sys.argv[3] == "resume", progress=progress)
"""


@pytest.mark.parametrize("killed", ["resume", "no"])
@pytest.mark.parametrize("then", ["resume", "no"])
def test_what_a_kill_leaves_is_resumed_or_removed(
    blocking: BeeperDesktop, tmp_path: Path, killed: str, then: str
) -> None:
    served = Resumable(CONTENT, '"one"')
    stalls = True

    async def answer(exchange: Exchange) -> None:
        served.written = 0 if stalls else 2 * len(CONTENT)
        await served(exchange)

    with LyingServer(answer) as server:
        served.most = 300_000
        arguments = [sys.executable, "-c", PROGRAM, server.url, str(tmp_path / "x"), killed]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            while int(child.stdout.readline()) < 300_000:
                pass
            child.kill()
        left = sorted(path.suffix for path in tmp_path.iterdir())
        assert left == ([".etag", ".part"] if killed == "resume" else [".part"])
        served.most, stalls = len(CONTENT), False
        download = blocking.with_options(base_url=server.url, access_token="t").assets.serve(
            url="mxc://x/abc"
        )
        download.write_to(tmp_path / "x", resume=then == "resume")
        resumed = "range" in server.requests[-1].headers
    assert resumed is (killed == then == "resume")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_bytes() == CONTENT
