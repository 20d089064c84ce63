"""Files are fetched once, whole, and whatever an app answers costs no other file."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from beeper_async import (
    APIConnectionError,
    AuthenticationError,
    PermissionDeniedError,
)
from beeper_async.archive.files.queue import FileProgress
from beeper_async.archive.files.store import FileStore
from beeper_async.testing import Simulator
from tests.live import client_of, until

from .files_rig import CONTENT, DEADLINE, Answer, App, Folder, serves, status

A, B, C = "mxc://x/a", "mxc://x/b", "mxc://x/c"
HTML = "<!DOCTYPE html><html><body>Bad gateway</body></html>"


@pytest_asyncio.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Folder]:
    async with Folder(tmp_path / "backup") as made:
        yield made


@pytest.mark.asyncio
async def test_files_of_the_app_are_stored_by_their_content(folder: Folder) -> None:
    async with Simulator() as sim, client_of(sim) as client:
        messages = [one for chat in sim.world.messages.values() for one in chat]
        files = [file for one in messages for file in one.get("attachments", ()) if file.get("id")]
        assert len(files) > 3
        for file in files:
            await folder.want(file)
        await folder.fetch(client)
        expected = {file["id"]: await client.assets.serve(url=file["id"]).read() for file in files}
    for url, state, name, size in folder.rows("url, state, sha256, size"):
        content = folder.store.path(name).read_bytes()
        assert (state, size, name) == ("have", len(content), sha256(content).hexdigest())
        assert content == expected[url]
    assert folder.writes.counts().files == len(expected)
    assert folder.writes.counts().bytes == sum(map(len, expected.values()))
    assert folder.parts() == []


@pytest.mark.asyncio
async def test_files_are_for_their_owner_alone_from_the_first_byte(folder: Folder) -> None:
    modes: set[int] = set()

    def look(_: FileProgress) -> None:
        for path in (folder.path / "partial").rglob("*.part"):
            modes.add(stat.S_IMODE(path.stat().st_mode))

    before = os.umask(0)
    try:
        await folder.want({"id": A})
        async with App({A: serves(CONTENT)}).running() as client:
            await folder.fetch(client, on_progress=look)
    finally:
        os.umask(before)
    assert modes == {0o600}
    for path in [*(folder.path / "files").rglob("*"), folder.path / "partial"]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


@pytest.mark.asyncio
async def test_equal_content_is_stored_once(folder: Folder) -> None:
    await folder.want({"id": A}, {"id": B})
    await folder.want({"id": C})
    async with App({A: serves(CONTENT), B: serves(CONTENT), C: serves(b"")}).running() as client:
        await folder.fetch(client)
    assert folder.rows() == ["have", "have", "have"]
    assert sorted(folder.contents()) == [b"", CONTENT]
    assert folder.rows("size") == [len(CONTENT), len(CONTENT), 0]


@pytest.mark.parametrize("line", ["404 Not Found", "410 Gone"])
@pytest.mark.asyncio
async def test_what_two_runs_do_not_find_is_gone(folder: Folder, line: str) -> None:
    await folder.want({"id": A}, {"id": B})
    app = App({A: status(line), B: [status(line), serves(CONTENT)]})
    async with app.running() as client:
        await folder.fetch(client)
        assert folder.rows() == ["wanted", "wanted"]
        assert sorted(app.asked) == [A, B]
        await folder.fetch(client)
        assert folder.rows() == ["gone", "have"]
        await folder.fetch(client)
    assert sorted(app.asked) == [A, A, B, B]
    assert folder.problems() == []


@pytest.mark.asyncio
async def test_a_file_that_is_refused_is_asked_for_again_in_the_next_run(folder: Folder) -> None:
    await folder.want({"id": A}, {"id": B})
    app = App({A: [status("403 Forbidden"), serves(CONTENT)], B: serves(b"b")})
    async with app.running() as client:
        await folder.fetch(client)
        assert folder.rows() == ["refused", "have"]
        await folder.fetch(client)
    assert folder.rows() == ["have", "have"]


@pytest.mark.parametrize(
    ("file", "chats", "error"),
    [
        ("401 Unauthorized", "200 OK", AuthenticationError),
        ("403 Forbidden", "403 Forbidden", PermissionDeniedError),
        ("403 Forbidden", "401 Unauthorized", AuthenticationError),
    ],
)
@pytest.mark.asyncio
async def test_a_token_that_is_gone_ends_the_run(
    folder: Folder, file: str, chats: str, error: type[Exception]
) -> None:
    await folder.want({"id": A})
    app = App({A: [status(file), serves(CONTENT)]})
    app.chats = status(chats)
    async with app.running() as client:
        with pytest.raises(error):
            await folder.fetch(client)
        assert folder.rows("state, tries") == [("wanted", 0)]
        await folder.fetch(client)
    assert folder.rows() == ["have"]


@pytest.mark.parametrize(
    "failure",
    [
        status("429 Too Many Requests"),
        status("500 Internal Server Error"),
        status("503 Service Unavailable"),
        status("400 Bad Request"),
        status("200 OK", HTML, Content_Type="text/html"),
        status("200 OK", '{"error": "media not found"}', Content_Type="application/json"),
        serves(CONTENT, etag="", most=300_000),
    ],
)
@pytest.mark.asyncio
async def test_what_fails_three_times_is_lost_to_nobody(folder: Folder, failure: Answer) -> None:
    await folder.want({"id": A}, {"id": B})
    app = App({A: [failure] * 3 + [serves(CONTENT)], B: serves(b"b")})
    async with app.running() as client:
        await folder.fetch(client)
        assert folder.rows() == ["wanted", "have"]
        assert sorted(app.asked) == [A, A, B]
        assert folder.problems() == [A]
        await folder.fetch(client)
    assert folder.rows("state, tries") == [("have", 4), ("have", 1)]
    assert folder.problems() == []
    assert CONTENT in folder.contents()


@pytest.mark.asyncio
async def test_a_file_that_failed_comes_after_all_others(folder: Folder) -> None:
    await folder.want({"id": A}, {"id": B}, {"id": C})
    seen: list[FileProgress] = []
    app = App({A: [status("500 No"), serves(CONTENT)], B: serves(b"b"), C: serves(b"c")})
    async with app.running() as client:
        await folder.fetch(client, in_flight=1, on_progress=seen.append)
    assert app.asked == [A, B, C, A]
    assert folder.rows() == ["have"] * 3
    assert (seen[-1].done, seen[-1].total) == (3, 3)
    assert max(one.done for one in seen if one.bytes <= 2) == 2


@pytest.mark.asyncio
async def test_a_second_queue_of_the_same_run_repeats_nothing(folder: Folder) -> None:
    await folder.want({"id": A}, {"id": B}, {"id": C})
    app = App({A: status("500 No"), B: status("403 No"), C: status("404 No")})
    async with app.running() as client:
        await folder.fetch(client)
        asked = len(app.asked)
        folder.run -= 1
        await folder.fetch(client)
    assert len(app.asked) == asked
    assert folder.rows() == ["wanted", "refused", "wanted"]


@pytest.mark.parametrize("etag", ['"one"', '"two"'])
@pytest.mark.asyncio
async def test_what_was_cut_off_is_continued_unless_it_changed(folder: Folder, etag: str) -> None:
    await folder.want({"id": A})
    cut = serves(CONTENT, most=700_000)
    changed = CONTENT if etag == '"one"' else CONTENT[::-1]
    app = App({A: [cut, serves(CONTENT, most=700_000), serves(changed, etag=etag)]})
    async with app.running() as client:
        await folder.fetch(client)
        assert folder.rows() == ["partial"]
        await folder.fetch(client)
    assert folder.rows() == ["have"]
    assert folder.contents() == [changed]
    assert app.headers[-1]["if-range"] == '"one"'
    assert folder.parts() == []


@pytest.mark.asyncio
async def test_a_size_that_the_message_does_not_say_is_noted(folder: Folder) -> None:
    await folder.want({"id": A, "fileSize": 3}, {"id": B, "fileSize": 1})
    async with App({A: serves(CONTENT), B: serves(b"b")}).running() as client:
        await folder.fetch(client)
    assert folder.rows("state, why") == [
        ("have", "1,048,576 bytes instead of the 3 that its message says"),
        ("have", None),
    ]


@pytest.mark.asyncio
async def test_a_page_that_was_sent_as_a_file_is_one(folder: Folder) -> None:
    await folder.want({"id": A, "fileName": "report.html"}, {"id": B, "fileSize": len(HTML)})
    await folder.want({"id": C, "fileName": "../../etc/passwd"})
    page = status("200 OK", HTML, Content_Type="text/html")
    async with App({A: page, B: page, C: serves(b'{"data": 1}')}).running() as client:
        await folder.fetch(client)
    assert folder.rows() == ["have"] * 3
    assert len(folder.contents()) == 2


@pytest.mark.asyncio
async def test_what_is_too_large_is_refused_until_the_limit_is_raised(folder: Folder) -> None:
    await folder.want({"id": A, "fileSize": len(CONTENT)}, {"id": B}, {"id": C})
    unknown = status("200 OK", "x" * 5000, Content_Length="")
    app = App({A: serves(CONTENT), B: serves(CONTENT[::-1]), C: unknown})
    async with app.running() as client:
        await folder.fetch(client, max_size=1000)
        assert folder.rows() == ["refused"] * 3
        assert sorted(app.asked) == [B, C]
        assert folder.parts() == []
        await folder.fetch(client, max_size=1000)
        assert sorted(app.asked) == [B, C]
        await folder.fetch(client)
    assert folder.rows() == ["have"] * 3


@pytest.mark.asyncio
async def test_addresses_on_the_web_are_not_fetched_unasked(folder: Folder) -> None:
    web, file = "https://example.com/a.png", "file:///home/ann/a.png"
    await folder.want({"srcURL": web}, {"srcURL": file})
    app = App({web: serves(CONTENT), file: serves(b"file")})
    async with app.running() as client:
        await folder.fetch(client)
        assert folder.rows("state, tries") == [("refused", 1), ("have", 1)]
        await folder.fetch(client)
        assert folder.rows("state, tries") == [("refused", 1), ("have", 1)]
        assert app.asked == [file]
        await folder.fetch(client, with_web=True)
    assert folder.rows() == ["have", "have"]


@pytest.mark.asyncio
async def test_an_app_that_serves_no_files_yet_has_not_lost_them(folder: Folder) -> None:
    await folder.want({"id": A})
    app = App({A: status("404 Not Found")})
    app.version = "4.2.500"
    async with app.running() as client:
        await folder.fetch(client)
        await folder.fetch(client)
    assert (folder.rows(), app.asked) == (["wanted"], [])


@pytest.mark.asyncio
async def test_files_that_are_wanted_meanwhile_are_fetched(folder: Folder) -> None:
    seen: list[FileProgress] = []
    await folder.want({"id": A})
    async with App({A: serves(b"a"), B: serves(b"b")}).running() as client:
        queue = folder.queue(client, on_progress=seen.append)
        async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as group:
            group.create_task(queue.run())
            await until(lambda: bool(seen) and seen[-1].done == 1)
            await folder.want({"id": B})
            queue.wake()
            await until(lambda: seen[-1].done == 2)
            queue.end()
    assert folder.rows() == ["have", "have"]
    assert seen[-1] == FileProgress(done=2, total=2, bytes=2)
    assert [one.done for one in seen] == sorted(one.done for one in seen)


@pytest.mark.asyncio
async def test_an_app_that_is_away_ends_the_queue_and_loses_nothing(folder: Folder) -> None:
    await folder.want({"id": A})
    app = App({A: serves(CONTENT)})
    async with app.running() as client:
        await client.app_version()
        away = client.with_options(base_url="http://127.0.0.1:9", access_token="t")
        with pytest.raises(APIConnectionError):
            await folder.fetch(away)
        assert folder.rows("state, tries") == [("wanted", 0)]
        await folder.fetch(client)
    assert folder.rows() == ["have"]


@pytest.mark.asyncio
async def test_what_the_caller_does_wrong_reaches_the_caller(folder: Folder) -> None:
    def report(progress: FileProgress) -> None:
        if progress.bytes:
            raise ZeroDivisionError

    await folder.want({"id": A})
    async with App({A: serves(CONTENT)}).running() as client:
        with pytest.raises(ZeroDivisionError):
            await folder.fetch(client, on_progress=report)
        await folder.fetch(client)
    assert folder.contents() == [CONTENT]


@pytest.mark.parametrize("moment", ["fetched", "put"])
@pytest.mark.asyncio
async def test_a_cancellation_leaves_nothing_half(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    loop = asyncio.get_running_loop()
    real = getattr(FileStore, moment)

    def cancelling(store: FileStore, *args: Any) -> Any:
        loop.call_soon_threadsafe(task.cancel)
        return real(store, *args)

    monkeypatch.setattr(FileStore, moment, cancelling)
    await folder.want({"id": A})
    async with App({A: serves(CONTENT)}).running() as client:
        task = asyncio.create_task(folder.fetch(client))
        await asyncio.wait([task])
        assert task.cancelled()
    assert folder.rows() == ["have"]
    assert folder.contents() == [CONTENT]
    assert folder.parts() == []


@pytest.mark.asyncio
async def test_a_cancelled_download_is_continued(folder: Folder) -> None:
    stalls = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def stalling(exchange: Any) -> None:
        await serves(CONTENT, most=700_000)(exchange)
        loop.call_soon_threadsafe(stalls.set)
        await asyncio.Event().wait()

    def report(progress: FileProgress) -> None:
        if progress.bytes >= 700_000:
            task.cancel()

    await folder.want({"id": A})
    app = App({A: [stalling, serves(CONTENT)]})
    async with app.running() as client:
        task = asyncio.create_task(folder.fetch(client, on_progress=report))
        await asyncio.wait([task])
        assert task.cancelled()
        assert stalls.is_set()
        await folder.fetch(client)
    assert "range" in app.headers[-1]
    assert folder.contents() == [CONTENT]


@pytest.mark.asyncio
async def test_parts_of_files_that_nobody_wants_are_removed(folder: Folder) -> None:
    await folder.want({"id": A}, {"id": B})
    for n in (1, 7):
        folder.store.begin(n)
    app = App({A: status("500 No"), B: serves(b"b")})
    async with app.running() as client:
        await folder.fetch(client)
        folder.store.begin(2)
        await folder.fetch(client)
    assert [path.name for path in (folder.path / "partial").iterdir()] == ["1"]
