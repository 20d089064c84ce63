"""A full disk stops files alone, and a kill costs what was not on the disk yet."""

import asyncio
import errno
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from beeper_async.archive.files.store import FileStore

from .files_rig import CONTENT, DEADLINE, App, Folder, serves

A, B, C = "mxc://x/a", "mxc://x/b", "mxc://x/c"


@pytest_asyncio.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Folder]:
    async with Folder(tmp_path / "backup") as made:
        yield made


@pytest.mark.asyncio
async def test_files_stop_before_the_disk_is_full(folder: Folder) -> None:
    await folder.want({"id": A}, {"id": B})
    app = App({A: serves(CONTENT), B: serves(b"b")})
    async with app.running() as client:
        queue = await folder.fetch(client, min_free=2**62)
        assert (queue.disk_full, app.asked, folder.rows()) == (True, [], ["wanted", "wanted"])
        queue = await folder.fetch(client)
    assert (queue.disk_full, folder.rows()) == (False, ["have", "have"])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder on a disk of 1.5 MB, where the system lets us make one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.asyncio
async def test_a_full_disk_stops_files_alone(small_disk: Path) -> None:
    async with Folder(small_disk) as folder:
        await folder.want({"id": A}, {"id": B})
        app = App({A: serves(CONTENT * 4), B: serves(CONTENT[:1000]), C: serves(b"c")})
        async with app.running() as client:
            queue = await folder.fetch(client, in_flight=1)
            assert queue.disk_full
            assert (folder.rows(), folder.contents()) == (["wanted", "wanted"], [])
            await folder.want({"id": C})  # messages go on
            app.answers[A] = [serves(b"small")]
            queue = await folder.fetch(client)
        assert (queue.disk_full, folder.rows()) == (False, ["have"] * 3)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("moment", ["begin", "fetched", "put"])
@pytest.mark.asyncio
async def test_a_disk_that_fails(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, number: int, moment: str
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(number, "no")

    await folder.want({"id": A})
    async with App({A: serves(CONTENT)}).running() as client:
        with monkeypatch.context() as broken:
            broken.setattr(FileStore, moment, fail)
            if number == errno.EIO:
                with pytest.raises(OSError, match="no"):
                    await folder.fetch(client)
            else:
                assert (await folder.fetch(client)).disk_full
        assert (folder.rows(), folder.contents()) == (["wanted"], [])
        await folder.fetch(client)
    assert folder.contents() == [CONTENT]


# It is killed once so many bytes are here, or at a step of the way of a file to its place.
PROGRAM = """
import asyncio, os, signal, sys
from pathlib import Path
from beeper_async import AsyncBeeperDesktop
from beeper_async.archive.files.store import FileStore
from tests.archive.files_rig import CONTENT, Folder

def dies_after(step):
    real = getattr(FileStore, step)

    def run(store, *args):
        result = real(store, *args)
        if result is None or result.size == len(CONTENT):
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(FileStore, step, run)

def report(progress):
    if progress.bytes >= 700_000 and sys.argv[3] == "received":
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    if sys.argv[3] != "received":
        dies_after(sys.argv[3])
    async with AsyncBeeperDesktop(base_url=sys.argv[1], access_token="t") as client:
        async with Folder(Path(sys.argv[2])) as folder:
            await folder.fetch(client, on_progress=report)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("moment", ["received", "fetched", "put"])
@pytest.mark.asyncio
async def test_a_kill_loses_no_file(folder: Folder, moment: str) -> None:
    await folder.want({"id": A}, {"id": B}, {"id": C})
    app = App({A: serves(CONTENT), B: serves(b"b"), C: serves(b"")})
    async with app.running() as client:
        arguments = ["-c", PROGRAM, str(client.base_url), str(folder.path), moment]
        child = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=Path(__file__).parents[2]
        )
        async with asyncio.timeout(DEADLINE):
            assert await child.wait() == -signal.SIGKILL
        assert "wanted" in folder.rows()
        folder.run = 1
        await folder.fetch(client)
    assert folder.rows() == ["have"] * 3
    assert sorted(folder.contents()) == sorted([CONTENT, b"b", b""])
    assert folder.parts() == []
    if moment == "received":
        assert '"one"' in [headers.get("if-range") for headers in app.headers]
    assert not {"file", "stray"} & folder.archive.verify(files=True).counts.keys()
