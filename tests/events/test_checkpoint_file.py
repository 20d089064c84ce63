"""A checkpoint survives whatever happens to the program that saves it."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from beeper_async import CheckpointFile, CheckpointInUseError, ClientUseError, InvalidInputError
from beeper_async.events import checkpoint_file
from beeper_async.events.checkpoint import HEADER, Checkpoint

from ..live import DEADLINE, Scene, texts

needs_modes = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")


def checkpoint(number: int, size: int = 0, text: str = "") -> Checkpoint:
    """One whose records differ in number, in what they hold, and in which there are."""
    records = {HEADER: "{}", "number": str(number), "rest": "x" * size, f"chat {number}": text}
    return Checkpoint(records)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.checkpoint"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a new file as soon as the changes are longer than the whole."""
    monkeypatch.setattr(checkpoint_file, "_FEW", 0)


def saved_in(path: Path) -> Checkpoint | None:
    with CheckpointFile(path) as file:
        return file.load()


# -- round trips --------------------------------------------------------------------------------


def test_what_was_saved_last_is_read(path: Path) -> None:
    with CheckpointFile(path) as file:
        assert file.load() is None
        one = checkpoint(0)
        for number in range(5):
            one = checkpoint(number, text="new\nlines")
            file.save(one)
            assert file.load() == one
    assert saved_in(path) == one


def test_only_what_changed_is_written(path: Path) -> None:
    with CheckpointFile(path) as file:
        file.save(checkpoint(1, size=10_000))
        whole = path.stat().st_size
        file.save(checkpoint(2, size=10_000))
        assert path.stat().st_size < whole + 100
        size = path.stat().st_size
        file.save(checkpoint(2, size=10_000))
        assert path.stat().st_size == size
        file.save(Checkpoint({HEADER: "{}"}))
        assert path.stat().st_size < whole + 200
    assert saved_in(path) == Checkpoint({HEADER: "{}"})


@pytest.mark.usefixtures("few")
def test_it_does_not_grow_without_end(path: Path) -> None:
    with CheckpointFile(path) as file:
        sizes: list[int] = []
        for number in range(300):
            file.save(checkpoint(number, size=1000))
            sizes.append(path.stat().st_size)
    assert max(sizes) < 3 * sizes[0]
    shrunk = [one for before, one in pairwise(sizes) if one < before]
    assert len(shrunk) > 3, "now and then it is written anew"
    assert saved_in(path) == checkpoint(299, size=1000)


def test_a_file_from_before_is_not_continued(path: Path) -> None:
    """Who knows what is at its end."""
    with CheckpointFile(path) as file:
        file.save(checkpoint(1))
        file.save(checkpoint(2))
    with CheckpointFile(path) as file:
        file.save(checkpoint(3))
    assert path.read_bytes().count(b"\n") == 1
    assert saved_in(path) == checkpoint(3)


def test_a_file_that_was_moved_away_is_written_again(path: Path) -> None:
    with CheckpointFile(path) as file:
        file.save(checkpoint(1))
        path.rename(path.with_name("elsewhere"))
        file.save(checkpoint(2))
        assert file.load() == checkpoint(2)


def test_a_link_leads_to_the_file(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "real"
    path.symlink_to(real)
    with CheckpointFile(path) as file:
        file.save(checkpoint(1))
    assert path.is_symlink()
    assert saved_in(real) == checkpoint(1)


@needs_modes
def test_only_the_user_may_read_it(path: Path) -> None:
    path.write_text(checkpoint(1).to_json())
    path.chmod(0o644)
    before = os.umask(0)
    try:
        with CheckpointFile(path) as file:
            file.save(checkpoint(2))
            file.save(checkpoint(3))
    finally:
        os.umask(before)
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    assert modes == {"events.checkpoint": 0o600, "events.checkpoint.lock": 0o600}


def test_outside_of_the_block_it_is_of_no_use(path: Path) -> None:
    file = CheckpointFile(path)
    for use in (file.load, lambda: file.save(checkpoint(1))):
        with pytest.raises(ClientUseError, match="with CheckpointFile"):
            use()
    with file:
        pass
    with pytest.raises(ClientUseError):
        file.load()
    with file:  # but again in another one
        file.save(checkpoint(1))


# -- what is killed -----------------------------------------------------------------------------


def test_a_file_that_is_cut_off_anywhere(path: Path) -> None:
    with CheckpointFile(path) as file:
        ends: list[int] = []
        for number in range(4):
            file.save(checkpoint(number, text="é"))
            ends.append(path.stat().st_size)
    content = path.read_bytes()
    for size in range(len(content)):
        path.write_bytes(content[:size])
        # A line is whole without its end, too.
        whole = [number for number, end in enumerate(ends) if size >= end - 1]
        if whole:
            found = saved_in(path)
            assert found is not None
            assert found.records["number"] == str(whole[-1]), size
        else:
            with pytest.raises(InvalidInputError):
                saved_in(path)


def test_what_is_left_of_the_last_line_does_not_spoil_the_next(path: Path) -> None:
    with CheckpointFile(path) as file:
        file.save(checkpoint(1))
        file.save(checkpoint(2))
    path.write_bytes(path.read_bytes()[:-3])
    with CheckpointFile(path) as file:
        assert file.load() == checkpoint(1)
        file.save(checkpoint(3))
        file.save(checkpoint(4))
    assert saved_in(path) == checkpoint(4)


WRITER = """
import sys
from beeper_async.events import checkpoint_file
from beeper_async import CheckpointFile
from beeper_async.events.checkpoint import HEADER, Checkpoint

checkpoint_file._FEW = 0
with CheckpointFile(sys.argv[1]) as file:
    for number in range(10**9):
        file.save(Checkpoint({HEADER: "{}", "number": str(number), "rest": "x" * 500}))
        print(number, flush=True)
"""


@pytest.fixture
def writer(path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start programs that save without end, each with the next number."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", WRITER, str(path)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        assert started[-1].stdout is not None
        assert started[-1].stdout.readline() == "0\n"
        return started[-1]

    yield start
    for program in started:
        program.kill()
        program.wait()
        if program.stdout is not None:
            program.stdout.close()


def test_a_program_that_is_killed(path: Path, writer: Callable[[], subprocess.Popen[str]]) -> None:
    for lines in (1, 50, 400):
        program = writer()
        assert program.stdout is not None
        for _ in range(lines):
            program.stdout.readline()
        program.kill()
        rest, _ = program.communicate()
        last = int(rest.split("\n")[-2]) if rest.count("\n") else lines
        found = saved_in(path)
        assert found is not None
        assert int(found.records["number"]) in (last, last + 1), "printed, or just not printed"


# -- one owner ----------------------------------------------------------------------------------


def test_another_process_is_refused(
    path: Path, writer: Callable[[], subprocess.Popen[str]]
) -> None:
    program = writer()
    with pytest.raises(CheckpointInUseError) as caught, CheckpointFile(path):
        pass
    assert f"{path} is in use by process {program.pid}." in str(caught.value)
    assert "file of its own" in str(caught.value)
    program.kill()
    program.wait()
    assert saved_in(path) is not None


def test_another_owner_in_the_same_process_is_refused(path: Path) -> None:
    with CheckpointFile(path) as file:
        file.save(checkpoint(1))
        for again in (file, CheckpointFile(path)):
            with pytest.raises(CheckpointInUseError), again:
                pass
        assert file.load() == checkpoint(1)
    assert saved_in(path) == checkpoint(1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_does_not_keep_it(path: Path) -> None:
    with CheckpointFile(path):
        child = os.fork()
        if child == 0:
            signal.pause()
            os._exit(0)
    try:
        assert saved_in(path) is None
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), CheckpointFile(tmp_path / "none" / "file"):
        pass


# -- a full disk --------------------------------------------------------------------------------


class FullDisk:
    """A disk on which only so many more bytes have room, and none is lost by that."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room: int | None = None
        self.can_sync = True
        self._write, self._fsync = os.write, os.fsync
        monkeypatch.setattr(os, "write", self.write)
        monkeypatch.setattr(os, "fsync", self.fsync)

    def write(self, fd: int, data: bytes) -> int:
        if self.room is None:
            return self._write(fd, data)
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = self._write(fd, data[: self.room])
        self.room -= written
        return written

    def fsync(self, fd: int) -> None:
        if not self.can_sync:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._fsync(fd)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FullDisk:
    return FullDisk(monkeypatch)


@pytest.mark.parametrize("room", [0, 1, 20])
@pytest.mark.parametrize("is_whole", [False, True])
def test_a_full_disk_leaves_what_was_there(
    is_whole: bool, room: int, path: Path, disk: FullDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CheckpointFile(path) as file:
        file.save(checkpoint(1))
        file.save(checkpoint(2))
        monkeypatch.setattr(checkpoint_file, "_FEW", 0 if is_whole else 10**6)
        for number in (3, 4):
            disk.room = room
            with pytest.raises(OSError, match="space") as caught:
                file.save(checkpoint(number))
            assert caught.value.errno == errno.ENOSPC
            assert file.load() == checkpoint(2)
        disk.room = None
        file.save(checkpoint(5))
        file.save(checkpoint(6))
        assert file.load() == checkpoint(6)
    assert {one.name for one in path.parent.iterdir()} == {path.name, f"{path.name}.lock"}
    assert saved_in(path) == checkpoint(6)


def test_a_file_that_does_not_get_to_the_disk_takes_no_place(path: Path, disk: FullDisk) -> None:
    with CheckpointFile(path) as file:
        disk.can_sync = False
        with pytest.raises(OSError, match="space"):
            file.save(checkpoint(1))
        assert file.load() is None
        disk.can_sync = True
        file.save(checkpoint(2))
        assert file.load() == checkpoint(2)


def test_a_disk_that_is_full_from_the_beginning_can_be_read(path: Path, disk: FullDisk) -> None:
    with CheckpointFile(path) as file:
        file.save(checkpoint(1))
    disk.room = 0
    assert saved_in(path) == checkpoint(1)


def test_an_interrupted_save_is_made_up_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write

    def interrupted(fd: int, data: bytes) -> int:
        write(fd, data[:5])
        raise KeyboardInterrupt

    with CheckpointFile(path) as file:
        file.save(checkpoint(1))
        monkeypatch.setattr(os, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            file.save(checkpoint(2))
        monkeypatch.setattr(os, "write", write)
        assert file.load() == checkpoint(1)
        file.save(checkpoint(2))
        assert file.load() == checkpoint(2)


# -- what is no checkpoint ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\n", b"hello", b"[]", b'{"version": 1, "records": {"": "{}"}}', b"\xff\x00",
        b"WHOLE\nhello\nCHANGE\n", b"WHOLE\n[]\n", b"WHOLE\n7", b'WHOLE\n{"written": {}}\n',
        b'WHOLE\n{"written": {"a": 5}, "removed": []}\n',
        b'WHOLE\n{"written": {}, "removed": [5]}\n',
        b'WHOLE\n{"written": {}, "removed": [""]}\n',
    ],
)  # fmt: skip
def test_anything_else_is_refused_and_kept(content: bytes, path: Path) -> None:
    change = b'{"written": {"a": "b"}, "removed": []}'
    whole = checkpoint(1).to_json().encode()
    content = content.replace(b"WHOLE", whole).replace(b"CHANGE", change)
    path.write_bytes(content)
    with pytest.raises(InvalidInputError) as caught:
        saved_in(path)
    assert str(path) in str(caught.value)
    assert "move it away" in str(caught.value)
    assert path.read_bytes() == content


# -- together with a stream ---------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_stream_continues_where_it_was_saved(scene: Scene, path: Path) -> None:
    async with asyncio.timeout(DEADLINE):
        with CheckpointFile(path) as file:
            async with scene.listening(since=file.load()) as events:
                for text in ("one", "two"):
                    scene.say(text)
                    assert texts(await scene.heard(events)) == [text]
                    file.save(events.checkpoint())
        scene.say("three")
        with CheckpointFile(path) as file:
            async with scene.client.events(since=file.load()) as events:
                assert texts(await scene.heard(events)) == ["three"]
