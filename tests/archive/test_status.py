"""The status and the problems of an archive are what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from beeper_async import APIError
from beeper_async.archive import Archive, FileTotal, Problem, Status

from .app import App as MessageApp, refusal
from .files_rig import CONTENT, App, Folder, serves, status
from .running import update
from .world import World

SECRET = "the secret of the altos"


def status_of(path: Path) -> Status:
    archive = Archive.open(path)
    try:
        return archive.status()
    finally:
        archive.close()


def problems_of(path: Path, *, open_only: bool = True) -> list[Problem]:
    archive = Archive.open(path)
    try:
        return archive.problems(open_only=open_only)
    finally:
        archive.close()


def test_an_archive_before_its_first_run(tmp_path: Path) -> None:
    found = status_of(tmp_path)
    assert (found.chats, found.messages, found.versions, found.open_problems) == (0, 0, 0, 0)
    assert (found.last_run, found.oldest_sweep) == (None, None)
    assert found.files.have == FileTotal()
    assert found.database_bytes > 0
    assert problems_of(tmp_path) == []


@pytest.mark.asyncio
async def test_the_numbers_are_those_of_the_world(tmp_path: Path) -> None:
    world = World(chats=5, messages=300)
    world.add_chat(70, merge={"chats": []})  # it has no messages of its own
    with MessageApp(world) as app:
        report = await update(app, tmp_path)
        first = status_of(tmp_path)
        assert first.last_run is not None
        assert first.last_run.counts == report.counts
        chat = world.chats["!chat0:local"]
        world._replace("!chat0:local", chat.keys[5], text=None, isDeleted=True)
        world._replace("!chat0:local", chat.keys[6], text="edited")
        chat.remove(chat.keys[10])
        world.removed["!chat4:local"] = world.chats.pop("!chat4:local")
        report = await update(app, tmp_path)
    found = status_of(tmp_path)
    assert (found.chats, found.gone_chats, found.messages) == (6, 1, 300)
    assert (found.deleted, found.vanished, found.expired) == (1, 1, 0)
    assert found.versions == 2
    assert (found.open_problems, found.unfinished_chats) == (0, 0)
    last = found.last_run
    assert last is not None
    assert (last.run, last.sweep, last.exit_code) == (report.run, report.sweep, 0)
    assert (last.counts, last.was_stopped) == (report.counts, False)
    assert last.ended is not None
    assert found.oldest_sweep is not None
    assert last.started <= found.oldest_sweep <= last.ended
    assert found.database_bytes >= (tmp_path / "archive.db").stat().st_size


@pytest.mark.asyncio
async def test_a_run_that_was_stopped_shows(tmp_path: Path) -> None:
    async def fail(request: web.Request) -> web.Response | None:
        pages = sum(path.endswith("/messages") for path in app.paths)
        return refusal(401, "unauthorized", "no") if pages > 3 else None

    with MessageApp(World(chats=4, messages=300)) as app:
        app.fault = fail
        with pytest.raises(APIError):
            await update(app, tmp_path)
    found = status_of(tmp_path)
    assert found.last_run is not None
    assert found.last_run.was_stopped
    assert found.unfinished_chats > 0
    assert found.oldest_sweep is None


@pytest.mark.asyncio
async def test_files_are_counted_by_their_states(tmp_path: Path) -> None:
    urls = [f"mxc://x/{number}" for number in range(5)]
    app = App(
        {
            urls[0]: serves(b"have"),
            urls[1]: status("404 No"),
            urls[2]: status("403 No"),
            urls[3]: status("500 No"),
            urls[4]: serves(CONTENT, most=700_000),
        }
    )
    async with Folder(tmp_path) as folder:
        # What is on disk counts as it is, the rest as its messages say.
        sizes = [9, 4, 4, 4, 4]
        for url, size in zip(urls, sizes, strict=True):
            await folder.want({"id": url, "fileSize": size})
        async with app.running() as client:
            await folder.fetch(client)
            await folder.fetch(client)
    files = status_of(tmp_path).files
    one = FileTotal(files=1, bytes=4)
    assert (files.have, files.gone, files.refused, files.wanted, files.partial) == (one,) * 5
    problems = problems_of(tmp_path)
    assert [(one.kind, one.key, one.chat_id) for one in problems] == [
        ("file", urls[3], None),
        ("file", urls[4], None),
    ]


@pytest.mark.asyncio
async def test_problems_show_no_content_unasked(tmp_path: Path) -> None:
    world = World(chats=1, messages=5)
    bad: dict[str, Any] = {**world.chats["!chat0:local"].messages[2], "text": SECRET}
    bad["senderID"] = 2**80
    with MessageApp(world) as app:
        app.bad_items[bad["id"]] = bad
        await update(app, tmp_path)
        (problem,) = problems_of(tmp_path)
        assert problem.kind == "record"
        assert (problem.key, problem.chat_id) == (bad["id"], "!chat0:local")
        assert problem.raw == bad
        assert (problem.first_run, problem.last_run, problem.solved_run) == (1, 1, None)
        assert SECRET not in repr(problem)
        assert status_of(tmp_path).open_problems == 1
        app.bad_items.clear()
        await update(app, tmp_path)
    assert problems_of(tmp_path) == []
    (solved,) = problems_of(tmp_path, open_only=False)
    assert solved.solved_run == 2
