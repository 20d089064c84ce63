"""What the app no longer serves is marked, and kept; too much at once is not believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from .app import App
from .judge import differences
from .running import rows, update
from .world import World

VANISHED = "select count(*) from messages where vanished_run is not null"


@pytest.mark.asyncio
async def test_a_cache_that_was_dropped_is_no_deletion(tmp_path: Path) -> None:
    """A run marks none of very many; a second one that still misses them does, after a 404."""
    world = World(chats=1, messages=400, seed=1)
    ((chat_id, chat),) = world.chats.items()
    with App(world) as app:
        await update(app, tmp_path)
        dropped = {key: chat.remove(key) for key in chat.keys[100:300]}
        report = await update(app, tmp_path)
        assert report.exit_code == 7
        assert rows(tmp_path, VANISHED) == [(0,)]
        assert rows(tmp_path, "select kind, key from problems where solved_run is null") == [
            ("vanished", chat_id)
        ]
        # They are there after all, one by one: the pages leave them out.
        for key, message in dropped.items():
            chat.add(key, message)
            app.hidden.add(message["id"])
        assert (await update(app, tmp_path)).exit_code == 7
        assert rows(tmp_path, VANISHED) == [(0,)]
        for key in dropped:
            chat.remove(key)
        report = await update(app, tmp_path)
        assert report.exit_code == 0
        assert rows(tmp_path, VANISHED) == [(200,)]
        for key, message in dropped.items():
            chat.add(key, message)
        app.hidden.clear()
        report = await update(app, tmp_path)
        assert report.counts.back == 200
        assert differences(tmp_path, world) == {}


@pytest.mark.asyncio
async def test_the_ends_of_a_history_are_asked_for(tmp_path: Path) -> None:
    """Behind the last page there may be more; a 404 tells."""
    world = World(chats=1, messages=100, seed=2)
    ((_, chat),) = world.chats.items()
    with App(world) as app:
        await update(app, tmp_path)
        for key in (chat.keys[0], chat.keys[-1]):
            chat.remove(key)
        app.hidden.add(chat.by_key[chat.keys[0]]["id"])
        report = await update(app, tmp_path)
        assert report.counts.vanished == 2
        assert report.exit_code == 0


@pytest.mark.asyncio
async def test_an_app_that_still_reads_has_lost_nothing(tmp_path: Path) -> None:
    world = World(chats=2, messages=100, seed=3)
    with App(world) as app:
        await update(app, tmp_path)
        app.is_synced = False
        for chat in world.chats.values():
            chat.remove(chat.keys[10])
        assert (await update(app, tmp_path)).counts.vanished == 0
        app.is_synced = True
        assert (await update(app, tmp_path)).counts.vanished == 2


@pytest.mark.asyncio
async def test_messages_that_disappear_by_a_timer(tmp_path: Path) -> None:
    world = World(chats=2, messages=200, seed=4)
    quiet, secret = world.chats.values()
    secret.record["messageExpirySeconds"] = 60
    with App(world) as app:
        report = await update(app, tmp_path)
        assert report.messages == len(quiet.keys)
        report = await update(app, tmp_path, expiring=True)
        assert report.messages == 200
        for key in secret.keys[10:]:
            secret.remove(key)
        report = await update(app, tmp_path, expiring=True)
        assert report.counts.expired == 200 - len(quiet.keys) - 10
        assert (report.counts.vanished, report.exit_code) == (0, 0)


@pytest.mark.asyncio
async def test_a_chat_that_is_served_empty(tmp_path: Path) -> None:
    world = World(chats=2, messages=200, seed=5)
    with App(world) as app:
        await update(app, tmp_path)
        first = next(iter(world.chats.values()))
        app.hidden = {one["id"] for one in first.messages}
        report = await update(app, tmp_path)
        assert report.exit_code == 7
        app.hidden = set()
        assert (await update(app, tmp_path)).exit_code == 0
        assert differences(tmp_path, world) == {}
