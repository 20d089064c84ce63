"""What fails costs itself: a record, a chat, a run; and the next run makes up for it."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from beeper_async import APIConnectionError, AsyncBeeperDesktop, AuthenticationError
from beeper_async._http import gate
from beeper_async.archive import (
    Archive,
    ArchiveError,
    ArchiveInUseError,
    ArchiveNotFoundError,
    Progress,
    Report,
)
from beeper_async.archive.updating import run

from .app import App, refusal
from .judge import differences
from .running import rows, update
from .world import World

OPEN = "select kind, key from problems where solved_run is null order by n"


@pytest.mark.asyncio
async def test_one_chat_that_always_fails(tmp_path: Path) -> None:
    world = World(chats=5, messages=200, seed=1)
    broken = list(world.chats)[2]
    with App(world) as app:
        app.broken_chats.add(broken)
        report = await update(app, tmp_path)
        assert report.exit_code == 7
        assert report.messages == 200 - len(world.chats[broken].keys)
        assert rows(tmp_path, OPEN) == [("chat", broken)]
        app.broken_chats.clear()
        report = await update(app, tmp_path)
        assert report.exit_code == 0
        assert rows(tmp_path, OPEN) == []
        assert differences(tmp_path, world) == {}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "odd", [None, 7, [], "text", {"id": 5}, {"id": "x"}, {"text": "no ID"}, {"id": None}]
)
async def test_one_odd_record(tmp_path: Path, odd: Any) -> None:
    world = World(chats=2, messages=100, seed=2)
    chat = next(iter(world.chats.values()))
    bad = chat.by_key[chat.keys[30]]
    if odd == {"id": "x"}:
        odd = {**bad, "isSender": "perhaps"}
    with App(world) as app:
        app.bad_items[bad["id"]] = odd
        report = await update(app, tmp_path)
        assert (report.exit_code, report.messages) == (7, 99)
        ((raw,),) = rows(tmp_path, "select raw from problems")
        assert json.loads(raw) == odd
        assert (await update(app, tmp_path)).exit_code == 7
        assert len(rows(tmp_path, OPEN)) == 1
        app.bad_items.clear()
        assert (await update(app, tmp_path)).exit_code == 0
        assert differences(tmp_path, world) == {}


@pytest.mark.asyncio
async def test_a_record_that_gets_unreadable_stays_as_it_was(tmp_path: Path) -> None:
    world = World(chats=2, messages=100, seed=3)
    chat = next(iter(world.chats.values()))
    bad = chat.by_key[chat.keys[30]]
    with App(world) as app:
        await update(app, tmp_path)
        app.bad_items[bad["id"]] = {**bad, "timestamp": "yesterday", "text": "changed"}
        report = await update(app, tmp_path)
        assert (report.exit_code, report.counts.vanished, report.counts.changed) == (7, 0, 0)
        app.bad_items.clear()
        assert (await update(app, tmp_path)).exit_code == 0
        assert differences(tmp_path, world) == {}


@pytest.mark.asyncio
async def test_a_token_that_is_revoked_on_the_way(tmp_path: Path) -> None:
    world = World(chats=20, messages=1000, seed=4)
    with App(world) as app:

        async def revoke(request: web.Request) -> web.Response | None:
            return refusal(401, "unauthorized", "Token expired") if app.requests > 30 else None

        app.fault = revoke
        with pytest.raises(AuthenticationError):
            await update(app, tmp_path)
        assert rows(tmp_path, "select exit_code from runs") == [(3,)]
        kept = rows(tmp_path, "select count(*) from messages")[0][0]
        assert 0 < kept < 1000
        app.fault = None
        report = await update(app, tmp_path)
        assert report.resumed
        assert differences(tmp_path, world) == {}


@pytest.mark.asyncio
@pytest.mark.parametrize("everywhere", [False, True])
async def test_a_403(tmp_path: Path, everywhere: bool) -> None:
    """For one chat it is a problem of this chat; confirmed by the list of chats it ends the run."""
    world = World(chats=5, messages=100, seed=5)
    denied = list(world.chats)[1]
    with App(world) as app:

        async def deny(request: web.Request) -> web.Response | None:
            is_denied = f"/v1/chats/{denied}/messages" in request.path
            is_late = everywhere and app.requests > 5
            return refusal(403, "forbidden", "no") if is_denied or is_late else None

        app.fault = deny
        if everywhere:
            with pytest.raises(Exception, match="403"):
                await update(app, tmp_path)
        else:
            report = await update(app, tmp_path)
            assert (report.exit_code, rows(tmp_path, OPEN)) == (7, [("chat", denied)])


@pytest.mark.asyncio
async def test_an_app_that_goes_away(tmp_path: Path) -> None:
    world = World(chats=20, messages=1000, seed=6)
    with App(world) as app:

        async def die(request: web.Request) -> web.Response | None:
            if app.requests > 30 and request.transport is not None:
                request.transport.abort()
            return None

        app.fault = die
        with pytest.raises(APIConnectionError):
            await update(app, tmp_path)
        app.fault = None
        await update(app, tmp_path)
        assert differences(tmp_path, world) == {}


@pytest.mark.asyncio
async def test_a_full_disk(tmp_path: Path) -> None:
    world = World(chats=10, messages=2000, seed=7)
    with App(world) as app:
        async with (
            AsyncBeeperDesktop(base_url=app.url, access_token=app.token) as client,
            Archive.open(tmp_path) as archive,
        ):
            database = archive._database
            await database.run(lambda connection: connection.execute("pragma max_page_count = 300"))
            with pytest.raises(OSError, match="full") as caught:
                await archive.update(client)
            assert caught.value.errno == errno.ENOSPC
        kept = rows(tmp_path, "select count(*) from messages")[0][0]
        assert 0 < kept < 2000
        await update(app, tmp_path)
        assert differences(tmp_path, world) == {}


@pytest.mark.asyncio
async def test_a_run_that_is_cancelled(tmp_path: Path) -> None:
    world = World(chats=20, messages=1000, seed=8)
    with App(world) as app:
        reached = asyncio.Event()

        def look(progress: Progress) -> None:
            if progress.phase == "messages":
                reached.set()

        task = asyncio.create_task(update(app, tmp_path, progress=look))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(asyncio.all_tasks()) == 1
        report = await update(app, tmp_path)
        assert report.resumed
        assert differences(tmp_path, world) == {}


@pytest.mark.asyncio
async def test_an_error_in_the_callback_ends_the_run(tmp_path: Path) -> None:
    world = World(chats=3, messages=100, seed=9)
    with App(world) as app:

        def fail(_: object) -> None:
            raise RuntimeError("mine")

        with pytest.raises(RuntimeError, match="mine"):
            await update(app, tmp_path, progress=fail)
        assert len(asyncio.all_tasks()) == 1


@pytest.mark.asyncio
async def test_two_runs_at_once(tmp_path: Path) -> None:
    world = World(chats=5, messages=300, seed=10)
    with App(world) as app:
        results = await asyncio.gather(
            update(app, tmp_path), update(app, tmp_path), return_exceptions=True
        )
        refused = [one for one in results if isinstance(one, ArchiveInUseError)]
        assert len(refused) == 1
        assert differences(tmp_path, world) == {}


def test_folders_that_are_no_archive(tmp_path: Path) -> None:
    with pytest.raises(ArchiveNotFoundError):
        Archive.open(tmp_path / "none", create=False)
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "archive.db").write_text("words " * 100)
    with pytest.raises(ArchiveError):
        Archive.open(tmp_path / "text")
    (tmp_path / "other").mkdir()
    with sqlite3.connect(tmp_path / "other" / "archive.db") as other:
        other.execute("create table mine (x)")
    other.close()
    with pytest.raises(ArchiveError, match="no archive"):
        Archive.open(tmp_path / "other")


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
@pytest.mark.asyncio
async def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    world = World(chats=2, messages=50, seed=11)
    folder = tmp_path / "private"
    with App(world) as app:
        await update(app, folder)
    modes = {one.name: one.stat().st_mode & 0o777 for one in [folder, *folder.rglob("*")]}
    assert modes["private"] == 0o700
    assert set(modes.values()) == {0o600, 0o700}


@pytest.fixture
def instant(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let waits for the app take no time; gives their lengths."""
    waits: list[float] = []
    now = [0.0]

    async def pause(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds
        await asyncio.sleep(0)

    monkeypatch.setattr(gate, "pause", pause)
    monkeypatch.setattr(gate, "clock", lambda: now[0])
    return waits


async def update_patiently(app: App, folder: Path, wait_for_app: float) -> Report:
    async with (
        AsyncBeeperDesktop(base_url=app.url, access_token=app.token, max_retries=0) as client,
        Archive.open(folder) as archive,
    ):
        return await archive.update(client.with_options(wait_for_app=wait_for_app))


@pytest.mark.asyncio
async def test_an_app_that_comes_back(tmp_path: Path, instant: list[float]) -> None:
    """It is away for all requests and some probes; no chat becomes a problem."""
    world = World(chats=20, messages=1000, seed=12)
    with App(world) as app:

        async def go_away(request: web.Request) -> web.Response | None:
            if app.requests in range(30, 45) and request.transport is not None:
                request.transport.abort()
            return None

        app.fault = go_away
        report = await update_patiently(app, tmp_path, 900)
        assert report.exit_code == 0
        assert sum(instant) > 0
        assert differences(tmp_path, world) == {}


@pytest.mark.asyncio
async def test_an_app_that_freezes(tmp_path: Path, instant: list[float]) -> None:
    """It takes requests and answers none of them for a while; no chat becomes a problem."""
    world = World(chats=20, messages=1000, seed=16)
    with App(world) as app:
        thaws_at: list[float] = []

        async def freeze(request: web.Request) -> web.Response | None:
            now = asyncio.get_running_loop().time()
            if app.requests >= 30 and not thaws_at:
                thaws_at.append(now + 3)
            if thaws_at and now < thaws_at[0]:
                await asyncio.sleep(thaws_at[0] - now)
            return None

        app.fault = freeze
        async with (
            AsyncBeeperDesktop(
                base_url=app.url, access_token=app.token, timeout=1.0, max_retries=0
            ) as client,
            Archive.open(tmp_path) as archive,
        ):
            report = await archive.update(client.with_options(wait_for_app=900))
        assert report.exit_code == 0
        assert differences(tmp_path, world) == {}


@pytest.mark.asyncio
async def test_what_is_waited_for_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app limits requests until the progress has said so."""
    monkeypatch.setattr(run, "_TICK", 0.01)
    world = World(chats=5, messages=100, seed=15)
    told: set[str | None] = set()
    with App(world) as app:

        async def limit(request: web.Request) -> web.Response | None:
            if "the rate limit" in told or request.path == "/v1/info":
                return None
            return refusal(429, "rate_limited", "slower")

        app.fault = limit
        async with (
            AsyncBeeperDesktop(base_url=app.url, access_token=app.token) as client,
            Archive.open(tmp_path) as archive,
        ):
            patient = client.with_options(wait_for_app=60)
            await archive.update(patient, progress=lambda one: told.add(one.waiting_for))
    assert told == {None, "the rate limit"}


@pytest.mark.asyncio
async def test_an_app_that_stays_away(tmp_path: Path, instant: list[float]) -> None:
    world = World(chats=20, messages=1000, seed=13)
    with App(world) as app:

        async def die(request: web.Request) -> web.Response | None:
            if app.requests > 30 and request.transport is not None:
                request.transport.abort()
            return None

        app.fault = die
        with pytest.raises(APIConnectionError):
            await update_patiently(app, tmp_path, 900)
        assert 600 < sum(instant) < 2000
        assert rows(tmp_path, "select exit_code from runs") == [(4,)]
        assert rows(tmp_path, OPEN) == []


@pytest.mark.asyncio
@pytest.mark.parametrize("retry_after", [None, "7"])
async def test_a_rate_limit(tmp_path: Path, retry_after: str | None, instant: list[float]) -> None:
    world = World(chats=20, messages=1000, seed=14)
    with App(world) as app:

        async def limit(request: web.Request) -> web.Response | None:
            if app.requests % 10:
                return None
            response = refusal(429, "rate_limited", "slower")
            if retry_after is not None:
                response.headers["Retry-After"] = retry_after
            return response

        app.fault = limit
        report = await update_patiently(app, tmp_path, 900)
        assert report.exit_code == 0
        assert differences(tmp_path, world) == {}
        if retry_after is not None:
            assert max(instant) >= 7
